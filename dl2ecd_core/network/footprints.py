"""Which part of the input tile an output pixel stands for, and which it looks at.

Along one axis, the pixels of a tensor lie side by side over the input tile: the first begins at
`start` (in input pixels from the tile's edge) and each is `scale` input pixels wide. A valid
convolution with a kernel of 3 moves the start by one pixel; a pooling of 2 doubles the scale.
At the output, a scale of 1 and the same whole number of pixels missing on both sides is what the
.emd vocabulary calls ModelPadding.

Beside that stands what each pixel looks at: an interval of input pixels, written down for one
period of the tensor's pixels. After a pooling by 2 and an upsampling by 2 the scale is 1 again, but
pixels come in pairs that look at the same two pixels of the input: the period is 2, and tiles whose
origins differ by an odd number are computed differently. Edges of the image are left aside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Callable, FrozenSet, Iterable, Iterator, Optional, Sequence, Tuple

#: An axis of one of the network's inputs: the input's name and the axis counted from the front.
Source = Tuple[str, int]
#: First and last input pixel that a pixel looks at; None when it looks at none.
Interval = Optional[Tuple[int, int]]
#: The pixels that a pixel behind an operation is made of.
Taps = Callable[[int], Iterator[int]]

#: Periods above this are not followed: no network that is tiled has one.
MOST_PHASES = 128
#: Pixels of this many input pixels, or this many of them in one, are not followed: with the strides
#: that a file makes up, the numbers would grow without end.
_WIDEST = 1 << 32


@dataclass(frozen=True)
class Footprint:
    """Where a tensor's pixels lie over the input tile along one axis.

    Attributes
    ----------
    scale
        Width of a pixel, in input pixels.
    start
        Where the first pixel begins, in input pixels from the tile's edge; None where pixels are
        combined that lie a pixel or more apart.
    reach
        What the pixels of one period look at, the first pixel's interval first; those of the next
        period look at the same, :attr:`alignment` input pixels further on. None when not known.
    sources
        The axes of the network's inputs that the pixels lie over.
    """

    scale: Fraction = Fraction(1)
    start: Optional[Fraction] = Fraction(0)
    reach: Optional[Tuple[Interval, ...]] = None
    sources: FrozenSet[Source] = frozenset()

    @property
    def alignment(self) -> Optional[int]:
        """Input pixels by which tiles may be moved without anything being computed differently.

        Examples
        --------
        >>> at_input().window(2, 2).repeated(2).alignment
        2
        """
        return None if self.reach is None else int(self.scale * len(self.reach))

    def looks_at(self, pixel: int) -> Interval:
        """The input pixels, first and last, that a pixel looks at; None for none.

        Raises
        ------
        ValueError
            When the reach is not known.
        """
        if self.reach is None:
            raise ValueError("what the pixels look at is not known")
        return _looked_at(self.reach, int(self.scale * len(self.reach)), pixel)

    def halo(self, offset: int = 0) -> Optional[Tuple[int, int]]:
        """Input pixels that a pixel needs before and behind the place that it stands for.

        Parameters
        ----------
        offset
            Where the first output pixel stands: the model's padding, else 0.

        Returns
        -------
        tuple or None
            The worst case of all pixels; None when the reach is not known.

        Examples
        --------
        >>> at_input().window(3, pad_before=1).halo(), at_input().window(3).halo(offset=1)
        ((1, 1), (1, 1))
        """
        if self.reach is None:
            return None
        before = behind = 0
        for pixel, looks in enumerate(self.reach):
            if looks is not None:
                first = math.floor(self.scale * pixel + offset)
                last = max(first, math.ceil(self.scale * (pixel + 1) + offset) - 1)
                before = max(before, first - looks[0])
                behind = max(behind, looks[1] - last)
        return before, behind

    def window(
        self, kernel: int, stride: int = 1, dilation: int = 1, pad_before: Optional[int] = 0
    ) -> Optional[Footprint]:
        """After a convolution or pooling; None when the padding is unknown.

        Examples
        --------
        >>> Footprint().window(3).start, Footprint().window(3, pad_before=1).start
        (Fraction(1, 1), Fraction(0, 1))
        """
        if pad_before is None or kernel < 1 or stride < 1 or dilation < 1:
            return None
        if self.scale * stride > _WIDEST:
            return None
        if kernel == 1 and stride == 1 and pad_before == 0:
            return self
        before: int = pad_before
        # Twice the shift: a window's middle may lie between two pixels.
        shift = dilation * (kernel - 1) + 1 - stride - 2 * before

        def taps(pixel: int) -> Iterator[int]:
            first = pixel * stride - before
            return (first + dilation * tap for tap in _ends(kernel, len(self.reach or ())))

        return Footprint(
            self.scale * stride,
            self._moved(self.scale * Fraction(shift, 2)),
            self._through(Fraction(1, stride), taps),
            self.sources,
        )

    def transposed(
        self, kernel: int, stride: int = 1, dilation: int = 1, pad_before: Optional[int] = 0
    ) -> Optional[Footprint]:
        """After a transposed convolution; None when the padding is unknown."""
        if pad_before is None or kernel < 1 or stride < 1 or dilation < 1:
            return None
        before: int = pad_before
        scale = self.scale / stride
        if scale * _WIDEST < 1:
            return None
        shift = Fraction(dilation * (kernel - 1) + 1 - stride, 2) - before

        def taps(pixel: int) -> Iterator[int]:
            period = len(self.reach or ()) * stride
            for tap in _ends(kernel, period):
                place, rest = divmod(pixel + before - dilation * tap, stride)
                if not rest:
                    yield place

        return Footprint(
            scale,
            self._moved(-scale * shift),
            self._through(Fraction(stride), taps),
            self.sources,
        )

    def cropped(self, before: int) -> Footprint:
        """After `before` pixels are cut off in front (negative: added)."""
        if before == 0:
            return self
        reach = self._through(Fraction(1), lambda pixel: iter((pixel + before,)))
        return replace(self, start=self._moved(self.scale * before), reach=reach)

    def in_multiples(self, pixels: int) -> Footprint:
        """Of an axis that has whole multiples of so many pixels: tiles are moved by no less.

        Left as it is where a period would be longer than any that is followed.

        Examples
        --------
        >>> at_input().in_multiples(6).alignment, at_input().window(2, 2).in_multiples(3).alignment
        (6, 6)
        """
        if self.reach is None or pixels < 1:
            return self
        period = len(self.reach) * pixels // math.gcd(len(self.reach), pixels)
        if period * max(self.scale, Fraction(1)) > MOST_PHASES:
            return self
        return replace(self, reach=tuple(self.looks_at(pixel) for pixel in range(period)))

    def repeated(self, times: int) -> Footprint:
        """After each pixel becomes several that are the same, or parts of it."""
        reach = self._through(Fraction(times), lambda pixel: iter((pixel // times,)))
        return replace(self, scale=self.scale / times, reach=reach)

    def resized(self, before: Optional[int], after: Optional[int]) -> Optional[Footprint]:
        """After a resize of an axis from `before` to `after` pixels that keeps the extent."""
        if not before or not after:
            return None
        return self.resampled(Fraction(after, before))

    def resampled(self, factor: Fraction, taps: Optional[Taps] = None) -> Footprint:
        """After a resize by a factor.

        Parameters
        ----------
        taps
            Which pixels an output pixel is made of: they tell where it lies. None when not known;
            then the extent is kept.

        Examples
        --------
        >>> at_input().resampled(Fraction(2), lambda pixel: iter((pixel // 2,))).start
        Fraction(0, 1)
        >>> every_other = at_input().resampled(Fraction(1, 2), lambda pixel: iter((2 * pixel,)))
        >>> every_other.start
        Fraction(-1, 2)
        """
        if taps is None:
            return replace(self, scale=self.scale / factor, reach=None)
        shift = self.scale * _behind(factor, taps)
        reach = self._through(factor, taps)
        return replace(self, scale=self.scale / factor, start=self._moved(shift), reach=reach)

    def _moved(self, by: Fraction) -> Optional[Fraction]:
        return None if self.start is None else self.start + by

    def _through(self, factor: Fraction, taps: Taps) -> Optional[Tuple[Interval, ...]]:
        """What pixels look at that are made of some of these, `factor` new ones for each."""
        if self.reach is None:
            return None
        # As many pixels of before as make a whole number of new ones.
        period = len(self.reach) * factor
        period *= period.denominator
        if period > MOST_PHASES:
            return None
        reach, shift = self.reach, int(self.scale * len(self.reach))
        return tuple(
            _hull(_looked_at(reach, shift, tap) for tap in taps(pixel))
            for pixel in range(int(period))
        )


def at_input(*sources: Source) -> Footprint:
    """The footprint of an input's own axis: every pixel looks at itself."""
    return Footprint(reach=((0, 0),), sources=frozenset(sources))


def _behind(factor: Fraction, taps: Taps) -> Fraction:
    """How far pixels lie behind where they would with the extent kept, in pixels of before.

    The mean over a period of pixels, each in the middle of what it is made of.
    """
    period = factor.numerator
    if period > MOST_PHASES:
        return Fraction(0)
    total = Fraction(0)
    for pixel in range(period):
        places = list(taps(pixel))
        kept = (pixel + Fraction(1, 2)) / factor - Fraction(1, 2)
        total += Fraction(min(places) + max(places), 2) - kept
    return total / period


def _looked_at(reach: Sequence[Interval], shift: int, pixel: int) -> Interval:
    times, phase = divmod(pixel, len(reach))
    found = reach[phase]
    return None if found is None else (found[0] + times * shift, found[1] + times * shift)


def _ends(count: int, period: int) -> Iterable[int]:
    """The first and the last of many taps: what lies between looks at nothing beyond them."""
    if count <= 2 * period:
        return range(count)
    return [*range(period), *range(count - period, count)]


def _hull(intervals: Iterable[Interval]) -> Interval:
    """The smallest interval that holds all."""
    result: Interval = None
    for interval in intervals:
        if interval is None:
            continue
        if result is None:
            result = interval
        else:
            result = min(result[0], interval[0]), max(result[1], interval[1])
    return result


def merged(footprints: Iterable[Optional[Footprint]]) -> Optional[Footprint]:
    """The footprint of tensors that are combined pixel by pixel.

    None when one is unknown or the scales differ. Less than a pixel apart (strided convolutions
    shift by halves), the last operand's place is taken; of those farther apart, as a network's
    coarsest and finest branch, none is. A pixel looks at what those that it is made of look at.
    """
    result: Optional[Footprint] = None
    for footprint in footprints:
        if footprint is None:
            return None
        if result is None or result == footprint:
            result = footprint
            continue
        if footprint.scale != result.scale:
            return None
        result = Footprint(
            footprint.scale,
            _either_start(result, footprint),
            _both(result, footprint),
            united(result.sources, footprint.sources),
        )
    return result


def _either_start(one: Footprint, other: Footprint) -> Optional[Fraction]:
    if one.start is None or other.start is None:
        return None
    return other.start if abs(other.start - one.start) < other.scale else None


def united(one: FrozenSet[Source], other: FrozenSet[Source]) -> FrozenSet[Source]:
    """The sources of either; no new set where one of them has all, for memory's sake."""
    if other <= one:
        return one
    return other if one <= other else one | other


def _both(one: Footprint, other: Footprint) -> Optional[Tuple[Interval, ...]]:
    if one.reach is None or other.reach is None:
        return None
    lengths = len(one.reach), len(other.reach)
    period = lengths[0] * lengths[1] // math.gcd(*lengths)
    if period > MOST_PHASES:
        return None
    return tuple(_hull((one.looks_at(at), other.looks_at(at))) for at in range(period))


def model_padding(
    input_sizes: Sequence[Optional[int]],
    output_sizes: Sequence[Optional[int]],
    footprints: Sequence[Optional[Footprint]],
) -> Optional[int]:
    """Pixels cropped from each side of a tile, the same for all axes; None unless certain.

    Parameters
    ----------
    input_sizes, output_sizes, footprints
        One entry per spatial axis.

    Examples
    --------
    >>> model_padding([256, 256], [128, 128], [Footprint(start=Fraction(64))] * 2)
    64
    >>> model_padding([256, 256], [128, 128], [Footprint(scale=Fraction(2))] * 2) is None
    True
    """
    paddings = set()
    for before, after, footprint in zip(input_sizes, output_sizes, footprints):
        if before is None or after is None or footprint is None or footprint.scale != 1:
            return None
        lost, start = before - after, footprint.start
        if start is None or lost <= 0 or lost % 2 or abs(start - lost // 2) >= 1:
            return None
        paddings.add(lost // 2)
    return paddings.pop() if len(paddings) == 1 else None
