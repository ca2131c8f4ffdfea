"""An operation of TensorFlow on its way into ONNX's operators."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional, Protocol, Sequence, Tuple

from ...network.following import Following, NotFollowedError
from ...network.graph import AttributeValue
from ...network.value import Value


class Options(Protocol):
    """An operation's attributes, whether they lie in a graph or in a model of TensorFlow Lite."""

    def text(self, name: str, default: str = "") -> str:
        """A text, such as ``padding``."""

    def integer(self, name: str, default: int) -> int:
        """A whole number."""

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth value."""

    def integers(self, name: str) -> Optional[Sequence[int]]:
        """A list of whole numbers, None when the attribute is absent."""


@dataclass(frozen=True)
class Task:
    """An operation with what goes into it.

    Attributes
    ----------
    op
        TensorFlow's name of it.
    inputs
        Names of values; an empty one is left out.
    outputs
        How many there are.
    spread
        How far apart pixels lie that it takes for neighbours, in rows and in columns.
    """

    op: str
    inputs: Tuple[str, ...]
    outputs: int
    options: Options
    following: Following
    spread: Tuple[int, int] = (1, 1)

    def spread_by(self, spread: Tuple[int, int]) -> Task:
        """The same on pixels that lie apart."""
        return replace(self, spread=spread)

    def input(self, index: int) -> str:
        """The name of an input.

        Raises
        ------
        NotFollowedError
            When it is left out.
        """
        name = self.inputs[index] if 0 <= index < len(self.inputs) else ""
        if not name:
            raise NotFollowedError
        return name

    def value(self, index: int) -> Value:
        """What is known of an input."""
        return self.following.value(self.input(index))

    def numbers(self, index: int) -> Tuple[int, ...]:
        """The whole numbers of an input.

        Raises
        ------
        NotFollowedError
            When one is not known.
        """
        return self.following.known(self.input(index))

    def some_numbers(self, index: int) -> Tuple[Optional[int], ...]:
        """The whole numbers of an input, None for single unknown ones.

        Raises
        ------
        NotFollowedError
            When even their number is not known.
        """
        numbers = self.value(index).integers()
        if numbers is None:
            raise NotFollowedError
        return numbers

    def number(self, index: int) -> int:
        """The one whole number of an input.

        Raises
        ------
        NotFollowedError
            When it is not known, or not one.
        """
        numbers = self.numbers(index)
        if len(numbers) != 1:
            raise NotFollowedError
        return numbers[0]

    def constant_from(self, first: int) -> None:
        """Hold inputs from this one on to being the same for every image.

        Raises
        ------
        NotFollowedError
            When one is not.
        """
        for name in self.inputs[first:]:
            if name and not self.following.value(name).constant:
                raise NotFollowedError

    def add(self, op: str, inputs: Sequence[str], **attributes: Optional[AttributeValue]) -> str:
        """One of ONNX's operators; the name of its output."""
        return self.following.add(op, inputs, **attributes)
