"""What a model takes and gives, in words."""

from __future__ import annotations

from typing import List, Optional

from ...ecd.content import Ecd
from ...findings.wording import counted
from ...fit.model_uses import FEATURES, OBJECTS, PIXELS
from ...models.description import Evidence
from ..tensors import StoredTensor

_UNITS = ("bytes", "KB", "MB", "GB", "TB")

EVIDENCE = {
    Evidence.DECLARED: "the model file, which states it",
    Evidence.INFERRED: "the model\u2019s structure, worked out",
    Evidence.GUESSED: "the model\u2019s weights alone: a guess",
    None: "neither file nor structure",
}


def summary(ecd: Ecd) -> str:
    """One sentence on what the model does."""
    classes = counted(len(ecd.classes), "class", "classes")
    bands = "" if ecd.band_count is None else f" of a raster with {counted(ecd.band_count, 'band')}"
    kind = ecd.document.get("ModelType")
    if kind == PIXELS:
        return f"Gives every pixel{bands} one of {classes}."
    if kind == OBJECTS:
        return f"Finds objects of {classes} in tiles{bands}."
    if kind == FEATURES:
        return f"Gives every image chip{bands} one of {classes}."
    return f"Tells {classes} apart{bands and ' in tiles' + bands}."


def size_words(size: int) -> str:
    """A file's size for people.

    Examples
    --------
    >>> size_words(9815), size_words(3_500_000)
    ('9.8 KB', '3.5 MB')
    """
    amount, unit = float(size), 0
    while amount >= 999.95 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return counted(size, "byte") if unit == 0 else f"{amount:,.1f} {_UNITS[unit]}"


def pixels(rows: Optional[int], columns: Optional[int]) -> str:
    """Columns by rows, as images are measured."""
    if rows is None and columns is None:
        return "tiles of any size"
    width = "any width" if columns is None else f"{columns:,}"
    height = "any height" if rows is None else f"{rows:,}"
    return f"{width} \u00d7 {height} pixels"


def shape_words(tensor: StoredTensor, channel: str) -> str:
    """A shape in words; `channel` is what one channel is called."""
    if tensor.shape is None:
        return "Shape not known"
    if not tensor.shape:
        return "A single number"
    parts: List[str] = []
    if tensor.is_spatial:
        parts.append(pixels(tensor.size_of("H"), tensor.size_of("W")))
    plural = "es" if channel.endswith("s") else "s"
    if "C" in tensor.axes:
        count = tensor.size_of("C")
        word = f"any number of {channel}{plural}"
        parts.append(word if count is None else counted(count, channel, channel + plural))
    if "N" in tensor.axes:
        count = tensor.size_of("N")
        parts.append("any number at once" if count is None else f"{count:,} at once")
    open_axes = sum(letter not in "NCHW" for letter in tensor.axes)
    if open_axes:
        parts.append(f"{counted(open_axes, 'axis', 'axes')} of unknown meaning")
    if not tensor.is_spatial and set("HW") & set(tensor.axes):
        parts.append("one spatial axis")
    text = ", ".join(parts)
    return text[0].upper() + text[1:]


def shape_figures(tensor: StoredTensor) -> str:
    """A shape as programmers write it, with the letters of its axes."""
    if not tensor.shape:
        return "unknown" if tensor.shape is None else "scalar"
    return " \u00d7 ".join(
        f"{'any' if size is None else size}{'' if letter == '?' else ' ' + letter}"
        for size, letter in zip(tensor.shape, tensor.axes)
    )
