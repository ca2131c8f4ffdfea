"""Writes TFLite models field by field: networks that no converter makes, and broken ones."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from dl2ecd_core.models import ModelDescription, inspect_model


class Long(int):
    """A number of eight bytes."""


def flat(root: Dict[int, Any], identifier: bytes = b"TFL3") -> bytes:
    """A FlatBuffer: dicts are tables by field number, lists are vectors, bytes vectors of bytes."""
    out = bytearray(4) + identifier
    struct.pack_into("<I", out, 0, _write(out, root))
    return bytes(out)


def _write(out: bytearray, value: Any) -> int:
    """Where the value was put."""
    if isinstance(value, dict):
        return _table(out, value)
    # Bytes are a tensor's, which runtimes want at whole multiples of 16.
    _align(out, *((4, 16) if isinstance(value, bytes) else (0, 4)))
    start = len(out)
    if isinstance(value, str):
        out += struct.pack("<I", len(value)) + value.encode() + b"\0"
    elif isinstance(value, bytes):
        out += struct.pack("<I", len(value)) + value
    elif value and isinstance(value[0], int):
        out += struct.pack(f"<I{len(value)}i", len(value), *value)
    else:
        out += struct.pack("<I", len(value)) + bytes(4 * len(value))
        for index, item in enumerate(value):
            _point(out, start + 4 + 4 * index, item)
    return start


def _align(out: bytearray, more: int, to: int) -> None:
    """Make room so that what follows so many more bytes begins at a multiple."""
    out += bytes(-(len(out) + more) % to)


def _point(out: bytearray, place: int, value: Any) -> None:
    struct.pack_into("<I", out, place, _write(out, value) - place)


def _table(out: bytearray, fields: Dict[int, Any]) -> int:
    count = max(fields, default=-1) + 1
    offsets, size = [0] * count, 4
    for number, value in sorted(fields.items()):
        offsets[number] = size
        size += 8 if isinstance(value, Long) else 4
    _align(out, 4 + 2 * count, 4)
    vtable = len(out)
    out += struct.pack(f"<HH{count}H", 4 + 2 * count, size, *offsets)
    start = len(out)
    out += struct.pack("<i", start - vtable) + bytes(size - 4)
    for number, value in fields.items():
        place = start + offsets[number]
        if isinstance(value, int):
            struct.pack_into("<q" if isinstance(value, Long) else "<i", out, place, value)
        else:
            _point(out, place, value)
    return start


Shape = Optional[Tuple[int, ...]]
#: Number of the table among builtin options, and its fields.
Told = Tuple[int, Dict[int, Any]]
#: Code, numbers of the tensors that it takes, numbers of those that it gives; and options.
Step = Union[
    Tuple[int, Sequence[int], Sequence[int]], Tuple[int, Sequence[int], Sequence[int], Told]
]


class Weights(NamedTuple):
    """A constant of 32-bit floats."""

    shape: Sequence[int]
    numbers: Sequence[float]


class Whole(NamedTuple):
    """A tensor of whole numbers: a constant, unless an operator makes it."""

    shape: Sequence[int]
    numbers: Optional[Sequence[int]] = None


def network(
    tensors: Sequence[Union[Shape, List[int], Weights, Whole]],
    steps: Sequence[Step],
    inputs: Sequence[int] = (0,),
    outputs: Optional[Sequence[int]] = None,
    **more: Any,
) -> Dict[int, Any]:
    """A model's root table.

    Parameters
    ----------
    tensors
        A shape each, None when unknown; a list is a constant of these whole numbers.
    outputs
        The last tensor by default.
    more
        Fields of the root table by their number, as ``f6``.
    """
    buffers: List[Dict[int, Any]] = [{}]
    listed: List[Dict[int, Any]] = []
    for number, shape in enumerate(tensors):
        if isinstance(shape, list):
            buffers.append({0: struct.pack(f"<{len(shape)}i", *shape)})
            listed.append({0: [len(shape)], 1: 2, 2: len(buffers) - 1, 3: f"t{number}"})
        elif isinstance(shape, Whole):
            numbers = shape.numbers
            buffers.append(
                {} if numbers is None else {0: struct.pack(f"<{len(numbers)}i", *numbers)}
            )
            listed.append({0: list(shape.shape), 1: 2, 2: len(buffers) - 1, 3: f"t{number}"})
        elif isinstance(shape, Weights):
            buffers.append({0: struct.pack(f"<{len(shape.numbers)}f", *shape.numbers)})
            listed.append({0: list(shape.shape), 2: len(buffers) - 1, 3: f"t{number}"})
        elif shape is None:
            listed.append({3: f"t{number}"})
        else:
            listed.append({0: list(shape), 3: f"t{number}"})
    codes = sorted({step[0] for step in steps})
    operators: List[Dict[int, Any]] = []
    for code, taken, given, *told in steps:
        operators.append({0: codes.index(code), 1: list(taken), 2: list(given)})
        for number, options in told:
            operators[-1].update({3: number, 4: options})
    ends = list(outputs if outputs is not None else [len(tensors) - 1])
    root: Dict[int, Any] = {
        0: 3,
        1: [{0: min(code, 127), 3: code} for code in codes],
        2: [{0: listed, 1: list(inputs), 2: ends, 3: operators}],
        4: buffers,
    }
    root.update({int(name[1:]): value for name, value in more.items()})
    return root


def inspected(folder: Path, model: Union[bytes, Dict[int, Any]]) -> ModelDescription:
    """What is said of a model."""
    path = folder / "model.tflite"
    path.write_bytes(model if isinstance(model, bytes) else flat(model))
    return inspect_model(path)
