"""The values of an IR in the order in which they are made, and their sizes.

OpenVINO works out for itself how large results are; the sizes of output ports are a hint.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from ...network.flow import Flow
from ...network.names import called
from ...network.shapes import Dims
from ...network.sizing import Declared, Sizing
from ...wire.source import ByteSource
from . import data_type_of, ends_of, net_and_graph
from .graph import INPUTS, Graph, number_in, value_name
from .net import Layer

#: Layers whose results ONNX's operators tell the sizes of, from the same inputs. Of those that
#: change each number by itself, any does.
_ALIKE = called(
    "Add Subtract=Add Multiply=Add Divide=Add Maximum=Add Minimum=Add Power=Add Mod=Add "
    "FloorMod=Add SquaredDifference=Add Equal=Add NotEqual=Add Greater=Add GreaterEqual=Add "
    "Less=Add LessEqual=Add LogicalAnd=Add LogicalOr=Add LogicalXor=Add Select=Where "
    "Convert=Identity Tile ShapeOf=Shape Range MatMul Reshape ReLU=Relu PReLU=Relu Sigmoid=Relu "
    "Tanh=Relu Exp=Relu Log=Relu Sqrt=Relu Abs=Relu Negative=Relu Clamp=Relu Elu=Relu Gelu=Relu "
    "HSwish=Relu HSigmoid=Relu Swish=Relu Mish=Relu SoftPlus=Relu Selu=Relu SoftMax=Relu "
    "Softmax=Relu LogSoftmax=Relu LogicalNot=Relu MVN=Relu NormalizeL2=Relu FakeQuantize=Relu "
    "BatchNormInference=Relu LRN=Relu"
)
#: Layers whose result has the shape that an input spells; and which one.
_SPELT = {"Broadcast": 1, "RandomUniform": 0}
_TRANSPOSED = ("ConvolutionBackpropData", "GroupConvolutionBackpropData")


def flow_of(source: ByteSource) -> Flow:
    """The flow of a net.

    Raises
    ------
    ModelFileError
        As for :func:`~dl2ecd_core.models.inspect_model`.
    """
    net, graph, _ = net_and_graph(source)
    sizing = Sizing()
    for layer in graph.in_order():
        _add(sizing, graph, layer)
    return sizing.flow([value_name(*made) for made in ends_of(net, graph)])


def _add(sizing: Sizing, graph: Graph, layer: Layer) -> None:
    if not layer.ports:
        return
    outputs: Dict[str, Declared] = {
        value_name(layer, index): (port.shape, data_type_of(port.precision or layer.precision))
        for index, port in enumerate(layer.ports)
    }
    name, (shape, data_type) = next(iter(outputs.items()))
    if layer.type in INPUTS:
        sizing.input(name, stated_shape(layer, shape), data_type, graph.input_axes(layer))
    elif layer.type == "Const":
        sizing.constant(name, stated_shape(layer, shape), data_type, graph.numbers_of(layer))
    else:
        inputs = graph.taken(layer)
        op, taken = _sized(sizing, layer, inputs)
        sizing.add(inputs, outputs, op=op, taken=taken, axis=number_in(layer.data.get("axis", "")))


def stated_shape(layer: Layer, shape: Optional[Dims]) -> Optional[Dims]:
    """The shape that counts of an input or constant: not its port's, but what it says itself."""
    text = layer.data.get("shape")
    if not text:
        return shape
    sizes = [number_in(size) for size in text.split(",")]
    return tuple(None if size is None or size < 0 else size for size in sizes)


def _sized(sizing: Sizing, layer: Layer, inputs: List[str]) -> Tuple[str, Optional[List[str]]]:
    """ONNX's operator that tells how large a layer's result is, and what it takes."""
    if layer.type == "Concat":
        return ("Concat", None) if "axis" in layer.data else ("", None)
    if layer.type in _ALIKE:
        return _ALIKE[layer.type], None
    given = [sizing.value(name) for name in inputs]
    numbers = [value.integers() for value in given]
    shapes = [value.shape for value in given]
    wanted: Optional[Dims] = None
    if layer.type in _SPELT and len(given) > _SPELT[layer.type]:
        wanted = numbers[_SPELT[layer.type]]
    elif layer.type == "Pad" and len(given) > 2:
        before, after = numbers[1], numbers[2]
        if before is not None and after is not None:
            return "Pad", [inputs[0], sizing.numbers((*before, *after))]
    elif layer.type == "Interpolate" and len(given) > 1:
        wanted = _resized(shapes[0], numbers[1:])
    elif layer.type in _TRANSPOSED and len(given) > 2:
        wanted = _upsampled(layer, numbers[2])
    elif layer.type == "OneHot" and len(given) > 1 and shapes[0] is not None:
        wanted = (*shapes[0], *(numbers[1] or (None,)))
    return ("", None) if wanted is None else ("ConstantOfShape", [sizing.numbers(wanted)])


def _resized(shape: Optional[Dims], numbers: List[Optional[Dims]]) -> Optional[Dims]:
    """An image with other sizes along its last axes, or along those that are listed last."""
    sizes = numbers[0]
    if shape is None or sizes is None:
        return None
    axes = numbers[-1] if len(numbers) > 1 else None
    places = axes or tuple(range(len(shape) - len(sizes), len(shape)))
    wanted = list(shape)
    for place, size in zip(places, sizes):
        if place is None or not -len(shape) <= place < len(shape):
            return None
        wanted[place] = size
    return tuple(wanted)


def _upsampled(layer: Layer, sizes: Optional[Dims]) -> Optional[Dims]:
    """Images and channels as declared, rows and columns as an input spells them."""
    declared = layer.ports[0].shape
    return None if sizes is None or len(declared) != len(sizes) + 2 else (*declared[:2], *sizes)
