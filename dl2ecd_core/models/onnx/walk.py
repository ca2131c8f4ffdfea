"""The walk through an ONNX graph, in file order (which ONNX demands to be sorted)."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Optional, Sequence

from ...network.evaluation import Evaluation
from ...network.graph import Node, ValueType
from ...network.operations.step import Step
from ...network.shapes import Dims
from ...network.value import NO_MEANING, UNKNOWN, Value, constant_of, shaped
from .document import Document, Function, output_types
from .nodes import called_by, inner_parts

# Functions calling functions, and the nodes walked in all calls together.
_DEEPEST_CALL = 16
_MOST_CALLED_NODES = 200_000


class Walk(Evaluation):
    """Values of a graph by name: what the file says of them, and what its operations do."""

    def __init__(self, document: Document, inputs: Dict[str, ValueType]) -> None:
        super().__init__(document.opset)
        self._document = document
        self._called = 0
        self._depth = 0
        graph = document.graph
        for name, type_ in inputs.items():
            self.add_input(name, type_.shape, type_.data_type)
        for name, head in graph.initializers.items():
            self.values[name] = constant_of(head)
        for node in graph.nodes:
            self.run(node)
            for output in node.outputs:
                told = graph.inner.get(output)
                if told is not None and told.is_tensor:
                    self.values[output] = _filled(self.values.get(output, UNKNOWN), told)

    def computed(self, step: Step) -> Sequence[Value]:
        """What an operation, a function of the file or a branch computes."""
        node = step.node
        function = self._document.functions.get((node.domain, node.op, node.overload))
        if function is not None:
            return self._call(function, step)
        if node.op == "If" and not node.domain:
            return _branches(node)
        return super().computed(step)

    def _call(self, function: Function, step: Step) -> Sequence[Value]:
        """The results of a function of the file."""
        self._called += len(function.nodes) + 1
        if self._depth >= _DEEPEST_CALL or self._called > _MOST_CALLED_NODES:
            return ()
        values: Dict[str, Value] = {}
        makers: Dict[str, Node] = {}
        for index, name in enumerate(function.inputs):
            values[name] = step.input(index)
        self._depth += 1
        for inner in function.nodes:
            node = called_by(inner, step.attributes, function.defaults)
            for name, value in zip(node.outputs, self.results(node, values, makers)):
                if name:
                    values[name] = value
                    makers[name] = node
        self._depth -= 1
        results = [values.get(name, UNKNOWN) for name in function.outputs]
        # What a function of the file is called says nothing about what it does.
        return [replace(value, meaning=NO_MEANING) for value in results]


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
    return shaped(merged, data_type, value.axes, value.numbers, value.constant)


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
    for kind, message in inner_parts(node):
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
