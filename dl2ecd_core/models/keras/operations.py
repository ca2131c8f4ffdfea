"""Single operations used as layers: ``keras.ops`` in Keras 3, TensorFlow functions in Keras 2.

Keras 3 writes the class of the operation (keras/src/ops/*.py) with its own settings and all
arguments; Keras 2 (2.4 to 2.15) writes a ``TFOpLambda`` with the name of the function and its
arguments by name (keras/layers/core/tf_op_layer.py).
"""

from __future__ import annotations

from typing import Dict, Optional

from .config import Layer

_OLD = "compat.v1."


def is_operation(layer: Layer) -> bool:
    """Whether a layer is a single operation of Keras 3.

    Its .h5 files name no modules, but nearly all layers have a setting that operations have not.
    """
    if layer.module is not None:
        return layer.module.startswith(("keras.src.ops", "keras.ops"))
    if "trainable" in layer.config or layer.class_name.startswith("SpatialDropout"):
        return False
    return any(call.positional for call in layer.calls)


def function_of(layer: Layer) -> Optional[str]:
    """What an operation does, by the name that Keras 3 has for it; None when it is not simple."""
    if is_operation(layer):
        return layer.class_name
    if layer.class_name == "TFOpLambda":
        function = layer.config.get("function")
        if not isinstance(function, str):
            return None
        # Functions that TensorFlow 1 had too may stand there under that name.
        function = function[len(_OLD) :] if function.startswith(_OLD) else function
        return _FUNCTIONS.get(function)
    return "GetItem" if layer.class_name == "SlicingOpLambda" else None


#: TensorFlow's functions and the operations of Keras 3 that do the same to shapes.
_FUNCTIONS: Dict[str, str] = {
    "__operators__.add": "Add",
    "math.add": "Add",
    "math.subtract": "Subtract",
    "math.multiply": "Multiply",
    "math.truediv": "Divide",
    "math.divide": "Divide",
    "math.maximum": "Maximum",
    "math.minimum": "Minimum",
    "math.pow": "Power",
    "nn.relu": "Relu",
    "nn.relu6": "Relu6",
    "nn.silu": "Silu",
    "nn.swish": "Silu",
    "nn.gelu": "Gelu",
    "nn.elu": "Elu",
    "nn.leaky_relu": "LeakyRelu",
    "nn.softmax": "Softmax",
    "math.sigmoid": "Sigmoid",
    "nn.sigmoid": "Sigmoid",
    "math.tanh": "Tanh",
    "math.exp": "Exp",
    "math.log": "Log",
    "math.sqrt": "Sqrt",
    "math.rsqrt": "Rsqrt",
    "math.square": "Square",
    "math.abs": "Abs",
    "math.negative": "Negative",
    "clip_by_value": "Clip",
    "math.reduce_mean": "Mean",
    "math.reduce_sum": "Sum",
    "math.reduce_max": "Max",
    "math.reduce_min": "Min",
    "math.argmax": "Argmax",
    "transpose": "Transpose",
    "concat": "Concatenate",
    "expand_dims": "ExpandDims",
    "image.resize": "Resize",
    "cast": "Cast",
}
