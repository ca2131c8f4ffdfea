"""A network that is not lowered, followed operation by operation: what its results look at.

A reader says which of ONNX's operators, with which attributes, an operation of its format is; the
rules of `operations/` do the arithmetic. It says so where it is certain: what is not followed
makes what comes of it unknown, and that it may look at all that goes in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from .data_types import Number
from .evaluation import Evaluation
from .graph import AttributeValue, Node, attributes_of
from .outlook import Outlook
from .shapes import Dims
from .value import Value, shaped

# Since this version, what pads, squeezes and sums up takes its numbers as inputs.
_OPSET = 13


class NotFollowedError(Exception):
    """Of an operation is not known what its results look at."""


class Following(Evaluation):
    """The values of a network in the making: its operations, each after what it takes.

    Parameters
    ----------
    assumed
        Rows and columns that an image is taken to have where the file leaves them free: what a
        network works out of its image's size is known then.

    Examples
    --------
    >>> following = Following(assumed=256)
    >>> following.input("image", (None, 3, None, None), "float32", "NCHW")
    >>> following.constant("weights", (5, 3, 3, 3), "float32")
    >>> following.layer(
    ...     ["image", "weights"],
    ...     {"scores": (None, 5, None, None)},
    ...     lambda: [following.add("Conv", ["image", "weights"], pads=(1, 1, 1, 1))],
    ... )
    >>> (name, scores), = following.outlook([("scores", "scores")]).outputs
    >>> scores.shape, scores.letters, scores.axes[2].footprint.halo()
    ((1, 5, 256, 256), 'NCHW', (1, 1))
    """

    def __init__(self, assumed: int) -> None:
        super().__init__(_OPSET)
        self._assumed = assumed
        self._inputs: List[str] = []
        self._made = 0

    def input(
        self, name: str, shape: Optional[Dims], data_type: Optional[str], letters: Optional[str]
    ) -> None:
        """What is fed.

        Parameters
        ----------
        letters
            What its axes mean, as far as it is known: as whoever feeds it takes them.
        """
        known = letters if letters is not None and len(letters) == len(shape or ()) else ""
        self._inputs.append(name)
        self.add_input(name, self._sized(shape, known), data_type)
        self.learn(name, known)

    def _sized(self, shape: Optional[Dims], letters: str) -> Optional[Dims]:
        """A shape whose rows and columns have a length; all but the first, where none is known.

        Of the images there is one: shapes are worked out of their number, too.
        """
        if shape is None:
            return None
        of_image = [letter in "HW" for letter in letters]
        if not any(of_image):
            of_image = [axis > 0 for axis in range(len(shape))]
        assumed = [
            self._assumed if along else 1 if letters[axis : axis + 1] == "N" else None
            for axis, along in enumerate(of_image)
        ]
        return tuple(other if size is None else size for size, other in zip(shape, assumed))

    def numbers(self, numbers: Sequence[Optional[Number]], data_type: str = "int64") -> str:
        """The name of a new constant of these numbers."""
        return self.weights((len(numbers),), data_type, numbers)

    def weights(
        self,
        shape: Optional[Dims],
        data_type: Optional[str] = "float32",
        numbers: Optional[Sequence[Optional[Number]]] = None,
    ) -> str:
        """The name of a new constant of this shape, as an operator of ONNX has it."""
        name = self._new()
        self.constant(name, shape, data_type, numbers)
        return name

    def shape(self, name: str) -> Dims:
        """The shape of a value.

        Raises
        ------
        NotFollowedError
            When its rank is not known.
        """
        shape = self.value(name).shape
        if shape is None:
            raise NotFollowedError
        return shape

    def known(self, name: str) -> Tuple[int, ...]:
        """The whole numbers of a value.

        Raises
        ------
        NotFollowedError
            When one is not known.
        """
        numbers = self.value(name).known_integers()
        if numbers is None:
            raise NotFollowedError
        return numbers

    def add(self, op: str, inputs: Sequence[str], **attributes: Optional[AttributeValue]) -> str:
        """One of ONNX's operators with one output; the output's name.

        Attributes that are None are left out.
        """
        return self.add_several(op, inputs, 1, **attributes)[0]

    def add_several(
        self,
        op: str,
        inputs: Sequence[str],
        outputs: int,
        **attributes: Optional[AttributeValue],
    ) -> Tuple[str, ...]:
        """The same with several outputs."""
        names = tuple(self._new() for _ in range(outputs))
        self.run(Node(op, tuple(inputs), names, attributes_of(attributes)))
        return names

    def in_multiples(self, name: str, pixels: Mapping[int, int]) -> str:
        """A value that is there only where axes have whole multiples of so many pixels; its name.

        Parameters
        ----------
        pixels
            How many, by the axis.
        """
        value, made = self.value(name), self._new()
        axes = list(value.axes)
        for axis, multiple in pixels.items():
            footprint = axes[axis].footprint
            if footprint is not None:
                axes[axis] = replace(axes[axis], footprint=footprint.in_multiples(multiple))
        self.values[made] = replace(value, axes=tuple(axes))
        return made

    def layer(
        self,
        inputs: Sequence[str],
        outputs: Mapping[str, Optional[Dims]],
        follow: Callable[[], Sequence[str]],
    ) -> None:
        """An operation of the format.

        Parameters
        ----------
        inputs
            All that goes into it; an empty name for what is not there.
        outputs
            Names, with the shapes that the file declares. Of these, ranks are believed, and the
            sizes of what is made of constants alone.
        follow
            Adds ONNX's operators, and returns the names of their results; raises
            :class:`NotFollowedError` where it can't.
        """
        try:
            made: Sequence[Value] = [self.value(name) for name in follow()]
        except NotFollowedError:
            made = ()
        node = Node("", tuple(inputs), tuple(outputs))
        unknown = self.results(node, self.values, {})
        constant = bool(inputs) and all(self.value(name).constant for name in inputs)
        for index, (name, shape) in enumerate(outputs.items()):
            value = made[index] if index < len(made) else unknown[index]
            if value.shape is None and shape is not None:
                told = shaped(shape if constant else (None,) * len(shape), value.data_type)
                value = replace(told, constant=constant, whole=value.whole)
            self.values[name] = value

    def outlook(self, outputs: Iterable[Tuple[Optional[str], str]]) -> Outlook:
        """What outputs look at.

        Parameters
        ----------
        outputs
            Their names as the model's description has them, and those that they have here.
        """
        letters: Dict[str, str] = {
            name: self.input_letters(name, self.value(name).rank or 0) for name in self._inputs
        }
        return Outlook(tuple((name, self.value(of)) for name, of in outputs), letters)

    def _new(self) -> str:
        self._made += 1
        return f"made here {self._made}"
