"""Working out the values of a network, node by node, in the order in which they run."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, FrozenSet, List, Optional, Sequence

from .data_types import Number
from .footprints import Source, united
from .graph import Node
from .operations import DOMAINS, RULES
from .operations.meaning import meaning_of
from .operations.step import Step, learn
from .shapes import Dims
from .value import UNKNOWN, Value, input_value, lettered, shaped

#: Axes of inputs above this are not followed through the network: what is summed up of all of them
#: would look at each.
MOST_FOLLOWED = 256

_NOTHING: FrozenSet[Source] = frozenset()


class Evaluation:
    """The values of a network as far as its nodes have been run.

    Parameters
    ----------
    opset
        Version of ONNX's operations.

    Attributes
    ----------
    values
        By name.
    letters
        For an input and an axis of it, what operations on it tell about that axis.
    makers
        The node that a value comes from, by the value's name.
    """

    def __init__(self, opset: int) -> None:
        self.opset = opset
        self.values: Dict[str, Value] = {}
        self.letters: Dict[Source, str] = {}
        self.makers: Dict[str, Node] = {}
        self._followed = 0

    def add_input(self, name: str, shape: Optional[Dims], data_type: Optional[str]) -> None:
        """An input of the network."""
        self._followed += len(shape or ())
        followed = self._followed <= MOST_FOLLOWED
        self.values[name] = input_value(name, shape, data_type, followed=followed)

    def constant(
        self,
        name: str,
        shape: Optional[Dims],
        data_type: Optional[str] = None,
        numbers: Optional[Sequence[Optional[Number]]] = None,
    ) -> None:
        """What does not depend on what is fed: weights; or a few numbers, which may be sizes."""
        self.values[name] = shaped(shape, data_type, numbers=numbers, constant=True)

    def value(self, name: str) -> Value:
        """What is known of a value."""
        return self.values.get(name, UNKNOWN)

    def run(self, node: Node) -> None:
        """Work out a node's outputs and put them among the values."""
        for name, value in zip(node.outputs, self.results(node, self.values, self.makers)):
            if name:
                self.values[name] = value
                self.makers[name] = node

    def results(self, node: Node, values: Dict[str, Value], makers: Dict[str, Node]) -> List[Value]:
        """A node's outputs from values by name."""
        inputs = [values.get(name, UNKNOWN) if name else None for name in node.inputs]
        step = Step(node, inputs, self.opset, self.letters, makers)
        results = self.computed(step)
        return [
            _looked_at(step, results[index] if index < len(results) else UNKNOWN)
            for index in range(len(node.outputs))
        ]

    def computed(self, step: Step) -> Sequence[Value]:
        """What an operation computes; fewer values than outputs where that is not known."""
        node = step.node
        rule = RULES.get(node.op) if node.domain in DOMAINS else None
        if rule is None:
            return ()
        results = []
        for index, value in enumerate(rule(step)):
            meaning = meaning_of(step, index)
            same = value.meaning == meaning
            results.append(value if same else replace(value, meaning=meaning))
        return results

    def learn(self, name: str, letters: str) -> None:
        """A value's axes mean so much, and so do those of the input that they come from."""
        value = self.values[name]
        learn(self.letters, value, letters)
        self.values[name] = replace(value, axes=lettered(value, letters))

    def input_letters(self, name: str, rank: int) -> str:
        """What is known of an input's axes after all nodes have run, ``?`` for what is not."""
        letters = [self.letters.get((name, axis), "?") for axis in range(rank)]
        return "".join(one if letters.count(one) == 1 else "?" for one in letters)


def _looked_at(step: Step, value: Value) -> Value:
    """A result with the axes of inputs that it looks at from end to end.

    That is what anything going into it does, and every axis whose pixels it does not keep apart:
    summed up, flattened, or mixed in ways that are not followed.
    """
    if value.constant:
        return value
    whole = value.whole
    before: FrozenSet[Source] = _NOTHING
    for one in step.given():
        if one.constant:
            continue
        whole = united(whole, one.whole)
        for axis in one.axes:
            if axis.footprint is not None:
                before = united(before, axis.footprint.sources)
    after: FrozenSet[Source] = _NOTHING
    for axis in value.axes:
        if axis.footprint is not None:
            after = united(after, axis.footprint.sources)
    if not before <= after:
        whole = united(whole, before - after)
    return value if whole is value.whole else replace(value, whole=whole)


def letters_of(value: Value) -> Optional[str]:
    """The letters of a value's axes, ``?`` where two would be the same."""
    letters = value.letters
    if letters is None:
        return None
    return "".join(one if letters.count(one) == 1 else "?" for one in letters)
