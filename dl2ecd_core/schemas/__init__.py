"""The JSON Schemas that come with the package: of what is read, written and printed."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Dict, Tuple

_ENDING = ".schema.json"


@cache
def load(name: str) -> Dict[str, Any]:
    """A schema by its file name, e.g. ``class_information.schema.json``; don't change it."""
    document: Dict[str, Any] = json.loads(path(name).read_text(encoding="utf-8"))
    return document


def path(name: str) -> Path:
    """Where a schema lies, for editors that complete from it."""
    return Path(__file__).with_name(name)


def names() -> Tuple[str, ...]:
    """The schemas that there are, without the ending of their files."""
    return tuple(
        sorted(file.name[: -len(_ENDING)] for file in Path(__file__).parent.glob(f"*{_ENDING}"))
    )


def file_of(name: str) -> str:
    """A schema's file name, e.g. of ``inspect``."""
    return name + _ENDING
