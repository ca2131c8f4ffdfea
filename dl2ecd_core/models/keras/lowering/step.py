"""A Keras layer being lowered: its settings, the tensors that go into it, and its weights.

Keras has channels behind rows and columns, ONNX in front. A tensor stays in the order in which it
was made, and is turned only where a layer looks at its axes; turning it back and forth cancels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Sequence, Set, Tuple

from ....network.lowering import Lowering, NotConvertibleError
from ....network.shapes import Dims, elements
from ....network.weights import Content
from ..config import Call, Layer
from ..flow import Settings
from ..spatial import pairs_of
from .roles import roles_of
from .shelves import Weight


@dataclass(frozen=True)
class Tensor:
    """A tensor of Keras in the graph.

    Attributes
    ----------
    name
        Of the value.
    front
        Whether the value has Keras' last axis as its second one.
    """

    name: str
    front: bool = False


@dataclass
class Turning:
    """Transpositions of one graph, each made once; what was turned and is turned back cancels.

    Attributes
    ----------
    padded
        Values that zeros were laid around.
    refused
        Values of layers that could not be lowered, and of those behind them.
    weights
        Weights that a layer takes again where it is used more than once.
    """

    lowering: Lowering
    origins: Dict[str, Tuple[str, Tuple[int, ...]]] = field(default_factory=dict)
    made: Dict[Tuple[str, Tuple[int, ...]], str] = field(default_factory=dict)
    padded: Set[str] = field(default_factory=set)
    refused: Set[str] = field(default_factory=set)
    weights: Dict[Tuple[str, Tuple[int, ...], Content], str] = field(default_factory=dict)

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


@dataclass
class Step:
    """A layer being lowered.

    Attributes
    ----------
    weights
        As the file has them; None where only sizes are asked for or they can't be told.
    """

    lowering: Lowering
    turning: Turning
    layer: Layer
    settings: Settings
    inputs: Sequence[Tensor]
    call: Call
    weights: Optional[Sequence[Weight]]
    generation: Generation

    @property
    def x(self) -> Tensor:
        """The only input.

        Raises
        ------
        NotConvertibleError
            When there are several, such as a mask.
        """
        if len(self.inputs) != 1:
            raise NotConvertibleError("it takes several inputs, such as a mask")
        return self.inputs[0]

    @property
    def as_in_training(self) -> bool:
        """Whether it is called so that it does what it does in training, also when it predicts.

        Keras 3 writes that down too, but a whole model that predicts overrules it
        (``operation_fn`` in keras/src/models/functional.py).
        """
        return self.generation.major < 3 and self.call.named.get("training") is True

    def add(self, op: str, inputs: Sequence[str], **attributes: object) -> str:
        """A node; the name of its output."""
        return self.lowering.add(op, inputs, **attributes)  # type: ignore[arg-type]

    def number(self, value: float) -> str:
        """A 32-bit float without axes."""
        return self.lowering.scalar(float(value))

    def whole(self, name: str) -> int:
        """A setting that is a whole number.

        Raises
        ------
        NotConvertibleError
            When it is none.
        """
        value = self.settings.whole(name)
        if value is None:
            raise NotConvertibleError(f"its '{name}' is no whole number")
        return value

    def real(self, name: str, default: float) -> float:
        """A setting that is a number, as it is or wrapped as Keras 2 wraps arrays."""
        value = self.settings.values.get(name)
        if isinstance(value, dict):
            config = value.get("config")
            value = value.get("value", config.get("value") if isinstance(config, dict) else None)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise NotConvertibleError(f"its '{name}' is no number")
        return float(value)

    @property
    def channels_first(self) -> bool:
        """Whether Keras' own order has the channels in front.

        Raises
        ------
        NotConvertibleError
            When the layer does not say it in words that are known.
        """
        first = self.settings.channels_first
        if first is None:
            raise NotConvertibleError("it does not say which axis holds the channels")
        return first

    def shape(self, tensor: Tensor) -> Dims:
        """The shape that Keras sees.

        Raises
        ------
        NotConvertibleError
            When its rank is not known.
        """
        shape = self.lowering.shape(tensor.name)
        return (shape[0], *shape[2:], shape[1]) if tensor.front else shape

    def rank(self, tensor: Tensor) -> int:
        """How many axes a tensor has."""
        return len(self.lowering.shape(tensor.name))

    def place(self, tensor: Tensor, axis: int) -> int:
        """Where the value has one of Keras' axes.

        Raises
        ------
        NotConvertibleError
            When there is no such axis.
        """
        rank = self.rank(tensor)
        if not -rank <= axis < rank:
            raise NotConvertibleError(f"there is no axis {axis} in what goes into it")
        axis %= rank
        if not tensor.front or axis == 0:
            return axis
        return 1 if axis == rank - 1 else axis + 1

    def plain(self, tensor: Tensor) -> str:
        """The value with its axes as Keras has them."""
        if not tensor.front:
            return tensor.name
        rank = self.rank(tensor)
        return self.turning.turned(tensor.name, (0, *range(2, rank), 1))

    def fronted(self, tensor: Tensor) -> str:
        """The value with Keras' last axis as its second one."""
        if tensor.front:
            return tensor.name
        rank = self.rank(tensor)
        return self.turning.turned(tensor.name, (0, rank - 1, *range(1, rank - 1)))

    def image(self, tensor: Tensor, spatial: int) -> str:
        """The value with its channels as its second axis, in whatever order Keras has it.

        Raises
        ------
        NotConvertibleError
            When it has another number of axes.
        """
        if self.rank(tensor) != spatial + 2:
            raise NotConvertibleError(f"it takes {spatial + 2} axes, not {self.rank(tensor)}")
        return self.plain(tensor) if self.channels_first else self.fronted(tensor)

    def image_made(self, name: str) -> Tensor:
        """What was made of an image in ONNX's order, for Keras."""
        return Tensor(name, not self.channels_first)

    def channels(self, name: str) -> int:
        """The channels of an image in ONNX's order.

        Raises
        ------
        NotConvertibleError
            When they are not known.
        """
        count = self.lowering.shape(name)[1]
        if not count:
            raise NotConvertibleError("the number of channels that go into it is not known")
        return count

    def has(self, role: str) -> bool:
        """Whether the layer keeps such weights."""
        return role in (roles_of(self.layer) or ())

    def weight(self, role: str, dims: Sequence[int], kept: Optional[Sequence[int]] = None) -> str:
        """Weights of the layer, their axes as Keras has them.

        Parameters
        ----------
        kept
            The sizes that the file has for them, where they differ by axes of one.

        Raises
        ------
        NotConvertibleError
            When the file has others, or they are no plain numbers.
        """
        name = f"{self.layer.name}/{role}"
        roles = roles_of(self.layer) or ()
        if self.weights is None:
            raise NotConvertibleError("where its weights lie in the file can't be told")
        if len(self.weights) != len(roles):
            raise NotConvertibleError("the file has another number of weights for it")
        found = self.weights[roles.index(role)]
        if found.shape != tuple(dims if kept is None else kept):
            raise NotConvertibleError(f"the file has its '{role}' in another size")
        if found.content is None:
            raise NotConvertibleError(f"its '{role}' is stored in a way that is not read here")
        key = (name, tuple(dims), found.content)
        if key not in self.turning.weights:
            self.turning.weights[key] = self.lowering.weight(name, dims, found.content)
        return self.turning.weights[key]

    def ordered(self, weight: str, order: Sequence[int], dims: Sequence[int] = ()) -> str:
        """Weights with their axes in another order, and then in other sizes."""
        made = self.turning.turned(weight, order)
        if dims:
            made = self.add("Reshape", [made, self.lowering.constant(dims)])
        return made

    def broadcast(self, weight: str, tensor: Tensor, axes: Sequence[int], sizes: Dims) -> str:
        """Weights that lie along some of Keras' axes, so that they fit to a tensor.

        Parameters
        ----------
        axes
            Counted from the front, in order.
        sizes
            Along those axes.
        """
        rank = self.rank(tensor)
        dims = [1] * rank
        for axis, size in zip(axes, sizes):
            dims[axis] = size or 1
        places = [self.place(tensor, axis) for axis in range(rank)]
        order = [places.index(place) for place in range(rank)]
        turned = [dims[axis] for axis in order]
        if len([size for size in dims if size != 1]) < 2:
            # A single axis keeps its order.
            return self.add("Reshape", [weight, self.lowering.constant(turned)])
        made = self.add("Reshape", [weight, self.lowering.constant(dims)])
        return self.turning.turned(made, order)

    def known(self, tensor: Tensor, axes: Sequence[int]) -> Tuple[int, ...]:
        """The sizes of some axes.

        Raises
        ------
        NotConvertibleError
            When one is not known.
        """
        shape = self.shape(tensor)
        sizes = [shape[axis] for axis in axes]
        sure = tuple(size for size in sizes if size is not None)
        if len(sure) != len(sizes) or not elements(sure):
            raise NotConvertibleError("the size of what goes into it is not known")
        return sure


#: What a layer becomes; raises NotConvertibleError where it can't.
Rule = Callable[[Step], Sequence[Tensor]]


def rules(*groups: Tuple[Rule, str]) -> Dict[str, Rule]:
    """Rules by the names of the layers that they are for."""
    found: Dict[str, Rule] = {}
    for rule, names in groups:
        found.update((name, rule) for name in names.split())
    return found


def pairs(step: Step, name: str, spatial: int) -> List[Tuple[int, int]]:
    """Margins in front and behind per axis, from the ways in which Keras writes them.

    Raises
    ------
    NotConvertibleError
        When they are none.
    """
    found = pairs_of(step.settings.values.get(name), spatial)
    if found is None:
        raise NotConvertibleError(f"its '{name}' is no list of margins")
    return found
