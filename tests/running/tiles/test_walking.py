"""What networks tell of how far they look, held to what trying finds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Dict, Tuple

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from dl2ecd_core.models import inspect_model
from dl2ecd_core.network.footprints import at_input
from dl2ecd_core.network.lowering import Lowering
from dl2ecd_core.network.outlook import outlook_of
from dl2ecd_core.running.sessions.onnx_session import OnnxSession
from dl2ecd_core.running.sessions.scores import scores_of
from dl2ecd_core.running.tiles import fitting
from dl2ecd_core.running.tiles.fitted import Fitted
from dl2ecd_core.running.tiles.fitting import fit_tiles
from dl2ecd_core.running.tiles.placement import Placement
from dl2ecd_core.running.tiles.walking import Look, looks_of, read_looks
from tests.conftest import FIXTURES
from tests.running.random_networks import Conv, Level, Net, write
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


def test_of_a_format_that_is_not_lowered() -> None:
    looks = read_looks(FIXTURES / "openvino" / "softmax.xml", "probabilities")
    assert {axis: look.whole for axis, look in looks.items()} == {"H": False, "W": False}
    placements = [look.placement(32, 32) for look in looks.values()]
    assert [placement.reach for placement in placements if placement is not None] == [(1, 1)] * 2


def test_one_of_several_outputs_must_be_named() -> None:
    from dl2ecd_core.models.networks import read_network

    outlook = outlook_of(read_network(ONNX / "detector.onnx").network)
    assert looks_of(outlook, None) == {}
    assert looks_of(outlook, "no such output") == {}


def test_the_only_output_is_found_under_any_name() -> None:
    """Runtimes make up names where the file has none."""
    looks = read_looks(ONNX / "unet.onnx", None)
    assert looks
    assert read_looks(ONNX / "unet.onnx", "number 1") == looks


def test_sizes_that_a_network_works_out_are_followed(tmp_path: Path) -> None:
    """PyTorch exports an enlargement to another layer's size as arithmetic with that size."""
    near = Conv((3, 3))
    level = Level("stride of 3", near, "linear to the size", "concatenated")
    model = write(Net(near, (level, level), near, cropped=False, seed=3), tmp_path / "net.onnx")
    (rows, columns) = (read_looks(model, None)[axis] for axis in "HW")
    assert (rows.footprint, columns.footprint) != (None, None)
    assert (rows.footprint.alignment, rows.whole) == (4, False)
    assert rows.footprint.halo() == (17, 14)


def pooled(times: int, path: Path) -> Path:
    """A network that parts its image twice, and adds what it was between."""
    window = {"kernel_shape": [times] * 2, "strides": [times] * 2}
    factors = helper.make_tensor("factors", TensorProto.FLOAT, [4], [1, 1, times, times])
    image, scores = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 2, "rows", "columns"])
        for name in ("image", "scores")
    )
    nodes = [
        helper.make_node("MaxPool", ["image"], ["once"], **window),
        helper.make_node("MaxPool", ["once"], ["twice"], **window),
        helper.make_node("Resize", ["twice", "", "factors"], ["larger"]),
        helper.make_node("Add", ["larger", "once"], ["sum"]),
        helper.make_node("Resize", ["sum", "", "factors"], ["scores"]),
    ]
    graph = helper.make_graph(nodes, "pooled", [image], [scores], [factors])
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), path)
    return path


def placed(path: Path, *nodes: onnx.NodeProto, size: Any = 64, **constants: np.ndarray) -> Path:
    """A network that lays something over its image, then looks one pixel around."""
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, bands, size, size])
        for name, bands in (("image", 4), ("scores", 2))
    ]
    laid = {name: numpy_helper.from_array(value, name) for name, value in constants.items()}
    weights = np.random.default_rng(3).normal(0, 1, (2, 4, 3, 3)).astype("float32")
    conv = helper.make_node("Conv", ["laid", "weights"], ["scores"], pads=[1] * 4)
    graph = helper.make_graph(
        [*nodes, conv],
        "placed",
        ends[:1],
        ends[1:],
        [*laid.values(), numpy_helper.from_array(weights, "weights")],
    )
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), path)
    return path


def fitted_to_file(path: Path) -> Fitted:
    model = inspect_model(path)
    session = OnnxSession(path, model.inputs, model.outputs)
    return fit_tiles(scores_of(session, 4, None, 2), read_looks(path, None))


@pytest.mark.parametrize(("same", "exact"), [(True, True), (False, False)])
def test_what_is_learned_of_each_place_is_no_matter_of_near_pixels(
    same: bool, exact: bool, tmp_path: Path
) -> None:
    """Tiles of such a model can't be moved, unless it is the same everywhere after all."""
    shape = (1, 1, 64, 64)
    value = np.random.default_rng(4).normal(0, 1, (1, 1, 1, 1) if same else shape)
    add = helper.make_node("Add", ["image", "places"], ["laid"])
    path = placed(tmp_path / "net.onnx", add, places=np.resize(value, shape).astype("float32"))
    fitted = fitted_to_file(path)
    assert (fitted.halo, fitted.is_exact) == ((1, True) if exact else (None, False))


