"""Where a detector's tiles lie: inside the scene, so far over each other that objects fit."""

from __future__ import annotations

from typing import Tuple


def tile_starts(size: int, tile: int, overlap: int) -> Tuple[int, ...]:
    """The first pixels of the tiles along an axis of `size` pixels.

    Neighbours share at least `overlap` pixels, so whatever is no longer than that lies whole in
    one of them. The last tile ends with the scene; a scene shorter than a tile has one.

    Examples
    --------
    >>> tile_starts(100, 40, 10)
    (0, 30, 60)
    >>> tile_starts(90, 40, 10), tile_starts(30, 40, 10)
    ((0, 25, 50), (0,))
    """
    if size <= tile:
        return (0,)
    count = -(-(size - overlap) // (tile - overlap))
    return tuple((size - tile) * place // (count - 1) for place in range(count))
