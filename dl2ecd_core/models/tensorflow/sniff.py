"""Recognising TensorFlow's messages by their fields, also in a file that is cut short.

All of them start like messages of other frameworks do (CNTK, ONNX, Core ML, Caffe, Paddle), so
nested fields are looked at, down to where only one definition fits.
"""

from __future__ import annotations

import re
from typing import Iterator

from ...wire.protobuf import LENGTH, VARINT, Field, fields_present
from ...wire.source import ByteSource

_NODE_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*\Z")
_OP_NAME = re.compile(r"_?[A-Z][A-Za-z0-9_>.]*\Z")
_LONGEST_NAME = 1 << 16
_FAR = 1 << 62


def peek(source: ByteSource, start: int, end: int, most: int = 64) -> Iterator[Field]:
    """The first fields of a message; the last one of the file may reach beyond its end."""
    return fields_present(source, start, _FAR if end >= source.size else end, most)


def _text(source: ByteSource, field: Field) -> str:
    if field.wire != LENGTH or field.value > _LONGEST_NAME:
        return ""
    return source.read_up_to(field.start, field.value).decode("utf-8", "replace")


def is_node(source: ByteSource, start: int, end: int) -> bool:
    """Whether a ``NodeDef`` is there: a name, then an operation, then inputs and attributes."""
    name = op = False
    for field in peek(source, start, end, 8):
        if not op and (field.number > 7 or field.wire != LENGTH):
            return False
        if field.number == 1:
            name = bool(_NODE_NAME.match(_text(source, field)))
        elif field.number == 2:
            op = bool(_OP_NAME.match(_text(source, field)))
            if not (name and op):
                return False
        elif field.number in (5, 6) and not _is_attribute(source, field):
            return False
    return name and op


def _is_attribute(source: ByteSource, field: Field) -> bool:
    """Whether a message begins there: MediaPipe's graphs have names in the place of attributes.

    mediapipe/framework/calculator.proto: name = 1, calculator = 2, input_side_packet = 5,
    output_side_packet = 6.
    """
    return source.read_up_to(field.start, min(1, field.value)) in (b"", b"\x0a", b"\x12")


def is_graph(source: ByteSource, start: int, end: int, *, strict: bool = True) -> bool:
    """Whether a ``GraphDef`` is there.

    Parameters
    ----------
    strict
        A graph without a single node, or one that begins otherwise, does not do.
    """
    readable = start >= end
    for field in peek(source, start, end, 4):
        if field.number == 1 and field.wire == LENGTH:
            return is_node(source, field.start, field.end)
        if field.number == 2 and field.wire == LENGTH:
            return is_library(source, field.start, field.end) or (not strict and not field.value)
        if (field.number, field.wire) not in ((3, VARINT), (4, LENGTH)):
            return False
        readable = True
    return readable and not strict


def is_library(source: ByteSource, start: int, end: int) -> bool:
    """Whether a ``FunctionDefLibrary`` is there: a function with a named signature."""
    for _ in ("the function", "its signature"):
        first = next(peek(source, start, end, 1), None)
        if first is None or (first.number, first.wire) != (1, LENGTH):
            return False
        start, end = first.start, first.end
    name = next(peek(source, start, end, 1), None)
    return name is not None and name.number == 1 and bool(_text(source, name))


def is_meta_graph(source: ByteSource, start: int, end: int) -> bool:
    """Whether a ``MetaGraphDef`` is there: facts about it, then the graph, then savers and such."""
    for field in peek(source, start, end, 16):
        if field.number > 7 or field.wire != LENGTH:
            return False
        if field.number == 1 and not _is_meta_info(source, field):
            return False
        if field.number == 2:
            return is_graph(source, field.start, field.end, strict=False)
    return False


def _is_meta_info(source: ByteSource, info: Field) -> bool:
    wires = {1: LENGTH, 2: LENGTH, 3: LENGTH, 4: LENGTH, 5: LENGTH, 6: LENGTH, 7: VARINT, 8: LENGTH}
    fields = list(peek(source, info.start, info.end, 16))
    return all(wires.get(field.number) == field.wire for field in fields)


def is_tensor(source: ByteSource) -> bool:
    """Whether the whole file is one ``TensorProto``: type, shape, then content or typed values."""
    wires = {1: VARINT, 2: LENGTH, 3: VARINT}
    fields = list(peek(source, 0, source.size, 64))
    numbers = {field.number for field in fields}
    return (
        [(field.number, field.wire) for field in fields[:2]] == [(1, VARINT), (2, LENGTH)]
        and 0 < fields[0].value < 40
        and _is_shape(source, fields[1])
        and numbers <= {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16, 17}
        and all(wires.get(field.number, field.wire) == field.wire for field in fields)
        and not numbers.isdisjoint({4, 5, 6, 7, 8, 10, 11, 13, 16, 17})
        and (fields[-1].wire != LENGTH or fields[-1].end <= source.size)
    )


def _is_shape(source: ByteSource, shape: Field) -> bool:
    for field in peek(source, shape.start, shape.end, 64):
        if field.number == 3 and field.wire == VARINT:
            continue
        if field.number != 2 or field.wire != LENGTH:
            return False
        for part in peek(source, field.start, field.end, 2):
            if (part.number, part.wire) not in ((1, VARINT), (2, LENGTH)):
                return False
    return True
