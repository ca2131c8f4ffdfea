"""What GDAL shows of an exported side file on a raster.

Needs GDAL's command line tools (Debian: ``apt install gdal-bin``).
``python -m pytest -m gdal`` runs these alone.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict

import pytest

from dl2ecd_core.ecd.content import EcdClass
from tests.exports.definitions import NAMES, ecd_with, exported, named

pytestmark = [
    pytest.mark.gdal,
    pytest.mark.skipif(
        shutil.which("gdalinfo") is None or shutil.which("gdal_create") is None,
        reason="GDAL's command line tools are not installed",
    ),
]


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, check=True, timeout=600)
    return done.stdout.decode("utf-8")


def shown(folder: Path, listed: tuple[EcdClass, ...], kind: str = "Byte") -> Dict[str, Any]:
    """gdalinfo's view of a raster with the side file of these classes."""
    raster = folder / "land cover.tif"
    run("gdal_create", "-q", "-ot", kind, "-outsize", "4", "4", "-bands", "1", str(raster))
    exported(ecd_with(listed), "aux-xml", folder / "land cover.tif.aux.xml")
    info: Dict[str, Any] = json.loads(run("gdalinfo", "-json", str(raster)))
    return info


def test_palette_categories_and_attribute_table(tmp_path: Path) -> None:
    listed = named()
    info = shown(tmp_path, listed)
    (band,) = info["bands"]
    # With the blank at the start of one, which GDAL's reader drops where it is written as such.
    names = [*NAMES]
    assert band["colorInterpretation"] == "Palette"
    assert band["colorTable"]["entries"] == [
        [0, 0, 0, 0],
        *([*(item.color or ()), 255] for item in listed),
    ]
    assert band["categories"] == ["", *names]
    assert [field["name"] for field in info["rat"]["fieldDefn"]] == [
        "Value", "Class", "Red", "Green", "Blue",
    ]  # fmt: skip
    assert info["rat"]["tableType"] == "thematic"
    assert [row["f"] for row in info["rat"]["row"]] == [
        [item.value, name, *(item.color or ())] for item, name in zip(listed, names)
    ]


def test_values_of_32_bits(tmp_path: Path) -> None:
    listed = (
        EcdClass(-(2**31), "lowest", (1, 2, 3)),
        EcdClass(2**31 - 1, "highest", (4, 5, 6)),
    )
    info = shown(tmp_path, listed, "Int32")
    assert "colorTable" not in info["bands"][0]
    assert "categories" not in info["bands"][0]
    assert [row["f"][:2] for row in info["rat"]["row"]] == [
        [-(2**31), "lowest"],
        [2**31 - 1, "highest"],
    ]
