"""The element type of an operation's output, from its attributes.

Type attributes and fixed types of each operation: https://www.tensorflow.org/api_docs/python/tf/raw_ops
"""

from __future__ import annotations

from typing import Dict, Optional, Tuple, Union

from . import types
from .attributes import Attributes
from .operations import RULES

# The list attributes that hold the types of all outputs.
_LISTS: Dict[str, str] = {
    **dict.fromkeys(
        (
            "PartitionedCall",
            "StatefulPartitionedCall",
            "TPUPartitionedCall",
            "If",
            "StatelessIf",
            "Case",
            "StatelessCase",
            "PyFunc",
            "PyFuncStateless",
            "EagerPyFunc",
        ),
        "Tout",
    ),
    **dict.fromkeys(("IdentityN", "While", "StatelessWhile"), "T"),
    "IteratorGetNext": "output_types",
    **dict.fromkeys(
        (
            "QueueDequeue",
            "QueueDequeueV2",
            "QueueDequeueMany",
            "QueueDequeueManyV2",
            "QueueDequeueUpTo",
            "QueueDequeueUpToV2",
        ),
        "component_types",
    ),
}

# Operations whose first output's type stands in another attribute than `T`.
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
    "DecodeRaw": "out_type",
    "StringToNumber": "out_type",
    "Complex": "Tout",
    "ComplexAbs": "Tout",
    "Angle": "Tout",
    "Real": "Tout",
    "Imag": "Tout",
    "Dequantize": "dtype",
    "LookupTableFindV2": "Tout",
    "RandomUniform": "dtype",
    "RandomStandardNormal": "dtype",
    "TruncatedNormal": "dtype",
    "RandomUniformInt": "Tout",
    "StatelessRandomUniform": "dtype",
}

# Operations all of whose outputs are of one type, whatever their attributes say.
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
            "ScaleAndTranslate",
            "AdjustContrast",
            "TensorArrayScatterV3",
            "TensorArrayWriteV3",
        ),
        types.FLOAT,
    ),
    **dict.fromkeys(
        (
            "NonMaxSuppression",
            "NonMaxSuppressionV2",
            "NonMaxSuppressionV3",
            "NonMaxSuppressionV4",
            "Rank",
            "Bucketize",
        ),
        types.INT32,
    ),
    "Where": types.INT64,
    "VarHandleOp": types.RESOURCE,
}

# Operations whose outputs differ: the attribute of each output's type, or the type itself.
_RANGE = (types.FLOAT, types.FLOAT)
_EACH: Dict[str, Tuple[Union[str, int], ...]] = {
    "CombinedNonMaxSuppression": (types.FLOAT, types.FLOAT, types.FLOAT, types.INT32),
    "NonMaxSuppressionV5": (types.INT32, "T", types.INT32),
    "TopK": ("T", types.INT32),
    "MaxPoolWithArgmax": ("T", "Targmax"),
    "Merge": ("T", types.INT32),
    "RefMerge": ("T", types.INT32),
    "TensorArrayV3": (types.RESOURCE, types.FLOAT),
    **dict.fromkeys(
        (
            "QuantizedConv2D",
            "QuantizedBiasAdd",
            "QuantizedRelu",
            "QuantizedRelu6",
            "QuantizeDownAndShrinkRange",
            "Requantize",
        ),
        ("out_type", *_RANGE),
    ),
    **dict.fromkeys(("QuantizedMatMul", "QuantizedAdd", "QuantizedMul"), ("Toutput", *_RANGE)),
}

# An absent attribute has its default value, which many programs don't write.
_DEFAULTS: Dict[str, int] = {
    **dict.fromkeys(("ArgMax", "ArgMin"), types.INT64),
    **dict.fromkeys(("Shape", "ShapeN", "Size", "Range"), types.INT32),
    **dict.fromkeys(
        (
            "Dequantize",
            "ComplexAbs",
            "Angle",
            "Real",
            "Imag",
            "MaxPool",
            "MaxPoolV2",
            "DrawBoundingBoxes",
            "DrawBoundingBoxesV2",
            "StatelessRandomUniform",
            "StatelessRandomUniformV2",
            "StatelessRandomNormalV2",
        ),
        types.FLOAT,
    ),
}
# Operations with as many outputs as the graph wants, all of the type `T`.
_ALIKE = frozenset(("Split", "SplitV", "Unpack", "Switch", "RefSwitch"))


def output_type(attributes: Attributes, op: str, port: int) -> Optional[int]:
    """The type number of an operation's output; None when its attributes don't tell.

    `T` and `dtype` name the output's type in operations whose shape rules are known; in hundreds
    of others (``AsString``, ``EncodePng``) they name that of an input.
    """
    if op in _FIXED:
        return _FIXED[op]
    if op in _LISTS:
        listed = attributes.types(_LISTS[op])
        return listed[port] if port < len(listed) else None
    if op in _EACH:
        each = _EACH[op]
        said = each[port] if port < len(each) else None
        return attributes.type(said) if isinstance(said, str) else said
    if op in _NAMED and (port == 0 or op == "ShapeN"):
        return attributes.type(_NAMED[op]) or _DEFAULTS.get(op)
    if op not in RULES or (port and op not in _ALIKE):
        return None
    return attributes.type("T") or attributes.type("dtype") or _DEFAULTS.get(op)
