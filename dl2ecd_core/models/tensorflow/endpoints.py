"""Which of a graph's nodes people feed and which they fetch.

A graph does not say so. Placeholders are fed. What nothing else takes in is fetched, unless it
is machinery of training: gradients, updates of variables, savers, summaries.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, NamedTuple, Optional, Set, Tuple

from ..description import Role, Tensor
from ..network_ends import with_meaning
from . import types
from .graph import Graph, Node
from .operations_state import PLACEHOLDERS, VARIABLES
from .tensors import tensor_of
from .walk import Place, Walk

_CROSS_ENTROPIES = ("SparseSoftmaxCrossEntropyWithLogits", "SoftmaxCrossEntropyWithLogits")
_LOSS_OPERATIONS = frozenset((*_CROSS_ENTROPIES, "CTCLoss", "CTCLossV2"))

_WITHOUT_MEANING = frozenset(
    (
        *VARIABLES,
        *PLACEHOLDERS,
        "Const",
        "HostConst",
        "NoOp",
        "Assert",
        "Print",
        "ReadVariableOp",
        "IsVariableInitialized",
        "VarIsInitializedOp",
        "RestoreV2",
        "Restore",
        "RestoreSlice",
        "SaveV2",
        "Save",
        "SaveSlices",
        "MergeV2Checkpoints",
        "ShardedFilename",
        "ScalarSummary",
        "HistogramSummary",
        "ImageSummary",
        "AudioSummary",
        "TensorSummary",
        "TensorSummaryV2",
        "MergeSummary",
        "WriteSummary",
        "LookupTableImport",
        "InitializeTable",
        "InitializeTableV2",
        "InitializeTableFromTextFileV2",
        "QueueCloseV2",
        "QueueEnqueueV2",
        "QueueEnqueueManyV2",
        "QueueSizeV2",
        "IteratorV2",
        "Iterator",
        "MakeIterator",
        "ControlTrigger",
        "LoopCond",
        "StackV2",
        "TensorArrayCloseV3",
    )
)
# Updates of variables: what depends on them is training.
_UPDATES = ("Assign", "Apply", "ResourceApply", "SparseApply", "Scatter", "ResourceScatter")

_SEEN_THROUGH = frozenset(
    (
        "Identity",
        "StopGradient",
        "Reshape",
        "Squeeze",
        "ExpandDims",
        "Cast",
        "Transpose",
        "EnsureShape",
        "Snapshot",
        "CheckNumerics",
        "PreventGradient",
        "Pack",
        "Slice",
        "StridedSlice",
        "ResizeNearestNeighbor",
        "ResizeBilinear",
        "ResizeBicubic",
        "BatchToSpaceND",
    )
)
# Frozen variables that nothing reads any more, and loops that only count.
_LEFT_OVER = frozenset(("Identity", "Enter", "Exit", "NextIteration", "Switch", "Merge"))
_LOOPS = frozenset(("Enter", "Exit", "NextIteration", "Switch", "Merge"))
_OF_SHAPES = frozenset(("Shape", "ShapeN", "Rank", "Size"))
_LONGEST_CHAIN = 64


class Endpoints(NamedTuple):
    """Inputs and outputs of a graph."""

    inputs: Tuple[Tensor, ...]
    outputs: Tuple[Tensor, ...]


def variables_in(graph: Graph) -> Tuple[str, ...]:
    """Names of the variables, whose values are not in the graph."""
    return tuple(
        node.name
        for node in graph.nodes.values()
        if node.op in VARIABLES or (node.op in PLACEHOLDERS and _is_handle(graph, node))
    )


def _is_handle(graph: Graph, node: Node) -> bool:
    """Whether a placeholder stands for a variable of the program that the graph is taken from."""
    return graph.attributes(node).type("dtype") == types.RESOURCE


def endpoints_of(graph: Graph, walk: Walk) -> Endpoints:
    """Inputs and outputs of a graph that does not name them."""
    fed = [
        node
        for node in graph.nodes.values()
        if node.op in PLACEHOLDERS and not _is_handle(graph, node)
    ]
    training = _training_nodes(graph)
    sinks = _sinks(graph, training)
    labels = _label_inputs(graph, walk)
    names = {node.name for node in fed}
    labelled = _dependents(graph, labels) if labels else set()
    # Freezing keeps nothing but what was asked for; a graph that trains is full of loose ends.
    loose = bool(training) or bool(variables_in(graph))
    dependent = _dependents(graph, names) if loose else set()
    spare = any(node.op in _LEFT_OVER for node in sinks)
    touched = _dependents(graph, names, shapes=True) if spare else set()
    if any(node.op not in _LOOPS for node in sinks):
        # What a loop leaves unused beside its result.
        sinks = [node for node in sinks if node.op not in _LOOPS]
    outputs: List[Tensor] = []
    for node in sinks:
        if loose and fed and node.name not in dependent:
            continue
        if fed and node.op in _LEFT_OVER and node.name not in touched:
            continue
        outputs += _outputs_of(walk, node, node.name in labelled)
    # The shapes behind the outputs told what the inputs' dimensions stand for.
    inputs = [
        tensor
        for tensor in (_input(graph, walk, node, node.name in labels) for node in fed)
        if tensor is not None
    ]
    return Endpoints(tuple(inputs), tuple(outputs))


def _input(graph: Graph, walk: Walk, node: Node, label: bool) -> Optional[Tensor]:
    attributes = graph.attributes(node)
    known = walk.tensor(node.name)
    data_type = attributes.type("dtype")
    if node.op == "PlaceholderWithDefault" and (
        data_type in (types.STRING, types.BOOL) or len(known.shape or ()) < 2
    ):
        return None  # A switch or a file name that has a value already.
    role = Role.LABEL if label or data_type == types.BOOL else Role.DATA
    name = types.type_name(data_type)
    tensor = tensor_of(node.name, known, name, walk.letters, declared=True)
    return replace(tensor, role=role)


def _is_update(node: Node) -> bool:
    return node.op.startswith(_UPDATES) and not node.op.startswith("ScatterNd")


def _training_nodes(graph: Graph) -> Set[str]:
    """Gradients and updates, told by their operations and by the names TensorFlow gives them."""
    found = set()
    for node in graph.nodes.values():
        first, _, _ = node.name.partition("/")
        if (
            first.startswith("gradients")
            or "/gradients/" in node.name
            or first == "save"
            or (first.startswith("save_") and first[5:].isdecimal())
            or _is_update(node)
        ):
            found.add(node.name)
    return found


def _sinks(graph: Graph, training: Set[str]) -> List[Node]:
    """Nodes with an output that no other node of the forward graph takes."""
    taken: Set[str] = set()
    for node in graph.nodes.values():
        if node.name in training and not _is_update(node):
            continue
        for text in node.inputs:
            if not text.startswith("^"):
                taken.add(text.partition(":")[0])
    return [
        node
        for node in graph.nodes.values()
        if node.name not in taken
        and node.name not in training
        and node.op not in _WITHOUT_MEANING
        and not _is_branch(graph, node)
    ]


def _is_branch(graph: Graph, node: Node) -> bool:
    """Whether a node only marks a branch of a condition: a switch of the condition by itself."""
    switch: Optional[Node] = node
    if node.op == "Identity" and node.data_inputs:
        switch = graph.nodes.get(node.data_inputs[0].partition(":")[0])
    if switch is None or switch.op not in ("Switch", "RefSwitch"):
        return False
    inputs = switch.data_inputs
    return len(inputs) == 2 and inputs[0] == inputs[1]


def _dependents(graph: Graph, names: Set[str], *, shapes: bool = False) -> Set[str]:
    """The nodes that depend on the values of any of these, or (`shapes`) on their shapes alone."""
    users: Dict[str, List[str]] = {}
    for node in graph.nodes.values():
        if node.op in _OF_SHAPES and not shapes:
            continue
        for text in node.data_inputs:
            users.setdefault(text.partition(":")[0], []).append(node.name)
    found = set(names)
    pending = list(names)
    while pending:
        for user in users.get(pending.pop(), ()):
            if user not in found:
                found.add(user)
                pending.append(user)
    return found


def _label_inputs(graph: Graph, walk: Walk) -> Set[str]:
    """Placeholders that reach the labels of a cross entropy through nothing but reshaping."""
    labels = set()
    for node in graph.nodes.values():
        if node.op not in _CROSS_ENTROPIES:
            continue
        sources = walk.sources(Place(0, node.name))
        place = sources[1].place if len(sources) > 1 and sources[1] is not None else None
        for _ in range(_LONGEST_CHAIN):
            if place is None:
                break
            origin = walk.node(place)
            if origin.op in PLACEHOLDERS:
                labels.add(origin.name)
                break
            if origin.op not in _SEEN_THROUGH and origin.op not in ("OneHot", "StridedSlice"):
                break
            before = walk.sources(place)
            place = before[0].place if before and before[0] is not None else None
    return labels


def _outputs_of(walk: Walk, node: Node, labelled: bool) -> List[Tensor]:
    names = [node.name]
    if node.op in ("Split", "SplitV", "Unpack"):
        count = walk.graph.attributes(node).integer(
            "num" if node.op == "Unpack" else "num_split", 1
        )
        names += [f"{node.name}:{index}" for index in range(1, min(count, 64))]
    return [output_tensor(walk, name, name, labelled) for name in names]


def output_tensor(walk: Walk, text: str, name: str, labelled: bool = False) -> Tensor:
    """A fetched tensor with all that the graph tells about it."""
    known = walk.tensor(text)
    data_type = walk.type_of(text)
    tensor = tensor_of(name, known, types.type_name(data_type), walk.letters)
    loss = (labelled and known.shape == ()) or _is_loss(walk, text)
    return replace(with_meaning(tensor, known.meaning), role=Role.LOSS if loss else Role.DATA)


def _is_loss(walk: Walk, text: str) -> bool:
    ref = walk.producer(0, text)
    return ref is not None and walk.node(ref.place).op in _LOSS_OPERATIONS
