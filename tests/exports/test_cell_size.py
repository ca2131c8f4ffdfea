"""The size of pixels that a model was trained with, as its definition tells it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Optional

import pytest

from dl2ecd_core.exports.cell_size import centimetres_of
from dl2ecd_core.exports.onnx import metadata_of
from tests.conftest import FIXTURES
from tests.exports.ecds import ecd


def size(x: Any, y: Any, wkid: Any = 32633, **more: Any) -> Dict[str, Any]:
    return {"x": x, "y": y, "spatialReference": {"wkid": wkid, **more}}


@pytest.mark.parametrize(
    ("document", "centimetres"),
    [
        ({"MinCellSize": size(0.6, 0.6)}, 60.0),
        ({"MinCellSize": size(10, 10, 3857), "MaxCellSize": size(10, 10, 3857)}, 1000.0),
        ({"MaxCellSize": size(0.3, 0.3, 102100, latestWkid=3857)}, 30.0),
        ({"MinCellSize": size(0.6, 0.6, 26911)}, 60.0),
        ({}, None),
        ({"MinCellSize": size(0.5, 0.5), "MaxCellSize": size(1.0, 1.0)}, None),
        ({"MinCellSize": size(0.5, 0.7)}, None),
        ({"MinCellSize": size(2e-6, 2e-6, 4326)}, None),
        ({"MinCellSize": size(0.5, 0.5, 2285)}, None),  # feet
        ({"MinCellSize": size(0.5, 0.5, "32633")}, None),
        ({"MinCellSize": size(0.5, 0.5, True)}, None),
        ({"MinCellSize": {"x": 0.5, "y": 0.5}}, None),
        ({"MinCellSize": size("0.5", 0.5)}, None),
        ({"MinCellSize": size(True, True)}, None),
        ({"MinCellSize": size(0, 0)}, None),
        ({"MinCellSize": size(float("nan"), 0.5)}, None),
        ({"MinCellSize": size(0.5, 0.5), "MaxCellSize": 0.5}, None),
    ],
)
def test_only_one_size_in_metres_is_told(
    document: Dict[str, Any], centimetres: Optional[float]
) -> None:
    assert centimetres_of(document) == centimetres


def test_deepness_is_told_of_it(tmp_path: Path) -> None:
    emd = json.loads((FIXTURES / "definitions" / "unet.emd").read_text("utf-8"))
    assert json.loads(metadata_of(ecd(tmp_path, ExtraInfo=emd))["resolution"]) == 60.0
    assert "resolution" not in metadata_of(ecd(tmp_path))
