"""A CNTK function being lowered to ONNX's operators.

From here on axes stand in ONNX's order (channels, height, width), behind one free batch axis where
CNTK has dynamic axes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable, Dict, List, NamedTuple, Optional, Protocol, Sequence

from ...network.lowering import Lowering, NotConvertibleError
from ...network.shapes import Dims
from .attributes import Attributes
from .model_graph import FREE, Function, Op, Shape
from .wiring import Wiring


class Operand(NamedTuple):
    """A value of the network.

    Attributes
    ----------
    batched
        Whether its first axis is the batch's, which CNTK does not count among its axes.
    """

    name: str
    batched: bool


class Values(Protocol):
    """What a walk through the network has found so far."""

    def operand(self, uid: str) -> Operand:
        """The value of a variable."""

    def scalar(self, uid: str) -> Optional[float]:
        """The number that a stored tensor of one element holds."""

    def weight(self, uid: str, dims: Sequence[int]) -> Optional[Operand]:
        """Stored values in other sizes, if they are stored and not computed."""


@dataclass
class Step:
    """A function being lowered.

    Attributes
    ----------
    expected
        The sizes of what comes out, once they are known: they are told even where the function
        itself has no words in ONNX, and checked where it has.
    is_doubtful
        Whether CNTK 2.7 and the CNTK that wrote the file differ in those sizes.
    """

    lowering: Lowering
    wiring: Wiring
    function: Function
    values: Values
    expected: Optional[Dims] = None
    is_doubtful: bool = False

    @property
    def attributes(self) -> Attributes:
        """As the file has them."""
        return self.function.attributes

    def operand(self, index: int) -> Operand:
        """What goes in.

        Raises
        ------
        NotConvertibleError
            When it does not exist, or is not known yet because it is part of a loop.
        """
        inputs = self.function.inputs
        if index >= len(inputs):
            raise NotConvertibleError("an operand of it is missing")
        return self.values.operand(inputs[index])

    def operands(self, *counts: int) -> List[Operand]:
        """All that goes in.

        Parameters
        ----------
        counts
            How many there may be; any but none by default.
        """
        count = len(self.function.inputs)
        if count not in (counts or range(1, count + 1)):
            raise NotConvertibleError(f"it does not take {count} operands")
        return [self.operand(index) for index in range(count)]

    def dims(self, operand: Operand) -> Dims:
        """Sizes without the batch's."""
        return self.lowering.shape(operand.name)[operand.batched :]

    def scalar(self, index: int) -> Optional[float]:
        """The number that an operand is; None where it is none or not known."""
        return self.values.scalar(self.function.inputs[index])

    def expect(self, dims: Optional[Dims]) -> Dims:
        """Say what sizes come out of the function.

        Raises
        ------
        NotConvertibleError
            When they are not known.
        """
        if dims is None:
            raise NotConvertibleError("the size of what comes out of it is not known")
        self.expected = dims
        return dims

    def add(self, op: str, *operands: Operand, **attributes: object) -> Operand:
        """A node; it has a batch axis if one of its operands has."""
        made = self.lowering.add(op, [one.name for one in operands], **attributes)  # type: ignore[arg-type]
        return Operand(made, any(one.batched for one in operands))

    def number(self, number: float) -> Operand:
        """A constant without axes."""
        return Operand(self.lowering.scalar(float(number)), False)

    def whole(self, numbers: Sequence[int]) -> Operand:
        """Sizes, axes or places for an operator."""
        return Operand(self.lowering.constant(list(numbers)), False)

    def reshaped(self, operand: Operand, dims: Dims) -> Operand:
        """An operand with other sizes behind its batch axis."""
        dims = tuple(dims)
        if dims == self.dims(operand):
            return operand
        if sum(size is None for size in dims) > 1:
            raise NotConvertibleError("more than one size of what comes out of it is free")
        sizes = [0] * operand.batched + [-1 if size is None else size for size in dims]
        return self.add("Reshape", operand, self.whole(sizes))

    def with_rank(self, operand: Operand, rank: int) -> Operand:
        """An operand with ones in front of its own axes, so that they are so many."""
        missing = rank - len(self.dims(operand))
        if missing <= 0:
            return operand
        first = int(operand.batched)
        return self.add("Unsqueeze", operand, self.whole(range(first, first + missing)))

    def aligned(self, operands: Sequence[Operand]) -> List[Operand]:
        """Operands that can be combined: CNTK lines up their last axes, not that of the batch."""
        rank = max(len(self.dims(one)) for one in operands)
        return [self.with_rank(one, rank) if one.batched else one for one in operands]

    def batched(self, operand: Operand) -> Operand:
        """An operand with a batch axis."""
        if operand.batched:
            return operand
        return Operand(self.add("Unsqueeze", operand, self.whole([0])).name, True)

    def unbatched(self, operand: Operand) -> Operand:
        """An operand whose batch axis :meth:`batched` had put there."""
        return Operand(self.add("Squeeze", operand, self.whole([0])).name, False)


Rule = Callable[[Step], Operand]


def columns(dims: Dims) -> Shape:
    """Sizes in CNTK's order."""
    return tuple(FREE if size is None else size for size in reversed(dims))


def rows(shape: Shape) -> Dims:
    """Sizes in ONNX's order; None for a free one."""
    return tuple(None if size < 0 else size for size in reversed(shape))


def product(dims: Dims) -> Optional[int]:
    """The number of values; None when a size is free."""
    known = [size for size in dims if size is not None]
    return math.prod(known) if len(known) == len(dims) else None


_NAMES: Dict[int, str] = {
    **{op.value: op.name.title().replace("_", "") for op in Op},
    Op.ROI_POOLING: "ROIPooling",
    Op.OPTIMIZED_RNN_STACK: "OptimizedRNNStack",
}


def operation_name(op: Optional[int]) -> str:
    """As CNTK writes it: ``BatchNormalization``."""
    return "another program's code" if op is None else _NAMES.get(op, f"operation {op}")


def axis_in(rank: int, position: int) -> int:
    """Where one of CNTK's axes stands in ONNX's order."""
    return rank - 1 - position
