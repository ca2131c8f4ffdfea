"""Any network in tiles gives what it gives in one pass over the whole scene: no pixel differs."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Optional, Tuple
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.conversion import convert
from dl2ecd_core.models import inspect_model
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classifier import Classifier
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.engine import strips
from dl2ecd_core.running.inputs.scaling import Scaling
from dl2ecd_core.running.probabilities import Kind, Probabilities
from dl2ecd_core.running.rasters.raster import ArrayReader, Window
from dl2ecd_core.running.sessions.opening import open_session
from dl2ecd_core.running.sessions.scores import scores_of
from dl2ecd_core.running.tiles import fitting
from dl2ecd_core.running.tiles.fitted import Fitted
from dl2ecd_core.running.tiles.fitting import fit_tiles, fitted_to
from dl2ecd_core.running.tiles.walking import read_looks
from dl2ecd_core.running.values import Values
from tests.running.random_networks import BANDS, Net, networks, write
from tests.running.scenes import opened, pixels, write_classes, write_scene

#: More networks where the environment asks for them.
EXAMPLES = 1000 if "DL2ECD_EXHAUSTIVE" in os.environ else 20
#: Smaller than tiles are, so that small scenes have several.
TILES = (64, 96)
VALUES = Values((3, 7, 9), 0, "uint8")


def one_pass(model: Path, scene: np.ndarray, multiple: int, lead: int) -> np.ndarray:
    """Scores of the whole scene by ONNX Runtime as it comes, nothing of this project between.

    The scene's edge is repeated to the next multiple of what the network takes, and where the
    network crops its border.
    """
    onnxruntime = pytest.importorskip("onnxruntime")
    height, width = scene.shape[1:]
    more = [(lead, lead + -(size + 2 * lead) % multiple) for size in (height, width)]
    padded = np.pad(scene, ((0, 0), *more), mode="edge")
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    (result,) = session.run(None, {session.get_inputs()[0].name: padded[None]})
    return result[0, :, :height, :width]


def in_tiles(
    model: Path, scene: np.ndarray, *, walked: bool, threads: int
) -> Tuple[Fitted, np.ndarray, np.ndarray]:
    """What the engine makes of it: values, and scores as they come."""
    described = inspect_model(model)
    session = open_session(described, model)
    scores = scores_of(session, BANDS, session.outputs[0].name, 3)
    with mock.patch.object(fitting, "USUAL", TILES):
        fitted = fit_tiles(scores, read_looks(model, None) if walked else {})
    if threads > 1:
        shared = replace(fitted.scores, session=fitted.scores.session.threaded(threads))
        fitted = replace(fitted, scores=shared)
    fitted = fitted_to(fitted, *scene.shape[1:])
    # Scores that are taken for probabilities come out as they are.
    made = Classifier(
        fitted, tuple(range(BANDS)), Scaling((), "test"), VALUES, Probabilities(Kind.SHARES, 3)
    )
    plan = made.plan(*scene.shape[1:])
    found = list(
        strips(
            ArrayReader(scene),
            made,
            plan,
            Window(0, plan.height, 0, plan.width),
            with_probabilities=True,
        )
    )
    shares = [strip.probabilities for strip in found if strip.probabilities is not None]
    return fitted, np.concatenate([strip.values for strip in found]), np.concatenate(shares, 1)


@pytest.mark.shared_models
@pytest.mark.parametrize(
    "size", [(1024, 1024), (1001, 1022), (37, 1022), (1021, 5), (259, 333), (1, 1)]
)
def test_no_pixel_of_a_real_map_differs(
    shared_models: Path, tmp_path: Path, size: Tuple[int, int]
) -> None:
    """A network that its file holds to 256 x 256, on a scene of patches."""
    onnx = pytest.importorskip("onnx")
    model = shared_models / "generated" / "torch" / "landcover_unet_ts.onnx"
    scene = pixels(*size, seed=sum(size))
    write_scene(tmp_path / "scene.tif", scene)
    classes = write_classes(tmp_path / "classes.json", (100, 200))
    convert(model, classes, tmp_path / "model.ecd")
    options = Options(scale=["min-max 0 255"])
    classify(tmp_path / "scene.tif", tmp_path / "model.ecd", tmp_path / "map.tif", options=options)
    free = onnx.load(model)
    del free.graph.value_info[:]
    for entry, side in ((free.graph.input[0], "in"), (free.graph.output[0], "out")):
        for place in (2, 3):
            entry.type.tensor_type.shape.dim[place].dim_param = f"{side}_{place}"
    onnx.save(free, tmp_path / "free.onnx")
    whole = one_pass(tmp_path / "free.onnx", scene / np.float32(255), 4, 0)
    with opened(tmp_path / "map.tif") as file:
        assert np.array_equal(file.read(1), np.array([100, 200])[whole.argmax(0)])


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    networks,
    st.sampled_from([None, 32, 48]),
    st.tuples(st.integers(1, 230), st.integers(1, 260)),
    st.booleans(),
    st.sampled_from([1, 3]),
)
def test_no_pixel_of_any_network_differs(
    net: Net, tile: Optional[int], size: Tuple[int, int], walked: bool, threads: int
) -> None:
    scene = np.random.default_rng(net.seed).random((BANDS, *size)).astype("float32")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "fixed").mkdir()
        model = write(net, Path(folder) / "fixed" / "net.onnx", tile)
        free = write(net, Path(folder) / "free.onnx")
        whole = one_pass(free, scene, net.stride, int(net.cropped))
        fitted, values, scores = in_tiles(model, scene, walked=walked, threads=threads)
    assert fitted.is_exact
    assert np.array_equal(values, np.array(VALUES.by_index, "uint8")[whole.argmax(0)])
    assert np.array_equal(scores, whole)
