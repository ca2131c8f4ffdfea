"""The scaling that Deepness, the QGIS plugin, writes into a model: standardized after / 255.

https://qgis-plugin-deepness.readthedocs.io/en/latest/creators/creators_add_metadata_to_model.html
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Mapping, Optional, Tuple

from .steps import Number, Scaling, Step, WrongScaling, checked

#: The properties of a model that hold it, as lists in JSON.
MEAN, DEVIATION = "standardization_mean", "standardization_std"
_LONGEST = 1 << 16


@dataclass(frozen=True)
class Standardization:
    """Means and deviations of values from 0 to 1; one for each band or for all, or empty."""

    mean: Tuple[float, ...] = ()
    deviation: Tuple[float, ...] = ()

    def scaling(self, bands: int) -> Scaling:
        """The steps for a model of so many bands.

        Raises
        ------
        WrongScaling
            When there are numbers for another number of bands, or a deviation is 0.
        """
        for values in (self.mean, self.deviation):
            if values and len(values) not in (1, bands):
                raise WrongScaling(f"it has {len(values)} numbers for {bands} bands")
        step = Step("z-score", (_number(self.mean, 0.0), _number(self.deviation, 1.0)))
        return Scaling(
            (Step("scale", (255.0,)), checked(step)), "the model's standardization (Deepness)"
        )


def _number(values: Tuple[float, ...], otherwise: float) -> Number:
    if not values:
        return otherwise
    return values if len(values) > 1 else values[0]


def standardization_in(properties: Mapping[str, str]) -> Optional[Standardization]:
    """What a model's properties say; None where they say nothing that can be read.

    Examples
    --------
    >>> standardization_in({"standardization_mean": "[0.5, 0.25]"})
    Standardization(mean=(0.5, 0.25), deviation=())
    """
    mean, deviation = (_numbers(properties.get(key)) for key in (MEAN, DEVIATION))
    if mean is None and deviation is None:
        return None
    return Standardization(mean or (), deviation or ())


def _numbers(text: Optional[str]) -> Optional[Tuple[float, ...]]:
    """The numbers of a JSON list; None where it is none, or holds anything else."""
    if text is None or len(text) > _LONGEST:
        return None
    try:
        values = json.loads(text)
        if not isinstance(values, list) or any(isinstance(one, (bool, str)) for one in values):
            return None
        numbers = tuple(map(float, values))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return numbers if numbers and all(map(math.isfinite, numbers)) else None
