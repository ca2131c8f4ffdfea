"""What is known of a value between two operations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from ....network.footprints import Footprint, merged
from ....network.shapes import broadcast, elements
from ...description import Dims
from ..nodes import Attributes, Node
from ..tensors import Number, TensorHead

#: Values of longer constants are of no use for shapes.
MOST_KNOWN_VALUES = 256


@dataclass(frozen=True)
class Track:
    """One axis of a value: what it stands for and where it comes from.

    Attributes
    ----------
    letter
        N, C, H, W, or ``?``.
    footprint
        Where its pixels lie over the input tile; None when not known.
    source
        The graph input and the axis of it that runs through unchanged up to here.
    """

    letter: str = "?"
    footprint: Optional[Footprint] = None
    source: Optional[Tuple[str, int]] = None


@dataclass(frozen=True)
class Value:
    """A tensor on its way through the graph.

    Attributes
    ----------
    shape
        None when the rank is not known.
    data_type
        None when not known.
    tracks
        One per dimension; empty when the rank is not known.
    constant
        True when it does not depend on the graph's inputs, so that it does not matter where its
        pixels lie.
    numbers
        Its elements where there are few and they are known, None for a single unknown one.
    """

    shape: Optional[Dims] = None
    data_type: Optional[str] = None
    tracks: Tuple[Track, ...] = ()
    constant: bool = False
    numbers: Optional[Tuple[Optional[Number], ...]] = None

    @property
    def rank(self) -> Optional[int]:
        """The number of dimensions, when known."""
        return None if self.shape is None else len(self.shape)

    @property
    def axes(self) -> Optional[str]:
        """One letter per dimension."""
        return None if self.shape is None else "".join(track.letter for track in self.tracks)

    def size(self, axis: int) -> Optional[int]:
        """The length of an axis; None when not known."""
        if self.shape is None or not -len(self.shape) <= axis < len(self.shape):
            return None
        return self.shape[axis]

    def integers(self) -> Optional[Tuple[Optional[int], ...]]:
        """The elements, when they are known to be whole numbers or single unknown ones."""
        if self.numbers is None:
            return None
        # Not-a-number compares with nothing, so it becomes unknown like the infinite.
        return tuple(
            int(number) if number is not None and abs(number) < 1 << 63 else None
            for number in self.numbers
        )

    def known_integers(self) -> Optional[Tuple[int, ...]]:
        """The elements, when all are known."""
        known = self.integers()
        if known is None:
            return None
        sure = tuple(number for number in known if number is not None)
        return sure if len(sure) == len(known) else None


UNKNOWN = Value()


def shaped(
    shape: Optional[Dims],
    data_type: Optional[str] = None,
    tracks: Optional[Sequence[Track]] = None,
    numbers: Optional[Sequence[Optional[Number]]] = None,
    constant: bool = False,
) -> Value:
    """A value with a track for each dimension; a shape too large to be one is unknown."""
    if shape is None or len(shape) > 64 or any(size is not None and size < 0 for size in shape):
        return Value(None, data_type, (), constant)
    if tracks is None or len(tracks) != len(shape):
        tracks = [Track()] * len(shape)
    kept = None
    if numbers is not None and len(numbers) <= MOST_KNOWN_VALUES:
        kept = tuple(numbers) if elements(shape) == len(numbers) else None
    return Value(tuple(shape), data_type, tuple(tracks), constant, kept)


def transposed_numbers(value: Value, order: Sequence[int]) -> Optional[List[Optional[Number]]]:
    """The known elements of a value after its axes are put in another order."""
    if value.numbers is None or value.shape is None:
        return None
    places = [0]
    for axis in order:
        step = elements(value.shape[axis + 1 :]) or 0
        places = [
            place + step * index for place in places for index in range(value.size(axis) or 0)
        ]
    return [value.numbers[place] for place in places]


def picked_numbers(
    value: Value, axis: int, indices: Sequence[int]
) -> Optional[List[Optional[Number]]]:
    """The known elements at some indices of an axis."""
    if value.numbers is None or value.shape is None:
        return None
    after = elements(value.shape[axis + 1 :]) or 0
    before = elements(value.shape[:axis]) or 0
    length = value.size(axis) or 0
    return [
        value.numbers[(outer * length + index) * after + inner]
        for outer in range(before)
        for index in indices
        for inner in range(after)
    ]


def constant_of(head: TensorHead) -> Value:
    """An initializer's or Constant node's value."""
    numbers = head.values() if head.elements <= MOST_KNOWN_VALUES else None
    return shaped(head.dims, head.data_type, numbers=numbers, constant=True)


def input_value(name: str, shape: Optional[Dims], data_type: Optional[str]) -> Value:
    """A graph input: every axis begins at itself."""
    if shape is None:
        return Value(None, data_type)
    return shaped(
        shape, data_type, [Track("?", Footprint(), (name, axis)) for axis in range(len(shape))]
    )


def combined(values: Sequence[Value], data_type: Optional[str] = None) -> Value:
    """Operands that are combined element by element, aligned at the end."""
    shape = broadcast([value.shape for value in values])
    constant = all(value.constant for value in values)
    if shape is None:
        return Value(None, data_type, (), constant)
    tracks = [_together(values, axis - len(shape), shape[axis]) for axis in range(len(shape))]
    return shaped(shape, data_type, tracks, constant=constant)


def _together(values: Sequence[Value], axis: int, size: Optional[int]) -> Track:
    """The track of an axis, counted from the end, of combined operands."""
    present: List[Track] = []
    for value in values:
        if value.shape is None or value.constant or -axis > len(value.shape):
            continue
        if value.shape[axis] == 1 and size != 1:
            continue
        present.append(value.tracks[axis])
    return together(present)


def together(tracks: Iterable[Track]) -> Track:
    """The track of axes that are combined or laid over each other.

    Where they mean different things, as numbers of boxes and of classes do that a detector joins,
    nothing is said.
    """
    present = list(tracks)
    letters = list({track.letter for track in present if track.letter != "?"})
    sources = [track.source for track in present if track.source is not None]
    return Track(
        letters[0] if len(letters) == 1 else "?",
        merged([track.footprint for track in present]),
        sources[0] if sources else None,
    )


@dataclass
class Step:
    """A node with the values going into it, as an operation's rule sees it.

    Attributes
    ----------
    inputs
        In the node's order; None where one is left out.
    opset
        Version of the standard operations.
    letters
        What was learned about the axes of the graph's inputs, to be added to.
    """

    node: Node
    inputs: Sequence[Optional[Value]]
    opset: int
    letters: Dict[Tuple[str, int], str]

    @property
    def attributes(self) -> Attributes:
        """The node's attributes."""
        return self.node.attributes

    def input(self, index: int) -> Value:
        """An input; an unknown value when it is left out."""
        value = self.inputs[index] if index < len(self.inputs) else None
        return UNKNOWN if value is None else value

    def has(self, index: int) -> bool:
        """Whether an input is given."""
        return index < len(self.inputs) and self.inputs[index] is not None

    def given(self) -> List[Value]:
        """All inputs that are not left out."""
        return [value for value in self.inputs if value is not None]

    def axis(self, rank: Optional[int], default: Optional[int] = None) -> Optional[int]:
        """The attribute ``axis`` counted from the front; None when not known."""
        axis = self.attributes.integer("axis", default)
        if axis is None or rank is None or not -rank <= axis < rank:
            return None
        return axis % rank

    def learn(self, value: Value, letters: str) -> None:
        """This value's axes mean so much, and so do those of the input they come from."""
        for track, letter in zip(value.tracks, letters):
            if track.source is not None and letter != "?":
                before = self.letters.setdefault(track.source, letter)
                if before != letter:
                    # Two operations that disagree: nothing is said about this axis.
                    self.letters[track.source] = "?"

    def axes_list(self, index: int, name: str = "axes") -> Tuple[bool, Optional[Tuple[int, ...]]]:
        """Axes given as an input (newer) or attribute (older): whether given, and which."""
        if self.has(index):
            return True, self.input(index).known_integers()
        if name in self.attributes:
            return True, self.attributes.integers(name)
        return False, None


def lettered(value: Value, letters: str) -> Tuple[Track, ...]:
    """The tracks of a value with letters where it has none yet."""
    if len(letters) != len(value.tracks):
        return value.tracks
    return tuple(
        replace(track, letter=letter) if track.letter == "?" else track
        for track, letter in zip(value.tracks, letters)
    )


def image_letters(rank: int) -> str:
    """The axes of what goes into a convolution: N, C, then space."""
    return "NCHW" if rank == 4 else "NC" + "?" * (rank - 2)
