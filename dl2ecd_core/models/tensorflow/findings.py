"""What is said about a TensorFlow graph beside its inputs and outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, FrozenSet, Iterable, List, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import counted, listed, quoted
from ..description import Role, Tensor
from .graph import Graph

#: Operations that run Python code of the process that made the graph.
_PYTHON = frozenset(("PyFunc", "PyFuncStateless", "EagerPyFunc"))
#: Operations that read or write files beside the model.
_FILES = frozenset(
    (
        "ReadFile",
        "WriteFile",
        "MatchingFiles",
        "LoadLibrary",
        "WholeFileReader",
        "WholeFileReaderV2",
        "TextLineReader",
        "TextLineReaderV2",
        "FixedLengthRecordReader",
        "FixedLengthRecordReaderV2",
        "TFRecordReader",
        "TFRecordReaderV2",
        "ImmutableConst",
        "FileSystemSetConfiguration",
    )
)
_INTERNAL = "_"
_NAMES = Path(__file__).with_name("operation_names.json")


def known_operations() -> FrozenSet[str]:
    """The operations that TensorFlow itself registers, releases 1.15 and 2.21 together."""
    return frozenset(json.loads(_NAMES.read_text("ascii")))


def own_code(graph: Graph, file: str) -> List[Finding]:
    """Warnings for operations that run code or touch files, each kind once."""
    known = known_operations()
    by_kind: Dict[str, List[str]] = {"python": [], "file": [], "library": []}
    foreign: Dict[str, None] = {}
    for name, op in graph.operations():
        if op in _PYTHON:
            by_kind["python"].append(name)
        elif op in _FILES:
            by_kind["file"].append(name)
        elif op not in known and not op.startswith(_INTERNAL) and op not in graph.function_names:
            foreign[op] = None
    where = Place(file=file)
    found: List[Finding] = []
    if by_kind["python"]:
        found.append(
            finding(
                "model-runs-own-code",
                f"The graph calls Python functions that are not in the file: "
                f"{listed(by_kind['python'])}.",
                hint="It runs only where its authors' program has set them up. "
                "Export the model without tf.py_function and tf.numpy_function.",
                where=where,
            )
        )
    if by_kind["file"]:
        found.append(
            finding(
                "model-runs-own-code",
                f"The graph reads or writes files on its own: {listed(by_kind['file'])}.",
                hint="Use it only when you trust where it comes from.",
                where=where,
            )
        )
    if foreign:
        found.append(
            finding(
                "model-runs-own-code",
                f"The graph uses {counted(len(foreign), 'operation')} that "
                f"TensorFlow 1.15 and 2.21 don't bring: {listed(foreign)}.",
                hint="The library that adds them must be installed where the model runs.",
                where=where,
            )
        )
    return found


def not_frozen(variables: Tuple[str, ...], file: str) -> Finding:
    """An error: the weights lie elsewhere."""
    return finding(
        "model-not-frozen",
        f"The graph holds no weights: {counted(len(variables), 'variable')} such as "
        f"{quoted(variables[0])} get their values from a checkpoint.",
        hint="Freeze the graph with its checkpoint (TensorFlow 1: "
        "tf.graph_util.convert_variables_to_constants) or export a SavedModel, and give that.",
        where=Place(file=file),
    )


def unknown_shapes(tensors: Iterable[Tensor], strange: Iterable[str], file: str) -> List[Finding]:
    """One piece of information when shapes can't be told."""
    names = [t.name or "" for t in tensors if t.shape is None and t.role is Role.DATA]
    if not names:
        return []
    operations = sorted(strange)
    because = f" (the graph uses {listed(operations, most=4)})" if operations else ""
    return [
        finding(
            "model-shape-unknown",
            f"The shape of {listed(names)} is neither stored nor can be worked out{because}.",
            hint="Bands and classes of these can't be checked.",
            where=Place(file=file),
        )
    ]


def no_default(signatures: Tuple[str, ...], file: str) -> Finding:
    """Information: nothing tells which of a SavedModel's functions predicts."""
    if signatures:
        found = (
            f"The SavedModel has {counted(len(signatures), 'signature')} ({listed(signatures)}) "
            "and none of them is called 'serving_default'."
        )
    else:
        found = "The SavedModel has no signature that says what goes in and out."
    return finding(
        "model-shape-unknown",
        f"{found} Which inputs and outputs count is unknown.",
        hint="Export the model with the function that predicts as its 'serving_default' "
        "signature; until then bands and classes can't be checked.",
        where=Place(file=file),
    )
