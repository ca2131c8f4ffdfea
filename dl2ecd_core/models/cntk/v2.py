"""Reads CNTK v2 models: a protobuf Dictionary, or the layout of models over 2 GiB.

https://github.com/microsoft/CNTK/blob/master/Source/CNTKv2LibraryDll/proto/CNTK.proto and
Serialization.cpp beside it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import List, Sequence

from ...findings import Finding, Place
from ...findings.errors import ModelFileError
from ...findings.rules import finding
from ...findings.wording import quoted
from ...network.lowering import Network
from ...network.weights import stored
from ...wire.protobuf import LENGTH, VARINT, Message
from ...wire.source import ByteSource
from ..description import ModelDescription
from ..registry import Match
from .lowering import lowered
from .model_graph import Array, Graph, Numbers, elements
from .telling import describe
from .v2_graph import Contents, ForeignCode, contents_of

# Models over 2 GiB: this mark, the length of a Dictionary without values, the Dictionary, then
# the values of all arrays in the order in which it names them.
_HUGE = b"ktnc"
_HUGE_HEAD = 8
_BYTES = {"float32": 4, "float64": 8, "float16": 2, "int8": 1, "int16": 2}


def recognise(source: ByteSource) -> Match:
    """Whether the file starts as a Dictionary does: a version, then map entries."""
    try:
        start, end = 0, source.size
        if source.read_up_to(0, 4) == _HUGE:
            length = int.from_bytes(source.read_up_to(4, 4), "little")
            start, end = _HUGE_HEAD, min(source.size, _HUGE_HEAD + length)
        return Match.SURE if _starts_with_entry(Message(source, start, end)) else Match.NO
    except ModelFileError:
        return Match.NO


def _starts_with_entry(root: Message) -> bool:
    """Whether the first map entry is a text key with a typed value, and nothing else."""
    for count, field in enumerate(root.fields()):
        if field.number == 1 and field.wire == VARINT and count == 0:
            continue
        if field.number != 2 or field.wire != LENGTH:
            return False
        entry = root.child(field, "the first entry")
        parts = list(entry.fields())
        if [(part.number, part.wire) for part in parts] != [(1, LENGTH), (2, LENGTH)]:
            return False
        if not 1 <= parts[0].value <= 256:
            return False
        value = entry.child(parts[1], "the first value")
        told = [(part.number, part.wire, part.value) for _, part in zip(range(3), value.fields())]
        types = [kind for number, wire, kind in told if number == 2 and wire == VARINT]
        return len(types) == 1 and 1 <= types[0] <= 12 and all(n <= 13 for n, _, _ in told)
    return False


def read(source: ByteSource) -> ModelDescription:
    """What a CNTK v2 model says about itself.

    Raises
    ------
    ModelFileError
        ``model-damaged``, ``model-too-complex``, or ``model-not-a-model`` for a trainer's
        checkpoint.
    """
    contents = _contents(source)
    return describe(source, "cntk-v2", contents.graph, _code_findings(source, contents.foreign))


def network_of(source: ByteSource) -> Network:
    """The network in ONNX's operators, without what only training needs.

    Raises
    ------
    ModelFileError
        As :func:`read`.
    """
    return lowered(_contents(source).graph)


def _contents(source: ByteSource) -> Contents:
    if source.read_up_to(0, 4) == _HUGE:
        length = int.from_bytes(source.read(4, 4, "the length of the description"), "little")
        end = _HUGE_HEAD + length
        if end > source.size:
            raise source.damaged(
                4,
                f"The model's description is {length} bytes long, but the file ends after "
                f"{source.size}.",
            )
        contents = contents_of(Message(source, _HUGE_HEAD, end, "the model"))
        _check_arrays(source, end, contents.arrays)
        return replace(contents, graph=_with_values_behind(source, end, contents))
    return contents_of(Message(source, what="the model"))


def _with_values_behind(source: ByteSource, start: int, contents: Contents) -> Graph:
    """The graph with the places of values that lie behind its description."""
    variables = dict(contents.graph.variables)
    at = start
    for uid, array in zip(contents.owners, contents.arrays):
        data_type = array.data_type or ""
        length = (elements(array.shape) or 0) * _BYTES.get(data_type, 1)
        if data_type in _BYTES:
            values = Numbers(stored(source.path, at, length), data_type)
            variables[uid] = replace(variables[uid], stored=values)
        at += length
    return replace(contents.graph, variables=variables)


def _check_arrays(source: ByteSource, start: int, arrays: Sequence[Array]) -> None:
    needed = sum(
        (elements(array.shape) or 0) * _BYTES.get(array.data_type or "", 1) for array in arrays
    )
    if source.size - start < needed:
        raise source.damaged(
            source.size,
            f"The file ends inside the model's weights: {needed} bytes of them are announced, "
            f"{source.size - start} are there.",
        )


def _code_findings(source: ByteSource, foreign: Sequence[ForeignCode]) -> List[Finding]:
    return [
        finding(
            "model-runs-own-code",
            f"The model's function {quoted(code.name)} is not CNTK's own: loading the model runs "
            f"{quoted(code.method)} from the "
            f"{'native library' if code.native else 'Python module'} {quoted(code.module)}.",
            hint="Load the model only if you trust where that code comes from; without it the "
            "model can't be used.",
            where=Place(file=source.name),
        )
        for code in dict.fromkeys(foreign)
    ]
