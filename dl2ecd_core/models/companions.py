"""The files that belong to a model beside its primary file."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Iterable, List, Optional, Tuple

from ..files.plain_files import is_plain
from ..findings.errors import ModelFileError
from ..findings.wording import quoted
from ..wire.source import ByteSource
from .description import ModelPart

#: The oldest exporters wrote each tensor of a large network into a file of its own.
MOST_COMPANIONS = 10_000


def primary_part(source: ByteSource, folder: Optional[Path] = None) -> ModelPart:
    """The primary file as a part of the model, in its own folder or in one above."""
    path = source.path.relative_to(folder or source.path.parent).as_posix()
    return ModelPart(path, source.path, source.size)


def parts_of(
    source: ByteSource, companions: Iterable[str], folder: Optional[Path] = None
) -> Tuple[Tuple[ModelPart, ...], Tuple[str, ...]]:
    """The files of a model, and the companions that are not there.

    Parameters
    ----------
    companions
        Paths relative to the model's folder, with forward slashes, as the format's rules or the
        file itself name them.
    folder
        The model's folder, where that is one above the primary file's.

    Raises
    ------
    ModelFileError
        ``model-file-outside`` when a path is absolute, has a drive, or leaves the folder: a model
        must not be able to pull other files of this machine into an .ecd;
        ``model-too-complex`` beyond :data:`MOST_COMPANIONS`.
    """
    folder = folder or source.path.parent
    found: List[ModelPart] = [primary_part(source, folder)]
    missing: List[str] = []
    named = dict.fromkeys(companions)
    if len(named) > MOST_COMPANIONS:
        raise ModelFileError(
            "model-too-complex",
            f"The model names more than {MOST_COMPANIONS} other files as parts of it.",
            hint="Export it again with its weights in one file.",
            file=source.name,
        )
    for path in named:
        location = folder / relative_path(source, path)
        clean = location.relative_to(folder).as_posix()
        if is_plain(location) and _is_inside(folder, location):
            found.append(ModelPart(clean, location, location.stat().st_size))
        elif is_plain(location):
            raise _outside(source, path)
        else:
            missing.append(clean)
    return tuple(found), tuple(missing)


def relative_path(source: ByteSource, path: str) -> PurePosixPath:
    """A companion's path after checking that it stays inside the model's folder."""
    pure = PurePosixPath(path)
    if (
        not path
        or "\\" in path
        or ":" in path
        or "\0" in path
        or pure.is_absolute()
        or ".." in pure.parts
        or len(path) > 1024
    ):
        raise _outside(source, path)
    return pure


def _is_inside(folder: Path, location: Path) -> bool:
    """Whether a file lies in the folder also after links are followed."""
    try:
        location.resolve().relative_to(folder.resolve())
    except (OSError, ValueError):
        return False
    return True


def _outside(source: ByteSource, path: str) -> ModelFileError:
    return ModelFileError(
        "model-file-outside",
        f"The model names a file outside its own folder: {quoted(path)}.",
        hint="Put the model and all its files into one folder and export it again.",
        file=source.name,
    )
