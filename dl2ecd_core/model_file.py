"""ModelFile of a model definition: where the model lies, or why that can't be told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, List, NamedTuple, Optional

from .ecd.paths import inside_path
from .findings import Place
from .findings.errors import ConversionRefused
from .findings.rules import finding
from .findings.wording import counted, listed, quoted
from .json_text import JsonText

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_ABSOLUTE = re.compile(r"(?:[A-Za-z]:)?[\\/]|[A-Za-z]:")
_MOST_LISTED = 10_000


class _Wrong(NamedTuple):
    says: str
    hint: str


def refusal(rule: str, message: str, name: str, hint: str = "") -> ConversionRefused:
    """An error about a whole file, for the caller to raise."""
    return ConversionRefused([finding(rule, message, hint=hint, where=Place(file=name))])


def model_path_of(emd: Path, text: JsonText, package: Optional[str]) -> str:
    r"""ModelFile with forward slashes, relative to the .emd, as in ``.\model.pb``.

    Parameters
    ----------
    emd
        Where the definition lies.
    text
        Its JSON, an object.
    package
        The package it came out of; None for a file of its own.

    Raises
    ------
    ConversionRefused
        ``file-not-found`` when nothing lies there, else ``definition-no-model``; with what is there
        instead.
    """
    root: Any = text.value
    given = root.get("ModelFile")
    path = _inside(given) if isinstance(given, str) else None
    if path is not None and emd.parent.joinpath(*path.split("/")).exists():
        return path
    wrong = _why(given, path, emd.parent, "ModelFile" in root)
    where = text.places.at(["ModelFile"]) if package is None else Place(file=package)
    rule = "definition-no-model" if path is None else "file-not-found"
    raise ConversionRefused([finding(rule, wrong.says, hint=wrong.hint, where=where)])


def _inside(model_file: str) -> Optional[str]:
    """With forward slashes; None when it leaves the folder."""
    path = model_file.replace("\\", "/")
    while path.startswith("./"):
        path = path[2:]
    return path if inside_path(path) else None


def _why(given: object, path: Optional[str], folder: Path, is_there: bool) -> _Wrong:
    if isinstance(given, list) and given:
        names = [str(item) for item in given]
        return _Wrong(
            f"ModelFile is a list of {counted(len(names), 'file')} ({listed(names)}), but a "
            "definition has one model.",
            "Write the name of the one model that is meant, and convert the others with "
            "definitions of their own.",
        )
    if not isinstance(given, str) or not given.strip():
        what = "is missing" if not is_there else "names no file"
        return _Wrong(f"ModelFile {what}: the definition does not say which model it is for.",
                      _which_lie_there(folder))  # fmt: skip
    if _ADDRESS.match(given.strip()):
        return _Wrong(
            f"ModelFile is an address, {quoted(given)}: nothing is fetched from the network.",
            "Download the model, put it beside the .emd and write its name as ModelFile.",
        )
    name = given.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    beside = _beside(folder, name)
    if path is None:
        where = "leads out of the definition's own folder"
        if _ABSOLUTE.match(given):
            where = "is a path on one machine only"
        if beside:
            return _Wrong(
                f"ModelFile {quoted(given)} {where}, but {quoted(beside[0])} lies beside the .emd.",
                f'Write "ModelFile": "{beside[0]}".',
            )
        return _Wrong(
            f"ModelFile {quoted(given)} {where}, and no file of that name lies beside the .emd: "
            "the model has to be in the definition's own folder.",
            "Put the model beside the .emd and write its name as ModelFile.",
        )
    other_case = [other for other in beside if other != name]
    if other_case:
        return _Wrong(
            f"There is no file {quoted(given)}; {quoted(other_case[0])} lies there, which differs "
            "in upper and lower case: Windows takes them for one, other systems don't.",
            f'Write "ModelFile": "{other_case[0]}".',
        )
    if beside:
        return _Wrong(
            f"There is no file {quoted(given)}, but {quoted(beside[0])} lies beside the .emd.",
            f'Write "ModelFile": "{beside[0]}".',
        )
    return _Wrong(f"There is no file {quoted(given)}, which ModelFile names.",
                  _which_lie_there(folder))  # fmt: skip


def _beside(folder: Path, name: str) -> List[str]:
    """The files in the folder that have a name, the same case first."""
    found = [other for other in _names(folder) if other.casefold() == name.casefold()]
    return sorted(found, key=lambda other: other != name)


def _names(folder: Path) -> List[str]:
    try:
        return sorted(one.name for _, one in zip(range(_MOST_LISTED), folder.iterdir()))
    except OSError:
        return []


def _which_lie_there(folder: Path) -> str:
    others = [
        name for name in _names(folder) if not name.lower().endswith((".emd", ".py", ".html"))
    ]
    there = f" There lie {listed(others, most=5)}." if others else ""
    return f"Write the name of the model's file as ModelFile; it lies beside the .emd.{there}"
