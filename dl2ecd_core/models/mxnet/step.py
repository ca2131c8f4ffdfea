"""An MXNet operator being lowered: its attributes, what goes into it, and its parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable, Mapping, Optional, Sequence, Tuple

from ...network.graph import AttributeValue
from ...network.lowering import Lowering, NotConvertibleError
from ...network.shapes import Dims
from ...network.value import Value, shaped
from .params import Array
from .symbol import Node

_LAYOUTS = {"NCHW": (1, 2), "NCW": (1, 2), "NCDHW": (1, 2), "NHWC": (-1, 1), "NWC": (-1, 1)}


@dataclass(frozen=True)
class Step:
    """An operator being lowered.

    Attributes
    ----------
    inputs
        The values that go into it; None where one is not known at all.
    parameters
        The arrays among them, by the value's name.
    """

    lowering: Lowering
    node: Node
    inputs: Sequence[Optional[str]]
    parameters: Mapping[str, Array]

    def x(self, index: int = 0) -> str:
        """A value that goes in.

        Raises
        ------
        NotConvertibleError
            When there is none.
        """
        name = self.inputs[index] if index < len(self.inputs) else None
        if name is None:
            raise NotConvertibleError("it needs more inputs than it has")
        return name

    def all_inputs(self) -> Tuple[str, ...]:
        """All values that go in, at least one.

        Raises
        ------
        NotConvertibleError
            When there is none.
        """
        self.x()
        return tuple(self.x(index) for index in range(len(self.inputs)))

    def shape(self, index: int = 0) -> Dims:
        """The shape of what goes in.

        Raises
        ------
        NotConvertibleError
            When its rank is not known.
        """
        return self.lowering.shape(self.x(index))

    def known(self, shape: Optional[Dims]) -> Value:
        """What is known of a tensor of a shape that is made of what goes in."""
        return shaped(shape, "float32")

    def add(self, op: str, inputs: Sequence[str], **attributes: Optional[AttributeValue]) -> str:
        """A node with one output."""
        return self.lowering.add(op, inputs, domain="", **attributes)

    def array(self, index: int) -> Optional[Array]:
        """The parameter that goes in; None where it is none."""
        name = self.inputs[index] if index < len(self.inputs) else None
        return None if name is None else self.parameters.get(name)

    def number(self, key: str, default: float) -> float:
        """An attribute that is a number.

        Raises
        ------
        NotConvertibleError
            When it is something else.
        """
        text = self.node.attributes.get(key)
        if text is None or text == "None":
            return default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise NotConvertibleError(f"its '{key}' is not a number")
        return value

    def text(self, key: str, default: str) -> str:
        """An attribute that is a word."""
        return self.node.attributes.get(key, default)

    def axis(self, key: str = "axis", default: int = 1, *, rank: Optional[int] = None) -> int:
        """An attribute that is an axis, counted from the front.

        Raises
        ------
        NotConvertibleError
            When there is no such axis.
        """
        rank = len(self.shape()) if rank is None else rank
        axis = self.node.whole(key, default)
        if key in self.node.attributes and self.node.whole(key) is None:
            axis = None
        if axis is None or not -rank <= axis < rank:
            raise NotConvertibleError(f"what goes into it has no such axis as its '{key}'")
        return axis % rank


Rule = Callable[[Step], Sequence[str]]


def layout(node: Node) -> Tuple[int, int]:
    """Which axis holds the channels, and which is the first of space."""
    return _LAYOUTS.get(node.attributes.get("layout", ""), (1, 2))


def channels_first(step: Step, name: str, rank: int) -> str:
    """A value with the channels behind the images, where they are last."""
    if layout(step.node)[0] == 1 or rank < 3:
        return name
    return step.add("Transpose", [name], perm=(0, rank - 1, *range(1, rank - 1)))


def as_before(step: Step, name: str, rank: int) -> str:
    """A value with the channels last again, where they were."""
    if layout(step.node)[0] == 1 or rank < 3:
        return name
    return step.add("Transpose", [name], perm=(0, *range(2, rank), 1))
