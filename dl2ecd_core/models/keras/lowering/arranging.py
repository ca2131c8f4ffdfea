"""Layers that arrange values anew, join several tensors, or resize images."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from ....network.lowering import NotConvertibleError
from ..config import whole
from ..flow import sizes
from ..general import reshaped
from .step import Rule, Step, Tensor, pairs, rules

_END = (1 << 63) - 1


def _kept(step: Step) -> Sequence[Tensor]:
    """Nothing happens when the model predicts."""
    if step.as_in_training:
        raise NotConvertibleError("it is called as in training, where its result is random")
    return [step.x]


def _kept_image(step: Step) -> Sequence[Tensor]:
    """A random change of images, which is left out when the model predicts."""
    (kept,) = _kept(step)
    return [floating(step, kept)]


def floating(step: Step, tensor: Tensor) -> Tensor:
    """A tensor of 32-bit floats, as Keras' layers for images make of whole numbers."""
    if step.lowering.value(tensor.name).data_type == "float32":
        return tensor
    return Tensor(step.add("Cast", [tensor.name], to=1), tensor.front)


def _flatten(step: Step) -> Sequence[Tensor]:
    x = step.x
    rank = step.rank(x)
    if rank == 1:
        return [Tensor(step.add("Unsqueeze", [x.name, step.lowering.constant([1])]))]
    if rank == 2:
        return [Tensor(step.plain(x))]
    if step.channels_first:
        # What Keras writes down has the channels behind all the same.
        behind = step.turning.turned(step.plain(x), (0, *range(2, rank), 1))
        return [Tensor(step.add("Flatten", [behind], axis=1))]
    shape = step.shape(x)
    one_pixel = x.front and all(size == 1 for size in shape[1:-1])
    name = x.name if one_pixel else step.plain(x)
    return [Tensor(step.add("Flatten", [name], axis=1))]


def _reshape(step: Step) -> Sequence[Tensor]:
    target = step.settings.values.get("target_shape")
    if not isinstance(target, list):
        raise NotConvertibleError("its target is no list of sizes")
    return [to_shape(step, step.x, target)]


def to_shape(step: Step, tensor: Tensor, target: Sequence[Any]) -> Tensor:
    """A tensor in other sizes; the batch keeps its own."""
    numbers = [-1 if size is None else size for size in target]
    after = reshaped(step.shape(tensor)[1:], numbers)
    if after is None or any(whole(size) is None and size != -1 for size in numbers):
        raise NotConvertibleError("its target does not fit to what goes into it")
    if 0 in numbers:
        raise NotConvertibleError("nothing would come out of it")
    told = [-1 if size is None else size for size in after]
    name = step.plain(tensor)
    return Tensor(step.add("Reshape", [name, step.lowering.constant([0, *told])]))


def _permute(step: Step) -> Sequence[Tensor]:
    order = step.settings.values.get("dims")
    return [permuted(step, step.x, [0, *order] if isinstance(order, list) else [])]


def permuted(step: Step, tensor: Tensor, order: Sequence[Any]) -> Tensor:
    """A tensor with Keras' axes in another order."""
    rank = step.rank(tensor)
    if any(whole(place) is None for place in order) or sorted(order) != list(range(rank)):
        raise NotConvertibleError("its order is not one of all axes")
    places = [step.place(tensor, axis) for axis in order]
    return Tensor(step.turning.turned(tensor.name, places))


def _repeat(step: Step) -> Sequence[Tensor]:
    if step.rank(step.x) != 2:
        raise NotConvertibleError("it takes rows of values")
    row = step.add("Unsqueeze", [step.plain(step.x), step.lowering.constant([1])])
    times = step.lowering.constant([1, step.whole("n"), 1])
    return [Tensor(step.add("Tile", [row, times]))]


def together(step: Step, tensors: Sequence[Tensor]) -> Tuple[List[str], bool]:
    """Tensors of one number of axes in one order, so that they can be combined value by value.

    One with fewer axes is stretched behind its batch axis, as Keras' merging layers do.
    """
    rank = max(step.rank(tensor) for tensor in tensors)
    front = any(tensor.front for tensor in tensors if step.rank(tensor) == rank)
    names: List[str] = []
    for tensor in tensors:
        missing = rank - step.rank(tensor)
        if missing and missing == rank - 1:
            raise NotConvertibleError("one of its inputs has no axis but that of the batch")
        if missing:
            axes = step.lowering.constant(list(range(1, 1 + missing)))
            tensor = Tensor(step.add("Unsqueeze", [step.plain(tensor), axes]))
        names.append(step.fronted(tensor) if front else step.plain(tensor))
    return names, front


def merged(step: Step, op: str, tensors: Sequence[Tensor]) -> Tensor:
    """Several tensors combined value by value."""
    names, front = together(step, [floating(step, tensor) for tensor in tensors])
    made = names[0]
    for other in names[1:]:
        made = step.add(op, [made, other])
    return Tensor(made, front)


def _merge(op: str) -> Rule:
    return lambda step: [merged(step, op, step.inputs)]


