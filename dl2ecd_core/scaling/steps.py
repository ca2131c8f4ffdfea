"""How raster values become what a model takes: an ordered list of steps.

The steps and their arithmetic are those of the STAC extension for machine learning models
(https://github.com/stac-extensions/mlm, value scaling): ``min-max`` (x - minimum) / (maximum -
minimum), ``z-score`` (x - mean) / stddev, ``clip`` between minimum and maximum, ``clip-min``,
``clip-max``, ``offset`` x - value, ``scale`` x / value. A value is a number, or a list with one
for each band in the order in which the model takes them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple, Union

Number = Union[float, Tuple[float, ...]]

#: The kinds of steps with what each needs.
STEPS: Dict[str, Tuple[str, ...]] = {
    "min-max": ("minimum", "maximum"),
    "z-score": ("mean", "stddev"),
    "clip": ("minimum", "maximum"),
    "clip-min": ("minimum",),
    "clip-max": ("maximum",),
    "offset": ("value",),
    "scale": ("value",),
}


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes
    ----------
    kind
        One of :data:`STEPS`.
    values
        What it needs, in the order of :data:`STEPS`.
    """

    kind: str
    values: Tuple[Number, ...]

    def as_dict(self) -> Dict[str, object]:
        """The step as an .ecd has it."""
        entries: Dict[str, object] = {"type": self.kind}
        for name, value in zip(STEPS[self.kind], self.values):
            entries[name] = list(value) if isinstance(value, tuple) else value
        return entries

    def __str__(self) -> str:
        numbers = (
            ",".join(f"{one:g}" for one in (value if isinstance(value, tuple) else (value,)))
            for value in self.values
        )
        return " ".join([self.kind, *numbers])


class WrongScaling(ValueError):
    """A list of steps that can't be used; ``str()`` says why, as the end of a sentence."""


@dataclass(frozen=True)
class Scaling:
    """Steps, and where they are from.

    Attributes
    ----------
    steps
        In the order in which they are done; none where values go in as they are.
    source
        For a person: ``DataRange``, ``--scale``.
    """

    steps: Tuple[Step, ...]
    source: str

    def __str__(self) -> str:
        return ", then ".join(map(str, self.steps)) or "none"

    @property
    def with_source(self) -> str:
        """The steps and where they are from, for a person."""
        return f"{self} ({self.source})"


def read_steps(listed: object, bands: int) -> Tuple[Step, ...]:
    """The steps of a list as an .ecd or STAC Item has it.

    Raises
    ------
    WrongScaling
        When it is none.
    """
    if not isinstance(listed, list):
        raise WrongScaling("it is no list of steps")
    return tuple(_step(entry, bands) for entry in listed)


def _step(entry: object, bands: int) -> Step:
    kind = entry.get("type") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(kind, str) or kind not in STEPS:
        raise WrongScaling(f"steps are of the types {', '.join(STEPS)}; one is {kind!r}")
    values: List[Number] = []
    for name in STEPS[kind]:
        value = entry.get(name)
        values.append(_number(kind, name, value, bands))
    return checked(Step(kind, tuple(values)))


def _number(kind: str, name: str, value: object, bands: int) -> Number:
    if _is_number(value):
        return float(value)  # type: ignore[arg-type]
    if isinstance(value, list) and value and all(map(_is_number, value)):
        if len(value) != bands:
            raise WrongScaling(f"{name} of {kind} has {len(value)} numbers for {bands} bands")
        return tuple(map(float, value))
    raise WrongScaling(f"{name} of {kind} is no number, and no list with one for each band")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def checked(step: Step) -> Step:
    """The step, unless it divides by nothing.

    Raises
    ------
    WrongScaling
        When it does, or a range has no extent.
    """
    if step.kind in ("min-max", "clip"):
        low, high = (_each(value) for value in step.values)
        count = max(len(low), len(high))
        pairs = zip(low * (count // len(low)), high * (count // len(high)))
        if any(one >= other for one, other in pairs):
            raise WrongScaling(f"minimum of {step.kind} is not below maximum")
    if step.kind in ("z-score", "scale") and not all(_each(step.values[-1])):
        raise WrongScaling(f"{STEPS[step.kind][-1]} of {step.kind} is 0")
    return step


def _each(value: Number) -> Tuple[float, ...]:
    return value if isinstance(value, tuple) else (value,)


def parse_step(text: str, bands: int) -> Tuple[Step, ...]:
    """A step as people write it: its type and its numbers, those for each band after commas.

    Raises
    ------
    WrongScaling
        When it is none.

    Examples
    --------
    >>> [str(step) for step in parse_step("min-max 0 255", 3)]
    ['min-max 0 255']
    >>> parse_step("z-score 1,2,3 0.5", 3)[0].values
    ((1.0, 2.0, 3.0), 0.5)
    >>> parse_step("none", 3)
    ()
    """
    kind, *words = text.split()[:_MOST_WORDS] or [""]
    if kind == "none" and not words:
        return ()
    if kind not in STEPS or len(words) != len(STEPS[kind]):
        forms = [" ".join([name, *needs]) for name, needs in STEPS.items()]
        raise WrongScaling(f"a step is 'none' or one of: {'; '.join(forms)}")
    entry: Dict[str, object] = {"type": kind}
    for name, word in zip(STEPS[kind], words):
        numbers = [_parsed(part) for part in word.split(",")]
        entry[name] = numbers if len(numbers) > 1 else numbers[0]
    return (_step(entry, bands),)


_MOST_WORDS = 16


def _parsed(text: str) -> Optional[float]:
    try:
        return float(text)
    except ValueError:
        return None
