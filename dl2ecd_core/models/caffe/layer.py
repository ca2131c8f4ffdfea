"""A layer being lowered: its settings, what goes into it, and its weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import AbstractSet, Callable, List, Optional, Sequence, Tuple

from ...network.graph import AttributeValue
from ...network.lowering import Lowering, NotConvertibleError
from ...network.shapes import Dims, elements
from ...network.value import Axis, Value, shaped
from ...network.weights import Content, Converted, Stored
from .network import Layer, Settings, Weights, integers, part


@dataclass(frozen=True)
class Lowered:
    """A layer being lowered.

    Attributes
    ----------
    bottoms
        The values that go into it.
    weights
        The tensors that it holds; none where only its description is at hand.
    path
        The file that they lie in; None where only shapes are asked for.
    batches
        Numbers of images that the description says and that are left open; none where they are
        taken as they are.
    """

    lowering: Lowering
    layer: Layer
    bottoms: Sequence[str]
    weights: Tuple[Weights, ...]
    path: Optional[Path]
    batches: AbstractSet[int]

    def settings(self, name: str) -> Settings:
        """The layer's settings of a kind."""
        return part(self.layer.settings, name)

    def shape(self, index: int = 0) -> Dims:
        """The shape of what goes in.

        Raises
        ------
        NotConvertibleError
            When its rank is not known.
        """
        return self.lowering.shape(self.bottoms[index])

    def image(self, index: int = 0) -> Dims:
        """The shape of what goes in, of four axes.

        Raises
        ------
        NotConvertibleError
            When it has another rank.
        """
        shape = self.shape(index)
        if len(shape) != 4:
            raise NotConvertibleError("it is told for images only, of four axes")
        return shape

    def add(self, op: str, inputs: Sequence[str], **attributes: Optional[AttributeValue]) -> str:
        """A node with one output."""
        return self.lowering.add(op, inputs, domain="", **attributes)

    def weight(self, index: int, dims: Sequence[int]) -> str:
        """A tensor of weights, seen with these sizes; without bytes where they do not fit."""
        content: Optional[Content] = None
        if index < len(self.weights) and self.path is not None:
            one = self.weights[index]
            if one.spans and one.elements == elements(dims):
                content = Stored(self.path, one.spans)
                if one.data_type != "float32":
                    content = Converted(content, one.data_type, "float32")
        return self.lowering.weight(f"{self.layer.name}.{index}", dims, content)

    def value(self, shape: Dims) -> Value:
        """What is known of an image of another size that is made of what goes in."""
        x = self.lowering.value(self.bottoms[0])
        axes: List[Axis] = list(x.axes) if len(x.axes) == len(shape) else [Axis()] * len(shape)
        axes = [replace(axis, footprint=None, source=None) for axis in axes]
        return shaped(shape, x.data_type, axes)


Rule = Callable[[Lowered], Sequence[str]]


def axis_of(settings: Settings, rank: int, default: int = 1, old: str = "axis") -> int:
    """The axis that a layer is set to, counted from the front.

    Raises
    ------
    NotConvertibleError
        When there is no such axis.
    """
    given = (integers(settings, "axis") or integers(settings, old) or [default])[-1]
    if not -rank <= given < rank:
        raise NotConvertibleError(f"what goes into it has no axis {given}")
    return given % rank
