"""What QGIS paints with the exported style, and what it reads in the color map.

Needs QGIS with its Python (Debian: ``apt install qgis python3-qgis``).
``python -m pytest -m qgis`` runs these alone.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.ecd.content import EcdClass
from tests.exports.definitions import ecd_with, exported, named

pytestmark = pytest.mark.qgis

PYTHON = "/usr/bin/python3"
#: Runs in QGIS's Python: loads the style on the raster and paints each pixel four by four.
SCRIPT = """
import json, sys
from qgis.core import *
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
raster, style, colors = sys.argv[1:]
app = QgsApplication([], False)
app.initQgis()
layer = QgsRasterLayer(raster, "map")
message, loaded = layer.loadNamedStyle(style)
settings = QgsMapSettings()
settings.setLayers([layer])
settings.setExtent(layer.extent())
settings.setOutputSize(QSize(4 * layer.width(), 4))
settings.setBackgroundColor(QColor(0, 0, 0, 0))
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
image = job.renderedImage()
told = lambda entries: [[entry.value, entry.label, entry.color.getRgb()[:3]] for entry in entries]
print(json.dumps({
    "valid": layer.isValid(),
    "loaded": loaded,
    "renderer": layer.renderer().type(),
    "classes": told(layer.renderer().classes()),
    "pixels": [image.pixelColor(4 * at + 2, 2).getRgb() for at in range(layer.width())],
    "color map": told(QgsPalettedRasterRenderer.classDataFromFile(colors)),
}))
"""


@pytest.fixture(scope="module")
def environment() -> Dict[str, str]:
    """The environment of QGIS's Python; tests are skipped where there is none."""
    # PYTHONPATH and the like belong to the Python that runs the tests.
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    kept["QT_QPA_PLATFORM"] = "offscreen"
    if not Path(PYTHON).exists():
        pytest.skip("there is no system Python")
    command = [PYTHON, "-c", "import qgis.core"]
    if subprocess.run(command, env=kept, capture_output=True, timeout=600).returncode:
        pytest.skip("QGIS's Python is not installed")
    return kept


def painted(
    folder: Path, environment: Dict[str, str], listed: tuple[EcdClass, ...], values: List[int]
) -> Dict[str, Any]:
    """What QGIS says of a raster with one row of these values."""
    raster, style, colors = folder / "a.asc", folder / "a.qml", folder / "a.clr"
    raster.write_text(
        f"ncols {len(values)}\nnrows 1\nxllcorner 0\nyllcorner 0\ncellsize 1\n"
        f"NODATA_value -32768\n{' '.join(map(str, values))}\n",
        encoding="utf-8",
    )
    exported(ecd_with(listed), "qml", style)
    exported(ecd_with(listed), "clr", colors)
    done = subprocess.run(
        [PYTHON, "-c", SCRIPT, str(raster), str(style), str(colors)],
        env=environment,
        capture_output=True,
        check=True,
        timeout=600,
    )
    told: Dict[str, Any] = json.loads(done.stdout)
    return told


def test_every_class_has_its_very_color(tmp_path: Path, environment: Dict[str, str]) -> None:
    listed = (
        *named(),
        EcdClass(100, "Impervious", (204, 204, 204)),
        EcdClass(200, "Pervious", (56, 168, 0)),
        EcdClass(-7, "below", (1, 2, 3)),
        EcdClass(70_000, "beyond 16 bits", (255, 255, 254)),
    )
    values = [item.value for item in listed]
    told = painted(tmp_path, environment, listed, [*values, 50, 0])
    assert (told["valid"], told["loaded"], told["renderer"]) == (True, True, "paletted")
    assert told["classes"] == [[item.value, item.name, list(item.color or ())] for item in listed]
    # Values of no class stay transparent.
    assert told["pixels"] == [
        *([*(item.color or ()), 255] for item in listed),
        [0, 0, 0, 0],
        [0, 0, 0, 0],
    ]
    assert told["color map"] == [
        [item.value, "", list(item.color or ())]
        for item in sorted(listed, key=lambda item: item.value)
    ]
