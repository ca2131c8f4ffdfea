"""Which weights of a file belong to which layer, and where their values lie.

Keras gives weights back to layers by their order. An .h5 file lists them layer by layer, a nested
network as one layer with those that training changes before those that it does not
(``_legacy_weights`` in keras/src/legacy/saving/legacy_h5_format.py; ``Network.weights`` in
keras/engine/network.py of Keras 2). A .keras file has a tree of groups named after classes
(keras/src/saving/saving_lib.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Optional, Protocol, Sequence, Tuple

from ....network.data_types import layout_of
from ....network.shapes import elements
from ....network.weights import PIECE, Content, Converted, stored
from ....wire.hdf5 import Hdf5File, Node, Storage
from ....wire.hdf5.storage import chunked_values
from ....wire.part import MemorySource, PartSource
from ....wire.source import ByteSource
from ..config import Layer, Network, read_layer
from ..weights import chunked_texts, variable_groups
from .roles import roles_of

_DEEPEST = 16


@dataclass(frozen=True)
class Weight:
    """Weights as a file has them.

    Attributes
    ----------
    content
        32-bit floats, the last axis fastest; None where they are of another kind or were never
        written.
    """

    shape: Tuple[int, ...]
    content: Optional[Content]


@dataclass(frozen=True)
class Home:
    """Where the bytes of an HDF5 file lie, to be opened again when weights are copied.

    Attributes
    ----------
    offset, size
        Of the HDF5 file in the file at `path`, where an archive holds it as it is.
    memory
        Its bytes, where they had to be unpacked.
    """

    path: Path
    offset: int = 0
    size: Optional[int] = None
    memory: Optional[MemorySource] = None


def home_of(source: ByteSource) -> Home:
    """Where an HDF5 file's bytes lie."""
    if isinstance(source, MemorySource):
        return Home(source.path, memory=source)
    if isinstance(source, PartSource):
        return Home(source.path, source.start, source.size)
    return Home(source.path)


@dataclass(frozen=True)
class Unpacked:
    """Bytes of an entry that was unpacked into memory."""

    memory: MemorySource
    offset: int
    size: int

    def pieces(self) -> Iterator[bytes]:
        """The bytes, in order."""
        for start in range(0, self.size, PIECE):
            length = min(PIECE, self.size - start)
            yield self.memory.read(self.offset + start, length, "weights")


@dataclass(frozen=True)
class Chunks:
    """Values of a dataset that lies in chunks.

    Attributes
    ----------
    width
        Bytes of a value.
    """

    home: Home
    storage: Storage
    shape: Tuple[int, ...]
    width: int

    @property
    def size(self) -> int:
        """In bytes."""
        return (elements(self.shape) or 0) * self.width

    def pieces(self) -> Iterator[bytes]:
        """The bytes, in order."""
        if self.home.memory is not None:
            yield from self._of(self.home.memory)
            return
        with ByteSource(self.home.path) as source:
            size = self.home.size
            inside = source if size is None else PartSource(
                source, "the weights", self.home.offset, size
            )  # fmt: skip
            yield from self._of(inside)

    def _of(self, source: ByteSource) -> Iterator[bytes]:
        frame = Hdf5File(source).frame
        for band in chunked_values(frame, self.storage, self.shape, self.width):
            for start in range(0, len(band), PIECE):
                yield band[start : start + PIECE]


def weight_at(home: Home, dataset: Node) -> Optional[Weight]:
    """The weights of a dataset; None when it is none."""
    shape, kind = dataset.shape, dataset.type
    if shape is None or kind is None:
        return None
    if kind.name is None or layout_of(kind.name) is None or not kind.name.startswith("float"):
        return Weight(shape, None)
    content = _content(home, dataset.storage, shape, kind.size)
    if content is not None and (kind.name != "float32" or kind.big_endian):
        content = Converted(content, kind.name, "float32", kind.big_endian)
    return Weight(shape, content)


def _content(
    home: Home, storage: Optional[Storage], shape: Tuple[int, ...], width: int
) -> Optional[Content]:
    if storage is None:
        return None
    if storage.chunk is not None:
        return Chunks(home, storage, shape, width)
    length = (elements(shape) or 0) * width
    if storage.offset is None or storage.length < length:
        return None
    if home.memory is not None:
        return Unpacked(home.memory, storage.offset, length)
    return stored(home.path, home.offset + storage.offset, length)


class Shelf(Protocol):
    """The weights of a network's layers."""

    def of(self, layer: Layer) -> Optional[Sequence[Weight]]:
        """A layer's, in Keras' order; None where they can't be told."""

    def inside(self, layer: Layer, network: Network) -> Shelf:
        """Those of a network that is a layer."""

    def wrapped(self, layer: Layer, inner: Layer) -> Shelf:
        """Those of the layer that a wrapper holds."""


@dataclass(frozen=True)
class ListShelf:
    """The weights of an .h5 file, listed layer by layer."""

    lists: Mapping[str, Sequence[Weight]]

    def of(self, layer: Layer) -> Optional[Sequence[Weight]]:
        """A layer's; none where the file lists none."""
        return self.lists.get(layer.name)

    def inside(self, layer: Layer, network: Network) -> Shelf:
        """Those of a network that is a layer, by what its layers keep."""
        weights = self.lists.get(layer.name)
        parted = None if weights is None else _parted(network, weights)
        return ListShelf(parted or {})

    def wrapped(self, layer: Layer, inner: Layer) -> Shelf:
        """A wrapper lists those of its layer as its own."""
        weights = self.lists.get(layer.name)
        return ListShelf({} if weights is None else {inner.name: weights})


