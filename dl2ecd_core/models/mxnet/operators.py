"""How MXNet's operators change shapes: one small rule per operator.

From the shape functions in src/operator of https://github.com/apache/mxnet (1.9.1). Every rule
answers None for what is not certain.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ...network.names import operators
from ...network.shapes import broadcast
from ...network.window import transposed_output, window_output
from ..description import Dims
from .symbol import Node

Known = Optional[Dims]
_LARGEST = 1 << 40
_Rule = Callable[[Node, Sequence[Known]], Known]

_LAYOUTS = {"NCHW": (1, 2), "NCW": (1, 2), "NCDHW": (1, 2), "NHWC": (-1, 1), "NWC": (-1, 1)}
# The same shape as the first input.
UNCHANGED = operators(
    "Activation BatchNorm BatchNorm_v1 _contrib_SyncBatchNorm LeakyReLU Dropout "
    "InstanceNorm LayerNorm GroupNorm L2Normalization LRN SoftmaxOutput Softmax "
    "SoftmaxActivation softmax log_softmax softmin LogisticRegressionOutput "
    "LinearRegressionOutput MAERegressionOutput SVMOutput MakeLoss make_loss BlockGrad "
    "stop_gradient identity _copy Cast cast amp_cast clip relu sigmoid tanh exp log sqrt "
    "square abs negative hard_sigmoid softsign erf floor ceil round sign cbrt rsqrt "
    "reciprocal _mul_scalar _plus_scalar _minus_scalar _div_scalar _rminus_scalar "
    "_rdiv_scalar _power_scalar _maximum_scalar _minimum_scalar _MulScalar _PlusScalar "
    "_MinusScalar _DivScalar _RMinusScalar _greater_scalar _lesser_scalar "
    "_greater_equal_scalar _contrib_quantize_v2 zeros_like ones_like"
)
_ALIKE = operators(
    "elemwise_add elemwise_sub elemwise_mul elemwise_div _plus _minus _mul _div _Plus "
    "_Minus _Mul _Div _add _sub add_n ElementWiseSum _maximum _minimum"
)
_BROADCAST = operators(
    "broadcast_add broadcast_sub broadcast_plus broadcast_minus broadcast_mul broadcast_div "
    "broadcast_maximum broadcast_minimum broadcast_power"
)


def layout(node: Node) -> Tuple[int, int]:
    """Which axis holds the channels, and which is the first of space."""
    return _LAYOUTS.get(node.attributes.get("layout", ""), (1, 2))


def output_shape(node: Node, inputs: Sequence[Known]) -> Known:
    """The shape of a node's (first) output from those of its inputs."""
    if node.op in UNCHANGED:
        return inputs[0] if inputs else None
    if node.op in _BROADCAST:
        return broadcast(inputs) if inputs else None
    if node.op in _ALIKE:
        return _merged(inputs)
    rule = _RULES.get(node.op)
    if rule is None or not inputs:
        return None
    found = rule(node, inputs)
    # A shape without size comes from parameters that don't go together.
    if found is None or any(size is not None and not 0 <= size <= _LARGEST for size in found):
        return None
    return found


def _merged(shapes: Sequence[Known]) -> Known:
    """The common shape of operands that must be alike."""
    merged: Optional[List[Optional[int]]] = None
    for shape in shapes:
        if shape is None:
            continue
        if merged is None:
            merged = list(shape)
        elif len(merged) != len(shape):
            return None
        else:
            merged = [one if one is not None else other for one, other in zip(merged, shape)]
    return None if merged is None else tuple(merged)


def _space(
    node: Node, data: Dims, sizes: Callable[[int, Optional[int]], Optional[int]]
) -> List[Optional[int]]:
    """A copy of the shape whose spatial sizes went through a function."""
    _, first = layout(node)
    shape = list(data)
    for axis in range(len(data) - 2):
        shape[first + axis] = sizes(axis, data[first + axis])
    return shape


def _at(values: Optional[Sequence[int]], axis: int, default: int) -> int:
    return values[axis] if values is not None and axis < len(values) else default


def _convolution(node: Node, inputs: Sequence[Known]) -> Known:
    kernel, filters = node.wholes("kernel"), node.whole("num_filter")
    data = inputs[0]
    if kernel is None or filters is None:
        return None
    if data is None:
        data = (None,) * (len(kernel) + 2)
    if len(data) != len(kernel) + 2:
        return None
    stride, pad, dilate = node.wholes("stride"), node.wholes("pad"), node.wholes("dilate")

    def size(axis: int, before: Optional[int]) -> Optional[int]:
        return window_output(
            before, kernel[axis], _at(stride, axis, 1), _at(dilate, axis, 1), 2 * _at(pad, axis, 0)
        )

    shape = _space(node, data, size)
    shape[layout(node)[0]] = filters
    return tuple(shape)


