"""Networks of OpenVINO that enlarge to a stated size, with images of other sizes."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, List, Optional

import numpy as np
import pytest

from dl2ecd_core.models import inspect_model
from dl2ecd_core.running.sessions.openvino_session import OpenVinoSession
from dl2ecd_core.running.sessions.openvino_sizes import by_factors
from dl2ecd_core.running.sessions.scores import scores_of
from dl2ecd_core.running.tiles.fitting import fit_tiles
from dl2ecd_core.running.tiles.walking import read_looks

openvino = pytest.importorskip("openvino")
op = pytest.importorskip("openvino.opset8")
node_factory = pytest.importorskip("openvino.utils.node_factory")

SIZED: Dict[str, Any] = {
    "mode": "linear_onnx", "shape_calculation_mode": "sizes", "nearest_mode": "floor",
    "coordinate_transformation_mode": "half_pixel",
}  # fmt: skip


def resized(x: Any, sizes: List[int], version: str = "opset11", **other: Any) -> Any:
    amounts = [op.constant(np.array(sizes, np.int64))]
    said: Dict[str, Any] = {**SIZED, **other}
    if version == "opset4":
        amounts.append(op.constant(np.ones(2, np.float32)))
    axes = [op.constant(np.array([2, 3], np.int64))] if len(sizes) == 2 else []
    if version == "opset1":
        axes, said = [], {"mode": "nearest", "axes": [2, 3]}
    inputs = [one.output(0) for one in (x, *amounts, *axes)]
    return node_factory.NodeFactory(version).create("Interpolate", inputs, said)


def network(sizes: Optional[List[int]], batch: int = 1, **other: Any) -> Any:
    """A convolution that halves a tile, which is enlarged again to a size."""
    image = op.parameter(openvino.PartialShape([batch, 3, 64, 48]), np.float32, name="image")
    image.output(0).set_names({"image"})
    image.set_layout(openvino.Layout("NCHW"))
    kernel = op.constant(np.random.default_rng(1).normal(size=(2, 3, 3, 3)).astype("float32"))
    x = op.convolution(image, kernel, [2, 2], [1, 1], [1, 1], [1, 1])
    x = x if sizes is None else resized(x, sizes, **other)
    x.output(0).set_names({"scores"})
    return openvino.Model([x], [image], "network")


def session(made: Any, path: Path) -> OpenVinoSession:
    openvino.save_model(made, path, compress_to_fp16=False)
    model = inspect_model(path)
    return OpenVinoSession(path, model.inputs, model.outputs)


@pytest.mark.parametrize("version", ["opset4", "opset11"])
@pytest.mark.parametrize("sizes", [[64, 48], [1, 2, 64, 48]])
@pytest.mark.parametrize("batch", [1, -1])
def test_any_size_goes_in_and_the_stated_one_gives_the_same(
    version: str, sizes: List[int], batch: int, tmp_path: Path
) -> None:
    if version == "opset4" and len(sizes) == 4:
        sizes = sizes[2:]
    fixed = session(network(sizes, batch, version=version), tmp_path / "x.xml")
    free = fixed.freed()
    assert free is not None
    tile = np.random.default_rng(2).normal(size=(1, 3, 64, 48)).astype("float32")
    assert np.array_equal(free.run([tile])[0], fixed.run([tile])[0])
    assert free.run([np.zeros((1, 3, 80, 96), "float32")])[0].shape == (1, 2, 80, 96)
    assert [tensor.name for tensor in free.outputs] == ["scores"]


def test_tiles_are_laid_by_what_the_network_tells(tmp_path: Path) -> None:
    scores = scores_of(session(network([64, 48]), tmp_path / "x.xml"), 3, None, 2)
    fitted = fit_tiles(scores, read_looks(tmp_path / "x.xml", "scores"))
    assert not fitted.probed
    assert (fitted.rows.stride, fitted.rows.tile, fitted.halo) == (2, 256, 3)


@pytest.mark.parametrize(
    ("made", "kept"),
    [
        (lambda: network(None), "nothing is resized"),
        (lambda: network([48, 40]), "by no whole factor"),
        (lambda: network([64, 48], pads_begin=[0, 0, 1, 0], pads_end=[0, 0, 0, 0]), "padded"),
        (lambda: network([64, 48], version="opset1"), "of the first version"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_stays_as_it_is(made: Any, kept: str) -> None:
    assert by_factors(made()) is None


def test_of_an_unknown_rank_nothing_is_known() -> None:
    image = op.parameter(openvino.PartialShape.dynamic(), np.float32)
    x = resized(image, [64, 48])
    assert by_factors(openvino.Model([x], [image], "network")) is None


def test_a_network_that_takes_no_other_size_in_either_way(tmp_path: Path) -> None:
    image = op.parameter([1, 2, 64, 48], np.float32, name="image")
    image.set_layout(openvino.Layout("NCHW"))
    image.output(0).set_names({"image"})
    x = resized(op.add(image, op.constant(np.ones((1, 2, 64, 48), np.float32))), [128, 96])
    x.output(0).set_names({"scores"})
    scores = scores_of(session(openvino.Model([x], [image], "n"), tmp_path / "x.xml"), 2, None, 2)
    fitted = fit_tiles(scores, read_looks(tmp_path / "x.xml", "scores"))
    assert (fitted.rows.tile, fitted.columns.tile) == (64, 48)


def test_older_versions_have_the_operations_in_another_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = network([64, 48])
    older = SimpleNamespace(runtime=SimpleNamespace(opset11=openvino.opset11))
    monkeypatch.setitem(sys.modules, "openvino", older)
    assert by_factors(made) is not None
