"""An ONNX model whose image may have any size, where its file fixes one.

Runtimes hold a model to the sizes that its file states for inputs, outputs and values between
them. These are statements about the network, not parts of it: the file made here leaves the sizes
of the image free and states no others. What enlarges or shrinks an image to a fixed size, as
exporters of PyTorch write it, does so by the same factor instead. Whether the network itself allows
other sizes shows when it runs.

Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

import struct
from itertools import count
from typing import Callable, Collection, Dict, List, Mapping, Optional, Sequence, Tuple

from ...network.lowering import Network
from ...network.value import UNKNOWN
from ...wire.protobuf import FIXED32, FIXED64, LENGTH, VARINT, Field, Message
from ...wire.source import ByteSource

#: Larger models are run with the sizes that they state: the new file is made in memory.
LARGEST = 1 << 30

#: What a nested message becomes; None leaves it out.
_Edit = Callable[[Message], Optional[bytes]]


#: Names of what is added to a file.
_ADDED = "dl2ecd_free"


def factors_of(network: Network) -> Dict[str, Tuple[float, ...]]:
    """By what factors a network resizes images to sizes that its file states.

    Returns
    -------
    dict
        By the name of the resized value: a factor for each axis. Where one is neither whole nor one
        over a whole number, the sizes stay as they are.
    """
    found = {}
    for node in network.graph.nodes:
        if node.op != "Resize" or len(node.inputs) != 4:
            continue
        known = network.values.get(node.inputs[0], UNKNOWN).shape
        after = network.values.get(node.inputs[3], UNKNOWN).known_integers()
        policy = node.attributes.text("keep_aspect_ratio_policy", "stretch")
        if after is None or known is None or len(known) != len(after) or policy != "stretch":
            continue
        if all((one and other and not (one % other and other % one)) or one == other
               for one, other in zip(known, after)):  # fmt: skip
            found[node.outputs[0]] = tuple(
                1.0 if one == other else other / (one or 1) for one, other in zip(known, after)
            )
    return found


def freed_model(
    source: ByteSource,
    free: Mapping[str, Collection[int]],
    factors: Mapping[str, Sequence[float]] = {},
) -> bytes:
    """The model's file with free sizes.

    Parameters
    ----------
    free
        For each input, which of its dimensions become free.
    factors
        For each value that is resized to a fixed size, by what factors it is resized instead.

    Raises
    ------
    ModelFileError
        When the file is no ONNX.
    """

    added: List[bytes] = []

    def graph(message: Message) -> bytes:
        edited = _edited(message, {1: node, 11: entry, 12: result, 13: _left_out})
        return edited + b"".join(added)

    def node(message: Message) -> bytes:
        # A resize is named by its result: 1 is an input, 2 an output, 4 the operator.
        texts = {item.number: message.text_of(item) for item in message.fields() if item.number < 5}
        scales = factors.get(texts.get(2, "")) if texts.get(4) == "Resize" else None
        if scales is None:
            return _whole(message)
        name = f"{_ADDED}_{len(added)}"
        added.append(_floats(name, scales))
        inputs = [item for item in message.fields() if item.number == 1]
        rest = (_as_it_is(message, item) for item in message.fields() if item.number != 1)
        image = _as_it_is(message, inputs[0])
        return b"".join([image, _text(1, ""), _text(1, name), *rest])

    def entry(message: Message) -> bytes:
        name = next((message.text_of(item) for item in message.fields() if item.number == 1), "")
        places = free.get(name, ())
        sizes = count()

        def size(message: Message) -> bytes:
            place = next(sizes)
            # A name of its own makes a dimension free.
            return _text(2, f"free_{name}_{place}") if place in places else _whole(message)

        def shape(message: Message) -> bytes:
            return _edited(message, {1: size})

        return _edited(message, {2: lambda kind: _edited(kind, {1: _typed(shape)})})

    def result(message: Message) -> bytes:
        return _edited(message, {2: lambda kind: _edited(kind, {1: _typed(_left_out)})})

    return _edited(Message(source, what="the model"), {7: graph})


def _typed(shape: _Edit) -> _Edit:
    """The edit of a tensor's type that edits its shape."""
    return lambda tensor: _edited(tensor, {2: shape})


def _left_out(message: Message) -> Optional[bytes]:
    del message
    return None


def _edited(message: Message, edits: Mapping[int, _Edit]) -> bytes:
    """A message with some of its nested messages changed, all else byte for byte."""
    parts = []
    for field in message.fields():
        edit = edits.get(field.number)
        if edit is None:
            parts.append(_as_it_is(message, field))
            continue
        changed = edit(message.child(field, "a part of the graph"))
        if changed is not None:
            parts.append(_tag(field.number, LENGTH) + _varint(len(changed)) + changed)
    return b"".join(parts)


def _whole(message: Message) -> bytes:
    return message.source.read(message.start, message.size, message.what)


def _as_it_is(message: Message, field: Field) -> bytes:
    tag = _tag(field.number, field.wire)
    if field.wire == VARINT:
        return tag + _varint(field.value)
    if field.wire in (FIXED32, FIXED64):
        return tag + field.value.to_bytes(4 if field.wire == FIXED32 else 8, "little")
    content = message.source.read(field.start, field.value, message.what)
    return tag + _varint(field.value) + content


def _text(number: int, text: str) -> bytes:
    content = text.encode("utf-8", "replace")
    return _tag(number, LENGTH) + _varint(len(content)) + content


def _floats(name: str, numbers: Sequence[float]) -> bytes:
    """An initializer of a graph: a row of 32-bit numbers."""
    size = _tag(1, VARINT) + _varint(len(numbers))
    content = struct.pack(f"<{len(numbers)}f", *numbers)
    raw = _tag(9, LENGTH) + _varint(len(content)) + content
    tensor = size + _tag(2, VARINT) + _varint(1) + _text(8, name) + raw
    return _tag(5, LENGTH) + _varint(len(tensor)) + tensor


def _tag(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
