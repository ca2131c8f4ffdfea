"""ModelType, ModelConfiguration, and what training left in the model."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Iterator

from ..class_info import ClassInfo
from ..class_info.keys import PUBLISHED_READERS
from ..class_info.values import lookalike
from ..files.plain_files import is_plain
from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import listed, quoted
from ..models import Evidence, ModelDescription, Role
from .model_uses import (
    AZURE,
    DEEP_LAB,
    DETECTION_API,
    FEATURES,
    OBJECTS,
    PIXELS,
    model_configuration,
    model_type,
)

#: Published readers whose needs this project can check, with what they need.
_NEEDS = {
    AZURE: "a CNTK model with one image input and one output, both channels x rows x columns",
    DEEP_LAB: "a frozen TensorFlow graph with the tensors 'ImageTensor' and 'SemanticPredictions'",
    DETECTION_API: "a frozen TensorFlow graph with the input 'image_tensor' and the outputs "
    "'detection_boxes', 'detection_scores', 'detection_classes' and 'num_detections'",
}

_PLAIN = {
    PIXELS: "a class for every pixel",
    OBJECTS: "boxes around objects",
    FEATURES: "one class for the whole tile",
}


def check_model_type(model: ModelDescription, info: ClassInfo) -> Iterator[Finding]:
    """Whether a given ModelType is what the model's outputs show."""
    given = info.emd_keys.get("ModelType")
    shown = model_type(model)
    if not isinstance(given, str) or shown is None or given == shown or given not in _PLAIN:
        return
    # A detector's or classifier's output may have rows and columns too; a vector has none.
    guessed = any(tensor.evidence is Evidence.GUESSED for tensor in model.outputs)
    certain = shown == FEATURES and given == PIXELS and not guessed
    yield finding(
        "model-type-mismatch" if certain else "model-type-unlikely",
        f"ModelType says {quoted(given)} ({_PLAIN[given]}), but the model's output looks like "
        f"{quoted(shown)} ({_PLAIN[shown]}).",
        hint=f"Write {quoted(shown)} or leave ModelType out.",
        where=info.where("$.ModelType"),
    )


def check_leftovers(model: ModelDescription, info: ClassInfo) -> Iterator[Finding]:
    """Label inputs and loss outputs that only training needs."""
    labels = [tensor.name or "(unnamed)" for tensor in model.inputs if tensor.role is Role.LABEL]
    losses = [tensor.name or "(unnamed)" for tensor in model.outputs if tensor.role is Role.LOSS]
    if labels or losses:
        parts = []
        if labels:
            parts.append(f"the label input{'s' * (len(labels) > 1)} {listed(labels)}")
        if losses:
            parts.append(f"the loss output{'s' * (len(losses) > 1)} {listed(losses)}")
        yield finding(
            "training-leftovers",
            f"The model still has what only training needs: {' and '.join(parts)}. Readers may "
            "ask for labels that nobody has, or take the wrong output.",
            hint="Save the model again with the prediction alone as its output.",
            where=Place(file=info.file),
        )


def check_configuration(model: ModelDescription, info: ClassInfo) -> Iterator[Finding]:
    """Whether a published Esri reader is known to run the model, or a reader of one's own is there.

    Esri's functions import the module ``{Framework}.{ModelConfiguration}``, or run the Python file
    that InferenceFunction names; ``[Functions]`` in it is ArcGIS's own folder, with Esri's readers.
    """
    given = info.emd_keys.get("ModelConfiguration")
    name = given.get("Name") if isinstance(given, dict) else given
    function = info.emd_keys.get("InferenceFunction")
    own = isinstance(function, str) and not function.startswith("[")
    if own:
        yield from _check_function(model, info, str(function))
    if name is None:
        # What could not be read may name one.
        unread = {"ModelConfiguration", "InferenceFunction"} & info.unusable
        if model_configuration(model) is None and not own and not unread:
            yield finding(
                "no-model-configuration",
                "None of Esri's published readers is known to run a model of this structure, so "
                "the .ecd names no ModelConfiguration; without one they refuse it.",
                hint="Give ModelConfiguration (or InferenceFunction, a reader of your own) in "
                "the class information if you have one.",
                where=Place(file=info.file),
            )
    elif isinstance(name, str) and name in _NEEDS and _contradicts(model, name):
        yield finding(
            "model-configuration-mismatch",
            f"ModelConfiguration {quoted(name)} needs {_NEEDS[name]}; this "
            f"{model.framework} model ({model.format}) does not have that.",
            hint="Leave ModelConfiguration out, or choose the model that goes with it.",
            where=info.where("$.ModelConfiguration"),
        )
    elif name not in PUBLISHED_READERS and not _is_told_elsewhere(info, str(name)):
        yield finding(
            "model-configuration-unlisted",
            f"ModelConfiguration {quoted(str(name))} is none of Esri's published readers, which "
            "refuse the model unless a Python module of that name is installed beside them.",
            hint="Correct the name or leave it out; keep it if you have installed such a module.",
            where=info.where("$.ModelConfiguration"),
        )


def _check_function(model: ModelDescription, info: ClassInfo, named: str) -> Iterator[Finding]:
    """Whether the Python file that InferenceFunction names lies where it is looked for."""
    path = PurePosixPath(named.replace("\\", "/"))
    folders = (Path(info.file).parent, model.primary.location.parent)
    if path.suffix == ".py" and any(is_plain(folder / path) for folder in folders):
        return
    wrong = "is no Python file (.py)"
    if path.suffix == ".py":
        wrong = "lies neither beside the class information nor beside the model"
    yield finding(
        "inference-function-missing",
        f"InferenceFunction {quoted(named)} {wrong}: without it nothing runs the model.",
        hint="Correct the path, or put the file there.",
        where=info.where("$.InferenceFunction"),
    )


def _is_told_elsewhere(info: ClassInfo, name: str) -> bool:
    """Whether the name is misspelt, or one of the package arcgis, which has readers of its own."""
    if lookalike(name, PUBLISHED_READERS) is not None:
        return True
    return str(info.document.get("Framework", "")).startswith("arcgis.")


def _contradicts(model: ModelDescription, given: str) -> bool:
    """Whether the model certainly lacks what a published reader needs."""
    fitting = model_configuration(model)
    if fitting == given:
        return False
    if given == AZURE:
        if model.framework != "CNTK":
            return True
        data = [tensor for tensor in model.inputs if tensor.role is Role.DATA]
        return bool(data) and all(
            tensor.axes is not None and "H" not in tensor.axes for tensor in data
        )
    if model.format != "tensorflow-graphdef":
        return True
    return bool(model.inputs) and bool(model.outputs)
