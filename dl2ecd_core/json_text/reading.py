"""A JSON file, read whole within a fixed limit."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Union

from ..findings import Finding, Place
from ..rules import finding
from .parsing import JsonText, parse, parsed_nothing

#: Larger files are not read: 16 MiB hold some hundred thousand classes.
LARGEST_TEXT = 16 * 1024 * 1024


def read_json(path: Union[str, os.PathLike[str]]) -> JsonText:
    """Read a JSON file; a missing or unreadable one is a finding too."""
    name = os.fspath(path)
    try:
        with open(path, "rb", opener=_plain_files_only) as file:
            size = os.fstat(file.fileno()).st_size
            data = b"" if size > LARGEST_TEXT else file.read(LARGEST_TEXT + 1)
    except _NotAFile as error:
        return parsed_nothing(name, _unreadable(name, str(error)))
    except FileNotFoundError:
        return parsed_nothing(
            name,
            finding(
                "file-not-found",
                f"There is no file '{name}'.",
                hint="Check the path and the spelling of the name.",
                where=Place(file=name),
            ),
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        reason = getattr(error, "strerror", None) or str(error)
        return parsed_nothing(name, _unreadable(name, reason))
    if max(size, len(data)) > LARGEST_TEXT:
        return parsed_nothing(name, _too_large(name, max(size, len(data))))
    return parse(data, name)


class _NotAFile(Exception):
    """A folder, pipe or device."""


def _plain_files_only(path: str, flags: int) -> int:
    # Asked first: opening a pipe waits for its other end.
    mode = Path(path).stat().st_mode
    if stat.S_ISDIR(mode):
        raise _NotAFile("it is a folder")
    if not stat.S_ISREG(mode):
        raise _NotAFile("it is a pipe or device, not a file")
    return os.open(path, flags)


def _unreadable(name: str, reason: str) -> Finding:
    return finding(
        "file-unreadable",
        f"The file '{name}' can't be read: {reason}.",
        hint="Check that it is the right path, and that you may read it.",
        where=Place(file=name),
    )


def _too_large(name: str, size: int) -> Finding:
    return finding(
        "file-too-large",
        f"The file has {size / 2**20:,.1f} MiB. JSON texts of more than "
        f"{LARGEST_TEXT // 2**20} MiB are not read.",
        hint="Class information takes a few KB: was the model chosen in its place?",
        where=Place(file=name),
    )
