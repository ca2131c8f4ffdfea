"""A folder with a real model and class information that fits it, and QGIS where it is installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable, Iterator

import pytest

from dl2ecd_core.demo import CLASS_INFO, unpack
from tests.qgis.installed import Qgis, running_qgis


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    unpack(tmp_path)
    return tmp_path


@pytest.fixture
def change(demo: Path) -> Callable[..., None]:
    """Change the demo's class information."""

    def run(**changes: object) -> None:
        path = demo / CLASS_INFO
        document = {**json.loads(path.read_text(encoding="utf-8")), **changes}
        path.write_text(json.dumps(document), encoding="utf-8")

    return run


@pytest.fixture(scope="session")
def qgis() -> Iterator[Qgis]:
    """One QGIS for all tests: it takes seconds to start."""
    with running_qgis() as running:
        yield running


@pytest.fixture
def lent_onnxruntime(qgis: Qgis) -> None:
    """Models can be run there."""
    if not qgis.has_onnxruntime:
        pytest.skip("QGIS's Python can't load the tests' ONNX Runtime")


@pytest.fixture
def lent_shapely(qgis: Qgis) -> None:
    """Objects can be found there."""
    if not qgis.has_shapely:
        pytest.skip("QGIS's Python can't load the tests' shapely")
