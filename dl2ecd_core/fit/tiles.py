"""Batch size, tile size and padding against what the model is fixed to."""

from __future__ import annotations

from typing import Iterator

from ..class_info import ClassInfo
from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import pixels_text, quoted, shape_text
from ..models import ModelDescription
from .class_output import class_outputs
from .image_input import image_inputs, tile_size

#: Formats whose runtime can give the inputs another batch size when it loads the model.
_RESIZABLE = frozenset({"tflite", "openvino-ir", "coreml", "caffe", "torchscript", "darknet"})


def check_batch(model: ModelDescription, info: ClassInfo) -> Iterator[Finding]:
    """Whether MiniBatchSize is the batch that an input is fixed to."""
    if "MiniBatchSize" in info.unusable:
        return
    for tensor in image_inputs(model):
        fixed = tensor.size_of("N")
        if fixed is None or fixed == info.mini_batch_size:
            continue
        given = "" if info.mini_batch_given else " (the default, since it is not given)"
        resizable = model.format in _RESIZABLE
        yield finding(
            "batch-size-unusual" if resizable else "batch-size-mismatch",
            f"The model's input {quoted(tensor.name)} is fixed to a batch of {fixed} (its shape "
            f"is {shape_text(tensor.shape)}), but MiniBatchSize is {info.mini_batch_size}{given}.",
            hint=f"Set MiniBatchSize to {fixed}, or export the model with a free batch size.",
            where=info.where("$.MiniBatchSize"),
        )


def check_tile_size(model: ModelDescription, info: ClassInfo) -> Iterator[Finding]:
    """Whether given ImageHeight and ImageWidth are the model's; whether there are any."""
    inputs = image_inputs(model)
    height, width = tile_size(model)
    for key, axis, fixed in (("ImageHeight", "rows", height), ("ImageWidth", "columns", width)):
        given = info.emd_keys.get(key)
        if not isinstance(given, int) or fixed is None or given == fixed:
            continue
        yield finding(
            "tile-size-mismatch",
            f"{key} is {given}, but the model's input {quoted(inputs[0].name)} takes tiles of "
            f"{fixed} {axis} (its shape is {shape_text(inputs[0].shape)}).",
            hint=f"Set {key} to {fixed} or leave it out.",
            where=info.where(f"$.{key}"),
        )
    missing = [
        key
        for key, fixed in (("ImageHeight", height), ("ImageWidth", width))
        if fixed is None and key not in info.emd_keys
    ]
    if missing and inputs and "H" in (inputs[0].axes or ""):
        yield finding(
            "tile-size-unknown",
            "The model does not fix the size of its tiles, and the class information does not "
            f"give {' and '.join(missing)}: Esri's published readers need both.",
            hint=f"Add {' and '.join(missing)} (256 is usual) to the class information.",
            where=Place(file=info.file),
        )
    elif missing and not inputs:
        yield finding(
            "tile-size-unknown",
            "The model file does not tell the size of its tiles, and the class information does "
            f"not give {' and '.join(missing)}: Esri's published readers need both.",
            hint="Add the tile size that the model was trained with to the class information.",
            where=Place(file=info.file),
        )


def check_padding(model: ModelDescription, info: ClassInfo) -> Iterator[Finding]:
    """Whether a given ModelPadding is what the model crops."""
    given = info.emd_keys.get("ModelPadding")
    if not isinstance(given, int) or isinstance(given, bool):
        return
    where = info.where("$.ModelPadding")
    if model.padding is not None:
        if given != model.padding:
            yield finding(
                "padding-mismatch",
                f"ModelPadding is {given}, but the model crops {pixels_text(model.padding)} from "
                "each side of its tile.",
                hint=f"Set ModelPadding to {model.padding} or leave it out.",
                where=where,
            )
        return
    height, width = tile_size(model)
    if height is None or width is None or given == 0:
        return
    left = height - 2 * given, width - 2 * given
    for tensor in class_outputs(model):
        rows, columns = tensor.size_of("H"), tensor.size_of("W")
        if None in (rows, columns) or (rows, columns) == left:
            continue
        then = (
            f"it would have to make {left[0]} x {left[1]}"
            if min(left) > 0
            else "none would be left"
        )
        yield finding(
            "padding-mismatch",
            f"ModelPadding is {given}, but the model makes {rows} x {columns} pixels of a tile of "
            f"{height} x {width} (output {quoted(tensor.name)}); with that padding {then}.",
            hint="Leave ModelPadding out, or give what the model crops from each side.",
            where=where,
        )
        return
