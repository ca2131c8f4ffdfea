"""What a model sees in no data is nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.running.objects.found import Objects, boxes, turned_boxes
from dl2ecd_core.running.objects.measured import with_data
from dl2ecd_core.running.rasters.area import AreaReader
from dl2ecd_core.running.rasters.raster import ArrayReader, Window
from tests.running.objects import networks
from tests.running.objects.test_detect import UTM, Place, in_pixels, objects_in, scene_pixels
from tests.running.scenes import quiet, write_scene

#: The left half has no data.
VALID = np.arange(20) >= np.full((20, 1), 10)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def some(bounds: List[List[float]]) -> Objects:
    count = len(bounds)
    return boxes(np.array(bounds, float), np.full(count, 0.5), np.zeros(count, "int64"))


def drawn(objects: Objects, shapes: List[Any]) -> Objects:
    outlines = np.empty(len(objects), object)
    outlines[:] = shapes
    return Objects(objects.corners, objects.scores, objects.labels, outlines=outlines)


@pytest.mark.parametrize(
    ("bounds", "stays"),
    [
        ([2, 2, 8, 8], False),
        ([2, 2, 10, 8], False),
        ([2, 2, 10.5, 8], True),
        ([-5, -5, 3, 3], False),
        ([9.2, 3.2, 9.4, 3.4], False),
        ([10.2, 3.2, 10.4, 3.4], True),
        ([12, 2, 25, 8], True),
        ([-9, -9, -1, -1], True),
    ],
)
def test_any_pixel_with_data_is_enough(bounds: List[float], stays: bool) -> None:
    assert with_data(some([bounds]), VALID).tolist() == [stays]


def test_turned_boxes_do_not_fill_the_box_around_them() -> None:
    # They go down to the right; what has data lies in the upper right.
    valid = VALID & (np.arange(20)[:, None] < 6)
    places = np.array([[7.0, 7, 12, 2], [14.0, 7, 12, 2]])
    angles = np.full(2, np.pi / 4)
    found = turned_boxes(places, angles, np.full(2, 0.5), np.zeros(2, "int64"))
    assert with_data(found, valid).tolist() == [False, True]


def test_outlines_do_not_fill_their_boxes() -> None:
    around = some([[4, 4, 12, 12]] * 3)
    shapes = [shapely.box(4, 4, 9, 12), shapely.box(4, 4, 12, 12), shapely.box(4, 4, 4.2, 4.1)]
    assert with_data(drawn(around, shapes), VALID).tolist() == [False, True, False]


@pytest.mark.parametrize(("left", "stays"), [(8.6, False), (10.6, True)])
def test_what_is_smaller_than_a_pixel_lies_in_one(left: float, stays: bool) -> None:
    around = some([[4, 4, 12, 12]])
    shape = shapely.box(left, 4.1, left + 0.2, 4.3)
    assert with_data(drawn(around, [shape]), VALID).tolist() == [stays]


@settings(max_examples=50)
@given(
    st.lists(st.tuples(*[st.floats(0, 19)] * 2, *[st.floats(0.1, 9)] * 2), max_size=5),
    st.integers(0, 2**32),
)
def test_it_is_as_looking_at_each_pixel(places: List[Any], seed: int) -> None:
    valid = np.random.default_rng(seed).random((20, 20)) < 0.1
    found = some([[x, y, x + w, y + h] for x, y, w, h in places] or [[0, 0, 1, 1]])
    expected = [
        valid[int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))].any()
        for left, top, right, bottom in found.bounds
    ]
    assert with_data(found, valid).tolist() == expected


def test_a_scene_has_no_objects_where_it_has_no_data(place: Place) -> None:
    things = [(28, 28, 8, 8, 0.9), (108, 108, 8, 8, 0.9)]
    place.scene = write_scene(place.scene, scene_pixels(160, 208, things))
    seen = np.full((160, 208), 255, "uint8")
    seen[20:36, 20:36] = 0
    with quiet(), rasterio.open(place.scene, "r+") as file:
        file.write_mask(seen)
    done = place.detect(networks.yolov8(place.folder / "m" / "a.onnx"))
    assert done.objects == 1
    (shape,) = objects_in(place.out)[1]
    assert in_pixels(shape, UTM["transform"]) == pytest.approx((104, 104, 112, 112), abs=0.3)


@pytest.mark.parametrize("masked", [False, True])
def test_an_area_takes_no_data_away(masked: bool) -> None:
    """Objects whose middle lies in it are given whole, also where tiles cut them outside of it."""
    pixels = np.zeros((1, 8, 8), "uint8")
    valid = np.arange(64).reshape(8, 8) % 2 == 0 if masked else None
    polygon = {"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 8], [0, 8], [0, 0]]]}
    area = AreaReader(ArrayReader(pixels, valid=valid), [polygon], (1, 0, 0, 0, 1, 0))
    block = area.read(Window(0, 8, 0, 8), [0])
    assert block.valid is not None
    assert block.measured is not None
    assert not block.valid[:, 4:].any()
    assert np.array_equal(block.measured, np.ones((8, 8), bool) if valid is None else valid)
