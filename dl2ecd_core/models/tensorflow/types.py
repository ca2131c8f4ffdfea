"""TensorFlow's element types.

The numbers are those of the enumeration ``DataType`` in tensorflow/core/framework/types.proto
(https://github.com/tensorflow/tensorflow).
"""

from __future__ import annotations

from typing import Dict, Optional

FLOAT, DOUBLE, INT32, STRING, INT64, BOOL = 1, 2, 3, 7, 9, 10
BFLOAT16, HALF, RESOURCE = 14, 19, 20

NAMES: Dict[int, str] = {
    FLOAT: "float32",
    DOUBLE: "float64",
    INT32: "int32",
    4: "uint8",
    5: "int16",
    6: "int8",
    STRING: "string",
    8: "complex64",
    INT64: "int64",
    BOOL: "bool",
    11: "qint8",
    12: "quint8",
    13: "qint32",
    BFLOAT16: "bfloat16",
    15: "qint16",
    16: "quint16",
    17: "uint16",
    18: "complex128",
    HALF: "float16",
    RESOURCE: "resource",
    21: "variant",
    22: "uint32",
    23: "uint64",
    24: "float8_e5m2",
    25: "float8_e4m3fn",
    29: "int4",
    30: "uint4",
}

#: Types whose elements count as weights.
FLOATING = frozenset((FLOAT, DOUBLE, BFLOAT16, HALF))

_REFERENCE = 100


def plain(number: int) -> int:
    """The type without the mark of a reference to a variable."""
    return number - _REFERENCE if _REFERENCE < number < 2 * _REFERENCE else number


def type_name(number: Optional[int]) -> Optional[str]:
    """NumPy's name of an element type; None when it has no number or an unknown one.

    Examples
    --------
    >>> type_name(1), type_name(101), type_name(0)
    ('float32', 'float32', None)
    """
    return None if number is None else NAMES.get(plain(number))
