"""Operations that move a window over an image or change its size."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ..data_types import as_float32
from ..footprints import Taps
from ..sampling import sampled
from ..shapes import Dims
from ..value import Axis, Value, image_letters, looking_along, shaped
from ..window import Padding, Rounding, TransposedWindow, Window
from .step import Step

Outputs = Sequence[Value]


def _windows(step: Step, kernel: Sequence[Optional[int]], space: int) -> Optional[List[Window]]:
    """The window along each axis; None when the attributes make none."""
    attributes = step.attributes
    pads = attributes.integers("pads")
    if len(kernel) != space or (pads is not None and len(pads) != 2 * space):
        return None
    strides = attributes.integers("strides") or (1,) * space
    dilations = attributes.integers("dilations") or (1,) * space
    if len(strides) != space or len(dilations) != space:
        return None
    padding, rounding = _padding(step), _rounding(step)
    windows = [
        Window(
            kernel[axis],
            strides[axis],
            dilations[axis],
            pads[axis] if pads is not None else 0,
            pads[axis + space] if pads is not None else 0,
            padding,
            rounding,
        )
        for axis in range(space)
    ]
    return windows if all(window.is_sound for window in windows) else None


def _padding(step: Step) -> Padding:
    told = step.attributes.text("auto_pad", "NOTSET")
    return next((one for one in Padding if one.value == told), Padding.EXPLICIT)


def _rounding(step: Step) -> Rounding:
    """ONNX's ``ceil_mode``, or the attribute `rounding` that lowerings set for other rules."""
    told = step.attributes.text("rounding")
    if told:
        return Rounding(told)
    return Rounding.CEIL if step.attributes.integer("ceil_mode", 0) else Rounding.FLOOR


def _with_letters(tracks: Sequence[Axis]) -> List[Axis]:
    letters = image_letters(len(tracks))
    return [
        track if track.reduced and letter == "C" else replace(track, letter=letter)
        for track, letter in zip(tracks, letters)
    ]


def _through_window(
    step: Step,
    x: Value,
    channels: Optional[int],
    kernel: Sequence[Optional[int]],
    *,
    each: bool = False,
) -> Value:
    """What windows make of an image; `each` channel by itself, or all together."""
    if x.shape is None or len(x.shape) < 3 or _channels_last(step):
        return Value(None, x.data_type)
    step.learn(x, image_letters(len(x.shape)))
    windows = _windows(step, kernel, len(x.shape) - 2)
    if windows is None:
        return Value(None, x.data_type)
    sizes: List[Optional[int]] = [x.shape[0], channels]
    tracks: List[Axis] = [Axis(), Axis(reduced=each and x.axes[1].reduced)]
    for window, size, track in zip(windows, x.shape[2:], x.axes[2:]):
        sizes.append(window.output(size))
        tracks.append(Axis("?", window.footprint(track.footprint, size)))
    return shaped(tuple(sizes), x.data_type, _with_letters(tracks), constant=x.constant)


def _channels_last(step: Step) -> bool:
    """Whether an operation of onnxruntime is told to take images as N, H, W, C.

    https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md, QLinearConv
    """
    return step.node.domain == "com.microsoft" and bool(step.attributes.integer("channels_last", 0))


def _convolve(step: Step, weights: int, data_type: Optional[str] = None) -> Outputs:
    x, kernel = step.input(0), step.input(weights)
    given = step.attributes.integers("kernel_shape")
    sizes: Sequence[Optional[int]] = ()
    if kernel.shape is not None:
        sizes = kernel.shape[2:]
    elif given is not None:
        sizes = given
    output = _through_window(step, x, kernel.size(0), sizes)
    return [replace(output, data_type=data_type or x.data_type)]


def conv(step: Step) -> Outputs:
    """Conv, FusedConv, DeformConv: the weights are the second input."""
    return _convolve(step, 1)


def conv_integer(step: Step) -> Outputs:
    """ConvInteger: sums of 8-bit products are 32 bits wide."""
    return _convolve(step, 1, "int32")


