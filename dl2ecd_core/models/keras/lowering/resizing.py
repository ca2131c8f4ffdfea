"""Layers that crop images, lay margins around them, or give them another size."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Optional, Sequence

from ....network.lowering import NotConvertibleError
from ..settings import sizes
from .arranging import floating
from .step import Rule, Step, pairs
from .tensors import Tensor

_END = (1 << 63) - 1


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
            step.cannot("what it lays around is no zeros")
        x = step.image(step.x, spatial)
        if not any(map(sum, margins)):
            return [step.x]
        before = [0, 0, *(one for one, _ in margins)]
        behind = [0, 0, *(other for _, other in margins)]
        made = step.add("Pad", [x, step.lowering.constant([*before, *behind])])
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
        corners = _corners(step)
        if mode != "bilinear":
            step.cannot(f"interpolation '{mode}' is not known here")
        made = step.add(
            "Resize",
            [x, "", scales],
            mode="linear" if mode == "bilinear" else mode,
            coordinate_transformation_mode=corners or "half_pixel",
        )
        return [step.image_made(made if corners else _placeless(step, made))]

    return rule


def _placeless(step: Step, made: str) -> str:
    """An image of which it is not known where its pixels lie."""
    value = step.lowering.value(made)
    axes = tuple(replace(axis, footprint=None) for axis in value.axes)
    return step.lowering.known(made, replace(value, axes=axes))


def _nearest(step: Step, x: str, scales: str) -> str:
    return step.add(
        "Resize", [x, "", scales],
        mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor",
    )  # fmt: skip


def _corners(step: Step) -> Optional[str]:
    """Where pixels lie between others: TensorFlow 1 counted from corners, not from centres.

    Keras of its own did so before 2.3; the Keras inside TensorFlow never did. None where the file
    does not tell which one wrote it.
    """
    version = step.generation.version
    if step.layer.module is not None or step.generation.major == 3 or version.endswith("-tf"):
        return "half_pixel"
    if version.startswith(("2.0.", "2.1.", "2.2.")):
        return "asymmetric"
    if version.startswith("2.3."):
        step.cannot("Keras 2.3 blends pixels by the TensorFlow that runs it")
        return None
    if step.generation.major == 1:
        step.cannot("the file does not say which Keras blends its pixels")
        return None
    return "half_pixel"


def _resized(step: Step) -> Sequence[Tensor]:
    target = (step.settings.whole("height"), step.settings.whole("width"))
    shrunk = any(
        step.settings.flag(name) for name in ("crop_to_aspect_ratio", "pad_to_aspect_ratio")
    )
    if shrunk or step.settings.flag("antialias"):
        step.cannot("it keeps the ratio of sides, or blends pixels twice")
    mode = step.settings.text("interpolation", "bilinear")
    x = step.image(floating(step, step.x), 2)
    made = resized_to(step, x, target, "" if step.settings.flag("antialias") else mode or "")
    return [step.image_made(_placeless(step, made) if shrunk else made)]


def resized_to(step: Step, x: str, target: Sequence[Optional[int]], mode: str) -> str:
    """An image in ONNX's order in another size, as ``tf.image.resize`` makes it."""
    wanted = sizes(list(target), 2)
    if wanted is None or 0 in wanted:
        raise NotConvertibleError("its target is no size")
    # The first two axes keep their sizes, whatever those are.
    batch = step.add("Slice", [step.add("Shape", [x]), *map(step.lowering.constant, ([0], [2]))])
    size = step.add("Concat", [batch, step.lowering.constant(wanted)], axis=0)
    if mode == "nearest":
        return step.add(
            "Resize", [x, "", "", size],
            mode="nearest", coordinate_transformation_mode="half_pixel",
            nearest_mode="round_prefer_ceil",
        )  # fmt: skip
    if mode != "bilinear":
        step.cannot(f"interpolation '{mode}' is not known here")
    return step.add(
        "Resize",
        [x, "", "", size],
        mode="linear" if mode == "bilinear" else mode,
        coordinate_transformation_mode="half_pixel",
    )


def _center(step: Step) -> Sequence[Tensor]:
    """The middle of images that are large enough."""
    target = (step.settings.whole("height"), step.settings.whole("width"))
    x = step.image(floating(step, step.x), 2)
    starts: List[int] = []
    wanted_ = sizes(list(target), 2)
    if wanted_ is None or 0 in wanted_:
        raise NotConvertibleError("its target is no size")
    for size, wanted in zip(step.lowering.shape(x)[2:], wanted_):
        if size is None or wanted > size:
            step.cannot("it enlarges images, or their size is not known")
            made = step.add("CenterCropPad", [x, step.lowering.constant(wanted_)], axes=(2, 3))
            return [step.image_made(step.lowering.mean(made, step.lowering.value(x).meaning))]
        starts.append((size - wanted) // 2)
    ends = [start + wanted for start, wanted in zip(starts, wanted_)]
    inputs = [
        x,
        *(step.lowering.constant(numbers) for numbers in (starts, ends, [2, 3])),
    ]
    return [step.image_made(step.add("Slice", inputs))]


RULES: Dict[str, Rule] = {"Resizing": _resized, "CenterCrop": _center}
for _n in (1, 2, 3):
    RULES[f"Cropping{_n}D"] = _cropped(_n)
    RULES[f"ZeroPadding{_n}D"] = _padded(_n)
    RULES[f"UpSampling{_n}D"] = _enlarged(_n)
