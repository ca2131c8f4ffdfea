"""Other axes of the same elements, and which pixels can be followed into them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ..shapes import Dims, elements
from ..value import Axis, Value, shaped
from .step import Step

Outputs = Sequence[Value]
#: In place of a size that is left open: a prime that no other size is a multiple of.
_OPEN = (1 << 61) - 1


def reshape(step: Step) -> Outputs:
    """Reshape: 0 copies a size, -1 takes what is left."""
    x = step.input(0)
    # Opset 1 had the sizes in an attribute.
    target = step.input(1).integers() if step.has(1) else step.attributes.integers("shape")
    if target is None:
        rank = step.input(1).size(0)
        free = (None,) * rank if rank is not None and rank <= 64 else None
        return [shaped(free, x.data_type, constant=x.constant)]
    zero_is_zero = bool(step.attributes.integer("allowzero", 0))
    sizes, left = _reshaped(x.shape, target, zero_is_zero)
    if left is not None:
        sizes[left] = _what_is_left(x.shape, target, sizes, left, zero_is_zero)
    tracks = reshaped_axes(x, sizes)
    return [shaped(tuple(sizes), x.data_type, tracks, x.numbers, x.constant)]


def _reshaped(
    shape: Optional[Dims], target: Sequence[Optional[int]], zero_is_zero: bool
) -> Tuple[List[Optional[int]], Optional[int]]:
    """The new sizes, and which of them is what is left."""
    sizes: List[Optional[int]] = []
    left: Optional[int] = None
    for index, size in enumerate(target):
        if size == 0 and not zero_is_zero:
            sizes.append(shape[index] if shape is not None and index < len(shape) else None)
        elif size == -1:
            left = index
            sizes.append(None)
        else:
            sizes.append(size)
    return sizes, left


def _what_is_left(
    shape: Optional[Dims],
    target: Sequence[Optional[int]],
    sizes: Sequence[Optional[int]],
    left: int,
    zero_is_zero: bool,
) -> Optional[int]:
    if shape is None:
        return None
    copied = {
        index
        for index, size in enumerate(target)
        if size == 0 and not zero_is_zero and index < len(shape)
    }
    before = elements([size for index, size in enumerate(shape) if index not in copied])
    others = [s for index, s in enumerate(sizes) if index != left and index not in copied]
    after = elements(others)
    if before is None or not after or before % after:
        return None
    return before // after


def reshaped_axes(x: Value, sizes: Sequence[Optional[int]]) -> List[Axis]:
    """Axes at the front and at the back that keep their size stay what they are."""
    tracks = [Axis()] * len(sizes)
    if x.shape is None:
        return tracks
    if tuple(sizes) == x.shape and sum(size is None for size in sizes) <= 1:
        return list(x.axes)
    shorter = min(len(sizes), len(x.shape))
    for back in range(1, shorter + 1):
        if sizes[-back] is None or sizes[-back] != x.shape[-back]:
            break
        tracks[-back] = x.axes[-back]
    for front in range(shorter):
        if sizes[front] is None or sizes[front] != x.shape[front]:
            break
        tracks[front] = x.axes[front]
    for after, axis in _regrouped(x, sizes).items():
        tracks[after] = axis
    # Splitting channels into groups leaves two axes that may not both be called channels.
    for track in set(tracks):
        if track.letter != "?" and sum(one.letter == track.letter for one in tracks) > 1:
            tracks = [Axis("?", one.footprint) for one in tracks]
    return tracks


def _regrouped(x: Value, sizes: Sequence[Optional[int]]) -> Dict[int, Axis]:
    """Axes whose pixels can be followed where axes beside each other become one, or one several."""
    before, after = _with_one_size(x.shape or (), sizes)
    found: Dict[int, Axis] = {}
    if not elements(before) or elements(before) != elements(after):
        return found
    first, place = 0, 0
    while first < len(before) and place < len(after):
        # The least that both have in common.
        group, places = [first], [place]
        one, other = before[first] or 0, after[place] or 0
        while one != other:
            if one < other:
                group.append(group[-1] + 1)
                one *= before[group[-1]] or 0
            else:
                places.append(places[-1] + 1)
                other *= after[places[-1]] or 0
        found.update(
            _group(
                x.axes,
                [(at, before[at] or 0) for at in group if before[at] != 1],
                [(at, after[at] or 0) for at in places if after[at] != 1],
            )
        )
        first, place = group[-1] + 1, places[-1] + 1
    return found


def _with_one_size(
    before: Sequence[Optional[int]], after: Sequence[Optional[int]]
) -> Tuple[Sequence[Optional[int]], Sequence[Optional[int]]]:
    """The same with any size in place of the one that is left open on either side.

    Where all others together are as many, so is what is left open.
    """
    known = [[size for size in sizes if size is not None] for sizes in (before, after)]
    alike = elements(known[0]) == elements(known[1]) and bool(elements(known[0]))
    if not alike or any(len(one) + 1 != len(sizes) for one, sizes in zip(known, (before, after))):
        return before, after
    return tuple(_OPEN if one is None else one for one in before), tuple(
        _OPEN if one is None else one for one in after
    )


def _group(
    axes: Sequence[Axis], before: Sequence[Tuple[int, int]], after: Sequence[Tuple[int, int]]
) -> Dict[int, Axis]:
    """What becomes of axes that hold as many elements as others behind the reshape.

    Parameters
    ----------
    before, after
        Places and sizes, those of one element left out.
    """
    if not before or not after:
        return {}
    track, (place, _) = axes[before[0][0]], after[0]
    footprint = track.footprint
    if footprint is None or any(axes[at].footprint is not None for at, _ in before[1:]):
        return {}
    if len(before) == len(after) == 1:
        return {place: track}
    if len(after) == 1:
        # Elements beside each other look at the same pixel.
        times = math.prod(size for _, size in before[1:])
        return {place: replace(track, footprint=footprint.repeated(times), source=None)}
    if len(before) == 1:
        block = math.prod(size for _, size in after[1:])
        return {place: replace(track, footprint=footprint.window(block, block), source=None)}
    return {}


RULES: Dict[str, Callable[[Step], Outputs]] = {"Reshape": reshape}