def qlinear_conv(step: Step) -> Outputs:
    """QLinearConv: data, scale and zero point come before the weights."""
    return _convolve(step, 3, step.input(7).data_type)


def conv_transpose(step: Step) -> Outputs:
    """ConvTranspose: weights are (in, out / group, ...)."""
    x, weights = step.input(0), step.input(1)
    if x.shape is None or weights.shape is None or len(x.shape) != len(weights.shape):
        return [Value(None, x.data_type)]
    if len(x.shape) < 3:
        return [Value(None, x.data_type)]
    step.learn(x, image_letters(len(x.shape)))
    space = len(x.shape) - 2
    windows = _windows(step, weights.shape[2:], space)
    if windows is None:
        return [Value(None, x.data_type)]
    group, per_group = step.attributes.integer("group", 1), weights.shape[1]
    channels = None if group is None or per_group is None else group * per_group
    extra = step.attributes.integers("output_padding")
    given = step.attributes.integers("output_shape")
    extra = extra if extra is not None and len(extra) == space else (0,) * space
    sizes: List[Optional[int]] = [x.shape[0], channels]
    tracks = [Axis(), Axis()]
    for axis, size in enumerate(x.shape[2:]):
        forward = windows[axis]
        window = TransposedWindow(
            forward.kernel,
            forward.stride,
            forward.dilation,
            forward.before,
            forward.after,
            extra[axis],
            forward.padding,
            given[-space:][axis] if given is not None and len(given) >= space else None,
        )
        footprint = x.axes[axis + 2].footprint
        if given is not None and window.target is None:
            sizes.append(None)
            footprint = None
        else:
            sizes.append(window.output(size))
        tracks.append(Axis("?", window.footprint(footprint, size)))
    return [shaped(tuple(sizes), x.data_type, _with_letters(tracks), constant=x.constant)]


def pool(step: Step) -> Outputs:
    """MaxPool, AveragePool, LpPool; MaxPool's second output holds indices."""
    x = step.input(0)
    kernel = step.attributes.integers("kernel_shape") or ()
    output = _through_window(step, x, x.size(1), kernel, each=True)
    return [output, replace(output, data_type="int64")]


def max_unpool(step: Step) -> Outputs:
    """MaxUnpool: values go back to where a pooling with the same window found them."""
    x, sizes = step.input(0), step.input(2).integers() if step.has(2) else None
    if x.shape is None or len(x.shape) < 3:
        return [Value(None, x.data_type)]
    windows = _windows(step, step.attributes.integers("kernel_shape") or (), len(x.shape) - 2)
    if windows is None or (sizes is not None and len(sizes) != len(x.shape)):
        return [Value(None, x.data_type)]
    shape: List[Optional[int]] = [*x.shape[:2]]
    tracks = [Axis(), Axis(reduced=x.axes[1].reduced)]
    for axis, (window, size, track) in enumerate(zip(windows, x.shape[2:], x.axes[2:])):
        moved = TransposedWindow(
            window.kernel, window.stride, before=window.before, after=window.after
        )
        shape.append(moved.output(size) if sizes is None else sizes[axis + 2])
        tracks.append(Axis("?", moved.footprint(track.footprint, size)))
    return [shaped(tuple(shape), x.data_type, _with_letters(tracks), constant=x.constant)]


def global_pool(step: Step) -> Outputs:
    """Pooling of the whole image to one pixel."""
    x = step.input(0)
    if x.shape is None or len(x.shape) < 2 or _channels_last(step):
        return [Value(None, x.data_type)]
    step.learn(x, image_letters(len(x.shape)))
    sizes: Dims = (*x.shape[:2], *[1] * (len(x.shape) - 2))
    tracks = [Axis()] * len(sizes)
    tracks[1] = Axis(reduced=x.axes[1].reduced)
    return [shaped(sizes, x.data_type, _with_letters(tracks), constant=x.constant)]


