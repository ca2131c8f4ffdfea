"""What a PaddlePaddle program does, in the same words for both of its file formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Optional, Sequence, Set, Tuple

from ...network.graph import AttributeValue
from ...network.names import called, operators
from ...network.outline import Outline
from ..description import Dims, Evidence, Tensor
from ..network_ends import with_meaning

# Operations whose first input is an image, with the attribute data_format that says its axes.
_IMAGE = operators(
    "conv2d depthwise_conv2d conv2d_fusion conv2d_transpose depthwise_conv2d_transpose pool2d "
    "batch_norm batch_norm_ sync_batch_norm_ instance_norm bilinear_interp_v2 nearest_interp_v2 "
    "bilinear_interp nearest_interp pixel_shuffle"
)
_OPERATORS = called(
    "conv2d=Conv depthwise_conv2d=Conv conv2d_fusion=Conv conv2d_transpose=ConvTranspose "
    "depthwise_conv2d_transpose=ConvTranspose pool2d=MaxPool batch_norm=BatchNormalization "
    "batch_norm_=BatchNormalization sync_batch_norm_=BatchNormalization "
    "instance_norm=InstanceNormalization bilinear_interp_v2=Resize nearest_interp_v2=Resize "
    "bilinear_interp=Resize nearest_interp=Resize pixel_shuffle=DepthToSpace relu=Relu relu6=Clip "
    "leaky_relu=LeakyRelu prelu=PRelu sigmoid=Sigmoid softmax=Softmax log_softmax=LogSoftmax "
    "tanh=Tanh hard_swish=HardSwish hardswish=HardSwish hard_sigmoid=HardSigmoid "
    "hardsigmoid=HardSigmoid swish=Swish silu=Swish mish=Mish gelu=Gelu elu=Elu exp=Exp sqrt=Sqrt "
    "scale=Mul clip=Clip cast=Cast dropout=Dropout assign=Identity elementwise_add=Add add=Add "
    "elementwise_sub=Sub subtract=Sub elementwise_mul=Mul multiply=Mul elementwise_div=Div "
    "divide=Div sum=Sum add_n=Sum pad3d=Pad pad2d=Pad pad=Pad concat=Concat split=Split "
    "slice=Slice strided_slice=Slice reshape2=Reshape reshape=Reshape squeeze2=Squeeze "
    "squeeze=Squeeze unsqueeze2=Unsqueeze unsqueeze=Unsqueeze flatten=Reshape "
    "flatten_contiguous_range=Reshape transpose2=Transpose transpose=Transpose matmul_v2=MatMul "
    "matmul=MatMul mul=Gemm fc=Gemm linear=Gemm arg_max=ArgMax argmax=ArgMax reduce_max=ReduceMax "
    "reduce_mean=ReduceMean reduce_sum=ReduceSum mean=ReduceMean"
)
# Operations that take sizes and axes beside what they work on.
_ALONE = operators("Reshape Squeeze Unsqueeze ArgMax ReduceMax ReduceMean ReduceSum Slice Split")


@dataclass(frozen=True)
class Known:
    """A value's shape and element type, as the program declares them."""

    shape: Optional[Dims] = None
    data_type: Optional[str] = None


@dataclass(frozen=True)
class Step:
    """One operation.

    Attributes
    ----------
    inputs
        The value it works on first, then the others.
    data_format
        The axes of images, where the operation names them.
    axis
        Along which it works.
    order
        Of a transpose.
    unchanged
        Whether it gives what it takes.
    sizes
        How large the result is, or how often it holds what it takes, along each axis.
    """

    kind: str
    inputs: Tuple[str, ...]
    outputs: Tuple[str, ...]
    data_format: str = "NCHW"
    axis: Optional[int] = None
    order: Optional[Tuple[int, ...]] = None
    unchanged: bool = False
    sizes: Optional[Tuple[int, ...]] = None


@dataclass
class Program:
    """What both formats tell.

    Attributes
    ----------
    inputs, outputs
        The name people use, and the value behind it.
    weights
        Names of the values that lie in the parameters file.
    numbers
        Single whole numbers that are written into the program as values.
    lists
        Values that are taken as one, by the name that they have then.
    """

    values: Dict[str, Known] = field(default_factory=dict)
    steps: List[Step] = field(default_factory=list)
    inputs: List[Tuple[str, str]] = field(default_factory=list)
    outputs: List[Tuple[str, str]] = field(default_factory=list)
    weights: Set[str] = field(default_factory=set)
    version: Optional[str] = None
    texts: List[str] = field(default_factory=list)
    own_code: Set[str] = field(default_factory=set)
    numbers: Dict[str, int] = field(default_factory=dict)
    lists: Dict[str, List[str]] = field(default_factory=dict)


def tensors(program: Program) -> Tuple[Tuple[Tensor, ...], Tuple[Tensor, ...]]:
    """Inputs and outputs with their meaning."""
    outline = Outline("NCHW")
    for _, value in program.inputs:
        outline.input(value, _shape(program, value))
    for value in program.weights:
        outline.constant(value, _shape(program, value))
    for step in program.steps:
        _add(outline, program, step)
    inputs = tuple(_tensor(program, outline, *one) for one in program.inputs)
    outputs = tuple(
        with_meaning(_tensor(program, outline, name, value), outline.value(value).meaning)
        for name, value in program.outputs
    )
    return inputs, outputs


def _add(outline: Outline, program: Program, step: Step) -> None:
    op = "Identity" if step.unchanged else _OPERATORS.get(step.kind, "")
    shapes = [_shape(program, name) for name in step.outputs]
    attributes: Dict[str, Optional[AttributeValue]] = {"axis": step.axis, "perm": step.order}
    if op == "Resize":
        attributes["mode"] = "nearest" if "nearest" in step.kind else "linear"
    inputs: Sequence[str] = step.inputs
    if op in _ALONE:
        inputs = step.inputs[:1]
    named = step.kind in _IMAGE and step.data_format in ("NCHW", "NHWC")
    layout = step.data_format if named else ""
    outline.add(op, inputs, step.outputs, shapes, layout=layout, **attributes)


def _shape(program: Program, name: str) -> Optional[Dims]:
    return program.values.get(name, Known()).shape


def _tensor(program: Program, outline: Outline, name: str, value: str) -> Tensor:
    known = program.values.get(value, Known())
    if known.shape is None:
        return Tensor(name, data_type=known.data_type)
    letters = outline.axes_of(value, len(known.shape))
    return Tensor(name, known.shape, letters, known.data_type, Evidence.DECLARED)
