"""Telling an earlier export from a file that a person made: by its shape.

A file that holds nothing but what this tool writes can be written again; one that holds more was
made, or gone on with, by somebody.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, FrozenSet, List, Optional, Tuple

from ..files.plain_files import open_plain
from ..json_text import read_json

_HEAD = 64 * 1024

Steps = Tuple[str, ...]


def head_of(path: Path) -> bytes:
    """The beginning of a file."""
    with open_plain(path, buffering=-1) as file:
        return file.read(_HEAD)


def json_object(path: Path) -> Optional[Dict[str, Any]]:
    """The object in a JSON file; None when it holds something else."""
    value = read_json(path).value
    return value if isinstance(value, dict) else None


def keys_of(value: object) -> FrozenSet[Steps]:
    """The ways to every key in a JSON value; the places in lists are left out."""
    found: List[Steps] = []
    waiting: List[Tuple[Steps, object]] = [((), value)]
    while waiting:
        steps, item = waiting.pop()
        found.append(steps)
        if isinstance(item, dict):
            waiting += [((*steps, key), inner) for key, inner in item.items()]
        elif isinstance(item, list):
            waiting += [(steps, inner) for inner in item]
    return frozenset(found)
