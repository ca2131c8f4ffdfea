"""A layer of an IR and what goes into it, as it is followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

from ...network.following import Following, NotFollowedError
from ...network.graph import AttributeValue
from ...network.shapes import Dims
from ...network.value import Value
from .graph import number_in
from .net import Layer

#: What attributes say for yes and no.
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Step:
    """A layer with the values that go into it.

    Attributes
    ----------
    inputs
        Names of values, in the layer's order.
    following
        Where ONNX's operators are added.
    """

    layer: Layer
    inputs: Sequence[str]
    following: Following

    def add(self, op: str, inputs: Sequence[str], **attributes: Optional[AttributeValue]) -> str:
        """One of ONNX's operators; the name of its output."""
        return self.following.add(op, inputs, **attributes)

    def has(self, index: int) -> bool:
        """Whether there is an input of this number."""
        return index < len(self.inputs)

    def input(self, index: int) -> str:
        """The name of an input.

        Raises
        ------
        NotFollowedError
            Where there is none, as for all that is asked for here.
        """
        if not self.has(index):
            raise NotFollowedError
        return self.inputs[index]

    def value(self, index: int) -> Value:
        """What is known of an input."""
        return self.following.value(self.input(index))

    def shape(self, index: int) -> Dims:
        """The shape of an input."""
        return self.following.shape(self.input(index))

    def numbers(self, index: int) -> Tuple[int, ...]:
        """The whole numbers of an input."""
        return self.following.known(self.input(index))

    def number(self, index: int) -> int:
        """The only number of an input."""
        numbers = self.numbers(index)
        if len(numbers) != 1:
            raise NotFollowedError
        return numbers[0]

    def weights(self, index: int) -> Dims:
        """The shape of an input that does not depend on what is fed."""
        if not self.value(index).constant:
            raise NotFollowedError
        return self.shape(index)

    def only_first(self) -> str:
        """The first input, of a layer whose others do not depend on what is fed."""
        for index in range(1, len(self.inputs)):
            if not self.value(index).constant:
                raise NotFollowedError
        return self.input(0)

    def text(self, name: str, default: str) -> str:
        """An attribute in small letters."""
        return self.layer.data.get(name, default).strip().lower() or default

    def one_of(self, name: str, known: Sequence[str], default: str = "") -> str:
        """An attribute that has one of these values."""
        told = self.text(name, default)
        if told not in known:
            raise NotFollowedError
        return told

    def truth(self, name: str, default: Optional[bool] = None) -> bool:
        """An attribute that is true or false."""
        text = self.text(name, "")
        told = _TRUTHS.get(text) if text else default
        if told is None:
            raise NotFollowedError
        return told

    def integer(self, name: str, default: Optional[int] = None) -> int:
        """A whole number."""
        told = number_in(self.layer.data[name]) if name in self.layer.data else default
        if told is None:
            raise NotFollowedError
        return told

    def integers(self, name: str) -> Tuple[int, ...]:
        """Whole numbers; none where there is no such attribute."""
        text = self.layer.data.get(name, "").strip()
        numbers: List[int] = []
        for part in text.split(",") if text else ():
            number = number_in(part)
            if number is None:
                raise NotFollowedError
            numbers.append(number)
        return tuple(numbers)
