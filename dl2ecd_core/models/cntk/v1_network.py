"""From the nodes of a CNTK v1 file to a graph, as CNTK 2.7 turns one into the other on loading.

LoadLegacyModel in https://github.com/microsoft/CNTK/blob/master/Source/CNTKv2LibraryDll/BackCompat.cpp
and ComputationNetwork::Read in Source/ComputationNetworkLib/ComputationNetwork.cpp.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, Set, Tuple

from ...findings.errors import ModelFileError
from ...findings.wording import quoted
from ...wire.source import ByteSource
from .model_graph import Axis, Function, Graph, Kind, Op, Value, Variable, output_uid
from .v1_cursor import Cursor
from .v1_nodes import (
    AXIS_KIND,
    INPUT_KINDS,
    NORMALIZATION_KIND,
    PARAMETER_KIND,
    PRECOMPUTED_KINDS,
    Node,
    read_node,
)

#: Versions that CNTK 2.7 and its forks have written.
NEWEST_VERSION = 31

_UID_MARK, _NAME_MARK = "__v2libuid__", "__v2libname__"
_LISTS = (
    ("FeatureNodes", "FeatureNodes"),
    ("LabelNodes", "LabelNodes"),
    ("CriterionNodes", "CriterionNodes"),
    ("CriteriaNodes", "CriteriaNodes"),
    ("NodesReqMultiSeqHandling", "NodesReqMultiSeqHandling"),
    ("EvalNodes", "EvalNodes"),
    ("OutputNodes", "OutputNodes"),
    ("PairNodes", "PairNodes"),
)
# Node inputs that a function takes in another order.
_REORDERED: Dict[int, Tuple[int, ...]] = {
    Op.CROSS_ENTROPY_WITH_SOFTMAX: (1, 0),
    Op.CLASSIFICATION_ERROR: (1, 0),
    Op.LOGISTIC: (1, 0),
    Op.GATHER_PACKED: (1, 0),
    Op.PACKED_INDEX: (1, 0),
    Op.SCATTER_PACKED: (2, 1, 0),
    Op.CLIP: (2, 0, 1),
    Op.OPTIMIZED_RNN_STACK: (1, 0),
    Op.LAMBDA_RANK: (1, 0, 2),
    Op.NDCG: (1, 0, 2),
}
ROOT = "roots"


def graph_of(source: ByteSource) -> Graph:
    """The graph of a v1 file, with the attributes that the file holds.

    Raises
    ------
    ModelFileError
        ``model-damaged`` or ``model-unsupported``.
    """
    cursor = Cursor(source)
    cursor.expect("BCN")
    if cursor.marks("BVersion"):
        cursor.version = cursor.size("a version")
        if not 1 <= cursor.version <= NEWEST_VERSION:
            raise cursor.unsupported(
                f"The model is of version {cursor.version} of CNTK's v1 format; "
                f"versions 1 to {NEWEST_VERSION} are known.",
                "Save the model with CNTK 2.7.",
            )
        cursor.expect("EVersion")
    nodes = _nodes_in_some_precision(cursor)
    inputs = _relations(cursor, nodes)
    lists = _root_lists(cursor, nodes)
    return _graph(nodes, inputs, lists)


def _nodes_in_some_precision(cursor: Cursor) -> Dict[str, Node]:
    """The nodes; before version 7 only the values' width tells the precision of all of them."""
    start = cursor.position
    try:
        return _nodes(cursor)
    except ModelFileError:
        if cursor.version >= 7:
            raise
        cursor.position, cursor.double = start, True
        try:
            return _nodes(cursor)
        except ModelFileError:
            cursor.position, cursor.double = start, False
    return _nodes(cursor)


def _nodes(cursor: Cursor) -> Dict[str, Node]:
    count = cursor.count("nodes", 4)
    cursor.expect("BNodeList")
    nodes: Dict[str, Node] = {}
    for _ in range(count):
        node = read_node(cursor)
        nodes[node.name] = node
    cursor.expect("ENodeList")
    return nodes


def _relations(cursor: Cursor, nodes: Mapping[str, Node]) -> Dict[str, Tuple[str, ...]]:
    cursor.expect("BRelation")
    inputs: Dict[str, Tuple[str, ...]] = {}
    for _ in range(len(nodes)):
        name = _known(cursor, cursor.text("the name of a node"), nodes)
        inputs[name] = tuple(_known(cursor, one, nodes) for one in cursor.texts())
    cursor.expect("ERelation")
    return inputs


def _root_lists(cursor: Cursor, nodes: Mapping[str, Node]) -> Dict[str, Tuple[str, ...]]:
    cursor.expect("BRootNodes")
    lists: Dict[str, Tuple[str, ...]] = {}
    for begin, end in _LISTS:
        if cursor.marks("B" + begin):
            lists[begin] = tuple(_known(cursor, name, nodes) for name in cursor.texts())
            cursor.expect("E" + end)
    cursor.expect("ERootNodes")
    cursor.expect("ECN")
    return lists


def _known(cursor: Cursor, name: str, nodes: Mapping[str, Node]) -> str:
    if name not in nodes:
        raise cursor.damaged(f"The model refers to a node {quoted(name)} that it does not have.")
    return name


