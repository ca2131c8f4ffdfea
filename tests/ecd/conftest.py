"""A fresh .ecd of the demo model, for tests to read, change and damage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from dl2ecd_core import convert
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack

Change = Callable[[Dict[str, Any]], object]


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """An .ecd with the demo model inside, beside the model it was made from."""
    unpack(tmp_path)
    convert(tmp_path / MODEL, tmp_path / CLASS_INFO, tmp_path / "a.ecd")
    return tmp_path / "a.ecd"


@pytest.fixture
def referring(fresh: Path) -> Path:
    """The same with the model left where it is."""
    convert(fresh.parent / MODEL, fresh.parent / CLASS_INFO, fresh, storage="referenced")
    return fresh


def rewrite(path: Path, change: Change) -> None:
    """Change the document of an .ecd."""
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def files_of(document: Dict[str, Any]) -> List[Dict[str, Any]]:
    """The entries of the model's files."""
    return document["Definitions"][0]["Model"]["Files"]
