"""The size of the pixels that a model was trained with, where its definition tells it.

Esri's training tools write MinCellSize and MaxCellSize into the .emd: ``{"x": 0.6, "y": 0.6,
"spatialReference": {"wkid": 26911, "latestWkid": 26911}}``, in units of that reference.
"""

from __future__ import annotations

import math
from typing import Any, Iterator, Mapping, Optional, Tuple

#: First and last EPSG codes of systems whose unit is the metre: those of UTM's zones, by datum.
_ZONES: Tuple[Tuple[int, int], ...] = (
    (32601, 32660), (32701, 32760),  # WGS 84, north and south
    (32201, 32260), (32301, 32360),  # WGS 72
    (26901, 26923), (6328, 6348),  # NAD83, NAD83(2011)
    (26701, 26722),  # NAD27
    (25828, 25838),  # ETRS89
    (28348, 28358), (7846, 7859),  # GDA94, GDA2020
)  # fmt: skip
#: Others: Web Mercator under all its codes, and the systems of countries and continents.
_METRES = frozenset(
    (3857, 102100, 102113, 900913, 5070, 102003, 3035, 27700, 2154, 2056, 28992, 3006, 2180, 2193)
)
_LARGEST = 1e6


def centimetres_of(document: Mapping[str, Any]) -> Optional[float]:
    """The width of a pixel in centimetres of the map; None where it is not told, or not one.

    Examples
    --------
    >>> reference = {"wkid": 32633, "latestWkid": 32633}
    >>> centimetres_of({"MinCellSize": {"x": 0.6, "y": 0.6, "spatialReference": reference}})
    60.0
    >>> centimetres_of({"MinCellSize": {"x": 2e-6, "y": 2e-6, "spatialReference": {"wkid": 4326}}})
    """
    told = [document[name] for name in ("MinCellSize", "MaxCellSize") if name in document]
    sizes = [size for one in told for size in _metres(one)]
    if not sizes or len(sizes) < 2 * len(told):
        return None
    if not math.isclose(min(sizes), max(sizes), rel_tol=1e-3):
        return None
    return round(100 * sizes[0], 6)


def _metres(told: Any) -> Iterator[float]:
    """Width and height; nothing where the unit or a number is not known."""
    if not isinstance(told, dict) or not _in_metres(told.get("spatialReference")):
        return
    for key in ("x", "y"):
        size = told.get(key)
        if isinstance(size, (int, float)) and not isinstance(size, bool) and 0 < size < _LARGEST:
            yield float(size)


def _in_metres(reference: Any) -> bool:
    if not isinstance(reference, dict):
        return False
    code = reference.get("latestWkid", reference.get("wkid"))
    if isinstance(code, bool) or not isinstance(code, int):
        return False
    return code in _METRES or any(first <= code <= last for first, last in _ZONES)
