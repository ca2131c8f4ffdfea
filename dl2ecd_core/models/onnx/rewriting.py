"""An ONNX file copied with other metadata: everything else stays byte for byte."""

from __future__ import annotations

from typing import Iterator, List, Mapping, Tuple

from ...network.onnx_file import metadata_field
from ...network.weights import PIECE
from ...wire.protobuf import LENGTH, Message
from ...wire.protobuf_writing import head_of_field
from ...wire.source import ByteSource
from .tensors import entry_of

_METADATA = 14


def with_metadata(source: ByteSource, metadata: Mapping[str, str]) -> Iterator[bytes]:
    """The bytes of an ONNX file with metadata properties, in pieces.

    Properties of the file with the same keys give way; the others stay.

    Raises
    ------
    ModelFileError
        When the file is damaged.
    """
    start = 0
    for begin, end in [*_replaced(source, metadata), (source.size, source.size)]:
        while start < begin:
            length = min(PIECE, begin - start)
            yield source.read(start, length, "the model")
            start += length
        start = end
    for key, text in sorted(metadata.items()):
        yield metadata_field(key, text)


def _replaced(source: ByteSource, metadata: Mapping[str, str]) -> List[Tuple[int, int]]:
    """Where the properties that give way stand, with the bytes in front of their content."""
    message = Message(source, what="the model")
    found: List[Tuple[int, int]] = []
    for field in message.fields():
        if field.number == _METADATA and field.wire == LENGTH:
            key, _ = entry_of(message.child(field, "a metadata property"))
            if key in metadata:
                head = len(head_of_field(_METADATA, field.value))
                found.append((field.start - head, field.end))
    return found
