"""Writes TFLite models field by field: networks that no converter makes, and broken ones."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

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


def _point(out: bytearray, place: int, value: Any) -> None:
    struct.pack_into("<I", out, place, _write(out, value) - place)


def _table(out: bytearray, fields: Dict[int, Any]) -> int:
    count = max(fields, default=-1) + 1
    offsets, size = [0] * count, 4
    for number, value in sorted(fields.items()):
        offsets[number] = size
        size += 8 if isinstance(value, Long) else 4
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
#: Code, numbers of the tensors that it takes, numbers of those that it gives.
Step = Tuple[int, Sequence[int], Sequence[int]]


def network(
    tensors: Sequence[Union[Shape, List[int]]],
    steps: Sequence[Step],
    inputs: Sequence[int] = (0,),
    outputs: Optional[Sequence[int]] = None,
    **more: Any,
) -> Dict[int, Any]:
    """A model's root table.

    Parameters
    ----------
    tensors
        A shape each, None when unknown; a list is a constant of these numbers.
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
        elif shape is None:
            listed.append({3: f"t{number}"})
        else:
            listed.append({0: list(shape), 3: f"t{number}"})
    codes = sorted({code for code, _, _ in steps})
    operators = [
        {0: codes.index(code), 1: list(taken), 2: list(given)} for code, taken, given in steps
    ]
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
