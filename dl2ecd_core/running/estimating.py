"""How much memory a model needs at least, from its network, before anything of it runs.

What is told is the least that any runtime gets by with: the weights once, and the values that
live at one time. Runtimes take more (up to three times as much was measured), for copies of the
weights while they load them and for kernels to work in; a model that is refused surely does not
fit.

For processes that must not be limited, since they are somebody else's: ArcGIS, QGIS, a notebook.
Where the process has a limit of its own (see memory.py) the runtime is refused what it can't have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Sequence, Set, Tuple

from ..findings import Place
from ..findings.errors import Dl2EcdError
from ..findings.rules import finding
from ..models import ModelDescription
from ..models.flows import has_flow, read_flow
from ..network.data_types import width_of
from ..network.flow import Flow, Making
from ..network.value import Value
from .extras import RunningRefused
from .processes.memory import free_memory, has_limit
from .tiles.fitting import USUAL

#: Of what is free, so much may be taken.
_SHARE = 0.9
_MIB = 1 << 20


@dataclass(frozen=True)
class Need:
    """Bytes that a model needs at least.

    Attributes
    ----------
    model
        Weights and other constants.
    tile
        While a tile runs.
    """

    model: int
    tile: int

    def total(self, workers: int) -> int:
        """With so many tiles at once."""
        return self.model + self.tile * workers


def estimate(model: ModelDescription) -> Optional[Need]:
    """What running a model needs at least; None where its network can't be read.

    What is not known of the network is left out.

    Parameters
    ----------
    model
        What its file says of itself, with the places of its files.
    """
    if not has_flow(model.format):
        return None
    try:
        flow = read_flow(model)
    except Dl2EcdError:
        return None
    files = 0 if flow.holds_weights else sum(part.location.stat().st_size for part in model.files)
    constants, tile = _alive(flow, _letters(flow, model), tile_of(model))
    # What is made once may be weights in another form, which take the place of those in the file.
    return Need(max(files, constants), tile)


def check_memory(model: ModelDescription, most: int, *, least: int = 1, name: str) -> int:
    """Refuse a model that needs more memory than there is, where this process has no limit.

    Parameters
    ----------
    most
        Tiles that run at once where there is room.
    least
        Tiles that have to.
    name
        Of what the person gave, for the message.

    Returns
    -------
    int
        Tiles at once for which there is room: `most` where nothing is known.

    Raises
    ------
    RunningRefused
        ``memory-short``.
    """
    free = None if has_limit() else free_memory()
    need = None if free is None else estimate(model)
    if free is None or need is None or need.total(most) <= free * _SHARE:
        return most
    room = int(free * _SHARE) - need.model
    if need.tile and room // need.tile >= max(least, 1):
        return room // need.tile
    workers = least
    raise RunningRefused(
        [
            finding(
                "memory-short",
                f"Running the model takes at least {_said(need.total(workers))} of memory, "
                f"{_shared(need, workers)}and {_said(free)} are free.",
                hint="Close other programs, or run it on a larger machine; 'dl2ecd classify' runs "
                "it in a process of its own, which can end without harm to this one.",
                where=Place(file=name),
            )
        ]
    )


def _shared(need: Need, workers: int) -> str:
    if workers == 1:
        return ""
    return f"{_said(need.tile)} of it for each of {workers} tiles at once, "


def _said(size: int) -> str:
    return f"{size / _MIB:,.0f} MiB" if size < 10 << 30 else f"{size / (_MIB << 10):,.0f} GiB"


def _letters(flow: Flow, model: ModelDescription) -> Dict[str, str]:
    """The letters of the inputs' axes, as the model says them, or as its network shows them."""
    found = dict(flow.letters)
    for one in model.inputs:
        value = flow.values.get(one.name or "")
        # Some formats have no axis for the batch, which their networks have.
        if value is not None and one.name and one.axes and len(one.axes) == value.rank:
            found[one.name] = one.axes
    return found


def tile_of(model: ModelDescription) -> Dict[str, int]:
    """Rows and columns of a tile: the model's own, or those that it gets where it takes any."""
    return {
        axis: max([usual, *(one.size_of(axis) or 0 for one in model.inputs)])
        for axis, usual in zip("HW", USUAL)
    }


def _alive(flow: Flow, letters: Mapping[str, str], tile: Mapping[str, int]) -> Tuple[int, int]:
    """The most bytes of values at one time: of those that are made once, and for a tile."""
    sizes = {name: _bytes(value, letters, tile) for name, value in flow.values.items()}
    once: List[Making] = []
    always: List[Making] = []
    for step in flow.steps:
        made = [flow.values[name] for name in step[1] if name in flow.values]
        (once if made and all(value.constant for value in made) else always).append(step)
    used = {name for taken, _ in always for name in taken}
    kept = used | set(flow.outputs)
    return _most(once, sizes, [], kept), _most(always, sizes, flow.inputs, set(flow.outputs))


def _most(
    steps: Sequence[Making], sizes: Mapping[str, int], first: Sequence[str], kept: Set[str]
) -> int:
    """The most bytes at one time, where a result takes the place of what is used no more.

    Runtimes do so where they can: where each number is changed by itself, and where they run
    several operations as one.

    Parameters
    ----------
    first
        What is there before the first step.
    kept
        What stays to the end.
    """
    last: Dict[str, int] = {}
    for place, (taken, _) in enumerate(steps):
        last.update(dict.fromkeys(taken, place))
    alive = {name: sizes.get(name, 0) for name in first}
    now = most = sum(alive.values())
    for place, (taken, made) in enumerate(steps):
        for name in taken:
            if name in alive and name not in kept and last[name] <= place:
                now -= alive.pop(name)
        for name in made:
            if name and name not in alive:
                alive[name] = sizes.get(name, 0)
                now += alive[name]
        most = max(most, now)
        for name in made:
            if name in alive and name not in kept and name not in last:
                now -= alive.pop(name)
    return most


def _bytes(value: Value, letters: Mapping[str, str], tile: Mapping[str, int]) -> int:
    """Bytes of a value for one tile; an axis of an unknown size counts as one pixel."""
    count = 1
    for axis, size in zip(value.axes, value.shape or ()):
        along: Optional[int] = None
        if axis.footprint is not None:
            along = tile.get(axis.letter)
            for name, place in axis.footprint.sources:
                along = tile.get(letters.get(name, "")[place : place + 1], along)
        pixels = 1
        if along is not None and axis.footprint is not None:
            # A border in front of the tile counts, too, and one that is cropped does not.
            pixels = math.ceil((along - (axis.footprint.start or 0)) / axis.footprint.scale)
        count *= max(pixels, 1 if size is None else size)
    return count * width_of(value.data_type)
