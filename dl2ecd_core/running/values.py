"""From scores to pixel values: which value each output index has, and which means no data.

The type of the result is as small as its values allow. No data is 0 where no class has that value,
else 255, else the highest value of a wider type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Dict, List, Mapping, Optional, Sequence, Tuple

from ..ecd.content import EcdClass
from ..findings import Finding
from ..findings.rules import finding
from ..findings.wording import counted, listed
from .extras import RunningRefused

if TYPE_CHECKING:
    from .sessions import Array

#: Types of a classified raster, the smallest first, with their lowest and highest values.
TYPES: Tuple[Tuple[str, int, int], ...] = (
    ("uint8", 0, 255),
    ("uint16", 0, 65_535),
    ("int16", -32_768, 32_767),
    ("uint32", 0, 4_294_967_295),
    ("int32", -(2**31), 2**31 - 1),
)

#: Layers whose places fit into a byte.
_MOST_LAYERS = 256
#: The value of background where the definition names an index for it.
BACKGROUND = 0


@dataclass(frozen=True)
class Values:
    """How indices become pixel values.

    Attributes
    ----------
    by_index
        The pixel value of each output index from 0 on; indices of no class have :attr:`nodata`.
    nodata
        The value that means no data.
    data_type
        The type of the result.
    threshold
        Where one channel parts two classes: the probability from which on it is index 1.
    score_threshold
        The score that stands for this probability.
    """

    by_index: Tuple[int, ...]
    nodata: int
    data_type: str
    threshold: Optional[float] = None
    score_threshold: Optional[float] = None

    def table(self) -> Array:
        """Pixel values by index, as an array to look up in."""
        import numpy

        return numpy.array(self.by_index, self.data_type)

    def of_scores(self, scores: Array) -> Array:
        """Pixel values ``(rows, columns)`` of scores ``(classes, rows, columns)``.

        The highest score wins, of equal ones the first. One layer is compared with the threshold,
        or holds indices already.
        """
        if scores.shape[0] == 1 and self.score_threshold is not None:
            return self._parted(scores[0] >= self.score_threshold)
        if scores.shape[0] == 1:
            return self.of_indices(scores[0])
        return self._highest(scores)

    def of_probabilities(self, shares: Array) -> Array:
        """Pixel values of probabilities: one layer for each class, or one that parts two."""
        if shares.shape[0] == 1 and self.threshold is not None:
            return self._parted(shares[0] >= self.threshold)
        return self._highest(shares)

    def _highest(self, scores: Array) -> Array:
        if scores.shape[0] == 2:
            return self._parted(scores[1] > scores[0])
        return self.table().take(_highest(scores), mode="clip")

    def _parted(self, second: Array) -> Array:
        """The second of two values where it is, the first elsewhere.

        By arithmetic, which goes around at the ends of a type: a hundredth of the time of asking
        pixel by pixel.
        """
        table = self.table()
        return second.astype(self.data_type) * (table[1:2] - table[:1]) + table[:1]

    def of_indices(self, indices: Array) -> Array:
        """Pixel values of output indices; those that the model should not give are no data."""
        import numpy

        whole = indices if indices.dtype.kind in "iu" else numpy.rint(indices).astype("int64")
        inside = (whole >= 0) & (whole < len(self.by_index))
        values = self.table().take(whole, mode="clip")
        return numpy.where(inside, values, values.dtype.type(self.nodata))


def _highest(scores: Array) -> Array:
    """The index of the highest of several layers, of equal ones the first.

    Layer by layer, all pixels at once: a tenth of the time of argmax.
    """
    import numpy

    if not 2 <= scores.shape[0] <= _MOST_LAYERS:
        return numpy.argmax(scores, axis=0)
    highest = numpy.maximum(scores[0], scores[1])
    index = (scores[1] > scores[0]).astype("uint8")
    for layer in range(2, len(scores)):
        higher = scores[layer] > highest
        numpy.maximum(index, higher.view("uint8") * numpy.uint8(layer), out=index)
        numpy.maximum(highest, scores[layer], out=highest)
    return index


def values_of(
    classes: Sequence[EcdClass],
    background: Optional[int],
    *,
    layers: int = 1,
    nodata: Optional[int] = None,
    threshold: Optional[float] = None,
    score_threshold: Optional[float] = None,
) -> Tuple[Values, Tuple[Finding, ...]]:
    """The pixel values of a definition's classes.

    Parameters
    ----------
    classes
        With the index of each in the model's output; by their order where it says none.
    background
        The output index that no listed class has.
    layers
        How many layers of scores the model gives; those of no class get the value for no data.
    nodata
        The value for no data that the person wants.
    threshold, score_threshold
        Where one channel parts two classes: the probability, and the score that stands for it.

    Raises
    ------
    RunningRefused
        ``nodata-taken`` where the wanted value is that of a class, ``nodata-impossible`` where no
        raster holds it.
    """
    by_index: Dict[int, int] = {}
    for place, item in enumerate(classes):
        by_index[place if item.index is None else item.index] = item.value
    findings: List[Finding] = []
    if background is not None and background not in by_index:
        by_index[background] = _background(by_index)
        findings.append(
            finding(
                "background-value",
                f"Pixels of none of the classes (output index {background}) get the value "
                f"{by_index[background]}, which is not the value for no data.",
            )
        )
    used = frozenset(by_index.values())
    chosen = _free_value(used) if nodata is None else _wanted(nodata, by_index, classes)
    needed = [*used, chosen]
    data_type = next(
        (name for name, low, high in TYPES if low <= min(needed) and max(needed) <= high), None
    )
    if data_type is None:
        raise RunningRefused([_impossible(chosen, used)])
    if max(used) > 255 or min(used) < 0:
        findings.append(
            finding(
                "no-color-table",
                f"The classes have values from {min(used)} to {max(used)}: color tables go from 0 "
                "to 255. Names and colors are in the raster attribute table alone.",
                hint="Give the classes values from 0 to 255 where programs should show their "
                "colors at once.",
            )
        )
    size = max(max(by_index) + 1, layers)
    table = tuple(by_index.get(index, chosen) for index in range(size))
    return Values(table, chosen, data_type, threshold, score_threshold), tuple(findings)


def _background(by_index: Mapping[int, int]) -> int:
    used = set(by_index.values())
    return BACKGROUND if BACKGROUND not in used else _free_value(frozenset(used))


def _free_value(used: frozenset[int]) -> int:
    for value in (0, 255):
        if value not in used:
            return value
    for _, low, high in TYPES[1:]:
        if low <= min(used) and max(used) <= high:
            free = next((value for value in (high, low) if value not in used), None)
            if free is not None:
                return free
    return next(value for value in range(256, 1 << 20) if value not in used)


def _wanted(nodata: int, by_index: Mapping[int, int], classes: Sequence[EcdClass]) -> int:
    taken = [item.name for item in classes if item.value == nodata]
    if nodata in by_index.values():
        raise RunningRefused(
            [
                finding(
                    "nodata-taken",
                    f"{nodata} can't mean no data: it is the value of "
                    f"{listed(taken) if taken else 'the background'}.",
                    hint="Choose a value that no class has, or leave --nodata out.",
                )
            ]
        )
    return nodata


def _impossible(nodata: int, used: frozenset[int]) -> Finding:
    return finding(
        "nodata-impossible",
        f"No type of raster holds the value {nodata} together with "
        f"{counted(len(used), 'class value')} from {min(used)} to {max(used)}.",
        hint="Choose a value between -2147483648 and 2147483647.",
    )