def _deconvolution(node: Node, inputs: Sequence[Known]) -> Known:
    kernel, filters = node.wholes("kernel"), node.whole("num_filter")
    data = inputs[0]
    if kernel is None or filters is None:
        return None
    if data is None:
        data = (None,) * (len(kernel) + 2)
    if len(data) != len(kernel) + 2:
        return None
    stride, pad, dilate = node.wholes("stride"), node.wholes("pad"), node.wholes("dilate")
    extra, target = node.wholes("adj"), node.wholes("target_shape")

    def size(axis: int, before: Optional[int]) -> Optional[int]:
        wanted = _at(target, axis, 0)
        if wanted > 0:
            return wanted
        return transposed_output(
            before,
            kernel[axis],
            _at(stride, axis, 1),
            _at(dilate, axis, 1),
            2 * _at(pad, axis, 0),
            _at(extra, axis, 0),
        )

    shape = _space(node, data, size)
    shape[layout(node)[0]] = filters
    return tuple(shape)


def _pooling(node: Node, inputs: Sequence[Known]) -> Known:
    data, kernel = inputs[0], node.wholes("kernel")
    if data is None:
        return None
    everywhere = node.truth("global_pool")
    if not everywhere and (kernel is None or len(kernel) != len(data) - 2):
        return None
    stride, pad = node.wholes("stride"), node.wholes("pad")
    convention = node.attributes.get("pooling_convention", "valid")

    def size(axis: int, before: Optional[int]) -> Optional[int]:
        if everywhere:
            return 1
        # MXNet itself stops at its third, "same".
        if convention not in ("valid", "full"):
            return None
        return window_output(
            before,
            _at(kernel, axis, 1),
            _at(stride, axis, 1),
            1,
            2 * _at(pad, axis, 0),
            ceil=convention == "full",
        )

    return tuple(_space(node, data, size))


def _dense(node: Node, inputs: Sequence[Known]) -> Known:
    units = node.whole("num_hidden")
    if units is None:
        return None
    if node.truth("flatten", True):
        return (inputs[0][0] if inputs[0] else None, units)
    return None if not inputs[0] else (*inputs[0][:-1], units)


def _concat(node: Node, inputs: Sequence[Known]) -> Known:
    known = [shape for shape in inputs if shape is not None]
    axis = node.whole("dim", 1)
    if not known or axis is None or any(len(shape) != len(known[0]) for shape in known):
        return None
    rank = len(known[0])
    if not -rank <= axis < rank:
        return None
    axis %= rank
    merged: List[Optional[int]] = []
    for place in range(rank):
        sizes = {shape[place] for shape in known} - {None}
        merged.append(sizes.pop() if len(sizes) == 1 else None)
    total: Optional[int] = 0
    for shape in inputs:
        size = None if shape is None else shape[axis]
        total = None if total is None or size is None else total + size
    merged[axis] = total
    return tuple(merged)


