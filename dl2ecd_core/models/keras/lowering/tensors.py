"""Tensors of Keras in the graph, and in which order their axes lie there.

Keras has channels behind rows and columns, ONNX in front. A tensor stays in the order in which it
was made, and is turned only where a layer looks at its axes; turning it back and forth cancels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Optional, Sequence, Set, Tuple

from ....network.lowering import Lowering
from ....network.shapes import Dims
from ....network.weights import Content


@dataclass(frozen=True)
class Tensor:
    """A tensor of Keras in the graph.

    Attributes
    ----------
    name
        Of the value.
    front
        Whether the value has Keras' last axis as its second one.
    unsure
        Name of the layer that could not be followed: from there on a size of None may be one that
        is not known rather than one that is free.
    """

    name: str
    front: bool = False
    unsure: Optional[str] = None


@dataclass
class Turning:
    """Transpositions of one graph, each made once; what was turned and is turned back cancels.

    Attributes
    ----------
    weights
        Weights that a layer takes again where it is used more than once.
    channels_first
        The orders of axes that layers for images have named.
    """

    lowering: Lowering
    origins: Dict[str, Tuple[str, Tuple[int, ...]]] = field(default_factory=dict)
    made: Dict[Tuple[str, Tuple[int, ...]], str] = field(default_factory=dict)
    weights: Dict[Tuple[str, Tuple[int, ...], Optional[Content]], str] = field(default_factory=dict)
    channels_first: Set[bool] = field(default_factory=set)

    def turned(self, name: str, order: Sequence[int]) -> str:
        """A value with its axes in another order."""
        source, before = self.origins.get(name, (name, tuple(range(len(order)))))
        whole = tuple(before[axis] for axis in order)
        if whole == tuple(range(len(whole))):
            return source
        if (source, whole) not in self.made:
            made = self.lowering.add("Transpose", [source], perm=whole)
            self.made[source, whole] = made
            self.origins[made] = (source, whole)
        return self.made[source, whole]

    def plain(self, tensor: Tensor) -> str:
        """The value with its axes as Keras has them."""
        shape = self.lowering.value(tensor.name).shape
        if not tensor.front or shape is None:
            return tensor.name
        return self.turned(tensor.name, (0, *range(2, len(shape)), 1))

    def fronted(self, tensor: Tensor) -> str:
        """The value with Keras' last axis as its second one.

        Raises
        ------
        NotConvertibleError
            When its rank is not known.
        """
        if tensor.front:
            return tensor.name
        rank = len(self.lowering.shape(tensor.name))
        return self.turned(tensor.name, (0, rank - 1, *range(1, rank - 1)))

    def shape(self, tensor: Tensor) -> Optional[Dims]:
        """The shape that Keras sees; None when its rank is not known."""
        shape = self.lowering.value(tensor.name).shape
        return (shape[0], *shape[2:], shape[1]) if tensor.front and shape else shape


@dataclass(frozen=True)
class Generation:
    """Which Keras wrote a file.

    Attributes
    ----------
    version
        The text that it wrote; empty where there is none, as Keras 1 left it out.
    backend
        The library that computed it.
    """

    version: str = ""
    backend: str = ""

    @property
    def major(self) -> int:
        """1, 2 or 3."""
        return {"3": 3, "2": 2}.get(self.version.partition(".")[0], 1)
