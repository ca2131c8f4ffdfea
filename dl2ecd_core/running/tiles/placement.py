"""How a model's output lies over its input, along one axis.

Everything that is needed to cut a scene into tiles and put the results side by side again: whole
numbers and fractions, no pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Optional, Tuple, Union

#: How far results beside the border of a tile look beyond it: input pixels before and after.
Reach = Tuple[Union[int, Fraction], Union[int, Fraction]]


def first_place(tile: int, output: int, scale: Fraction) -> Fraction:
    """Where the first of so many output pixels begins, in input pixels from the tile's edge.

    An output that covers the tile lies over it from end to end, as its maker's labels did; of one
    that does not, as much is cropped on either side. That padding at one end, or strides, make
    its pixels look more to one side moves nothing.
    """
    lost = tile - output * scale
    return Fraction(lost // 2) if lost >= max(scale, Fraction(2)) else Fraction(0)


@dataclass(frozen=True)
class Placement:
    """One axis of a model: a tile of so many pixels goes in, so many come out, lying so.

    Attributes
    ----------
    tile
        Input pixels of a tile.
    output
        Output pixels of a tile.
    scale
        Width of an output pixel in input pixels; below 1 where the output is finer.
    start
        Where the first output pixel begins, in input pixels from the tile's edge; what a model
        crops from its border.
    stride
        A tile may begin at whole multiples of this many input pixels and gives the same; a
        multiple of `scale`.
    reach
        How far results look across a border that lies at a whole stride, as a tile's borders do;
        None where every output pixel depends on the whole tile.

    Examples
    --------
    >>> Placement(256, 256, stride=4, reach=(12, 12)).margins
    (12, 12)
    >>> Placement(512, 484, start=Fraction(14), reach=(14, 14)).margins
    (0, 0)
    """

    tile: int
    output: int
    scale: Fraction = Fraction(1)
    start: Fraction = Fraction(0)
    stride: int = 1
    reach: Optional[Reach] = (0, 0)

    def __post_init__(self) -> None:
        if min(self.tile, self.output, self.stride) < 1 or self.scale <= 0:
            raise ValueError(f"no tile lies like {self}")
        if (self.stride / self.scale).denominator != 1:
            raise ValueError(f"a stride of {self.stride} is no multiple of {self.scale}")

    @property
    def margins(self) -> Tuple[int, int]:
        """Output pixels at the tile's two ends that depend on what lies beyond the tile.

        Where the model crops its border by itself, none do.
        """
        if self.reach is None:
            return (self.output, self.output)
        before, after = self.reach
        first = ceil((before - self.start) / self.scale)
        # The last output pixel's own place ends here.
        end = self.start + self.output * self.scale
        last = ceil((end + after - self.tile) / self.scale)
        return (max(first, 0), max(last, 0))

    @property
    def margin(self) -> int:
        """Input pixels under both margins together."""
        return int(sum(self.margins) * self.scale)

    @property
    def outputs_per_stride(self) -> int:
        """Output pixels by which the result moves when the tile moves by one stride."""
        return int(self.stride / self.scale)

    @property
    def step(self) -> int:
        """Output pixels from one tile to the next; 0 where a tile is all margin."""
        inner = self.output - sum(self.margins)
        return max(inner, 0) // self.outputs_per_stride * self.outputs_per_stride

    @property
    def lead(self) -> int:
        """Input pixels that lie before the scene in the first tile, so that no border is lost."""
        return max(ceil(self.start), 0)

    def result_size(self, size: int) -> int:
        """Output pixels that cover a scene of so many pixels."""
        return ceil(Fraction(size) / self.scale)

    def needed(self, size: int) -> int:
        """Input pixels that one pass over the whole scene takes.

        The scene with what the model crops on either side, made longer until it is a tile that is
        moved by whole strides: the last pixels are repeated.
        """
        return self.tile + self.strides_over(size) * self.stride

    def strides_over(self, size: int) -> int:
        """Strides from a scene's first tile to its last, which gives and sees the scene's end.

        A coarse output may cover more than its tile: then pixels that a tile gives lie beyond what
        it sees.

        Examples
        --------
        >>> Placement(250, 32, Fraction(8), stride=8).strides_over(256)
        1
        """
        given = max(self.result_size(size) - self.output, 0)
        seen = max(size + self.lead - self.tile, 0)
        return max(-(-given // self.outputs_per_stride), -(-seen // self.stride))

    def shortened(self, size: int, shortest: int) -> Placement:
        """The same model with a tile no longer than as many tiles of a scene need to be.

        Parameters
        ----------
        size
            Of the scene, in input pixels.
        shortest
            Input pixels that a tile has at least.

        Examples
        --------
        >>> placement = Placement(256, 256, stride=4, reach=(12, 12))
        >>> placement.shortened(101, 8).tile, placement.shortened(300, 8).tile
        (104, 164)
        """
        unit, way = self.outputs_per_stride, self.strides_over(size)
        if not way:
            spare = (self.output - self.result_size(size)) // unit
            strides = min(spare, (self.tile - self.lead - size) // self.stride)
        elif self.step:
            # So many steps of so many strides lead from the first tile to the last.
            step = self.step // unit
            steps = -(-way // step)
            strides = (steps * step - way) // (steps + 1)
        else:
            return self
        strides = min(strides, (self.tile - shortest) // self.stride)
        return self.grown(self.tile - max(strides, 0) * self.stride)

    def grown(self, tile: int) -> Placement:
        """The same model with a longer tile, longer by whole strides.

        Raises
        ------
        ValueError
            When it is not.
        """
        strides, rest = divmod(tile - self.tile, self.stride)
        if rest:
            raise ValueError(f"a tile of {tile} is not {self.tile} and strides of {self.stride}")
        output = self.output + strides * self.outputs_per_stride
        return Placement(tile, output, self.scale, self.start, self.stride, self.reach)
