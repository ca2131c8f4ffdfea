"""The same objects as on one machine, found by many."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any, Dict

import numpy as np
import pytest

from dl2ecd_core.findings.errors import Cancelled, Dl2EcdError
from dl2ecd_core.progress import Listener
from dl2ecd_core.running.cluster import detect as detecting
from dl2ecd_core.running.cluster.detect import detect_on
from dl2ecd_core.running.cluster.worker import ORDERS
from dl2ecd_core.running.detect import DetectOptions
from tests.running.scenes import write_scene

from .conftest import needs_dask
from .stand_in import QUICK, StandInClient
from .test_cli import asked, call  # noqa: F401

if not all(map(importlib.util.find_spec, ("shapely", "pyogrio", "onnx"))):
    pytest.skip("needs shapely, pyogrio and onnx", allow_module_level=True)

from tests.running.objects import networks
from tests.running.objects.test_detect import BYTES, Place, objects_in

OPTIONS = DetectOptions(scale=[BYTES], overlap=16, score=0.3)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    # Many tasks: what comes out of their order is put in order.
    monkeypatch.setattr(detecting, "_AT_ONCE", 2)
    return Place(tmp_path)


def on(client: Any, place: Place, model: Path, **more: Any) -> Any:
    given = {"class_info": place.classes, "options": OPTIONS, "patience": QUICK, **more}
    return detect_on(client, place.scene, model, place.folder / "many.gpkg", **given)


def check_same(place: Place, model: Path, done: Any, **more: Any) -> None:
    alone = place.detect(model, **more)
    one, other = objects_in(place.out), objects_in(place.folder / "many.gpkg")
    assert len(one[1]) > 2
    assert [shape.wkb for shape in one[1]] == [shape.wkb for shape in other[1]]
    assert one[2] == other[2]
    assert (done.classes, done.tiles, done.runtime) == (alone.classes, alone.tiles, alone.runtime)
    assert done.findings == alone.findings


@pytest.mark.parametrize("kind", ["yolov8", "turned", "segmenting"])
def test_the_layer_is_that_of_one_machine(place: Place, client: StandInClient, kind: str) -> None:
    model = getattr(networks, kind)(place.folder / "model.onnx")
    check_same(place, model, on(client, place, model))
    for what, order in client.asked:
        assert what == "objects"
        assert json.loads(json.dumps(order)) == order


def test_with_dask(tmp_path: Path, dask_client: Any) -> None:
    place = Place(tmp_path)
    model = networks.yolov8(place.folder / "model.onnx")
    check_same(place, model, on(dask_client, place, model))


test_with_dask = needs_dask(test_with_dask)


def test_what_fails_is_told_and_gone_on_with(
    place: Place, client: StandInClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = networks.yolov8(place.folder / "model.onnx")
    real, calls = ORDERS["objects"], []

    def fall(order: Dict[str, Any]) -> Dict[str, Any]:
        told = real(order)
        calls.append(order)
        if len(calls) > 2:
            raise OSError("gone")
        return told

    monkeypatch.setitem(ORDERS, "objects", fall)
    with pytest.raises(Dl2EcdError) as refused:
        on(client, place, model)
    assert "gone" in str(refused.value)
    assert not (place.folder / "many.gpkg").exists()
    monkeypatch.setitem(ORDERS, "objects", real)
    check_same(place, model, on(client, place, model))


def test_cancelling_leaves_nothing(place: Place, client: StandInClient) -> None:
    model = networks.yolov8(place.folder / "model.onnx")
    before = {path.name for path in place.folder.iterdir()}

    class Impatient(Listener):
        def cancelled(self) -> bool:
            return len(client.asked) > 2

    with pytest.raises(Cancelled):
        on(client, place, model, messages=Impatient())
    assert {path.name for path in place.folder.iterdir()} == before


def test_a_worker_that_reads_otherwise_is_refused(
    place: Place, client: StandInClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = networks.yolov8(place.folder / "model.onnx")
    real = ORDERS["objects"]
    monkeypatch.setitem(ORDERS, "objects", lambda order: real({**order, "settings": []}))
    with pytest.raises(Dl2EcdError) as refused:
        on(client, place, model)
    assert refused.value.findings[0].rule == "worker-fits-otherwise"


def test_on_the_command_line(place: Place, asked: list) -> None:  # noqa: F811
    model = networks.yolov8(place.folder / "model.onnx")
    out = place.folder / "many.geojson"
    paths = (place.scene, model, place.classes, out)
    given = ("detect", *paths, "--scale", BYTES, "--scheduler", "local:2")
    done = call(*given, "--overlap", "16")
    assert done.code == 0, done.out
    assert "Dask's dashboard" in done.err
    assert json.loads(out.read_text())["features"]
    (place.folder / "list.txt").write_text("scene.tif")
    done = call("detect", place.folder / "list.txt", *paths[1:], "--scheduler", "local:2")
    assert done.code == 2
    assert "one raster at a time" in done.err


def test_a_scene_without_objects(tmp_path: Path, client: StandInClient) -> None:
    place = Place(tmp_path)
    write_scene(place.scene, np.zeros((3, 160, 208), "uint8"))
    model = networks.yolov8(place.folder / "model.onnx")
    assert on(client, place, model).objects == 0
