"""Works out what flows through a network: CNTK stores no output shapes.

Functions are visited in dependency order, without recursion. Loops go through placeholders that
carry the shape they had when the model was saved; the walk is repeated until nothing changes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from .model_graph import DATA_TYPES, FREE, Function, Graph, Kind, Op, Variable, output_uid
from .operations import UNKNOWN, Signal, shape_of

#: Walks over a network with loops; a loop that has not settled by then is unknown.
_MOST_WALKS = 6


@dataclass(frozen=True)
class Flow:
    """A network with what flows through it.

    Attributes
    ----------
    order
        Functions, each after those it depends on (but for loops).
    signals
        By uid of variable or output.
    outputs
        Uids of every function's outputs; a Combine's are those of the functions it combines.
    stands_for
        What takes the place of a block's placeholder.
    """

    graph: Graph
    order: Tuple[Function, ...]
    signals: Mapping[str, Signal]
    outputs: Mapping[str, Tuple[str, ...]]
    stands_for: Mapping[str, str]

    def resolve(self, uid: str) -> str:
        """The variable that a uid inside a block stands for."""
        return self.stands_for.get(uid, uid)

    def signal(self, uid: str) -> Signal:
        """What is known of a variable, wherever it is named."""
        return self.signals.get(self.resolve(uid), UNKNOWN)

    def owner(self, uid: str) -> Optional[Function]:
        """The function that an output belongs to."""
        return owner_of(self.graph, self.resolve(uid))


def owner_of(graph: Graph, uid: str) -> Optional[Function]:
    """The function whose output a uid is."""
    name, mark, _ = uid.rpartition("_Output_")
    return graph.functions.get(name) if mark else None


def flow_of(graph: Graph) -> Flow:
    """Infer every shape and data type of a network."""
    stands_for = _resolved_arguments(graph)
    order, looped = _in_order(graph, stands_for)
    signals: Dict[str, Signal] = {}
    for uid, variable in graph.variables.items():
        signals[uid] = _stored(variable)
    outputs: Dict[str, Tuple[str, ...]] = {}
    for walk in range(_MOST_WALKS if looped else 1):
        if not _walk(graph, order, stands_for, signals, outputs):
            break
        if looped and walk == _MOST_WALKS - 1:
            for uid in _changing(graph, order, stands_for, signals, outputs):
                signals[uid] = UNKNOWN
    return Flow(graph, order, signals, outputs, stands_for)


def _stored(variable: Variable) -> Signal:
    return Signal(
        variable.shape,
        variable.data_type,
        variable.dynamic,
        pending=variable.kind is Kind.PLACEHOLDER and variable.shape is None,
        constant=variable.kind is Kind.CONSTANT,
        scalar=variable.scalar,
    )


def _resolved_arguments(graph: Graph) -> Dict[str, str]:
    """What every placeholder of every block finally stands for."""
    direct: Dict[str, str] = {}
    for function in graph.functions.values():
        if function.block is not None:
            direct.update(function.block.arguments)
    final: Dict[str, str] = {}
    for start in direct:
        chain: List[str] = []
        uid = start
        while uid in direct and uid not in final and len(chain) <= len(direct):
            chain.append(uid)
            uid = direct[uid]
        target = final.get(uid, uid)
        if len(chain) > len(direct):
            target = start
        for passed in chain:
            final[passed] = target
    return final


def _in_order(graph: Graph, stands_for: Mapping[str, str]) -> Tuple[Tuple[Function, ...], bool]:
    """The functions after their dependencies, and whether there are loops.

    CNTK saves an edge that may close a loop as a placeholder with the output's uid. Such an edge
    is waited for as long as others can go first, and cut when none can.
    """
    waiting: Dict[str, int] = {}
    firmly: Dict[str, int] = {}
    users: Dict[str, List[Tuple[Function, bool]]] = {}
    for function in graph.functions.values():
        needed = _dependencies(graph, function, stands_for)
        waiting[function.uid] = len(needed)
        firmly[function.uid] = sum(firm for _, firm in needed)
        for owner, firm in needed:
            users.setdefault(owner.uid, []).append((function, firm))
    ready = deque(function for function in graph.functions.values() if not waiting[function.uid])
    cut = deque(function for function in graph.functions.values() if not firmly[function.uid])
    rest = deque(graph.functions.values())
    order: Dict[str, Function] = {}
    looped = False
    while len(order) < len(graph.functions):
        queue = ready or cut or rest
        function = queue.popleft()
        if function.uid in order:
            continue
        looped = looped or waiting[function.uid] > 0
        order[function.uid] = function
        for user, firm in users.get(function.uid, ()):
            waiting[user.uid] -= 1
            firmly[user.uid] -= firm
            if not waiting[user.uid]:
                ready.append(user)
            elif firm and not firmly[user.uid]:
                cut.append(user)
    return tuple(order.values()), looped


def _dependencies(
    graph: Graph, function: Function, stands_for: Mapping[str, str]
) -> List[Tuple[Function, bool]]:
    """The functions that one needs, each with whether it must come first."""
    needed = []
    for uid in function.inputs:
        actual = stands_for.get(uid, uid)
        owner = owner_of(graph, actual)
        if owner is not None:
            needed.append((owner, actual not in graph.variables))
    if function.block is not None:
        root = graph.functions.get(function.block.root)
        if root is not None:
            needed.append((root, True))
    return needed


def _walk(
    graph: Graph,
    order: Sequence[Function],
    stands_for: Mapping[str, str],
    signals: Dict[str, Signal],
    outputs: Dict[str, Tuple[str, ...]],
) -> bool:
    """Visit all functions once; whether anything changed."""
    changed = False
    for function in order:
        if function.op == Op.COMBINE:
            outputs[function.uid] = tuple(stands_for.get(uid, uid) for uid in function.inputs)
            continue
        results = _results(graph, function, stands_for, signals, outputs)
        uids = tuple(output_uid(function.uid, number) for number in range(len(results)))
        outputs[function.uid] = uids
        for uid, result in zip(uids, results):
            before = signals.get(uid)
            if before != result:
                changed = True
                # A loop's own guess is kept until there is something better.
                if result.shape is None and result.pending and before is not None:
                    continue
                signals[uid] = result
    return changed


def _changing(
    graph: Graph,
    order: Sequence[Function],
    stands_for: Mapping[str, str],
    signals: Dict[str, Signal],
    outputs: Dict[str, Tuple[str, ...]],
) -> List[str]:
    """Outputs that one more walk would change."""
    later = dict(signals)
    _walk(graph, order, stands_for, later, dict(outputs))
    return [uid for uid, signal in later.items() if signals.get(uid) != signal]


def _results(
    graph: Graph,
    function: Function,
    stands_for: Mapping[str, str],
    signals: Mapping[str, Signal],
    outputs: Mapping[str, Tuple[str, ...]],
) -> Tuple[Signal, ...]:
    if function.block is not None:
        inside = outputs.get(function.block.root, (output_uid(function.block.root, 0),))
        return tuple(signals.get(uid, UNKNOWN)._replace(constant=False) for uid in inside)
    operands = [_operand(graph, uid, stands_for, signals) for uid in function.inputs]
    data_type = _data_type(function, operands)
    dynamic = _is_dynamic(function, operands)
    pending = any(operand.pending and operand.shape is None for operand in operands)
    shape = shape_of(function, operands)
    first = Signal(shape, data_type, dynamic, pending=pending and shape is None)
    if function.op == Op.TOP_K:
        return (first, first)
    masked = function.attributes.get("sequenceUnpackSuppressMaskOutput") is not True
    if function.op == Op.UNPACK_SEQUENCE and masked:
        return (first, Signal((FREE,), data_type, dynamic))
    return (first,)


def _operand(
    graph: Graph, uid: str, stands_for: Mapping[str, str], signals: Mapping[str, Signal]
) -> Signal:
    """What is known of an operand; a block's placeholder keeps the shape it had when saved."""
    signal = signals.get(stands_for.get(uid, uid), UNKNOWN)
    if signal.shape is None and uid in stands_for and uid in graph.variables:
        stored = graph.variables[uid]
        return signal._replace(shape=stored.shape, data_type=signal.data_type or stored.data_type)
    return signal