def _average(step: Step) -> Sequence[Tensor]:
    made = merged(step, "Add", step.inputs)
    count = step.number(float(len(step.inputs)))
    return [Tensor(step.add("Div", [made.name, count]), made.front)]


def _concatenate(step: Step) -> Sequence[Tensor]:
    return [joined(step, step.inputs, step.settings.values.get("axis", -1))]


def joined(step: Step, tensors: Sequence[Tensor], along: Any) -> Tensor:
    """Several tensors one behind the other along one of Keras' axes."""
    if isinstance(along, bool) or not isinstance(along, int):
        raise NotConvertibleError("it names no axis")
    if len({step.rank(tensor) for tensor in tensors}) != 1:
        raise NotConvertibleError("what it joins differs in the number of axes")
    names, front = together(step, [floating(step, tensor) for tensor in tensors])
    if len(names) == 1:
        return Tensor(names[0], front)
    axis = step.place(Tensor(names[0], front), along)
    return Tensor(step.add("Concat", names, axis=axis), front)


def _old_merge(step: Step) -> Sequence[Tensor]:
    """The one merging layer of Keras 1."""
    mode = step.settings.text("mode")
    if mode == "concat":
        return [joined(step, step.inputs, step.settings.values.get("concat_axis", -1))]
    if mode == "ave":
        return _average(step)
    op = {"sum": "Add", "mul": "Mul", "max": "Max"}.get(mode or "")
    if op is None:
        raise NotConvertibleError(f"its mode '{mode}' is not known here")
    return [merged(step, op, step.inputs)]


def _dot(step: Step) -> Sequence[Tensor]:
    """Sums of products along one axis of each of two tensors."""
    if len(step.inputs) != 2:
        raise NotConvertibleError("it takes two inputs")
    ranks = [step.rank(tensor) for tensor in step.inputs]
    axes = step.settings.values.get("axes")
    pair = axes if isinstance(axes, list) and len(axes) == 2 else [axes, axes]
    if ranks[0] != ranks[1] or ranks[0] not in (2, 3) or any(not _is_axis(one) for one in pair):
        raise NotConvertibleError("it runs over axes that are not followed here")
    places = [axis % rank for axis, rank in zip(pair, ranks)]
    if 0 in places:
        raise NotConvertibleError("it runs over the axis of the batch")
    names = [step.plain(tensor) for tensor in step.inputs]
    if step.settings.flag("normalize"):
        names = [unit_length(step, name, [place]) for name, place in zip(names, places)]
    if ranks[0] == 2:
        product = step.add("Mul", names)
        return [Tensor(step.add("ReduceSum", [product, step.lowering.constant([1])], keepdims=1))]
    left = names[0] if places[0] == 2 else step.turning.turned(names[0], (0, 2, 1))
    right = names[1] if places[1] == 1 else step.turning.turned(names[1], (0, 2, 1))
    return [Tensor(step.add("MatMul", [left, right]))]


