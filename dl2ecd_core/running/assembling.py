"""Tiles become strips of the result: put side by side, or averaged where they overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional, Sequence

from .tiles.planning import Span, ramp
from .work import Job, Part

if TYPE_CHECKING:
    from .sessions import Array


@dataclass(frozen=True)
class Strip:
    """Finished rows of the result.

    Attributes
    ----------
    top
        The first of them.
    values
        ``(rows, columns)``.
    probabilities
        ``(classes, rows, columns)``; None unless asked for.
    """

    top: int
    values: Array
    probabilities: Optional[Array] = None


class Join:
    """Puts tiles side by side."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def add(self, rows: Span, parts: Sequence[Part], following: Optional[Span]) -> Strip:
        """The rows that these tiles complete."""
        import numpy

        del following  # Rows of tiles don't overlap in what is kept of them.
        job, window = self._job, self._job.window
        top, bottom = max(rows.first, window.top), min(rows.end, window.bottom)
        shape = (bottom - top, window.width)
        values = job.classifier.values
        result = numpy.full(shape, values.nodata, values.data_type)
        layers = job.classifier.probabilities.layers
        shares = (
            numpy.full((layers, *shape), numpy.nan, "float32") if job.with_probabilities else None
        )
        for columns, part in zip(job.columns, parts):
            if part.values is None:
                continue
            left, right = max(columns.first, window.left), min(columns.end, window.right)
            here = (slice(0, shape[0]), slice(left - window.left, right - window.left))
            there = (
                slice(top - rows.first, bottom - rows.first),
                slice(left - columns.first, right - columns.first),
            )
            result[here] = part.values[there]
            if shares is not None and part.layers is not None:
                shares[(slice(None), *here)] = part.layers[(slice(None), *there)]
                if part.valid is not None:
                    shares[(slice(None), *here)][:, ~part.valid[there]] = numpy.nan
        return Strip(top, result, shares)


class Blend:
    """Averages what tiles that overlap give: the middle of a tile counts more than its border."""

    def __init__(self, job: Job) -> None:
        import numpy

        self._job = job
        self._left = job.columns[0].first
        width = job.columns[-1].end - self._left
        self._top = 0
        self._layers = numpy.zeros((job.classifier.probabilities.layers, 0, width), "float32")
        self._weights = numpy.zeros((0, width), "float32")
        self._valid = numpy.zeros((0, width), bool)

    def add(self, rows: Span, parts: Sequence[Part], following: Optional[Span]) -> Optional[Strip]:
        """The rows to which no later tile adds anything; None where there are none yet."""
        import numpy

        fitted = self._job.classifier.fitted
        self._make_room(rows)
        down = numpy.asarray(ramp(fitted.rows.output)[: rows.kept], "float32")[:, None]
        line = slice(rows.first - self._top, rows.end - self._top)
        for columns, part in zip(self._job.columns, parts):
            cell = slice(columns.first - self._left, columns.end - self._left)
            self._valid[line, cell] |= True if part.valid is None else part.valid
            if part.layers is None:
                continue
            across = numpy.asarray(ramp(fitted.columns.output)[: columns.kept], "float32")
            weights = down * across
            self._layers[:, line, cell] += part.layers * weights
            self._weights[line, cell] += weights
        return self._finished(rows.end if following is None else following.first)

    def _make_room(self, rows: Span) -> None:
        import numpy

        if not self._weights.shape[0]:
            self._top = rows.first
        more = rows.end - self._top - self._weights.shape[0]
        self._layers = numpy.pad(self._layers, ((0, 0), (0, more), (0, 0)))
        self._weights = numpy.pad(self._weights, ((0, more), (0, 0)))
        self._valid = numpy.pad(self._valid, ((0, more), (0, 0)))

    def _finished(self, bottom: int) -> Optional[Strip]:
        import numpy

        job, window = self._job, self._job.window
        first, end = max(self._top, window.top), min(bottom, window.bottom)
        line = slice(first - self._top, max(end, first) - self._top)
        cell = slice(window.left - self._left, window.right - self._left)
        weights = numpy.maximum(self._weights[line, cell], numpy.finfo("float32").tiny)
        layers = self._layers[:, line, cell] / weights
        valid = self._valid[line, cell]
        gone = bottom - self._top
        self._layers = self._layers[:, gone:]
        self._weights, self._valid = self._weights[gone:], self._valid[gone:]
        self._top = bottom
        if first >= end:
            return None
        values = job.classifier.values.of_probabilities(layers)
        values[~valid] = job.classifier.values.nodata
        layers[:, ~valid] = numpy.nan
        return Strip(first, values, layers if job.with_probabilities else None)
