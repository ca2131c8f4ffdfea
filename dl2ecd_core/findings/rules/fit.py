"""Rules about a model and its class information together."""

from __future__ import annotations

from typing import Tuple

from ..finding import Rule, Severity

_ERROR, _WARNING, _INFORMATION = Severity.ERROR, Severity.WARNING, Severity.INFORMATION

RULES: Tuple[Rule, ...] = (
    Rule(
        "framework-mismatch", _ERROR, "Classifier names the framework that the model is made for."
    ),
    Rule("framework-related", _WARNING, "The model needs no other package than Classifier names."),
    Rule(
        "framework-unlisted",
        _WARNING,
        "Classifier is one of the frameworks' names (class_info/README.md).",
    ),
    Rule(
        "band-count-mismatch", _ERROR, "The model's input takes as many channels as bands are used."
    ),
    Rule(
        "band-count-guessed",
        _WARNING,
        "As many bands are used as the model's weights suggest that it takes.",
    ),
    Rule("band-count-unknown", _INFORMATION, "The model tells how many bands it takes."),
    Rule(
        "class-count-mismatch", _ERROR, "The model's output tells as many classes apart as listed."
    ),
    Rule(
        "class-count-guessed",
        _WARNING,
        "As many classes are listed as the model's weights suggest that it tells apart.",
    ),
    Rule("class-count-unknown", _INFORMATION, "The model tells how many classes it tells apart."),
    Rule("class-output-chosen", _INFORMATION, "The model has one output that tells classes."),
    Rule("class-names-order", _WARNING, "The model's own class names come in the listed order."),
    Rule("class-names-differ", _WARNING, "The model's own class names are the listed ones."),
    Rule("background-assumed", _WARNING, "Every output channel has a listed class."),
    Rule("one-channel-threshold", _INFORMATION, "A single output channel parts two classes."),
    Rule("class-values-not-indices", _WARNING, "Values are those that raw argmax readers write."),
    Rule("batch-size-mismatch", _ERROR, "MiniBatchSize is the batch that the model is fixed to."),
    Rule("batch-size-unusual", _WARNING, "The batch need not be changed when the model is loaded."),
    Rule(
        "tile-size-mismatch", _ERROR, "ImageHeight and ImageWidth are those of the model's input."
    ),
    Rule("tile-size-unknown", _WARNING, "The size of a tile is given or told by the model."),
    Rule("padding-mismatch", _ERROR, "ModelPadding is what the model crops from each side."),
    Rule("extract-bands-mismatch", _ERROR, "ExtractBands picks as many bands as the model takes."),
    Rule("model-type-mismatch", _ERROR, "ModelType is the kind of result that the model gives."),
    Rule("model-type-unlikely", _WARNING, "ModelType goes with the shape of the model's output."),
    Rule("training-leftovers", _WARNING, "No label input or loss output is left in the model."),
    Rule("no-model-configuration", _WARNING, "A published Esri reader is known to run the model."),
    Rule(
        "model-configuration-mismatch", _ERROR, "The model has what its ModelConfiguration needs."
    ),
    Rule(
        "model-configuration-unlisted",
        _WARNING,
        "ModelConfiguration names one of Esri's published readers.",
    ),
    Rule(
        "inference-function-missing",
        _WARNING,
        "The Python file that InferenceFunction names is there.",
    ),
)
