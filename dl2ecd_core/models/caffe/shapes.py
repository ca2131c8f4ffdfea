"""What Caffe's layers do to shapes.

Layers: https://caffe.berkeleyvision.org/tutorial/layers.html and the ``Reshape`` functions in
https://github.com/BVLC/caffe/tree/master/src/caffe/layers
"""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ...network.footprints import Footprint, merged
from ...network.shapes import elements
from ...network.window import transposed_output, window_output
from ..description import Dims
from .network import Layer, Settings, flag, integers, part


class Blob:
    """A shape on its way through the network, with the places of its rows and columns."""

    __slots__ = ("axes", "footprints", "shape")

    def __init__(
        self,
        shape: Optional[Dims],
        axes: Optional[str] = None,
        footprints: Sequence[Optional[Footprint]] = (None, None),
    ) -> None:
        self.shape = shape
        rank = 0 if shape is None else len(shape)
        self.axes = axes if axes is not None and len(axes) == rank else "?" * rank
        self.footprints = tuple(footprints)


Blobs = List[Blob]
_UNKNOWN = Blob(None)


def _image(sizes: Sequence[Optional[int]], footprints: Sequence[Optional[Footprint]]) -> Blob:
    return Blob(tuple(sizes), "NCHW", footprints)


def _per_axis(settings: Settings, name: str, default: Optional[int], axis: int) -> Optional[int]:
    """A setting for rows or columns: one for both, one each, or under its own name."""
    short = {"kernel_size": "kernel", "pad": "pad", "stride": "stride"}.get(name, name)
    own = integers(settings, f"{short}_{'hw'[axis]}")
    if own:
        return own[-1]
    both = integers(settings, name)
    if not both:
        return default
    return both[axis] if len(both) > 1 else both[0]


def _convolution(layer: Layer, bottoms: Blobs) -> Blobs:
    return [_windowed(layer, bottom, transposed=False) for bottom in bottoms]


def _deconvolution(layer: Layer, bottoms: Blobs) -> Blobs:
    return [_windowed(layer, bottom, transposed=True) for bottom in bottoms]


def _windowed(layer: Layer, bottom: Blob, *, transposed: bool) -> Blob:
    settings = part(layer.settings, "convolution_param")
    channels = integers(settings, "num_output")
    if bottom.shape is None or len(bottom.shape) != 4 or not channels:
        return _UNKNOWN
    if integers(settings, "axis") not in ([], [1]):
        return _UNKNOWN
    sizes: List[Optional[int]] = [bottom.shape[0], channels[-1]]
    places: List[Optional[Footprint]] = []
    for axis in (0, 1):
        kernel = _per_axis(settings, "kernel_size", None, axis)
        stride = _per_axis(settings, "stride", 1, axis) or 1
        pad = _per_axis(settings, "pad", 0, axis) or 0
        dilation = _per_axis(settings, "dilation", 1, axis) or 1
        if min(stride, dilation) < 1 or kernel is None:
            return _UNKNOWN
        before, place = bottom.shape[2 + axis], bottom.footprints[axis]
        compute = transposed_output if transposed else window_output
        sizes.append(compute(before, kernel, stride, dilation, 2 * pad))
        if place is not None:
            move = place.transposed if transposed else place.window
            place = move(kernel, stride, dilation, pad)
        places.append(place)
    return _image(sizes, places)


def _pooling(layer: Layer, bottoms: Blobs) -> Blobs:
    bottom = bottoms[0]
    settings = part(layer.settings, "pooling_param")
    if bottom.shape is None or len(bottom.shape) != 4:
        return [_UNKNOWN]
    sizes: List[Optional[int]] = list(bottom.shape[:2])
    places: List[Optional[Footprint]] = []
    floor = settings.get("round_mode", [""])[-1] in ("FLOOR", 1, "1") or flag_off(settings)
    for axis in (0, 1):
        before = bottom.shape[2 + axis]
        if flag(settings, "global_pooling"):
            sizes.append(1)
            places.append(None)
            continue
        kernel = _per_axis(settings, "kernel_size", None, axis)
        stride = _per_axis(settings, "stride", 1, axis) or 1
        pad = _per_axis(settings, "pad", 0, axis) or 0
        if kernel is None or stride < 1:
            return [_UNKNOWN]
        after = window_output(before, kernel, stride, 1, 2 * pad, ceil=not floor)
        if pad and after is not None and before is not None:
            # A window that would begin behind the image and its padding is dropped.
            after -= (after - 1) * stride >= before + pad
        sizes.append(after)
        place = bottom.footprints[axis]
        places.append(place and place.window(kernel, stride, 1, pad))
    return [_image(sizes, places)] * max(1, len(layer.tops))


def flag_off(settings: Settings) -> bool:
    """Whether SSD's fork turns rounding up off."""
    return settings.get("ceil_mode", ["true"])[-1] in ("false", "False", "0", 0)


