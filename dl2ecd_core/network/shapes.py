"""Shape arithmetic: how operations change the sizes of tensors.

Every function answers None for "not known" and never guesses.
"""

from __future__ import annotations

from typing import Iterable, Optional, Sequence

from ..models.description import Dims


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


def broadcast(shapes: Iterable[Optional[Dims]]) -> Optional[Dims]:
    """The shape of element-wise operands together, aligned at the end as NumPy does.

    None when an operand's rank is unknown or the sizes don't go together.

    Examples
    --------
    >>> broadcast([(None, 4, 1), (4, 7)])
    (None, 4, 7)
    """
    result: Dims = ()
    for shape in shapes:
        if shape is None:
            return None
        longer, shorter = (result, shape) if len(result) >= len(shape) else (shape, result)
        shorter = (1,) * (len(longer) - len(shorter)) + tuple(shorter)
        sizes = []
        for one, other in zip(longer, shorter):
            if one == 1:
                sizes.append(other)
            elif other == 1 or one == other:
                sizes.append(one)
            elif one is None or other is None:
                # A free dimension next to a fixed one above 1 must be 1 or that size.
                sizes.append(one if other is None else other)
            else:
                return None
        result = tuple(sizes)
    return result


def elements(shape: Optional[Sequence[Optional[int]]]) -> Optional[int]:
    """The number of values in a tensor.

    Examples
    --------
    >>> elements((2, 3)), elements(()), elements((None, 3))
    (6, 1, None)
    """
    if shape is None:
        return None
    total = 1
    for size in shape:
        if size is None:
            return None
        total *= size
    return total
