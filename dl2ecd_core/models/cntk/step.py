"""A CNTK function being lowered to ONNX's operators.

From here on axes stand in ONNX's order (channels, height, width), behind one free batch axis where
CNTK has dynamic axes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable, List, NamedTuple, Optional, Protocol, Sequence

from ...network.lowering import Lowering, NotConvertibleError
from ...network.shapes import Dims
from .inference import Flow
from .model_graph import FREE, Function, Op, Shape
from .signal_rules import Attributes

#: Of the 32-bit floating-point numbers.
LARGEST = 3.4028234663852886e38


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

    def weight(self, uid: str, dims: Sequence[int]) -> Optional[Operand]:
        """Stored values in other sizes, if they are stored and not computed."""


@dataclass(frozen=True)
class Step:
    """A function being lowered."""

    lowering: Lowering
    flow: Flow
    function: Function
    values: Values

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

    def shape(self, index: int) -> Shape:
        """An operand's sizes in CNTK's order."""
        return columns(self.dims(self.operand(index)))

    def result(self) -> Shape:
        """The sizes that CNTK gives to what comes out, in its order."""
        uids = self.flow.outputs.get(self.function.uid, ())
        shape = self.flow.signal(uids[0]).shape if uids else None
        if shape is None:
            raise NotConvertibleError("the size of what comes out of it is not known")
        return shape

    def add(self, op: str, *operands: Operand, **attributes: object) -> Operand:
        """A node; it has a batch axis if one of its operands has."""
        made = self.lowering.add(op, [one.name for one in operands], **attributes)  # type: ignore[arg-type]
        return Operand(made, any(one.batched for one in operands))

    def number(self, number: float) -> Operand:
        """A constant without axes."""
        if math.isfinite(number) and abs(number) > LARGEST:
            raise NotConvertibleError("a number of it is too large for 32 bits")
        return Operand(self.lowering.scalar(float(number)), False)

    def whole(self, numbers: Sequence[int]) -> Operand:
        """Sizes, axes or places for an operator."""
        if any(abs(number) >= 1 << 63 for number in numbers):
            raise NotConvertibleError("a size of it is too large")
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


def number_of(attributes: Attributes, name: str, default: float) -> float:
    """An attribute that is a number."""
    value = attributes.get(name)
    return float(value if isinstance(value, (int, float)) else default)


def operation_name(op: Optional[int]) -> str:
    """As CNTK writes it: ``BatchNormalization``."""
    if op is None:
        return "another program's code"
    if op not in Op._value2member_map_:
        return f"operation {op}"
    special = {Op.ROI_POOLING: "ROIPooling", Op.OPTIMIZED_RNN_STACK: "OptimizedRNNStack"}
    return special.get(Op(op), Op(op).name.title().replace("_", ""))


def axis_in(rank: int, position: int) -> int:
    """Where one of CNTK's axes stands in ONNX's order."""
    return rank - 1 - position
