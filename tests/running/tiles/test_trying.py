"""What is told of a model is held to what it does."""

from __future__ import annotations

from typing import Any, Callable, List, Tuple

import numpy as np
import pytest

from dl2ecd_core.findings.rules import finding
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.sessions.scores import Scores, scores_of
from dl2ecd_core.running.tiles.fitted import Fitted
from dl2ecd_core.running.tiles.placement import Placement
from dl2ecd_core.running.tiles.trying import (
    gives_the_same,
    is_seamless,
    output_size,
    runs,
    sizes_alike,
)
from tests.running.sessions.test_scores import Made, tensor

Give = Callable[[np.ndarray], np.ndarray]


def scores(give: Give) -> Scores:
    ends = tensor("NCHW", 1, 4, None, None), tensor("NCHW", 1, 2, None, None)
    return scores_of(Made([ends[0]], [ends[1]], give), 4, None, 2)


def blurred(reach: int, *axes: int) -> Give:
    """The sum over so many pixels on either side along these axes, with zeros around."""

    def give(pixels: np.ndarray) -> np.ndarray:
        result = pixels[:, :2]
        for axis in axes:
            pads = [(reach, reach) if place == axis else (0, 0) for place in range(4)]
            windows = np.lib.stride_tricks.sliding_window_view(
                np.pad(result, pads), 2 * reach + 1, axis
            )
            result = windows.sum(-1)
        return np.ascontiguousarray(result)

    return give


def filled(unit: int, reach: int = 3) -> Give:
    """The same, after the last pixel is repeated up to a multiple."""

    def give(pixels: np.ndarray) -> np.ndarray:
        rows, columns = (-size % unit for size in pixels.shape[2:])
        longer = np.pad(pixels, ((0, 0), (0, 0), (0, rows), (0, columns)), "edge")
        return blurred(reach, 2, 3)(longer)[:, :, : pixels.shape[2], : pixels.shape[3]]

    return give


def placed(reach: int, tile: int = 64) -> Placement:
    return Placement(tile, tile, reach=(reach, reach))


class TestSeams:
    @pytest.mark.parametrize("axes", [(2,), (3,), (2, 3)])
    @pytest.mark.parametrize(("reach", "tile"), [(3, 64), (30, 64), (40, 64), (100, 64)])
    def test_of_what_is_told_right_are_not_seen(
        self, axes: Tuple[int, ...], reach: int, tile: int
    ) -> None:
        """Also where a tile is all margin: one that is long enough is tried."""
        model = scores(blurred(reach, *axes))
        assert is_seamless(Fitted(model, placed(reach, tile), placed(reach, tile)))

    @pytest.mark.parametrize("axis", [2, 3])
    @pytest.mark.parametrize("reach", [3, 30])
    def test_of_what_is_told_wrong_are_seen(self, axis: int, reach: int) -> None:
        model = scores(blurred(reach, axis))
        assert not is_seamless(Fitted(model, placed(reach - 1), placed(reach - 1)))
        # Along the other axis the model looks nowhere.
        right, wrong = placed(reach), placed(0)
        along = (right, wrong) if axis == 2 else (wrong, right)
        assert is_seamless(Fitted(model, *along))

    @pytest.mark.parametrize(("stride", "seamless"), [(8, False), (16, False), (32, True)])
    def test_are_seen_where_tiles_are_filled_up(self, stride: int, seamless: bool) -> None:
        """To a multiple of 32: what the end of a tile looks like depends on its size."""
        one = Placement(96, 96, stride=stride, reach=(3, 3))
        assert is_seamless(Fitted(scores(filled(32)), one, one)) is seamless

    @pytest.mark.parametrize(("by", "seamless"), [(1 + 2e-6, True), (1 + 2e-4, False)])
    def test_may_show_the_order_of_sums(self, by: float, seamless: bool) -> None:
        """A runtime may take it another way for tiles that are longer."""

        def give(pixels: np.ndarray) -> np.ndarray:
            longer = max(pixels.shape[2:]) > 64
            return pixels[:, :2] * np.float32(by if longer else 1)

        assert is_seamless(Fitted(scores(give), placed(3), placed(3))) is seamless

    def test_are_looked_for_on_narrow_tiles(self) -> None:
        """Square ones of a model that looks far would take seconds."""
        seen: List[Tuple[int, ...]] = []

        def give(pixels: np.ndarray) -> np.ndarray:
            seen.append(pixels.shape[2:])
            return pixels[:, :2]

        is_seamless(Fitted(scores(give), placed(500), placed(500)))
        assert max(rows * columns for rows, columns in seen) <= 64 * 1010


