"""A part of a map: the same pixels as in the whole, at their place."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Tuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.rasters.georeference import Extent, Georeference
from dl2ecd_core.running.rasters.raster import Window
from dl2ecd_core.running.tiles import fitting
from tests.running.scenes import opened
from tests.running.test_classify import Place

BYTES = Options(scale=["min-max 0 255"])
NORTH_UP = Georeference(transform=(2.0, 0.0, 500_000.0, 0.0, -2.0, 5_000_000.0))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch:
        # Small tiles: a small scene has many.
        patch.setattr(fitting, "USUAL", (64, 64))
        made = Place(tmp_path_factory.mktemp("extent"))
        classify(made.scene, made.ecd, made.folder / "whole.tif", options=BYTES)
        yield made


@pytest.mark.parametrize(
    ("extent", "window"),
    [
        ((500_020, 4_999_900, 500_100, 4_999_980), (10, 50, 10, 50)),
        ((500_021, 4_999_901, 500_099, 4_999_979), (10, 50, 10, 50)),
        ((0, 0, 9e6, 9e6), (0, 90, 0, 70)),
        # A single pixel, in the last corner.
        ((500_138, 4_999_820, 500_999, 4_999_822), (89, 90, 69, 70)),
    ],
)
def test_a_part_is_that_of_the_whole(
    place: Place, tmp_path: Path, extent: Extent, window: Tuple[int, ...]
) -> None:
    top, bottom, left, right = window
    out, shares = tmp_path / "part.tif", tmp_path / "shares.tif"
    done = classify(place.scene, place.ecd, out, options=BYTES, extent=extent, probabilities=shares)
    with opened(place.folder / "whole.tif") as whole, opened(out) as part, opened(shares) as share:
        assert np.array_equal(part.read(1), whole.read(1)[top:bottom, left:right])
        assert share.shape == part.shape
        assert share.transform == part.transform
        assert part.crs == whole.crs
        assert part.xy(0, 0) == whole.xy(top, left)
        assert part.bounds.right == whole.bounds.left + 2 * right
    assert sum(item.pixels for item in done.classes) == (bottom - top) * (right - left)


def test_an_extent_elsewhere_is_refused(place: Place, tmp_path: Path) -> None:
    with pytest.raises(Dl2EcdError, match="extent-outside"):
        classify(place.scene, place.ecd, tmp_path / "a.tif", options=BYTES, extent=(0, 0, 10, 10))
    assert list(tmp_path.iterdir()) == []


class TestWindows:
    @given(*[st.integers(0, 30)] * 4)
    def test_edges_of_pixels_give_these_pixels(self, a: int, b: int, c: int, d: int) -> None:
        top, bottom, left, right = min(a, b), max(a, b) + 1, min(c, d), max(c, d) + 1
        west, north = 500_000 + 2 * left, 5_000_000 - 2 * top
        east, south = 500_000 + 2 * right, 5_000_000 - 2 * bottom
        assert NORTH_UP.window_of((west, south, east, north), 31, 31) == Window(
            top, bottom, left, right
        )

    def test_a_raster_that_lies_nowhere_is_where_qgis_shows_it(self) -> None:
        window = Georeference().window_of((2, -7, 5, -4), 10, 10)
        assert window == Window(4, 7, 2, 5)
        assert Georeference().part(Window(4, 7, 2, 5)) == Georeference()

    def test_a_turned_raster_gives_the_window_around(self) -> None:
        turned = Georeference(transform=(0.0, 1.0, 0.0, 1.0, 0.0, 0.0))
        assert turned.window_of((1, 2, 3, 5), 10, 10) == Window(1, 3, 2, 5)

    @pytest.mark.parametrize(
        "extent",
        [(0, 0, 1, 1), (float("nan"), 0, 1, 1), (float("-inf"), 0, float("inf"), 1)],
    )
    def test_nothing(self, extent: Extent) -> None:
        assert NORTH_UP.window_of(extent, 10, 10) is None

    def test_a_raster_without_area_has_no_part(self) -> None:
        flat = Georeference(transform=(1.0, 0.0, 0.0, 1.0, 0.0, 0.0))
        assert flat.window_of((0, 0, 1, 1), 10, 10) is None

    def test_points_and_polynomials_move_along(self) -> None:
        place = Georeference(
            points=((5.0, 6.0, 1.0, 2.0, 0.0),),
            polynomials={"LINE_OFF": "100 pixels", "SAMP_OFF": "50.5", "LAT_OFF": "7"},
        )
        part = place.part(Window(3, 9, 2, 8))
        assert part.points == ((2.0, 4.0, 1.0, 2.0, 0.0),)
        assert part.polynomials == {"LINE_OFF": "97.0", "SAMP_OFF": "48.5", "LAT_OFF": "7"}