def _data_type(function: Function, operands: Sequence[Signal]) -> Optional[str]:
    """The first operand's that is no constant, else the first known."""
    told = function.attributes.get("newDataType")
    if isinstance(told, int) and function.op in _TELLING_DATA_TYPE:
        return DATA_TYPES.get(told)
    for wanted in (False, True):
        for operand in operands:
            if operand.data_type is not None and operand.constant is wanted:
                return operand.data_type
    return None


_TELLING_DATA_TYPE = {Op.CAST, Op.RANDOM_DISTRIBUTION, Op.CUSTOM_PROXY, Op.CONSTANT_OP}

_WITHOUT_BATCH = {
    Op.SUM_ALL,
    Op.SQUARED_ERROR,
    Op.CROSS_ENTROPY_WITH_SOFTMAX,
    Op.EDIT_DISTANCE_ERROR,
    Op.CLASSIFICATION_ERROR,
    Op.FORWARD_BACKWARD,
    Op.LOGISTIC,
    Op.LAMBDA_RANK,
    Op.NDCG,
    Op.UNPACK_BATCH,
}


def _is_dynamic(function: Function, operands: Sequence[Signal]) -> bool:
    if function.op in _WITHOUT_BATCH:
        return False
    if function.op == Op.TO_BATCH:
        return True
    return any(operand.dynamic for operand in operands)
