"""What is known of a tensor on its way through a network, and how settings of layers are read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Callable, FrozenSet, Mapping, Optional, Sequence, Tuple

from ...network.footprints import Footprint
from ..description import Activation, Dims
from .config import Call, Layer, whole

#: Where the rows and columns of an image tensor lie over the input tile.
Footprints = Tuple[Optional[Footprint], Optional[Footprint]]


@dataclass(frozen=True)
class Flow:
    """A tensor between two layers.

    Attributes
    ----------
    shape
        None when even the rank is unknown.
    data_type
        None when unknown.
    axes
        One letter per dimension where layers have shown what they mean; None before that.
    activation
        What was done last, None when unknown.
    footprints
        For images only (two spatial axes); None when lost.
    origins
        The network's inputs that reached here with their axes in place, by number.
    unsure
        Name of the layer that could not be followed: from there on a size of None may be one that
        is not known rather than one that is free.
    class_count
        Channels over which an argmax was taken.
    """

    shape: Optional[Dims] = None
    data_type: Optional[str] = None
    axes: Optional[str] = None
    activation: Optional[Activation] = None
    footprints: Optional[Footprints] = None
    origins: FrozenSet[int] = field(default_factory=frozenset)
    unsure: Optional[str] = None
    class_count: Optional[int] = None

    @property
    def rank(self) -> Optional[int]:
        """Number of dimensions."""
        return None if self.shape is None else len(self.shape)

    def done(self, activation: Optional[Activation] = Activation.NONE) -> Flow:
        """The same shape after an operation on each value."""
        return replace(self, activation=activation)

    def shaped(self, shape: Optional[Dims], activation: Optional[Activation] = None) -> Flow:
        """Another shape, in which the axes mean something else."""
        return Flow(shape, self.data_type, None, activation)


#: What a layer makes of its inputs; raises nothing, and answers an empty Flow for "unknown".
Rule = Callable[["Settings", Sequence[Flow], Call], Sequence[Flow]]

UNKNOWN = Flow()


@dataclass(frozen=True)
class Settings:
    """A layer's settings, each read as what it should be or else as None."""

    layer: Layer
    values: Mapping[str, Any]

    def whole(self, name: str) -> Optional[int]:
        """A whole number that is not negative."""
        return whole(self.values.get(name))

    def text(self, name: str, default: Optional[str] = None) -> Optional[str]:
        """A string."""
        value = self.values.get(name, default)
        return value if isinstance(value, str) else None

    def flag(self, name: str) -> bool:
        """Whether a setting is on."""
        return self.values.get(name) is True

    def sizes(self, name: str, count: int, default: Any = None) -> Optional[Tuple[int, ...]]:
        """One whole number per axis; a single one stands for all."""
        value = self.values.get(name)
        value = default if value is None else value
        return sizes(value, count)

    @property
    def channels_first(self) -> Optional[bool]:
        """Whether the channels come before rows and columns; None when that is not said."""
        data_format = self.values.get("data_format", "channels_last")
        return {"channels_first": True, "channels_last": False}.get(str(data_format))

    @property
    def activation(self) -> Optional[Activation]:
        """What the layer's own activation function does; None when it is not a known one."""
        return activation_named(self.values.get("activation"))


def sizes(value: Any, count: int) -> Optional[Tuple[int, ...]]:
    """One whole number per axis; a single one stands for all."""
    if isinstance(value, list):
        numbers = [whole(item) for item in value]
    else:
        numbers = [whole(value)] * count
    known = tuple(number for number in numbers if number is not None)
    return known if len(known) == len(numbers) == count else None


def axis(value: Any, rank: int) -> Optional[int]:
    """An axis, counted from the front, a list of one too; None when there is no such axis."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, int) or isinstance(value, bool) or not -rank <= value < rank:
        return None
    return value % rank


_PLAIN_NAMES = """
    linear relu relu6 leaky_relu elu selu gelu celu glu tanh softplus softsign swish silu mish
    exponential hard_silu hard_swish hard_tanh hard_shrink soft_shrink tanh_shrink squareplus
    log_sigmoid hard_sigmoid sparse_plus sparse_sigmoid threshold
"""
_PLAIN_FUNCTIONS = frozenset(_PLAIN_NAMES.split())


def activation_name(value: Any) -> Optional[str]:
    """The name that Keras has for an activation function; None when it is not one of Keras' own.

    Parameters
    ----------
    value
        As it stands in a layer's settings, and is something.
    """
    if isinstance(value, dict):
        inner = value.get("config")
        named = inner.get("name") if isinstance(inner, dict) else inner
        if value.get("module") not in ("keras.activations", "keras.layers", "builtins", None):
            return None
        if value.get("class_name") != "function" and value.get("registered_name") is not None:
            return None
        value = named if value.get("class_name") == "function" else value.get("class_name")
        value = value.lower() if isinstance(value, str) else value
    return value if isinstance(value, str) else None


def activation_named(value: Any) -> Optional[Activation]:
    """What an activation function does, by its name in Keras.

    ``log_softmax`` and ``sparsemax`` keep the order of the classes but are no probabilities that
    add up: unknown.
    """
    if value is None:
        return Activation.NONE
    name = activation_name(value)
    if name == "softmax":
        return Activation.SOFTMAX
    if name == "sigmoid":
        return Activation.SIGMOID
    return Activation.NONE if name in _PLAIN_FUNCTIONS else None


def letters(rank: int, channels_first: bool) -> Optional[str]:
    """What the axes of an image, volume or series mean."""
    spatial = {3: "?", 4: "HW", 5: "?HW"}.get(rank)
    if spatial is None:
        return None
    return f"NC{spatial}" if channels_first else f"N{spatial}C"
