"""What networks tell of how far they look, held to what trying finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Dict, Tuple

import pytest

from dl2ecd_core.network.footprints import at_input
from dl2ecd_core.running import fitting
from dl2ecd_core.running.fitting import Fitted, fit_tiles
from dl2ecd_core.running.walking import Look, looks_of, read_looks
from tests.conftest import FIXTURES
from tests.running.scenes import scores

ONNX = FIXTURES / "onnx"


@pytest.mark.parametrize(
    ("model", "bands", "layers"), [("unet", 4, 2), ("nhwc", 4, 6), ("qdq", 4, 2), ("sigmoid", 3, 1)]
)
def test_is_what_trying_finds(model: str, bands: int, layers: int, tmp_path: Path) -> None:
    looks = read_looks(ONNX / f"{model}.onnx", None)
    walked = fit_tiles(scores(model, tmp_path / "a", bands, layers), looks)
    tried = fit_tiles(scores(model, tmp_path / "b", bands, layers))
    assert not walked.probed
    assert tried.probed
    assert (walked.rows, walked.columns) == (tried.rows, tried.columns)


def test_a_result_of_indices_hides_nothing_from_the_walk(tmp_path: Path) -> None:
    """Trying sees little of a model that gives the same class everywhere."""
    looks = read_looks(ONNX / "argmax.onnx", None)
    fitted = fit_tiles(scores("argmax", tmp_path, 3, 6), looks)
    assert fitted.halo == 2
    assert fitted.rows.start == 2


def test_a_network_that_tells_too_little_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tiles on end are compared with one longer tile."""
    near = {axis: Look(at_input(), whole=False) for axis in "HW"}
    fitted = fit_tiles(scores("unet", tmp_path), near)
    assert fitted.probed
    assert fitted.halo == 4


def test_a_model_that_says_nothing_of_its_network() -> None:
    assert read_looks(FIXTURES / "pytorch" / "no-such-file", None) == {}


def test_one_of_several_outputs_must_be_named() -> None:
    from dl2ecd_core.models.networks import read_network

    network = read_network(ONNX / "detector.onnx").network
    assert looks_of(network, None) == {}
    assert looks_of(network, "no such output") == {}


class TestPlacements:
    @pytest.mark.parametrize(
        ("window", "output", "scale", "margins"),
        [
            ({"kernel": 3, "stride": 2, "pad_before": 1}, 8, 2, (1, 0)),
            ({"kernel": 4, "pad_before": 3}, 16, 1, (3, 0)),
            ({"kernel": 4, "pad_before": 0}, 16, 1, (0, 3)),
            ({"kernel": 3, "stride": 2, "pad_before": 0}, 8, 2, (0, 1)),
        ],
    )
    def test_of_a_result_as_large_as_the_tile_begins_where_it_does(
        self, window: Dict[str, int], output: int, scale: int, margins: Tuple[int, int]
    ) -> None:
        """Padding at one end moves what pixels look at, and not what they stand for."""
        footprint = at_input().window(**window)
        assert footprint is not None
        placement = Look(footprint, whole=False).placement(16, output)
        assert placement is not None
        assert (placement.scale, placement.start) == (scale, 0)
        assert placement.margins == margins

    @pytest.mark.parametrize(("output", "start"), [(16, 0), (15, 0), (14, 1), (13, 1), (10, 3)])
    def test_of_a_result_that_lost_pixels_lost_them_on_either_side(
        self, output: int, start: int
    ) -> None:
        footprint = at_input().window(3)
        assert footprint is not None
        placement = Look(footprint, whole=False).placement(16, output)
        assert placement is not None
        assert placement.start == start

    def test_halves_of_a_pixel_are_left_out(self) -> None:
        footprint = at_input().window(2)
        assert footprint is not None
        placement = Look(footprint, whole=False).placement(16, 15)
        assert placement is not None
        assert placement.start == 0
        assert placement.margins == (0, 0)

    def test_of_a_network_that_sees_all(self) -> None:
        placement = Look(at_input(), whole=True).placement(16, 16)
        assert placement is not None
        assert placement.reach is None

    def test_of_an_unknown_reach(self) -> None:
        assert Look(replace(at_input(), reach=None), whole=False).placement(16, 16) is None

    def test_that_never_ends(self) -> None:
        far = replace(at_input(), reach=((-9000, 0),))
        placement = Look(far, whole=False).placement(16, 16)
        assert placement is not None
        assert placement.reach is None


def test_large_margins_get_large_tiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "_TIMES_MARGIN", 50)
    fitted: Fitted = fit_tiles(scores("unet", tmp_path), read_looks(ONNX / "unet.onnx", None))
    assert fitted.rows.tile == 400
