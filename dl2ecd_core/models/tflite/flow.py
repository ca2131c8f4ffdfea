"""The tensors of a TensorFlow Lite model in the order in which they are made, and their sizes.

Its interpreter works out for itself how large results are; the sizes in the file are a hint.
Operators: https://www.tensorflow.org/mlir/tfl_ops
"""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Tuple

from ...network.flow import Flow
from ...network.shapes import Dims
from ...network.sizing import Declared, Sizing
from ...wire.source import ByteSource
from .operations import outline_of
from .schema import CONCATENATION, Model, Operator, load

_MOST_NUMBERS = 64
#: Operators whose results ONNX's operators tell the sizes of, from the same inputs. Of those that
#: change each number by itself, any does.
_ALIKE: Dict[int, str] = {
    **dict.fromkeys((0, 18, 41, 42, 55, 57, 58, 61, 62, 63, 71, 72, 78, 84, 86, 90, 95, 99), "Add"),
    **dict.fromkeys((6, 11, 14, 19, 20, 21, 25, 28, 47, 50, 54, 59, 73, 75, 76, 92), "Relu"),
    **dict.fromkeys((98, 101, 104, 111, 114, 116, 117, 150), "Relu"),
    22: "Reshape",
    53: "Identity",  # CAST
    64: "Where",  # SELECT
    69: "Tile",
    77: "Shape",
    94: "ConstantOfShape",  # FILL
    96: "Range",
    123: "Where",  # SELECT_V2
    126: "MatMul",  # BATCH_MATMUL
    130: "Expand",  # BROADCAST_TO
    **dict.fromkeys((146, 148), "ConstantOfShape"),  # RANDOM_STANDARD_NORMAL, RANDOM_UNIFORM
}
_RESIZE, _TRANSPOSE_CONV, _PADS, _PACK, _ONE_HOT = (23, 97), 67, (34, 60, 100), 83, 85


def flow_of(source: ByteSource) -> Flow:
    """The flow of the first subgraph.

    Raises
    ------
    ModelFileError
        As for :func:`~dl2ecd_core.models.inspect_model`.
    """
    model = load(source)
    outline, sizing = outline_of(model), Sizing()
    for index in model.inputs:
        info = model.tensor(index)
        letters = outline.axes_of(str(index), len(info.shape or ()), "NHWC")
        sizing.input(str(index), info.shape, info.data_type, letters)
    for operator in model.operators:
        _add(sizing, model, operator)
    return sizing.flow([str(index) for index in model.outputs])


def _add(sizing: Sizing, model: Model, operator: Operator) -> None:
    for index in operator.inputs:
        if index >= 0 and not sizing.knows(str(index)):
            _unmade(sizing, model, index)
    inputs = [str(index) if index >= 0 else "" for index in operator.inputs]
    outputs = {str(index): _declared(model, index) for index in operator.outputs if index >= 0}
    if operator.code == CONCATENATION:
        sizing.add(inputs, outputs, op="Concat", axis=operator.axis)
    elif operator.code == _PACK:
        # As many numbers as where they are joined.
        sizing.add(inputs, outputs, op="Concat", axis=0)
    elif operator.code in _ALIKE:
        sizing.add(inputs, outputs, op=_ALIKE[operator.code])
    else:
        op, taken = _by_numbers(sizing, operator.code, inputs)
        sizing.add(inputs, outputs, op=op, taken=taken)


def _unmade(sizing: Sizing, model: Model, index: int) -> None:
    """A constant; of one that has no bytes in the file, the interpreter makes room for all."""
    info, name = model.tensor(index), str(index)
    if info.buffer and model.buffer_span(info.buffer) is not None:
        numbers = model.constant(index, _MOST_NUMBERS)
        sizing.constant(name, info.shape, info.data_type, numbers)
    else:
        sizing.add((), {name: _declared(model, index)})


def _declared(model: Model, index: int) -> Declared:
    info = model.tensor(index)
    return info.shape, info.data_type


def _by_numbers(sizing: Sizing, code: int, inputs: List[str]) -> Tuple[str, Optional[List[str]]]:
    """An operator, and what it takes, where numbers among the inputs tell the size."""
    given = [sizing.value(name) for name in inputs]
    numbers = [value.integers() for value in given]
    shapes = [value.shape for value in given]
    if code in _PADS and len(given) > 1:
        pads = numbers[1]
        # In front of and behind each axis; ONNX has first all of those in front.
        if pads is not None:
            return "Pad", [inputs[0], sizing.numbers((*pads[::2], *pads[1::2]))]
    elif code in _RESIZE and len(given) > 1:
        return _of_shape(sizing, _image(shapes[0], numbers[1]))
    elif code == _TRANSPOSE_CONV and given:
        return _of_shape(sizing, numbers[0])
    elif code == _ONE_HOT and len(given) > 1 and shapes[0] is not None:
        return _of_shape(sizing, (*shapes[0], *(numbers[1] or (None,))))
    return "", None


def _image(shape: Optional[Dims], size: Optional[Dims]) -> Optional[Dims]:
    """An image with other rows and columns."""
    if shape is None or size is None or len(shape) != 4 or len(size) != 2:
        return None
    return (shape[0], *size, shape[3])


def _of_shape(
    sizing: Sizing, shape: Optional[Sequence[Optional[int]]]
) -> Tuple[str, Optional[List[str]]]:
    return ("", None) if shape is None else ("ConstantOfShape", [sizing.numbers(shape)])
