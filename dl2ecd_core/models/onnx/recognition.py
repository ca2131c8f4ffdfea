"""Telling an ONNX file from the many others that begin with the same bytes.

Core ML, CNTK and SavedModel files also begin with a small number and a text or message, so the
fields of a ModelProto and of the graph inside it are looked at.
"""

from __future__ import annotations

import re
from typing import Dict, NamedTuple, Optional

from ...findings.errors import ModelFileError
from ...wire.protobuf import LENGTH, VARINT, Field, Message, fields_present
from ...wire.source import ByteSource
from ..registry import Match
from .tensors import tensor_head

_MODEL = {
    1: VARINT, 2: LENGTH, 3: LENGTH, 4: LENGTH, 5: VARINT, 6: LENGTH, 7: LENGTH, 8: LENGTH,
    14: LENGTH, 20: LENGTH, 25: LENGTH, 26: LENGTH,
}  # fmt: skip
_GRAPH = {
    1: LENGTH, 2: LENGTH, 5: LENGTH, 10: LENGTH, 11: LENGTH, 12: LENGTH, 13: LENGTH, 14: LENGTH,
    15: LENGTH, 16: LENGTH,
}  # fmt: skip
_NODE = {1: LENGTH, 2: LENGTH, 3: LENGTH, 4: LENGTH, 5: LENGTH, 6: LENGTH, 7: LENGTH, 8: LENGTH,
         9: LENGTH, 10: LENGTH}  # fmt: skip
_TENSOR: Dict[int, int] = {
    1: VARINT, 2: VARINT, 4: LENGTH, 5: LENGTH, 6: LENGTH, 7: LENGTH, 8: LENGTH, 9: LENGTH,
    10: LENGTH, 11: LENGTH, 12: LENGTH, 13: LENGTH, 14: VARINT, 16: LENGTH,
}  # fmt: skip

_MOST_FIELDS = 20_000
_FAR = 1 << 62

_TEXT = re.compile(rb"\s*(?:#[^\n]*\n\s*)*(?:<\s*)?ir_version\s*:")
_JSON = re.compile(rb"\s*\{")


def recognise(source: ByteSource) -> Match:
    """Whether the content is ONNX: a model, also cut short or in another encoding, or a tensor."""
    if other_encoding(source) is not None or is_tensor(source):
        return Match.SURE
    version = False
    for field in fields_present(source, 0, _FAR, _MOST_FIELDS):
        if _MODEL.get(field.number) != field.wire:
            return Match.NO
        if field.number == 1:
            # Versions so far are small; anything else is another format's field.
            version = 0 < field.value < 1000
            if not version:
                return Match.NO
        if field.number == 7:
            return Match.SURE if version and _is_graph(source, field) else Match.NO
    return Match.NO


def _is_graph(source: ByteSource, graph: Field) -> bool:
    """Whether a field holds a GraphProto: its own fields, and those of a node or tensor in it."""
    seen = False
    for count, field in enumerate(
        fields_present(source, graph.start, graph.start + graph.value, _MOST_FIELDS)
    ):
        if _GRAPH.get(field.number) != field.wire:
            return False
        seen = True
        inner = {1: _NODE, 5: _TENSOR}.get(field.number)
        if inner is not None and not _fits(source, field, inner):
            return False
        if count > 16:
            break
    # A graph without anything in it is no model, but what is cut off may be.
    return seen or graph.start + graph.value > source.size


def _fits(source: ByteSource, outer: Field, expected: Dict[int, int]) -> bool:
    for count, field in enumerate(
        fields_present(source, outer.start, outer.start + outer.value, _MOST_FIELDS)
    ):
        wire = expected.get(field.number)
        # Numbers may also stand one by one, or packed.
        plain = field.number in (1, 4, 5, 7, 10, 11) and expected is _TENSOR
        if wire is None or (field.wire != wire and not plain):
            return False
        if count > 32:
            break
    return True


class Encoding(NamedTuple):
    """A form of ONNX other than the binary one.

    Attributes
    ----------
    what
        In words.
    hint
        How to get the binary one.
    """

    what: str
    hint: str


_ORT = Encoding(
    "onnxruntime's own format (.ort)",
    "Give the .onnx that it was made from: nothing turns an .ort file back.",
)
_AS_TEXT = Encoding(
    "ONNX written as text",
    "Save it in the usual binary form; in Python: "
    "onnx.save(onnx.parser.parse_model(open('model.txt').read()), 'model.onnx').",
)
_AS_PROTOBUF_TEXT = Encoding(
    "ONNX written as protobuf text",
    "Save it in the usual binary form; in Python: "
    "onnx.save(onnx.load('model.textproto', format='textproto'), 'model.onnx').",
)
_AS_JSON = Encoding(
    "ONNX written as JSON",
    "Save it in the usual binary form; in Python: "
    "onnx.save(onnx.load('model.json', format='json'), 'model.onnx').",
)


def other_encoding(source: ByteSource) -> Optional[Encoding]:
    """The form of ONNX that this is; None for the binary one, and for what is none."""
    start = source.read_up_to(0, 4096)
    if start[4:8] == b"ORTM":
        return _ORT
    text = _TEXT.match(start)
    if text:
        return _AS_TEXT if b"<" in text.group() else _AS_PROTOBUF_TEXT
    if _JSON.match(start) and (b'"irVersion"' in start or b'"ir_version"' in start):
        return _AS_JSON
    return None


def is_tensor(source: ByteSource) -> bool:
    """Whether the whole file is one ONNX tensor, as test data are kept: a type and its values."""
    if source.read_up_to(0, 1) not in (b"\x08", b"\x0a"):
        return False
    try:
        head = tensor_head(Message(source, what="the tensor"))
        for field in Message(source).fields():
            if field.number not in _TENSOR:
                return False
    except ModelFileError:
        return False
    raw = [field.value for field in head.numbers if field.number == 9 and field.wire == LENGTH]
    return bool(raw) and raw == [head.bytes_needed]