def _is_axis(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def unit_length(step: Step, x: str, places: Sequence[int]) -> str:
    """Values divided by the root of the sum of their squares, as ``tf.nn.l2_normalize`` has it."""
    axes = step.lowering.constant(list(places))
    squares = step.add("ReduceSum", [step.add("Mul", [x, x]), axes], keepdims=1)
    length = step.add("Sqrt", [step.add("Max", [squares, step.number(1e-12)])])
    return step.add("Div", [x, length])


def _cropped(spatial: int) -> Rule:
    def rule(step: Step) -> Sequence[Tensor]:
        margins = pairs(step, "cropping", spatial)
        x = step.image(step.x, spatial)
        lengths = step.lowering.shape(x)[2:]
        if any(
            length is not None and sum(margin) >= length for margin, length in zip(margins, lengths)
        ):
            raise NotConvertibleError("nothing would be left")
        numbers = [
            [before for before, _ in margins],
            [-behind if behind else _END for _, behind in margins],
            list(range(2, 2 + spatial)),
        ]
        inputs = [x, *(step.lowering.constant(number) for number in numbers)]
        return [step.image_made(step.add("Slice", inputs))]

    return rule


def _padded(spatial: int) -> Rule:
    def rule(step: Step) -> Sequence[Tensor]:
        margins = pairs(step, "padding", spatial)
        if step.settings.values.get("mode", "constant") != "constant":
            raise NotConvertibleError("what it lays around is no zeros")
        if not any(map(sum, margins)):
            return [step.x]
        x = step.image(step.x, spatial)
        before = [0, 0, *(one for one, _ in margins)]
        behind = [0, 0, *(other for _, other in margins)]
        made = step.add("Pad", [x, step.lowering.constant([*before, *behind])])
        step.turning.padded.add(made)
        return [step.image_made(made)]

    return rule


def _enlarged(spatial: int) -> Rule:
    def rule(step: Step) -> Sequence[Tensor]:
        times = step.settings.sizes("size", spatial, 2)
        if times is None or 0 in times:
            raise NotConvertibleError("its factors are no whole numbers")
        x = step.image(step.x, spatial)
        scales = step.lowering.constant([1.0, 1.0, *map(float, times)], "float32")
        mode = step.settings.text("interpolation", "nearest")
        if mode == "nearest":
            return [step.image_made(_nearest(step, x, scales))]
        if mode != "bilinear":
            raise NotConvertibleError(f"interpolation '{mode}' is not known here")
        made = step.add(
            "Resize",
            [x, "", scales],
            mode="linear",
            coordinate_transformation_mode=_corners(step),
        )
        return [step.image_made(made)]

    return rule


def _nearest(step: Step, x: str, scales: str) -> str:
    return step.add(
        "Resize", [x, "", scales],
        mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor",
    )  # fmt: skip


def _corners(step: Step) -> str:
    """Where pixels lie between others: TensorFlow 1 counted from corners, not from centres.

    Keras of its own did so before 2.3; the Keras inside TensorFlow never did.
    """
    version = step.generation.version
    if step.generation.major != 2 or version.endswith("-tf"):
        return "half_pixel"
    if version.startswith(("2.0.", "2.1.", "2.2.")):
        return "asymmetric"
    if version.startswith("2.3."):
        raise NotConvertibleError("Keras 2.3 blends pixels by the TensorFlow that runs it")
    return "half_pixel"


def _resized(step: Step) -> Sequence[Tensor]:
    target = (step.settings.whole("height"), step.settings.whole("width"))
    odd = ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias")
    if any(step.settings.flag(name) for name in odd):
        raise NotConvertibleError("it keeps the ratio of sides, or blends pixels twice")
    mode = step.settings.text("interpolation", "bilinear")
    x = Tensor(step.image(floating(step, step.x), 2), not step.channels_first)
    return [step.image_made(resized_to(step, x.name, target, mode or ""))]


def resized_to(step: Step, x: str, target: Sequence[Optional[int]], mode: str) -> str:
    """An image in ONNX's order in another size, as ``tf.image.resize`` makes it."""
    shape = step.lowering.shape(x)
    wanted = sizes(list(target), 2)
    if wanted is None or 0 in wanted or shape[1] is None:
        raise NotConvertibleError("its target is no size")
    if mode not in ("bilinear", "nearest"):
        raise NotConvertibleError(f"interpolation '{mode}' is not known here")
    # The first two axes keep their sizes, whatever those are.
    batch = step.add("Slice", [step.add("Shape", [x]), *map(step.lowering.constant, ([0], [2]))])
    size = step.add("Concat", [batch, step.lowering.constant(wanted)], axis=0)
    if mode == "nearest":
        return step.add(
            "Resize", [x, "", "", size],
            mode="nearest", coordinate_transformation_mode="half_pixel",
            nearest_mode="round_prefer_ceil",
        )  # fmt: skip
    return step.add(
        "Resize",
        [x, "", "", size],
        mode="linear",
        coordinate_transformation_mode="half_pixel",
    )


def _center(step: Step) -> Sequence[Tensor]:
    """The middle of images that are large enough."""
    target = (step.settings.whole("height"), step.settings.whole("width"))
    x = step.image(floating(step, step.x), 2)
    starts: List[int] = []
    for size, wanted in zip(step.lowering.shape(x)[2:], target):
        if size is None or wanted is None or not 0 < wanted <= size:
            raise NotConvertibleError("it enlarges images, or their size is not known")
        starts.append((size - wanted) // 2)
    ends = [start + (wanted or 0) for start, wanted in zip(starts, target)]
    inputs = [
        x,
        *(step.lowering.constant(numbers) for numbers in (starts, ends, [2, 3])),
    ]
    return [step.image_made(step.add("Slice", inputs))]


RULES: Dict[str, Rule] = rules(
    (
        _kept,
        "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianNoise GaussianDropout "
        "AlphaDropout ActivityRegularization Identity",
    ),
    (
        _kept_image,
        "RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast RandomBrightness "
        "RandomHue RandomSaturation RandomShear RandomColorJitter RandomErasing "
        "RandomGaussianBlur RandomInvert",
    ),
    (_flatten, "Flatten"),
    (_reshape, "Reshape"),
    (_permute, "Permute"),
    (_repeat, "RepeatVector"),
    (_concatenate, "Concatenate"),
    (_average, "Average"),
    (_old_merge, "Merge"),
    (_dot, "Dot"),
    (_resized, "Resizing"),
    (_center, "CenterCrop"),
)
_OPERATORS = {
    "Add": "Add",
    "Subtract": "Sub",
    "Multiply": "Mul",
    "Maximum": "Max",
    "Minimum": "Min",
}
RULES.update((_name, _merge(_op)) for _name, _op in _OPERATORS.items())
for _n in (1, 2, 3):
    RULES[f"Cropping{_n}D"] = _cropped(_n)
    RULES[f"ZeroPadding{_n}D"] = _padded(_n)
    RULES[f"UpSampling{_n}D"] = _enlarged(_n)