def pad(step: Step) -> Outputs:
    """Pad: amounts in front of all axes, then behind them."""
    x = step.input(0)
    if x.shape is None:
        return [x]
    amounts: Optional[Tuple[Optional[int], ...]]
    if step.has(1):
        amounts = step.input(1).integers()
    else:
        amounts = step.attributes.integers("pads") or step.attributes.integers("paddings")
    axes: Optional[Tuple[int, ...]] = tuple(range(len(x.shape)))
    if step.has(3):
        axes = step.input(3).known_integers()
    if amounts is None or axes is None or len(amounts) != 2 * len(axes):
        return [shaped((None,) * len(x.shape), x.data_type, _letters_only(x))]
    sizes, tracks = list(x.shape), list(x.axes)
    for index, axis in enumerate(axes):
        if not -len(sizes) <= axis < len(sizes):
            return [Value(None, x.data_type)]
        before, after = amounts[index], amounts[index + len(axes)]
        size, track = sizes[axis], tracks[axis]
        if before == 0 and after == 0:
            continue
        known = size is not None and before is not None and after is not None
        sizes[axis] = size + before + after if known else None  # type: ignore[operator]
        footprint = track.footprint
        footprint = footprint.cropped(-before) if footprint and before is not None else None
        tracks[axis] = Axis(track.letter, footprint, track.source)
    return [shaped(tuple(sizes), x.data_type, tracks, constant=x.constant)]


def _letters_only(x: Value) -> List[Axis]:
    return [Axis(track.letter) for track in x.axes]


def resize(step: Step) -> Outputs:
    """Resize and Upsample: by factors or to sizes, given in several places over the versions."""
    x = step.input(0)
    if x.shape is None:
        return [Value(None, x.data_type)]
    rank = len(x.shape)
    factors: Optional[Tuple[Optional[float], ...]] = None
    targets: Optional[Tuple[Optional[int], ...]] = None
    if step.node.op == "Upsample" and not step.has(1):
        factors = step.attributes.floats("scales")
    else:
        older = len(step.inputs) == 2
        scales = step.input(1 if older else 2)
        if (older or step.has(2)) and scales.shape != (0,):
            factors = scales.numbers
        elif step.has(3):
            targets = step.input(3).integers()
    axes = step.attributes.integers("axes") or tuple(range(rank))
    if any(not -rank <= axis < rank for axis in axes):
        return [Value(None, x.data_type)]
    if step.attributes.text("keep_aspect_ratio_policy", "stretch") != "stretch":
        factors = targets = None
    sizes, tracks = list(x.shape), list(x.axes)
    resized = []
    for index, axis in enumerate(axes):
        factor = factors[index] if factors is not None and len(factors) == len(axes) else None
        target = targets[index] if targets is not None and len(targets) == len(axes) else None
        sizes[axis], tracks[axis] = _resized(step, x, axis % rank, factor, target)
        if tracks[axis] is not x.axes[axis]:
            resized.append(axis)
    result = shaped(tuple(sizes), x.data_type, tracks, constant=x.constant)
    return [looking_along(result, resized) if _by_the_ends(step) else result]


def _by_the_ends(step: Step) -> bool:
    """Whether the first and the last pixel stay where they are.

    Where all others are taken from depends on the length of the axis then.
    """
    mode = step.attributes.text("coordinate_transformation_mode", "half_pixel")
    return step.opset >= 11 and mode == "align_corners"


def _resized(
    step: Step, x: Value, axis: int, factor: Optional[float], target: Optional[int]
) -> Tuple[Optional[int], Axis]:
    size, track = x.size(axis), x.axes[axis]
    if factor == 1 or (target is not None and target == size):
        return size, track
    footprint, output = track.footprint, target
    ratio: Optional[Fraction] = None
    if factor is not None and 0 < factor < 1e6:
        ratio = Fraction(factor).limit_denominator(1 << 16)
        # ONNX says floor(size * factor), in 32-bit floats.
        output = None if size is None else int(as_float32(size * factor))
    elif size and target:
        ratio = Fraction(target, size)
    if footprint is not None:
        footprint = footprint.resampled(ratio, _taps(step, ratio)) if ratio else None
    return output, Axis(track.letter, footprint)


