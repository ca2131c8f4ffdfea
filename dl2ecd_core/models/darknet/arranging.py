"""Darknet's layers that join, cut, scale and turn around, and those that normalise.

From the ``forward_*_layer`` functions of src/ in https://github.com/pjreddie/darknet and
https://github.com/AlexeyAB/darknet .
"""

from __future__ import annotations

from typing import Dict, Sequence

from ...network.lowering import NotConvertibleError
from ...network.names import operators
from .activations import activated
from .step import Rule, Step


def _unchanged(step: Step) -> Sequence[str]:
    return [step.x]


def _route(step: Step) -> Sequence[str]:
    origins = [step.layer(number) for number in step.section.wholes("layers")]
    if not origins:
        raise NotConvertibleError("it names no layer")
    sizes = [step.image(origin) for origin in origins]
    if any(size[1:] != sizes[0][1:] for size in sizes):
        raise NotConvertibleError("the layers that it joins differ in size")
    groups = max(1, step.section.whole("groups", 1))
    part = step.section.whole("group_id", 0)
    if groups > 1:
        if any(size[0] % groups for size in sizes) or not 0 <= part < groups:
            raise NotConvertibleError(f"its channels can't be parted into {groups} groups")
        origins = [
            _channels(step, origin, size[0] // groups * part, size[0] // groups * (part + 1))
            for origin, size in zip(origins, sizes)
        ]
    return origins if len(origins) == 1 else [step.lowering.add("Concat", origins, axis=1)]


def _channels(step: Step, x: str, first: int, end: int) -> str:
    numbers = [step.lowering.constant([number]) for number in (first, end, 1)]
    return step.lowering.add("Slice", [x, *numbers])


def _shortcut(step: Step) -> Sequence[str]:
    section, made = step.section, step.x
    known = [step.lowering.value(step.x)]
    if section.text("weights_type", "none") != "none":
        raise NotConvertibleError("it weighs what it adds", values=known)
    if any(section.number(name, 1.0) != 1.0 for name in ("alpha", "beta")):
        raise NotConvertibleError("it weighs what it adds", values=known)
    for number in section.wholes("from"):
        origin = step.layer(number)
        if step.image(origin) != step.image():
            raise NotConvertibleError("what it adds is of another size", values=known)
        made = step.lowering.add("Add", [made, origin])
    return [activated(step.lowering, section.text("activation", "linear"), made)]


def _multiplied(step: Step) -> Sequence[str]:
    """The image of an earlier layer, each pixel or channel of it times what goes in."""
    origin = step.layer((step.section.wholes("from") or (0,))[0])
    known = [step.lowering.value(origin)]
    size = step.image(origin)
    channels = (size[0], 1, 1) if step.section.kind == "scale_channels" else size
    if step.image() != channels or step.section.has("scale_wh"):
        raise NotConvertibleError("what it multiplies is of another size", values=known)
    made = step.lowering.add("Mul", [origin, step.x])
    return [activated(step.lowering, step.section.text("activation", "linear"), made)]


def _upsample(step: Step) -> Sequence[str]:
    stride, scale = step.section.whole("stride", 2), step.section.number("scale", 1.0)
    if not stride:
        raise NotConvertibleError("its stride is 0")
    if stride > 0:
        scales = step.lowering.constant([1.0, 1.0, float(stride), float(stride)], "float32")
        made = step.lowering.add(
            "Resize", [step.x, "", scales],
            mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor",
        )  # fmt: skip
    else:
        # Backwards it adds up the pixels that would become of one.
        if any(length % -stride for length in step.image()[1:]):
            raise NotConvertibleError("the image is no multiple of its stride")
        sides = (-stride, -stride)
        made = step.lowering.add("AveragePool", [step.x], kernel_shape=sides, strides=sides)
        scale *= stride * stride
    if scale != 1.0:
        made = step.lowering.add("Mul", [made, step.lowering.scalar(scale)])
    return [made]


def _reorg(step: Step) -> Sequence[str]:
    """Pixels become channels, or the reverse.

    Darknet's own [reorg] takes the image for one of fewer channels and more pixels before it
    begins, whatever it is; [reorg3d] does not.
    """
    section, stride = step.section, max(1, step.section.whole("stride", 1))
    channels, height, width = step.image()
    if section.whole("extra", 0) or section.whole("flatten", 0):
        raise NotConvertibleError("it flattens images in an order of its own")
    square = stride * stride
    if section.whole("reverse", 0):
        if channels % square:
            raise NotConvertibleError("its channels are no multiple of its stride")
        return [step.lowering.add("DepthToSpace", [step.x], blocksize=stride)]
    after = (channels * square, height // stride, width // stride)
    if height % stride or width % stride:
        raise NotConvertibleError("the image is no multiple of its stride", values=[
            step.sized(after)
        ])  # fmt: skip
    if section.kind == "reorg3d":
        return [step.lowering.add("SpaceToDepth", [step.x], blocksize=stride)]
    if channels % square:
        known = [step.sized(after)]
        raise NotConvertibleError("its channels are no multiple of its stride", values=known)
    blocks = step.lowering.constant([0, channels // square, height, stride, width, stride])
    made = step.lowering.add("Reshape", [step.x, blocks])
    made = step.lowering.add("Transpose", [made], perm=(0, 3, 5, 1, 2, 4))
    return [step.lowering.add("Reshape", [made, step.lowering.constant([0, *after])])]


def _crop(step: Step) -> Sequence[str]:
    """The middle of the image; its values, 0 to 1, become -1 to 1 unless told otherwise."""
    _, height, width = step.image()
    rows, columns = step.section.whole("crop_height", 1), step.section.whole("crop_width", 1)
    if not (0 < rows <= height and 0 < columns <= width):
        raise NotConvertibleError("it cuts out more than there is")
    top, left = (height - rows) // 2, (width - columns) // 2
    numbers = [[top, left], [top + rows, left + columns], [2, 3]]
    inputs = [step.x, *(step.lowering.constant(number) for number in numbers)]
    made = step.lowering.add("Slice", inputs)
    if not step.section.whole("noadjust", 0):
        made = step.lowering.add("Mul", [made, step.lowering.scalar(2.0)])
        made = step.lowering.add("Sub", [made, step.lowering.scalar(1.0)])
    return [made]


def _softmax(step: Step) -> Sequence[str]:
    section, size = step.section, step.image()
    known = [step.lowering.value(step.x)]
    groups = max(1, section.whole("groups", 1))
    values = size[0] * size[1] * size[2]
    if section.has("tree") or values % groups:
        raise NotConvertibleError("its classes form groups of different sizes", values=known)
    x, temperature = step.x, section.number("temperature", 1.0)
    if temperature <= 0:
        raise NotConvertibleError("its temperature is not above 0", values=known)
    if temperature != 1.0:
        x = step.lowering.add("Mul", [x, step.lowering.scalar(1 / temperature)])
    if section.has("spatial") or (groups == 1 and size[1:] == (1, 1)):
        return [step.lowering.add("Softmax", [x], axis=1)]
    rows = step.lowering.constant([0, groups, values // groups])
    made = step.lowering.add("Softmax", [step.lowering.add("Reshape", [x, rows])], axis=2)
    return [step.lowering.add("Reshape", [made, step.lowering.constant([0, *size])])]


def _activation(step: Step) -> Sequence[str]:
    return [activated(step.lowering, step.section.text("activation", "linear"), step.x)]


def _logistic(step: Step) -> Sequence[str]:
    return [step.lowering.add("Sigmoid", [step.x])]


def _l2_norm(step: Step) -> Sequence[str]:
    length = step.lowering.add("ReduceL2", [step.x], axes=(1,), keepdims=1)
    return [step.lowering.add("Div", [step.x, length])]


def _same_size(reason: str) -> Rule:
    def rule(step: Step) -> Sequence[str]:
        raise NotConvertibleError(reason, values=[step.sized(step.image())])

    return rule


RULES: Dict[str, Rule] = {
    "route": _route,
    "shortcut": _shortcut,
    "scale_channels": _multiplied,
    "sam": _multiplied,
    "upsample": _upsample,
    "reorg": _reorg,
    "reorg3d": _reorg,
    "crop": _crop,
    "softmax": _softmax,
    "soft": _softmax,
    "activation": _activation,
    "logistic": _logistic,
    "l2norm": _l2_norm,
    "batchnorm": _same_size("how many weights it keeps differs between Darknet's lineages"),
    # Darknet's own sums leave out a channel at the first.
    "normalization": _same_size("it normalises over channels as no other program does"),
    "lrn": _same_size("it normalises over channels as no other program does"),
}
RULES.update((kind, _unchanged) for kind in operators("dropout cost sse empty silence"))
