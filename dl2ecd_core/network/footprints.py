"""Which part of the input tile an output pixel stands for.

Along one axis, the pixels of a tensor lie side by side over the input tile: the first begins at
`start` (in input pixels from the tile's edge) and each is `scale` input pixels wide. A valid
convolution with a kernel of 3 moves the start by one pixel; a pooling of 2 doubles the scale.
At the output, a scale of 1 and the same whole number of pixels missing on both sides is what the
.emd vocabulary calls ModelPadding.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Iterable, Optional, Sequence


@dataclass(frozen=True)
class Footprint:
    """Where a tensor's pixels lie over the input tile along one axis.

    Attributes
    ----------
    scale
        Width of a pixel, in input pixels.
    start
        Where the first pixel begins, in input pixels from the tile's edge.
    """

    scale: Fraction = Fraction(1)
    start: Fraction = Fraction(0)

    def window(
        self, kernel: int, stride: int = 1, dilation: int = 1, pad_before: Optional[int] = 0
    ) -> Optional[Footprint]:
        """After a convolution or pooling; None when the padding is unknown.

        Examples
        --------
        >>> Footprint().window(3).start, Footprint().window(3, pad_before=1).start
        (Fraction(1, 1), Fraction(0, 1))
        """
        if pad_before is None:
            return None
        # Twice the shift: a window's middle may lie between two pixels.
        shift = dilation * (kernel - 1) + 1 - stride - 2 * pad_before
        if stride == 1 and shift == 0:
            return self
        return Footprint(self.scale * stride, self.start + self.scale * Fraction(shift, 2))

    def transposed(
        self, kernel: int, stride: int = 1, dilation: int = 1, pad_before: Optional[int] = 0
    ) -> Optional[Footprint]:
        """After a transposed convolution; None when the padding is unknown."""
        if pad_before is None or stride < 1:
            return None
        scale = self.scale / stride
        reach = dilation * (kernel - 1) + 1
        shift = Fraction(reach - stride, 2) - pad_before
        return Footprint(scale, self.start - scale * shift)

    def cropped(self, before: int) -> Footprint:
        """After `before` pixels are cut off in front (negative: added)."""
        return Footprint(self.scale, self.start + self.scale * before)

    def resized(self, before: Optional[int], after: Optional[int]) -> Optional[Footprint]:
        """After a resize of an axis from `before` to `after` pixels that keeps the extent."""
        if not before or not after:
            return None
        return Footprint(self.scale * before / after, self.start)


def merged(footprints: Iterable[Optional[Footprint]]) -> Optional[Footprint]:
    """The footprint of tensors that are combined pixel by pixel.

    None when one is unknown, the scales differ, or they lie a pixel or more apart. Less than a
    pixel apart (strided convolutions shift by halves), the last operand's place is taken.
    """
    result: Optional[Footprint] = None
    for footprint in footprints:
        if footprint is None:
            return None
        if result is not None and (
            footprint.scale != result.scale
            or abs(footprint.start - result.start) >= footprint.scale
        ):
            return None
        result = footprint
    return result


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
        lost = before - after
        if lost <= 0 or lost % 2 or abs(footprint.start - lost // 2) >= 1:
            return None
        paddings.add(lost // 2)
    return paddings.pop() if len(paddings) == 1 else None