class TestSizes:
    """Whether the size of a tile matters to what comes out at its end."""

    @pytest.mark.parametrize("axis", [1, 2])
    @pytest.mark.parametrize(("unit", "tile"), [(8, 64), (12, 60), (5, 61)])
    def test_are_alike_where_tiles_are_filled_up_alike(
        self, axis: int, unit: int, tile: int
    ) -> None:
        model = Fitted(scores(filled(unit)), placed(3, tile), placed(3, tile))
        # Three pixels and more at the end are as good as any number of them.
        lacking = [min(-(tile + more) % unit, 3) for more in range(25)]
        assert sizes_alike(model, axis, 24) == [one == lacking[0] for one in lacking[1:]]

    def test_those_that_the_model_does_not_take_are_not(self) -> None:
        def give(pixels: np.ndarray) -> np.ndarray:
            if pixels.shape[2] % 4:
                raise RunningRefused([finding("model-run-failed", "no")])
            return pixels[:, :2]

        model = Fitted(scores(give), placed(0), placed(0))
        assert sizes_alike(model, 1, 5) == [False, False, False, True, False]
        assert sizes_alike(model, 2, 5) == [True] * 5

    def test_are_all_alike_where_nothing_is_filled_up(self) -> None:
        model = Fitted(scores(blurred(40, 2, 3)), placed(40), placed(40))
        assert sizes_alike(model, 1, 9) == sizes_alike(model, 2, 9) == [True] * 9


class TestRunning:
    def test_tells_the_size_of_what_comes_out(self) -> None:
        assert output_size(scores(lambda pixels: pixels[:, :2, ::2, 1:]), 10, 20) == (5, 19)

    def test_what_comes_out_should_be_as_large_as_told(self) -> None:
        model = scores(lambda pixels: pixels[:, :2, 1:])
        assert not runs(model, placed(0), placed(0))
        assert runs(model, Placement(64, 63), placed(0))

    def test_a_model_that_does_not_run_is_none(self) -> None:
        def give(pixels: np.ndarray) -> np.ndarray:
            raise RunningRefused([finding("model-run-failed", "no")])

        assert not runs(scores(give), placed(0), placed(0))


class TestTwoSessions:
    @staticmethod
    def scaled(by: float) -> Give:
        return lambda pixels: pixels[:, :2] * np.float32(by)

    @pytest.mark.parametrize(("by", "same"), [(1 + 2e-6, True), (1 + 2e-4, False)])
    def test_may_differ_by_the_order_of_sums(self, by: float, same: bool) -> None:
        assert gives_the_same(scores(self.scaled(1)), scores(self.scaled(by)), 32, 32) is same

    def test_differ_where_one_gives_more(self) -> None:
        more = scores(lambda pixels: pixels[:, :3])
        assert not gives_the_same(scores(self.scaled(1)), more, 32, 32)

    @pytest.mark.parametrize("more", [0, 1])
    def test_classes_are_the_same_or_not(self, more: int) -> None:
        def classes(add: int) -> Any:
            return lambda pixels: (pixels[:, :2] > 0).astype("int64") + add

        assert gives_the_same(scores(classes(0)), scores(classes(more)), 32, 32) is (not more)
