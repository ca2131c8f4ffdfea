"""What is done for one tile: its pixels out of a strip, scores, values, no data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple

from .classifier import Classifier
from .rasters.raster import Block, RasterReader, Window
from .tiles.placement import Placement
from .tiles.planning import Plan, Span

if TYPE_CHECKING:
    from .sessions import Array


@dataclass(frozen=True)
class Part:
    """What one tile gives for the pixels that are kept of it.

    Attributes
    ----------
    values
        None where there is no data, or tiles are blended.
    layers
        Probabilities; where tiles are blended of the whole tile, else only if asked for.
    valid
        Where there is data; None where there is everywhere.
    """

    values: Optional[Array]
    layers: Optional[Array]
    valid: Optional[Array]


@dataclass(frozen=True)
class Job:
    """The tiles of a window of a scene; used by several threads at once."""

    reader: RasterReader
    classifier: Classifier
    plan: Plan
    columns: Sequence[Span]
    window: Window
    with_probabilities: bool

    def read(self, rows: Span) -> Block:
        """The scene's pixels under a row of tiles, as far as there are any."""
        left, right = self._extent
        window = Window(*_inside(rows, self.reader.height), left, right)
        return self.reader.read(window, self.classifier.bands)

    @cached_property
    def _extent(self) -> Tuple[int, int]:
        """The scene's columns under all of these tiles."""
        lefts, rights = zip(*(_inside(span, self.reader.width) for span in self.columns))
        return min(lefts), max(rights)

    def parts(self, strip: Block, rows: Span, columns: Sequence[Span]) -> List[Part]:
        """The results of some tiles of a row: in one run where that is best, else one by one."""
        blocks = [self._tile(strip, rows, span) for span in columns]
        valid = [self._valid(block, rows, span) for block, span in zip(blocks, columns)]
        # Tiles of no data alone are not run.
        seen = [place for place, one in enumerate(valid) if one is None or bool(one.any())]
        wanted = [blocks[place] for place in seen]
        if len(wanted) > 1:
            found = self.classifier.scores_of(wanted)
        else:
            found = [self.classifier.scores(block) for block in wanted]
        layers = dict(zip(seen, found))
        return [
            self._part(layers[place], rows, span, valid[place])
            if place in layers
            else Part(None, None, valid[place])
            for place, span in enumerate(columns)
        ]

    def _part(self, layers: Array, rows: Span, columns: Span, valid: Optional[Array]) -> Part:
        """What is kept of a tile's scores."""
        down = slice(rows.skip, rows.skip + rows.kept)
        across = slice(columns.skip, columns.skip + columns.kept)
        kept = layers[:, down, across]
        shares, values = self.classifier.probabilities, self.classifier.values
        if self.plan.blended:
            return Part(None, shares.of_scores(kept), valid)
        found = values.of_scores(kept)
        if valid is not None:
            found[~valid] = values.nodata
        return Part(found, shares.of_scores(kept) if self.with_probabilities else None, valid)

    def _tile(self, strip: Block, rows: Span, columns: Span) -> Block:
        """A tile's pixels out of its strip; what lies outside the scene is its nearest pixel."""
        import numpy

        left = self._extent[0]
        top = max(rows.origin, 0)
        down = _nearest(rows, self.reader.height, top)
        across = _nearest(columns, self.reader.width, left)
        if down is None and across is None:
            first = columns.origin - left
            part = slice(first, first + columns.size)
            valid = None if strip.valid is None else strip.valid[:, part]
            return Block(strip.pixels[:, :, part], valid)
        line = numpy.arange(rows.origin - top, rows.origin - top + rows.size)
        cell = numpy.arange(columns.origin - left, columns.origin - left + columns.size)
        line = line if down is None else down
        cell = cell if across is None else across
        valid = None if strip.valid is None else strip.valid[line[:, None], cell]
        return Block(strip.pixels[:, line[:, None], cell], valid)

    def _valid(self, block: Block, rows: Span, columns: Span) -> Optional[Array]:
        """Where the kept result pixels of a tile lie over data; None where all do."""
        if block.valid is None or bool(block.valid.all()):
            return None
        fitted = self.classifier.fitted
        down = _any_under(block.valid, 0, fitted.rows, rows)
        return _any_under(down, 1, fitted.columns, columns)


def _any_under(valid: Array, axis: int, placement: Placement, span: Span) -> Array:
    """Along an axis, whether there is data anywhere under each kept result pixel."""
    import numpy

    edges = [
        min(max(math.floor(placement.start + place * placement.scale), 0), span.size - 1)
        for place in range(span.skip, span.skip + span.kept + 1)
    ]
    if placement.scale <= 1:
        return valid.take(edges[:-1], axis)
    under: Array = numpy.logical_or.reduceat(valid, edges, axis)
    return under.take(range(span.kept), axis)


def _inside(span: Span, size: int) -> Tuple[int, int]:
    return max(span.origin, 0), min(span.origin + span.size, size)


def _nearest(span: Span, size: int, first: int) -> Optional[Array]:
    """Indices into what was read from `first` on; None where all of a tile lies in the scene."""
    import numpy

    if span.origin >= 0 and span.origin + span.size <= size:
        return None
    return numpy.clip(numpy.arange(span.origin, span.origin + span.size), 0, size - 1) - first
