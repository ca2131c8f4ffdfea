"""The listed classes against the channels of the model's output and the names it carries."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator, List, Optional, Sequence

from ..class_info import ClassInfo
from ..findings import Finding
from ..findings.rules import finding
from ..findings.wording import counted, listed, quoted, shape_text
from ..models import Evidence, ModelDescription, Tensor
from .class_output import (
    channels_of,
    class_outputs,
    distinguished,
    find_class_output,
    is_threshold,
    may_detect,
)

_DETECTOR_HINT = (
    'If the model finds objects, say so: "ModelType": "ObjectDetection". Its classes are then '
    "those it was trained with, in their order."
)


def _values(info: ClassInfo) -> List[int]:
    return [land_class.value for land_class in info.classes]


def _is_detection(info: ClassInfo) -> bool:
    return info.emd_keys.get("ModelType") == "ObjectDetection"


def check_classes(model: ModelDescription, info: ClassInfo) -> Iterator[Finding]:
    """Whether the listed classes lie on one of the model's outputs."""
    if not info.classes:
        return
    if model.detector is not None:
        yield from _check_detector(model, model.detector.class_count, info)
        return
    outputs = class_outputs(model)
    fitting = find_class_output(model, _values(info))
    unknown = [
        tensor for tensor in outputs if distinguished(tensor) is None or may_detect(tensor, model)
    ]
    where = info.where("$.Classes")
    if fitting is None and (unknown or not outputs or _is_detection(info)):
        yield finding(
            "class-count-unknown",
            "The model file does not tell how many classes the model tells apart, so the "
            f"{counted(len(info.classes), 'class', 'classes')} listed can't be checked.",
            hint=_DETECTOR_HINT
            if any(may_detect(tensor, model) for tensor in unknown) and not _is_detection(info)
            else "",
            where=where,
        )
    elif fitting is None and any(tensor.evidence is Evidence.GUESSED for tensor in outputs):
        yield _guess_differs(outputs[0], info)
    elif fitting is None:
        yield _mismatch(outputs, info)
    elif fitting.background is not None:
        channels = (
            "one channel, which parts two classes,"
            if fitting.threshold
            else (counted(distinguished(fitting.tensor) or 0, "channel"))
        )
        yield finding(
            "background-assumed",
            f"The model's output {quoted(fitting.tensor.name)} has {channels} and the class "
            f"information lists {counted(len(info.classes), 'class', 'classes')}: output 0 is "
            f"taken for background, {quoted(info.classes[0].name)} for output 1.",
            hint="If output 0 is a class of its own, add it as the first of Classes.",
            where=where,
        )
    elif len([tensor for tensor in outputs if distinguished(tensor)]) > 1:
        others = listed(
            [tensor.name or "(unnamed)" for tensor in outputs if tensor is not fitting.tensor]
        )
        yield finding(
            "class-output-chosen",
            f"The model has {len(outputs)} outputs; the classes are taken for those of "
            f"{quoted(fitting.tensor.name)}, not of {others}.",
            hint="List other classes if another output is meant.",
            where=replace(where, tensor=fitting.tensor.name),
        )
    elif fitting.threshold:
        yield finding(
            "one-channel-threshold",
            f"The model's output {quoted(fitting.tensor.name)} has one channel: below the "
            f"threshold is {quoted(info.classes[0].name)} (index 0), above it "
            f"{quoted(info.classes[1].name)} (index 1).",
            hint="Swap the two classes if it is the other way round.",
            where=where,
        )


def _check_detector(
    model: ModelDescription, known: Optional[int], info: ClassInfo
) -> Iterator[Finding]:
    """Whether as many classes are listed as a detector has, where that is known."""
    listed_ = counted(len(info.classes), "class", "classes")
    if known is None:
        yield finding(
            "class-count-unknown",
            "The model finds objects; its outputs are boxes, scores and the like and do not tell "
            f"how many classes there are, so the {listed_} listed can't be checked.",
            where=info.where("$.Classes"),
        )
    elif known != len(info.classes):
        boxes = next(iter(class_outputs(model)), model.outputs[0])
        yield finding(
            "class-count-mismatch",
            f"The model finds objects of {counted(known, 'class', 'classes')} (the rest of its "
            f"output {quoted(boxes.name)} are boxes and the like), but the class information "
            f"lists {listed_}.",
            hint=f"List {counted(known, 'class', 'classes')} in the order of the model's output, "
            "or choose the model that was trained for these classes.",
            where=replace(info.where("$.Classes"), tensor=boxes.name),
        )


