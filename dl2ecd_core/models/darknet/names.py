"""Class names that lie beside a Darknet model: a .names file, or a .data file that names one."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Optional, Sequence, Tuple

from ...files.plain_files import is_plain
from ...findings.errors import ModelFileError
from ...findings.wording import quoted
from ...wire.source import ByteSource
from ..description import ClassNames
from .config import text_lines

_LONGEST_LIST = 1 << 20
_MOST_NAMES = 20_000
_MOST_FILES_LOOKED_AT = 2000


def names_beside(
    model: Path, companions: Sequence[str], classes: Optional[int]
) -> Optional[Tuple[str, ClassNames]]:
    """The list of names that belongs to a model, and its file's name; None when there is none.

    Parameters
    ----------
    companions
        Names of the model's other files.
    classes
        How many classes the configuration has; None when it does not say.
    """
    stems = list(dict.fromkeys(Path(name).stem for name in (model.name, *companions)))
    for path in _candidates(model.parent, stems):
        names = _names(path)
        if names:
            return path.name, ClassNames(names, f"file {quoted(path.name)} beside the model")
    # A list under another name belongs to the model only if it is alone, fits, and is not the one
    # of another model.
    others = [
        path
        for index, path in enumerate(model.parent.iterdir())
        if index < _MOST_FILES_LOOKED_AT and path.suffix == ".names" and is_plain(path)
    ]
    if len(others) == 1 and classes is not None and not others[0].with_suffix(".cfg").exists():
        names = _names(others[0])
        if names is not None and len(names) == classes:
            name = others[0].name
            return name, ClassNames(names, f"file {quoted(name)} beside the model")
    return None


def _candidates(folder: Path, stems: Sequence[str]) -> Iterator[Path]:
    for stem in stems:
        yield folder / f"{stem}.names"
    for stem in stems:
        named = _named_in(folder / f"{stem}.data")
        if named is not None:
            # The path is that of the machine that trained; only the file's name counts here.
            yield folder / named


def _named_in(data: Path) -> Optional[str]:
    if not is_plain(data):
        return None
    for line in _lines(data) or ():
        key, _, value = line.partition("=")
        if key.strip() == "names":
            name = value.strip().replace("\\", "/").rsplit("/", 1)[-1]
            return name if name not in ("", ".", "..") and "\0" not in name else None
    return None


def _names(path: Path) -> Optional[Tuple[str, ...]]:
    lines = _lines(path) if is_plain(path) else None
    return tuple(lines) if lines and len(lines) <= _MOST_NAMES else None


def _lines(path: Path) -> Optional[Sequence[str]]:
    try:
        with ByteSource(path) as source:
            return text_lines(source, _LONGEST_LIST)
    except ModelFileError:
        return None
