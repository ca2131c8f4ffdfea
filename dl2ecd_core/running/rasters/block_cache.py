"""How much of a scene GDAL keeps decoded: as much as it takes to decode no block twice.

A scene is read from the top to the bottom, as many rows at a time as tiles have, and GDAL decodes
whole blocks. Where a row of them does not stay in its cache until the last tile has seen it, it is
decoded again for every row of tiles that touches it. Tiles lie over each other, and over the border
of two rows of blocks; so it takes both.

GDAL has one cache for the whole process. What all open scenes need of it is added up.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Callable, Dict, Iterator, Optional, Sequence

#: Bytes that the cache has at least; by default GDAL takes a share of all memory.
LEAST = 32 << 20
#: The most: a row of blocks of 1,024 x 1,024, of 12 bands of a Sentinel-2 scene in 16 bits.
MOST = 288 << 20
#: The part of a block that GDAL counts for what it notes of it, and more.
_OWN = 16


@dataclass(frozen=True)
class Blocks:
    """How the pixels of a file are packed.

    Attributes
    ----------
    height, width
        Rows and columns that are decoded at once.
    layers
        Bands that are decoded with any of them.
    """

    height: int
    width: int
    layers: int = 1

    def size(self, sizes: Sequence[int]) -> int:
        """Bytes that are decoded at once, of bands whose values have so many bytes."""
        return self.height * self.width * self.layers * max(sizes, default=0)

    def row_size(self, columns: int, sizes: Sequence[int]) -> int:
        """Bytes of a row of blocks.

        Parameters
        ----------
        columns
            Of the scene.
        sizes
            Bytes of a value, of each band that is read.
        """
        across = -(-columns // self.width) * self.width
        return self.height * across * max(sum(sizes), self.layers * max(sizes, default=0))


def together(blocks: Sequence[Blocks]) -> Blocks:
    """The largest, of files that are read as one.

    Examples
    --------
    >>> together([Blocks(256, 256, 4), Blocks(512, 128)])
    Blocks(height=512, width=256, layers=4)
    """
    return Blocks(
        max(one.height for one in blocks),
        max(one.width for one in blocks),
        max(one.layers for one in blocks),
    )


def size_for(row: int) -> int:
    """Bytes of a cache for rows of blocks of this size: two of them, or what there is for one.

    A cache that is smaller than a row is of no use: what is needed next went out just before.

    Examples
    --------
    >>> [size_for(mebibytes << 20) >> 20 for mebibytes in (1, 100, 200, 300)]
    [32, 212, 288, 32]
    """
    row += row // _OWN
    return LEAST if row > MOST else min(max(2 * row, LEAST), MOST)


class BlockCache:
    """The cache, for as long as scenes are open; what it was before, it is afterwards.

    Parameters
    ----------
    get, put
        Tell and change its size in bytes.
    """

    def __init__(self, get: Callable[[], int], put: Callable[[int], object]) -> None:
        self._get, self._put = get, put
        self._lock = threading.Lock()
        self._rows: Dict[object, int] = {}
        self._before: Optional[int] = None

    def open(self, user: object) -> None:
        """Take it for a scene, of which nothing was read yet."""
        with self._lock:
            if self._before is None:
                self._before = self._get()
            self._rows[user] = 0
            self._fit()

    def read(self, user: object, row: int) -> None:
        """Make room for a scene's rows of blocks, which are of this size."""
        with self._lock:
            self._rows[user] = row
            self._fit()

    def close(self, user: object) -> None:
        """Leave it to others."""
        with self._lock:
            self._rows.pop(user, None)
            if not self._rows and self._before is not None:
                self._put(self._before)
                self._before = None

    @contextmanager
    def spared(self, size: int = LEAST) -> Iterator[None]:
        """Keep it at this size while something else is done; a scene that is read asks anew."""
        user = object()
        self.open(user)
        try:
            with self._lock:
                self._rows = dict.fromkeys(self._rows, 0)
                self._put(size)
            yield
        finally:
            self.close(user)

    def _fit(self) -> None:
        wanted = size_for(sum(self._rows.values()))
        if self._get() != wanted:
            self._put(wanted)
