"""Whether a scene's values lie where their scaling takes them to lie: a guess from its middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional, Sequence

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import quoted
from ...scaling.steps import Scaling, Step
from ..rasters.raster import RasterReader
from ..sessions.scores import WHOLE_TYPES
from .band_units import likely_of_units
from .input_scaling import ASKED
from .scaling import scaled
from .scene_middle import likely_steps, values_of_middle

if TYPE_CHECKING:
    from ..sessions import Array

#: The share of values outside of the range from which on the range is hardly meant.
_MOST = 0.75
#: Between what values lie when such a step is done; hardly any is ten standard deviations from the
#: mean, and what divides bytes, or reflectance, leaves little above 1.
_MADE = {"min-max": (0.0, 1.0), "z-score": (-10.0, 10.0), "scale": (-2.0, 2.0)}
#: What values of 8 bits are divided by; those of more bits by more.
_BYTE = 255
#: The part of a range, or of a standard deviation, into which no scene's values are pressed that
#: are meant, however dark it is: 5 of 255, or 200 of 10,000, at the brightest pixel of all bands.
_SLIVER = 0.02
#: The same of all values that bytes can have: they are not those of a scene but of its type.
_SLIVER_OF_BYTES = 0.1
#: The same where the range is that of 16 bits: few sensors have more than 12, and reflectance in
#: ten-thousandths fills a sixth.
_SLIVER_OF_WORDS = 0.2
#: Values from which on hardly any network takes them as they are, unless it scales them itself.
_PLAIN = 1_000


def said_of_range(
    reader: RasterReader, bands: Sequence[int], scaling: Scaling, input_type: str
) -> List[Finding]:
    """Of steps that are hardly meant for a scene's values, by what they make of them.

    The middle of the scene is read, and only where its type leaves it open. What is told: most
    values outside of the range of a step; all of them in a sliver of it, so that everything looks
    alike to the model; large values that go in as they are, where a person asked for that.

    Parameters
    ----------
    input_type
        Of the model's input.
    """
    place = _telling(scaling.steps)
    if place is None:
        plain = not scaling.steps and scaling.source == ASKED and input_type not in WHOLE_TYPES
        return _said_of_plain(reader, bands) if plain and not _is_byte(reader) else []
    ends = _ends_of_type(reader.data_type, len(bands))
    step = scaling.steps[place]
    bytes_pressed = False
    if ends is not None:
        made = _made(ends, scaling, place)
        bytes_pressed = _is_byte(reader) and _never_reached(made, step)
        if not bytes_pressed and _is_byte(reader) and not _outside(made, step).any():
            return []
    pixels = values_of_middle(reader, bands)
    if not pixels.size:
        return []
    made = _made(pixels, scaling, place)
    share = float(_outside(made, step).mean())
    span = f"they go from {float(pixels.min()):g} to {float(pixels.max()):g}"
    of = f"{quoted(str(step))} ({scaling.source})"
    middle = f"values in the middle of {quoted(reader.name, 400)}"
    if share > _MOST:
        where = "lie outside of the range of" if step.kind == "min-max" else "are far from those of"
        return [
            _unlikely(reader, bands, pixels, f"{share:.0%} of the {middle} {where} {of}: {span}.")
        ]
    if pixels.min() == pixels.max():
        # Of one value alone nobody can tell.
        return []
    top = None if ends is None or _is_byte(reader) else _made(ends[:, 1:], scaling, place)
    if bytes_pressed or (not _is_byte(reader) and _is_pressed(made, step, top)):
        where = (
            "are far from those of"
            if step.kind == "z-score"
            else "fill only a small part of the range of"
        )
        return [
            _unlikely(
                reader,
                bands,
                pixels,
                f"The {middle} {where} {of}, so that they look alike to the model: {span}.",
            )
        ]
    return []


def _unlikely(reader: RasterReader, bands: Sequence[int], pixels: Array, message: str) -> Finding:
    ends = float(pixels.min()), float(pixels.max())
    told = likely_of_units(reader, bands)
    likely = (
        f"for such values, {likely_steps(ends, reader.data_type)[0]} is usual"
        if told is None
        else f"they may begin with {told}"
    )
    return finding(
        "scaling-unlikely",
        message,
        hint="This is a guess, and nothing was changed. See whether these are the steps that "
        f"the model was trained with (--scale); {likely}.",
        where=Place(file=reader.name),
    )


def _said_of_plain(reader: RasterReader, bands: Sequence[int]) -> List[Finding]:
    import numpy

    pixels = values_of_middle(reader, bands)
    if not pixels.size or float(numpy.median(numpy.abs(pixels.astype("float64")))) < _PLAIN:
        return []
    return [
        _unlikely(
            reader,
            bands,
            pixels,
            f"The values in the middle of {quoted(reader.name, 400)} go into the model as they "
            f"are ({ASKED} none), from {float(pixels.min()):g} to {float(pixels.max()):g}: few "
            "models take such large ones.",
        )
    ]


def _telling(steps: Sequence[Step]) -> Optional[int]:
    """The step that tells most about the values it is meant for; None where none does."""
    for kind in ("min-max", "z-score"):
        for place, step in enumerate(steps):
            if step.kind == kind:
                return place
    if not steps or steps[-1].kind != "scale":
        return None
    divisor = steps[-1].values[0]
    # A smaller one may be for anything.
    lowest = min(divisor) if isinstance(divisor, tuple) else divisor
    return len(steps) - 1 if lowest >= _BYTE else None


def _is_byte(reader: RasterReader) -> bool:
    return reader.data_type in ("uint8", "int8")


def _ends_of_type(data_type: str, bands: int) -> Optional[Array]:
    """The lowest and the highest value ``(bands, 2)`` of a type of whole numbers."""
    import numpy

    kind = numpy.dtype(data_type)
    if kind.kind not in "iu":
        return None
    ends = numpy.array([numpy.iinfo(kind).min, numpy.iinfo(kind).max], "float64")
    return numpy.tile(ends, (bands, 1))


def _made(pixels: Array, scaling: Scaling, place: int) -> Array:
    """What values ``(bands, pixels)`` are after a step."""
    before = Scaling(scaling.steps[: place + 1], scaling.source)
    return scaled(pixels[:, None, :], before, "float64")[:, 0]


def _outside(made: Array, step: Step) -> Array:
    """Which of the values that a step made lie outside of its range."""
    low, high = _MADE[step.kind]
    outside: Array = (made < low) | (made > high)
    return outside


def _never_reached(made: Array, step: Step) -> bool:
    """Whether the ends ``(bands, 2)`` of a type leave no room for a step to be meant for it."""
    if step.kind == "z-score":
        # The mean of values lies between them.
        return bool(((made > 0).all(1) | (made < 0).all(1)).all())
    return float(abs(made).max()) < _SLIVER_OF_BYTES


def _is_pressed(made: Array, step: Step, top: Optional[Array]) -> bool:
    """Whether the values that a step made lie in a sliver of its range.

    Parameters
    ----------
    top
        What the step makes of the highest value of the type; None of floats.
    """
    if step.kind == "z-score":
        return float((made.max(1) - made.min(1)).max()) < _SLIVER
    whole = top is not None and bool((abs(top - 1) < _SLIVER).all())
    return float(abs(made).max()) < (_SLIVER_OF_WORDS if whole else _SLIVER)


__all__ = ["said_of_range"]