def test_rows_that_are_counted_matter_wherever_that_shows(tmp_path: Path) -> None:
    """Here from the 200th on, which small tiles have not."""
    nodes = [
        helper.make_node("Shape", ["image"], ["sizes"], start=2, end=3),
        helper.make_node("Squeeze", ["sizes"], ["rows"]),
        helper.make_node("Range", ["zero", "rows", "one"], ["counted"]),
        helper.make_node("Greater", ["counted", "limit"], ["below"]),
        helper.make_node("Cast", ["below"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["numbers", "shape"], ["column"]),
        helper.make_node("Add", ["image", "column"], ["laid"]),
    ]
    whole = {"zero": 0, "one": 1, "limit": 200, "shape": [1, 1, -1, 1]}
    constants = {name: np.array(value, "int64") for name, value in whole.items()}
    path = placed(tmp_path / "net.onnx", *nodes, size="free", **constants)
    assert fitted_to_file(path).rows.reach is None


@pytest.mark.parametrize("times", [3, 5, 7])
def test_tiles_that_are_pooled_twice_by_an_odd_number_are_followed(
    times: int, tmp_path: Path
) -> None:
    """The size that is taken for a free one can be halved, or parted in three, as often."""
    looks = read_looks(pooled(times, tmp_path / "net.onnx"), None)
    assert [looks[axis].footprint.alignment for axis in "HW"] == [times**2] * 2


def test_branches_of_unlike_depth_are_followed(tmp_path: Path) -> None:
    """Strided convolutions move each branch by another part of a pixel: they lie far apart."""
    lowering = Lowering(reserved=["image", "scores"])
    one = lowering.input("image", (None, 3, None, None))
    kernel = lowering.weight("kernel", (3, 3, 3, 3))

    def halved(value: str) -> str:
        return lowering.add("Conv", [value, kernel], strides=(2, 2), pads=(1, 1, 1, 1))

    def enlarged(value: str, factor: float) -> str:
        scales = lowering.constant([1.0, 1.0, factor, factor], "float32")
        return lowering.add("Resize", [value, "", scales], mode="linear")

    finer = halved(halved(one))
    coarse = enlarged(halved(halved(halved(finer))), 8.0)
    lowering.output("scores", lowering.add("Add", [finer, coarse]))
    look = looks_of(outlook_of(lowering.network()), "scores")["H"]
    assert look.footprint is not None
    assert look.footprint.start is None
    assert (look.footprint.scale, look.footprint.alignment) == (4, 32)


def test_corners_that_stay_make_all_depend_on_the_size(tmp_path: Path) -> None:
    lowering = Lowering(reserved=["image", "scores"])
    one = lowering.input("image", (None, 3, 64, 64))
    kernel = lowering.weight("kernel", (3, 3, 3, 3))
    half = lowering.add("Conv", [one, kernel], strides=(2, 2), pads=(1, 1, 1, 1))
    scales = lowering.constant([1.0, 1.0, 2.0, 1.0], "float32")
    corners = {"mode": "linear", "coordinate_transformation_mode": "align_corners"}
    lowering.output("scores", lowering.add("Resize", [half, "", scales], **corners))
    looks = looks_of(outlook_of(lowering.network()), "scores")
    assert (looks["H"].whole, looks["W"].whole) == (True, False)
    placement = looks["H"].placement(64, 64)
    assert placement is not None
    assert placement.reach is None


def test_what_can_not_be_followed_is_a_hint(tmp_path: Path) -> None:
    """An image that becomes one row of pixels and is put together again may look at all of it."""
    lowering = Lowering(reserved=["image", "scores"])
    one = lowering.input("image", (1, 3, 64, 64), letters="NCHW")
    row = lowering.add("Reshape", [one, lowering.constant([1, 3, 4096])])
    image = lowering.add("Reshape", [row, lowering.constant([1, 3, 64, 64])])
    kernel = lowering.weight("kernel", (2, 3, 1, 1))
    lowering.output("scores", lowering.add("Conv", [image, kernel]))
    look = looks_of(outlook_of(lowering.network()), "scores")["H"]
    assert (look.footprint, look.whole) == (None, True)
    assert look.placement(64, 64) is None


def test_blocks_that_an_image_is_cut_into_are_followed(tmp_path: Path) -> None:
    lowering = Lowering(reserved=["image", "scores"])
    one = lowering.input("image", (1, 3, 64, 64), letters="NCHW")
    blocks = lowering.add("Reshape", [one, lowering.constant([1, 3, 16, 4, 16, 4])])
    mixed = lowering.add("ReduceMean", [blocks], axes=(3, 5), keepdims=0)
    kernel = lowering.weight("kernel", (2, 3, 1, 1))
    lowering.output("scores", lowering.add("Conv", [mixed, kernel]))
    look = looks_of(outlook_of(lowering.network()), "scores")["H"]
    assert look.footprint is not None
    assert (look.whole, look.footprint.reach) == (False, ((0, 3),))
    assert look.placement(64, 16) == Placement(64, 16, Fraction(4), stride=4)


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
