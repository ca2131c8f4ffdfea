"""A walk through a network, function by function, each lowered.

A function that has no words in ONNX is refused in an export, and what follows goes on from what is
known of its result (see :mod:`.opaque`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Mapping, Optional, Sequence, Set

from ...network.lowering import NotConvertibleError, unknown_operation
from ...network.shapes import Dims, broadcast
from ...network.value import NO_MEANING, SCORES, Kind, Meaning, Value, shaped
from . import arranging, opaque, pointwise, summing, windows
from .model_graph import LARGEST_SIZE, Array, Block, Function, Op
from .operands import Assumed, Operands, with_batch
from .roles import Roles, roles_of
from .step import Operand, Rule, Step, operation_name
from .wiring import Wiring

_RULES: Dict[int, Rule] = {
    **arranging.RULES, **pointwise.RULES, **summing.RULES, **windows.RULES,
}  # fmt: skip
# Where these are refused, their results still mean what goes into them, or scores.
_KEEPING = {Op.CAST, Op.CROP, Op.GATHER_PACKED, Op.RESHAPE, Op.SLICE, Op.SQUEEZE, Op.TRANSPOSE_AXES}
_SCORING = {Op.BATCH_NORMALIZATION, Op.CONVOLUTION, Op.POOLING, Op.TIMES, Op.TRANSPOSE_TIMES}
# Operands that are not known yet, as part of a loop, change nothing about these results' sizes.
_ELEMENTWISE = {
    Op.CLIP, Op.ELEMENT_TIMES, Op.EQUAL, Op.FUTURE_VALUE, Op.GREATER, Op.GREATER_EQUAL, Op.LESS,
    Op.LESS_EQUAL, Op.LOG_PLUS, Op.MINUS, Op.NOT_EQUAL, Op.PAST_VALUE, Op.PLUS, Op.POW, Op.SELECT,
}  # fmt: skip


class Walk(Operands):
    """The values of a network, all of whose functions have been lowered."""

    def __init__(self, wiring: Wiring, given: Mapping[str, Assumed]) -> None:
        super().__init__(wiring, given)
        #: Uids of values whose sizes CNTK 2.7 and the CNTK that wrote the file do not agree in.
        self.doubtful: Set[str] = set()
        for function in wiring.order:
            self._add(function)

    def roles(self) -> Roles:
        """Which inputs and outputs only training needs."""
        scalars = [uid for uid in self.outputs if self.dims(uid) in ((), (1,))]
        return roles_of(self.wiring, self.arguments, self.outputs, scalars)

    def found(self) -> Dict[str, Assumed]:
        """What came out of values of which something was assumed."""
        return {
            uid: Assumed(
                self.dims_of(self.at[uid]), self.at[uid].batched, self.at[uid].name in self.open
            )
            for uid in self.assumed
        }

    def has_changed(self) -> bool:
        """Whether something else came out of a loop than what was assumed."""
        return self.found() != self.assumed

    def _add(self, function: Function) -> None:
        uids = self.wiring.outputs[function.uid]
        if function.op == Op.COMBINE:
            return
        if function.block is not None:
            self._pass_on(function.block, uids)
            return
        step = Step(self.lowering, self.wiring, function, self)
        results: List[Operand] = []
        before: List[str] = []

        def lower() -> Sequence[str]:
            try:
                results.extend(self._lowered(step))
            except NotConvertibleError as error:
                before.extend(self._to_blame(function))
                values = [self._known(step, error, number) for number in range(len(uids))]
                raise NotConvertibleError(error.reason, error.rule, values) from None
            return [one.name for one in results]

        label, kind = function.name or function.uid, operation_name(function.op)
        made = self.lowering.layer(label, kind, lower, len(uids), of=before)
        if not results:
            batched = self._is_batched(function)
            results = [Operand(name, batched) for name in made]
        if self.dims_of(results[0]) is None and self._waits(function):
            # What a loop's placeholders tell is kept while nothing better is known.
            results = [self.told_anew(one, uid) for one, uid in zip(results, uids)]
            self.open.update(one.name for one in results if self.dims_of(one) is None)
        self.at.update(zip(uids, results))
        if step.is_doubtful or not self.doubtful.isdisjoint(function.inputs):
            self.doubtful.update(uids)

    def _pass_on(self, block: Block, uids: Sequence[str]) -> None:
        """What a block gives is what is inside it."""
        for uid, source in zip(uids, self.wiring.outputs.get(block.root, ())):
            self.at[uid] = self.operand(source)
            if block.op_name == "Softmax":
                self.lowering.mean(self.at[uid].name, Meaning(Kind.SOFTMAX))

    def _lowered(self, step: Step) -> List[Operand]:
        function = step.function
        if function.attributes.get("constant") is True:
            return [self._constant(step)]
        op = -1 if function.op is None else function.op
        several = arranging.SEVERAL.get(op)
        if several is not None:
            return several(step)
        rule = _RULES.get(op)
        if rule is None:
            if op in opaque.SIZES:
                step.expect(opaque.SIZES[op](step))
            if op in opaque.RECURRENCES:
                raise NotConvertibleError("it is a recurrence along the steps of a sequence")
            raise unknown_operation()
        made = rule(step)
        self._check(step, made)
        return [made]

    def _check(self, step: Step, made: Operand) -> None:
        """Compare what the operators make with what CNTK says, which may say more."""
        found, told = self.dims_of(made), step.expected
        if found is None:
            # Without operands that are not known, there is something that does not fit.
            if all(self.dims_of(self.operand(uid)) is not None for uid in step.function.inputs):
                step.expect(None)
            return
        if max((size or 0 for size in found), default=0) > LARGEST_SIZE:
            step.expected = None
            raise NotConvertibleError("a size of it is too large")
        if told is None or found == told:
            return
        if len(told) != len(found) or not all(
            one == other or None in (one, other) for one, other in zip(told, found)
        ):
            raise NotConvertibleError(f"its size came out as {found}, not {told}")
        batch = self.lowering.shape(made.name)[: made.batched]
        sizes = (more if size is None else size for size, more in zip(found, told))
        value = replace(self.lowering.value(made.name), shape=(*batch, *sizes))
        self.lowering.known(made.name, value)

    def _constant(self, step: Step) -> Operand:
        """What v1 computes before it trains, such as the mean of all that goes in."""
        function = step.function
        value = function.attributes.get("value")
        dims = self.dims_of(step.operand(0)) if function.inputs else None
        sizes = [size for size in dims or () if size is not None]
        if dims is None or len(sizes) < len(step.expect(dims)):
            raise NotConvertibleError("the size of its values is not known")
        stored = value.stored if isinstance(value, Array) else None
        return self._stored(function.uid, function.name or function.uid, stored, sizes)

    def _to_blame(self, function: Function) -> List[str]:
        """What goes into a function that is refused: it may be for a refusal of that."""
        if function.op in opaque.RECURRENCES or function.attributes.get("constant") is True:
            return []
        return [self.operand(uid).name for uid in function.inputs]

    def _known(self, step: Step, error: NotConvertibleError, number: int) -> Value:
        """What is known of a result of a function that is refused."""
        function = step.function
        if error.values:
            return error.values[0]
        dims = self._expected(step)
        if number and function.op == Op.UNPACK_SEQUENCE:
            # Which of the steps are there.
            dims = (None,)
        value = shaped(with_batch(dims, self._is_batched(function)), "float32")
        return replace(value, meaning=self._meaning(function))

    def _meaning(self, function: Function) -> Meaning:
        """What the result of a function means that is refused."""
        if function.op in _SCORING:
            return SCORES
        if function.op in _KEEPING and function.inputs:
            return self.lowering.value(self.operand(function.inputs[0]).name).meaning
        if function.attributes.get("reductionOpName") == "Argmax":
            return Meaning(Kind.ARGMAX)
        return NO_MEANING

    def _expected(self, step: Step) -> Optional[Dims]:
        """The sizes of what comes out; those of the others as long as a loop's are not known."""
        function = step.function
        if step.expected is not None or function.op not in _ELEMENTWISE:
            return step.expected
        operands = [self.operand(uid) for uid in function.inputs]
        known = [self.dims_of(one) for one in operands if one.name not in self.open]
        return broadcast(known) if 0 < len(known) < len(operands) else None

    def _waits(self, function: Function) -> bool:
        """Whether an operand is only unknown because a loop has not been closed yet."""
        return any(self.operand(uid).name in self.open for uid in function.inputs)

    def _is_batched(self, function: Function) -> bool:
        if function.op in opaque.WITHOUT_BATCH:
            return False
        if function.op == Op.TO_BATCH:
            return True
        return any(self.operand(uid).batched for uid in function.inputs)
