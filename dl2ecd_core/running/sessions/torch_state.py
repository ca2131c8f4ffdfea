"""Whether a model that is a program may keep something from one tile to the next.

Tiles of one that does go through it one after the other. Where that can't be told, it does.
"""

from __future__ import annotations

import warnings
from typing import Any, Dict, Iterator, List, Set

#: In the graph of a script whose constants are known: parts that change, and what runs elsewhere.
_KEEPS = {
    "prim::GetAttr",
    "prim::SetAttr",
    "prim::CallFunction",
    "prim::CallMethod",
    "prim::PythonOp",
    # Chance that is made to repeat itself is the same for all threads.
    "aten::manual_seed",
    "aten::seed",
}
#: Operations of PyTorch itself; what others do is not known.
_OWN = {"aten", "prim", "prims", "quantized", "quantized_decomposed"}
#: Functions of Python that exported programs call, on numbers and on lists of results.
_OF_PYTHON = {"_operator", "math"}
#: What they give is nothing of what they take.
_COPIES = {"aten::clone", "aten::lift_fresh_copy"}
#: By these names, normalisations are told to adapt what they hold.
_ADAPTS = {"training", "train", "use_input_stats"}
#: Looks at shapes alone.
_GUARDS = "_guards_fn"


def keeps_state(torch: Any, model: Any, format_id: str) -> bool:
    """Whether a model may keep something from one tile to the next.

    Parameters
    ----------
    model
        As it is loaded, for evaluation.
    """
    try:
        if format_id == "torchscript":
            return _script_keeps(torch, model)
        return _program_keeps(model.graph)
    except Exception:
        # It is someone else's program, and this looks into parts that change from one version of
        # PyTorch to the next.
        return True


def _script_keeps(torch: Any, model: Any) -> bool:
    """Of TorchScript: freezing makes a constant of all that stays as it is.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.freeze.html
    """
    with warnings.catch_warnings():
        # That TorchScript is going out of use.
        warnings.simplefilter("ignore")
        graph = torch.jit.freeze(model, optimize_numerics=False).graph
    aliases = graph.alias_db()
    return any(
        node.kind() in _KEEPS
        or node.kind().split("::")[0] not in _OWN
        # A graph of its own, that runs in another thread.
        or "g" in [node.kindOf(name) for name in node.attributeNames()]
        or (node.kind() == "prim::Constant" and any(map(aliases.has_writers, node.outputs())))
        for node in _nodes(graph)
    )


def _nodes(block: Any) -> Iterator[Any]:
    """The nodes of a graph, with those in branches and loops."""
    waiting: List[Any] = [block]
    while waiting:
        for node in waiting.pop().nodes():
            yield node
            waiting.extend(node.blocks())


def _program_keeps(graph: Any) -> bool:
    """Of an exported program, as a module: whether it writes into what it holds.

    https://docs.pytorch.org/docs/stable/export/ir_spec.html
    """
    held: Set[Any] = set()
    for node in graph.nodes:
        if node.op == "get_attr":
            held.add(node)
        elif node.op == "call_module" and node.target != _GUARDS:
            return True
        elif node.op == "call_function":
            schema = getattr(node.target, "_schema", None)
            if schema is None:
                if node.target.__module__ not in _OF_PYTHON:
                    return True
                if held.intersection(node.all_input_nodes):
                    held.add(node)
            elif _writes(node, schema, held):
                return True
            elif _shows(node, schema, held):
                held.add(node)
    return False


def _writes(node: Any, schema: Any, held: Set[Any]) -> bool:
    """Whether an operation may change what the program holds, or is not PyTorch's own."""
    given = _given(node, schema)
    if schema.name.split("::")[0] not in _OWN:
        return True
    if given.get("running_mean") is not None and any(given.get(name) for name in _ADAPTS):
        return True
    return any(
        argument.alias_info is not None
        and argument.alias_info.is_write
        and _among(given.get(argument.name), held)
        for argument in schema.arguments
    )


def _shows(node: Any, schema: Any, held: Set[Any]) -> bool:
    """Whether what an operation gives may be a view of what the program holds.

    Those that say nothing of it may give their first argument as it is, as a dropout does.
    """
    given = _given(node, schema)
    return schema.name not in _COPIES and any(
        (place == 0 or argument.alias_info is not None) and _among(given.get(argument.name), held)
        for place, argument in enumerate(schema.arguments)
    )


def _given(node: Any, schema: Any) -> Dict[str, Any]:
    names = [argument.name for argument in schema.arguments]
    return {**dict(zip(names, node.args)), **node.kwargs}


def _among(value: Any, held: Set[Any]) -> bool:
    """Whether a value, or one in a list of values, is held."""
    values = value if isinstance(value, (list, tuple)) else [value]
    return any(one in held for one in values)
