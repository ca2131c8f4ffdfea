"""Shape arithmetic: how operations change the sizes of tensors.

Every function answers None for "not known" and never guesses.
"""

from __future__ import annotations

from typing import Iterable, Optional, Sequence, Tuple

#: A tensor's dimensions in the order of the framework's Python API; None is a free dimension.
Dims = Tuple[Optional[int], ...]


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
