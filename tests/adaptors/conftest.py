"""Raster functions need the extras `run` and `detect`; without them their tests are left out."""

from __future__ import annotations

import importlib.util
from typing import Any, Callable, Dict, Tuple

import pytest

NEEDED = ("numpy", "onnxruntime", "rasterio", "onnx")

if not all(map(importlib.util.find_spec, NEEDED)):
    collect_ignore_glob = ["*"]
elif not all(map(importlib.util.find_spec, ("shapely", "pyogrio"))):
    collect_ignore_glob = ["*detect*"]


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Definitions with a scene and its map, by the name of their kind; made once."""
    from dl2ecd_core.running.tiles import fitting
    from tests.adaptors.models import KINDS, case

    made: Dict[Tuple[str, str], Any] = {}

    def of(name: str, data_type: str = "uint8") -> Any:
        if (name, data_type) not in made:
            with pytest.MonkeyPatch.context() as patched:
                # So that small scenes have several tiles.
                patched.setattr(fitting, "USUAL", (64, 64))
                folder = tmp_path_factory.mktemp(name)
                made[name, data_type] = case(KINDS[name], folder, data_type)
        return made[name, data_type]

    return of
