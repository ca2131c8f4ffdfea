"""What the plugin does where QGIS's Python lacks something."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from dl2ecd_core.qgis import requirements
from dl2ecd_core.qgis.requirements import use_bundled


@pytest.fixture
def without_jsonschema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def test_carried_packages_come_last(without_jsonschema: None, tmp_path: Path) -> None:
    before = list(sys.path)
    use_bundled(tmp_path)
    use_bundled(tmp_path)
    assert sys.path == [*before, str(tmp_path)]


def test_nothing_is_taken_where_qgis_has_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = list(sys.path)
    monkeypatch.setattr(sys, "path", list(before))
    use_bundled(tmp_path)
    assert sys.path == before


def test_a_broken_one_counts_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(name: str) -> None:
        raise ValueError(f"{name}.__spec__ is None")

    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(importlib.util, "find_spec", broken)
    use_bundled(tmp_path)
    assert sys.path[-1] == str(tmp_path)
    assert "from its zip" in requirements.REINSTALL
