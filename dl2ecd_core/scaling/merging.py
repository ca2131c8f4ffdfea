"""Several steps as one for each band: some vocabularies have room for only one."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from .steps import Step


def merged_steps(steps: Sequence[Step], bands: int) -> Optional[Tuple[Step, ...]]:
    """One step for each band that does what these steps do; None where no single one does.

    Examples
    --------
    >>> from dl2ecd_core.scaling.steps import parse_step
    >>> [str(step) for step in merged_steps(parse_step("z-score 1,2 4", 2), 2)]
    ['z-score 1 4', 'z-score 2 4']
    """
    if not steps:
        return ()
    if len(steps) == 1:
        return tuple(_of_band(steps[0], band) for band in range(bands))
    return _linear(steps, bands)


def _of_band(step: Step, band: int) -> Step:
    values = (value[band] if isinstance(value, tuple) else value for value in step.values)
    return Step(step.kind, tuple(values))


def _linear(steps: Sequence[Step], bands: int) -> Optional[Tuple[Step, ...]]:
    """Steps that shift and stretch as one: (x - mean) / stddev."""
    found: List[Step] = []
    for band in range(bands):
        mean, deviation = 0.0, 1.0
        for step in steps:
            shift, stretch = _shift_and_stretch(_of_band(step, band))
            if stretch is None:
                return None
            # ((x - mean) / deviation - shift) / stretch
            mean, deviation = mean + shift * deviation, deviation * stretch
        found.append(Step("z-score", (mean, deviation)))
    return tuple(found)


def _shift_and_stretch(step: Step) -> Tuple[float, Optional[float]]:
    first, last = (float(value) for value in (step.values[0], step.values[-1]))  # type: ignore[arg-type]
    if step.kind == "min-max":
        return first, last - first
    if step.kind == "z-score":
        return first, last
    if step.kind == "offset":
        return first, 1.0
    if step.kind == "scale":
        return 0.0, last
    return 0.0, None
