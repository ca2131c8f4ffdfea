"""The walk through a graph, node by node in file order (which ONNX demands to be sorted)."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ...description import Dims
from ..document import Document, Function, ValueType, output_types
from ..nodes import Node
from . import arithmetic, arranging, constants, learned, products, reductions, spatial
from .values import UNKNOWN, Step, Value, constant_of, input_value, shaped

_RULES: Dict[str, Callable[[Step], Sequence[Value]]] = {
    **spatial.RULES,
    **arranging.RULES,
    **constants.RULES,
    **arithmetic.RULES,
    **products.RULES,
    **reductions.RULES,
    **learned.RULES,
}

#: Domains whose operations the rules are about.
_DOMAINS = {"", "ai.onnx.ml", "com.microsoft"}

# Functions calling functions, and the nodes walked in all calls together.
_DEEPEST_CALL = 16
_MOST_CALLED_NODES = 200_000


class Walk:
    """Values of a graph by name, and what was learned about its inputs' axes.

    Attributes
    ----------
    values
        By name.
    letters
        For an input and an axis of it, what operations on it tell about that axis.
    """

    def __init__(self, document: Document, inputs: Dict[str, ValueType]) -> None:
        self._document = document
        self._called = 0
        self.letters: Dict[Tuple[str, int], str] = {}
        self.values: Dict[str, Value] = {}
        graph = document.graph
        for name, type_ in inputs.items():
            self.values[name] = input_value(name, type_.shape, type_.data_type)
        for name, head in graph.initializers.items():
            self.values[name] = constant_of(head)
        for node in graph.nodes:
            self._run(node, self.values, 0)
            for output in node.outputs:
                told = graph.inner.get(output)
                if told is not None and told.is_tensor:
                    self.values[output] = _filled(self.values.get(output, UNKNOWN), told)

    def _run(self, node: Node, values: Dict[str, Value], depth: int) -> None:
        """Put a node's outputs among the values."""
        inputs = [values.get(name, UNKNOWN) if name else None for name in node.inputs]
        step = Step(node, inputs, self._document.opset, self.letters)
        results: Sequence[Value] = ()
        function = self._document.functions.get((node.domain, node.op, node.overload))
        if function is not None:
            results = self._call(function, step, depth)
        elif node.op == "If" and not node.domain:
            results = _branches(node)
        elif node.domain in _DOMAINS:
            rule = _RULES.get(node.op)
            if rule is not None:
                results = rule(step)
        for index, name in enumerate(node.outputs):
            if name:
                values[name] = results[index] if index < len(results) else UNKNOWN

    def _call(self, function: Function, step: Step, depth: int) -> Sequence[Value]:
        """The results of a function of the file."""
        self._called += len(function.nodes) + 1
        if depth >= _DEEPEST_CALL or self._called > _MOST_CALLED_NODES:
            return ()
        values: Dict[str, Value] = {}
        for index, name in enumerate(function.inputs):
            values[name] = step.input(index)
        for node in function.nodes:
            self._run(node.called_by(step.attributes, function.defaults), values, depth + 1)
        return [values.get(name, UNKNOWN) for name in function.outputs]


def _filled(value: Value, told: ValueType) -> Value:
    """A value with what the file itself says about it where the walk knows nothing."""
    data_type = value.data_type or told.data_type
    if told.shape is None:
        return value
    if value.shape is None:
        return shaped(told.shape, data_type, constant=value.constant)
    merged = agreed(told.shape, value.shape)
    if merged is None or merged == value.shape:
        return value
    return shaped(merged, data_type, value.tracks, value.numbers, value.constant)


def agreed(declared: Dims, inferred: Dims) -> Optional[Dims]:
    """Both shapes together: where one leaves a size free the other's, where they differ None.

    None when the ranks differ.
    """
    if len(declared) != len(inferred):
        return None
    sizes: List[Optional[int]] = []
    for one, other in zip(declared, inferred):
        if one is None or other is None:
            sizes.append(other if one is None else one)
        else:
            sizes.append(one if one == other else None)
    return tuple(sizes)


def _branches(node: Node) -> Sequence[Value]:
    """The outputs of an If as far as both branches declare the same."""
    branches: List[List[ValueType]] = []
    for kind, message in node.attributes.inner():
        if kind == "graph":
            branches.append(output_types(message))
    if len(branches) != 2 or len(branches[0]) != len(branches[1]):
        return ()
    return [_either(one, other) for one, other in zip(*branches)]


def _either(one: ValueType, other: ValueType) -> Value:
    data_type = one.data_type if one.data_type == other.data_type else None
    if one.shape is None or other.shape is None or len(one.shape) != len(other.shape):
        return Value(None, data_type)
    sizes = tuple(a if a == b else None for a, b in zip(one.shape, other.shape))
    return shaped(sizes, data_type)


def has_rule(op: str) -> bool:
    """Whether an operation is one of the common ones that the walk knows."""
    return op in _RULES
