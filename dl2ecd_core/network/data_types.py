"""Element types of tensors: ONNX's numbers for them, NumPy's names, and their widths.

https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, TensorProto.DataType
"""

from __future__ import annotations

import re
import struct
from typing import Dict, Optional, Union

Number = Union[int, float]

#: Names of TensorProto.DataType; where NumPy has no such type, ONNX's own name in small letters.
DATA_TYPES: Dict[int, str] = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    8: "string",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    14: "complex64",
    15: "complex128",
    16: "bfloat16",
    17: "float8e4m3fn",
    18: "float8e4m3fnuz",
    19: "float8e5m2",
    20: "float8e5m2fnuz",
    21: "uint4",
    22: "int4",
    23: "float4e2m1",
    24: "float8e8m0",
    25: "uint2",
    26: "int2",
}

#: ONNX's number of each name.
TYPE_NUMBERS: Dict[str, int] = {name: number for number, name in DATA_TYPES.items()}

#: Bits of an element, where tensors of the type have a fixed size.
BITS: Dict[int, int] = {
    1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64,
    14: 64, 15: 128, 16: 16, 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8,
    25: 2, 26: 2,
}  # fmt: skip

#: :mod:`struct`'s letters for elements of a type.
LAYOUTS: Dict[int, str] = {
    1: "f", 2: "B", 3: "b", 4: "H", 5: "h", 6: "i", 7: "q", 9: "?", 10: "e", 11: "d", 12: "I",
    13: "Q",
}  # fmt: skip


# Of types that ONNX has not, as TensorFlow's qint8 and float8_e5m2.
_BITS_IN_NAME = re.compile(r"(?<=int|oat)\d{1,3}")


def layout_of(data_type: str) -> Optional[str]:
    """:mod:`struct`'s letter for elements of a type, by its name; None where it has none."""
    return LAYOUTS.get(TYPE_NUMBERS.get(data_type, 0))


def bytes_of(data_type: str, elements: int) -> Optional[int]:
    """Length of so many elements; None for types without a fixed size.

    Examples
    --------
    >>> bytes_of("float32", 6), bytes_of("string", 6)
    (24, None)
    """
    bits = BITS.get(TYPE_NUMBERS.get(data_type, 0))
    return None if bits is None else (elements * bits + 7) // 8


def as_float32(number: float) -> float:
    """A number as 32 bits hold it; a very large one becomes as large as is needed anywhere."""
    return float(struct.unpack("<f", struct.pack("<f", min(number, 1e30)))[0])


def width_of(data_type: Optional[str]) -> int:
    """Bytes that an element takes in memory; those of most numbers where its type is not known.

    Examples
    --------
    >>> width_of("float16"), width_of("qint8"), width_of("bool"), width_of(None)
    (2, 1, 1, 4)
    """
    bits = BITS.get(TYPE_NUMBERS.get(data_type or "", 0))
    if bits is None:
        named = _BITS_IN_NAME.search(data_type or "")
        bits = 32 if named is None else int(named.group())
    return max(bits // 8, 1)
