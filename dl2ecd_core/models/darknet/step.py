"""A Darknet layer being lowered: its options, what goes into it, and its weights."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable, List, Optional, Sequence

from ...network.lowering import Lowering, NotConvertibleError
from ...network.shapes import elements
from ...network.value import Value, shaped
from ...network.weights import stored
from .config import Section
from .layers import Size

_LARGEST = 1 << 31


@dataclass
class WeightsFile:
    """Where the next weights lie: without names or sizes, one layer's behind the other's.

    Attributes
    ----------
    at
        The byte; None where it is not known, since the size of a layer before is not.
    """

    path: Path
    at: Optional[int]


@dataclass(frozen=True)
class Step:
    """A layer being lowered.

    Attributes
    ----------
    x
        The value of the layer before.
    number
        Of the layer, counted from 0.
    earlier
        The values of all layers before.
    file
        Where its weights lie; None where only sizes are asked for.
    """

    lowering: Lowering
    section: Section
    x: str
    number: int
    earlier: Sequence[str]
    file: Optional[WeightsFile] = None
    taken: List[int] = field(default_factory=list)

    def image(self, name: Optional[str] = None) -> Size:
        """Channels, height and width of a value; of what goes in unless another is named.

        Raises
        ------
        NotConvertibleError
            When they are not known.
        """
        size = size_of(self.lowering.value(self.x if name is None else name))
        if size is None:
            raise NotConvertibleError("the size of what goes into it is not known")
        return size

    def layer(self, number: int) -> str:
        """The value of a layer by its number from the start, or counted back when negative.

        Raises
        ------
        NotConvertibleError
            When there is none, or its size is not known.
        """
        place = self.number + number if number < 0 else number
        if not 0 <= place < self.number:
            raise NotConvertibleError(f"there is no layer {number} before it")
        self.image(self.earlier[place])
        return self.earlier[place]

    def weight(self, name: str, dims: Sequence[int]) -> str:
        """The next weights of the file."""
        content, file = None, self.file
        if file is not None and file.at is not None:
            start = file.at + 4 * sum(self.taken)
            count = elements(dims) or 0
            self.taken.append(count)
            content = stored(file.path, start, 4 * count)
        return self.lowering.weight(f"{self.section.kind}_{self.number}.{name}", dims, content)

    def sized(self, size: Size) -> Value:
        """What is known of an image of a size that is made of what goes in."""
        x = self.lowering.value(self.x)
        axes = [replace(axis, footprint=None, source=None) for axis in x.axes]
        return shaped((None, *size), x.data_type, axes)


Rule = Callable[[Step], Sequence[str]]


def size_of(value: Value) -> Optional[Size]:
    """Channels, height and width of an image; None unless all are known and can be."""
    if value.shape is None or len(value.shape) != 4:
        return None
    _, channels, height, width = value.shape
    if channels is None or height is None or width is None:
        return None
    size = (channels, height, width)
    return size if min(size) > 0 and max(size) <= _LARGEST else None
