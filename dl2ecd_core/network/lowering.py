"""Lowering a framework's layers to ONNX's operators, one after the other.

A reader adds nodes; each is evaluated at once, so that the next decision can be made from what is
known of its output: padding that depends on sizes, a reshape that depends on the rank. The same
lowering serves inspection, where an unknown layer makes what follows unknown, and export, where it
is refused; see README.md in this folder.
"""

from __future__ import annotations

import math
import struct
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import (
    Callable,
    Dict,
    FrozenSet,
    Iterable,
    Iterator,
    Mapping,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from ..findings.wording import quoted
from .data_types import Number, layout_of
from .evaluation import Evaluation
from .graph import AttributeValue, Graph, Initializer, Node, ValueType, attributes_of
from .pruning import pruned
from .shapes import Dims
from .value import UNKNOWN, Meaning, Value, constant_of
from .weights import Content, Literal

#: Version of ONNX's operators that networks are lowered to: ONNX Runtime 1.6 and later run it.
OPSET = 13
#: Domain of nodes that stand for what can't be said in ONNX's operators.
UNWRITTEN = "dl2ecd.unwritten"

UNKNOWN_OPERATION = "network-operation-unknown"
NOT_CONVERTIBLE = "network-not-convertible"
#: Why a layer can't be said that would do, were what goes into it known.
UNKNOWN_INPUT = "network-input-unknown"


class NotConvertibleError(Exception):
    """A layer that can't be said in ONNX's operators.

    Attributes
    ----------
    reason
        Half a sentence: "it rounds sizes in a way that ONNX has no word for".
    rule
        ``network-operation-unknown`` or ``network-not-convertible``; :data:`UNKNOWN_INPUT` where
        nothing is wrong with the layer itself.
    values
        What is known of its outputs all the same.
    """

    def __init__(
        self, reason: str, rule: str = NOT_CONVERTIBLE, values: Sequence[Value] = ()
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.rule = rule
        self.values = values


def unknown_operation() -> NotConvertibleError:
    """The refusal of a layer of a kind that there is no lowering for."""
    return NotConvertibleError("it is of a kind that is not known here", UNKNOWN_OPERATION)


@dataclass(frozen=True)
class Network:
    """A network lowered from input to output.

    Attributes
    ----------
    graph
        What its outputs need; everything else is gone.
    values
        What is known of inputs, outputs and all that nodes give, by name.
    letters
        The letters of the inputs' axes, by the input's name.
    notes
        Sentences about what the source leaves open and was decided here.
    left_out
        Names of outputs that the source has and the graph has not.
    """

    graph: Graph
    values: Mapping[str, Value]
    letters: Mapping[str, str]
    notes: Tuple[str, ...] = ()
    left_out: Tuple[str, ...] = ()


class Lowering:
    """A graph in the making.

    Parameters
    ----------
    name
        The network's.
    reserved
        Names of the source's inputs and outputs: weights and values in between never take them.

    Examples
    --------
    >>> lowering = Lowering(reserved=["data", "prob"])
    >>> x = lowering.input("data", (None, 3, 8, 8))
    >>> kernel = lowering.weight("conv.weights", (5, 3, 3, 3))
    >>> y = lowering.add("Conv", [x, kernel], pads=(1, 1, 1, 1))
    >>> lowering.value(y).shape
    (None, 5, 8, 8)
    >>> lowering.output("prob", lowering.add("Softmax", [y], axis=1))
    >>> [node.op for node in lowering.network().graph.nodes]
    ['Conv', 'Softmax']
    """

    def __init__(self, name: str = "network", reserved: Iterable[str] = ()) -> None:
        self._graph = Graph(name)
        self._evaluation = Evaluation(OPSET)
        self._taken: Set[str] = {"", *reserved}
        self._counts: Dict[str, int] = {}
        self._constants: Dict[Tuple[str, Tuple[int, ...], bytes], str] = {}
        self._layer = ""
        self._outputs: Dict[str, str] = {}
        self._unknown: Set[str] = set()
        self._notes: Dict[str, None] = {}
        self._left_out: Dict[str, None] = {}

    def note(self, sentence: str) -> None:
        """Say what the source leaves open and is decided here; the same is said once."""
        self._notes[sentence] = None

    def input(
        self,
        name: str,
        shape: Optional[Dims],
        data_type: Optional[str] = "float32",
        letters: str = "",
    ) -> str:
        """An input of the network.

        Parameters
        ----------
        letters
            What its axes mean, where the source says it.
        """
        self._taken.add(name)
        self._graph.inputs[name] = ValueType(data_type, shape)
        self._evaluation.add_input(name, shape, data_type)
        self.learn(name, letters)
        return name

    def learn(self, name: str, letters: str) -> None:
        """A value's axes mean so much, and so do those of the input that they come from."""
        self._evaluation.learn(name, letters)

    def weight(
        self,
        name: str,
        dims: Sequence[int],
        content: Optional[Content] = None,
        data_type: str = "float32",
    ) -> str:
        """Weights; the name that they get, which may differ from the wanted one.

        Parameters
        ----------
        content
            Where their bytes lie; None where the file does not hold them, which is no matter for
            an inspection.
        """
        return self._initializer(
            Initializer(self._free(name or "weights"), tuple(dims), data_type, content)
        )

    def constant(
        self,
        numbers: Sequence[Number],
        data_type: str = "int64",
        dims: Optional[Sequence[int]] = None,
    ) -> str:
        """A few numbers: sizes, pads, axes; a vector unless sizes are given.

        The same numbers are written once.

        Raises
        ------
        NotConvertibleError
            Where one is larger than the type holds.
        """
        sizes = (len(numbers),) if dims is None else tuple(dims)
        try:
            data = struct.pack(f"<{len(numbers)}{layout_of(data_type)}", *numbers)
        except (struct.error, OverflowError) as error:
            raise NotConvertibleError(
                "a number in it is larger than any that is written"
            ) from error
        key = (data_type, sizes, data)
        if key not in self._constants:
            stem = "constant" if data_type == "int64" else "number"
            self._constants[key] = self._initializer(
                Initializer(self._free(stem), sizes, data_type, Literal(data))
            )
        return self._constants[key]

    def scalar(self, number: Number, data_type: str = "float32") -> str:
        """One number without axes."""
        return self.constant([number], data_type, ())

    def _initializer(self, initializer: Initializer) -> str:
        self._graph.initializers[initializer.name] = initializer
        self._evaluation.values[initializer.name] = constant_of(initializer)
        return initializer.name

    def add(
        self,
        op: str,
        inputs: Sequence[str],
        *,
        domain: str = "",
        **attributes: Optional[AttributeValue],
    ) -> str:
        """A node with one output; the output's name.

        Attributes that are None are left out. What is known of the output can be asked for at
        once, with :meth:`value`.
        """
        return self.add_several(op, inputs, 1, domain=domain, **attributes)[0]

    def add_several(
        self,
        op: str,
        inputs: Sequence[str],
        outputs: int,
        *,
        domain: str = "",
        **attributes: Optional[AttributeValue],
    ) -> Tuple[str, ...]:
        """A node with several outputs; the outputs' names.

        Raises
        ------
        NotConvertibleError
            Where an attribute is larger than 32 bits hold.
        """
        if any(isinstance(one, float) and _too_large(one) for one in attributes.values()):
            raise NotConvertibleError("a number in it is larger than any that is written")
        names = tuple(self._free(self._layer or op.lower()) for _ in range(outputs))
        self._run(op, inputs, names, attributes, domain)
        return names

    def _run(
        self,
        op: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        attributes: Mapping[str, Optional[AttributeValue]],
        domain: str = "",
    ) -> None:
        name = self._layer or outputs[0]
        node = Node(op, tuple(inputs), tuple(outputs), attributes_of(attributes), domain, name)
        self._graph.nodes.append(node)
        self._evaluation.run(node)

    def layer(
        self,
        name: str,
        operation: str,
        lower: Callable[[], Sequence[str]],
        outputs: Optional[int] = 1,
        of: Sequence[str] = (),
    ) -> Tuple[str, ...]:
        """What a layer of the source becomes.

        Parameters
        ----------
        name, operation
            As the source calls it, for refusals and names.
        lower
            Adds the layer's nodes and returns the names of its outputs; raises
            :class:`NotConvertibleError` where it can't, and what follows is unknown then, or as
            much as the error tells.
        outputs
            How many outputs the source gives it; those that are not returned are unknown. None
            where only the layer tells: as many as it returns, or as the error tells, at least one.
        of
            What goes into it: a refusal of one of those explains why this layer can't be said.
        """
        before, self._layer = self._layer, name
        try:
            made = tuple(lower())[:outputs]
            if len(made) == (max(1, len(made)) if outputs is None else outputs):
                return made
            refusal = NotConvertibleError("not all of its outputs are known")
        except NotConvertibleError as error:
            made, refusal = (), error
        finally:
            self._layer = before
        count = max(1, len(refusal.values)) if outputs is None else outputs - len(made)
        return made + self._unwritten(name, operation, refusal, count, of)

    def _unwritten(
        self,
        name: str,
        operation: str,
        refusal: NotConvertibleError,
        count: int,
        of: Sequence[str],
    ) -> Tuple[str, ...]:
        names = tuple(self._free(name or operation) for _ in range(count))
        told: Dict[str, Optional[AttributeValue]] = {
            "operation": operation, "reason": refusal.reason, "rule": refusal.rule,
        }  # fmt: skip
        node = Node(operation, tuple(of), names, attributes_of(told), UNWRITTEN, name)
        self._graph.nodes.append(node)
        for index, one in enumerate(names):
            known = refusal.values[index] if index < len(refusal.values) else UNKNOWN
            self._evaluation.values[one] = known
            self._unknown.add(one)
        return names

    def value(self, name: str) -> Value:
        """What is known of a value."""
        return self._evaluation.values.get(name, UNKNOWN)

    def made_by(self, name: str) -> str:
        """The operator that a value comes from; empty for inputs and weights."""
        maker = self._evaluation.makers.get(name)
        return "" if maker is None else maker.op

    def apart(self, name: str) -> str:
        """A value of which no runtime takes what is laid around it for a pooling's own padding.

        ONNX Runtime 1.18 and 1.19 join a ``Pad`` with the pooling behind it, which does not count
        its zeros any more. The larger of a number and the least one is the number itself.
        """
        if self.made_by(name) != "Pad":
            return name
        return self.add("Max", [name, self.scalar(-math.inf)])

    def shape(self, name: str) -> Dims:
        """The shape of a value.

        Raises
        ------
        NotConvertibleError
            When its rank is not known.
        """
        shape = self.value(name).shape
        if shape is None:
            raise NotConvertibleError("what goes into it is of an unknown shape", UNKNOWN_INPUT)
        return shape

    def told_axes(self, name: str) -> FrozenSet[int]:
        """The axes of an input of which anything was told, be it things that contradict."""
        return frozenset(axis for of, axis in self._evaluation.letters if of == name)

    @contextmanager
    def unlettered(self) -> Iterator[None]:
        """What is added meanwhile tells nothing about the axes of inputs."""
        letters = dict(self._evaluation.letters)
        yield
        self._evaluation.letters.clear()
        self._evaluation.letters.update(letters)

    def mean(self, name: str, meaning: Meaning) -> str:
        """A value whose numbers mean something else than the operators alone tell."""
        return self.known(name, replace(self.value(name), meaning=meaning))

    def known(self, name: str, value: Value) -> str:
        """A value of which something else is known than the operators alone tell."""
        self._evaluation.values[name] = value
        return name

    def stand_in(self, value: Value) -> str:
        """A name for what is known of a value that nothing here computes.

        It serves to work out what follows from it. What takes it can't be written, and has to be
        refused in :meth:`layer`.
        """
        return self.known(self._free(self._layer or "unknown"), value)

    def output(self, name: str, of: str) -> None:
        """A value becomes an output of the network, under the source's name for it."""
        self._outputs[name] = of

    def leave_out(self, name: str, reason: str) -> None:
        """An output of the source does not become one of the network, and that is said.

        Parameters
        ----------
        reason
            Half a sentence: "it is computed by somebody's own code".
        """
        self._left_out[name] = None
        self.note(f"The output {quoted(name)} was left out: {reason}.")

    def network(self) -> Network:
        """What the outputs need of the graph, under the names that the source has for them."""
        graph, evaluation = self._graph, self._evaluation
        names: Dict[str, str] = {}
        for name, of in self._outputs.items():
            made_here = of in evaluation.makers or of in self._unknown
            if made_here and of not in names:
                names[of] = name
        for name, of in self._outputs.items():
            if names.get(of) != name:
                self._run("Identity", [of], [name], {})
        nodes = [
            node._replace(
                inputs=tuple(names.get(one, one) for one in node.inputs),
                outputs=tuple(names.get(one, one) for one in node.outputs),
            )
            for node in graph.nodes
        ]
        values = {name: self.value(name) for name in graph.inputs}
        for node in graph.nodes:
            values.update((names.get(one, one), self.value(one)) for one in node.outputs)
        values.update((name, self.value(of)) for name, of in self._outputs.items())
        outputs = {
            name: ValueType(values[name].data_type, values[name].shape) for name in self._outputs
        }
        whole = Graph(graph.name, nodes, graph.initializers, graph.inputs, outputs)
        letters = {
            name: evaluation.input_letters(name, len(value.shape))
            for name, value in values.items()
            if name in graph.inputs and value.shape is not None
        }
        notes, left_out = tuple(self._notes), tuple(self._left_out)
        return Network(pruned(whole, outputs), values, letters, notes, left_out)

    def _free(self, wanted: str) -> str:
        """A name that nothing has yet."""
        name = wanted
        while name in self._taken:
            self._counts[wanted] = self._counts.get(wanted, 0) + 1
            name = f"{wanted}_{self._counts[wanted]}"
        self._taken.add(name)
        return name


def _too_large(number: float) -> bool:
    try:
        struct.pack("<f", number)
    except OverflowError:
        return True
    return False
