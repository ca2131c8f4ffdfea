"""TensorFlow checkpoints: the variables of a model, with or without its graph beside them.

A V2 checkpoint is ``name.index`` and ``name.data-00000-of-00001`` ..., a V1 one a single file;
``name.meta`` holds the graph that was trained.
https://www.tensorflow.org/guide/checkpoint
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple

from ...files.plain_files import is_plain
from ...findings import Finding
from ...findings.errors import ModelFileError
from ...network.outlook import Outlook
from ...wire.protobuf import Message
from ...wire.source import ByteSource
from ..companions import parts_of
from ..description import Evidence, ModelDescription, Tensor
from ..registry import Match
from .bundle import Bundle, read_bundle
from .endpoints import Endpoints, endpoints_of
from .findings import own_code
from .graphdef import FRAMEWORK, common_padding
from .kernels import ends_by_kernels
from .meta_graph import MetaGraph, read_meta_graph
from .outlook import named, outlook_through
from .own_paths import local_paths, paths_in_state
from .sniff import is_meta_graph
from .table import is_table
from .walk import Walk
from .weights import count_weights

FORMAT = "tensorflow-checkpoint"

_SHARD = re.compile(r"(?P<prefix>.+)\.data-\d{5}-of-(?P<count>\d{5})\Z")
_MOST_SHARDS = 10_000


class _Names(NamedTuple):
    """What the files of a checkpoint are called, by the one that was given."""

    prefix: str

    @property
    def table(self) -> str:
        return f"{self.prefix}.index"

    @property
    def meta(self) -> str:
        return f"{self.prefix}.meta"

    def shard(self, number: int, count: int) -> str:
        return f"{self.prefix}.data-{number:05d}-of-{count:05d}"


def recognise(source: ByteSource) -> Match:
    """Whether the file is a checkpoint's table, its graph, or a data file beside its index."""
    if is_table(source) or is_meta_graph(source, 0, source.size):
        return Match.SURE
    return Match.MAYBE if _index_beside(source) is not None else Match.NO


def read(source: ByteSource) -> ModelDescription:
    """What a checkpoint says, from whichever of its files was given.

    Raises
    ------
    ModelFileError
        ``model-damaged`` where a table or the graph breaks.
    """
    with ExitStack() as opened:
        return _describe(source, _parts(source, opened))


def outlook_of(source: ByteSource, model: ModelDescription, assumed: int) -> Outlook:
    """What the outputs of the graph beside a checkpoint look at; nothing where there is none.

    Raises
    ------
    ModelFileError
        As for :func:`read`.
    """
    with ExitStack() as opened:
        meta = _parts(source, opened).meta
        if meta is None:
            return Outlook((), {})
        return outlook_through(meta.graph, named(model.inputs), named(model.outputs), assumed)


class _Parts(NamedTuple):
    """What a checkpoint is made of: its names, its variables, its graph."""

    names: _Names
    bundle: Optional[Bundle]
    meta: Optional[MetaGraph]


def _parts(source: ByteSource, opened: ExitStack) -> _Parts:
    if is_table(source):
        bundle = read_bundle(source)
        names = _Names(_prefix(source.path.name, bundle))
        return _Parts(names, bundle, _graph_beside(source, names, opened))
    if is_meta_graph(source, 0, source.size):
        names = _Names(_without(source.path.name, ".meta"))
        meta = read_meta_graph(Message(source, what="the graph of a checkpoint"))
        return _Parts(names, _bundle_beside(source, names), meta)
    index = _index_beside(source)
    if index is None:
        raise source.damaged(0, "The file is not part of a checkpoint.")
    names = _Names(_without(index.name, ".index"))
    return _Parts(names, _bundle_beside(source, names), _graph_beside(source, names, opened))


def _without(name: str, ending: str) -> str:
    return name[: -len(ending)] if name.endswith(ending) else name


def _prefix(name: str, bundle: Bundle) -> str:
    return _without(name, ".index") if bundle.version == 2 else name


def _index_beside(source: ByteSource) -> Optional[Path]:
    """The index of the checkpoint that a data file belongs to: data alone has no structure."""
    match = _SHARD.match(source.path.name)
    if match is None:
        return None
    path = source.path.with_name(f"{match.group('prefix')}.index")
    if not is_plain(path):
        return None
    try:
        with ByteSource(path) as index:
            return path if is_table(index) else None
    except ModelFileError:
        return None


def _bundle_beside(source: ByteSource, names: _Names) -> Optional[Bundle]:
    for name in (names.table, names.prefix):
        path = source.path.with_name(name)
        if name and is_plain(path) and path.name != source.path.name:
            with ByteSource(path, str(path.name)) as beside:
                if is_table(beside):
                    return read_bundle(beside)
    return None


def _graph_beside(source: ByteSource, names: _Names, opened: ExitStack) -> Optional[MetaGraph]:
    path = source.path.with_name(names.meta)
    if not is_plain(path):
        return None
    # The graph's nodes are read later than this, so its file stays open as long as they do.
    beside = opened.enter_context(ByteSource(path, path.name))
    if not is_meta_graph(beside, 0, beside.size):
        return None
    return read_meta_graph(Message(beside, what="the graph of a checkpoint"))


def _describe(source: ByteSource, parts: _Parts) -> ModelDescription:
    names, bundle, meta = parts
    files, missing = parts_of(source, _companions(source, names, bundle))
    padding = None
    findings: List[Finding] = []
    if meta is not None:
        walk = Walk(meta.graph)
        ends = _inferred(endpoints_of(meta.graph, walk))
        padding = common_padding(walk, ends)
        findings = own_code(meta.graph, source.name)
    else:
        ends = Endpoints((), ()) if bundle is None else ends_by_kernels(bundle)
    findings += local_paths(paths_in_state(source.path.with_name("checkpoint")), source.name)
    return ModelDescription(
        format=FORMAT,
        framework=FRAMEWORK,
        framework_version=None if meta is None else meta.version,
        files=files,
        missing_files=missing,
        inputs=ends.inputs,
        outputs=ends.outputs,
        parameters=None if bundle is None else count_weights(bundle),
        padding=padding,
        findings=tuple(findings),
    )


def _inferred(ends: Endpoints) -> Endpoints:
    """A training graph tells what goes in and out only to someone who knows how to read it."""
    return Endpoints(_marked(ends.inputs), _marked(ends.outputs))


def _marked(tensors: Tuple[Tensor, ...]) -> Tuple[Tensor, ...]:
    return tuple(
        tensor if tensor.shape is None else replace(tensor, evidence=Evidence.INFERRED)
        for tensor in tensors
    )


def _companions(source: ByteSource, names: _Names, bundle: Optional[Bundle]) -> List[str]:
    """The checkpoint's other files: index and data are needed, graph and list may be absent."""
    folder = source.path.parent
    wanted: List[str] = []
    if bundle is None:
        wanted.append(names.table)
    elif bundle.version == 2:
        wanted.append(names.table)
        count = min(bundle.shards, _MOST_SHARDS)
        wanted += [names.shard(number, bundle.shards) for number in range(count)]
    else:
        wanted.append(names.prefix)
    wanted += [name for name in (names.meta, "checkpoint") if is_plain(folder / name)]
    return [name for name in wanted if name != source.path.name]
