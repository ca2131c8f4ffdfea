"""Lowering a CNTK network to ONNX's operators, function by function."""

from __future__ import annotations

from itertools import zip_longest
from typing import Dict, List, Optional, Sequence, Set, Tuple

from ...network.lowering import Lowering, Network, NotConvertibleError, unknown_operation
from ...network.value import Value
from ..network_ends import told_apart
from . import arranging, pointwise, summing, windows
from .inference import Flow, flow_of
from .model_graph import Array, Function, Graph, Kind, Numbers, Op, Variable, elements
from .roles import roles_of
from .step import Operand, Rule, Step, operation_name, rows
from .tensors import arguments_of, axes_of, is_image_model, output_name, output_uids

_RULES: Dict[int, Rule] = {
    **arranging.RULES, **pointwise.RULES, **summing.RULES, **windows.RULES,
}  # fmt: skip
_OTHER_WIDTHS = {"float16": 16, "float64": 64}
_SEQUENCES = (Op.PAST_VALUE, Op.FUTURE_VALUE, Op.OPTIMIZED_RNN_STACK)


def lowered(graph: Graph) -> Network:
    """A network in ONNX's operators, without what only training needs."""
    walk = _Walk(flow_of(graph))
    walk.run()
    for name, uid in walk.outputs:
        walk.lowering.output(name, walk.end(uid))
    return walk.lowering.network()


def value_of(flow: Flow, uid: str) -> Value:
    """What is known of a function's output."""
    walk = _Walk(flow)
    walk.run()
    return walk.lowering.value(walk.end(uid))


class _Walk:
    """The functions lowered so far."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.arguments = arguments_of(flow)
        outputs = output_uids(flow)
        losses = roles_of(flow, self.arguments, outputs).losses
        wanted = [uid for uid in outputs if uid not in losses] or list(outputs)
        inputs = [one.name or one.uid for one in self.arguments]
        names = told_apart([*inputs, *(output_name(flow, uid) or uid for uid in wanted)])
        given = [name or "" for name in names]
        self.names = {one.uid: name for one, name in zip(self.arguments, given)}
        self.outputs = list(zip(given[len(inputs) :], wanted))
        self.lowering = Lowering(reserved=given)
        self._at: Dict[str, Operand] = {}
        self._refused: Set[str] = set()
        self._weights: Dict[Tuple[str, Tuple[int, ...]], Operand] = {}

    def run(self) -> None:
        """Lower all functions."""
        image = is_image_model(self.flow)
        for variable in self.arguments:
            self._at[variable.uid] = self._input(variable, image)
        for function in self.flow.order:
            self._add(function)

    def _input(self, variable: Variable, image: bool) -> Operand:
        name = self.names[variable.uid]
        if variable.shape is None:
            return Operand(self.lowering.input(name, None), variable.dynamic)
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

    def _add(self, function: Function) -> None:
        if function.op == Op.COMBINE:
            return
        uids = self.flow.outputs.get(function.uid, ())
        if function.block is not None:
            inside = self.flow.outputs.get(function.block.root, ())
            for uid, source in zip(uids, inside):
                source = self.flow.resolve(source)
                if source in self._at:
                    self._at[uid] = self._at[source]
                if source in self._refused:
                    self._refused.add(uid)
            return
        unknown = [uid for uid in map(self.flow.resolve, function.inputs) if uid in self._refused]
        if unknown:
            # What comes of something that is refused is refused for the same reason.
            self._at.update(dict.fromkeys(uids, self._at[unknown[0]]))
            self._refused.update(uids)
            return
        results: List[Operand] = []

        def lower() -> Sequence[str]:
            results.extend(self._lower(function))
            return [one.name for one in results]

        label = function.name or function.uid
        made = self.lowering.layer(label, operation_name(function.op), lower, len(uids))
        self._refused.update(uids[len(results) :])
        for uid, name, one in zip_longest(uids, made, results):
            self._at[uid] = Operand(name, one is not None and one.batched)

    def _lower(self, function: Function) -> List[Operand]:
        if function.attributes.get("constant") is True:
            return [self._constant(function)]
        if function.op in _SEQUENCES:
            raise NotConvertibleError("it is a recurrence along the steps of a sequence")
        step = Step(self.lowering, self.flow, function, self)
        several = arranging.SEVERAL.get(-1 if function.op is None else function.op)
        if several is not None:
            return several(step)
        rule = None if function.op is None else _RULES.get(function.op)
        if rule is None:
            raise unknown_operation()
        made = rule(step)
        shape = self.flow.signal(self.flow.outputs[function.uid][0]).shape
        found = self.lowering.value(made.name).shape
        if shape is not None and found is not None:
            told = rows(shape)
            sizes = found[made.batched :]
            alike = len(told) == len(sizes) and all(
                one == other or None in (one, other) for one, other in zip(told, sizes)
            )
            if not alike:
                raise NotConvertibleError(f"its size came out as {sizes}, not {told}")
        return [made]

    def end(self, uid: str) -> str:
        """The name of an output's value, which is refused where there is none."""
        return self.lowering.layer(uid, "Output", lambda: [self.operand(uid).name])[0]

    def operand(self, uid: str) -> Operand:
        """The value of a variable.

        Raises
        ------
        NotConvertibleError
            When it is part of a loop and not known yet.
        """
        uid = self.flow.resolve(uid)
        if uid not in self._at:
            variable = self.flow.graph.variables.get(uid)
            if variable is None or variable.kind not in (Kind.PARAMETER, Kind.CONSTANT):
                raise NotConvertibleError("it is part of a loop")
            if variable.shape is None or elements(variable.shape) is None:
                raise NotConvertibleError(f"the size of its weights '{variable.name}' is not known")
            name, dims = variable.name or uid, list(reversed(variable.shape))
            self._at[uid] = self._stored(uid, name, variable.stored, dims)
        return self._at[uid]

    def weight(self, uid: str, dims: Sequence[int]) -> Optional[Operand]:
        """Stored values in other sizes, if they are stored and not computed."""
        uid = self.flow.resolve(uid)
        variable = self.flow.graph.variables.get(uid)
        if variable is None or variable.kind not in (Kind.PARAMETER, Kind.CONSTANT):
            return None
        return self._stored(uid, variable.name or uid, variable.stored, dims)

    def _constant(self, function: Function) -> Operand:
        """What v1 computes before it trains, such as the mean of all that goes in."""
        shape = self.flow.signal(self.flow.outputs[function.uid][0]).shape
        value = function.attributes.get("value")
        if shape is None or elements(shape) is None:
            raise NotConvertibleError("the size of its values is not known")
        stored = value.stored if isinstance(value, Array) else None
        name = function.name or function.uid
        return self._stored(function.uid, name, stored, list(reversed(shape)))

    def _stored(
        self, uid: str, name: str, stored: Optional[Numbers], dims: Sequence[int]
    ) -> Operand:
        key = uid, tuple(dims)
        if key not in self._weights:
            content = None if stored is None else stored.as_float32()
            self._weights[key] = Operand(self.lowering.weight(name, dims, content), False)
        return self._weights[key]
