"""A network in outline: its file declares the shapes of values, and names what makes them.

Formats that are not lowered (OpenVINO, TensorFlow Lite, Core ML, PaddlePaddle, PyTorch's exported
programs) need no shape rules; but which axis is which, and what numbers mean, no file says. Both
travel forward: a reader says which of ONNX's operators an operation is, and nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Optional, Sequence, Set

from .evaluation import Evaluation
from .footprints import Source
from .graph import AttributeValue, Node, attributes_of
from .names import operators
from .operations import RULES
from .operations.meaning import meaning_of
from .operations.reshaping import reshaped_axes
from .operations.step import Step
from .shapes import Dims, elements
from .value import UNKNOWN, Axis, Kind, Meaning, Value, shaped, together

# Since this version, softmax runs along one axis.
_OPSET = 13
# Operations whose axes are those of what goes in, where there are as many of them.
_KEEPING = operators("Slice Split Pad Resize Tile Expand Clip PRelu MeanVarianceNormalization")
# What these do to axes that are not named is not known.
_OVER_IMAGES = operators(
    "Conv ConvTranspose MaxPool AveragePool LRN DepthToSpace SpaceToDepth InstanceNormalization "
    "BatchNormalization"
)
_ARRANGING = operators("Reshape Flatten Squeeze Unsqueeze")
_CHOOSING = operators("ArgMax ArgMin TopK")
# Operations after which there may be more channels, or fewer.
_OTHER_CHANNELS = operators(
    "Conv ConvTranspose Gemm MatMul DepthToSpace SpaceToDepth Slice Split Tile Expand Concat"
)
# What a softmax is made of where it is written out: of others, nobody asks who made them.
_WRITTEN_OUT = ("Exp", "ReduceSum")
_LAYOUTS = ("NCHW", "NHWC")


class Outline(Evaluation):
    """The values of a network, in the order in which they are made.

    Parameters
    ----------
    layout
        The axes of an image as the format usually has them: ``NCHW`` or ``NHWC``.

    Examples
    --------
    >>> outline = Outline("NCHW")
    >>> outline.input("tile", (1, 8, 8, 4))
    >>> outline.add("Transpose", ["tile"], ["image"], [(1, 4, 8, 8)], perm=(0, 3, 1, 2))
    >>> outline.add("Conv", ["image"], ["scores"], [(1, 5, 8, 8)], layout="NCHW")
    >>> outline.add("ArgMax", ["scores"], ["best"], [(1, 8, 8)], axis=1)
    >>> outline.axes_of("tile", 4), outline.axes_of("best", 3)
    ('NHWC', 'NHW')
    >>> outline.value("best").meaning
    Meaning(kind=<Kind.ARGMAX: 'argmax'>, classes=5)
    """

    def __init__(self, layout: str) -> None:
        super().__init__(_OPSET)
        self._layout = layout
        self._inputs: Set[str] = set()
        self._guesses: Dict[Source, str] = {}

    def input(self, name: str, shape: Optional[Dims]) -> None:
        """What is fed."""
        self._inputs.add(name)
        axes = [Axis("?", None, (name, axis)) for axis in range(len(shape or ()))]
        self.values[name] = shaped(shape, None, axes)

    def add(
        self,
        op: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        shapes: Sequence[Optional[Dims]],
        *,
        layout: str = "",
        **attributes: Optional[AttributeValue],
    ) -> None:
        """An operation.

        Parameters
        ----------
        op
            ONNX's operator; empty for what has no like among them.
        inputs
            The value that it works on first. Axes and orders are given as attributes, or left out
            where they are not known.
        shapes
            Of the outputs, as the file declares them; None where it does not.
        layout
            The axes of what it works on, where that is an image.
        """
        x = self.value(inputs[0]) if inputs else UNKNOWN
        if layout and x.rank == len(layout):
            self.learn(inputs[0], layout)
        if x.rank is not None and shapes and shapes[0] is not None:
            attributes["keepdims"] = int(len(shapes[0]) == x.rank)
        node = Node(op, tuple(inputs), tuple(outputs), attributes_of(attributes))
        values = [self.values.get(name) for name in inputs]
        step = Step(node, values, self.opset, self.letters, self.makers)
        for index, (name, shape) in enumerate(zip(outputs, shapes)):
            self.values[name] = self._made(step, index, shape, layout)
            if op in _WRITTEN_OUT:
                self.makers[name] = node

    def axes_of(self, name: str, rank: int, usual: str = "") -> str:
        """The letters of a value's axes, of an input after all operations are known.

        Parameters
        ----------
        rank
            As the file declares it.
        usual
            What they are where nothing else is known; among indices of classes, no axis is one
            of classes.

        Returns
        -------
        str
            ``?`` for what is not known.
        """
        value = self.value(name)
        axes = value.axes if value.rank == rank else (Axis(),) * rank
        if value.meaning.kind is Kind.ARGMAX:
            usual = usual.replace("C", "?")
        letters = [self._letter(axis) for axis in axes]
        found = "".join(one if letters.count(one) == 1 else "?" for one in letters)
        if self._is_usual(axes, found, usual):
            found = usual
        if name in self._inputs:
            # What comes of it unmoved has its axes.
            self._guesses.update(((name, axis), letter) for axis, letter in enumerate(found))
        return found

    def _is_usual(self, axes: Sequence[Axis], found: str, usual: str) -> bool:
        """Whether nothing speaks for other axes than the usual ones."""
        alike = all(one in ("?", other) for one, other in zip(found, usual))
        doubtful = any(self._guesses.get(axis.source) == "?" for axis in axes if axis.source)
        # A row whose images are known, but no classes, is one of pixels.
        known = set(found) - ({"?", "C"} if len(found) == 2 else {"?", "C", "N"})
        return alike and not doubtful and not known and len(found) == len(usual)

    def _letter(self, axis: Axis) -> str:
        if axis.source is not None:
            learned = self.letters.get(axis.source)
            if learned is not None:
                return learned
            if axis.letter == "?":
                return self._guesses.get(axis.source, "?")
        return axis.letter

    def _made(self, step: Step, index: int, shape: Optional[Dims], layout: str) -> Value:
        axes = _image_axes(step, layout) if layout else self._axes(step, index, shape)
        if shape is None and axes is not None:
            shape = _channels_only(step, axes)
        given = step.given()
        constant = all(value.constant for value in given) if given else not step.node.inputs
        value = shaped(shape, None, axes, constant=constant)
        return replace(value, meaning=_meaning(step, index))

    def _axes(self, step: Step, index: int, shape: Optional[Dims]) -> Optional[Sequence[Axis]]:
        """The axes that an operation leaves; None where that is not known."""
        op, x = step.node.op, step.input(0)
        if op == "Transpose":
            self._guess(x, step.attributes.integers("perm") or ())
            if "perm" not in step.attributes:
                return None
        elif (op in _CHOOSING and "axis" not in step.attributes) or op in _OVER_IMAGES:
            return None
        elif op in _KEEPING or (op.endswith("Softmax") and "axis" not in step.attributes):
            return None if x.shape is None else x.axes
        elif op == "Concat":
            return _joined(step.given())
        elif op in _ARRANGING or op.startswith("Reduce"):
            if shape is None or x.shape is None:
                return None
            if "axes" not in step.attributes:
                return self._arranged(op, x, shape)
        rule = RULES.get(op)
        results = () if rule is None else rule(step)
        if index >= len(results) or results[index].shape is None:
            return None
        axes = results[index].axes
        return [*axes[:-1], Axis("C")] if op == "MatMul" and self._is_dense(step) else axes

    def _is_dense(self, step: Step) -> bool:
        """Whether a product makes other channels of an image's, each pixel's by itself."""
        last = self._layout.endswith("C") and step.input(0).rank == len(self._layout)
        return last and step.input(1).constant

    def _guess(self, x: Value, order: Sequence[int]) -> None:
        """An input that is turned around at once becomes what the format usually has."""
        if x.letters != "????":
            return
        # Nothing is told of what is turned around in an order that is not known.
        letters = "????"
        if sorted(order) == [0, 1, 2, 3]:
            before = dict(zip(order, self._layout))
            letters = "".join(before[axis] for axis in range(4))
            if letters not in _LAYOUTS:
                return
        for axis, letter in zip(x.axes, letters):
            if axis.source is not None:
                self._guesses.setdefault(axis.source, letter)

    def _arranged(self, op: str, x: Value, shape: Dims) -> Optional[Sequence[Axis]]:
        """Axes that are told by the sizes alone."""
        if op.startswith("Reduce"):
            return _reduced(x, shape)
        if op == "Squeeze":
            # What an argmax left of the classes goes first.
            reduced = [axis for axis in x.axes if not axis.reduced]
            ones = [axis for axis, size in zip(x.axes, x.shape or ()) if size != 1]
            for kept in (reduced, ones):
                if len(kept) == len(shape):
                    return kept
        if len(shape) == 2 and len(x.axes) > 2 and _is_row(x, shape):
            return self._row(x)
        return reshaped_axes(x, shape)

    def _row(self, x: Value) -> List[Axis]:
        """Images whose pixels and channels are put into one row: it has classes if one pixel."""
        letters = x.letters or ""
        channel = 1 if self._layout.index("C") == 1 else len(letters) - 1
        channel = letters.index("C") if "C" in letters else channel
        first = replace(x.axes[0], letter="N")
        rest = [size for axis, size in enumerate(x.shape or ()) if axis not in (0, channel)]
        if any(size != 1 for size in rest):
            return [first, Axis()]
        last = x.axes[channel]
        return [first, last if last.reduced else Axis("C")]


def _meaning(step: Step, index: int) -> Meaning:
    meaning = meaning_of(step, index)
    if meaning.kind is Kind.ARGMAX and "axis" not in step.attributes and step.node.op in _CHOOSING:
        return replace(meaning, classes=None)
    return meaning


def _image_axes(step: Step, layout: str) -> List[Axis]:
    axes, x = [Axis(letter) for letter in layout], step.input(0)
    channel = layout.index("C")
    kept = step.node.op not in _OTHER_CHANNELS and x.rank == len(layout)
    # What was left of the classes comes out as it went in.
    if kept and (x.axes[channel].reduced or x.meaning.kind is Kind.ARGMAX):
        axes[channel] = Axis(reduced=True)
    return axes


def _channels_only(step: Step, axes: Sequence[Axis]) -> Dims:
    """The sizes that an operation leaves, where its file is silent: at most the channels'."""
    x = step.input(0)
    if step.node.op in _OTHER_CHANNELS or len(step.given()) != 1 or len(x.axes) != len(axes):
        return (None,) * len(axes)
    pairs = zip(x.shape or (), x.axes, axes)
    return tuple(
        size if before.letter == after.letter == "C" else None for size, before, after in pairs
    )


def _joined(values: Sequence[Value]) -> Optional[List[Axis]]:
    ranks = {value.rank for value in values}
    if len(ranks) != 1:
        return None
    return [
        together(value.axes[axis] for value in values if not value.constant)
        for axis in range(ranks.pop() or 0)
    ]


def _reduced(x: Value, shape: Dims) -> Optional[List[Axis]]:
    """The axes of which only one number is left."""
    if len(shape) != len(x.axes):
        return None
    return [
        Axis("?" if axis.letter == "C" else axis.letter, reduced=True)
        if after == 1 and before != 1
        else axis
        for axis, before, after in zip(x.axes, x.shape or (), shape)
    ]


def _is_row(x: Value, shape: Dims) -> bool:
    """Whether each image is a row of its own."""
    before, inside = x.size(0), elements((x.shape or ())[1:])
    return all(
        None in pair or pair[0] == pair[1] for pair in ((before, shape[0]), (inside, shape[1]))
    )
