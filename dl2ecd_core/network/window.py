"""Windows that move over an axis: the one arithmetic of convolution, pooling and their borders.

Frameworks differ in how padding is given and how a length that does not divide is rounded; both
are said explicitly here. Every function answers None for "not known" and never guesses.

ONNX's rules: https://github.com/onnx/onnx/blob/main/docs/Operators.md, Conv, MaxPool, ConvTranspose
Caffe's: https://github.com/BVLC/caffe/blob/master/src/caffe/layers/pooling_layer.cpp
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Optional, Tuple

from .footprints import Footprint


class Padding(Enum):
    """How much is laid around an axis."""

    EXPLICIT = "NOTSET"
    """As much as is given."""
    SAME_UPPER = "SAME_UPPER"
    """So that only the stride shrinks it; what can't be halved goes behind."""
    SAME_LOWER = "SAME_LOWER"
    """The same, but what can't be halved goes in front."""
    VALID = "VALID"
    """None."""


class Rounding(Enum):
    """What becomes of pixels that make no whole stride at the end."""

    FLOOR = "floor"
    """They are left out."""
    CEIL = "ceil"
    """One more window takes them in, unless it would begin behind image and padding in front."""
    CEIL_ALWAYS = "ceil-always"
    """One more window takes them in, wherever it begins, as Caffe has it without any padding."""


@dataclass(frozen=True)
class Window:
    """A convolution's or pooling's window along one axis.

    Attributes
    ----------
    kernel
        None when not known.
    before, after
        Explicit padding.

    Examples
    --------
    >>> Window(3, stride=2, padding=Padding.SAME_UPPER).output(255)
    128
    """

    kernel: Optional[int]
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0
    padding: Padding = Padding.EXPLICIT
    rounding: Rounding = Rounding.FLOOR

    @property
    def is_sound(self) -> bool:
        """Whether it is a window at all."""
        return self.stride > 0 and self.dilation > 0 and (self.kernel is None or self.kernel > 0)

    def pads(self, size: Optional[int]) -> Tuple[Optional[int], Optional[int]]:
        """Padding in front and behind.

        Of a free size, what "same" lays in front is known where it is the same for all sizes: with
        an odd kernel and a stride of 2 it is another for even and odd ones.

        Examples
        --------
        >>> Window(2, 2, padding=Padding.SAME_UPPER).pads(None)
        (0, None)
        """
        if self.padding is Padding.VALID:
            return 0, 0
        if self.padding is Padding.EXPLICIT:
            return self.before, self.after
        if self.kernel is None:
            return None, None
        total = same_padding(size, self.kernel, self.stride, self.dilation)
        if total is not None:
            return self._halves(total)
        # Sizes one above a multiple of the stride take the most, multiples the least.
        reach = self.dilation * (self.kernel - 1) + 1
        most, least = (self._halves(max(0, reach - rest))[0] for rest in (1, self.stride))
        return most if most == least else None, None

    def _halves(self, total: int) -> Tuple[int, int]:
        """What "same" lays in front and behind."""
        small, large = total // 2, total - total // 2
        return (small, large) if self.padding is Padding.SAME_UPPER else (large, small)

    def output(self, size: Optional[int]) -> Optional[int]:
        """The length of what comes out."""
        if self.padding in (Padding.SAME_UPPER, Padding.SAME_LOWER):
            return same_output(size, self.stride)
        explicit = self.padding is Padding.EXPLICIT
        before, after = (self.before, self.after) if explicit else (0, 0)
        ceil = self.rounding is not Rounding.FLOOR
        count = window_output(
            size, self.kernel, self.stride, self.dilation, before + after, ceil=ceil
        )
        if count is None or size is None or self.rounding is not Rounding.CEIL:
            return count
        return count - 1 if (count - 1) * self.stride >= size + before else count

    def footprint(self, footprint: Optional[Footprint], size: Optional[int]) -> Optional[Footprint]:
        """What the pixels that come out stand for."""
        if footprint is None or self.kernel is None:
            return None
        return footprint.window(self.kernel, self.stride, self.dilation, self.pads(size)[0])


