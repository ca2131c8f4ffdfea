"""Known objects in scenes of many tiles: each is found once, and whole, wherever tiles lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import List, Tuple

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.progress import Listener
from dl2ecd_core.running.objects.found import Objects, boxes, turned_boxes
from dl2ecd_core.running.objects.searching import AGAIN, Search, search
from dl2ecd_core.running.objects.tiling import windows_around
from dl2ecd_core.running.objects.whole import gathered
from dl2ecd_core.running.rasters.raster import ArrayReader, Window

TILE = 48

#: Left, top, right, bottom; class.
Known = Tuple[int, int, int, int, int]


@dataclass(frozen=True)
class Seeing:
    """A stand-in for a detector: it sees the numbers of objects in the pixels, and nothing else.

    What a tile shows of an object is what it finds; the less that is, the lower the score. Where
    `surest` is not nought, the less the higher.
    """

    known: List[Known]
    overlap: int
    outlined: bool = False
    surest: bool = False
    tile: Tuple[int, int] = (TILE, TILE)
    iou: float = 0.5
    bands: Tuple[int, ...] = (0,)
    seen: List[int] = field(default_factory=list)

    def objects(self, pixels: np.ndarray) -> Objects:
        found, scores, labels = [], [], []
        self.seen.append(pixels.size)
        for number in np.unique(pixels[0]):
            if not number:
                continue
            left, top, right, bottom, label = self.known[number - 1]
            rows, columns = np.nonzero(pixels[0] == number)
            share = len(rows) / ((right - left) * (bottom - top))
            found.append((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
            scores.append(1 - 0.5 * share if self.surest else 0.5 + 0.5 * share)
            labels.append(label)
        objects = boxes(np.array(found).reshape(-1, 4), np.array(scores), np.array(labels, int))
        if not self.outlined:
            return objects
        outlines = np.empty(len(objects), object)
        outlines[:] = [shapely.multipolygons([one]) for one in shapely.box(*objects.bounds.T)]
        return Objects(objects.corners, objects.scores, objects.labels, outlines=outlines)


def scene_of(known: List[Known], height: int, width: int) -> np.ndarray:
    pixels = np.zeros((1, height, width), "uint16")
    for number, (left, top, right, bottom, _) in enumerate(known, 1):
        pixels[0, top:bottom, left:right] = number
    return pixels


def found_in(known: List[Known], size: Tuple[int, int], seeing: Seeing) -> Search:
    return search(ArrayReader(scene_of(known, *size)), seeing, workers=1)  # type: ignore[arg-type]


def as_known(objects: Objects) -> List[Known]:
    rows = zip(objects.bounds.tolist(), objects.labels.tolist())
    return sorted((*map(int, bounds), label) for bounds, label in rows)  # type: ignore[misc]


@st.composite
def scenes(draw: st.DrawFn, longest: int) -> Tuple[List[Known], Tuple[int, int]]:
    """Objects that do not overlap, of two classes, some longer than a tile."""
    height, width = draw(st.integers(20, 170)), draw(st.integers(20, 170))
    known: List[Known] = []
    taken = np.zeros((height, width), bool)
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    for _ in range(draw(st.integers(0, 25))):
        wide, high = random.integers(3, longest, 2).tolist()
        left = int(random.integers(0, max(width - wide, 1)))
        top = int(random.integers(0, max(height - high, 1)))
        right, bottom = min(left + wide, width), min(top + high, height)
        # Some begin or end where a tile may.
        if not taken[top:bottom, left:right].any():
            taken[top:bottom, left:right] = True
            known.append((left, top, right, bottom, int(random.integers(0, 2))))
    return known, (height, width)


@settings(max_examples=150, deadline=None)
@given(scenes(longest=TILE - 6), st.integers(0, TILE // 2), st.booleans(), st.booleans())
def test_what_fits_in_a_tile(
    scene: Tuple[List[Known], Tuple[int, int]], overlap: int, outlined: bool, surest: bool
) -> None:
    known, size = scene
    found = found_in(known, size, Seeing(known, overlap, outlined, surest))
    assert as_known(found.objects) == sorted(known)
    assert found.cut == 0
    if outlined and known:
        assert found.objects.outlines is not None
        assert shapely.area(found.objects.outlines).sum() == sum(
            (right - left) * (bottom - top) for left, top, right, bottom, _ in known
        )


@settings(max_examples=100, deadline=None)
@given(scenes(longest=130), st.integers(0, TILE // 2), st.booleans())
def test_what_is_longer_than_a_tile(
    scene: Tuple[List[Known], Tuple[int, int]], overlap: int, surest: bool
) -> None:
    known, size = scene
    found = found_in(known, size, Seeing(known, overlap, surest=surest))
    assert as_known(found.objects) == sorted(known)
    assert found.cut == 0


LEFT, RIGHT = Window(0, 64, 0, 64), Window(0, 64, 60, 124)


def of(*rows: Tuple[float, ...], label: int = 0) -> Objects:
    """Left, top, right, bottom and score of each."""
    table = np.array(rows, "float64").reshape(-1, 5)
    return boxes(table[:, :4], table[:, 4], np.full(len(table), label))


def put_together(*parts: Objects, windows: Tuple[Window, ...] = (LEFT, RIGHT)) -> List[List[float]]:
    found = gathered(parts, windows, (64, 200), 0.5)
    return np.column_stack([found.objects.bounds, found.objects.scores, found.cut]).tolist()


class TestPieces:
    def test_that_end_a_little_before_the_edge_that_cuts_them(self) -> None:
        found = put_together(of((30, 10, 62.5, 20, 0.6)), of((61.5, 10, 90, 20, 0.8)))
        assert found == [[30, 10, 90, 20, 0.8, 0]]

    def test_that_end_after_the_edge_that_cuts_them(self) -> None:
        found = put_together(of((30, 10, 66, 20, 0.6)), of((58, 10, 90, 20, 0.8)))
        assert found == [[30, 10, 90, 20, 0.8, 0]]

    def test_of_tiles_that_share_nothing(self) -> None:
        windows = LEFT, Window(0, 64, 64, 128)
        found = put_together(of((30, 10, 64, 20, 0.6)), of((64, 11, 90, 20, 0.8)), windows=windows)
        assert found == [[30, 10, 90, 20, 0.8, 0]]

    def test_that_do_not_agree_stay_and_are_cut(self) -> None:
        found = put_together(of((30, 10, 64, 20, 0.6)), of((60, 16, 90, 26, 0.8)))
        assert found == [[60, 16, 90, 26, 0.8, 1], [30, 10, 64, 20, 0.6, 1]]

    def test_of_two_classes_are_two(self) -> None:
        found = put_together(of((30, 10, 64, 20, 0.6)), of((60, 10, 90, 20, 0.8), label=1))
        assert [row[-1] for row in found] == [1, 1]

    def test_that_have_no_part_in_what_both_tiles_show(self) -> None:
        # Of a model that ends boxes where it likes.
        found = put_together(of((30, 10, 64, 20, 0.6)), of((66, 10, 124, 20, 0.8)))
        assert [row[-1] for row in found] == [1, 1]

    def test_the_best_of_several_is_the_other_half(self) -> None:
        found = put_together(
            of((30, 10, 64, 30, 0.6), (30, 15, 64, 35, 0.5)), of((60, 10, 90, 30, 0.8))
        )
        assert found == [[30, 10, 90, 30, 0.8, 0]]

    def test_that_no_tile_sees_the_end_of_are_cut(self) -> None:
        found = put_together(of((30, 10, 64, 20, 0.6)), of((60, 10, 124, 20, 0.8)))
        assert found == [[30, 10, 124, 20, 0.8, 1]]

    def test_of_a_box_that_is_turned(self) -> None:
        # One bar, 100 long and 10 wide, each tile showing what it has of it.
        centers = np.array([[42.0, 32, 44, 10], [82.0, 32, 44, 10]])
        parts = [
            turned_boxes(row[None], np.zeros(1), np.array([0.5]), np.zeros(1, int))
            for row in centers
        ]
        found = gathered(parts, (LEFT, RIGHT), (64, 200), 0.5).objects
        (shape,) = shapely.polygons(found.corners)
        assert found.turned
        assert shape.equals(shapely.box(20, 27, 104, 37))

    def test_of_one_side_that_is_met_slantwise(self) -> None:
        # Boxes around the whole pieces have little in common, what both tiles show has much.
        angle = np.arctan2(20, 60)
        length = float(np.hypot(30, 10)) + 3
        parts = [
            turned_boxes(
                np.array([[x, y, length, 6.0]]),
                np.array([angle]),
                np.array([0.5]),
                np.zeros(1, int),
            )
            for x, y in ((48.0, 22.0), (78.0, 32.0))
        ]
        found = gathered(parts, (LEFT, RIGHT), (64, 200), 0.5)
        (shape,) = shapely.polygons(found.objects.corners)
        assert shapely.union_all(shapely.polygons(parts[0].corners)).difference(shape).area < 1e-6
        assert found.objects.bounds[0] == pytest.approx([30.6, 13.7, 95.4, 40.3], abs=0.1)


class TestLookingAgain:
    def test_is_said_and_counted(self) -> None:
        class Hearing(Listener):
            heard: List[Tuple[int, int, str]] = []

            def progressed(self, done: int, total: int, doing: str) -> None:
                self.heard.append((done, total, doing))

        known: List[Known] = [(30, 10, 70, 20, 0), (30, 24, 60, 30, 1)]
        hearing = Hearing()
        reader = ArrayReader(scene_of(known, 48, 92))
        seeing = Seeing(known, 4)
        found = search(reader, seeing, workers=1, listener=hearing)  # type: ignore[arg-type]
        assert as_known(found.objects) == sorted(known)
        assert hearing.heard[-1] == (1, 1, AGAIN)
        assert found.tiles == len(seeing.seen) == 3

    def test_finds_nothing_else(self) -> None:
        class Fickle(Seeing):
            """Sees more the second time."""

            def objects(self, pixels: np.ndarray) -> Objects:
                whole = super().objects(pixels)
                return whole if len(self.seen) > 2 else whole.taken(whole.labels == 0)

        known: List[Known] = [(30, 10, 70, 20, 0), (40, 24, 50, 30, 1)]
        found = found_in(known, (48, 92), Fickle(known, 4))
        assert as_known(found.objects) == known[:1]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(20, 300), st.integers(20, 300))
def test_tiles_around_boxes_hold_them_whole(seed: int, count: int, height: int, width: int) -> None:
    random = np.random.default_rng(seed)
    size, tile, margin = (height, width), (64, 80), 2.0
    low = random.uniform(-5, (width, height), (count, 2))
    bounds = np.hstack([low, low + random.uniform(1, 90, (count, 2))])
    windows = windows_around(bounds, size, tile, margin)
    assert len(windows) <= count
    for one in windows:
        assert (one.height, one.width) == (min(64, height), min(80, width))
        assert one.top >= 0
        assert one.left >= 0
        assert one.bottom <= height
        assert one.right <= width
    for left, top, right, bottom in bounds:
        # As far as it lies in the scene.
        left, top = max(left - margin, 0), max(top - margin, 0)
        right, bottom = min(right + margin, width), min(bottom + margin, height)
        fits = right - left <= min(80, width) - 1 and bottom - top <= min(64, height) - 1
        assert not fits or any(
            one.left <= left and right <= one.right and one.top <= top and bottom <= one.bottom
            for one in windows
        )


def test_tiles_around_boxes_begin_at_strides_where_that_leaves_them_whole() -> None:
    (window,) = windows_around(np.array([[100.0, 90, 120, 95]]), (500, 500), (64, 64), 2.0)
    assert (window.top, window.left) == (60, 64)


@pytest.mark.parametrize("bounds", [(0.0, 0, 65, 5), (0.0, 0, 5, 65)])
def test_no_tile_is_laid_around_what_is_longer(bounds: Tuple[float, ...]) -> None:
    assert windows_around(np.array([bounds]), (500, 500), (64, 64), 2.0) == []