def _split(node: Node, inputs: Sequence[Known]) -> Known:
    data, parts, axis = inputs[0], node.whole("num_outputs"), node.whole("axis", 1)
    if data is None or not parts or axis is None or not -len(data) <= axis < len(data):
        return None
    axis %= len(data)
    if node.truth("squeeze_axis"):
        return data[:axis] + data[axis + 1 :]
    size = data[axis]
    return (*data[:axis], None if size is None else size // parts, *data[axis + 1 :])


def _flatten(_: Node, inputs: Sequence[Known]) -> Known:
    if not inputs[0]:
        return None
    total: Optional[int] = 1
    for size in inputs[0][1:]:
        total = None if total is None or size is None else total * size
    return (inputs[0][0], total)


def _reshape(node: Node, inputs: Sequence[Known]) -> Known:
    target, data = node.wholes("shape"), inputs[0]
    if not target or node.truth("reverse") or min(target) < -1 or target.count(-1) > 1:
        return None
    shape: List[Optional[int]] = []
    for axis, size in enumerate(target):
        if size == 0:
            if data is None or axis >= len(data):
                return None
            shape.append(data[axis])
        else:
            shape.append(size)
    if -1 in target:
        shape[target.index(-1)] = _rest(data, shape, target.index(-1))
    return tuple(shape)


def _rest(data: Known, shape: Sequence[Optional[int]], gap: int) -> Optional[int]:
    """The size that makes the numbers of values equal."""
    if data is None:
        return None
    before, after = list(data), [size for place, size in enumerate(shape) if place != gap]
    for size in list(after):
        if size is None and None in before:
            before.remove(None)
            after.remove(None)
    total = divisor = 1
    for size in before:
        if size is None:
            return None
        total *= size
    for size in after:
        if not size:
            return None
        divisor *= size
    return total // divisor if total % divisor == 0 else None


def _transpose(node: Node, inputs: Sequence[Known]) -> Known:
    data, axes = inputs[0], node.wholes("axes")
    if data is None:
        return None
    if not axes:
        return tuple(reversed(data))
    if sorted(axes) != list(range(len(data))):
        return None
    return tuple(data[axis] for axis in axes)


def _expand(node: Node, inputs: Sequence[Known]) -> Known:
    data, axis = inputs[0], node.whole("axis")
    if data is None or axis is None or not -len(data) - 1 <= axis <= len(data):
        return None
    axis %= len(data) + 1
    return (*data[:axis], 1, *data[axis:])


def _reduced(node: Node, inputs: Sequence[Known]) -> Known:
    data, axes = inputs[0], node.wholes("axis")
    if data is None or not axes or node.truth("exclude"):
        return None
    if any(not -len(data) <= axis < len(data) for axis in axes):
        return None
    gone = {axis % len(data) for axis in axes}
    if node.truth("keepdims"):
        return tuple(1 if place in gone else size for place, size in enumerate(data))
    return tuple(size for place, size in enumerate(data) if place not in gone)


def _upsampled(node: Node, inputs: Sequence[Known]) -> Known:
    data, scale = inputs[0], node.whole("scale")
    nearest = node.attributes.get("sample_type") == "nearest"
    if data is None or len(data) != 4 or not scale or (nearest and len(inputs) > 1):
        return None
    return (*data[:2], *(None if size is None else size * scale for size in data[2:]))


def _resized(node: Node, inputs: Sequence[Known]) -> Known:
    data = inputs[0]
    if data is None or len(data) != 4 or len(inputs) > 1 or "scale_height" in node.attributes:
        return None
    return (*data[:2], node.whole("height"), node.whole("width"))


def _pooled_to(node: Node, inputs: Sequence[Known]) -> Known:
    data, sizes = inputs[0], node.wholes("output_size")
    if data is None or len(data) != 4 or not sizes:
        return None
    return (*data[:2], sizes[0], sizes[-1])


def _padded(node: Node, inputs: Sequence[Known]) -> Known:
    data, widths = inputs[0], node.wholes("pad_width")
    if data is None or widths is None or len(widths) != 2 * len(data):
        return None
    return tuple(
        None if size is None else size + widths[2 * axis] + widths[2 * axis + 1]
        for axis, size in enumerate(data)
    )


def _cropped(node: Node, inputs: Sequence[Known]) -> Known:
    data = inputs[0]
    if data is None or len(data) != 4:
        return None
    if len(inputs) > 1:
        like = inputs[1]
        return (*data[:2], *(like[2:] if like is not None and len(like) == 4 else (None, None)))
    size = node.wholes("h_w")
    return (*data[:2], *size) if size and len(size) == 2 and min(size) > 0 else None


def _sliced(node: Node, inputs: Sequence[Known]) -> Known:
    data, axis, begin = inputs[0], node.whole("axis"), node.whole("begin")
    if data is None or axis is None or begin is None or not -len(data) <= axis < len(data):
        return None
    axis %= len(data)
    size, end = data[axis], node.whole("end")
    left: Optional[int] = None
    if size is not None:
        left = len(range(*slice(begin, end).indices(size)))
    elif end is not None and 0 <= begin < end:
        left = end - begin
    return (*data[:axis], left, *data[axis + 1 :])


_RULES: Dict[str, _Rule] = {
    "Convolution": _convolution,
    "Convolution_v1": _convolution,
    "Deconvolution": _deconvolution,
    "Pooling": _pooling,
    "Pooling_v1": _pooling,
    "FullyConnected": _dense,
    "Concat": _concat,
    "concat": _concat,
    "SliceChannel": _split,
    "split": _split,
    "Flatten": _flatten,
    "flatten": _flatten,
    "Reshape": _reshape,
    "reshape": _reshape,
    "transpose": _transpose,
    "expand_dims": _expand,
    "argmax": _reduced,
    "argmin": _reduced,
    "mean": _reduced,
    "sum": _reduced,
    "max": _reduced,
    "min": _reduced,
    "UpSampling": _upsampled,
    "_contrib_BilinearResize2D": _resized,
    "_contrib_AdaptiveAvgPooling2D": _pooled_to,
    "Pad": _padded,
    "pad": _padded,
    "Crop": _cropped,
    "slice_axis": _sliced,
}
