"""The bands of the raster against the channels of the model's input."""

from __future__ import annotations

from typing import Iterator, Sequence

from ..class_info import ClassInfo
from ..findings import Finding
from ..findings.rules import finding
from ..findings.wording import counted, quoted, shape_text
from ..models import Evidence, ModelDescription, Tensor
from .image_input import image_inputs


def check_bands(model: ModelDescription, info: ClassInfo) -> Iterator[Finding]:
    """Whether some input takes as many channels as there are bands, or all inputs together do."""
    if "ExtractBands" in info.emd_keys or "NumberRasterBands" in info.unusable:
        return
    inputs = image_inputs(model)
    counts = [tensor.size_of("C") for tensor in inputs]
    known = [count for count in counts if count is not None]
    if info.band_count in known or (None not in counts and sum(known) == info.band_count):
        return
    where = info.where("$.NumberRasterBands")
    if not inputs or len(known) < len(counts):
        yield finding(
            "band-count-unknown",
            "The model file does not tell how many bands the model takes, so "
            f"NumberRasterBands ({info.band_count}) can't be checked.",
            where=where,
        )
        return
    first = inputs[0]
    if _guessed(inputs):
        yield finding(
            "band-count-guessed",
            f"The model's first convolution takes {counted(known[0], 'channel')}, but the class "
            f"information says the raster has {counted(info.band_count, 'band')}. That is a guess "
            "from the weights: the code around them may drop, join or compute channels first.",
            hint=f"Set NumberRasterBands to {known[0]} unless you know that the model takes "
            f"{counted(info.band_count, 'band')}.",
            where=where,
        )
        return
    yield finding(
        "band-count-mismatch",
        f"The model's input {quoted(first.name)} takes {counted(known[0], 'channel')} (its shape "
        f"is {shape_text(first.shape)}) but the class information says the raster has "
        f"{counted(info.band_count, 'band')}.",
        hint=f"Set NumberRasterBands to {known[0]}, or pick {known[0]} of the raster's bands "
        "with ExtractBands, or choose the model that was trained on these bands.",
        where=where,
    )


def check_extract_bands(model: ModelDescription, info: ClassInfo) -> Iterator[Finding]:
    """Whether ExtractBands picks existing bands, as many as the model takes."""
    extract = info.emd_keys.get("ExtractBands")
    if not isinstance(extract, list):
        return
    where = info.where("$.ExtractBands")
    numbers = [band for band in extract if isinstance(band, int)]
    if "NumberRasterBands" not in info.unusable and numbers and max(numbers) >= info.band_count:
        yield finding(
            "extract-bands-mismatch",
            f"ExtractBands names band {max(numbers)}, but with NumberRasterBands "
            f"{info.band_count} the last band is {info.band_count - 1} (bands count from 0).",
            hint="Mend ExtractBands or NumberRasterBands.",
            where=where,
        )
    counts = [tensor.size_of("C") for tensor in image_inputs(model)]
    known = [count for count in counts if count is not None]
    if not known or len(known) < len(counts) or len(extract) in (*known, sum(known)):
        return
    if _guessed(image_inputs(model)):
        yield finding(
            "band-count-guessed",
            f"ExtractBands picks {counted(len(extract), 'band')}, but the model's first "
            f"convolution takes {counted(known[0], 'channel')}. That is a guess from the weights: "
            "the code around them may drop, join or compute channels first.",
            hint=f"List {counted(known[0], 'band')} unless you know that the model takes "
            f"{len(extract)}.",
            where=where,
        )
    else:
        yield finding(
            "extract-bands-mismatch",
            f"ExtractBands picks {counted(len(extract), 'band')}, but the model's input "
            f"{quoted(image_inputs(model)[0].name)} takes {counted(known[0], 'channel')}.",
            hint=f"List {counted(known[0], 'band')} in the order the model was trained with.",
            where=where,
        )


def _guessed(inputs: Sequence[Tensor]) -> bool:
    """Whether the channels are guessed from the shapes of weights."""
    return any(tensor.evidence is Evidence.GUESSED for tensor in inputs)
