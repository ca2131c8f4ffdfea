"""Which inputs and outputs only training needs.

Only what the graph shows for certain is marked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Collection, Dict, FrozenSet, List, Sequence, Set, Tuple

from .model_graph import Function, Op, Variable
from .wiring import Wiring

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


@dataclass(frozen=True)
class Roles:
    """Uids of the inputs and outputs that only training needs."""

    labels: FrozenSet[str]
    losses: FrozenSet[str]


def roles_of(
    wiring: Wiring,
    arguments: Sequence[Variable],
    outputs: Sequence[str],
    scalars: Collection[str],
) -> Roles:
    """Tell labels and losses from data.

    Parameters
    ----------
    scalars
        Those of the outputs that are single numbers.
    """
    losses = _loss_outputs(wiring, outputs, scalars)
    labels = set(wiring.graph.labels)
    data = [uid for uid in outputs if uid not in losses]
    if losses and data:
        serving = _reaching(wiring, data)
        labels |= {variable.uid for variable in arguments if variable.uid not in serving}
    elif losses:
        labels |= _only_targets(wiring, arguments)
    # An input that a prediction is made from is no label, whatever a list in the file says.
    if data:
        labels &= {variable.uid for variable in arguments} - _reaching(wiring, data)
    return Roles(frozenset(labels), frozenset(losses))


def _loss_outputs(wiring: Wiring, outputs: Sequence[str], scalars: Collection[str]) -> Set[str]:
    told = set(wiring.graph.losses)
    made_of_losses = _losses_in(wiring)
    losses: Set[str] = set()
    for uid in outputs:
        owner = wiring.owner(uid)
        if owner is None:
            continue
        if uid in told or owner.uid in made_of_losses:
            losses.add(uid)
        elif uid in scalars and owner.name in _TRAINER_OUTPUTS:
            losses.add(uid)
            losses.update(map(wiring.resolve, owner.inputs))
    return losses & set(outputs)


def _losses_in(wiring: Wiring) -> Set[str]:
    """Uids of the functions that are losses, or losses summed, averaged or weighted."""
    losses: Set[str] = set()
    for function in wiring.order:
        owners = [wiring.owner(uid) for uid in function.inputs]
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


def _reaching(wiring: Wiring, outputs: Sequence[str]) -> Set[str]:
    """Uids of the leaves that some of these outputs depend on."""
    leaves: Set[str] = set()
    seen: Set[str] = set()
    stack: List[str] = list(outputs)
    while stack:
        uid = wiring.resolve(stack.pop())
        owner = wiring.owner(uid)
        if owner is None:
            leaves.add(uid)
        elif owner.uid not in seen:
            seen.add(owner.uid)
            stack.extend(owner.inputs)
    return leaves


def _only_targets(wiring: Wiring, arguments: Sequence[Variable]) -> Set[str]:
    """Inputs that are compared with a prediction and used for nothing else."""
    users: Dict[str, List[Tuple[Function, int]]] = {}
    for function in wiring.order:
        if function.block is not None and function.block.op_name not in _LOSS_BLOCKS:
            continue
        for position, uid in enumerate(function.inputs):
            users.setdefault(wiring.resolve(uid), []).append((function, position))
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
