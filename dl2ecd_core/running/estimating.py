"""How much memory a model will need, from its network, before anything of it runs.

For processes that must not be limited, since they are somebody else's: ArcGIS, QGIS, a notebook.
Where the process has a limit of its own (see memory.py) the runtime is refused what it can't have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Dict, Mapping, Optional, Set, Tuple

from ..findings import Place
from ..findings.errors import Dl2EcdError
from ..findings.rules import finding
from ..models import ModelDescription
from ..models.networks import read_network
from ..network.lowering import Network
from ..network.value import Value
from .extras import RunningRefused
from .fitting import USUAL
from .memory import free_memory, has_limit

#: Copies of the weights that a runtime holds while it loads them: the file's, its own, and those
#: that are arranged for its kernels.
_COPIES = 3
#: Beside the values themselves, what operations take to work in.
_WORK = 2
#: Of what is free, so much may be taken.
_SHARE = 0.9
#: Bytes of a number whose type is not known.
_BYTES = 4
_MIB = 1 << 20


@dataclass(frozen=True)
class Need:
    """Bytes that a model needs.

    Attributes
    ----------
    model
        Weights and other constants, as a runtime holds them.
    tile
        While a tile runs.
    """

    model: int
    tile: int

    def total(self, workers: int) -> int:
        """With so many tiles at once."""
        return self.model + self.tile * workers


def estimate(model: ModelDescription, primary: Path) -> Optional[Need]:
    """What running a model will need; None where its network can't be read.

    What is not known of the network is left out, so that it may be more, and hardly less.

    Parameters
    ----------
    model
        What its file says of itself.
    primary
        The file.
    """
    try:
        network = read_network(primary).network
    except Dl2EcdError:
        return None
    weights = sum(part.location.stat().st_size for part in model.files)
    letters = {one.name: one.axes for one in model.inputs if one.name and one.axes}
    constants, tile = _values(network, {**network.letters, **letters}, _tile(model))
    return Need(_COPIES * (weights + constants), _WORK * tile)


def check_memory(model: ModelDescription, primary: Path, workers: int, *, name: str) -> None:
    """Refuse a model that needs more memory than there is, where this process has no limit.

    Parameters
    ----------
    workers
        Tiles at once.
    name
        Of what the person gave, for the message.

    Raises
    ------
    RunningRefused
        ``memory-short``.
    """
    free = None if has_limit() else free_memory()
    need = None if free is None else estimate(model, primary)
    if free is None or need is None or need.total(workers) <= free * _SHARE:
        return
    raise RunningRefused(
        [
            finding(
                "memory-short",
                f"Running the model takes about {_said(need.total(workers))} of memory, "
                f"{_said(need.tile)} of it for each of {workers} tiles at once, and "
                f"{_said(free)} are free.",
                hint="Close other programs, or run it on a larger machine; 'dl2ecd classify' runs "
                "it in a process of its own, which can end without harm to this one.",
                where=Place(file=name),
            )
        ]
    )


def _said(size: int) -> str:
    return f"{size / _MIB:,.0f} MiB" if size < 10 << 30 else f"{size / (_MIB << 10):,.0f} GiB"


def _tile(model: ModelDescription) -> Dict[str, int]:
    """Rows and columns of a tile: the model's own, or those that it gets where it takes any."""
    return {
        axis: max(usual, *(one.size_of(axis) or 0 for one in model.inputs))
        for axis, usual in zip("HW", USUAL)
    }


def _values(
    network: Network, letters: Mapping[str, str], tile: Mapping[str, int]
) -> Tuple[int, int]:
    """Bytes of all constants between operations, and the most bytes of values at one time."""
    sizes = {name: _bytes(value, letters, tile) for name, value in network.values.items()}
    nodes = network.graph.nodes
    last: Dict[str, int] = {}
    for place, node in enumerate(nodes):
        last.update(dict.fromkeys(node.inputs, place))
    kept = set(network.graph.outputs)
    constants = 0
    alive: Set[str] = set(network.graph.inputs)
    now = most = sum(sizes.get(name, 0) for name in alive)
    for place, node in enumerate(nodes):
        for name in filter(None, node.outputs):
            if network.values[name].constant:
                constants += sizes[name]
            else:
                alive.add(name)
                now += sizes[name]
        most = max(most, now)
        for name in (*node.inputs, *node.outputs):
            if name in alive and name not in kept and last.get(name, place) <= place:
                alive.remove(name)
                now -= sizes[name]
    return constants, most


def _bytes(value: Value, letters: Mapping[str, str], tile: Mapping[str, int]) -> int:
    """Bytes of a value for one tile; an axis of an unknown size counts as one pixel."""
    count = 1
    for axis, size in zip(value.axes, value.shape or ()):
        scale, along = Fraction(1), tile.get(axis.letter)
        if axis.footprint is not None:
            scale = axis.footprint.scale
            for name, place in axis.footprint.sources:
                along = tile.get(letters.get(name, "")[place : place + 1], along)
        count *= (size or 1) if along is None else math.ceil(along / scale)
    return count * _width(value.data_type)


def _width(data_type: Optional[str]) -> int:
    """Bytes of a number, by the end of its type's name."""
    digits = "".join(one for one in data_type or "" if one.isdigit())
    return max(int(digits) // 8, 1) if digits else _BYTES
