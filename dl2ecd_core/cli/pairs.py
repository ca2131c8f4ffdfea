"""Which class information document goes with which model, as the command line names them."""

from __future__ import annotations

from pathlib import Path
from typing import List, Sequence, Tuple

from ..files.plain_files import is_plain
from ..findings.errors import ModelFileError
from ..models import inspect_model
from .dash import STANDARD

_JSON = ".json"
_CLASSES = "_classes"

#: What names of models end in, for who sees names alone: pre-commit gives a hook the files whose
#: names fit its pattern.
ENDINGS = (
    ".caffemodel", ".cmf", ".cntk", ".dnn", ".h5", ".hdf5", ".keras", ".mlmodel", ".model", ".onnx",
    ".params", ".pb", ".pdmodel", ".pt", ".pt2", ".pth", ".ptl", ".safetensors", ".tflite",
    ".weights",
)  # fmt: skip


def pairs_of(paths: Sequence[str]) -> List[Tuple[str, str]]:
    """Models with their documents.

    The last of several paths is the document of all others when it ends in .json or is standard
    input; so it is when there are two and no document lies beside both. Otherwise each model has
    its own beside it.
    """
    *models, last = paths
    if models and (last == STANDARD or last.lower().endswith(_JSON)):
        return [(model, last) for model in models]
    beside = [(model, document_beside(model)) for model in paths]
    if len(paths) == 2 and not all(is_plain(document) for _, document in beside):
        return [(models[0], last)]
    return beside


def pairs_of_changed(paths: Sequence[str]) -> List[Tuple[str, str]]:
    """The same for models and documents in any order, each model once.

    A JSON file is passed over when it is no model's document by its name: a repository has others.
    """
    models = dict.fromkeys(model for path in paths for model in _models_of(path))
    return [(model, document_beside(model)) for model in models]


def _models_of(path: str) -> Sequence[str]:
    """A model; of a document, the models whose it is: what lies there, or its name says so."""
    if not path.lower().endswith(_JSON):
        return [path]
    behind = path[: -len(_JSON)]
    if behind.lower().endswith(ENDINGS) or is_plain(behind):
        return [behind]
    models = [behind.removesuffix(_CLASSES) + ending for ending in ("", *ENDINGS)]
    models += [behind + ending for ending in ("", *ENDINGS)]
    return [
        model
        for model in dict.fromkeys(models)
        if (is_plain(model) or (Path(model).is_dir() and _is_model(model)))
        and Path(document_beside(model)) == Path(path)
    ]


def document_beside(model: str) -> str:
    """Where the document of a model lies: the first of its names that there is.

    Without any, it is the first of them, which is missing.
    """
    first, *others = document_names(model)
    if is_plain(first):
        return first
    for place in others:
        if place != model and is_plain(place) and not _is_model(place):
            return place
    return first


def document_names(model: str) -> Sequence[str]:
    """The names of a model's document: behind its name, in place of its ending, or as init does."""
    path = Path(model)
    if not path.name:
        return [model + _JSON]
    places = (path.with_name(path.name + _JSON), path.with_suffix(_JSON))
    return [*map(str, places), proposed_document(model)]


def proposed_document(model: str) -> str:
    """The name of the document that ``init`` writes for a model."""
    path = Path(model)
    return str(path.with_name(f"{path.stem}{_CLASSES}{_JSON}"))


def _is_model(path: str) -> bool:
    """Whether a JSON file beside a model is one of the model's own, as some formats have them."""
    try:
        inspect_model(path)
    except ModelFileError:
        return False
    return True
