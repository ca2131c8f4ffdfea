"""Of a map without any data, and of a search where there was none, it is said why."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Tuple

import numpy as np
import pytest

from dl2ecd_core.findings import Finding
from dl2ecd_core.progress import Listener
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.maps import no_data
from dl2ecd_core.running.maps.no_data import has_data, without_data
from dl2ecd_core.running.rasters.area import AreaReader
from dl2ecd_core.running.rasters.raster import ArrayReader, Block, Window
from tests.running.rasters.test_area import geojson, polygon
from tests.running.scenes import opened, pixels, write_scene
from tests.running.test_classify import BYTES, Place, place

__all__ = ["place"]

#: A corner of the tests' scene, whose pixels are 2 m wide.
LEFT, TOP = 500_000, 5_000_000
#: Less than a pixel, between the middles of four.
TINY = [[LEFT + 9.5, TOP - 9.5], [LEFT + 10.5, TOP - 9.5], [LEFT + 10.5, TOP - 10.5]]
#: Around the scene on two sides: the box around it has a part of the scene.
BESIDE = [
    [LEFT - 50, TOP + 50], [LEFT + 50, TOP + 50], [LEFT + 50, TOP + 40],
    [LEFT - 40, TOP + 40], [LEFT - 40, TOP - 50], [LEFT - 50, TOP - 50],
]  # fmt: skip
BOX = [[LEFT, TOP], [LEFT + 20, TOP], [LEFT + 20, TOP - 20], [LEFT, TOP - 20]]
ELSEWHERE = (LEFT + 100, TOP - 160, LEFT + 140, TOP - 100)


class Heard(Listener):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.findings: List[Finding] = []

    def found(self, finding: Finding) -> None:
        self.findings.append(finding)


def said(place: Place, **more: Any) -> Tuple[str, ...]:
    """The rules, where the map is no data alone; what is heard is what is reported."""
    heard = Heard()
    done = classify(place.scene, place.ecd, place.out, options=BYTES, messages=heard, **more)
    assert tuple(heard.findings) == done.findings
    with opened(place.out) as file:
        assert not file.read(1).any() or not done.findings
    return tuple(item.rule for item in done.findings)


@pytest.mark.parametrize("ring", [TINY, BESIDE])
def test_an_area_that_has_no_pixel_is_told(place: Place, ring: List[List[float]]) -> None:
    aoi = geojson(place.folder / "aoi.json", polygon(ring))
    assert said(place, aoi=aoi) == ("aoi-without-pixels",)


def test_an_area_of_one_pixel_is_not(place: Place) -> None:
    around = [(10.5, 10.5), (11.5, 10.5), (11.5, 11.5), (10.5, 11.5)]
    ring = [[LEFT + x, TOP - y] for x, y in around]
    assert said(place, aoi=geojson(place.folder / "aoi.json", polygon(ring))) == ()


def test_an_area_that_has_no_pixel_of_an_extent_is_told(place: Place) -> None:
    aoi = geojson(place.folder / "aoi.json", polygon(BOX))
    assert said(place, aoi=aoi) == ()
    assert said(place, aoi=aoi, extent=ELSEWHERE) == ("aoi-without-pixels",)


def test_a_scene_of_no_data_is_told(place: Place) -> None:
    write_scene(place.scene, pixels(90, 70) * 0, nodata=0)
    assert said(place) == ("scene-without-data",)
    aoi = geojson(place.folder / "aoi.json", polygon(BOX))
    assert said(place, aoi=aoi) == ("scene-without-data",)


def test_a_part_of_no_data_is_told(place: Place) -> None:
    array = pixels(90, 70) | 1
    array[:, 45:, 45:] = 0
    write_scene(place.scene, array, nodata=0)
    assert said(place) == ()
    assert said(place, extent=ELSEWHERE) == ("scene-without-data",)


def test_where_and_why_are_said() -> None:
    reader = ArrayReader(np.ones((1, 9, 9)))
    away = AreaReader(reader, [polygon([[9, 9], [10, 9], [10, 10]])], (1, 0, 0, 0, 1, 0))
    one = without_data("a.tif", area=away, aoi=Path("b.json"), window=Window(0, 2, 0, 2))
    assert one.message.startswith(
        "No pixel of 'a.tif' in the extent that is wanted has its middle in a polygon of 'b.json'"
    )
    assert one.where.file == "b.json"
    other = without_data("a.tif", aoi="b.json")
    assert other.message.startswith("No pixel of 'a.tif' in the polygons of 'b.json' has data")
    assert other.where.file == "a.tif"
    assert other.hint.startswith("See whether the polygons are larger than a pixel")
    assert without_data("a.tif").hint.startswith("Look at the scene's values")


class Counting(ArrayReader):
    """Counts what is read of it; it has data in one pixel."""

    def __init__(self, row: int) -> None:
        super().__init__(np.zeros((1, 10, 4)))
        self._row, self.reads = row, 0

    def read(self, window: Window, bands: Any) -> Block:
        self.reads += 1
        valid = np.zeros((window.height, window.width), bool)
        if window.top <= self._row < window.bottom:
            valid[self._row - window.top, -1] = True
        return Block(super().read(window, bands).pixels, valid)


@pytest.mark.parametrize(
    ("window", "row", "found", "reads"),
    [
        (Window(0, 10, 0, 4), 5, True, 2),
        (Window(0, 10, 0, 4), 9, True, 4),
        (Window(0, 9, 0, 4), 9, False, 3),
        (Window(6, 10, 0, 4), 5, False, 2),
    ],
)
def test_it_is_read_as_far_as_the_first_pixel_with_data(
    window: Window, row: int, found: bool, reads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(no_data, "_AT_ONCE", 12)
    reader = Counting(row)
    assert has_data(reader, [0], window) is found
    assert reader.reads == reads


def test_where_nothing_is_marked_there_is_data() -> None:
    assert has_data(ArrayReader(np.zeros((1, 3, 3))), [0], Window(0, 3, 0, 3))
