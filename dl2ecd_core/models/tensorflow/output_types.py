"""The element type of an operation's output, from its attributes.

Type attributes and fixed types of each operation: https://www.tensorflow.org/api_docs/python/tf/raw_ops
"""

from __future__ import annotations

from typing import Dict, Optional

from . import types
from .attributes import Attributes

_LISTS = ("Tout", "output_types", "component_types")

# Operations whose output type stands in another attribute than `T`, first output only.
_NAMED: Dict[str, str] = {
    "Cast": "DstT",
    "ArgMax": "output_type",
    "ArgMin": "output_type",
    "Shape": "out_type",
    "ShapeN": "out_type",
    "Size": "out_type",
    "Bitcast": "type",
    "Gather": "Tparams",
    "GatherV2": "Tparams",
    "GatherNd": "Tparams",
    "ResourceGather": "dtype",
    "Range": "Tidx",
    "Requantize": "out_type",
    "QuantizedConv2D": "out_type",
    "QuantizedMatMul": "Toutput",
    "QuantizedAdd": "Toutput",
    "QuantizedMul": "Toutput",
    "QuantizedBiasAdd": "out_type",
    "DecodeRaw": "out_type",
    "SparseToDense": "T",
    "StringToNumber": "out_type",
    "ComplexAbs": "Tout",
    "Real": "Tout",
    "Imag": "Tout",
    "LookupTableFindV2": "Tout",
}

# Operations whose attributes say the type of what they take, not of what they give.
_FIXED: Dict[str, int] = {
    **dict.fromkeys(
        (
            "Greater",
            "GreaterEqual",
            "Less",
            "LessEqual",
            "Equal",
            "NotEqual",
            "LogicalAnd",
            "LogicalOr",
            "LogicalNot",
            "IsNan",
            "IsInf",
            "IsFinite",
            "All",
            "Any",
            "ApproximateEqual",
            "InTopK",
            "InTopKV2",
        ),
        types.BOOL,
    ),
    **dict.fromkeys(
        (
            "ResizeBilinear",
            "ResizeBicubic",
            "ResizeArea",
            "CropAndResize",
            "Dequantize",
            "ScaleAndTranslate",
            "CombinedNonMaxSuppression",
        ),
        types.FLOAT,
    ),
    **dict.fromkeys(
        ("NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionV3", "Rank"), types.INT32
    ),
    "Where": types.INT64,
}

# An absent attribute has its default value.
_DEFAULTS: Dict[str, int] = {
    "ArgMax": types.INT64,
    "ArgMin": types.INT64,
    "Shape": types.INT32,
    "Size": types.INT32,
    "ShapeN": types.INT32,
}


def output_type(attributes: Attributes, op: str, port: int) -> Optional[int]:
    """The type number of an operation's output; None when its attributes don't tell."""
    if op in _FIXED:
        return _FIXED[op]
    if op in _NAMED:
        return attributes.type(_NAMED[op]) or _DEFAULTS.get(op)
    for name in _LISTS:
        listed = attributes.types(name)
        if listed:
            return listed[port] if port < len(listed) else None
    if port == 0:
        for name in ("T", "dtype"):
            found = attributes.type(name)
            if found is not None:
                return found
    if op in ("Split", "SplitV", "Unpack", "Switch"):
        return attributes.type("T")
    if op == "IdentityN":
        listed = attributes.types("T")
        return listed[port] if port < len(listed) else None
    return None