def _inner_product(layer: Layer, bottoms: Blobs) -> Blobs:
    settings = part(layer.settings, "inner_product_param")
    outputs, axis = integers(settings, "num_output"), integers(settings, "axis") or [1]
    shape = bottoms[0].shape
    if shape is None or not outputs or not 0 <= axis[-1] <= len(shape):
        return [_UNKNOWN]
    sizes = (*shape[: axis[-1]], outputs[-1])
    return [Blob(sizes, "NC" if axis[-1] == 1 else None)]


def _same(layer: Layer, bottoms: Blobs) -> Blobs:
    return [bottoms[0]] * max(1, len(layer.tops))


def _each(layer: Layer, bottoms: Blobs) -> Blobs:
    return list(bottoms)


def _eltwise(layer: Layer, bottoms: Blobs) -> Blobs:
    first = bottoms[0]
    if first.shape is None or any(bottom.shape != first.shape for bottom in bottoms):
        return [_UNKNOWN]
    places = [merged([bottom.footprints[axis] for bottom in bottoms]) for axis in (0, 1)]
    return [Blob(first.shape, first.axes, places)]


def _axis(settings: Settings, old: str, rank: int, default: int = 1) -> Optional[int]:
    given = integers(settings, "axis") or integers(settings, old) or [default]
    return given[-1] % rank if -rank <= given[-1] < rank else None


def _concat(layer: Layer, bottoms: Blobs) -> Blobs:
    first = bottoms[0]
    if first.shape is None:
        return [_UNKNOWN]
    rank = len(first.shape)
    axis = _axis(part(layer.settings, "concat_param"), "concat_dim", rank)
    if axis is None:
        return [_UNKNOWN]
    total: Optional[int] = 0
    for bottom in bottoms:
        if bottom.shape is None or len(bottom.shape) != rank:
            return [_UNKNOWN]
        size = bottom.shape[axis]
        total = None if total is None or size is None else total + size
        if any(
            one != other and index != axis
            for index, (one, other) in enumerate(zip(bottom.shape, first.shape))
        ):
            return [_UNKNOWN]
    places = [merged([bottom.footprints[side] for bottom in bottoms]) for side in (0, 1)]
    sizes = (*first.shape[:axis], total, *first.shape[axis + 1 :])
    return [Blob(sizes, first.axes, places)]


