"""What the plugin does where QGIS's Python lacks something."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from dl2ecd_core.qgis import requirements
from dl2ecd_core.qgis.requirements import how_to_install, numpy_version, use_bundled


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


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        ("win32", "open the OSGeo4W Shell that lies beside QGIS and type: python -m pip install"),
        ("darwin", "/Applications/QGIS.app/Contents/MacOS/bin/python3 -m pip install"),
        ("linux", "python3 -m venv --system-site-packages ~/qgis-packages && "),
    ],
)
def test_how_to_get_a_package_without_replacing_numpy(platform: str, words: str) -> None:
    text = how_to_install("onnxruntime", platform, "1.24.2")
    assert words in text
    assert "pip install onnxruntime numpy==1.24.2 - then " in text


def test_how_to_get_a_package_here() -> None:
    assert "pip install onnxruntime - then" in how_to_install("onnxruntime")


def test_the_version_of_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    numpy = pytest.importorskip("numpy")
    assert numpy_version() == numpy.__version__
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert numpy_version() is None
