"""Core ML models: .mlmodel files, and those inside .mlpackage folders.

https://github.com/apple/coremltools/blob/main/mlmodel/format/Model.proto
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Dict, List, Optional, Tuple

from ...findings import Finding
from ...findings.errors import ModelFileError
from ...findings.rules import finding
from ...findings.wording import listed
from ...network.value import Kind
from ...wire.protobuf import LENGTH, VARINT, Field, Message, fields_present
from ...wire.source import ByteSource
from ..class_names import Found, names_in, names_in_document, sorted_out
from ..companions import parts_of
from ..description import ClassNames, Evidence, ModelDescription, Tensor
from ..export_notes import notes_in
from ..mlpackage import MANIFEST, package_of
from ..network_ends import with_meaning
from ..registry import Match
from .features import feature
from .layers import labels_of, read_layers
from .program import Operations, read_program

__all__ = ["read", "recognise"]

_DESCRIPTION, _PROGRAM, _CUSTOM = 2, 502, 555
_PIPELINES = (200, 201, 202)
_NETWORKS = (303, 403, 500)
_CLASSIFIERS = (400, 401, 402, 404)
_KINDS = {
    *_PIPELINES, *_NETWORKS, *_CLASSIFIERS, _PROGRAM, _CUSTOM, 300, 301, 302, 304, 501, 556, 560,
    600, 601, 602, 603, 604, 606, 607, 609, 610, 900, 2000, 2001, 2002, 2003, 2004, 2005, 2006,
    3000,
}  # fmt: skip
_DESCRIPTION_PARTS = {1, 10, 11, 12, 13, 20, 21, 50, 100}
_SURELY_NAMES = frozenset({"classes", "names", "class_names", "labels"})
_NAME_KEYS = ("classes", "names", "class_names", "labels",
              "com.apple.coreml.model.preview.params")  # fmt: skip
_MOST_MODELS = 256
_MOST_FIELDS = 256
_FAR = 1 << 62


@dataclass
class _Described:
    """A ModelDescription message."""

    inputs: List[Tensor] = field(default_factory=list)
    outputs: List[Tensor] = field(default_factory=list)
    author: str = ""
    version: str = ""
    remarks: Dict[str, str] = field(default_factory=dict)
    function: str = ""


def recognise(source: ByteSource) -> Match:
    """Whether the content is a Core ML model, whole or cut short."""
    described = False
    for one in fields_present(source, 0, _FAR, _MOST_FIELDS):
        if one.number == 1 and one.wire == VARINT and 0 < one.value < 1000:
            pass
        elif one.number == _DESCRIPTION and one.wire == LENGTH:
            described = _is_description(source, one)
            if not described:
                return Match.NO
        elif one.number in _KINDS and one.wire == LENGTH:
            return Match.SURE if described else Match.NO
        elif one.number != 10 or one.wire != VARINT:
            return Match.NO
    return Match.MAYBE if described else Match.NO


def _is_description(source: ByteSource, description: Field) -> bool:
    if description.start >= source.size:
        return False
    end = description.start + description.value
    features = 0
    try:
        for one in Message(source, description.start, end).fields():
            if one.number not in _DESCRIPTION_PARTS or one.wire != LENGTH:
                return False
            features += one.number in (1, 10, 20)
            if one.start + one.value >= source.size:
                break
    except ModelFileError:
        return False
    return features > 0


def read(source: ByteSource) -> ModelDescription:
    """What a Core ML model says about itself.

    Raises
    ------
    ModelFileError
        ``model-damaged``, ``model-too-complex`` or ``model-file-outside``.
    """
    described = _Described()
    seen = Operations()
    ranked = False
    waiting = [Message(source, what="the model")]
    for count in range(_MOST_MODELS):
        if not waiting:
            break
        ranked = _read_model(waiting.pop(), described if count == 0 else _Described(),
                             seen, waiting) or ranked  # fmt: skip
    package = package_of(source.path)
    beside = source.path.parent.relative_to(package) if package is not None else PurePath()
    companions = [(beside / path).as_posix() for path in seen.files]
    if package is not None:
        companions.append(MANIFEST)
    files, missing = parts_of(source, companions, package)
    inputs = tuple(_meant(tensor, seen, ranked) for tensor in described.inputs)
    outputs = tuple(_output(tensor, seen, ranked) for tensor in described.outputs)
    names, about_names = _class_names(described, seen)
    return ModelDescription(
        format="coreml",
        framework="Core ML",
        files=files,
        producer=_producer(described),
        inputs=inputs,
        outputs=outputs,
        missing_files=missing,
        class_names=names,
        notes=notes_in(described.remarks),
        findings=(*_findings(seen, outputs), *about_names),
    )


def _read_model(
    model: Message, described: _Described, seen: Operations, waiting: List[Message]
) -> bool:
    """One model; those inside a pipeline are put among the waiting ones."""
    ranked = False
    for one in model.fields():
        number = one.number
        if number == _DESCRIPTION:
            _describe(model.child(one, "the model's description"), described)
        elif number in _PIPELINES:
            pipeline = model.child(one, "a pipeline")
            if number != 202:
                inner = [pipeline.child(f, "a pipeline") for f in pipeline.fields()
                         if f.number == 1]  # fmt: skip
                pipeline = inner[0] if inner else pipeline
            waiting += [pipeline.child(f, "a model in a pipeline") for f in pipeline.fields()
                        if f.number == 1][:_MOST_MODELS]  # fmt: skip
        elif number in _NETWORKS:
            for tensor in described.inputs:
                seen.outline.input(tensor.name or "", tensor.shape)
            ranked = read_layers(model.child(one, "the network"), seen)
        elif number == _PROGRAM:
            read_program(model.child(one, "the program"), seen, described.function)
        elif number in _CLASSIFIERS:
            classifier = model.child(one, "the classifier")
            for inner_ in classifier.fields():
                if inner_.number == 100 and inner_.wire == LENGTH:
                    labels = labels_of(classifier.child(inner_, "class labels"))
                    seen.labels = seen.labels or labels
        elif number == _CUSTOM:
            custom = model.child(one, "a custom model")
            for inner_ in custom.fields():
                if inner_.number == 10:
                    seen.own_code[custom.text_of(inner_, 65536)] = None
    return ranked


def _describe(message: Message, described: _Described) -> None:
    functions: List[Message] = []
    default = ""
    for one in message.fields():
        if one.number == 1:
            described.inputs.append(feature(message.child(one, "an input's description")))
        elif one.number == 10:
            described.outputs.append(feature(message.child(one, "an output's description")))
        elif one.number == 100:
            _metadata(message.child(one, "the model's metadata"), described)
        elif one.number == 20:
            functions.append(message.child(one, "a function's description"))
            if len(functions) > _MOST_MODELS:
                raise message.wrong(f"more than {_MOST_MODELS} functions")
        elif one.number == 21:
            default = message.text_of(one)
    if functions:
        # A program with several functions describes each; one of them stands for the model.
        named = (function for function in functions if _name_of(function) == default)
        function = next(named, functions[0])
        described.function = _name_of(function)
        _describe_function(function, described)


def _name_of(function: Message) -> str:
    return next((function.text_of(one) for one in function.fields() if one.number == 1), "")


def _describe_function(message: Message, described: _Described) -> None:
    for one in message.fields():
        if one.number == 2:
            described.inputs.append(feature(message.child(one, "an input's description")))
        elif one.number == 3:
            described.outputs.append(feature(message.child(one, "an output's description")))


def _metadata(message: Message, described: _Described) -> None:
    for one in message.fields():
        if one.number == 2:
            described.version = message.text_of(one)
        elif one.number == 3:
            described.author = message.text_of(one)
        elif one.number == 100:
            entry = message.child(one, "a remark")
            texts = {inner.number: entry.text_of(inner) for inner in entry.fields()}
            described.remarks[texts.get(1, "")] = texts.get(2, "")


def _producer(described: _Described) -> Optional[str]:
    version = described.remarks.get("com.github.apple.coremltools.version")
    if version:
        return f"coremltools {version}"
    return " ".join(part for part in (described.author, described.version) if part) or None


def _meant(tensor: Tensor, seen: Operations, ranked: bool) -> Tensor:
    """The tensor with letters for its axes where the operations tell them."""
    if tensor.shape is None or tensor.axes is None or "C" in tensor.axes:
        return tensor
    if ranked and len(tensor.shape) == 3:
        return replace(tensor, axes="CHW")
    if ranked and len(tensor.shape) == 1:
        return replace(tensor, axes="C")
    axes = seen.outline.axes_of(tensor.name or "", len(tensor.shape))
    channels = seen.channels.get(tensor.name or "")
    if axes == "NCHW" and tensor.shape[1] is None and channels is not None:
        shape = (tensor.shape[0], channels, *tensor.shape[2:])
        return replace(tensor, shape=shape, axes=axes, evidence=Evidence.INFERRED)
    return replace(tensor, axes=axes)


def _output(tensor: Tensor, seen: Operations, ranked: bool) -> Tensor:
    name = tensor.name or ""
    if tensor.shape is None and name in seen.shapes and tensor.data_type in _ARRAYS:
        shape = seen.shapes[name]
        tensor = replace(tensor, shape=shape, axes="?" * len(shape), evidence=Evidence.INFERRED)
    value = seen.outline.value(name)
    tensor = with_meaning(_meant(tensor, seen, ranked), value.meaning)
    letters = value.letters or ""
    if tensor.shape is None and "C" in letters and value.meaning.kind is not Kind.ARGMAX:
        # Rows and columns follow from the input's, which are free: only the channels are known.
        return replace(tensor, class_count=value.size(letters.index("C")))
    return tensor


_ARRAYS = {None, "float16", "float32", "float64", "int32", "int8"}


def _class_names(
    described: _Described, seen: Operations
) -> Tuple[Tuple[ClassNames, ...], Tuple[Finding, ...]]:
    found: List[Found] = []
    if seen.labels:
        found.append(ClassNames(seen.labels, "class labels of the model"))
    for key in _NAME_KEYS:
        text = described.remarks.get(key, "")
        read = names_in if key in _SURELY_NAMES else names_in_document
        found.append(read(text, f"metadata entry '{key}'"))
    return sorted_out(found)


def _findings(seen: Operations, outputs: Tuple[Tensor, ...]) -> List[Finding]:
    found: List[Finding] = []
    if seen.own_code:
        found.append(
            finding(
                "model-runs-own-code",
                f"The model needs code of its own: {listed(seen.own_code)}.",
                hint="These classes have to be part of the app that runs the model: use it only "
                "if you trust where they come from.",
            )
        )
    unknown = [t.name or "" for t in outputs if t.shape is None and t.data_type in _ARRAYS]
    if unknown:
        found.append(
            finding(
                "model-shape-unknown",
                f"The file does not say what shape comes out at {listed(unknown)}.",
                hint="Export the model with the shapes of its outputs to have them checked.",
            )
        )
    return found