def _taps(step: Step, factor: Fraction) -> Optional[Taps]:
    """Which pixels an output pixel is made of, by the rules of the operation's version."""
    attributes = step.attributes
    mode = attributes.text("mode", "nearest")
    if step.node.op == "Upsample" or step.opset < 11:
        return sampled(factor, mode, "asymmetric", "floor")
    if attributes.integer("antialias", 0):
        return None
    coordinates = attributes.text("coordinate_transformation_mode", "half_pixel")
    return sampled(factor, mode, coordinates, attributes.text("nearest_mode", "round_prefer_floor"))


def depth_to_space(step: Step) -> Outputs:
    """DepthToSpace: channels become blocks of pixels."""
    return [_blocks(step, deeper=False)]


def space_to_depth(step: Step) -> Outputs:
    """SpaceToDepth: blocks of pixels become channels."""
    return [_blocks(step, deeper=True)]


def _blocks(step: Step, *, deeper: bool) -> Value:
    x, block = step.input(0), step.attributes.integer("blocksize")
    if x.shape is None or len(x.shape) != 4 or block is None or not 0 < block < 1 << 16:
        return Value(None, x.data_type)
    step.learn(x, "NCHW")
    batch, channels, *space = x.shape
    if deeper:
        channels = None if channels is None else channels * block * block
        space = [None if size is None else size // block for size in space]
    else:
        channels = None if channels is None else channels // (block * block)
        space = [None if size is None else size * block for size in space]
    tracks = [Axis("N"), Axis("C")]
    for letter, track in zip("HW", x.axes[2:]):
        footprint = track.footprint
        if footprint is not None:
            footprint = footprint.window(block, block) if deeper else footprint.repeated(block)
        tracks.append(Axis(letter, footprint))
    return shaped((batch, channels, *space), x.data_type, tracks, constant=x.constant)


def grid_sample(step: Step) -> Outputs:
    """GridSample: the grid gives the size."""
    x, grid = step.input(0), step.input(1)
    if x.shape is None or grid.shape is None or len(x.shape) != len(grid.shape):
        return [Value(None, x.data_type)]
    sizes = (*x.shape[:2], *grid.shape[1:-1])
    return [shaped(sizes, x.data_type, _with_letters([Axis()] * len(sizes)))]


def roi_align(step: Step) -> Outputs:
    """RoiAlign: one small image for each region."""
    x, regions = step.input(0), step.input(1)
    height = step.attributes.integer("output_height", 1)
    width = step.attributes.integer("output_width", 1)
    return [shaped((regions.size(0), x.size(1), height, width), x.data_type)]


def center_crop_pad(step: Step) -> Outputs:
    """CenterCropPad: some axes get given sizes."""
    x, targets = step.input(0), step.input(1).integers()
    if x.shape is None:
        return [Value(None, x.data_type)]
    rank = len(x.shape)
    axes = step.attributes.integers("axes") or tuple(range(rank))
    sizes: List[Optional[int]] = list(x.shape)
    for index, axis in enumerate(axes):
        if not -rank <= axis < rank:
            return [Value(None, x.data_type)]
        sizes[axis] = targets[index] if targets and len(targets) == len(axes) else None
    return [shaped(tuple(sizes), x.data_type, _letters_only(x))]


RULES: Dict[str, Callable[[Step], Outputs]] = {
    "Conv": conv,
    "FusedConv": conv,
    "DeformConv": conv,
    "ConvInteger": conv_integer,
    "QLinearConv": qlinear_conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": pool,
    "AveragePool": pool,
    "LpPool": pool,
    "QLinearAveragePool": pool,
    "MaxUnpool": max_unpool,
    "GlobalAveragePool": global_pool,
    "GlobalMaxPool": global_pool,
    "GlobalLpPool": global_pool,
    "QLinearGlobalAveragePool": global_pool,
    "Pad": pad,
    "Resize": resize,
    "Upsample": resize,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
    "GridSample": grid_sample,
    "RoiAlign": roi_align,
    "CenterCropPad": center_crop_pad,
}
