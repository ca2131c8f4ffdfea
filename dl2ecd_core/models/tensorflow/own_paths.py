"""Paths of the machine that a model was made on: in a checkpoint's list, in names of tables.

In https://github.com/tensorflow/tensorflow: the list is a ``CheckpointState``
(tensorflow/python/training/checkpoint_state.proto); ``TextFileInitializer`` names a table after
the file that fills it (tensorflow/python/ops/lookup_ops.py); the tensor of an ``AssetFileDef``
(tensorflow/core/protobuf/meta_graph.proto) holds the path that the asset was added under.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterable, Iterator, List

from ...files.plain_files import is_plain
from ...findings import Finding, Place
from ...findings.errors import ModelFileError
from ...findings.rules import finding
from ...findings.wording import listed
from ...wire.protobuf import LENGTH
from ...wire.source import ByteSource
from ..local_paths import local_path_in
from .graph import Graph
from .meta_graph import MetaGraph

_LONGEST_STATE = 64 * 1024
_LONGEST_PATH = 4096
_TABLES = frozenset(("HashTable", "HashTableV2"))
# hash_table_FILE_KEYCOLUMN_VALUECOLUMN; whole lines and line numbers are columns -2 and -1.
_AROUND_FILE = re.compile(r"\Ahash_table_|_-?\d_-?\d\Z")
_STRING_VALUES = 8


def paths_in_state(state: Path) -> Iterator[str]:
    """Local paths in the text file ``checkpoint``, which lists the checkpoints of a folder."""
    if not is_plain(state):
        return
    try:
        with ByteSource(state, state.name) as source:
            text = source.read_up_to(0, _LONGEST_STATE).decode("utf-8", "replace")
    except ModelFileError:
        return  # It is not needed to use the checkpoint.
    for line in text.splitlines():
        path = local_path_in(line)
        if path is not None:
            yield path


def paths_in_graph(meta: MetaGraph) -> Iterator[str]:
    """Local paths of the files that a SavedModel brings or was filled from."""
    texts = [*_tables(meta.graph), *_assets(meta)]
    for text in texts:
        path = local_path_in(text)
        if path is not None:
            yield path


def _tables(graph: Graph) -> Iterator[str]:
    for node in graph.nodes.values():
        if node.op in _TABLES:
            yield _AROUND_FILE.sub("", graph.attributes(node).text("shared_name"))


def _assets(meta: MetaGraph) -> Iterator[str]:
    for tensor in meta.asset_tensors:
        node = meta.graph.nodes.get(tensor.partition(":")[0])
        head = None if node is None else meta.graph.attributes(node).tensor("value")
        if head is None:
            continue
        for field in head.message.fields():
            if field.number == _STRING_VALUES and field.wire == LENGTH:
                if field.value <= _LONGEST_PATH:
                    yield head.message.text_of(field)
                break


def local_paths(paths: Iterable[str], file: str) -> List[Finding]:
    """One piece of information when there are any."""
    found = sorted(set(paths))
    if not found:
        return []
    return [
        finding(
            "model-local-paths",
            f"The model names files of the machine it was made on: {listed(found, most=3)}.",
            hint="Edit them out, or save the model elsewhere, if they should not be passed on.",
            where=Place(file=file),
        )
    ]
