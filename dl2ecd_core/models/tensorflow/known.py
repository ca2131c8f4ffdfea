"""What is known of a tensor on the way through a graph: shape, small values, lie over the tile."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from ...network.footprints import Footprint
from ...network.value import NO_MEANING, Meaning
from ..description import Dims
from .attributes import Attributes
from .constants import Number

#: Values of tensors beyond this length are not followed.
MOST_ITEMS = 256


class Value(NamedTuple):
    """The elements of a small tensor of numbers, row by row.

    Attributes
    ----------
    items
        None for an element that is not known before the model runs.
    fixed
        Whether it follows from constants and fixed sizes alone. TensorFlow carries partly known
        sizes through a few operations only; the same ones are used here, so that both
        say the same of a graph.
    """

    items: Tuple[Optional[Number], ...]
    fixed: bool


class Lane(NamedTuple):
    """One dimension of a tensor: what it stands for.

    Attributes
    ----------
    letter
        N, C, H or W; None while the graph has not shown it.
    origins
        Names of the model's inputs and the dimensions there that it comes from, so that an
        operation further on can tell what the inputs' dimensions stand for.
    footprint
        Where its pixels lie over that input's tile.
    """

    letter: Optional[str] = None
    origins: Tuple[Tuple[str, int], ...] = ()
    footprint: Optional[Footprint] = None


Lanes = Tuple[Lane, ...]


class Known(NamedTuple):
    """All that is known of one tensor."""

    shape: Optional[Dims] = None
    value: Optional[Value] = None
    lanes: Optional[Lanes] = None
    declared: bool = False
    """Whether the file states the shape."""
    content: Optional[Dims] = None
    """Of a handle: the shape of the variable, or of each tensor in the array, it stands for."""
    meaning: Meaning = NO_MEANING
    """What its numbers mean."""


UNKNOWN = Known()


class Unclear(Exception):
    """An operation's shape can't be told from its inputs and attributes."""


class Operation:
    """One node as the rules see it: attributes, and what is known of its inputs."""

    __slots__ = ("attributes", "inputs", "name", "op")

    def __init__(self, name: str, op: str, attributes: Attributes, inputs: Sequence[Known]) -> None:
        self.name = name
        self.op = op
        self.attributes = attributes
        self.inputs = inputs

    def input(self, index: int) -> Known:
        """An input; counted from the end when negative."""
        try:
            return self.inputs[index]
        except IndexError as error:
            raise Unclear from error

    def shape(self, index: int = 0) -> Optional[Dims]:
        """An input's shape, None when even its rank is unknown."""
        return self.input(index).shape

    def ranked(self, index: int, rank: int) -> Dims:
        """The shape of an input that must have this rank."""
        shape = self.shape(index)
        if shape is None:
            return (None,) * rank
        if len(shape) != rank:
            raise Unclear
        return shape

    def numbers(self, index: int) -> Optional[Tuple[int, ...]]:
        """The whole numbers in an input, None unless they are all fixed."""
        value = self.input(index).value
        if value is None or not value.fixed:
            return None
        found: List[int] = []
        for item in value.items:
            if not isinstance(item, int):
                return None
            found.append(int(item))
        return tuple(found)

    def number(self, index: int) -> Optional[int]:
        """The one whole number in an input, None unless it is fixed."""
        numbers = self.numbers(index)
        return numbers[0] if numbers is not None and len(numbers) == 1 else None

    def sizes(self, index: int) -> Optional[Dims]:
        """The shape that an input's values spell: negative and unknown ones are free.

        When only the number of values is known, that many free dimensions.
        """
        known = self.input(index)
        if known.value is not None:
            return tuple(
                item if isinstance(item, int) and item >= 0 else None for item in known.value.items
            )
        length = known.shape[0] if known.shape is not None and len(known.shape) == 1 else None
        return None if length is None or length > MOST_ITEMS else (None,) * length


def axis_of(axis: int, rank: int) -> int:
    """A dimension's index, counted from the front."""
    if not -rank <= axis < rank:
        raise Unclear
    return axis % rank


def same_size(one: Optional[int], other: Optional[int]) -> Optional[int]:
    """The size of two dimensions that must be equal."""
    if one is None:
        return other
    if other is not None and one != other:
        raise Unclear
    return one


def same_shape(one: Optional[Dims], other: Optional[Dims]) -> Optional[Dims]:
    """The shape of two tensors that must be of one shape."""
    if one is None or other is None:
        return other if one is None else one
    return same_dims(one, other)


def same_dims(one: Dims, other: Dims) -> Dims:
    """The shape of two tensors of known rank that must be of one shape."""
    if len(one) != len(other):
        raise Unclear
    return tuple(same_size(a, b) for a, b in zip(one, other))


def product(*sizes: Optional[int]) -> Optional[int]:
    """The product of sizes; None when one is free."""
    total = 1
    for size in sizes:
        if size is None:
            return None
        total *= size
    return total


Letters = Dict[Tuple[str, int], str]
