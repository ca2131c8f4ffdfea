"""What seldom happens while a model is opened and run: it ends in a sentence or changes nothing."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.exports.legend import LegendRow
from dl2ecd_core.findings.errors import Cancelled, Dl2EcdError
from dl2ecd_core.findings.rules import finding
from dl2ecd_core.models import Tensor, inspect_model
from dl2ecd_core.network.footprints import at_input
from dl2ecd_core.network.graph import Graph
from dl2ecd_core.network.lowering import Network
from dl2ecd_core.network.outlook import outlook_of
from dl2ecd_core.network.value import Axis, Value
from dl2ecd_core.progress import Listener
from dl2ecd_core.running import engine, opening
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.maps.preview import _label
from dl2ecd_core.running.opening import opened_model
from dl2ecd_core.running.processes import child
from dl2ecd_core.running.rasters import virtual
from dl2ecd_core.running.sessions import onnx_session, openvino_session
from dl2ecd_core.running.sessions.opening import _ends, open_session
from dl2ecd_core.running.sessions.torch_session import TorchSession
from dl2ecd_core.running.tiles.probing import probe
from dl2ecd_core.running.tiles.walking import Look, looks_of
from tests.conftest import FIXTURES
from tests.running.test_classify import Place


def test_a_process_of_the_command_line_has_a_word_in_its_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(FIXTURES.parents[1]))
    assert child.command_process(["--version"], {"DL2ECD_INSIDE": "1"}).wait() == 0


def test_cores_of_a_system_that_shares_out_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert engine.cores() == 3
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert engine.cores() == 1


class TestOpening:
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return Place(tmp_path)

    def test_without_room_for_the_models_files(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = Path.open

        def opened(self: Path, mode: str = "r", *more: Any, **options: Any) -> Any:
            if mode == "xb":
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(self, mode, *more, **options)

        monkeypatch.setattr(Path, "open", opened)
        with pytest.raises(Dl2EcdError) as refused, opened_model(place.ecd):
            raise AssertionError("it was opened")
        assert [item.rule for item in refused.value.findings] == ["output-disk-full"]

    def test_unpacking_may_be_cancelled(self, place: Place) -> None:
        class Impatient(Listener):
            def cancelled(self) -> bool:
                return True

        unpacked = opening._private(read_ecd(place.ecd), Impatient())
        with pytest.raises(Cancelled), unpacked:
            raise AssertionError("it was opened")

    def test_what_is_wrong_with_the_private_copy_is_said_of_the_definition(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def inspected(path: Path) -> Any:
            model = inspect_model(path)
            said = finding("model-damaged", f"'{path}' ends too soon.")
            return replace(model, findings=(said,))

        monkeypatch.setattr(opening, "inspect_model", inspected)
        with pytest.raises(RunningRefused) as refused, opened_model(place.ecd):
            raise AssertionError("it was opened")
        (said,) = refused.value.findings
        assert said.message == "'unet.onnx' ends too soon."
        assert said.where.file == str(place.ecd)


class TestSessions:
    def test_an_output_that_states_no_shape_has_the_classes_that_are_known(self) -> None:
        node = SimpleNamespace(name="y", shape=[], type="tensor(float)")
        known = Tensor("y", (1, 2, 64, 64), "NCHW")
        found = onnx_session._tensor(node, {"y": known})
        assert (found.shape, found.axes) == ((None, 2, None, None), "NCHW")

    def test_openvinos_own_names_count_where_nothing_else_is_known(self) -> None:
        openvino = pytest.importorskip("openvino")
        model = openvino.Core().read_model(str(FIXTURES / "openvino" / "moves.xml"))
        found, *_ = openvino_session._tensors(model.inputs, ())
        assert found.name in model.inputs[0].get_names()

    def test_pytorch_on_a_card_takes_many_tiles_in_a_run(self) -> None:
        """And no more of the processor than one run does."""
        session = TorchSession.__new__(TorchSession)
        session._runtime, session._threads = "PyTorch 2.0 on CUDA", 8
        assert (session.batch, session.threads) == (64, 1)
        assert session.threaded(2) is session

    def test_ends_of_which_a_network_tells_nothing_stay_as_described(self) -> None:
        """And those that the file does not describe have their names."""
        known = Tensor("x", (1, 4, 8, 8), "NCHW")
        network = Network(Graph(), {"x": Value(), "y": Value()}, {})
        assert _ends(network, ["x"], (known,)) == (known,)
        assert _ends(network, ["x", "y"], (known,)) == (known, Tensor("y"))

    def test_a_model_that_litert_does_not_take_is_not_given_to_another(
        self, tmp_path: Path
    ) -> None:
        pytest.importorskip("ai_edge_litert")
        model = inspect_model(FIXTURES / "tflite" / "softmax.tflite")
        path = tmp_path / "softmax.tflite"
        path.write_bytes(b"nothing of the kind")
        with pytest.raises(RunningRefused, match="model-not-loaded: LiteRT"):
            open_session(model, path)


def test_long_names_are_cut_in_the_legend() -> None:
    label = _label(LegendRow(7, "A name  " * 20, (1, 2, 3), None))
    assert label.startswith("7 A name A name")
    assert label.endswith("...")
    assert len(label) < 80


def test_a_virtual_raster_of_any_size_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(virtual, "_LARGEST", 10)
    path = tmp_path / "a.vrt"
    path.write_text("<VRTDataset rasterXSize='1' rasterYSize='1'/>")
    with pytest.raises(Dl2EcdError):
        virtual.check_sources(path)


class TestLooks:
    def test_that_reach_behind_a_tile_without_an_end(self) -> None:
        far = replace(at_input(), reach=((0, 9000),))
        placement = Look(far, whole=False).placement(16, 16)
        assert placement is not None
        assert placement.reach is None

    def test_along_another_axis_than_its_own_tell_nothing(self) -> None:
        """As after rows and columns were exchanged."""
        turned = at_input(("x", 3))
        axes = (Axis("N"), Axis("C"), Axis("H", turned), Axis("W"))
        value = Value((1, 2, 8, 8), "float32", axes)
        network = Network(Graph(outputs={"y": None}), {"y": value}, {"x": "NCHW"})  # type: ignore[dict-item]
        assert looks_of(outlook_of(network), "y") == {}


class TestProbing:
    def test_what_is_seen_on_some_lines_only_is_all(self) -> None:
        """A model that looks at the whole tile from one place in it."""

        def give(tile: np.ndarray) -> np.ndarray:
            result = tile[:1].copy()
            result[:, 40:44] += tile.mean()
            return result

        found = probe(give, np.random.default_rng(1).random((2, 64, 64)), (None, None))
        assert found.rows.reach is None or found.rows.reach[0] > 20

    def test_no_move_that_changes_nothing_else(self) -> None:
        """A model that knows where in the tile a pixel lies."""
        places = np.arange(64)[:, None] ** 2.0

        def give(tile: np.ndarray) -> np.ndarray:
            return tile[:1] * (1 + places[: tile.shape[1]])

        found = probe(give, np.random.default_rng(1).random((2, 64, 64)), (None, Fraction(1)))
        assert found.rows.reach is None


@pytest.mark.parametrize("name", ["map.png", "map", "map.tif.zip", ".tif"])
@pytest.mark.parametrize("second", [False, True])
def test_a_map_ends_as_a_geotiff_does(tmp_path: Path, name: str, second: bool) -> None:
    place = Place(tmp_path)
    out, more = (place.out, tmp_path / name) if second else (tmp_path / name, None)
    with pytest.raises(Dl2EcdError) as refused:
        classify(place.scene, place.ecd, out, probabilities=more)
    (said,) = refused.value.findings
    assert said.rule == "output-ending"
    assert "does not end in .tif or .tiff" in said.message
    assert place.left() == []