def _slice(layer: Layer, bottoms: Blobs) -> Blobs:
    shape, tops = bottoms[0].shape, len(layer.tops)
    settings = part(layer.settings, "slice_param")
    axis = None if shape is None else _axis(settings, "slice_dim", len(shape))
    if shape is None or axis is None or shape[axis] is None or not tops:
        return [_UNKNOWN] * tops
    whole = shape[axis] or 0
    points = integers(settings, "slice_point")
    if points and len(points) != tops - 1:
        return [_UNKNOWN] * tops
    edges = [0, *points, whole] if points else [whole * at // tops for at in range(tops + 1)]
    parts = [edges[at + 1] - edges[at] for at in range(tops)]
    if min(parts) <= 0:
        return [_UNKNOWN] * tops
    places = bottoms[0].footprints if axis < 2 else (None, None)
    return [
        Blob((*shape[:axis], size, *shape[axis + 1 :]), bottoms[0].axes, places) for size in parts
    ]


def _flatten(layer: Layer, bottoms: Blobs) -> Blobs:
    settings, shape = part(layer.settings, "flatten_param"), bottoms[0].shape
    if shape is None or not shape:
        return [_UNKNOWN]
    first = (integers(settings, "axis") or [1])[-1]
    last = (integers(settings, "end_axis") or [-1])[-1]
    first, last = first % len(shape), last % len(shape)
    return [Blob((*shape[:first], elements(shape[first : last + 1]), *shape[last + 1 :]))]


def _reshape(layer: Layer, bottoms: Blobs) -> Blobs:
    settings, shape = part(layer.settings, "reshape_param"), bottoms[0].shape
    wanted = integers(part(settings, "shape"), "dim")
    if shape is None or not wanted or "axis" in settings or "num_axes" in settings:
        return [_UNKNOWN]
    sizes: List[Optional[int]] = []
    for index, size in enumerate(wanted):
        sizes.append((shape[index] if index < len(shape) else None) if size == 0 else size)
    if -1 in wanted:
        place = wanted.index(-1)
        others = elements([size for index, size in enumerate(sizes) if index != place])
        total = elements(shape)
        sizes[place] = total // others if total is not None and others else None
    return [Blob(tuple(sizes))]


def _crop(layer: Layer, bottoms: Blobs) -> Blobs:
    if len(bottoms) != 2 or bottoms[0].shape is None or bottoms[1].shape is None:
        return [_UNKNOWN]
    settings, shape, like = part(layer.settings, "crop_param"), bottoms[0].shape, bottoms[1].shape
    axis = (integers(settings, "axis") or [2])[-1] % len(shape)
    if len(like) != len(shape):
        return [_UNKNOWN]
    offsets = integers(settings, "offset") or [0]
    places: List[Optional[Footprint]] = []
    for side in (0, 1):
        index = 2 + side - axis
        cut = offsets[index] if 0 <= index < len(offsets) else offsets[-1]
        place = bottoms[0].footprints[side]
        places.append(place and place.cropped(cut))
    return [Blob((*shape[:axis], *like[axis:]), bottoms[0].axes, places)]


def _arg_max(layer: Layer, bottoms: Blobs) -> Blobs:
    settings, shape = part(layer.settings, "argmax_param"), bottoms[0].shape
    axis, count = integers(settings, "axis"), (integers(settings, "top_k") or [1])[-1]
    if shape is None:
        return [_UNKNOWN]
    if axis and -len(shape) <= axis[-1] < len(shape):
        at = axis[-1] % len(shape)
        return [Blob((*shape[:at], count, *shape[at + 1 :]), bottoms[0].axes)]
    return [Blob((shape[0], 2 if flag(settings, "out_max_val") else 1, count))]


def _interp(layer: Layer, bottoms: Blobs) -> Blobs:
    """Bilinear resizing as DeepLab's and PSPNet's forks of Caffe have it."""
    settings, shape = part(layer.settings, "interp_param"), bottoms[0].shape
    if shape is None or len(shape) != 4 or len(bottoms) != 1:
        return [_UNKNOWN]
    given = [integers(settings, name) for name in ("height", "width")]
    zoom, shrink = integers(settings, "zoom_factor"), integers(settings, "shrink_factor")
    if integers(settings, "pad_beg") or integers(settings, "pad_end") or (zoom and shrink):
        return [_UNKNOWN]
    sizes: List[Optional[int]] = list(shape[:2])
    for before, wanted in zip(shape[2:], given):
        if wanted:
            sizes.append(wanted[-1])
        elif before is None or not (zoom or shrink):
            sizes.append(None)
        elif zoom:
            sizes.append(before + (before - 1) * (zoom[-1] - 1))
        else:
            sizes.append((before - 1) // shrink[-1] + 1 if shrink[-1] > 0 else None)
    places = [
        place and place.resized(before, after)
        for place, before, after in zip(bottoms[0].footprints, shape[2:], sizes[2:])
    ]
    return [_image(sizes, places)]


def _permute(layer: Layer, bottoms: Blobs) -> Blobs:
    order, shape = integers(part(layer.settings, "permute_param"), "order"), bottoms[0].shape
    if shape is None:
        return [_UNKNOWN]
    order += [axis for axis in range(len(shape)) if axis not in order]
    if sorted(order) != list(range(len(shape))):
        return [_UNKNOWN]
    letters = "".join(bottoms[0].axes[axis] for axis in order)
    return [Blob(tuple(shape[axis] for axis in order), letters)]


_RULES: Dict[str, Callable[[Layer, Blobs], Blobs]] = {
    **dict.fromkeys(
        (
            "ReLU", "PReLU", "ELU", "Sigmoid", "TanH", "AbsVal", "Power", "Exp", "Log", "BNLL",
            "Threshold", "Bias", "Scale", "BatchNorm", "BN", "LRN", "MVN", "Softmax", "Normalize",
            "ReLU6", "Swish", "Clip",
        ),
        lambda layer, bottoms: [bottoms[0]],
    ),
    "Dropout": _each,
    "Split": _same,
    "Convolution": _convolution,
    "ConvolutionDepthwise": _convolution,
    "DepthwiseConvolution": _convolution,
    "Deconvolution": _deconvolution,
    "Pooling": _pooling,
    "InnerProduct": _inner_product,
    "Eltwise": _eltwise,
    "Concat": _concat,
    "Slice": _slice,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Crop": _crop,
    "ArgMax": _arg_max,
    "Interp": _interp,
    "Permute": _permute,
}  # fmt: skip


def apply(layer: Layer, bottoms: Blobs) -> Blobs:
    """What comes out of a layer, one blob for each of its tops."""
    rule = _RULES.get(layer.type)
    results = rule(layer, bottoms) if rule is not None and bottoms else []
    sound = [
        _UNKNOWN if blob.shape is not None and any((s or 0) < 0 for s in blob.shape) else blob
        for blob in results
    ]
    return (sound + [_UNKNOWN] * len(layer.tops))[: len(layer.tops)]


def input_blob(shape: Optional[Tuple[int, ...]]) -> Blob:
    """A network's input."""
    if shape is None or not shape:
        return _UNKNOWN
    if len(shape) == 4:
        return _image(shape, (Footprint(), Footprint()))
    return Blob(tuple(shape), "NC" if len(shape) == 2 else None)
