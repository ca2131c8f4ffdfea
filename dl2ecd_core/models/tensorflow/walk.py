"""The walk through a graph: from its inputs to the tensors that are asked for.

Iterative, each operation once, calls of library functions entered; what an unknown operation
gives is unknown, and so on from there.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Dict, List, Mapping, NamedTuple, Optional, Set, Tuple

from ...network.footprints import Footprint
from ...network.value import NO_MEANING
from ..description import Dims
from .attributes import Attributes
from .folding import folded
from .graph import Function, Graph, Node
from .known import UNKNOWN, Known, Lane, Lanes, Letters, Operation, Unclear, Value, same_shape
from .lanes import SAME_LANES, lanes_after
from .meaning import QUOTIENTS, meaning_after
from .operations import RULES
from .operations_math import UNCHANGED
from .operations_state import PLACEHOLDERS, content_of
from .output_types import output_type

CALLS = frozenset(("PartitionedCall", "StatefulPartitionedCall", "TPUPartitionedCall"))
_DEEPEST = 48
# Operations whose further outputs have a meaning, too.
_MEANING_SEVERAL = frozenset(("Split", "SplitV", "TopK", "TopKV2"))
# Graphs repeat themselves, but mostly soon.
_MOST_SEEN = 4096

# Operations in functions name their outputs; those with more than one name, in order.
# https://www.tensorflow.org/api_docs/python/tf/raw_ops
_OUTPUT_NAMES: Dict[str, Tuple[str, ...]] = {
    **dict.fromkeys(
        ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"),
        (
            "y",
            "batch_mean",
            "batch_variance",
            "reserve_space_1",
            "reserve_space_2",
            "reserve_space_3",
        ),
    ),
    "Switch": ("output_false", "output_true"),
    "Merge": ("output", "value_index"),
    "TopKV2": ("values", "indices"),
    "MaxPoolWithArgmax": ("output", "argmax"),
    "Unique": ("y", "idx"),
    "NonMaxSuppressionV4": ("selected_indices", "valid_outputs"),
    "NonMaxSuppressionV5": ("selected_indices", "selected_scores", "valid_outputs"),
    "CombinedNonMaxSuppression": (
        "nmsed_boxes",
        "nmsed_scores",
        "nmsed_classes",
        "valid_detections",
    ),
    "SparseSoftmaxCrossEntropyWithLogits": ("loss", "backprop"),
    "SoftmaxCrossEntropyWithLogits": ("loss", "backprop"),
}


def _limits(size: int) -> Tuple[int, int]:
    """How many operations are followed, and how many calls of functions, by the file's size.

    A file in which functions call functions twice each doubles with every level. An operation
    takes some twenty bytes, so each is followed several times before what remains is unknown.
    """
    return 20_000 + size // 4, 2_000 + size // 32


class Place(NamedTuple):
    """A node in the graph itself (scope 0) or in a called function."""

    scope: int
    name: str


class Ref(NamedTuple):
    """One output of a node."""

    place: Place
    port: int


class _Scope(NamedTuple):
    function: Optional[Function]
    caller: Optional[Place]
    depth: int


class Walk:
    """What is known of a graph's tensors, worked out when first asked for.

    Parameters
    ----------
    sizes
        Shapes that inputs of the graph are taken to have, by name.

    Attributes
    ----------
    letters
        What the dimensions of the graph's inputs turned out to stand for.
    strange
        Operations whose shape could not be told.
    most_reached
        So many operations are followed.
    """

    def __init__(self, graph: Graph, sizes: Mapping[str, Dims] = {}) -> None:
        self.graph = graph
        self._sizes = sizes
        self.letters: Letters = {}
        self.strange: Set[str] = set()
        self._scopes: List[_Scope] = [_Scope(None, None, 0)]
        self._entered: Dict[Place, Optional[Tuple[int, Function]]] = {}
        # By scope, then by name.
        self._known: List[Dict[str, Tuple[Known, ...]]] = [{}]
        self._reached = 0
        self.most_reached, self._most_scopes = _limits(graph.source.size)
        self._calls = CALLS | graph.function_names
        self._shapes: Dict[Dims, Dims] = {}
        self._weights: Dict[Tuple[Known, ...], Tuple[Known, ...]] = {}
        self._seen: Dict[Tuple[object, ...], Tuple[List[Known], Tuple[Known, ...]]] = {}

    def tensor(self, text: str) -> Known:
        """What is known of a tensor of the graph: ``name`` or ``name:1``."""
        ref = self.producer(0, text)
        return UNKNOWN if ref is None else self.known(ref)

    def node(self, place: Place) -> Node:
        """The node at a place."""
        return self._nodes(place.scope)[place.name]

    def _nodes(self, scope: int) -> Dict[str, Node]:
        function = self._scopes[scope].function
        return self.graph.nodes if function is None else function.nodes

    def sources(self, place: Place) -> List[Optional[Ref]]:
        """Where each data input of a node comes from, calls of functions seen through."""
        return [self.producer(place.scope, text) for text in self.node(place).data_inputs]

    def producer(self, scope: int, text: str) -> Optional[Ref]:
        """The output that an input's text stands for; None when there is no such tensor."""
        # Each round leaves or enters one function; a file can nest them at most so deep.
        if scope == 0:
            node = self.graph.nodes.get(text)
            if node is not None and node.op not in self._calls:
                return Ref(Place(0, node.name), 0)
        for _ in range(4 * _DEEPEST):
            ref = self._in_scope(scope, text)
            node = self._nodes(scope).get(ref.place.name)
            if node is None:
                outer = self._argument(ref.place)
                if outer is None:
                    return None
                scope, text = outer
                continue
            inner = self._result(ref, node)
            if inner is None:
                return ref
            scope, text = inner
        return None

    def _in_scope(self, scope: int, text: str) -> Ref:
        if scope == 0:
            name, _, number = text.partition(":")
            return Ref(Place(0, name), int(number) if number.isdecimal() and len(number) < 9 else 0)
        name, *rest = text.split(":")
        place = Place(scope, name)
        if not rest:
            return Ref(place, 0)
        port = int(rest[-1]) if rest[-1].isdecimal() and len(rest[-1]) < 9 else 0
        node = self._nodes(scope).get(name)
        if node is not None and len(rest) == 2:
            names = _OUTPUT_NAMES.get(node.op, ())
            if rest[0] in names:
                port += names.index(rest[0])
        return Ref(place, port)

    def _argument(self, place: Place) -> Optional[Tuple[int, str]]:
        """What the caller gives for an argument of a function."""
        scope = self._scopes[place.scope]
        if scope.function is None or scope.caller is None:
            return None
        if place.name not in scope.function.arguments:
            return None
        position = scope.function.arguments.index(place.name)
        given = self.node(scope.caller).data_inputs
        return (scope.caller.scope, given[position]) if position < len(given) else None

    def _result(self, ref: Ref, node: Node) -> Optional[Tuple[int, str]]:
        """Inside the called function, the text of what a call gives as its output."""
        if node.op not in CALLS and node.op not in self.graph.function_names:
            return None
        if ref.place not in self._entered:
            self._entered[ref.place] = self._enter(ref.place, node)
        entered = self._entered[ref.place]
        if entered is None:
            return None
        inner, function = entered
        return (inner, function.results[ref.port]) if ref.port < len(function.results) else None

    def _enter(self, place: Place, node: Node) -> Optional[Tuple[int, Function]]:
        depth = self._scopes[place.scope].depth + 1
        if depth > _DEEPEST or len(self._scopes) >= self._most_scopes:
            return None
        name = self.graph.attributes(node).function("f") if node.op in CALLS else node.op
        function = None if name is None else self.graph.function(name)
        if function is None:
            return None
        self._scopes.append(_Scope(function, place, depth))
        self._known.append({})
        return len(self._scopes) - 1, function

    def type_of(self, text: str) -> Optional[int]:
        """The element type of a tensor of the graph; None when the file does not show it."""
        ref = self.producer(0, text)
        # Most operations name their output's type; a few take it over from their first input.
        for _ in range(_DEEPEST):
            if ref is None:
                return None
            node = self.node(ref.place)
            found = output_type(self.graph.attributes(node), node.op, ref.port)
            if found is not None:
                return found
            sources = self.sources(ref.place)
            if node.op not in UNCHANGED or not sources:
                return None
            ref = sources[0]
        return None

    def known(self, ref: Ref) -> Known:
        """What is known of a node's output."""
        if ref.place.name not in self._known[ref.place.scope]:
            self._work_out(ref.place)
        return self._output(ref)

    def outputs(self, place: Place) -> Tuple[Known, ...]:
        """What is known of all outputs of a node."""
        self.known(Ref(place, 0))
        return self._known[place.scope].get(place.name, ())

    def _work_out(self, target: Place) -> None:
        """Evaluate a node after everything it depends on; a loop's way back is unknown."""
        pending: List[Tuple[Place, Optional[List[Optional[Ref]]]]] = [(target, None)]
        opened: Set[Place] = set()
        while pending:
            place, sources = pending.pop()
            known = self._known[place.scope]
            if place.name in known:
                continue
            if sources is None:
                self._reached += 1
                if self._reached > self.most_reached:
                    known[place.name] = ()
                    continue
                opened.add(place)
                sources = self.sources(place)
                pending.append((place, sources))
                pending.extend(
                    (source.place, None)
                    for source in sources
                    if source is not None
                    and source.place.name not in self._known[source.place.scope]
                    and source.place not in opened
                )
                continue
            inputs = [UNKNOWN if source is None else self._output(source) for source in sources]
            known[place.name] = self._evaluate(place, inputs)
            opened.discard(place)

    def _output(self, ref: Ref) -> Known:
        outputs = self._known[ref.place.scope].get(ref.place.name, ())
        return outputs[ref.port] if ref.port < len(outputs) else UNKNOWN

    def _evaluate(self, place: Place, inputs: List[Known]) -> Tuple[Known, ...]:
        """A node's outputs, those of an earlier one where operation and inputs are the same."""
        node = self.node(place)
        attributes = self.graph.attributes(node)
        if place.scope == 0 and node.op in PLACEHOLDERS:
            return self._outputs(place, node, attributes, inputs)
        by_hand = node.op in QUOTIENTS and self._is_softmax(place)
        key = (node.op, attributes, by_hand, *map(id, inputs))
        seen = self._seen.get(key)
        if seen is not None:
            return seen[1]
        outputs = self._outputs(place, node, attributes, inputs, by_hand)
        if not inputs and len(outputs) == 1 and outputs[0].value is None:
            # Weights: many are of one shape, and what comes after them is the same, too.
            return self._weights.setdefault(outputs, outputs)
        if len(outputs) == 1 and inputs and outputs[0].value is None and outputs[0] == inputs[0]:
            # Numbers are left alone: 1 and 1.0 are equal and yet not the same.
            outputs = (inputs[0],)
        if len(self._seen) >= _MOST_SEEN:
            self._seen.clear()
        # The inputs are kept as long as their identities count.
        self._seen[key] = (inputs, outputs)
        return outputs

    def _is_softmax(self, place: Place) -> bool:
        """Whether exponentials are divided by their own sum."""
        sources = self.sources(place)
        if len(sources) != 2 or sources[0] is None or sources[1] is None:
            return False
        above, below = self.node(sources[0].place), self.node(sources[1].place)
        summed = self.sources(sources[1].place)
        return above.op == "Exp" and below.op == "Sum" and summed[:1] == sources[:1]

    def _outputs(
        self,
        place: Place,
        node: Node,
        attributes: Attributes,
        inputs: List[Known],
        by_hand: bool = False,
    ) -> Tuple[Known, ...]:
        operation = Operation(node.name, node.op, attributes, inputs)
        rule = RULES.get(node.op)
        shapes: List[Optional[Dims]] = []
        try:
            if rule is not None:
                shapes = list(rule(operation))
        except (Unclear, IndexError):
            # The file's attributes don't fit the operation: nothing can be told.
            shapes = []
        if rule is None:
            self.strange.add(node.op)
        if place.scope == 0 and node.op in PLACEHOLDERS and node.name in self._sizes:
            shapes = [self._sizes[node.name]]
        stated = operation.attributes.shapes("_output_shapes")
        for index, shape in enumerate(stated):
            if index == len(shapes):
                shapes.append(shape)
            with suppress(Unclear):
                shapes[index] = same_shape(shapes[index], shape)
        meaning = meaning_after(operation, 0, by_hand)
        if not shapes and meaning != NO_MEANING:
            shapes = [None]
        if not shapes:
            return ()
        shapes = [None if shape is None else self._same_object(shape) for shape in shapes]
        declared = [shape is not None for shape in stated]
        declared += [False] * (len(shapes) - len(stated))
        content = content_of(operation)
        first = Known(
            shapes[0],
            _value(operation),
            self._lanes(place, operation, shapes),
            declared[0],
            content,
            meaning,
        )
        if len(shapes) == 1:
            return (first,)
        both = node.op in SAME_LANES
        return (
            first,
            *(
                Known(
                    shape,
                    None,
                    first.lanes if both else None,
                    declared[index],
                    content if node.op == "Switch" and index == 1 else None,
                    meaning_after(operation, index) if node.op in _MEANING_SEVERAL else NO_MEANING,
                )
                for index, shape in enumerate(shapes[1:], 1)
            ),
        )

    def _same_object(self, shape: Dims) -> Dims:
        """One object for all equal shapes, which most of a graph's are."""
        return self._shapes.setdefault(shape, shape)

    def _lanes(
        self, place: Place, operation: Operation, shapes: List[Optional[Dims]]
    ) -> Optional[Lanes]:
        """The lanes of the first output."""
        if place.scope or operation.op not in PLACEHOLDERS:
            return lanes_after(operation, shapes[0], self.letters)
        if shapes[0] is None:
            return None
        return tuple(
            Lane(None, ((operation.name, axis),), Footprint()) for axis in range(len(shapes[0]))
        )


def _value(operation: Operation) -> Optional[Value]:
    try:
        return folded(operation)
    except (Unclear, IndexError, ZeroDivisionError, OverflowError, ValueError):
        # Arithmetic on the file's own numbers may end anywhere; then the value is unknown.
        return None
