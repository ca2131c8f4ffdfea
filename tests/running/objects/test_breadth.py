"""What has no breadth in the scene is no object, and no line where it is written."""

from __future__ import annotations

from pathlib import Path
from typing import List

import numpy as np
import pyogrio
import pytest
import shapely

from dl2ecd_core.running.objects.found import Objects, boxes, turned_boxes
from dl2ecd_core.running.objects.layer import write_features
from dl2ecd_core.running.objects.searching import _inside
from dl2ecd_core.running.objects.whole import Gathered
from dl2ecd_core.running.rasters.georeference import System

SIZE = (40, 60)


def inside(objects: Objects) -> Objects:
    nothing = np.zeros(len(objects), bool)
    return _inside(Gathered(objects, nothing, nothing), SIZE)[0]


def some(bounds: List[List[float]]) -> Objects:
    count = len(bounds)
    return boxes(np.array(bounds, float), np.full(count, 0.5), np.arange(count))


def test_boxes_end_with_the_scene() -> None:
    found = inside(some([[-3, 5, 8, 9], [55, 30, 70, 44], [61, 5, 65, 9], [5, 5, 9, 9]]))
    assert found.labels.tolist() == [0, 1, 3]
    assert found.bounds.tolist() == [[0, 5, 8, 9], [55, 30, 60, 40], [5, 5, 9, 9]]


def test_what_is_but_a_line_goes() -> None:
    found = inside(some([[-3, 5, 1e-5, 9], [7, 5, 7.001, 9], [7, 5, 7.02, 5.02]]))
    assert found.labels.tolist() == [2]


def test_turned_boxes_as_well() -> None:
    places = np.array([[20.0, 20, 9, 1e-4], [20, 20, 9, 1]])
    found = inside(turned_boxes(places, np.full(2, 0.7), np.full(2, 0.5), np.arange(2)))
    assert found.labels.tolist() == [1]


def test_outlines_end_with_the_scene_in_one_kind() -> None:
    around = some([[-3, 5, 8, 9], [-3, 5, 8, 9], [-3, 5, 8, 9]])
    outlines = np.empty(3, object)
    # The second meets the scene along a line as well; the third only there.
    outlines[:] = [
        shapely.MultiPolygon([shapely.box(-3, 5, 8, 9)]),
        shapely.MultiPolygon([shapely.box(-3, 5, 0, 7), shapely.box(-3, 8, 8, 9)]),
        shapely.MultiPolygon([shapely.box(-3, 5, 0, 9)]),
    ]
    found = inside(Objects(around.corners, around.scores, around.labels, outlines=outlines))
    assert found.labels.tolist() == [0, 1]
    assert found.outlines is not None
    assert {shape.geom_type for shape in found.outlines} == {"MultiPolygon"}
    assert [shape.bounds for shape in found.outlines] == [(0, 5, 8, 9), (0, 8, 8, 9)]


@pytest.mark.parametrize("kind", ["Polygon", "MultiPolygon"])
@pytest.mark.parametrize("ending", [".gpkg", ".geojson"])
def test_the_least_is_no_line_where_pixels_are_centimetres(
    tmp_path: Path, ending: str, kind: str
) -> None:
    tops = 5e6 + 0.037 * np.arange(60)
    shapes = [shapely.box(500000.1, top, 500003.1, top + 1e-4) for top in tops]
    if kind == "MultiPolygon":
        shapes = [shapely.MultiPolygon([shape]) for shape in shapes]
    target = tmp_path / f"a{ending}"
    fields = {"score": np.full(60, 0.5)}
    write_features(target, np.array(shapes, object), kind, System("EPSG:32633"), fields)
    found = shapely.from_wkb(pyogrio.raw.read(target)[2])
    assert {shape.geom_type for shape in found} == {kind}
    assert shapely.is_valid(found).all()
