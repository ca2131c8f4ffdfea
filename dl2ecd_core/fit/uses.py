"""ModelType, ModelConfiguration, and what training left in the model."""

from __future__ import annotations

from typing import Iterator

from ..class_info import ClassInfo
from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import listed, quoted
from ..models import ModelDescription, Role
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
    certain = shown == FEATURES and given == PIXELS
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
    """Whether a published Esri reader is known to run the model."""
    given = info.emd_keys.get("ModelConfiguration")
    fitting = model_configuration(model)
    if isinstance(given, dict):
        given = given.get("Name")
    if given is None:
        if fitting is None and "InferenceFunction" not in info.emd_keys:
            yield finding(
                "no-model-configuration",
                "None of Esri's published readers is known to run a model of this structure, so "
                "the .ecd names no ModelConfiguration; without one they refuse it.",
                hint="Give ModelConfiguration (or InferenceFunction, a reader of your own) in "
                "the class information if you have one.",
                where=Place(file=info.file),
            )
    elif isinstance(given, str) and given in _NEEDS and _contradicts(model, given):
        yield finding(
            "model-configuration-mismatch",
            f"ModelConfiguration {quoted(given)} needs {_NEEDS[given]}; this "
            f"{model.framework} model ({model.format}) does not have that.",
            hint="Leave ModelConfiguration out, or choose the model that goes with it.",
            where=info.where("$.ModelConfiguration"),
        )


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
