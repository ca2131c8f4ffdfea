"""How the functions of a network are wired: their order, their outputs, and what blocks hold.

Functions are put in the order in which they can be computed, without recursion. Loops go through
placeholders; one is cut where nothing else can go first.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Deque, Dict, List, Mapping, Optional, Tuple

from .model_graph import Function, Graph, Op, output_uid

_DELAYS = (Op.PAST_VALUE, Op.FUTURE_VALUE)


@dataclass(frozen=True)
class Wiring:
    """A network with its functions in order.

    Attributes
    ----------
    order
        Functions, each after those it depends on (but for loops).
    outputs
        Uids of every function's outputs; a Combine's are those of the functions it combines.
    stands_for
        What takes the place of a block's placeholder.
    has_loops
        Whether some function comes before one that it depends on.
    """

    graph: Graph
    order: Tuple[Function, ...]
    outputs: Mapping[str, Tuple[str, ...]]
    stands_for: Mapping[str, str]
    has_loops: bool

    def resolve(self, uid: str) -> str:
        """The variable that a uid inside a block stands for."""
        return self.stands_for.get(uid, uid)

    def owner(self, uid: str) -> Optional[Function]:
        """The function that an output belongs to."""
        return owner_of(self.graph, self.resolve(uid))


def owner_of(graph: Graph, uid: str) -> Optional[Function]:
    """The function whose output a uid is."""
    name, mark, _ = uid.rpartition("_Output_")
    return graph.functions.get(name) if mark else None


def wired(graph: Graph) -> Wiring:
    """The order of a network's functions, and the names of what they give."""
    stands_for = _resolved_arguments(graph)
    order, looped = _in_order(graph, stands_for)
    outputs: Dict[str, Tuple[str, ...]] = {}
    # A block that comes before its inside learns how much that gives in a second turn.
    for _ in range(2 if looped else 1):
        for function in order:
            outputs[function.uid] = _outputs(function, stands_for, outputs)
    return Wiring(graph, order, outputs, stands_for, looped)


def _outputs(
    function: Function, stands_for: Mapping[str, str], outputs: Mapping[str, Tuple[str, ...]]
) -> Tuple[str, ...]:
    if function.op == Op.COMBINE:
        return tuple(stands_for.get(uid, uid) for uid in function.inputs)
    count = 1
    masked = function.attributes.get("sequenceUnpackSuppressMaskOutput") is not True
    if function.block is not None:
        count = len(outputs.get(function.block.root, ("",)))
    elif function.op == Op.TOP_K or (function.op == Op.UNPACK_SEQUENCE and masked):
        count = 2
    return tuple(output_uid(function.uid, number) for number in range(count))


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
    is waited for as long as others can go first, and cut when none can: in front of what delays
    values along a sequence, if it leads there.
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
    delays: Deque[Function] = deque()
    others: Deque[Function] = deque()

    def may_be_cut(function: Function) -> None:
        (delays if function.op in _DELAYS else others).append(function)

    for function in graph.functions.values():
        if not firmly[function.uid]:
            may_be_cut(function)
    rest = deque(graph.functions.values())
    order: Dict[str, Function] = {}
    looped = False
    while len(order) < len(graph.functions):
        queue = ready or delays or others or rest
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
                may_be_cut(user)
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
