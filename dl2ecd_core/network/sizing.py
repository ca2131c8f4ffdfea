"""The sizes of values in a network whose file declares them, and is not believed.

Runtimes work sizes out for themselves, whatever a file declares: one that declares little may ask
for much. Where operations make much of little (repeat, spread, join, widen), that is worked out
here, too, and what is larger counts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from .data_types import Number
from .evaluation import Evaluation
from .flow import Flow, Making
from .graph import AttributeValue, Node, attributes_of
from .shapes import Dims, elements
from .value import Value, shaped

#: A shape and an element type.
Declared = Tuple[Optional[Dims], Optional[str]]
# Since this version, what pads, squeezes and sums up takes its numbers as inputs.
_OPSET = 13


class Sizing(Evaluation):
    """Values in the making: the operations of a file, each after what it takes.

    Examples
    --------
    >>> sizing = Sizing()
    >>> sizing.input("image", (1, 8, 8, 4), "float32", "NHWC")
    >>> sizing.constant("times", (4,), "int32", (1, 1, 1, 1000))
    >>> declared = {"much": ((1, 8, 8, 1), "float32")}
    >>> sizing.add(["image", "times"], declared, op="Tile")
    >>> sizing.flow(["much"]).values["much"].shape
    (1, 8, 8, 4000)
    """

    def __init__(self) -> None:
        super().__init__(_OPSET)
        self._steps: List[Making] = []
        self._inputs: List[str] = []
        self._letters: Dict[str, str] = {}

    def input(
        self, name: str, shape: Optional[Dims], data_type: Optional[str], letters: Optional[str]
    ) -> None:
        """What is fed."""
        self.add_input(name, shape, data_type)
        self._inputs.append(name)
        if letters is not None and self.values[name].rank == len(letters):
            self._letters[name] = letters
            self.learn(name, letters)

    def knows(self, name: str) -> bool:
        """Whether there is a value of this name."""
        return name in self.values

    def numbers(self, numbers: Sequence[Optional[Number]]) -> str:
        """The name of a new constant of these numbers."""
        name = f"numbers {len(self.values)}"
        self.constant(name, (len(numbers),), "int64", numbers)
        return name

    def add(
        self,
        inputs: Sequence[str],
        outputs: Mapping[str, Declared],
        *,
        op: str = "",
        taken: Optional[Sequence[str]] = None,
        **attributes: Optional[AttributeValue],
    ) -> None:
        """An operation.

        Parameters
        ----------
        outputs
            Names, with shapes and element types as the file declares them.
        op
            ONNX's operator, where the sizes that it gives are to be worked out.
        taken
            What that operator takes in ONNX, where it is not `inputs`.
        """
        given = tuple(inputs if taken is None else taken)
        node = Node(op, given, tuple(outputs), attributes_of(attributes))
        made: Sequence[Value] = ()
        if op and (op != "MatMul" or self._is_product(given)):
            made = self.results(node, self.values, {})
        constant = all(self.value(name).constant for name in inputs if name)
        for index, (name, (shape, data_type)) in enumerate(outputs.items()):
            value = shaped(shape)
            if index < len(made):
                value = _larger(value, made[index])
            self.values[name] = replace(value, data_type=data_type, constant=constant)
        self._steps.append((inputs, tuple(outputs)))

    def _is_product(self, inputs: Sequence[str]) -> bool:
        """Whether factors go together as they lie: none of them is turned around first."""
        left, right = (self.value(name) for name in (*inputs, "", "")[:2])
        return left.size(-1) is not None and left.size(-1) == right.size(-2)

    def flow(self, outputs: Sequence[str]) -> Flow:
        """All of it."""
        return Flow(self.values, self._steps, self._inputs, outputs, self._letters)


def _larger(declared: Value, made: Value) -> Value:
    """What holds more numbers; what was worked out where that is as many, or both leave it open."""
    least, most = elements(declared.shape), elements(made.shape)
    if most is None:
        return declared if least is not None or made.shape is None else made
    return declared if least is not None and least > most else made
