"""Lowering a CNTK network to ONNX's operators.

CNTK stores no sizes of what flows through a network: they are known as far as it is lowered.
"""

from __future__ import annotations

from typing import Dict, List, Tuple

from ...network.lowering import Network
from ..network_ends import told_apart
from .ends import output_name
from .model_graph import Graph
from .operands import Assumed
from .walk import Walk
from .wiring import wired

#: Walks through a network with loops; what has not settled by then is unknown.
_MOST_WALKS = 6
#: Functions that are walked through for that, again and again, before no more is tried.
_MOST_STEPS = 200_000


def lowered(graph: Graph) -> Network:
    """A network in ONNX's operators, without what only training needs."""
    walk = walked(graph)
    for name, uid in _ends(walk):
        walk.lowering.output(name, walk.operand(uid).name)
    return walk.lowering.network()


def walked(graph: Graph) -> Walk:
    """A network with all its functions lowered.

    One with loops is walked through until what comes back is what was assumed of it.
    """
    wiring = wired(graph)
    assumed: Dict[str, Assumed] = {}
    walks = min(_MOST_WALKS, _MOST_STEPS // len(wiring.order)) if wiring.has_loops else 1
    for _ in range(max(1, walks)):
        walk = Walk(wiring, assumed)
        if not walk.has_changed():
            return walk
        assumed = walk.found()
    unsettled = Walk(wiring, assumed)
    for uid, found in unsettled.found().items():
        if found != unsettled.assumed[uid]:
            assumed[uid] = Assumed(None, found.batched, False)
    return Walk(wiring, assumed)


def _ends(walk: Walk) -> List[Tuple[str, str]]:
    """The outputs that a network keeps: their names, no two alike, and their uids."""
    losses = walk.roles().losses
    wanted = [uid for uid in walk.outputs if uid not in losses] or list(walk.outputs)
    inputs = [one.name or one.uid for one in walk.arguments]
    results = [output_name(walk.wiring, uid) or uid for uid in wanted]
    names = told_apart([*inputs, *results])
    return [(name or "", uid) for name, uid in zip(names[len(inputs) :], wanted)]
