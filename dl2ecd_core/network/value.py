"""What is known of a value between two operations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import FrozenSet, Iterable, List, Optional, Sequence, Tuple

from .data_types import Number
from .footprints import Footprint, Source, at_input, merged
from .graph import SmallTensor
from .shapes import Dims, broadcast, elements

#: Values of longer constants are of no use for shapes.
MOST_KNOWN_VALUES = 256


@dataclass(frozen=True)
class Axis:
    """One axis of a value: what it stands for and where it comes from.

    Attributes
    ----------
    letter
        N, C, H, W, or ``?``.
    footprint
        Where its pixels lie over the input tile; None when not known.
    source
        The graph input and the axis of it that runs through unchanged up to here.
    reduced
        True for what is left of an axis of which only one number was kept, such as the largest:
        it tells no classes apart any more.
    even
        Of a constant, whether its numbers are known to be the same all along it.
    """

    letter: str = "?"
    footprint: Optional[Footprint] = None
    source: Optional[Source] = None
    reduced: bool = False
    even: bool = False


class Kind(Enum):
    """What numbers are, as far as it tells how classes are read from them."""

    UNKNOWN = "unknown"
    SCORES = "scores"
    """The last operation is known and is none of the others."""
    SOFTMAX = "softmax"
    LOG_SOFTMAX = "log-softmax"
    SIGMOID = "sigmoid"
    ARGMAX = "argmax"
    """Class indices; no axis tells classes apart any more."""


@dataclass(frozen=True)
class Meaning:
    """What a value's numbers mean.

    Attributes
    ----------
    classes
        How many classes they tell apart, where no axis of the value tells it: an argmax taken
        over 5 channels has 5.
    """

    kind: Kind = Kind.UNKNOWN
    classes: Optional[int] = None


NO_MEANING = Meaning()
SCORES = Meaning(Kind.SCORES)


@dataclass(frozen=True)
class Value:
    """A tensor on its way through the graph.

    Attributes
    ----------
    shape
        None when the rank is not known.
    data_type
        None when not known.
    axes
        One per dimension; empty when the rank is not known.
    constant
        True when it does not depend on the graph's inputs, so that it does not matter where its
        pixels lie.
    numbers
        Its elements where there are few and they are known, None for a single unknown one.
    meaning
        What its numbers mean.
    whole
        The axes of inputs that its elements look at from end to end, as after a mean over all
        pixels: what depends on it can't be computed exactly from a tile.
    """

    shape: Optional[Dims] = None
    data_type: Optional[str] = None
    axes: Tuple[Axis, ...] = ()
    constant: bool = False
    numbers: Optional[Tuple[Optional[Number], ...]] = None
    meaning: Meaning = NO_MEANING
    whole: FrozenSet[Source] = frozenset()

    @property
    def rank(self) -> Optional[int]:
        """The number of dimensions, when known."""
        return None if self.shape is None else len(self.shape)

    @property
    def letters(self) -> Optional[str]:
        """One letter per dimension."""
        return None if self.shape is None else "".join(axis.letter for axis in self.axes)

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
    axes: Optional[Sequence[Axis]] = None,
    numbers: Optional[Sequence[Optional[Number]]] = None,
    constant: bool = False,
) -> Value:
    """A value with an axis for each dimension; a shape too large to be one is unknown."""
    if shape is None or len(shape) > 64 or any(size is not None and size < 0 for size in shape):
        return Value(None, data_type, (), constant)
    if axes is None or len(axes) != len(shape):
        axes = [Axis()] * len(shape)
    kept = None
    if numbers is not None and len(numbers) <= MOST_KNOWN_VALUES:
        kept = tuple(numbers) if elements(shape) == len(numbers) else None
    return Value(tuple(shape), data_type, tuple(axes), constant, kept)


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


def constant_of(head: SmallTensor) -> Value:
    """The value of weights or of a constant."""
    numbers = head.values() if head.elements <= MOST_KNOWN_VALUES else None
    return shaped(head.dims, head.data_type, numbers=numbers, constant=True)


def input_value(
    name: str, shape: Optional[Dims], data_type: Optional[str], *, followed: bool = True
) -> Value:
    """A graph input: every axis begins at itself.

    Parameters
    ----------
    followed
        Whether it is followed where its pixels lie.
    """
    if shape is None:
        return Value(None, data_type)
    sources = [(name, axis) for axis in range(len(shape))]
    places = [at_input(source) if followed else None for source in sources]
    return shaped(shape, data_type, [Axis("?", *one) for one in zip(places, sources)])


def combined(values: Sequence[Value], data_type: Optional[str] = None) -> Value:
    """Operands that are combined element by element, aligned at the end."""
    shape = broadcast([value.shape for value in values])
    constant = all(value.constant for value in values)
    if shape is None:
        return Value(None, data_type, (), constant)
    axes = [_together(values, axis - len(shape), shape[axis]) for axis in range(len(shape))]
    return shaped(shape, data_type, axes, constant=constant)


def _together(values: Sequence[Value], axis: int, size: Optional[int]) -> Axis:
    """What is known of an axis, counted from the end, of combined operands."""
    present = [
        (value, value.axes[axis])
        for value in values
        if value.shape is not None
        and -axis <= len(value.shape)
        and (value.shape[axis] != 1 or size == 1)
    ]
    constants = [laid for laid in present if laid[0].constant]
    found = together(one for value, one in present if not value.constant)
    if size == 1 or all(is_even(*laid) for laid in constants):
        return replace(found, even=all(value.constant for value in values))
    # What is laid over an image and is not the same everywhere makes its places matter.
    return replace(found, footprint=None)


def is_even(constant: Value, axis: Axis) -> bool:
    """Whether a constant is known to have the same numbers everywhere along an axis of its."""
    return axis.even or len(set(constant.numbers or (0, 1))) == 1


def together(axes: Iterable[Axis]) -> Axis:
    """What is known of axes that are combined or laid over each other.

    Where they mean different things, as numbers of boxes and of classes do that a detector joins,
    nothing is said.
    """
    present = list(axes)
    letters = list({axis.letter for axis in present if axis.letter != "?"})
    sources = [axis.source for axis in present if axis.source is not None]
    return Axis(
        letters[0] if len(letters) == 1 else "?",
        merged([axis.footprint for axis in present]),
        sources[0] if sources else None,
        bool(present) and all(axis.reduced for axis in present),
    )


def looking_along(value: Value, axes: Optional[Iterable[int]] = None) -> Value:
    """A value whose elements look at some of its axes from end to end; at all by default."""
    chosen = range(len(value.axes)) if axes is None else axes
    whole = value.whole
    for axis in chosen:
        footprint = value.axes[axis].footprint
        if footprint is not None:
            whole |= footprint.sources
    return replace(value, whole=whole)


def lettered(value: Value, letters: str) -> Tuple[Axis, ...]:
    """The axes of a value with letters where it has none yet."""
    if len(letters) != len(value.axes):
        return value.axes
    return tuple(
        replace(axis, letter=letter) if axis.letter == "?" and not axis.reduced else axis
        for axis, letter in zip(value.axes, letters)
    )


def image_letters(rank: int) -> str:
    """The axes of what goes into a convolution: N, C, then space."""
    return "NCHW" if rank == 4 else "NC" + "?" * (rank - 2)
