"""Networks that OpenVINO made of other files, followed as what they have become."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, List, Optional, Tuple

import numpy as np
import pytest

from dl2ecd_core.models import inspect_model
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.sessions import openvino_network
from dl2ecd_core.running.sessions.onnx_session import OnnxSession
from dl2ecd_core.running.sessions.openvino_session import OpenVinoSession
from dl2ecd_core.running.sessions.scores import scores_of
from dl2ecd_core.running.tiles.fitting import fit_tiles
from dl2ecd_core.running.tiles.walking import read_looks, told_looks
from tests.conftest import FIXTURES
from tests.running.scenes import pixels, write_classes, write_scene

openvino = pytest.importorskip("openvino")
op = pytest.importorskip("openvino.opset8")


def session_of(model: str) -> OpenVinoSession:
    described = inspect_model(FIXTURES / model)
    return OpenVinoSession(FIXTURES / model, described.inputs, described.outputs)


def made(outputs: int, inputs: int = 1) -> OpenVinoSession:
    """A session of a network with several outputs, of which each looks a pixel farther."""
    images = [op.parameter([1, 2, 32, 32], np.float32, name=f"i{n}") for n in range(inputs)]
    for number, image in enumerate(images):
        image.output(0).set_names({f"image{number}"})
    kernel = op.constant(np.ones((2, 2, 3, 3), np.float32))
    x, found = images[0] if inputs == 1 else op.add(*images), []
    for number in range(outputs):
        x = op.convolution(x, kernel, [1, 1], [1, 1], [1, 1], [1, 1])
        x.output(0).set_names({f"scores{number}", f"z{number}"})
        found.append(x)
    network = openvino.Model(found, images, "network")
    return OpenVinoSession(Path("network.xml"), (), (), network=network)


def lettered(session: OpenVinoSession) -> OpenVinoSession:
    """The session with the letters that a description has."""
    session._inputs = tuple(replace(tensor, axes="NCHW") for tensor in session.inputs)
    return session


def halos(session: OpenVinoSession, output: Optional[str]) -> List[Optional[Tuple[int, int]]]:
    looks = told_looks(session, output)
    return [look.footprint.halo() for look in looks.values() if look.footprint is not None]


def test_a_program_of_paddle_is_followed() -> None:
    """Its own file is not: OpenVINO turns its operations into others."""
    model = FIXTURES / "paddle" / "softmax.pdmodel"
    assert read_looks(model, None) == {}
    session = session_of("paddle/softmax.pdmodel")
    fitted = fit_tiles(scores_of(session, 4, None, 3), told_looks(session, None))
    tried = fit_tiles(scores_of(session, 4, None, 3))
    assert (fitted.probed, tried.probed) == (False, True)
    assert (fitted.rows, fitted.columns) == (tried.rows, tried.columns)


def test_a_map_by_a_program_of_paddle_is_not_tried(tmp_path: Path) -> None:
    for ending in ("pdmodel", "pdiparams"):
        shutil.copy(FIXTURES / "paddle" / f"softmax.{ending}", tmp_path)
    done = classify(
        write_scene(tmp_path / "scene.tif", pixels(300, 280)),
        tmp_path / "softmax.pdmodel",
        tmp_path / "map.tif",
        class_info=write_classes(tmp_path / "classes.json", [1, 2, 3], Classifier="PaddlePaddle"),
        options=Options(scale=["min-max 0 255"]),
    )
    assert not {"halo-probed", "tiles-blended"} & {item.rule for item in done.findings}


def test_it_tells_the_same_as_the_file() -> None:
    for model in ("tensorflow/tf1/unet_same.pb", "openvino/argmax.xml"):
        by_file = read_looks(FIXTURES / model, None)
        by_runtime = told_looks(session_of(model), None)
        assert set(by_file) == set(by_runtime) == {"H", "W"}
        for axis, look in by_file.items():
            assert look.footprint is not None
            own = by_runtime[axis].footprint
            assert own is not None
            # Its inputs have names of their own.
            assert replace(own, sources=look.footprint.sources) == look.footprint


def test_outputs_are_found_by_the_names_of_the_session() -> None:
    session = lettered(made(2))
    assert [tensor.name for tensor in session.outputs] == ["scores0", "scores1"]
    assert halos(session, "scores0") == [(1, 1)] * 2
    assert halos(session, "scores1") == [(2, 2)] * 2
    assert halos(session, "z1") == []


def test_which_of_several_inputs_is_which_is_not_guessed() -> None:
    assert told_looks(lettered(made(1, inputs=2)), None) == {}


def test_what_can_not_be_written_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: Any) -> None:
        raise RuntimeError("no")

    session = lettered(made(1))
    assert halos(session, None) == [(1, 1)] * 2
    monkeypatch.setattr(openvino, "serialize", refuse)
    assert told_looks(session, None) == {}


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_network.tempfile, "gettempdir", lambda: str(tmp_path))
    assert halos(lettered(made(1)), None) == [(1, 1)] * 2
    assert list(tmp_path.iterdir()) == []


def test_with_many_threads_the_network_is_the_same() -> None:
    session = session_of("paddle/softmax.pdmodel")
    assert told_looks(session.threaded(2), None) == told_looks(session, None)


def test_other_runtimes_do_not_tell(tmp_path: Path) -> None:
    path = tmp_path / "unet.onnx"
    shutil.copy(FIXTURES / "onnx" / "unet.onnx", path)
    model = inspect_model(path)
    assert told_looks(OnnxSession(path, model.inputs, model.outputs), None) == {}
