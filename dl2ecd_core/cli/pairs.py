"""Which class information document goes with which model, as the command line names them."""

from __future__ import annotations

from pathlib import Path
from typing import List, Sequence, Tuple

from ..files.plain_files import is_plain
from ..findings.errors import ModelFileError
from ..models import inspect_model
from .dash import STANDARD

_JSON = ".json"


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

    A document is that of the model whose name it has before its .json.
    """
    models = dict.fromkeys(
        path[: -len(_JSON)] if path.lower().endswith(_JSON) else path for path in paths
    )
    return [(model, document_beside(model)) for model in models]


def document_beside(model: str) -> str:
    """Where the document of a model lies: behind its name, in place of its ending, or as init does.

    What there is comes first; without any, it is the first of them that is missing.
    """
    path = Path(model)
    behind = str(path.with_name(path.name + _JSON)) if path.name else model + _JSON
    if is_plain(behind) or not path.name:
        return behind
    for place in (str(path.with_suffix(_JSON)), proposed_document(model)):
        if place != model and is_plain(place) and not _is_model(place):
            return place
    return behind


def proposed_document(model: str) -> str:
    """The name of the document that ``init`` writes for a model."""
    path = Path(model)
    return str(path.with_name(f"{path.stem}_classes{_JSON}"))


def _is_model(path: str) -> bool:
    """Whether a JSON file beside a model is one of the model's own, as some formats have them."""
    try:
        inspect_model(path)
    except ModelFileError:
        return False
    return True
