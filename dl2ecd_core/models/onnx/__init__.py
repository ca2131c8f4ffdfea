"""ONNX models.

The format: https://github.com/onnx/onnx/blob/main/docs/IR.md and onnx/onnx.proto in the same
repository. Only the structure is read; tensors are skipped.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Optional, Tuple

from ...findings import Finding
from ...findings.errors import ModelFileError
from ...findings.rules import finding
from ...findings.wording import listed, quoted
from ...network.evaluation import letters_of
from ...network.graph import Graph, ValueType
from ...network.lowering import Network
from ...network.value import UNKNOWN, Value
from ...scaling.standardization import standardization_in
from ...wire.protobuf import Message
from ...wire.source import ByteSource
from ..description import Evidence, ModelDescription, Tensor
from ..export_notes import notes_in
from ..local_paths import local_path_in
from ..network_ends import activation_of, padding_of
from .document import Document, read_document
from .external import external_files
from .metadata import class_names
from .recognition import is_tensor, other_encoding, recognise
from .survey import Survey, survey
from .versions import newer_versions, versions_of
from .walk import Walk, agreed

__all__ = ["network_of", "read", "recognise"]


def read(source: ByteSource) -> ModelDescription:
    """What an ONNX model says about itself.

    Raises
    ------
    ModelFileError
        ``model-damaged``, ``model-too-complex``, ``model-file-outside``,
        ``model-unsupported`` for its text and JSON forms, or ``model-not-a-model`` for a tensor.
    """
    encoding = other_encoding(source)
    if encoding is not None:
        raise ModelFileError(
            "model-unsupported",
            f"'{source.name}' is a model in {encoding.what}, which is not read.",
            hint=encoding.hint,
            file=source.name,
            offset=0,
        )
    if is_tensor(source):
        raise ModelFileError(
            "model-not-a-model",
            f"'{source.name}' holds a single ONNX tensor, as test data are kept, and no model.",
            hint="Give the model's own file, usually model.onnx.",
            file=source.name,
            offset=0,
        )
    message = Message(source, what="the model")
    document = read_document(message)
    if not document.graph.nodes and not document.graph.outputs:
        raise message.wrong("its graph has neither operations nor outputs")
    seen = survey(document)
    files, missing, broken = external_files(source, seen.external)
    inputs = {
        name: type_
        for name, type_ in document.graph.inputs.items()
        if name not in document.graph.initializers
    }
    walk = Walk(document, inputs)
    inputs_ = tuple(_input(name, type_, walk) for name, type_ in inputs.items())
    outputs = _outputs(document, walk)
    names, about_names = class_names(document)
    producer = f"{document.producer} {document.producer_version}".strip()
    return ModelDescription(
        format="onnx",
        framework="ONNX",
        files=files,
        producer=producer or None,
        framework_version=versions_of(document),
        inputs=inputs_,
        outputs=outputs,
        parameters=_parameters(document, seen),
        missing_files=missing,
        padding=padding_of(inputs_, outputs, walk.values),
        class_names=names,
        notes=notes_in(document.properties),
        standardization=standardization_in(document.properties),
        findings=(
            *broken,
            *newer_versions(document),
            *_findings(document, seen),
            *about_names,
            *_unknown_shapes(outputs),
        ),
    )


def network_of(source: ByteSource, assumed: Optional[int] = None) -> Network:
    """The file's own graph, with what is known of its values.

    Parameters
    ----------
    assumed
        The length of every axis of an input that the file leaves free, but the first: what a
        network works out of its image's size is known then.

    Raises
    ------
    ModelFileError
        As :func:`read`.
    """
    document = read_document(Message(source, what="the model"))
    given = document.graph.inputs.items()
    inputs = {name: type_ for name, type_ in given if name not in document.graph.initializers}
    walk = Walk(document, {name: _with_sizes(type_, assumed) for name, type_ in inputs.items()})
    graph = Graph(nodes=document.graph.nodes, inputs=inputs, outputs=dict(document.graph.outputs))
    values = {**dict.fromkeys((*inputs, *graph.outputs), UNKNOWN), **walk.values}
    letters = {
        name: walk.input_letters(name, len(type_.shape))
        for name, type_ in inputs.items()
        if type_.shape is not None
    }
    return Network(graph, values, letters)


def _with_sizes(type_: ValueType, assumed: Optional[int]) -> ValueType:
    """An input whose free axes, but the first, which counts images, have a length."""
    if type_.shape is None or assumed is None:
        return type_
    first, rest = type_.shape[:1], type_.shape[1:]
    sizes = (*first, *(assumed if size is None else size for size in rest))
    return replace(type_, shape=sizes)


def _parameters(document: Document, seen: Survey) -> Optional[int]:
    """The initializers' elements; unknown where more seem to be kept in other places.

    Paddle2ONNX writes weights as Constant nodes, and branches have their own initializers. Not
    all of these are weights, so that their sum would be as wrong as 0.
    """
    inside = document.graph.elements
    return inside if seen.elsewhere <= inside else None


def _input(name: str, type_: ValueType, walk: Walk) -> Tensor:
    shape = type_.shape
    if shape is None:
        return Tensor(name, data_type=type_.data_type)
    axes = walk.input_letters(name, len(shape))
    return Tensor(name, shape, axes, type_.data_type, Evidence.DECLARED)


def _outputs(document: Document, walk: Walk) -> Tuple[Tensor, ...]:
    outputs: List[Tensor] = []
    for name, type_ in document.graph.outputs.items():
        value = walk.values.get(name, UNKNOWN)
        tensor = _output(name, type_, value)
        classes = value.meaning.classes
        classes = tensor.class_count if classes is None else classes
        activation = activation_of(value.meaning)
        outputs.append(replace(tensor, activation=activation, class_count=classes))
    return tuple(outputs)


def _output(name: str, type_: ValueType, value: Value) -> Tensor:
    """An output as it is declared, or as the walk found it where it is not."""
    data_type = type_.data_type or value.data_type
    if not type_.is_tensor:
        return Tensor(name, data_type=data_type)
    if type_.shape is None:
        if value.shape is None:
            return Tensor(name, data_type=data_type)
        return Tensor(name, value.shape, _axes(value), data_type, Evidence.INFERRED)
    shape = type_.shape if value.shape is None else agreed(type_.shape, value.shape)
    if shape is None:
        # Declared and found ranks differ: what is declared is doubtful, nothing is said.
        return Tensor(name, data_type=data_type)
    axes = _axes(value) if value.shape is not None else "?" * len(shape)
    # What is declared stands, free sizes too; where they differ, nothing is said.
    declared = tuple(None if one is None else both for one, both in zip(type_.shape, shape))
    classes = shape[axes.index("C")] if "C" in axes else None
    told = declared[axes.index("C")] if "C" in axes else None
    return Tensor(
        name,
        declared,
        axes,
        data_type,
        Evidence.DECLARED,
        class_count=classes if told is None else None,
    )


def _axes(value: Value) -> str:
    return letters_of(value) or ""


def _findings(document: Document, seen: Survey) -> List[Finding]:
    found: List[Finding] = []
    by_domain: Dict[str, List[str]] = {
        domain: sorted(ops) for domain, ops in sorted(seen.foreign.items())
    }
    for domain, ops in by_domain.items():
        found.append(
            finding(
                "model-runs-own-code",
                f"The model uses operations that are not part of ONNX, of the domain "
                f"{quoted(domain)}: {listed(ops)}.",
                hint="They run code from a library that has to be installed with the model: "
                "use it only if you trust where that comes from.",
            )
        )
    if seen.runtime:
        found.append(
            finding(
                "model-runtime-only",
                f"The model uses operations that only onnxruntime has: "
                f"{listed(sorted(seen.runtime))}.",
                hint="It runs in onnxruntime, and in no other program that reads ONNX.",
            )
        )
    for text in document.remarks:
        path = local_path_in(text)
        if path is not None:
            found.append(
                finding(
                    "model-local-paths",
                    f"The model carries paths of the machine it was made on, such as "
                    f"{quoted(path)}.",
                    hint="They do no harm when it is used, but tell names of folders to whoever "
                    "gets the file.",
                )
            )
            break
    return found


def _unknown_shapes(outputs: Tuple[Tensor, ...]) -> List[Finding]:
    unknown = [
        tensor.name or ""
        for tensor in outputs
        if tensor.shape is None and not (tensor.data_type or "").endswith(")")
    ]
    if not unknown:
        return []
    return [
        finding(
            "model-shape-unknown",
            f"The file does not say what shape comes out at {listed(unknown)}, and it can't be "
            "worked out from the operations before.",
            hint="Export the model with the shapes of its outputs to have them checked.",
        )
    ]
