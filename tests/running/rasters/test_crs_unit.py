"""The unit of a coordinate system, as PROJ itself tells it."""

from __future__ import annotations

import pytest
from rasterio.crs import CRS

from dl2ecd_core.running.rasters.crs_unit import unit_of


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("EPSG:32633", "metre"),
        ("EPSG:4326", "degree"),
        ("EPSG:2263", "US survey foot"),
        ("EPSG:2222", "foot"),
        ("EPSG:32633+5773", "metre"),
        ("EPSG:2263+6360", "US survey foot"),
        ("ESRI:102003", "metre"),
    ],
)
@pytest.mark.parametrize("version", ["WKT1_GDAL", "WKT2_2019"])
def test_of_both_kinds_of_text(code: str, unit: str, version: str) -> None:
    assert unit_of(CRS.from_user_input(code).to_wkt(version=version)) == unit


def test_of_a_system_of_ones_own() -> None:
    assert unit_of('LOCAL_CS["Plant ""A"", UNIT",UNIT["fathom",1.8288]]') == "fathom"


@pytest.mark.parametrize("text", ["", "]]]", "nothing", 'PROJCS["a"]', 'UNIT["metre",1]', "[" * 9])
def test_of_a_text_that_names_none(text: str) -> None:
    assert unit_of(text) is None
