"""A node and what goes into it, as an operation's rule sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ..footprints import Source
from ..graph import Attributes, Node
from ..value import UNKNOWN, Axis, Value


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
    makers
        Which node a value comes from, by the value's name.
    """

    node: Node
    inputs: Sequence[Optional[Value]]
    opset: int
    letters: Dict[Source, str] = field(default_factory=dict)
    makers: Mapping[str, Node] = field(default_factory=dict)

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
        learn(self.letters, value, letters)

    def axes_list(self, index: int, name: str = "axes") -> Tuple[bool, Optional[Tuple[int, ...]]]:
        """Axes given as an input (newer) or attribute (older): whether given, and which."""
        if self.has(index):
            return True, self.input(index).known_integers()
        if name in self.attributes:
            return True, self.attributes.integers(name)
        return False, None


def learn(known: Dict[Source, str], value: Value, letters: str) -> None:
    """Add what the letters of a value's axes tell about the inputs that they come from."""
    for axis, letter in zip(value.axes, letters):
        source = _source(axis)
        if source is not None and letter != "?":
            before = known.setdefault(source, letter)
            if before != letter:
                # Two operations that disagree: nothing is said about this axis.
                known[source] = "?"


def _source(axis: Axis) -> Optional[Source]:
    """The axis of an input that an axis is, or whose pixels its own are made of."""
    if axis.source is None and axis.footprint is not None and len(axis.footprint.sources) == 1:
        (source,) = axis.footprint.sources
        return source
    return axis.source
