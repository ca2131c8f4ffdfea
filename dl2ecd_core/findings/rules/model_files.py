"""Rules about model files by themselves."""

from __future__ import annotations

from typing import Tuple

from ..finding import Rule, Severity

_ERROR, _WARNING, _INFORMATION = Severity.ERROR, Severity.WARNING, Severity.INFORMATION

RULES: Tuple[Rule, ...] = (
    Rule("file-not-found", _ERROR, "The file exists."),
    Rule("file-unreadable", _ERROR, "The file can be opened and read."),
    Rule("file-changed", _ERROR, "The file stays the same while it is read."),
    Rule("model-empty", _ERROR, "The model file is not empty."),
    Rule("model-is-folder", _ERROR, "The model is a file, or a folder of a known kind."),
    Rule("model-is-lfs-pointer", _ERROR, "The file is the model, not a Git LFS pointer to it."),
    Rule("model-is-web-page", _ERROR, "The file is the model, not a web page saved in its place."),
    Rule("model-not-recognised", _ERROR, "The file's content is of a known model format."),
    Rule(
        "model-not-a-model", _ERROR, "The file holds a model, not another part of a training run."
    ),
    Rule("model-is-packed", _ERROR, "The file is the model, not an archive around it."),
    Rule("model-unsupported", _ERROR, "The format's variant is one that can be read."),
    Rule("model-damaged", _ERROR, "The model file is whole and well formed."),
    Rule("model-too-complex", _ERROR, "The model's structure stays within the reader's limits."),
    Rule("model-file-missing", _ERROR, "The files that belong to the model lie beside it."),
    Rule("model-file-outside", _ERROR, "The files that a model names lie inside its folder."),
    Rule(
        "model-parts-differ", _WARNING, "The files of a model agree on how many weights there are."
    ),
    Rule(
        "model-contradicts-itself",
        _ERROR,
        "What a model says of its parts goes together, so that its framework loads it.",
    ),
    Rule(
        "model-input-encoded",
        _INFORMATION,
        "The model's inputs take arrays of pixels, not files or texts.",
    ),
    Rule("model-input-lost", _WARNING, "The file says what shape the model takes, as Keras needs."),
    Rule(
        "model-layer-unknown",
        _INFORMATION,
        "Every layer of the network is of a kind whose sizes can be worked out.",
    ),
    Rule(
        "model-version-unknown",
        _WARNING,
        "The version of the model's format is one that had been released when dl2ecd was.",
    ),
    Rule(
        "model-path-windows",
        _INFORMATION,
        "A model names its files with forward slashes, which every system takes for folders.",
    ),
    Rule("model-file-chosen", _INFORMATION, "One file of each kind lies beside the model."),
    Rule("model-not-frozen", _ERROR, "A TensorFlow graph holds its weights."),
    Rule("model-shape-unknown", _INFORMATION, "Shapes are stored or can be worked out."),
    Rule("model-runs-own-code", _WARNING, "The model brings no code or operation of its own."),
    Rule(
        "model-needs-extension",
        _INFORMATION,
        "The plain runtime of the model's framework has all of its operations.",
    ),
    Rule("class-names-unreadable", _INFORMATION, "Class names that a model carries can be read."),
    Rule(
        "model-runtime-only",
        _INFORMATION,
        "The model needs no operation that only one program has.",
    ),
    Rule(
        "model-local-paths",
        _INFORMATION,
        "The model carries no paths of the machine it was made on.",
    ),
    Rule("pickle-known-globals", _INFORMATION, "A pickle in the model imports known names only."),
    Rule(
        "pickle-unlisted-globals",
        _WARNING,
        "A pickle imports nothing outside the list of known names.",
    ),
    Rule(
        "pickle-runs-code",
        _ERROR,
        "No pickle imports a function that runs commands or code of its author's choice.",
    ),
    Rule("pickle-not-analysed", _WARNING, "A pickle in the model can be walked to its end."),
    Rule(
        "archive-refused",
        _ERROR,
        "An archive keeps to the limits and names nothing outside itself.",
    ),
)
