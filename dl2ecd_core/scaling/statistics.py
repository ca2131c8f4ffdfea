"""The scaling that arcgis.learn's statistics tell, and the key that says one outright."""

from __future__ import annotations

from typing import Mapping, Optional, Sequence, Tuple

from .steps import Scaling, Step, WrongScaling, checked

#: The key of definitions that says it.
SCALING = "InputScaling"
#: That of arcgis.learn's statistics.
STATISTICS = "NormalizationStats"


def statistics_scaling(document: Mapping[str, object], bands: int) -> Optional[Scaling]:
    """arcgis.learn's statistics: first onto 0 to 1 by each band's range, then by its deviation.

    The lists go by the bands of the scene; ExtractBands picks from them. None where there are
    none, or none that make sense.
    """
    stats = document.get(STATISTICS)
    if not isinstance(stats, Mapping):
        return None
    picked = document.get("ExtractBands")
    indices = list(range(bands))
    if isinstance(picked, list) and all(
        isinstance(band, int) and not isinstance(band, bool) and band >= 0 for band in picked
    ):
        indices = picked
    low, high, mean, deviation = (
        _picked(stats.get(key), indices)
        for key in ("band_min_values", "band_max_values", "scaled_mean_values", "scaled_std_values")
    )
    steps = []
    try:
        if low is not None and high is not None:
            steps.append(checked(Step("min-max", (low, high))))
        if mean is not None and deviation is not None:
            steps.append(checked(Step("z-score", (mean, deviation))))
    except WrongScaling:
        return None
    return Scaling(tuple(steps), STATISTICS) if steps else None


def _picked(values: object, indices: Sequence[int]) -> Optional[Tuple[float, ...]]:
    if not isinstance(values, list) or not all(
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in values
    ):
        return None
    if len(values) == len(indices):
        return tuple(map(float, values))
    if max(indices, default=0) >= len(values):
        return None
    return tuple(float(values[index]) for index in indices)
