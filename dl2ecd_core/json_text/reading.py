"""A JSON file, read whole within a fixed limit."""

from __future__ import annotations

import os
from typing import Union

from ..files.plain_files import open_plain
from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import where_missing
from .parsing import JsonText, parse, parsed_nothing

#: Larger files are not read: 16 MiB hold some hundred thousand classes.
LARGEST_TEXT = 16 * 1024 * 1024


def read_json(path: Union[str, os.PathLike[str]]) -> JsonText:
    """Read a JSON file; a missing or unreadable one is a finding too."""
    name = os.fspath(path)
    try:
        with open_plain(path, buffering=-1) as file:
            size = os.fstat(file.fileno()).st_size
            # No more than the size says: the system's own files have none and may never end.
            data = b"" if size > LARGEST_TEXT else file.read(size)
    except FileNotFoundError:
        return parsed_nothing(
            name,
            finding(
                "file-not-found",
                f"There is no file '{name}'.",
                hint=where_missing(name),
                where=Place(file=name),
            ),
        )
    except OSError as error:
        return parsed_nothing(name, _unreadable(name, error.strerror or str(error)))
    if size > LARGEST_TEXT:
        return parsed_nothing(name, _too_large(name, size))
    return parse(data, name)


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