def _guess_differs(output: Tensor, info: ClassInfo) -> Finding:
    """Another number of classes than the last layer has channels: no more than a guess."""
    channels = channels_of(output) or 0
    return finding(
        "class-count-guessed",
        f"The model's last layer gives {counted(channels, 'channel')}, but the class information "
        f"lists {counted(len(info.classes), 'class', 'classes')}. That is a guess from the "
        "weights: the code around them may do more.",
        hint=f"List {counted(channels, 'class', 'classes')} unless you know that the model tells "
        f"{len(info.classes)} apart.",
        where=info.where("$.Classes"),
    )


def _mismatch(outputs: Sequence[Tensor], info: ClassInfo) -> Finding:
    output = outputs[0]
    channels = channels_of(output) or 0
    if len(outputs) == 1 and len(info.classes) == 1 and is_threshold(output):
        return _one_channel_one_class(output, info)
    said = (
        f"tells {counted(channels, 'class', 'classes')} apart"
        if output.class_count is not None
        else f"has {counted(channels, 'channel')} (its shape is {shape_text(output.shape)})"
    )
    others = ""
    if len(outputs) > 1:
        rest = ", ".join(f"{quoted(tensor.name)} {channels_of(tensor)}" for tensor in outputs[1:9])
        others = f" The other outputs do not fit either: {rest}."
    needed = distinguished(output) or 0
    forgotten = needed == len(info.classes) + 1
    hint = (
        "One output channel is without a class. It is not taken for background, since a listed "
        "class has Value 0 and every label would shift: list all classes in the order of the "
        "model's output, or give the background no Value 0."
        if forgotten
        else f"List {counted(needed, 'class', 'classes')} in the order of the model's output, or "
        "choose the model that was trained for these classes."
    )
    return finding(
        "class-count-mismatch",
        f"The model's output {quoted(output.name)} {said} but the class information lists "
        f"{counted(len(info.classes), 'class', 'classes')}.{others}",
        hint=hint,
        where=replace(info.where("$.Classes"), tensor=output.name),
    )


def _one_channel_one_class(output: Tensor, info: ClassInfo) -> Finding:
    (only,) = info.classes
    return finding(
        "class-count-mismatch",
        f"The model's output {quoted(output.name)} has one channel (its shape is "
        f"{shape_text(output.shape)}), which parts two classes: one below the threshold, one above "
        "it. The class information lists one class.",
        hint=f"List two classes, the one below the threshold first; or give {quoted(only.name)} "
        "another Value than 0: then what lies below the threshold is background.",
        where=replace(info.where("$.Classes"), tensor=output.name),
    )


def check_names(model: ModelDescription, info: ClassInfo) -> Iterator[Finding]:
    """Whether class names found in the model are the listed ones, in the listed order."""
    if not info.classes:
        return
    ours = [land_class.name for land_class in info.classes]
    plain = [_plain(name) for name in ours]
    for found in model.class_names:
        theirs = [_plain(name) for name in found.names]
        if theirs == plain or theirs[1:] == plain:
            continue
        if sorted(theirs) == sorted(plain):
            rule, what = "class-names-order", "the same names in another order"
            hint = "List the classes in the model's order, or every label is another's."
        else:
            rule, what = "class-names-differ", "other names"
            hint = "Check that the class information is the one for this model."
        yield finding(
            rule,
            f"The model carries {what} ({found.source}): {listed(found.names, most=20)}; the "
            f"class information lists {listed(ours, most=20)}.",
            hint=hint,
            where=info.where("$.Classes"),
        )


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def check_values(model: ModelDescription, info: ClassInfo) -> Iterator[Finding]:
    """Whether readers that write the output's index as pixel value write the listed values."""
    if not info.classes or _is_detection(info):
        return
    fitting = find_class_output(model, _values(info))
    first = fitting.first_index if fitting is not None else 0
    values = _values(info)
    if len(set(values)) < len(values):
        return
    if values == list(range(first, first + len(values))):
        return
    shown = ", ".join(str(value) for value in values[:8]) + (", ..." if len(values) > 8 else "")
    yield finding(
        "class-values-not-indices",
        f"The class values are {shown}, but Esri's published readers write the index of the "
        f"model's output, {first} to {first + len(values) - 1}, into the raster: its pixels "
        "would not find their classes.",
        hint=f"Number the classes {first} to {first + len(values) - 1}, or reclassify the raster "
        "afterwards (ClassIndex in the .ecd says which index is which value).",
        where=info.where("$.Classes"),
    )
