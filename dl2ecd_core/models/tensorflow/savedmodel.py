"""TensorFlow SavedModels: a graph with signatures, and the folder around it.

``SavedModel``, ``MetaGraphDef``: saved_model.proto and meta_graph.proto in
https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/protobuf;
the folder: https://www.tensorflow.org/guide/saved_model
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

from ...files.plain_files import is_folder, is_plain
from ...findings.errors import ModelFileError
from ...network.flow import Flow
from ...network.outlook import Outlook
from ...wire.protobuf import LENGTH, VARINT, Message
from ...wire.source import ByteSource
from ..companions import parts_of
from ..description import Evidence, ModelDescription, Tensor
from ..description import Signature as NamedSignature
from ..network_ends import with_meaning
from ..registry import Match
from . import types
from .encoded_images import encoded_inputs
from .endpoints import Endpoints
from .findings import no_default, own_code, unknown_shapes
from .flow import flow_through
from .graphdef import FRAMEWORK, common_padding
from .known import Known
from .meta_graph import MetaGraph, Signature, TensorInfo, read_meta_graph
from .operations_state import VARIABLES
from .outlook import outlook_through
from .own_paths import local_paths, paths_in_graph
from .sniff import is_meta_graph, peek
from .tensors import axes_of
from .text_format import TextKind, text_as_binary, text_kind
from .walk import Walk

FORMAT = "tensorflow-savedmodel"

_SERVE = "serve"
_PREFERRED = "serving_default"
_INITIALISER = "__saved_model_init_op"
_TRAIN_INITIALISER = "__saved_model_train_op"
_MOST_FILES = 10_000
_MOST_GRAPHS = 64
_MOST_SIGNATURES = 64


def recognise(source: ByteSource) -> Match:
    """Whether the content is a ``SavedModel``."""
    if text_kind(source) is TextKind.SAVED_MODEL:
        return Match.SURE
    for field in peek(source, 0, source.size, 4):
        if field.number == 1 and field.wire == VARINT:
            continue
        if field.number != 2 or field.wire != LENGTH:
            return Match.NO
        return Match.SURE if is_meta_graph(source, field.start, field.end) else Match.NO
    return Match.NO


def read(source: ByteSource) -> ModelDescription:
    """What a SavedModel says about itself.

    Raises
    ------
    ModelFileError
        ``model-damaged`` where the file breaks, ``model-not-a-model`` when it has no graph.
    """
    meta = _meta_graph_in(source)
    signature = _serving_signature(meta)
    walk = Walk(meta.graph)
    ends, texts = _declared_ends(walk, signature or Signature((), ()))
    files, missing = parts_of(source, _companions(source, meta))
    findings = own_code(meta.graph, source.name)
    signatures = _signatures(walk, meta)
    findings += unknown_shapes((*ends.inputs, *ends.outputs), (), source.name)
    findings += encoded_inputs(walk, ends.inputs, signatures, source.name)
    if signature is None:
        findings.append(no_default(tuple(_usable(meta)), source.name))
    findings += local_paths(paths_in_graph(meta), source.name)
    return ModelDescription(
        format=FORMAT,
        framework=FRAMEWORK,
        framework_version=meta.version,
        files=files,
        missing_files=missing,
        inputs=ends.inputs,
        outputs=ends.outputs,
        signatures=signatures,
        padding=common_padding(walk, ends, texts),
        findings=tuple(findings),
    )


def flow_of(source: ByteSource) -> Flow:
    """The tensors of the graph that serves, in the order in which they are made.

    Raises
    ------
    ModelFileError
        As for :func:`read`.
    """
    meta = _meta_graph_in(source)
    signature = _serving_signature(meta)
    outputs = () if signature is None else signature.outputs
    return flow_through(Walk(meta.graph), [info.tensor for info in outputs])


def outlook_of(source: ByteSource, model: ModelDescription, assumed: int) -> Outlook:
    """What the outputs of the graph that serves look at.

    Raises
    ------
    ModelFileError
        As for :func:`read`.
    """
    meta = _meta_graph_in(source)
    signature = _serving_signature(meta) or Signature((), ())
    inputs = [(one, info.tensor) for one, info in zip(model.inputs, signature.inputs)]
    outputs = [(one, info.tensor) for one, info in zip(model.outputs, signature.outputs)]
    return outlook_through(meta.graph, inputs, outputs, assumed)


def _meta_graph_in(source: ByteSource) -> MetaGraph:
    if text_kind(source) is TextKind.SAVED_MODEL:
        text = text_as_binary(source, "SavedModel")
        return _serving_graph(Message(text, what="the SavedModel"))
    return _serving_graph(Message(source, what="the SavedModel"))


def _serving_graph(message: Message) -> MetaGraph:
    """The graph for serving; the first one where none is marked so."""
    spans: List[Message] = []
    for field in message.fields():
        if field.number == 2 and field.wire == LENGTH:
            spans.append(message.child(field, "a SavedModel's graph"))
            if len(spans) > _MOST_GRAPHS:
                raise message.wrong(f"it holds more than {_MOST_GRAPHS} graphs", field.start)
    if not spans:
        raise ModelFileError(
            "model-not-a-model",
            f"'{message.source.name}' is a SavedModel without a graph.",
            hint="Export the model again.",
            file=message.source.name,
        )
    for span in spans:
        if len(spans) == 1 or _SERVE in _tags(span):
            return read_meta_graph(span)
    return read_meta_graph(spans[0])


def _tags(meta: Message) -> Tuple[str, ...]:
    for field in meta.fields():
        if field.number == 1 and field.wire == LENGTH:
            info = meta.child(field, "facts about the graph")
            return tuple(info.text_of(part, 4096) for part in info.fields() if part.number == 4)
    return ()


def _serving_signature(meta: MetaGraph) -> Optional[Signature]:
    """The signature that serves: the default one, else the only one with outputs."""
    if _PREFERRED in meta.signatures:
        return meta.signatures[_PREFERRED]
    usable = _usable(meta)
    return next(iter(usable.values())) if len(usable) == 1 else None


def _usable(meta: MetaGraph) -> Dict[str, Signature]:
    """The signatures that give something, by name."""
    return {
        name: signature
        for name, signature in meta.signatures.items()
        if name not in (_INITIALISER, _TRAIN_INITIALISER) and signature.outputs
    }


def _signatures(walk: Walk, meta: MetaGraph) -> Tuple[NamedSignature, ...]:
    """All functions with what goes in and comes out, where there are several."""
    usable = _usable(meta)
    if len(usable) < 2:
        return ()
    told: List[NamedSignature] = []
    for name, signature in sorted(usable.items())[:_MOST_SIGNATURES]:
        ends, _ = _declared_ends(walk, signature)
        told.append(NamedSignature(name, ends.inputs, ends.outputs))
    return tuple(told)


def _declared_ends(walk: Walk, signature: Signature) -> Tuple[Endpoints, Tuple[str, ...]]:
    """Inputs and outputs of a signature under the names that people feed and fetch."""
    outputs = tuple(_output(walk, info) for info in signature.outputs)
    inputs = tuple(_input(walk, info) for info in signature.inputs)
    return Endpoints(inputs, outputs), tuple(info.tensor for info in signature.outputs)


def _input(walk: Walk, info: TensorInfo) -> Tensor:
    return _declared(info, walk.tensor(info.tensor), walk)


def _output(walk: Walk, info: TensorInfo) -> Tensor:
    known = walk.tensor(info.tensor)
    return with_meaning(_declared(info, known, walk), known.meaning)


def _declared(info: TensorInfo, known: Known, walk: Walk) -> Tensor:
    data_type = types.type_name(info.data_type)
    if info.shape is None:
        # What the nodes state in _output_shapes, or the walk worked out, is as good.
        shape = known.shape
        if shape is None:
            return Tensor(info.key, data_type=data_type)
        axes = axes_of(shape, known.lanes, walk.letters)
        return Tensor(info.key, shape, axes, data_type, Evidence.INFERRED)
    axes = axes_of(info.shape, known.lanes, walk.letters)
    return Tensor(info.key, info.shape, axes, data_type, Evidence.DECLARED)


def _companions(source: ByteSource, meta: MetaGraph) -> List[str]:
    """The files of the folder that TensorFlow reads: variables, assets, fingerprint."""
    folder = source.path.parent
    found: List[str] = []
    needs_variables = any(op in VARIABLES for _, op in meta.graph.operations())
    if needs_variables or is_plain(folder / "variables" / "variables.index"):
        found.append("variables/variables.index")
        shards = sorted(_files_in(folder, "variables", "variables.data-"))
        found += shards or ["variables/variables.data-00000-of-00001"]
    found += [f"assets/{name}" for name in meta.assets]
    found += sorted(_files_in(folder, "assets", ""))
    found += sorted(_files_in(folder, "assets.extra", ""))
    for name in ("fingerprint.pb", "keras_metadata.pb"):
        if is_plain(folder / name):
            found.append(name)
    return found


def _files_in(folder: Path, inside: str, prefix: str) -> Iterator[str]:
    """Files below a folder of the model, links to elsewhere left out."""
    root = folder / inside
    if not is_folder(root) or root.is_symlink():
        return
    for count, path in enumerate(sorted(root.rglob(f"{prefix}*"))):
        if count >= _MOST_FILES:
            return
        if is_plain(path):
            yield path.relative_to(folder).as_posix()
