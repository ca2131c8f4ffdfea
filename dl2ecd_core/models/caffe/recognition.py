"""Telling a .caffemodel from the other files that begin with a text field."""

from __future__ import annotations

import re

from ...findings.errors import ModelFileError
from ...wire.protobuf import FIXED32, LENGTH, VARINT, Field, fields_present
from ...wire.source import ByteSource
from ..registry import Match
from .network import read_text

_MODEL = {
    1: (LENGTH,), 2: (LENGTH,), 3: (LENGTH,), 4: (VARINT, LENGTH), 5: (VARINT,), 6: (LENGTH,),
    7: (VARINT,), 8: (LENGTH,), 100: (LENGTH,),
}  # fmt: skip
_MOST_FIELDS = 256
_FAR = 1 << 62
# One way to match blanks and comments: with two, a long row of them would be tried in every way.
_TEXT = re.compile(rb"(?:\s|#[^\n]*\n)*(?:name|input|input_dim|input_shape|layers?)\s*[:{]")
_LONGEST_TEXT = 1 << 20


def recognise(source: ByteSource) -> Match:
    """Whether the content is a Caffe network: its first layers are looked at."""
    if is_description(source):
        return Match.SURE
    layers = 0
    for field in fields_present(source, 0, _FAR, _MOST_FIELDS):
        if field.wire not in _MODEL.get(field.number, ()):
            return Match.NO
        if field.number in (2, 100):
            if not _is_layer(source, field, old=field.number == 2):
                return Match.NO
            layers += 1
            if layers == 2:
                break
    return Match.SURE if layers else Match.NO


def _is_layer(source: ByteSource, layer: Field, *, old: bool) -> bool:
    """A name and a type, and nothing that a layer does not have."""
    name, type_ = (4, 5) if old else (1, 2)
    typed = False
    for field in fields_present(source, layer.start, layer.start + layer.value, _MOST_FIELDS):
        if field.number == type_:
            if old:
                typed = field.wire == VARINT and field.value < 256
            else:
                typed = field.wire == LENGTH and _is_word(source, field)
            if not typed:
                return False
        elif field.number == name:
            if field.wire != LENGTH or field.value > 4096:
                return False
        elif field.number > 2000 or field.wire not in (VARINT, LENGTH, FIXED32):
            return False
    return typed


def _is_word(source: ByteSource, field: Field) -> bool:
    text = source.read_up_to(field.start, min(field.value, 64))
    return 0 < field.value <= 64 and text.replace(b"_", b"").isalnum()


def is_description(source: ByteSource) -> bool:
    """Whether the file is a .prototxt: the text that describes a network, without its weights."""
    if source.size > _LONGEST_TEXT or not _TEXT.match(source.read_up_to(0, 4096)):
        return False
    try:
        layers = read_text(source).layers
    except ModelFileError:
        return False
    return bool(layers) and all(layer.type and (layer.tops or layer.bottoms) for layer in layers)
