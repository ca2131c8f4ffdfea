"""Which inputs and outputs only training needs, and what was done last to an output.

Only what the graph shows for certain is marked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, FrozenSet, List, Optional, Sequence, Set, Tuple

from ..description import Activation
from .inference import Flow
from .model_graph import Function, Op, Variable
from .signal_rules import axes_attribute, static_axis

_LOSSES = {
    Op.CROSS_ENTROPY_WITH_SOFTMAX,
    Op.CLASSIFICATION_ERROR,
    Op.SQUARED_ERROR,
    Op.LOGISTIC,
    Op.LAMBDA_RANK,
    Op.NDCG,
    Op.EDIT_DISTANCE_ERROR,
    Op.FORWARD_BACKWARD,
    Op.LATTICE_SEQUENCE_WITH_SOFTMAX,
}
# Blocks with which CNTK's library stands for the same losses.
_LOSS_BLOCKS = {
    "CrossEntropyWithSoftmax",
    "ClassificationError",
    "BinaryCrossEntropy",
    "WeightedBinaryCrossEntropy",
    "SquaredError",
}
# What a Trainer calls the two outputs that it adds (Source/CNTKv2LibraryDll/Evaluator.cpp).
_TRAINER_OUTPUTS = {"aggregateLoss", "aggregateEvalMetric"}
_ON_THE_WAY = {Op.REDUCE_ELEMENTS, Op.SUM_ALL, Op.PASS, Op.NO_OP, Op.STOP_GRADIENT, Op.NEGATE}
_JOINING = {Op.PLUS, Op.MINUS, Op.ELEMENT_TIMES}

_KEEPING = {
    Op.SLICE,
    Op.RESHAPE,
    Op.PASS,
    Op.NO_OP,
    Op.STOP_GRADIENT,
    Op.DROPOUT,
    Op.CROP,
    Op.TRANSPOSE_AXES,
    Op.SQUEEZE,
    Op.RECONCILE_DYNAMIC_AXIS,
    Op.CAST,
    Op.GATHER_PACKED,
}
_SCORES = {
    Op.TIMES,
    Op.TRANSPOSE_TIMES,
    Op.CONVOLUTION,
    Op.BATCH_NORMALIZATION,
    Op.PLUS,
    Op.RELU,
    Op.ELU,
    Op.TANH,
    Op.LOG_SOFTMAX,
    Op.POOLING,
}


@dataclass(frozen=True)
class Roles:
    """Uids of the inputs and outputs that only training needs."""

    labels: FrozenSet[str]
    losses: FrozenSet[str]


def roles_of(flow: Flow, arguments: Sequence[Variable], outputs: Sequence[str]) -> Roles:
    """Tell labels and losses from data."""
    losses = _loss_outputs(flow, outputs)
    labels = set(flow.graph.labels)
    data = [uid for uid in outputs if uid not in losses]
    if losses and data:
        serving = _reaching(flow, data)
        labels |= {variable.uid for variable in arguments if variable.uid not in serving}
    elif losses:
        labels |= _only_targets(flow, arguments)
    # An input that a prediction is made from is no label, whatever a list in the file says.
    if data:
        labels &= {variable.uid for variable in arguments} - _reaching(flow, data)
    return Roles(frozenset(labels), frozenset(losses))


def _loss_outputs(flow: Flow, outputs: Sequence[str]) -> Set[str]:
    told = set(flow.graph.losses)
    made_of_losses = _losses_in(flow)
    losses: Set[str] = set()
    for uid in outputs:
        owner = flow.owner(uid)
        if owner is None:
            continue
        if uid in told or owner.uid in made_of_losses:
            losses.add(uid)
        elif flow.signal(uid).shape in ((), (1,)) and owner.name in _TRAINER_OUTPUTS:
            losses.add(uid)
            losses.update(map(flow.resolve, owner.inputs))
    return losses & set(outputs)


def _losses_in(flow: Flow) -> Set[str]:
    """Uids of the functions that are losses, or losses summed, averaged or weighted."""
    losses: Set[str] = set()
    for function in flow.order:
        owners = [flow.owner(uid) for uid in function.inputs]
        if function.op in _LOSSES:
            found = True
        elif function.block is not None:
            found = function.block.op_name in _LOSS_BLOCKS or function.block.root in losses
        elif function.op in _ON_THE_WAY:
            found = bool(owners) and owners[0] is not None and owners[0].uid in losses
        else:
            # Weights may be leaves; every other operand must be a loss itself.
            computed = [owner for owner in owners if owner is not None]
            found = (
                function.op in _JOINING
                and bool(computed)
                and all(owner.uid in losses for owner in computed)
            )
        if found:
            losses.add(function.uid)
    return losses


def _reaching(flow: Flow, outputs: Sequence[str]) -> Set[str]:
    """Uids of the leaves that some of these outputs depend on."""
    leaves: Set[str] = set()
    seen: Set[str] = set()
    stack: List[str] = list(outputs)
    while stack:
        uid = flow.resolve(stack.pop())
        owner = flow.owner(uid)
        if owner is None:
            leaves.add(uid)
        elif owner.uid not in seen:
            seen.add(owner.uid)
            stack.extend(owner.inputs)
    return leaves


def _only_targets(flow: Flow, arguments: Sequence[Variable]) -> Set[str]:
    """Inputs that are compared with a prediction and used for nothing else."""
    users: Dict[str, List[Tuple[Function, int]]] = {}
    for function in flow.order:
        if function.block is not None and function.block.op_name not in _LOSS_BLOCKS:
            continue
        for position, uid in enumerate(function.inputs):
            users.setdefault(flow.resolve(uid), []).append((function, position))
    return {
        variable.uid
        for variable in arguments
        if users.get(variable.uid)
        and all(
            function.op in (Op.CROSS_ENTROPY_WITH_SOFTMAX, Op.CLASSIFICATION_ERROR)
            and position == 1
            for function, position in users[variable.uid]
        )
    }


#: What was done last, and the classes that an argmax was taken over.
Last = Tuple[Optional[Activation], Optional[int]]


def activations_in(flow: Flow) -> Dict[str, Last]:
    """What was done last in every function, by its uid."""
    last: Dict[str, Last] = {}
    for function in flow.order:
        source: Optional[Function] = None
        if function.block is not None and function.block.op_name == "Softmax":
            last[function.uid] = (Activation.SOFTMAX, None)
            continue
        if function.block is not None:
            inside = flow.outputs.get(function.block.root, ())
            source = flow.owner(inside[0]) if len(inside) == 1 else None
        elif function.op in _KEEPING and function.inputs:
            source = flow.owner(function.inputs[0])
        else:
            last[function.uid] = _activation(flow, function)
            continue
        last[function.uid] = (None, None) if source is None else last.get(source.uid, (None, None))
    return last


def _activation(flow: Flow, owner: Function) -> Last:
    if owner.op == Op.SOFTMAX or spelled_softmax(flow, owner) is not None:
        return Activation.SOFTMAX, None
    if owner.op in (Op.SIGMOID, Op.STABLE_SIGMOID):
        return Activation.SIGMOID, None
    if owner.op == Op.REDUCE_ELEMENTS and owner.attributes.get("reductionOpName") == "Argmax":
        return Activation.ARGMAX, _reduced_size(flow, owner)
    if owner.op in _SCORES:
        return Activation.NONE, None
    return None, None


def _reduced_size(flow: Flow, owner: Function) -> Optional[int]:
    shape = flow.signal(owner.inputs[0]).shape if owner.inputs else None
    axes = axes_attribute(owner.attributes)
    if shape is None or axes is None or len(axes) != 1:
        return None
    position = static_axis(axes[0], len(shape))
    if position is None or position >= len(shape) or shape[position] < 1:
        return None
    return shape[position]


def spelled_softmax(flow: Flow, owner: Function) -> Optional[Tuple[Function, Function]]:
    """The exponentials and their sum, where they are divided by it."""
    if owner.op != Op.ELEMENT_TIMES or len(owner.inputs) != 2:
        return None
    above, below = (flow.owner(uid) for uid in owner.inputs)
    if above is None or below is None or above.op != Op.EXP or below.op != Op.RECIPROCAL:
        return None
    total = flow.owner(below.inputs[0]) if below.inputs and above.inputs else None
    found = (
        total is not None
        and total.op == Op.REDUCE_ELEMENTS
        and total.attributes.get("reductionOpName") == "Sum"
        and bool(total.inputs)
        and flow.owner(total.inputs[0]) is above
    )
    return (above, total) if found and total is not None else None
