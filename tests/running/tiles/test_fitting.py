"""Which tiles a model gets: of any size where it takes any, smaller ones for small scenes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, List, Tuple

import numpy as np
import pytest

from dl2ecd_core.findings.rules import finding
from dl2ecd_core.network.footprints import at_input
from dl2ecd_core.running import building
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.sessions.scores import scores_of
from dl2ecd_core.running.tiles import fitting
from dl2ecd_core.running.tiles.fitted import Fitted
from dl2ecd_core.running.tiles.fitting import fit_tiles, fitted_to
from dl2ecd_core.running.tiles.walking import Look
from tests.running.scenes import opened
from tests.running.sessions.test_scores import Made, tensor
from tests.running.test_classify import BYTES, Place
from tests.running.tiles.test_trying import filled

Give = Callable[[np.ndarray], np.ndarray]


class Free(Made):
    """A model that takes any size, or says so."""

    def freed(self) -> Made:
        return self


def same(pixels: np.ndarray) -> np.ndarray:
    return pixels[:, :2] * 2


def less_the_mean(pixels: np.ndarray) -> np.ndarray:
    return pixels[:, :2] - pixels[:, :2].mean((2, 3), keepdims=True)


def only(*sizes: int) -> Give:
    """A model that takes tiles of these rows alone."""

    def give(pixels: np.ndarray) -> np.ndarray:
        if pixels.shape[2] not in sizes:
            raise RunningRefused([finding("model-run-failed", "no")])
        return same(pixels)

    return give


def fitted(give: Give, height: Any = None, width: Any = None, **more: Any) -> Fitted:
    ends = tensor("NCHW", 1, 4, height, width), tensor("NCHW", 1, 2, None, None)
    return fit_tiles(scores_of(Free([ends[0]], [ends[1]], give), 4, None, 2), **more)


class TestSmallScenes:
    def test_get_tiles_of_their_own(self) -> None:
        small = fitted_to(fitted(same), 90, 1000)
        assert small.flexible
        assert small.shortest == (90, small.columns.tile)
        assert small.placements(90, 1000)[0].tile == 90

    def test_large_ones_need_none(self) -> None:
        usual = fitted(same)
        assert fitted_to(usual, 5000, 5000) is usual

    def test_where_the_model_does_not_run_so_they_are_made_longer(self) -> None:
        usual = fitted(only(256, 320, 257, 255, 512, 576, 320 + 256))
        assert fitted_to(usual, 90, 1000).shortest is None

    def test_where_it_gives_something_else_they_are_made_longer(self) -> None:
        def odd(pixels: np.ndarray) -> np.ndarray:
            return same(pixels)[:, :, : pixels.shape[2] - (pixels.shape[2] < 100)]

        assert fitted_to(fitted(odd), 90, 1000).shortest is None

    def test_one_that_sees_all_has_its_own_tile_only(self) -> None:
        whole = fitted(less_the_mean, 64, 64)
        assert whole.halo is None
        assert not whole.flexible
        assert fitted_to(whole, 10, 10) is whole

    def test_one_that_sees_all_of_any_tile_keeps_to_the_usual(self) -> None:
        whole = fitted(less_the_mean)
        assert not whole.is_exact
        assert not whole.flexible
        assert fitted_to(whole, 5000, 5000) is whole

    @pytest.mark.parametrize(("halved", "rows"), [(1, 29), (8, 32), (64, 64)])
    def test_one_that_sees_all_sees_no_more_than_a_small_scene(
        self, halved: int, rows: int
    ) -> None:
        """The scene in one pass: its border is not repeated to the end of a usual tile."""

        def give(pixels: np.ndarray) -> np.ndarray:
            if pixels.shape[2] % halved:
                raise RunningRefused([finding("model-run-failed", "no")])
            return less_the_mean(pixels)

        small = fitted_to(fitted(give), 29, 320)
        assert [one.tile for one in small.placements(29, 320)] == [rows, 320]
        # Two tiles side by side are as wide as usual, of which one ends where the scene does.
        assert small.placements(29, 1000)[1].tile == 320

    def test_where_it_takes_nothing_smaller_the_scene_is_made_longer(self) -> None:
        def give(pixels: np.ndarray) -> np.ndarray:
            if pixels.shape[2] < 256:
                raise RunningRefused([finding("model-run-failed", "no")])
            return less_the_mean(pixels)

        whole = fitted(give)
        assert fitted_to(whole, 29, 320) is whole


class TestTrying:
    """Of a model that sees all of its tile, longer ones are tried: there may be an end to it."""

    @pytest.mark.parametrize(
        ("looks", "longest"),
        [({}, (1024, 1280)), ({axis: Look(None, whole=True) for axis in "HW"}, (512, 640))],
    )
    def test_goes_as_far_as_the_network_lets_expect_an_end(
        self, looks: Any, longest: Tuple[int, int]
    ) -> None:
        seen: List[Tuple[int, ...]] = []

        def give(pixels: np.ndarray) -> np.ndarray:
            seen.append(pixels.shape[2:])
            return less_the_mean(pixels)

        whole = fitted(give, looks=looks)
        assert (max(rows for rows, _ in seen), max(columns for _, columns in seen)) == longest
        assert (whole.rows.tile, whole.columns.tile) == fitting.USUAL
        # One axis at a time: the other stays as it is.
        assert max(rows * columns for rows, columns in seen) <= 1280 * 320


class TestTilesThatAreFilledUp:
    """Of networks that fill their tiles up to a multiple of some size."""

    @pytest.mark.parametrize(
        ("unit", "tiles"), [(32, (256, 320)), (48, (288, 336)), (7, (259, 322)), (1, (256, 320))]
    )
    def test_are_whole_multiples(self, unit: int, tiles: Tuple[int, int]) -> None:
        found = fitted(filled(unit, reach=12))
        assert found.probed
        assert found.halo == 12
        assert [one.stride for one in (found.rows, found.columns)] == [unit, unit]
        assert (found.rows.tile, found.columns.tile) == tiles

    def test_are_tried_narrow_where_the_model_takes_such(self) -> None:
        seen: List[int] = []

        def give(pixels: np.ndarray) -> np.ndarray:
            seen.append(min(pixels.shape[2:]))
            if min(pixels.shape[2:]) < least:
                raise RunningRefused([finding("model-run-failed", "no")])
            return filled(16)(pixels)

        for least, narrowest in ((0, 64), (200, 250)):
            seen.clear()
            assert fitted(give).rows.stride == 16
            assert min(one for one in seen if one >= least) <= narrowest

    def test_keep_the_size_that_a_file_states(self) -> None:
        """Such a network has been made for tiles that are filled up so."""
        found = fitted(filled(32), 256 + 31, 320 + 31)
        assert found.rows.stride == 32
        assert found.rows.tile % 32 == 31

    def test_are_blended_where_no_multiple_is_alike(self) -> None:
        def ending(pixels: np.ndarray) -> np.ndarray:
            result = same(pixels)
            result[:, :, -1] *= pixels.shape[2]
            return result

        found = fitted(ending)
        assert not found.is_exact
        assert found.halo is None


def test_one_result_for_any_tile_is_one_for_a_usual_one() -> None:
    made = fitted(lambda pixels: pixels[:, :2, :1, :1])
    assert (made.rows.tile, made.rows.output, made.columns.output) == (256, 1, 1)


class TestFarSight:
    """Of a network that sees farther than half a usual large tile, as a U-Net over ResNet-34."""

    @pytest.mark.parametrize(
        ("reach", "tile", "is_exact"),
        [(12, 256, True), (100, 1024, True), (527, 2108, True), (900, 3072, True),
         (1200, 1024, False)],
    )  # fmt: skip
    def test_gets_tiles_as_long_as_it_takes(self, reach: int, tile: int, is_exact: bool) -> None:
        footprint = at_input(("x", 2)).window(2 * reach + 1, pad_before=reach)
        looks = {axis: Look(footprint, whole=False) for axis in "HW"}
        seen: List[Tuple[int, ...]] = []

        def give(pixels: np.ndarray) -> np.ndarray:
            seen.append(pixels.shape[2:])
            return same(pixels)

        made = fitted(give, looks=looks)
        assert (made.rows.tile, made.is_exact, made.halo) == (tile, is_exact, reach)
        # No trial is as large: it would take seconds of those that wait.
        assert max(max(one) for one in seen) <= max(2 * 320, 2 * reach + 10)
        tried = fitting.trial_tile(made).shape[1]
        assert 256 <= tried < 256 + 64 if made.flexible else tried == tile


class TestSizesThatAModelKeepsQuietAbout:
    """Axes that are called free in a file whose network takes one size."""

    @pytest.mark.parametrize(("size", "tile"), [(256, 256), (224, 224), (64, 64)])
    def test_are_found(self, size: int, tile: int) -> None:
        def give(pixels: np.ndarray) -> np.ndarray:
            if pixels.shape[2:] != (size, size):
                raise RunningRefused([finding("model-run-failed", "no")])
            return same(pixels)

        made = fitted(give)
        assert (made.rows.tile, made.columns.tile) == (tile, tile)
        assert made.is_exact
        assert not made.flexible

    def test_are_not_guessed_for_ever(self) -> None:
        def give(pixels: np.ndarray) -> np.ndarray:
            raise RunningRefused([finding("model-run-failed", f"not {pixels.shape[2]}")])

        with pytest.raises(RunningRefused, match="not 256"):
            fitted(give)


class TestTilesOfWholeStrides:
    """Of a tile that is none, a network leaves out what is beyond the last whole stride."""

    @pytest.mark.parametrize("stride", [3, 7, 15])
    def test_where_the_network_tells_its_stride(self, stride: int) -> None:
        def give(pixels: np.ndarray) -> np.ndarray:
            rows, columns = (size // stride * stride for size in pixels.shape[2:])
            kept = same(pixels)[:, :, :rows:stride, :columns:stride]
            return kept.repeat(stride, 2).repeat(stride, 3)

        footprint = at_input(("x", 2)).window(stride, stride)
        assert footprint is not None
        looks = {axis: Look(footprint.repeated(stride), whole=False) for axis in "HW"}
        made = fitted(give, looks=looks)
        assert not made.probed
        assert made.rows.tile % stride == made.columns.tile % stride == 0
        assert (made.rows.output, made.rows.start) == (made.rows.tile, 0)


class TestWhatANetworkTells:
    def test_that_all_is_seen(self) -> None:
        """Then nothing is compared: no tiles would be alike."""
        looks = {axis: Look(at_input(), whole=True) for axis in "HW"}
        whole = fitted(less_the_mean, looks=looks)
        assert not whole.probed
        assert whole.halo is None

    def test_of_a_model_that_crops_more_than_a_small_tile(self) -> None:
        """Nothing is left of the small tiles that are tried first."""
        footprint = at_input(("x", 2)).window(101)
        looks = {axis: Look(footprint, whole=False) for axis in "HW"}
        made = fitted(lambda pixels: same(pixels)[:, :, 50:-50, 50:-50], looks=looks)
        assert (made.rows.output, made.rows.start, made.probed) == (156, 50, False)

    def test_too_little_of_a_model_of_one_size(self) -> None:
        """It is tried instead."""
        ends = tensor("NCHW", 1, 4, 64, 64), tensor("NCHW", 1, 2, 64, 64)
        looks = {axis: Look(at_input(), whole=False) for axis in "HW"}
        unknown = {axis: Look(looks["H"].footprint.resampled(1), whole=False) for axis in "HW"}
        made = fit_tiles(scores_of(Made([ends[0]], [ends[1]], same), 4, None, 2), unknown)
        assert made.probed

    def test_one_size_of_two_may_be_free(self) -> None:
        one = fitted(same, 64, None)
        assert one.scores.tile == (None, None)
        assert one.is_exact


class TestFindings:
    @pytest.fixture
    def place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
        monkeypatch.setattr(fitting, "USUAL", (64, 64))
        return Place(tmp_path)

    def test_of_a_model_that_sees_all_of_its_tile(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looks = {axis: Look(at_input(), whole=True) for axis in "HW"}
        monkeypatch.setattr(building, "read_looks", lambda model, output: looks)
        done = classify(place.scene, place.ecd, place.out, options=BYTES)
        assert "tiles-blended" in [item.rule for item in done.findings]
        assert done.halo is None

    def test_of_a_model_that_sees_beyond_the_tiles_that_it_takes(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One that is exported anew can be exact: that is said."""
        half = at_input(("x", 2)).window(4, 4).repeated(4)
        footprint = half.window(201, pad_before=100)
        looks = {axis: Look(footprint, whole=False) for axis in "HW"}
        monkeypatch.setattr(building, "read_looks", lambda model, output: looks)
        for name in ("LARGEST", "FARTHEST"):
            monkeypatch.setattr(fitting, name, 64)
        done = classify(place.scene, place.ecd, place.out, options=BYTES)
        (said,) = [item for item in done.findings if item.rule == "tiles-blended"]
        assert "looks 100 pixels beyond each pixel and runs on tiles of 16 x 16" in said.message
        assert "dynamic_axes" in (said.hint or "")
        assert done.halo is None

    def test_of_a_network_that_can_not_be_read(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        classify(place.scene, place.ecd, place.out, options=BYTES)
        with opened(place.out) as file:
            known = file.read()
        monkeypatch.setattr(building, "read_looks", lambda model, output: {})
        done = classify(place.scene, place.ecd, place.out, options=BYTES)
        (said,) = [item for item in done.findings if item.rule == "halo-probed"]
        assert f"{done.halo} pixels beyond each" in said.message
        with opened(place.out) as file:
            assert np.array_equal(file.read(), known)

    def test_of_an_output_that_the_definition_names(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the classes alone don't tell which output theirs is."""
        classify(place.scene, place.ecd, place.out, options=BYTES)
        with opened(place.out) as file:
            known = file.read()
        monkeypatch.setattr(building, "find_class_output", lambda model, values: None)
        classify(place.scene, place.ecd, place.out, options=BYTES)
        with opened(place.out) as file:
            assert np.array_equal(file.read(), known)
