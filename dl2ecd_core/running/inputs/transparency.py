"""Whether a band that is called transparency is a measurement: a guess from a scene's middle.

GDAL calls the fourth band of bytes so, whoever writes it and whatever it is: where near infrared is
0, as over water, there would be no data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Sequence

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import quoted
from ..rasters.scene import Scene
from .scene_middle import middle_of

if TYPE_CHECKING:
    from ..sessions import Array

#: Transparency has few values: all or nothing, and some along edges.
_FEW = 16


def said_of_transparency(scene: Scene, bands: Sequence[int]) -> List[Finding]:
    """Of bands that a model does not take, and that count as transparency but look like none.

    Parameters
    ----------
    bands
        Those that the model takes, counted from 0.
    """
    return [
        finding(
            "transparency-unlikely",
            f"Band {band + 1} of {quoted(scene.name, 400)} is called transparency, so there is no "
            "data where it is 0; but its values look like a measurement.",
            hint="This is a guess, and nothing was changed. If it is one, as near infrared, say so "
            f"in the file: gdal_edit.py -colorinterp_{band + 1} undefined.",
            where=Place(file=scene.name),
        )
        for band in scene.transparency
        if band not in bands and _is_measured(scene.read(middle_of(scene), [band]).pixels)
    ]


def _is_measured(values: Array) -> bool:
    """Whether most of the values that are not 0 lie below the highest, and there are many."""
    import numpy

    seen = values[values > 0]
    return bool(
        len(numpy.unique(seen)) > _FEW and numpy.count_nonzero(seen < seen.max()) > seen.size / 2
    )


__all__ = ["said_of_transparency"]
