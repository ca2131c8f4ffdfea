"""The values of a network while it is lowered: its inputs, its weights, and what comes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ...network.lowering import UNKNOWN_INPUT, Lowering, NotConvertibleError
from ...network.shapes import Dims
from ...network.value import Value, shaped
from ..network_ends import told_apart
from .ends import arguments_of, axes_of, is_image_model, output_name, output_uids
from .model_graph import Kind, Numbers, Variable, elements
from .step import Operand, operation_name, rows
from .wiring import Wiring

_OTHER_WIDTHS = {"float16": 16, "float64": 64}
_STORED = (Kind.PARAMETER, Kind.CONSTANT)


class Assumed(NamedTuple):
    """What is taken of a value that a loop needs before it is computed.

    Attributes
    ----------
    dims
        None where it is not known.
    is_open
        Whether it is only unknown because the loop has not been closed yet.
    """

    dims: Optional[Dims]
    batched: bool
    is_open: bool


class Operands:
    """The values found so far, by uid.

    Parameters
    ----------
    given
        What is taken of values that loops need before they are computed.

    Attributes
    ----------
    assumed
        What was taken of those that were asked for.
    open
        Names of values that are only unknown because a loop has not been closed yet.
    """

    def __init__(self, wiring: Wiring, given: Mapping[str, Assumed]) -> None:
        self.wiring = wiring
        self.arguments = arguments_of(wiring)
        self.outputs = output_uids(wiring)
        inputs = [one.name or one.uid for one in self.arguments]
        results = [output_name(wiring, uid) or uid for uid in self.outputs]
        names = told_apart([*inputs, *results])
        self.lowering = Lowering(reserved=[name or "" for name in names])
        self.at: Dict[str, Operand] = {}
        self.assumed: Dict[str, Assumed] = {}
        self.open: Set[str] = set()
        self._given = given
        self._weights: Dict[Tuple[str, Tuple[int, ...]], Operand] = {}
        image = is_image_model(wiring)
        for variable, name in zip(self.arguments, names):
            self.at[variable.uid] = self._input(variable, name or "", image)

    def dims(self, uid: str) -> Optional[Dims]:
        """The sizes of a value without the batch's; None where they are not known."""
        uid = self.wiring.resolve(uid)
        if uid not in self.at:
            variable = self.wiring.graph.variables.get(uid)
            return None if variable is None or variable.shape is None else rows(variable.shape)
        return self.dims_of(self.at[uid])

    def dims_of(self, operand: Operand) -> Optional[Dims]:
        """The same of a value of the lowered network."""
        shape = self.lowering.value(operand.name).shape
        return None if shape is None else shape[operand.batched :]

    def value(self, uid: str) -> Value:
        """What is known of a value, without the axis of the batch."""
        operand = self.at.get(self.wiring.resolve(uid))
        if operand is None:
            return shaped(self.dims(uid))
        value = self.lowering.value(operand.name)
        if value.shape is None or not operand.batched:
            return value
        return replace(value, shape=value.shape[1:], axes=value.axes[1:], numbers=None)

    def _input(self, variable: Variable, name: str, image: bool) -> Operand:
        if variable.shape is None:
            operand = Operand(self.lowering.input(name, None), variable.dynamic)
            if variable.kind is Kind.PLACEHOLDER:
                self.open.add(operand.name)
            return operand
        dims = rows(variable.shape)
        letters = axes_of(dims, image) or ""
        if variable.dynamic:
            dims, letters = (None, *dims), "N" + letters
        if variable.sequence:
            self.lowering.note(
                f"The steps of the sequence that goes into '{name}' are computed one by one: each "
                "is an element of the batch."
            )
        if variable.data_type in _OTHER_WIDTHS:
            self.lowering.note(
                f"The model computes in {_OTHER_WIDTHS[variable.data_type]} bits; here that is "
                "done in 32."
            )
        return Operand(self.lowering.input(name, dims, letters=letters), variable.dynamic)

    def operand(self, uid: str) -> Operand:
        """The value of a variable, wherever it is named."""
        actual = self.wiring.resolve(uid)
        if actual not in self.at:
            self.at[actual] = self._leaf(actual)
        found = self.at[actual]
        if uid == actual or self.lowering.value(found.name).shape is not None:
            return found
        if uid not in self.at:
            # A block's placeholder keeps the shape it had when the model was saved.
            self.at[uid] = self.told_anew(found, uid)
        return self.at[uid]

    def told_anew(self, operand: Operand, uid: str) -> Operand:
        """A value that is not known, with the sizes that the file tells of a placeholder."""
        told = self.wiring.graph.variables.get(uid)
        if told is None or told.shape is None:
            return operand
        unknown = NotConvertibleError("its size is not known", UNKNOWN_INPUT)
        value = shaped(with_batch(rows(told.shape), operand.batched), "float32")
        return self._refused(uid, "Placeholder", unknown, value, operand)

    def weight(self, uid: str, dims: Sequence[int]) -> Optional[Operand]:
        """Stored values in other sizes, if they are stored and not computed."""
        uid = self.wiring.resolve(uid)
        variable = self.wiring.graph.variables.get(uid)
        if variable is None or variable.kind not in _STORED:
            return None
        return self._stored(uid, variable.name or uid, variable.stored, dims)

    def scalar(self, uid: str) -> Optional[float]:
        """The number that a stored tensor of one element holds."""
        variable = self.wiring.graph.variables.get(self.wiring.resolve(uid))
        return None if variable is None else variable.scalar

    def _leaf(self, uid: str) -> Operand:
        variable = self.wiring.graph.variables.get(uid)
        if variable is None or variable.kind not in _STORED:
            return self._assumed(uid, variable)
        name = variable.name or uid
        if variable.shape is not None and elements(variable.shape) is not None:
            return self._stored(uid, name, variable.stored, list(reversed(variable.shape)))
        reason = f"the size of its weights '{variable.name}' is not known"
        dims = None if variable.shape is None else rows(variable.shape)
        value = shaped(dims, "float32", constant=True)
        return self._refused(name, variable.kind.name.title(), NotConvertibleError(reason), value)

    def _assumed(self, uid: str, variable: Optional[Variable]) -> Operand:
        """A value that a loop needs before it is computed."""
        if uid in self._given:
            assumed = self._given[uid]
        elif variable is None:
            assumed = Assumed(None, True, False)
        else:
            dims = None if variable.shape is None else rows(variable.shape)
            is_open = dims is None and variable.kind is Kind.PLACEHOLDER
            assumed = Assumed(dims, variable.dynamic, is_open)
        self.assumed[uid] = assumed
        owner = self.wiring.owner(uid)
        label = uid if owner is None else owner.name or owner.uid
        kind = "Output" if owner is None else operation_name(owner.op)
        value = shaped(with_batch(assumed.dims, assumed.batched), "float32")
        made = self._refused(label, kind, NotConvertibleError("it is part of a loop"), value)
        if assumed.is_open:
            self.open.add(made.name)
        return made._replace(batched=assumed.batched)

    def _refused(
        self,
        name: str,
        operation: str,
        refusal: NotConvertibleError,
        value: Value,
        of: Optional[Operand] = None,
    ) -> Operand:
        """A value that can't be computed, with what is known of it."""

        def refuse() -> Sequence[str]:
            raise NotConvertibleError(refusal.reason, refusal.rule, [value])

        before = () if of is None else (of.name,)
        made = self.lowering.layer(name, operation, refuse, of=before)[0]
        return Operand(made, of is not None and of.batched)

    def _stored(
        self, uid: str, name: str, stored: Optional[Numbers], dims: Sequence[int]
    ) -> Operand:
        key = uid, tuple(dims)
        if key not in self._weights:
            content = None if stored is None else stored.as_float32()
            self._weights[key] = Operand(self.lowering.weight(name, dims, content), False)
        return self._weights[key]


def with_batch(dims: Optional[Dims], batched: bool) -> Optional[Dims]:
    """Sizes behind that of the batch, which is free, where there is one."""
    return dims if dims is None or not batched else (None, *dims)
