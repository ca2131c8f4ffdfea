"""One graph for all frameworks: ONNX's operators, and weights that stay in their file.

https://github.com/onnx/onnx/blob/main/docs/IR.md
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Mapping, NamedTuple, Optional, Protocol, Sequence, Tuple, Union

from .data_types import Number
from .shapes import Dims, elements
from .weights import Content, Literal

#: What an attribute may be: a number, a text, or several of one kind.
AttributeValue = Union[
    int, float, str, Sequence[int], Sequence[float], Sequence[str], "Initializer"
]


class SmallTensor(Protocol):
    """A tensor whose values can be asked for where they are few."""

    @property
    def dims(self) -> Tuple[int, ...]:
        """Its sizes."""

    @property
    def data_type(self) -> Optional[str]:
        """NumPy's name of the element type; None when it is an unknown one."""

    @property
    def elements(self) -> int:
        """The number of values."""

    def values(self) -> Optional[Tuple[Number, ...]]:
        """The values; None where they are many or not at hand."""


class Attributes(Protocol):
    """A node's attributes, whether written down here or parsed from a file when asked for."""

    def __contains__(self, name: object) -> bool:
        """Whether it is set."""

    def integer(self, name: str, default: Optional[int] = None) -> Optional[int]:
        """A whole number; the default when absent."""

    def number(self, name: str) -> Optional[float]:
        """A number."""

    def text(self, name: str, default: str = "") -> str:
        """A text."""

    def integers(self, name: str) -> Optional[Tuple[int, ...]]:
        """Whole numbers; None when absent."""

    def floats(self, name: str) -> Optional[Tuple[float, ...]]:
        """Numbers; None when absent."""

    def texts(self, name: str) -> Tuple[str, ...]:
        """Texts; none when absent."""

    def tensor(self, name: str) -> Optional[SmallTensor]:
        """A tensor; None when absent."""


class GivenAttributes(Dict[str, AttributeValue]):
    """Attributes written down by a lowering.

    Examples
    --------
    >>> GivenAttributes(pads=(1, 1), alpha=0.5).integers("pads")
    (1, 1)
    """

    def integer(self, name: str, default: Optional[int] = None) -> Optional[int]:
        """A whole number; the default when absent."""
        value = self.get(name, default)
        return value if isinstance(value, int) else None

    def number(self, name: str) -> Optional[float]:
        """A number."""
        value = self.get(name)
        return float(value) if isinstance(value, (int, float)) else None

    def text(self, name: str, default: str = "") -> str:
        """A text."""
        value = self.get(name, default)
        return value if isinstance(value, str) else default

    def integers(self, name: str) -> Optional[Tuple[int, ...]]:
        """Whole numbers; None when absent."""
        found = self._several(name)
        return None if found is None else tuple(one for one in found if isinstance(one, int))

    def floats(self, name: str) -> Optional[Tuple[float, ...]]:
        """Numbers; None when absent."""
        found = self._several(name)
        return (
            None
            if found is None
            else tuple(float(one) for one in found if isinstance(one, (int, float)))
        )

    def texts(self, name: str) -> Tuple[str, ...]:
        """Texts; none when absent."""
        return tuple(one for one in self._several(name) or () if isinstance(one, str))

    def tensor(self, name: str) -> Optional[SmallTensor]:
        """A tensor; None when absent."""
        value = self.get(name)
        return value if isinstance(value, Initializer) else None

    def _several(self, name: str) -> Optional[Sequence[object]]:
        value = self.get(name)
        return value if isinstance(value, (tuple, list)) else None


_NO_ATTRIBUTES = GivenAttributes()


class Node(NamedTuple):
    """One operation.

    Attributes
    ----------
    op
        The operator's name: ``Conv``.
    inputs, outputs
        Names of values; an empty one is left out.
    domain
        Empty for ONNX's own operators.
    name
        The node's name, as the source calls its layer.
    overload
        Tells functions of one name apart.
    """

    op: str
    inputs: Tuple[str, ...]
    outputs: Tuple[str, ...]
    attributes: Attributes = _NO_ATTRIBUTES
    domain: str = ""
    name: str = ""
    overload: str = ""

    def input(self, index: int) -> str:
        """The name of an input; empty when it is left out."""
        return self.inputs[index] if index < len(self.inputs) else ""


@dataclass(frozen=True)
class ValueType:
    """The type of a graph's input, output or inner value.

    Attributes
    ----------
    data_type
        A tensor's element type; for sequences, maps and the like a word with their parts.
    shape
        None when the rank is not known, or it is no tensor.
    is_tensor
        False for sequences, maps, optional and opaque values.
    """

    data_type: Optional[str] = None
    shape: Optional[Dims] = None
    is_tensor: bool = True


@dataclass(frozen=True)
class Initializer:
    """A tensor that comes with the network: weights, or a few numbers.

    Attributes
    ----------
    dims
        Sizes; an empty tuple for a scalar.
    data_type
        NumPy's name of the element type.
    content
        Its bytes, little-endian, the last axis fastest; None where the file does not hold them.
    """

    name: str
    dims: Tuple[int, ...]
    data_type: str
    content: Optional[Content] = None

    @property
    def elements(self) -> int:
        """The number of values."""
        return elements(self.dims) or 0

    def values(self) -> Optional[Tuple[Number, ...]]:
        """The values of a small constant that was made here; None for weights in a file."""
        return self.content.numbers(self.data_type) if isinstance(self.content, Literal) else None


@dataclass
class Graph:
    """A network: nodes in the order in which they run, inputs and outputs in the source's order."""

    name: str = "network"
    nodes: List[Node] = field(default_factory=list)
    initializers: Dict[str, Initializer] = field(default_factory=dict)
    inputs: Dict[str, ValueType] = field(default_factory=dict)
    outputs: Dict[str, ValueType] = field(default_factory=dict)


def attributes_of(values: Mapping[str, Optional[AttributeValue]]) -> GivenAttributes:
    """Attributes from values by name; those that are None are left out."""
    return GivenAttributes((name, value) for name, value in values.items() if value is not None)