def _graph(
    nodes: Mapping[str, Node],
    inputs: Mapping[str, Tuple[str, ...]],
    lists: Mapping[str, Tuple[str, ...]],
) -> Graph:
    names = {name: _uid_and_name(name) for name in nodes}
    default = _default_type(nodes.values())
    uids = {
        name: names[name][0] if _is_leaf(node) else output_uid(names[name][0], 0)
        for name, node in nodes.items()
    }
    variables: Dict[str, Variable] = {}
    functions: Dict[str, Function] = {}
    for name, node in nodes.items():
        uid, given = names[name]
        data_type = node.data_type or default
        if _is_leaf(node):
            variables[uid] = _leaf(uid, given, node, data_type)
        else:
            operands = tuple(uids[one] for one in inputs.get(name, ()))
            functions[uid] = _function(uid, given, node, operands, nodes, inputs.get(name, ()))
            if node.op in (Op.PAST_VALUE, Op.FUTURE_VALUE) and operands:
                delayed = operands[0]
                if delayed not in variables and delayed.endswith("_Output_0"):
                    variables[delayed] = Variable(
                        delayed, Kind.PLACEHOLDER, "", node.shape, data_type
                    )
    roots = _roots(nodes, inputs, lists)
    functions[ROOT] = Function(ROOT, Op.COMBINE, "", tuple(uids[name] for name in roots))
    labels = [uids[name] for name in lists.get("LabelNodes", ())]
    criteria = (*lists.get("CriterionNodes", ()), *lists.get("CriteriaNodes", ()))
    return Graph(
        ROOT,
        variables,
        functions,
        labels=tuple(labels),
        losses=tuple(uids[name] for name in criteria if not _is_leaf(nodes[name])),
    )


def _uid_and_name(name: str) -> Tuple[str, str]:
    """Files that CNTK v2 wrote carry its uid and name in one; the name is empty for none."""
    if name.startswith(_UID_MARK):
        uid, mark, given = name[len(_UID_MARK) :].partition(_NAME_MARK)
        if mark and uid:
            return uid, given
    return name, name


def _is_leaf(node: Node) -> bool:
    return node.kind in INPUT_KINDS or node.kind in (PARAMETER_KIND, AXIS_KIND)


def _default_type(nodes: Iterable[Node]) -> str:
    """Files before version 7 tell the precision only by the width of their values."""
    for node in nodes:
        if node.value_width is not None:
            return "float64" if node.value_width == 8 else "float32"
    return "float32"


def _leaf(uid: str, name: str, node: Node, data_type: str) -> Variable:
    if node.kind == PARAMETER_KIND:
        kind = Kind.PARAMETER if node.learning else Kind.CONSTANT
        return Variable(
            uid,
            kind,
            name,
            node.shape,
            data_type,
            dynamic=False,
            scalar=node.scalar,
            stored=node.stored,
        )
    return Variable(uid, Kind.INPUT, name, node.shape, data_type)


def _function(
    uid: str,
    name: str,
    node: Node,
    operands: Tuple[str, ...],
    nodes: Mapping[str, Node],
    sources: Tuple[str, ...],
) -> Function:
    op, attributes = node.op, dict(node.attributes)
    if attributes.get("layout") == "HWC":
        # CNTK itself refuses to load these.
        return Function(uid, None, name, operands)
    if op == Op.CONVOLUTION and len(sources) == 2:
        attributes["mapShape"] = _map_shape(node, nodes[sources[0]])
    if op is not None and op in _REORDERED:
        order = _REORDERED[op]
        if len(operands) >= len(order):
            operands = (*(operands[one] for one in order), *operands[len(order) :])
    if node.kind == NORMALIZATION_KIND:
        attributes["unnamed"] = True
    return Function(uid, op, name, operands, attributes)


def _map_shape(node: Node, weights: Node) -> Value:
    """The kernel tensor's shape where the file keeps it as a plain matrix."""
    kernel = node.attributes.get("kernelShape")
    flat = weights.shape is not None and len(weights.shape) == 2
    if not isinstance(kernel, tuple) or isinstance(kernel, Axis) or weights.shape is None:
        return None
    if not flat and node.attributes.get("convolution2D") is not True:
        return None
    sizes = [size for size in kernel if isinstance(size, int)]
    if len(weights.shape) != 2:
        return None
    rows, columns = weights.shape
    if node.attributes.get("convolution2D") is True and len(sizes) == 3 and sizes[2] <= 1:
        area = sizes[0] * sizes[1]
        sizes[2] = columns // area if area else 0
    return (*sizes, rows)


def _roots(
    nodes: Mapping[str, Node],
    inputs: Mapping[str, Tuple[str, ...]],
    lists: Mapping[str, Tuple[str, ...]],
) -> List[str]:
    """Nodes that no other takes, that the file lists or that are computed first, by name."""
    taken: Set[str] = {one for operands in inputs.values() for one in operands}
    listed: Set[str] = set()
    for key in ("CriterionNodes", "CriteriaNodes", "EvalNodes", "OutputNodes"):
        listed.update(lists.get(key, ()))
    roots = [
        name
        for name, node in nodes.items()
        if (name not in taken or name in listed or node.kind in PRECOMPUTED_KINDS)
        and not _is_leaf(node)
    ]
    # By name, capitals first, as DetermineSetOfAllRoots in
    # Source/ComputationNetworkLib/ComputationNetworkEvaluation.cpp has them.
    return sorted(roots)
