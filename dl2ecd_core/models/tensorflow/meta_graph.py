"""A graph with its signatures, assets and versions: ``MetaGraphDef``.

https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/meta_graph.proto
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from ...wire.protobuf import LENGTH, VARINT, Message
from ..description import Dims
from .constants import read_shape
from .graph import Graph, read_graph

_LONGEST_TEXT = 1 << 16
_MOST_ENTRIES = 4096


class TensorInfo(NamedTuple):
    """One input or output of a signature."""

    key: str
    """The name that callers use."""
    tensor: str
    """The graph's tensor: ``name:0``; empty when it is not a plain tensor."""
    data_type: Optional[int]
    shape: Optional[Dims]


class Signature(NamedTuple):
    """What to feed and what to fetch."""

    inputs: Tuple[TensorInfo, ...]
    outputs: Tuple[TensorInfo, ...]


class MetaGraph(NamedTuple):
    """A graph and what is said about it."""

    graph: Graph
    version: Optional[str]
    signatures: Dict[str, Signature]
    assets: Tuple[str, ...]
    asset_tensors: Tuple[str, ...] = ()
    """The tensors that hold the assets' paths."""


def read_meta_graph(message: Message) -> MetaGraph:
    """Graph, version, signatures and assets.

    Raises
    ------
    ModelFileError
        ``model-damaged`` where the file breaks.
    """
    graph = Graph(message.source)
    version: Optional[str] = None
    signatures: Dict[str, Signature] = {}
    assets: List[str] = []
    tensors: List[str] = []
    for field in message.fields():
        if field.number > 16:
            raise message.wrong(f"a field {field.number}", field.start)
        if field.wire != LENGTH:
            continue
        if field.number == 1:
            version = _version(message.child(field, "facts about the graph"))
        elif field.number == 2:
            graph = read_graph(message.child(field, "the graph"))
        elif field.number == 5 and len(signatures) < _MOST_ENTRIES:
            name, value = _entry(message.child(field, "a signature"))
            signatures[name] = _signature(value)
        elif field.number == 6 and len(assets) < _MOST_ENTRIES:
            asset = message.child(field, "an asset")
            for part in asset.fields():
                if part.number == 1 and part.wire == LENGTH:
                    tensors.append(_tensor_info("", asset.child(part, "an asset's tensor")).tensor)
                elif part.number == 2:
                    assets.append(asset.text_of(part, _LONGEST_TEXT))
    return MetaGraph(graph, version, signatures, tuple(assets), tuple(tensors))


def _version(info: Message) -> Optional[str]:
    for field in info.fields():
        if field.number == 5 and field.wire == LENGTH:
            return info.text_of(field, _LONGEST_TEXT) or None
    return None


def _entry(entry: Message) -> Tuple[str, Message]:
    """Key and value of a map's entry."""
    key, value = "", Message(entry.source, entry.end, entry.end, "a value")
    for field in entry.fields():
        if field.number == 1:
            key = entry.text_of(field, _LONGEST_TEXT)
        elif field.number == 2:
            value = entry.child(field, "a value")
    return key, value


def _signature(message: Message) -> Signature:
    return Signature(tuple(_tensors(message, 1)), tuple(_tensors(message, 2)))


def _tensors(message: Message, number: int) -> Iterator[TensorInfo]:
    count = 0
    for field in message.fields():
        if field.number == number and field.wire == LENGTH and count < _MOST_ENTRIES:
            count += 1
            key, info = _entry(message.child(field, "an input or output"))
            yield _tensor_info(key, info)


def _tensor_info(key: str, info: Message) -> TensorInfo:
    tensor, data_type, shape = "", None, None
    for field in info.fields():
        if field.number == 1:
            tensor = info.text_of(field, _LONGEST_TEXT)
        elif field.number == 2 and field.wire == VARINT:
            data_type = field.value
        elif field.number == 3:
            shape = read_shape(info.child(field, "a shape"))
    return TensorInfo(key, tensor, data_type, shape)