#: A layer's path, and a number for each of its weights.
_Kept = List[Tuple[str, int]]


def _parted(network: Network, weights: Sequence[Weight]) -> Optional[Dict[str, List[Weight]]]:
    """The weights of a nested network's layers; None where they don't add up."""
    kept = _kept(network, 0)
    if kept is None or sum(map(len, kept)) != len(weights):
        return None
    found: Dict[str, Dict[int, Weight]] = {layer.name: {} for layer in network.layers}
    for (name, number), weight in zip((*kept[0], *kept[1]), weights):
        found[name][number] = weight
    return {name: [those[number] for number in sorted(those)] for name, those in found.items()}


def _kept(network: Network, depth: int) -> Optional[Tuple[_Kept, _Kept]]:
    """Which weights a network lists first, and which behind them.

    Each with its layer's name and its number among what the layer itself would list.
    """
    first: _Kept = []
    behind: _Kept = []
    for layer in network.layers:
        counts = _counts(layer, depth)
        if counts is None:
            return None
        trained, fixed = counts
        if layer.config.get("trainable") is False:
            trained, fixed = 0, trained + fixed
        first += [(layer.name, number) for number in range(trained)]
        behind += [(layer.name, trained + number) for number in range(fixed)]
    return first, behind


def _counts(layer: Layer, depth: int) -> Optional[Tuple[int, int]]:
    """How many weights a layer has that training changes, and how many others."""
    inner = layer.network
    if inner is not None:
        kept = None if depth > _DEEPEST else _kept(inner, depth + 1)
        return None if kept is None else (len(kept[0]), len(kept[1]))
    if layer.class_name == "TimeDistributed":
        wrapped = read_layer(layer.config.get("layer"))
        return None if wrapped is None or depth > _DEEPEST else _counts(wrapped, depth + 1)
    roles = roles_of(layer)
    if roles is None:
        return None
    fixed = sum(
        role.startswith("moving") or role in ("mean", "variance", "count") for role in roles
    )
    return len(roles) - fixed, fixed


def list_shelf(source: ByteSource, group: Node) -> ListShelf:
    """The weights of an .h5 file."""
    home = home_of(source)
    lists: Dict[str, List[Weight]] = {}
    for name in chunked_texts(group, "layer_names") or ():
        member = group.child(name)
        found: List[Optional[Weight]] = []
        for path in () if member is None else chunked_texts(member, "weight_names") or ():
            dataset = None if member is None else member.child(path)
            found.append(None if dataset is None else weight_at(home, dataset))
        whole = [weight for weight in found if weight is not None]
        if member is not None and len(whole) == len(found):
            lists[name] = whole
    return ListShelf(lists)


@dataclass(frozen=True)
class TreeShelf:
    """The weights of a .keras file, in a tree of groups.

    Attributes
    ----------
    groups
        Variables by the path of what they belong to.
    path
        Of the network.
    names
        Steps of the path to each layer, by its name.
    """

    home: Home
    groups: Mapping[str, Node]
    path: str
    names: Mapping[str, str]

    def of(self, layer: Layer) -> Optional[Sequence[Weight]]:
        """A layer's variables in their order."""
        group = self.groups.get(self._path(layer))
        return None if group is None else _variables(self.home, group)

    def inside(self, layer: Layer, network: Network) -> Shelf:
        """Those of a network that is a layer."""
        return tree_of(self.home, self.groups, f"{self._path(layer)}/", network)

    def wrapped(self, layer: Layer, inner: Layer) -> Shelf:
        """Those of the layer that a wrapper holds."""
        return TreeShelf(self.home, self.groups, "", {inner.name: f"{self._path(layer)}/layer"})

    def _path(self, layer: Layer) -> str:
        return self.path + self.names.get(layer.name, "?")


def _variables(home: Home, group: Node) -> Optional[List[Weight]]:
    found = sorted(
        ((name, node) for name, node in group.children() if name.isdecimal()),
        key=lambda item: (len(item[0]), item[0]),
    )
    weights = [weight_at(home, node) for _, node in found]
    return [weight for weight in weights if weight is not None]


def tree_shelf(source: ByteSource, file: Hdf5File, network: Network) -> TreeShelf:
    """The weights of a .keras file."""
    groups = dict(variable_groups(file.root))
    return tree_of(home_of(source), groups, "", network)


def tree_of(home: Home, groups: Mapping[str, Node], path: str, network: Network) -> TreeShelf:
    """The layers of each class, in order, have the groups named after it, in order."""
    older = f"{path}_layer_checkpoint_dependencies/"
    start = older if any(name.startswith(older) for name in groups) else f"{path}layers/"
    inside = {name[len(start) :].split("/")[0] for name in groups if name.startswith(start)}
    by_class: Dict[str, List[Tuple[int, str]]] = {}
    for name in inside:
        stem, _, number = name.rpartition("_")
        if number.isdecimal() and stem:
            by_class.setdefault(stem, []).append((int(number), name))
        by_class.setdefault(name, []).append((-1, name))
    layers: Dict[str, List[str]] = {}
    for layer in network.layers:
        layers.setdefault(_snake_case(layer.class_name), []).append(layer.name)
    names: Dict[str, str] = {}
    for kind, members in layers.items():
        places = sorted(by_class.get(kind, ()))
        if len(places) == len(members):
            names.update((name, place) for name, (_, place) in zip(members, places))
    return TreeShelf(home, groups, start, names)


def _snake_case(name: str) -> str:
    """As ``to_snake_case`` in keras/src/utils/naming.py."""
    name = re.sub(r"\W+", "", name.rpartition(">")[2])
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
