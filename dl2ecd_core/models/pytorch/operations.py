"""The operations of exported programs among ONNX's: ATen's, as torch.export leaves them.

https://pytorch.org/docs/stable/torch.compiler_ir.html
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from ...network.graph import AttributeValue
from ...network.names import called, operators
from ...network.outline import Outline
from ...network.shapes import Dims
from ...wire.json_data import Json

_OPERATORS = called(
    "conv2d=Conv convolution=Conv conv_transpose2d=ConvTranspose linear=Gemm addmm=Gemm mm=MatMul "
    "matmul=MatMul bmm=MatMul batch_norm=BatchNormalization native_batch_norm=BatchNormalization "
    "_native_batch_norm_legit_no_training=BatchNormalization instance_norm=InstanceNormalization "
    "max_pool2d=MaxPool max_pool2d_with_indices=MaxPool adaptive_max_pool2d=MaxPool "
    "avg_pool2d=AveragePool adaptive_avg_pool2d=AveragePool _adaptive_avg_pool2d=AveragePool "
    "pixel_shuffle=DepthToSpace pixel_unshuffle=SpaceToDepth upsample_nearest2d=Resize "
    "upsample_bilinear2d=Resize upsample_bicubic2d=Resize relu=Relu relu_=Relu relu6=Clip "
    "hardtanh=Clip hardtanh_=Clip clamp=Clip leaky_relu=LeakyRelu leaky_relu_=LeakyRelu "
    "prelu=PRelu elu=Elu gelu=Gelu silu=Swish silu_=Swish hardswish=HardSwish "
    "hardswish_=HardSwish hardsigmoid=HardSigmoid mish=Mish softplus=Softplus sigmoid=Sigmoid "
    "tanh=Tanh softmax=Softmax _softmax=Softmax log_softmax=LogSoftmax _log_softmax=LogSoftmax "
    "add=Add add_=Add sub=Sub mul=Mul mul_=Mul div=Div pow=Pow maximum=Max minimum=Min exp=Exp "
    "log=Log sqrt=Sqrt neg=Neg abs=Abs pad=Pad constant_pad_nd=Pad reflection_pad2d=Pad "
    "replication_pad2d=Pad cat=Concat permute=Transpose transpose=Transpose t=Transpose "
    "view=Reshape reshape=Reshape _unsafe_view=Reshape flatten=Reshape squeeze=Squeeze "
    "select=Squeeze unsqueeze=Unsqueeze slice=Slice split=Split split_with_sizes=Split "
    "chunk=Split expand=Expand to=Cast _to_copy=Cast type_as=Cast clone=Identity "
    "contiguous=Identity alias=Identity detach=Identity dropout=Dropout lift_fresh_copy=Identity "
    "argmax=ArgMax topk=TopK amax=ReduceMax mean=ReduceMean sum=ReduceSum"
)
# Operations that take images, by what their names hold.
_ON_IMAGES = ("conv", "batch_norm", "instance_norm", "max_pool", "avg_pool", "pixel_", "upsample")
# Operations that work on two or more values; of others, the first alone counts.
_TOGETHER = operators("Gemm MatMul Add Sub Mul Div Pow Max Min Concat")
# The largest along an axis, and where it is: two operations in one.
_LARGEST = "max"

Node = Dict[str, Json]


class Program:
    """The nodes of a program on their way into an outline.

    Parameters
    ----------
    shapes
        What the program declares, by the name of a value.
    given
        Names of what the user feeds.
    """

    def __init__(
        self, nodes: List[Node], shapes: Dict[str, Optional[Dims]], given: List[str]
    ) -> None:
        self.outline = Outline("NCHW")
        self._shapes = shapes
        for name in given:
            self.outline.input(name, shapes.get(name))
        for node in nodes:
            self._add(node)

    def _add(self, node: Node) -> None:
        target = str(node.get("target")).split(".")
        name = target[3] if len(target) > 3 else ""
        arguments = _arguments(node)
        inputs = [one for argument in arguments.values() for one in _values(argument)]
        outputs = [one for argument in _listed(node.get("outputs")) for one in _values(argument)]
        if name == "addmm":
            # What is added comes first.
            inputs = [*inputs[1:], *inputs[:1]]
        for one in inputs:
            if one not in self.outline.values:
                self.outline.constant(one, self._shapes.get(one))
        op = _OPERATORS.get(name, "")
        shapes = [self._shapes.get(one) for one in outputs]
        if op == "Gemm" and shapes and len(shapes[0] or ()) > 2:
            op = "MatMul"
        if op not in _TOGETHER:
            inputs = inputs[:1]
        rank = self.outline.value(inputs[0]).rank if inputs else None
        attributes = _attributes(name, op, arguments, rank)
        layout = "NCHW" if any(word in name for word in _ON_IMAGES) else ""
        if name == _LARGEST and "axis" in attributes:
            for index, one in enumerate(("ReduceMax", "ArgMax")):
                place = slice(index, index + 1)
                self.outline.add(
                    one, inputs, outputs[place], shapes[place], layout="", **attributes
                )
        else:
            self.outline.add(op, inputs, outputs, shapes, layout=layout, **attributes)


def _attributes(
    name: str, op: str, arguments: Dict[str, Node], rank: Optional[int]
) -> Dict[str, Optional[AttributeValue]]:
    axes = _axes(arguments.get("dim") or arguments.get("dims") or {})
    one = axes[0] if len(axes) == 1 else None
    if op == "Resize":
        return {"mode": "nearest" if "nearest" in name else "linear"}
    if op == "Transpose":
        return {"perm": _order(name, axes, arguments, rank)}
    if op in ("Squeeze", "Unsqueeze") or op.startswith("Reduce"):
        return {"axes": axes or None}
    if name == _LARGEST:
        return {"axis": one, "axes": axes} if axes else {}
    if op == "TopK":
        k = _axes(arguments.get("k") or {})
        return {"axis": one if axes else -1, "k": k[0] if len(k) == 1 else None}
    return {"axis": one}


def _order(
    name: str, axes: Tuple[int, ...], arguments: Dict[str, Node], rank: Optional[int]
) -> Optional[Tuple[int, ...]]:
    """The order of axes after a permutation, or after two of them changed places."""
    if rank is None:
        return None
    if name == "permute":
        return tuple(axis + rank if axis < 0 else axis for axis in axes)
    if name == "t":
        return (1, 0) if rank == 2 else None
    found = [_axes(arguments.get(key) or {}) for key in ("dim0", "dim1")]
    if not all(len(one) == 1 and -rank <= one[0] < rank for one in found):
        return None
    one, other = found[0][0] % rank, found[1][0] % rank
    order = list(range(rank))
    order[one], order[other] = other, one
    return tuple(order)


def _arguments(node: Node) -> Dict[str, Node]:
    """A node's arguments by their names."""
    found: Dict[str, Node] = {}
    for item in _listed(node.get("inputs")):
        name, argument = item.get("name"), item.get("arg")
        if isinstance(name, str) and isinstance(argument, dict):
            found[name] = argument
    return found


def _listed(value: Optional[Json]) -> List[Node]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _values(argument: Node) -> List[str]:
    """The names of the tensors in an argument."""
    one = argument.get("as_tensor")
    several = [one] if isinstance(one, dict) else _listed(argument.get("as_tensors"))
    return [str(tensor.get("name")) for tensor in several]


def _axes(argument: Node) -> Tuple[int, ...]:
    """Whole numbers in an argument."""
    one, several = argument.get("as_int"), argument.get("as_ints")
    found = several if isinstance(several, list) else [one]
    return tuple(number for number in found if type(number) is int)
