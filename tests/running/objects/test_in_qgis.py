"""QGIS itself opens the layer, with its style beside it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Dict

import pytest

from tests.qgis.installed import PYTHON
from tests.running.objects import networks
from tests.running.objects.test_detect import THINGS, Place

_ASKS = """
import json, sys
from qgis.core import QgsApplication, QgsRenderContext, QgsVectorLayer, QgsWkbTypes
application = QgsApplication([], False)
application.initQgis()
layer = QgsVectorLayer(sys.argv[1], "objects", "ogr")
renderer = layer.renderer()
context = QgsRenderContext()
renderer.startRender(context, layer.fields())
drawn = [renderer.symbolForFeature(one, context) is not None for one in layer.getFeatures()]
renderer.stopRender(context)
print(json.dumps({
    "crs": layer.crs().authid(),
    "type": QgsWkbTypes.displayString(layer.wkbType()),
    "fields": [field.name() for field in layer.fields()],
    "field": renderer.classAttribute(),
    "classes": [
        [item.label(), item.symbol().symbolLayer(0).strokeColor().getRgb()[:3]]
        for item in renderer.categories()
    ],
    "drawn": drawn,
}))
"""


def asked(path: Path, folder: Path) -> Dict[str, Any]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [PYTHON, "-c", _ASKS, str(path)],
        env={**kept, "QT_QPA_PLATFORM": "offscreen", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "partially supported" not in done.stderr
    found: Dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def has_qgis() -> bool:
    try:
        return not subprocess.run(
            [PYTHON, "-c", "import qgis.core"], capture_output=True
        ).returncode
    except OSError:
        return False


@pytest.mark.skipif(not has_qgis(), reason="QGIS is not installed")
@pytest.mark.parametrize(
    ("name", "crs"), [("objects.gpkg", "EPSG:32632"), ("objects.geojson", "EPSG:4326")]
)
def test_qgis_shows_every_object_in_the_color_of_its_class(
    tmp_path: Path, name: str, crs: str
) -> None:
    place = Place(tmp_path)
    place.detect(networks.yolov8(tmp_path / "m" / "a.onnx"), tmp_path / name)
    found = asked(tmp_path / name, tmp_path)
    assert (found["crs"], found["type"], found["field"]) == (crs, "Polygon", "value")
    assert found["fields"][-3:] == ["value", "name", "score"]
    assert found["classes"] == [["Tree", [0, 200, 10]], ["Car", [40, 200, 11]]]
    assert found["drawn"] == [True] * len(THINGS)
