"""How far a model looks, found out by trying: pixels are changed, and what changes is seen.

A network of convolutions, poolings and the like sees each pixel's neighbourhood alone, and gives
the same when all is moved by its stride. Both show from outside: changing everything on one side
of a line changes the result up to as far as the network looks, and a scene moved by a number of
pixels gives a moved result or does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Callable, List, Optional, Tuple

from .placement import Placement, Reach, first_place

if TYPE_CHECKING:
    from ..sessions import Array

    #: Scores ``(classes, rows, columns)`` of a tile ``(bands, rows, columns)``.
    Run = Callable[[Array], Array]

#: Strides that are tried; networks halve a tile at most so often.
STRIDES: Tuple[int, ...] = (
    1,
    2,
    4,
    8,
    16,
    32,
    64,
    3,
    6,
    12,
    24,
    5,
    10,
    20,
    7,
    14,
    28,
    48,
    9,
    18,
    27,
)
#: How often a line is looked for.
_DRAWS = 4
#: Lines beside which pixels are changed: what one change does not show, another does.
_LINES = 3
#: How often as many where the result is of classes alone, which few changes show in.
_TIMES_FOR_CLASSES = 4
#: Sides of the patches that changed pixels come in.
_PATCHES = (1, 4, 16, 48)
#: Relative difference below which moved results are the same: kernels add in other orders.
_SAME = 4e-6


@dataclass(frozen=True)
class Probed:
    """What trying told: how the output lies over the input, in rows and in columns."""

    rows: Placement
    columns: Placement


def probe(
    run: Run, example: Array, scales: Tuple[Optional[Fraction], Optional[Fraction]]
) -> Probed:
    """Find out how far a model looks and by how much its tiles may be moved.

    Parameters
    ----------
    run
        The model.
    example
        A tile ``(bands, rows, columns)`` of pixels as the model takes them, for its size, type and
        range of values.
    scales
        Width of a result pixel in rows and in columns, where it is known.

    Returns
    -------
    Probed
        With a reach of None along an axis in which the model looks at the whole tile, or as far
        as can be seen in a tile of this size.
    """
    return Probed(probe_along(run, example, 1, scales[0]), probe_along(run, example, 2, scales[1]))


def probe_along(run: Run, example: Array, axis: int, known: Optional[Fraction]) -> Placement:
    """The same along one axis of an example: 1 for rows, 2 for columns."""
    trial = _Trial(run, example, axis)
    size, output = example.shape[axis], trial.base.shape[axis]
    if output == 1:
        # One result for the whole tile.
        return Placement(size, 1, Fraction(size), stride=size)
    scale = trial.scale() if known is None else known
    start = first_place(size, output, scale)
    unknown = Placement(size, output, scale, start, max(scale.numerator, 1), None)
    rough = trial.reach(scale, start, [size // 2])
    stride = None if rough is None else trial.stride(scale, rough)
    if stride is None:
        return unknown
    return replace(unknown, stride=stride, reach=_reach(trial, scale, start, stride))


def _reach(trial: _Trial, scale: Fraction, start: Fraction, stride: int) -> Optional[Reach]:
    """How far it looks across lines at whole strides from either end of a tile."""
    middle = trial.size // 2
    count = _LINES * (_TIMES_FOR_CLASSES if trial.of_classes else 1)
    strides = [place % 5 - 2 for place in range(count)]
    first = [middle // stride * stride + place * stride for place in strides]
    rest = trial.size % stride
    found = trial.reach(scale, start, [line for line in first if 0 < line < trial.size])
    last = [line + rest for line in first if 0 < line + rest < trial.size]
    other = trial.reach(scale, start, last) if rest else found
    if found is None or other is None:
        return None
    found = max(found[0], other[0]), max(found[1], other[1])
    for _ in range(count):
        found = trial.held(scale, start, stride, found)
    # Classes show little of what scores would: a stride more is cheap.
    more = stride if trial.of_classes else 0
    return found[0] + more, found[1] + more


class _Trial:
    """Trials along one axis."""

    def __init__(self, run: Run, example: Array, axis: int) -> None:
        import numpy

        self.axis, self.size = axis, example.shape[axis]
        self._run = run
        self._random = numpy.random.default_rng(7)
        self._example = example
        self.base = run(example)
        self.of_classes = self.base.dtype.kind in "iu"

    def _fresh(self, size: Optional[int] = None, side: Optional[int] = None) -> Array:
        """Other pixels of the same range, along the axis so many: patches out of the example.

        Patches of one pixel are noise, of which what looks at many sees little but the mean. Where
        no side is given, it is drawn.
        """
        import numpy

        example = self._example
        bands, height, width = example.shape
        shape = [height, width]
        if size is not None:
            shape[self.axis - 1] = size
        side = min(side or int(self._random.choice(_PATCHES)), height, width)
        blocks = [bands, *(-(-length // side) for length in shape)]
        starts = [self._random.integers(0, length - side + 1, blocks) for length in (height, width)]
        row, column = numpy.ogrid[: shape[0], : shape[1]]
        rows, columns = (one[:, row // side, column // side] for one in starts)
        band = numpy.arange(bands)[:, None, None]
        return example[band, rows + row % side, columns + column % side]

    def _changed(self, first: int, end: int) -> Optional[Tuple[int, int]]:
        """Result pixels that change with the input pixels ``[first, end)``: from, to."""
        tile = self._example.copy()
        index = [slice(None)] * 3
        index[self.axis] = slice(first, end)
        tile[tuple(index)] = self._fresh()[tuple(index)]
        other = tuple(place for place in range(3) if place != self.axis)
        different = (self._run(tile) != self.base).any(axis=other).nonzero()[0]
        if not different.size:
            return None
        return int(different[0]), int(different[-1]) + 1

    def scale(self) -> Fraction:
        """Width of a result pixel.

        Beside a line the result changes much on one side of it and little on the other, also
        where the model looks at the whole tile: two lines are seen as far apart as they are.
        """
        output = self.base.shape[self.axis]
        if self.size < output * 3 // 2 and output <= self.size:
            return Fraction(1)
        one, other = (self._step_at(line) for line in self._lines())
        first, last = self._lines()
        if other <= one:
            return _simple(Fraction(self.size, output))
        return _simple(Fraction(last - first, other - one))

    def _lines(self) -> Tuple[int, int]:
        return self.size * 3 // 8, self.size * 5 // 8

    def _step_at(self, line: int) -> int:
        """Where in the result the pixels from a line on begin to be seen much."""
        import numpy

        index = [slice(None)] * 3
        index[self.axis] = slice(line, None)
        other = tuple(place for place in range(3) if place != self.axis)
        change = numpy.zeros(self.base.shape[self.axis])
        for _ in range(_DRAWS):
            # Noise, which changes alike everywhere: of patches some change more than others.
            tile = self._fresh(side=1)
            changed = tile.copy()
            changed[tuple(index)] = self._fresh(side=1)[tuple(index)]
            change += numpy.abs(self._run(changed) - self._run(tile)).mean(axis=other)
        # The best place to part little change from much.
        sums = numpy.concatenate([[0.0], numpy.cumsum(change)])
        counts = numpy.arange(len(sums))
        low = sums[1:-1] / counts[1:-1]
        high = (sums[-1] - sums[1:-1]) / counts[1:-1][::-1]
        spread = counts[1:-1] * counts[1:-1][::-1] * (high - low) ** 2
        return int(spread.argmax()) + 1

    def reach(self, scale: Fraction, start: Fraction, lines: List[int]) -> Optional[Reach]:
        """How far the model looks before and after a pixel; None for the whole tile."""
        output = self.base.shape[self.axis]
        before = after = 0
        for line in lines:
            later, earlier = self._changed(line, self.size), self._changed(0, line)
            if later is not None:
                if later[0] == 0:
                    return None
                # The first result pixel that sees the line; it ends here.
                after = max(after, line + 1 - int(start + (later[0] + 1) * scale))
            if earlier is not None:
                if earlier[1] == output:
                    return None
                before = max(before, int(start + (earlier[1] - 1) * scale) - (line - 1))
        return max(before, 0), max(after, 0)

    def held(self, scale: Fraction, start: Fraction, stride: int, reach: Reach) -> Reach:
        """A reach, made longer by what many lines at once show of it.

        What a model rarely sees, few lines show: every other stripe of pixels is changed, and in
        those between them no more may change than what the reach tells.
        """
        before, after = reach
        strides = math.ceil(2 * (max(before, after) + stride) / stride)
        wide = strides * stride
        if self.size < 3 * wide:
            return reach
        index = [slice(None)] * 3
        tile, fresh = self._example.copy(), self._fresh()
        for line in range(0, self.size, 2 * wide):
            index[self.axis] = slice(line, line + wide)
            tile[tuple(index)] = fresh[tuple(index)]
        other = tuple(place for place in range(3) if place != self.axis)
        for pixel in (self._run(tile) != self.base).any(axis=other).nonzero()[0].tolist():
            first, end = start + pixel * scale, start + (pixel + 1) * scale
            stripe, inside = divmod(int(first), wide)
            if stripe % 2 and inside < wide // 2:
                before = max(before, int(first) - (stripe * wide - 1))
            elif stripe % 2:
                after = max(after, (stripe + 1) * wide + 1 - int(end))
        return before, after

    def stride(self, scale: Fraction, reach: Reach) -> Optional[int]:
        """The least move that moves the result and changes nothing else; None if none is found."""
        import numpy

        output = self.base.shape[self.axis]
        for stride in STRIDES:
            moved = stride / scale
            margin = int((max(reach) + stride) / scale) + 1
            if moved.denominator != 1 or output - int(moved) <= 2 * margin:
                continue
            longer = self._fresh(self.size + stride)
            one = self._run(numpy.ascontiguousarray(self._cut(longer, 0, self.size)))
            other = self._run(
                numpy.ascontiguousarray(self._cut(longer, stride, self.size + stride))
            )
            left = self._cut(one, int(moved) + margin, output - margin)
            right = self._cut(other, margin, output - margin - int(moved))
            largest = float(numpy.abs(left).max(initial=0))
            if float(numpy.abs(left - right).max(initial=0)) <= _SAME * max(largest, 1e-30):
                return stride
        return None

    def _cut(self, array: Array, first: int, end: int) -> Array:
        index = [slice(None)] * 3
        index[self.axis] = slice(first, end)
        return array[tuple(index)]


def _simple(measured: Fraction) -> Fraction:
    """The whole number, or one over one, that a measured scale stands for."""
    if measured >= 1:
        return Fraction(round(measured))
    return 1 / Fraction(round(1 / measured))
