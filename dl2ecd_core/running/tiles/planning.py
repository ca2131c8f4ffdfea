"""Where tiles lie in a scene, and which of their pixels are kept: arithmetic alone.

A scene is cut so that the results, put side by side, are those of one pass over the whole scene:
each tile begins at a multiple of the model's stride, tiles at the scene's edge begin there (so
that a model's own padding acts where it would in one pass), and of the others only what does not
depend on pixels beyond the tile is kept. Every result pixel is kept from exactly one tile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, List, Tuple

from .placement import Placement


@dataclass(frozen=True)
class Span:
    """One tile along one axis.

    Attributes
    ----------
    origin
        First input pixel; negative where the tile begins before the scene. What lies outside the
        scene is filled with its nearest pixel.
    size
        Input pixels.
    first, end
        Result pixels that are kept: ``[first, end)`` of the whole result.
    skip
        Where `first` is in the tile's own output.
    """

    origin: int
    size: int
    first: int
    end: int
    skip: int

    @property
    def kept(self) -> int:
        """How many result pixels are kept."""
        return self.end - self.first


@dataclass(frozen=True)
class Tile:
    """A tile: where it lies in rows and in columns."""

    rows: Span
    columns: Span


@dataclass(frozen=True)
class Plan:
    """All tiles of a scene.

    Attributes
    ----------
    height, width
        Of the result, in its own pixels.
    rows, columns
        A tile is one of these and one of those.
    blended
        Whether tiles overlap and their scores are averaged with weights, since the model looks at
        the whole tile.
    """

    height: int
    width: int
    rows: Tuple[Span, ...]
    columns: Tuple[Span, ...]
    blended: bool = False

    def __len__(self) -> int:
        return len(self.rows) * len(self.columns)

    def tiles(self) -> Iterator[Tile]:
        """Row by row, from the left to the right."""
        for rows in self.rows:
            for columns in self.columns:
                yield Tile(rows, columns)

    def rows_touching(self, first: int, end: int) -> Tuple[Span, ...]:
        """The rows of tiles that give something to the result rows ``[first, end)``."""
        return tuple(span for span in self.rows if span.first < end and first < span.end)

    def columns_touching(self, first: int, end: int) -> Tuple[Span, ...]:
        """The columns of tiles that give something to the result columns ``[first, end)``."""
        return tuple(span for span in self.columns if span.first < end and first < span.end)


def spans(placement: Placement, size: int) -> Tuple[Span, ...]:
    """The tiles along one axis of a scene of `size` pixels; what each gives is exact.

    Raises
    ------
    ValueError
        When a tile has no inner part: see
        :attr:`~dl2ecd_core.running.tiles.placement.Placement.step`.

    Examples
    --------
    >>> [(s.origin, s.first, s.end) for s in spans(Placement(16, 16, stride=2, reach=(3, 3)), 30)]
    [(0, 0, 13), (10, 13, 17), (14, 17, 30)]
    """
    result, unit = placement.result_size(size), placement.outputs_per_stride
    before = placement.margins[0]
    last = placement.strides_over(size)
    step = placement.step
    if last and not step:
        raise ValueError(f"no tile of {placement} has an inner part")
    places: List[int] = list(range(0, last, step // unit)) if last else []
    places.append(last)
    # What is kept of a tile ends where that of the next one begins.
    firsts = [0, *(place * unit + before for place in places[1:]), result]
    return tuple(
        Span(
            place * placement.stride - placement.lead,
            placement.tile,
            first,
            end,
            first - place * unit,
        )
        for place, first, end in zip(places, firsts, firsts[1:])
    )


def overlapping_spans(placement: Placement, size: int) -> Tuple[Span, ...]:
    """Tiles along one axis at half their size, each kept whole, for scores that are averaged.

    Raises
    ------
    ValueError
        When a tile moved by one stride leaves a gap.
    """
    result, unit = placement.result_size(size), placement.outputs_per_stride
    if unit > placement.output:
        raise ValueError(f"tiles of {placement} leave gaps")
    last = placement.strides_over(size)
    step = max(placement.output // 2 // unit, 1)
    places = sorted({*range(0, last, step), last})
    return tuple(
        Span(
            place * placement.stride - placement.lead,
            placement.tile,
            place * unit,
            min(place * unit + placement.output, result),
            0,
        )
        for place in places
    )


def fits_one_tile(placement: Placement, size: int) -> bool:
    """Whether a scene is just what goes into one tile of a model that crops its border."""
    lead = placement.lead
    return (
        size == placement.tile
        and placement.scale == 1
        and placement.start == lead <= placement.output
        and placement.output + 2 * lead == size
        and lead % placement.stride == 0
    )


def centred_spans(placement: Placement, size: int) -> Tuple[Span, ...]:
    """The tile that a scene is, and two that give only the border which the first one crops."""
    lead, last = placement.lead, placement.lead + placement.output
    return (
        Span(-lead, size, 0, lead, 0),
        Span(0, size, lead, last, 0),
        Span(lead, size, last, size, last - 2 * lead),
    )


def can_be_joined(placement: Placement, size: int) -> bool:
    """Whether tiles can be put side by side: each gives what one pass would, or there is one."""
    return (
        placement.step > 0
        or placement.needed(size) == placement.tile
        or fits_one_tile(placement, size)
    )


def _joined_spans(placement: Placement, size: int) -> Tuple[Span, ...]:
    if placement.step or not fits_one_tile(placement, size) or not placement.lead:
        return spans(placement, size)
    return centred_spans(placement, size)


def plan_tiles(
    rows: Placement, columns: Placement, height: int, width: int, *, blended: bool = False
) -> Plan:
    """Cut a scene of `height` rows and `width` columns into tiles.

    Parameters
    ----------
    rows, columns
        How the model's output lies over its input.
    blended
        Overlap tiles by half instead of keeping of each only what is exact.
    """
    cut = overlapping_spans if blended else _joined_spans
    return Plan(
        rows.result_size(height),
        columns.result_size(width),
        cut(rows, height),
        cut(columns, width),
        blended,
    )


def ramp(count: int) -> List[float]:
    """The weights of a tile's pixels along one axis: a triangle, highest in the middle.

    Examples
    --------
    >>> ramp(4)
    [0.5, 1.5, 1.5, 0.5]
    """
    return [min(place + 0.5, count - place - 0.5) for place in range(count)]
