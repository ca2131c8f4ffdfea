"""That a map is of one class alone: so it is where all values look alike to the model."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import quoted
from .report import ClassCount

#: Fewer pixels are often of one class, as in a field.
_LEAST = 1_000


def said_of_one_class(
    name: str, classes: Sequence[ClassCount], background: Optional[Tuple[int, int]]
) -> List[Finding]:
    """What to say where all pixels with data have one value of several; nothing of a few pixels.

    Parameters
    ----------
    name
        The scene's path.
    classes, background
        As :func:`~dl2ecd_core.running.maps.report.counted_classes` gives them.
    """
    counts = {item.value: item.pixels for item in classes}
    names = {item.value: item.name for item in classes}
    if background is not None:
        counts[background[0]] = background[1]
    found = [value for value, pixels in counts.items() if pixels]
    if len(counts) < 2 or len(found) != 1 or counts[found[0]] < _LEAST:
        return []
    (value,) = found
    what = f"the class {quoted(names[value])}" if value in names else "the background"
    return [
        finding(
            "map-of-one-class",
            f"All that has data in the map of {quoted(name, 400)} is {what} ({value}).",
            hint="If the scene shows more than that, look at how its values are scaled (--scale) "
            "and in which order its bands go in (--bands).",
            where=Place(file=name),
        )
    ]


__all__ = ["said_of_one_class"]
