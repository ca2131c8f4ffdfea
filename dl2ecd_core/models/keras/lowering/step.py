"""A Keras layer being lowered: its settings, the tensors that go into it, and its weights."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ....network.lowering import (
    NOT_CONVERTIBLE,
    UNKNOWN_INPUT,
    Lowering,
    NotConvertibleError,
)
from ....network.shapes import Dims
from ....network.value import NO_MEANING, SCORES, Axis, Kind, Meaning, Value, shaped
from ....network.weights import Content
from ..config import Call, Layer, whole
from ..settings import Settings, sizes
from .roles import roles_of
from .shelves import Weight
from .tensors import Generation, Tensor, Turning

#: What the axes of series, images and volumes mean, in ONNX's order.
_LETTERS = {1: "NC?", 2: "NCHW", 3: "NC?HW"}


@dataclass
class Step:
    """A layer being lowered.

    Attributes
    ----------
    weights
        As the file has them; None where they can't be told.
    sized
        Only sizes are asked for: no weights are at hand, and none are missed.
    doubts
        Why the layer can't be said in ONNX's operators, though what comes out of it is known.
    """

    lowering: Lowering
    turning: Turning
    layer: Layer
    settings: Settings
    inputs: Sequence[Tensor]
    call: Call
    weights: Optional[Sequence[Weight]]
    generation: Generation
    sized: bool = False
    doubts: List[NotConvertibleError] = field(default_factory=list)

    def cannot(self, reason: str, rule: str = NOT_CONVERTIBLE) -> None:
        """The layer can't be said in ONNX's operators; its sizes can be told all the same."""
        self.doubts.append(NotConvertibleError(reason, rule))

    @property
    def doubt(self) -> Optional[NotConvertibleError]:
        """The first reason why the layer can't be said."""
        return self.doubts[0] if self.doubts else None

    @property
    def x(self) -> Tensor:
        """The only input; the first one where there are several, such as a mask."""
        if len(self.inputs) != 1:
            self.cannot("it takes several inputs, such as a mask")
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
        self.turning.channels_first.add(first)
        return first

    def shape(self, tensor: Tensor) -> Dims:
        """The shape that Keras sees.

        Raises
        ------
        NotConvertibleError
            When its rank is not known.
        """
        shape = self.lowering.shape(tensor.name)
        return self.turning.shape(tensor) or shape

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
        return self.turning.plain(tensor)

    def fronted(self, tensor: Tensor) -> str:
        """The value with Keras' last axis as its second one."""
        return self.turning.fronted(tensor)

    def image(self, tensor: Tensor, spatial: int) -> str:
        """The value with its channels as its second axis, in whatever order Keras has it.

        Of a tensor of which nothing is known, the layer tells how many axes it has.

        Raises
        ------
        NotConvertibleError
            When it has another number of axes.
        """
        first = self.channels_first
        before = self.lowering.value(tensor.name)
        if before.shape is None:
            self.cannot("what goes into it is of an unknown shape", UNKNOWN_INPUT)
            tensor = self.told((None,) * (spatial + 2), data_type=before.data_type)
        if self.rank(tensor) != spatial + 2:
            raise NotConvertibleError(f"it takes {spatial + 2} axes, not {self.rank(tensor)}")
        name = self.plain(tensor) if first else self.fronted(tensor)
        self.lowering.learn(name, _LETTERS[spatial])
        return name

    def image_made(self, name: str) -> Tensor:
        """What was made of an image in ONNX's order, for Keras."""
        self.lowering.learn(name, _LETTERS.get(len(self.lowering.shape(name)) - 2, ""))
        return Tensor(name, not self.channels_first)

    def placed(self, name: str, value: Value) -> str:
        """What lies where another value lies, though the operators alone do not tell it."""
        made = replace(self.lowering.value(name), shape=value.shape, axes=value.axes)
        return self.lowering.known(name, made)

    def channels(self, name: str) -> Optional[int]:
        """The channels of an image in ONNX's order; None when they are not known."""
        count = self.lowering.shape(name)[1]
        if not count:
            self.cannot("the number of channels that go into it is not known", UNKNOWN_INPUT)
            return None
        return count

    def told(
        self,
        shape: Optional[Dims],
        letters: str = "",
        meaning: Meaning = NO_MEANING,
        data_type: Optional[str] = None,
    ) -> Tensor:
        """What is known of a tensor that can't be computed here; of the first input's type."""
        if data_type is None:
            data_type = self.lowering.value(self.inputs[0].name).data_type
        value = shaped(shape, data_type, [Axis(letter) for letter in letters])
        return Tensor(self.lowering.stand_in(replace(value, meaning=meaning)))

    def meaning(self, tensor: Tensor, meaning: Meaning) -> Tensor:
        """A tensor as it is, whose numbers mean something else."""
        made = self.add("Identity", [tensor.name])
        return replace(tensor, name=self.lowering.mean(made, meaning))

    def computed(self, name: str) -> str:
        """What was computed number by number from scores, though the operators do not tell it."""
        of = [self.lowering.value(tensor.name).meaning.kind for tensor in self.inputs]
        if self.lowering.value(name).meaning == NO_MEANING and Kind.ARGMAX not in of:
            return self.lowering.mean(name, SCORES)
        return name

    def scores(self, tensor: Tensor) -> Tensor:
        """Something as large as a tensor, of which only that is known."""
        return self.meaning(tensor, SCORES)

    def has(self, role: str) -> bool:
        """Whether the layer keeps such weights."""
        return role in (roles_of(self.layer) or ())

    def weight(
        self, role: str, dims: Sequence[Optional[int]], kept: Optional[Sequence[int]] = None
    ) -> str:
        """Weights of the layer, their axes as Keras has them.

        Parameters
        ----------
        dims
            None for what is not known of what goes into the layer.
        kept
            The sizes that the file has for them, where they differ by axes of one.
        """
        sizes_ = tuple(size for size in dims if size is not None)
        if len(sizes_) < len(dims):
            self.cannot("the size of what goes into it is not known", UNKNOWN_INPUT)
            return self.lowering.stand_in(shaped(tuple(dims), "float32", constant=True))
        content = None if self.sized else self._content(role, sizes_ if kept is None else kept)
        key = (f"{self.layer.name}/{role}", sizes_, content)
        if key not in self.turning.weights:
            self.turning.weights[key] = self.lowering.weight(key[0], sizes_, content)
        return self.turning.weights[key]

    def _content(self, role: str, kept: Sequence[int]) -> Optional[Content]:
        """Where the values of weights lie; that they can't be told is a doubt."""
        roles = roles_of(self.layer) or ()
        if self.weights is None:
            self.cannot("where its weights lie in the file can't be told")
        elif len(self.weights) != len(roles):
            self.cannot("the file has another number of weights for it")
        else:
            found = self.weights[roles.index(role)]
            if found.shape != tuple(kept):
                self.cannot(f"the file has its '{role}' in another size")
            elif found.content is None:
                self.cannot(f"its '{role}' is stored in a way that is not read here")
            else:
                return found.content
        return None

    def ordered(self, weight: str, order: Sequence[int], dims: Sequence[Optional[int]] = ()) -> str:
        """Weights with their axes in another order, and then in other sizes."""
        made = self.turning.turned(weight, order)
        if dims:
            made = self.add("Reshape", [made, self.lowering.constant(_written(dims))])
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
        for axis, size in zip(axes, _written(sizes)):
            dims[axis] = size
        places = [self.place(tensor, axis) for axis in range(rank)]
        order = [places.index(place) for place in range(rank)]
        turned = [dims[axis] for axis in order]
        if len([size for size in dims if size != 1]) < 2:
            # A single axis keeps its order.
            return self.add("Reshape", [weight, self.lowering.constant(turned)])
        made = self.add("Reshape", [weight, self.lowering.constant(dims)])
        return self.turning.turned(made, order)

    def known(self, tensor: Tensor, axes: Sequence[int]) -> Tuple[Optional[int], ...]:
        """The sizes of some axes; those that are not known, or nothing, are None."""
        shape = self.shape(tensor)
        return tuple(shape[axis] or None for axis in axes)


def _written(sizes: Sequence[Optional[int]]) -> List[int]:
    """Sizes for a reshape, which works out what is not known."""
    return [-1 if size is None else size for size in sizes]


#: What a layer becomes; raises NotConvertibleError where even sizes can't be told.
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
    value = step.settings.values.get(name)
    single = whole(value)
    if single is not None:
        return [(single, single)] * spatial
    items: Any = value if isinstance(value, list) else []
    if spatial == 1 and len(items) == 2 and all(whole(item) is not None for item in items):
        items = [items]
    margins = [margin for margin in (sizes(item, 2) for item in items) if margin is not None]
    if not len(margins) == len(items) == spatial:
        raise NotConvertibleError(f"its '{name}' is no list of margins")
    return [(before, behind) for before, behind in margins]