@dataclass(frozen=True)
class TransposedWindow:
    """A transposed convolution's window along one axis.

    Attributes
    ----------
    before, after
        Pixels cut off from what comes out.
    extra
        Pixels added behind.
    target
        The length asked for, where it is; padding follows from it.
    """

    kernel: Optional[int]
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0
    extra: int = 0
    padding: Padding = Padding.EXPLICIT
    target: Optional[int] = None

    def output(self, size: Optional[int]) -> Optional[int]:
        """The length of what comes out."""
        if self.target is not None:
            return self.target
        if self.padding in (Padding.SAME_UPPER, Padding.SAME_LOWER):
            return None if size is None else size * self.stride
        cut = 0 if self.padding is Padding.VALID else self.before + self.after
        return transposed_output(size, self.kernel, self.stride, self.dilation, cut, self.extra)

    def cut_before(self, size: Optional[int]) -> Optional[int]:
        """Pixels cut off in front; None where that depends on who runs it.

        Where an odd number is to be cut off, runtimes differ in which side loses more:
        https://github.com/onnx/onnx/pull/3019
        """
        if self.target is None and self.padding is Padding.EXPLICIT:
            return self.before
        if self.target is None and self.padding is Padding.VALID:
            return 0
        # What "same" cuts off does not depend on the size.
        length = 1 if self.target is None else size
        output = self.output(length)
        whole = transposed_output(length, self.kernel, self.stride, self.dilation, 0, self.extra)
        if output is None or whole is None or whole < output or (whole - output) % 2:
            return None
        return (whole - output) // 2

    def footprint(self, footprint: Optional[Footprint], size: Optional[int]) -> Optional[Footprint]:
        """What the pixels that come out stand for."""
        if footprint is None or self.kernel is None:
            return None
        return footprint.transposed(self.kernel, self.stride, self.dilation, self.cut_before(size))


def window_output(
    size: Optional[int],
    kernel: Optional[int],
    stride: int = 1,
    dilation: int = 1,
    pad: Optional[int] = 0,
    *,
    ceil: bool = False,
) -> Optional[int]:
    """Output length of a convolution or pooling along one axis.

    Parameters
    ----------
    pad
        Padding on both sides together.
    ceil
        Round up, as some pooling layers do.

    Examples
    --------
    >>> window_output(256, 3), window_output(256, 2, stride=2), window_output(None, 3)
    (254, 128, None)
    """
    if size is None or kernel is None or pad is None or stride < 1:
        return None
    room = size + pad - dilation * (kernel - 1) - 1
    if room < 0:
        return None
    return (-(-room // stride) if ceil else room // stride) + 1


def same_output(size: Optional[int], stride: int = 1) -> Optional[int]:
    """Output length with padding chosen so that only the stride shrinks it.

    Examples
    --------
    >>> same_output(255, 2)
    128
    """
    return None if size is None or stride < 1 else -(-size // stride)


def same_padding(
    size: Optional[int], kernel: int, stride: int = 1, dilation: int = 1
) -> Optional[int]:
    """Total padding that "same" padding adds along one axis; the smaller half goes in front."""
    if stride == 1:
        return dilation * (kernel - 1)
    if size is None:
        return None
    output = -(-size // stride)
    return max(0, (output - 1) * stride + dilation * (kernel - 1) + 1 - size)


def transposed_output(
    size: Optional[int],
    kernel: Optional[int],
    stride: int = 1,
    dilation: int = 1,
    pad: Optional[int] = 0,
    extra: int = 0,
) -> Optional[int]:
    """Output length of a transposed convolution along one axis.

    Examples
    --------
    >>> transposed_output(64, 2, stride=2)
    128
    """
    if size is None or kernel is None or pad is None:
        return None
    output = (size - 1) * stride + dilation * (kernel - 1) + 1 - pad + extra
    return output if output >= 0 else None
