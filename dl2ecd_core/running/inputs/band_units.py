"""What a scene's file says of its values: the factor and summand that make them what they measure.

GDAL's scale and offset of a band: value * scale + offset
(https://gdal.org/en/stable/user/raster_data_model.html#raster-band). They are never applied here:
whether a model was trained with values as they are stored, or with what they measure, no file says.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import List, Optional, Sequence, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import quoted
from ...scaling.merging import merged_steps
from ...scaling.steps import Number, Scaling, Step
from ..rasters.raster import RasterReader
from ..rasters.raster_library import AS_STORED, Unit
from ..rasters.scene import Scene

#: The part by which numbers may differ that are the same: files often hold a scale in 32 bits, and
#: people write few digits.
_ALIKE = 1e-4


def measuring_steps(scene: RasterReader, bands: Sequence[int]) -> Tuple[Step, ...]:
    """The steps after which these bands of a scene are what they measure; none where nothing says.

    Examples
    --------
    Landsat's surface reflectance has a scale of 0.0000275 and an offset of -0.2; the steps are
    ``scale 36363.63636`` and ``offset 0.2``.
    """
    units = _units(scene, bands)
    if not any(unit != AS_STORED for unit in units):
        return ()
    divisors, shifts = [1 / scale for scale, _ in units], [0 - offset for _, offset in units]
    steps = []
    if any(divisor != 1 for divisor in divisors):
        steps.append(Step("scale", (_number(divisors),)))
    if any(shifts):
        steps.append(Step("offset", (_number(shifts),)))
    return tuple(steps)


def _units(scene: RasterReader, bands: Sequence[int]) -> List[Unit]:
    if not isinstance(scene, Scene):
        return []
    told = [scene.units[band] for band in bands]
    sensible = all(map(math.isfinite, (one for unit in told for one in unit)))
    return told if sensible and all(scale for scale, _ in told) else []


def _number(values: Sequence[float]) -> Number:
    """One number for all bands, where it is one."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def step_text(step: Step) -> str:
    """A step as --scale takes it, with more digits than it is told in elsewhere.

    Examples
    --------
    >>> step_text(Step("scale", (1 / 0.0000275,)))
    'scale 36363.63636'
    """
    numbers = (
        ",".join(f"{one:.10g}" for one in (value if isinstance(value, tuple) else (value,)))
        for value in step.values
    )
    return " ".join([step.kind, *numbers])


def likely_of_units(scene: RasterReader, bands: Sequence[int]) -> Optional[str]:
    """What the file says, as a candidate where nothing else says how values are scaled."""
    steps = measuring_steps(scene, bands)
    if not steps:
        return None
    told = " and then ".join(f"'{step_text(step)}'" for step in steps)
    return f"{told} (the scale and offset that the scene's file gives its bands)"


def said_of_units(scene: RasterReader, bands: Sequence[int], scaling: Scaling) -> List[Finding]:
    """That values go in as they are stored, where the file says that they measure something else.

    Nothing is said where the scaling begins with the same.
    """
    steps = measuring_steps(scene, bands)
    if not steps or _begins_with(scaling, steps, len(bands)):
        return []
    units = _units(scene, bands)
    place = next(place for place, unit in enumerate(units) if unit != AS_STORED)
    scale, offset = map(_plain, units[place])
    differ = "" if len(set(units)) == 1 else f" for band {bands[place] + 1}"
    asked = " and then ".join(f"--scale '{step_text(step)}'" for step in steps)
    scaled = f", scaled by {scaling.with_source}" if scaling.steps else ""
    return [
        finding(
            "band-scale-unused",
            f"{quoted(scene.name, 400)} gives its bands a scale and an offset ({scale} and "
            f"{offset}{differ}), which are not applied: its values go into the model as they are "
            f"stored{scaled}.",
            hint="That is right where the model was trained with stored values, which no file "
            f"says. Where it was trained with what they measure, give {asked}, and after that "
            "the steps that the model has for such values.",
            where=Place(file=scene.name),
        )
    ]


def _plain(value: float) -> str:
    """A number without an exponent, as far as it is of a size that people write so.

    Examples
    --------
    >>> _plain(0.0000275), _plain(-0.2), _plain(1e-30)
    ('0.0000275', '-0.2', '1e-30')
    """
    text = f"{value:.10g}"
    return format(Decimal(text), "f") if 1e-9 < abs(value) < 1e15 else text


def _begins_with(scaling: Scaling, steps: Sequence[Step], bands: int) -> bool:
    """Whether the first steps of a scaling do what these do."""
    wanted = _linear(steps, bands)
    found = (_linear(scaling.steps[: end + 1], bands) for end in range(len(scaling.steps)))
    return any(len(one) == bands and all(map(_is_same, one, wanted)) for one in found)


def _linear(steps: Sequence[Step], bands: int) -> List[Tuple[float, float]]:
    """What steps take from the values of each band, and divide them by; none where they do more."""
    # A step that changes nothing: one step alone stays what it is.
    merged = merged_steps([*steps, Step("offset", (0.0,))], bands)
    return [step.values for step in merged or ()]  # type: ignore[misc]


def _is_same(one: Tuple[float, float], other: Tuple[float, float]) -> bool:
    (mean, deviation), (other_mean, other_deviation) = one, other
    return math.isclose(deviation, other_deviation, rel_tol=_ALIKE) and math.isclose(
        mean, other_mean, rel_tol=_ALIKE, abs_tol=_ALIKE * abs(deviation)
    )


__all__ = ["likely_of_units", "measuring_steps", "said_of_units", "step_text"]
