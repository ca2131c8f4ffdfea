"""A model that is ready to give a class to a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Mapping, Optional, Tuple

from ...findings import Place
from ...findings.rules import finding
from ...findings.wording import quoted
from ...scaling.steps import Scaling
from ..building import scores_for
from ..extras import RunningRefused
from ..inputs.scaling import scaled
from ..opening import OpenedModel
from ..probabilities import Kind, Probabilities, kind_of
from ..purpose import check_no_detector
from ..sessions import Session
from ..sessions.scores import Scores

if TYPE_CHECKING:
    from ..sessions import Array

#: What ``--fit`` names: how a picture of another size than the model's gets it.
STRETCH, CROP = "stretch", "crop"
FITS = (STRETCH, CROP)
#: Of a single score, as a probability, from which on it is the second class.
_HALF = 0.5


@dataclass(frozen=True)
class Labeller:
    """Gives classes to pictures.

    Attributes
    ----------
    scores
        The model.
    places
        For each output index, the place of its class in the definition's list.
    fit
        One of :data:`FITS`; None where all pictures have the model's size.
    """

    scores: Scores
    places: Mapping[int, int]
    fit: Optional[str] = None

    def label(self, pixels: Array, scaling: Scaling) -> Tuple[Optional[int], float]:
        """The place of a picture's class, and its probability; None where it is of no class.

        Parameters
        ----------
        pixels
            ``(bands, rows, columns)``, before scaling.
        """
        import numpy

        if pixels.dtype.kind == "f":
            pixels = numpy.nan_to_num(pixels, posinf=0, neginf=0)
        values = fitted(pixels, self.size(pixels.shape[1:]), self.fit)
        found = self.scores(scaled(values, scaling, self.scores.data_type))
        kind = kind_of(self.scores.activation, len(found), found)
        if kind is Kind.INDICES:
            index, share = int(numpy.rint(found[0, 0, 0])), 1.0
        else:
            shares = Probabilities(kind, len(found)).of_scores(found)[:, 0, 0]
            if len(shares) == 1:
                second = float(shares[0])
                index, share = int(second >= _HALF), max(second, 1 - second)
            else:
                index = int(shares.argmax())
                share = float(shares[index])
        return self.places.get(index), share

    def size(self, own: Tuple[int, ...]) -> Tuple[int, int]:
        """Rows and columns that go into the model, of a picture of its own size."""
        height, width = self.scores.tile
        return height or own[0], width or own[1]


def labeller_for(opened: OpenedModel, session: Session, fit: Optional[str] = None) -> Labeller:
    """A model that gives one class to a picture.

    Raises
    ------
    RunningRefused
        ``model-of-pixels`` where it gives a map of classes; ``model-of-objects`` where it detects.
    """
    check_no_detector(opened)
    scores = scores_for(opened, session, opened.ecd.band_count or 0)
    if scores.per_pixel or {"H", "W"} & set(scores.output_axes):
        raise RunningRefused(
            [
                finding(
                    "model-of-pixels",
                    "The model gives classes to pixels, and not one to each picture.",
                    hint="Classify the pictures: dl2ecd classify.",
                    where=Place(file=opened.ecd.name),
                )
            ]
        )
    places = {
        place if item.index is None else item.index: place
        for place, item in enumerate(opened.ecd.classes)
    }
    return Labeller(scores, places, fit)


def check_size(labeller: Labeller, own: Tuple[int, int], name: str) -> None:
    """Refuse a picture of another size than the model's, where nobody says what to do with it.

    Raises
    ------
    RunningRefused
        ``chip-size``.
    """
    wanted = labeller.size(own)
    if own == wanted or labeller.fit is not None:
        return
    raise RunningRefused(
        [
            finding(
                "chip-size",
                f"{quoted(name, 400)} has {own[0]} x {own[1]} pixels, and the model takes "
                f"{wanted[0]} x {wanted[1]}.",
                hint=f"Say what to do: --fit {STRETCH}, or --fit {CROP} for its middle. Whoever "
                "trained the model knows what was done then.",
                where=Place(file=name),
            )
        ]
    )


def fitted(pixels: Array, size: Tuple[int, int], fit: Optional[str]) -> Array:
    """A picture ``(bands, rows, columns)`` of another size.

    Cropped is its middle; what it lacks is its nearest pixel. Stretched is done linearly, each new
    pixel from all those that it covers, as pillow's BILINEAR does it.
    """
    import numpy

    if pixels.shape[1:] == size:
        return pixels
    if fit == CROP:
        places = []
        for own, wanted in zip(pixels.shape[1:], size):
            first = (own - wanted) // 2
            places.append(numpy.clip(numpy.arange(first, first + wanted), 0, own - 1))
        return pixels[:, places[0][:, None], places[1]]
    down, across = (_weights(own, wanted) for own, wanted in zip(pixels.shape[1:], size))
    found = numpy.einsum("ij,bjk,lk->bil", down, pixels.astype("float64"), across, optimize=True)
    if pixels.dtype.kind in "iu":
        found = numpy.rint(found)
    return found.astype(pixels.dtype)


def _weights(own: int, wanted: int) -> Array:
    """``(wanted, own)``: how much of each pixel there is in each new one."""
    import numpy

    ratio = own / wanted
    middles = (numpy.arange(wanted) + 0.5) * ratio
    away = numpy.abs(numpy.arange(own) + 0.5 - middles[:, None]) / max(ratio, 1.0)
    weights: Array = numpy.maximum(1 - away, 0)
    return weights / weights.sum(1, keepdims=True)
