"""Objects of a part of a scene: an extent, or an area of interest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import List, Tuple

import numpy as np
import pytest
import rasterio
import shapely
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.cli.group import dl2ecd
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.running.objects.found import boxes
from dl2ecd_core.running.objects.region import Region
from dl2ecd_core.running.objects.searching import search
from dl2ecd_core.running.rasters.area import AreaReader
from dl2ecd_core.running.rasters.raster import ArrayReader, Window
from tests.running.objects import networks
from tests.running.objects.test_detect import BYTES, THINGS, Place, bounds_of, objects_in
from tests.running.objects.test_detect import in_pixels as on_pixels
from tests.running.objects.test_whole import Known, Seeing, as_known, scene_of, scenes
from tests.running.scenes import UTM


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def model(place: Place) -> Path:
    return networks.yolov8(place.folder / "m" / "a.onnx")


def found(place: Place) -> List[Tuple[int, int]]:
    """Column and row of the middles of what was found."""
    shapes = objects_in(place.out)[1]
    bounds = [on_pixels(shape, UTM["transform"]) for shape in shapes]
    return sorted((round((a + c) / 2), round((b + d) / 2)) for a, b, c, d in bounds)


def of_pixels(left: float, top: float, right: float, bottom: float) -> Tuple[float, ...]:
    """An extent around pixels of the tests' scene."""
    return 500_000 + 2 * left, 5e6 - 2 * bottom, 500_000 + 2 * right, 5e6 - 2 * top


def test_of_an_extent_are_objects_with_their_middle_in_it(place: Place) -> None:
    done = place.detect(model(place), extent=of_pixels(56, 20, 120, 104))
    assert found(place) == [(60, 28), (100, 100)]
    # What a box of such an object has beyond the extent is of it.
    assert done.tiles < 12


def test_an_extent_elsewhere_is_refused(place: Place) -> None:
    with pytest.raises(Dl2EcdError) as caught:
        place.detect(model(place), extent=(0, 0, 10, 10))
    assert caught.value.findings[0].rule == "extent-outside"
    assert sorted(path.name for path in place.folder.iterdir()) == [
        "classes.json",
        "m",
        "scene.tif",
    ]


def area(place: Place, *boxes: Tuple[float, ...]) -> Path:
    around = shapely.multipolygons([shapely.box(*of_pixels(*one)) for one in boxes])
    document = json.loads(shapely.to_geojson(around))
    document["crs"] = {"type": "name", "properties": {"name": "EPSG:32632"}}
    path = place.folder / "aoi.json"
    path.write_text(json.dumps(document))
    return path


def test_of_an_area_are_objects_with_their_middle_in_it(place: Place) -> None:
    done = place.detect(model(place), aoi=area(place, (0, 0, 40, 30), (150, 150, 208, 160)))
    assert found(place) == [(28, 28), (204, 156)]
    # All tiles are laid; those outside of the area are not run.
    assert done.tiles == 12


def test_an_area_is_no_output(place: Place) -> None:
    aoi = area(place, (0, 0, 40, 30)).rename(place.folder / "aoi.geojson")
    with pytest.raises(Dl2EcdError) as caught:
        place.detect(model(place), aoi, aoi=aoi, overwrite=True)
    assert caught.value.findings[0].rule == "output-is-input"


def test_the_command_takes_both(place: Place) -> None:
    paths = [str(place.scene), str(model(place)), str(place.classes), str(place.out)]
    extent = [str(one) for one in of_pixels(56, 20, 120, 104)]
    more = ["--extent", *extent, "--aoi", str(area(place, (0, 0, 208, 60)))]
    asked = ["--scale", BYTES, "--overlap", "16", *more]
    result = CliRunner().invoke(dl2ecd, ["detect", *paths, *asked])
    assert result.exit_code == 0, result.output
    assert found(place) == [(60, 28)]


@settings(max_examples=60, deadline=None)
@given(scenes(longest=60), st.integers(0, 24), st.integers(1, 169), st.integers(1, 169))
def test_parts_that_share_no_place_have_all_objects_once(
    scene: Tuple[List[Known], Tuple[int, int]], overlap: int, down: int, across: int
) -> None:
    known, (height, width) = scene
    down, across = min(down, height), min(across, width)
    parts: List[Known] = []
    for top, bottom in ((0, down), (down, height)):
        for left, right in ((0, across), (across, width)):
            region = Region(Window(top, bottom, left, right))
            reader = ArrayReader(scene_of(known, height, width))
            seeing = Seeing(known, overlap)
            parts += as_known(
                search(reader, seeing, region=region, workers=1).objects  # type: ignore[arg-type]
            )
    # Of what is longer than a tile, a part may show no end.
    short = [one for one in known if one[2] - one[0] < 42 and one[3] - one[1] < 42]
    assert set(short) <= set(parts)
    assert len(parts) == len(set(parts))


def test_points_of_an_area_lie_where_its_polygons_do() -> None:
    turned = (1.75, 1.5, 500_000, 1.0, -2.5, 5_000_000)
    middle = 1.75 * 10.5 + 1.5 * 20.5 + 500_000, 1.0 * 10.5 - 2.5 * 20.5 + 5_000_000
    around = json.loads(shapely.to_geojson(shapely.Point(middle).buffer(0.1)))
    reader = AreaReader(ArrayReader(np.zeros((1, 50, 50))), [around], turned)
    bounds = np.array([[10, 20, 11, 21], [11, 20, 12, 21], [0, 0, 21, 41]])
    objects = boxes(bounds, np.ones(3), np.zeros(3, int))
    assert Region(area=reader).has(objects).tolist() == [True, False, True]


def test_things_have_the_middles_that_these_tests_count_on() -> None:
    assert [bounds_of(thing)[0] + thing[2] / 2 for thing in THINGS[:2]] == [28, 60]


def test_an_area_without_a_pixel_is_told(place: Place) -> None:
    done = place.detect(model(place), aoi=area(place, (20.6, 20.6, 21.4, 21.4)))
    assert found(place) == []
    assert [item.rule for item in done.findings] == ["aoi-without-pixels"]


def test_an_area_without_an_object_is_not(place: Place) -> None:
    done = place.detect(model(place), aoi=area(place, (0, 0, 3, 3)))
    said = [item.rule for item in done.findings]
    assert (found(place), said) == ([], ["objects-none"])


def test_a_scene_without_data_is_told(place: Place) -> None:
    with rasterio.open(place.scene, "r+") as file:
        file.nodata = 0
        file.write(file.read() * 0)
    done = place.detect(model(place))
    assert [item.rule for item in done.findings] == ["scene-without-data"]
