"""The same map as on one machine, made by many."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, List, Sequence, Set

import numpy as np
import pytest

from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import Cancelled, Dl2EcdError
from dl2ecd_core.progress import Listener
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.cluster import connecting
from dl2ecd_core.running.cluster.classify import CLASSIFYING, classify_on, said_of_runtimes
from dl2ecd_core.running.cluster.held import _HELD
from dl2ecd_core.running.cluster.mapping import MapJob
from dl2ecd_core.running.cluster.unfinished import Unfinished
from dl2ecd_core.running.cluster.worker import ORDERS
from dl2ecd_core.running.maps.part_file import folder_of
from dl2ecd_core.running.maps.report import BandsTaken
from dl2ecd_core.running.rasters.rasterio_library import RasterioLibrary
from tests.running.maps.test_no_data import TINY
from tests.running.rasters.test_area import geojson, polygon
from tests.running.scenes import dated_and_of_points, opened, pixels, write_scene

from .conftest import BYTES, Place, needs_dask
from .stand_in import QUICK, StandInClient

Plain = Dict[str, Any]
#: Of the scene of a place, in small tiles.
WINDOWS = 12
MADE = {"map.tif", "map.tif.aux.xml", "map.json"}


def whole_tile(folder: Path) -> Path:
    """A model that looks at the whole tile: it takes away the mean of each band."""
    import onnx
    from onnx import TensorProto, helper

    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 4, 64, 64])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 2, 64, 64])
    weights = np.random.default_rng(1).normal(0, 3, (2, 4, 1, 1)).astype("float32")
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["image"], ["mean"]),
            helper.make_node("Sub", ["image", "mean"], ["rest"]),
            helper.make_node("Conv", ["rest", "weights"], ["raw"], kernel_shape=[1, 1]),
            helper.make_node("Softmax", ["raw"], ["scores"], axis=1),
        ],
        "whole_tile",
        [image],
        [scores],
        [helper.make_tensor("weights", TensorProto.FLOAT, weights.shape, weights.ravel())],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path = folder / "whole_tile.onnx"
    onnx.save(model, str(path))
    return path


def on(client: Any, place: Place, **more: Any) -> Any:
    given = {"options": BYTES, "patience": QUICK, "side": 60, **more}
    return classify_on(client, place.scene, place.ecd, place.out, **given)


def alone(place: Place, name: str = "alone.tif", **more: Any) -> Path:
    target = place.folder.parent / f"{place.folder.name}-{name}"
    classify(place.scene, place.ecd, target, options=BYTES, **more)
    return target


class TestTheMap:
    def test_is_byte_for_byte_that_of_one_machine(
        self, place: Place, client: StandInClient
    ) -> None:
        done = on(client, place)
        one = alone(place)
        assert place.out.read_bytes() == one.read_bytes()
        assert Path(f"{place.out}.aux.xml").read_bytes() == Path(f"{one}.aux.xml").read_bytes()
        expected = classify(place.scene, place.ecd, one, options=BYTES)
        assert (done.classes, done.nodata, done.halo) == (
            expected.classes,
            expected.nodata,
            expected.halo,
        )
        assert (done.runtime, done.scaling, done.findings) == (
            expected.runtime,
            expected.scaling,
            expected.findings,
        )
        assert place.left() == MADE
        assert not _HELD

    def test_of_a_scene_with_nodata(self, place: Place, client: StandInClient) -> None:
        array = pixels(301, 257)
        array[:, :120, 40:200] = 0
        write_scene(place.scene, array, nodata=0)
        done = on(client, place)
        assert place.out.read_bytes() == alone(place).read_bytes()
        assert done.nodata[1] > 10_000

    @pytest.mark.parametrize(("model", "values"), [("argmax", range(1, 6)), ("sigmoid", (5, 9))])
    def test_of_other_models(
        self, tmp_path: Path, client: StandInClient, model: str, values: Sequence[int]
    ) -> None:
        place = Place(tmp_path, model, values, 3)
        array = pixels(301, 257)
        array[:, :120, 40:200] = 0
        write_scene(place.scene, array, nodata=0)
        on(client, place)
        assert place.out.read_bytes() == alone(place).read_bytes()

    def test_of_a_scene_of_points_in_a_moving_system(
        self, place: Place, client: StandInClient
    ) -> None:
        dated_and_of_points(place.scene)
        on(client, place)
        assert place.out.read_bytes() == alone(place).read_bytes()
        with RasterioLibrary().opened(str(place.out)) as source:
            assert (source.georeference.epoch, source.georeference.is_point) == (2021.25, True)

    def test_tells_what_one_machine_would(self, tmp_path: Path, client: StandInClient) -> None:
        place = Place(tmp_path, "argmax", range(1, 6), 3)
        array = pixels(301, 257)
        write_scene(place.scene, array, photometric="RGB", alpha="YES")
        far = Options(scale=["min-max 0 1"])
        shares = place.folder / "shares.tif"
        expected = classify(
            place.scene, place.ecd, place.out, options=far, probabilities=shares
        ).findings
        assert {item.rule for item in expected} >= {
            "probabilities-unknown", "scaling-unlikely", "transparency-unlikely"
        }  # fmt: skip
        done = on(client, place, options=far, probabilities=shares)
        assert set(done.findings) == set(expected)
        asked = [order["values"] for what, order in client.asked if what == "window"]
        assert asked == [True] + [False] * (len(asked) - 1)

    def test_tells_of_a_scene_without_data(self, place: Place, client: StandInClient) -> None:
        array = pixels(301, 257) | 1
        array[:, 200:] = 0
        write_scene(place.scene, array, nodata=0)
        assert on(client, place).findings == ()
        low = (500_000.0, 4_999_400.0, 500_500.0, 4_999_590.0)
        expected = classify(place.scene, place.ecd, place.out, options=BYTES, extent=low).findings
        assert [item.rule for item in expected] == ["scene-without-data"]
        assert on(client, place, extent=low).findings == expected
        write_scene(place.scene, array * 0, nodata=0)
        assert (
            on(client, place).findings
            == classify(place.scene, place.ecd, place.out, options=BYTES).findings
        )

    def test_tells_of_a_map_of_one_class(self, place: Place, client: StandInClient) -> None:
        pressed = Options(scale=["min-max 0 65535"])
        expected = classify(place.scene, place.ecd, place.out, options=pressed).findings
        assert on(client, place).bands == BandsTaken((1, 2, 3, 4), 4)
        assert "map-of-one-class" in [item.rule for item in expected]
        assert on(client, place, options=pressed).findings == expected

    def test_tells_of_an_area_without_a_pixel(self, place: Place, client: StandInClient) -> None:
        aoi = geojson(place.folder.parent / f"{place.folder.name}-a.json", polygon(TINY))
        (said,) = on(client, place, aoi=aoi).findings
        assert said.rule == "scene-without-data"
        assert "the polygons are larger than a pixel" in said.hint

    def test_with_probabilities_a_picture_and_an_area(
        self, place: Place, client: StandInClient
    ) -> None:
        area = place.folder.parent / f"{place.folder.name}.geojson"
        with opened(place.scene) as scene:
            left, bottom, right, top = scene.bounds
            ring = [[left, top], [right, top], [left, bottom], [left, top]]
            crs = {"type": "name", "properties": {"name": str(scene.crs)}}
        area.write_text(json.dumps({"type": "Polygon", "crs": crs, "coordinates": [ring]}))
        names = {name: place.folder / name for name in ("shares.tif", "map.png")}
        done = on(
            client, place, probabilities=names["shares.tif"], preview=names["map.png"], aoi=area
        )
        assert [path for path, _ in done.beside] == list(map(str, names.values()))
        others = {name: place.folder.parent / f"{place.folder.name}-{name}" for name in names}
        one = alone(place, probabilities=others["shares.tif"], preview=others["map.png"], aoi=area)
        assert place.out.read_bytes() == one.read_bytes()
        for name, path in names.items():
            assert path.read_bytes() == others[name].read_bytes(), name

    def test_of_a_part_of_the_scene(self, place: Place, client: StandInClient) -> None:
        extent = (500_040.0, 4_999_500.0, 500_300.0, 4_999_900.0)
        on(client, place, extent=extent)
        assert place.out.read_bytes() == alone(place, extent=extent).read_bytes()

    def test_of_a_model_that_looks_at_the_whole_tile(
        self, tmp_path: Path, client: StandInClient
    ) -> None:
        place = Place(tmp_path, whole_tile(tmp_path))
        done = on(client, place, side=150)
        assert done.halo is None
        assert place.out.read_bytes() == alone(place).read_bytes()


class TestTheWorkers:
    def test_are_sent_plain_data_and_names_of_our_functions(
        self, place: Place, client: StandInClient
    ) -> None:
        on(client, place)
        assert {what for what, _ in client.asked} == {"describe", "prepare", "window", "map"}
        for _, order in client.asked:
            assert json.loads(json.dumps(order)) == order
        assert {name for name, _ in client.ran} == {"about", "keep", "forget"}

    def test_get_the_model_once(self, place: Place, client: StandInClient) -> None:
        on(client, place)
        assert [name for name, _ in client.ran].count("keep") == 1

    def test_none_for_a_while_is_a_sentence(self, place: Place, tmp_path: Path) -> None:
        with pytest.raises(Dl2EcdError) as refused:
            on(StandInClient(tmp_path, {}), place)
        assert refused.value.findings[0].rule == "no-workers"

    @pytest.mark.parametrize("how", ["older", "without"])
    def test_of_another_version_are_refused(
        self, place: Place, client: StandInClient, how: str
    ) -> None:
        def run(*arguments: Any, **more: Any) -> Any:
            if how == "without":
                return {"here": ModuleNotFoundError("No module named 'dl2ecd_core'")}
            return {"here": {"version": "0.9.0", "held": False}}

        client.run = run  # type: ignore[method-assign]
        client.status = "closed"
        with pytest.raises(Dl2EcdError) as refused:
            on(client, place)
        (said,) = refused.value.findings
        assert said.rule == "worker-version"
        assert place.left() == set()

    def test_that_go_while_they_are_asked_are_a_sentence(
        self, place: Place, client: StandInClient
    ) -> None:
        def gone(*arguments: Any, **more: Any) -> Any:
            raise OSError("gone")

        client.run = gone  # type: ignore[method-assign]
        with pytest.raises(Dl2EcdError) as refused:
            on(client, place)
        assert refused.value.findings[0].rule == "scheduler-lost"

    def test_that_have_died_are_none(self, place: Place, client: StandInClient) -> None:
        real = client.run

        def run(*arguments: Any, **more: Any) -> Any:
            dead = {} if "workers" in more else {"dead": OSError("gone")}
            return {**dead, **real(*arguments, **more)}

        client.run = run  # type: ignore[method-assign]
        on(client, place)
        assert place.left() == MADE

    def test_with_different_runtimes_are_told(self) -> None:
        assert said_of_runtimes({"ONNX Runtime 1"}) == []
        (said,) = said_of_runtimes({"ONNX Runtime 2", "ONNX Runtime 1"})
        assert said.rule == "runtimes-differ"


class Failing:
    """Windows that fail after so many were made."""

    def __init__(self, after: int) -> None:
        self.real, self.left = ORDERS["window"], after
        self.made = 0

    def __call__(self, order: Plain) -> Plain:
        if self.left == 0:
            raise OSError("the source is gone")
        told = self.real(order)
        self.left -= 1
        self.made += 1
        return told


class TestAnUnfinishedMap:
    def test_is_gone_on_with_by_the_same_call(
        self, place: Place, client: StandInClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        failing = Failing(4)
        monkeypatch.setitem(ORDERS, "window", failing)
        with pytest.raises(Dl2EcdError) as refused:
            on(client, place)
        assert "the source is gone" in str(refused.value)
        assert place.left() == {folder_of(place.out).name}
        failing.left = 1000
        done = on(client, place)
        assert failing.made == WINDOWS
        assert place.out.read_bytes() == alone(place).read_bytes()
        assert sum(item.pixels for item in done.classes) == 301 * 257
        assert place.left() == MADE

    def test_whose_journal_was_torn_is_gone_on_with(
        self, place: Place, client: StandInClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        failing = Failing(5)
        monkeypatch.setitem(ORDERS, "window", failing)
        with pytest.raises(Dl2EcdError):
            on(client, place)
        folder = folder_of(place.out)
        journal = folder / "pieces.jsonl"
        lines = journal.read_text().splitlines(keepends=True)
        # A piece that went, a line that is none, and one that was cut off.
        (folder / json.loads(lines[0])[0]).unlink()
        journal.write_text("".join([*lines[:3], "nothing\n", lines[3], lines[4][:20]]))
        (folder / "new-0.tif").write_bytes(b"half a piece")
        failing.left = failing.made = 0
        failing.left = 1000
        done = on(client, place)
        assert failing.made == WINDOWS - 3
        assert sum(item.pixels for item in done.classes) == 301 * 257
        assert place.out.read_bytes() == alone(place).read_bytes()

    def test_of_another_scene_is_thrown_away(
        self, place: Place, client: StandInClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        failing = Failing(4)
        monkeypatch.setitem(ORDERS, "window", failing)
        with pytest.raises(Dl2EcdError):
            on(client, place)
        write_scene(place.scene, pixels(301, 257, seed=3))
        failing.made, failing.left = 0, 1000
        on(client, place)
        assert failing.made == WINDOWS
        assert place.out.read_bytes() == alone(place).read_bytes()

    def test_whose_pieces_are_all_there_is_put_together(
        self, place: Place, client: StandInClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = ORDERS["map"]

        def fall(order: Plain) -> Plain:
            raise ZeroDivisionError

        monkeypatch.setitem(ORDERS, "map", fall)
        with pytest.raises(Dl2EcdError):
            on(client, place)
        monkeypatch.setitem(ORDERS, "map", real)
        client.asked.clear()
        on(client, place)
        assert {what for what, _ in client.asked} == {"describe", "prepare", "map"}
        assert place.out.read_bytes() == alone(place).read_bytes()

    def test_of_which_a_piece_went_is_no_map(
        self, place: Place, client: StandInClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = ORDERS["map"]

        def lose(order: Plain) -> Plain:
            for piece in folder_of(place.out).glob("values-*"):
                piece.unlink()
            return real(order)

        monkeypatch.setitem(ORDERS, "map", lose)
        with pytest.raises(Dl2EcdError) as refused:
            on(client, place)
        assert f"{WINDOWS} of {WINDOWS} pieces are not there" in str(refused.value)
        assert not place.out.exists()

    def test_that_can_not_be_noted_is_a_sentence(
        self, place: Place, client: StandInClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Full:
            def write(self, text: str) -> None:
                raise OSError(28, "No space left on device")

            def close(self) -> None: ...

        real = Unfinished.note

        def note(self: Unfinished, *arguments: Any) -> None:
            if self._journal is not None:
                self._journal.close()
            self._journal = Full()  # type: ignore[assignment]
            real(self, *arguments)

        monkeypatch.setattr(Unfinished, "note", note)
        with pytest.raises(Dl2EcdError) as refused:
            on(client, place)
        assert refused.value.findings[0].rule == "output-disk-full"

    def test_whose_folder_can_not_be_used_is_a_sentence(
        self, place: Place, client: StandInClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fall(self: Unfinished) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Unfinished, "_take_up", fall)
        with pytest.raises(Dl2EcdError) as refused:
            on(client, place)
        assert refused.value.findings[0].rule == "output-not-writable"

    def test_whose_windows_come_twice_counts_them_once(
        self, place: Place, client: StandInClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = MapJob.heard

        def twice(self: MapJob, outcome: Any, dispatcher: Any) -> None:
            real(self, outcome, dispatcher)
            if outcome.task.what == "window" and self.ready < self.windows:
                real(self, outcome, dispatcher)

        monkeypatch.setattr(MapJob, "heard", twice)
        done = on(client, place)
        assert sum(item.pixels for item in done.classes) == 301 * 257
        assert place.out.read_bytes() == alone(place).read_bytes()

    def test_that_is_closed_takes_no_more(self, tmp_path: Path) -> None:
        unfinished = Unfinished(tmp_path / "map.tif", {"key": 1})
        unfinished.close()
        unfinished.close()
        with pytest.raises(ValueError, match="closed"):
            unfinished.note(tmp_path / "piece.tif", {})


class TestCancelling:
    def test_leaves_nothing(self, place: Place, client: StandInClient) -> None:
        class Impatient(Listener):
            def cancelled(self) -> bool:
                return len(client.asked) > 3

        with pytest.raises(Cancelled):
            on(client, place, messages=Impatient())
        assert place.left() == set()

    def test_by_the_keyboard_leaves_nothing(self, place: Place, client: StandInClient) -> None:
        class Interrupting(Listener):
            def progressed(self, done: int, total: int, doing: str) -> None:
                if done > 2 and doing == CLASSIFYING:
                    raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            on(client, place, messages=Interrupting())
        assert place.left() == set()

    def test_waits_for_workers_that_still_write(
        self, place: Place, client: StandInClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, tries = shutil.rmtree, []

        def busy(path: Any, *arguments: Any, **more: Any) -> None:
            tries.append(path)
            if len(tries) > 2 or ".part" not in str(path):
                real(path, *arguments, **more)

        monkeypatch.setattr(shutil, "rmtree", busy)

        class Impatient(Listener):
            def cancelled(self) -> bool:
                return len(client.asked) > 3

        with pytest.raises(Cancelled):
            on(client, place, messages=Impatient())
        assert place.left() == set()

    def test_tells_how_far_it_is(self, place: Place, client: StandInClient) -> None:
        class Heard(Listener):
            def __init__(self) -> None:
                self.steps: List[Any] = []
                self.findings: List[Finding] = []

            def progressed(self, done: int, total: int, doing: str) -> None:
                if doing == CLASSIFYING:
                    self.steps.append((done, total))

            def found(self, finding: Finding) -> None:
                self.findings.append(finding)

        heard = Heard()
        done = on(client, place, messages=heard, options=Options(scale=["min-max 0 255"]))
        assert heard.steps[0] == (0, WINDOWS)
        assert heard.steps[-1] == (WINDOWS, WINDOWS)
        assert tuple(heard.findings) == done.findings


class TestOutputs:
    def test_that_are_not_ours_stay(self, place: Place, client: StandInClient) -> None:
        write_scene(place.out, pixels(10, 10))
        with pytest.raises(Dl2EcdError) as refused:
            on(client, place)
        assert refused.value.findings[0].rule == "output-not-ours"
        on(client, place, overwrite=True)

    def test_that_are_the_scene_stay(self, place: Place, client: StandInClient) -> None:
        with pytest.raises(Dl2EcdError) as refused:
            classify_on(client, place.scene, place.ecd, place.scene, options=BYTES)
        assert refused.value.findings[0].rule == "output-is-input"

    def test_a_wrong_extent_is_told(self, place: Place, client: StandInClient) -> None:
        with pytest.raises(Dl2EcdError) as refused:
            on(client, place, extent=(0.0, 0.0, 1.0, 1.0))
        assert refused.value.findings[0].rule == "extent-outside"


class TestConnecting:
    def test_to_nobody_is_a_sentence(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("distributed")
        monkeypatch.setattr(connecting, "_ANSWER", 0.5)
        with pytest.raises(Dl2EcdError) as refused:
            on("tcp://127.0.0.1:9", place)
        assert refused.value.findings[0].rule == "scheduler-not-reached"

    def test_without_dask_is_a_sentence(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import sys

        monkeypatch.setitem(sys.modules, "distributed", None)
        with pytest.raises(Dl2EcdError) as refused:
            on("local:2", place)
        (said,) = refused.value.findings
        assert said.rule == "runtime-missing"
        assert "dl2ecd[scale]" in said.hint

    def test_to_others_is_warned_about_first(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import sys

        monkeypatch.setitem(sys.modules, "distributed", None)

        class Heard(Listener):
            rules: List[str] = []

            def found(self, finding: Finding) -> None:
                self.rules.append(finding.rule)

        with pytest.raises(Dl2EcdError):
            on("tcp://10.0.0.7:8786", place, messages=Heard())
        assert "scheduler-not-encrypted" in Heard.rules


@pytest.fixture
def large(tmp_path: Path) -> Place:
    """A place whose tiles are those of everybody, as the workers of another process have them."""
    place = Place(tmp_path)
    write_scene(place.scene, pixels(701, 933))
    return place


@needs_dask
class TestWithDask:
    def test_the_map_is_that_of_one_machine(self, large: Place, dask_client: Any) -> None:
        on(dask_client, large, side=250)
        assert large.out.read_bytes() == alone(large).read_bytes()
        assert large.left() == MADE

    def test_what_workers_find_wrong_is_told(self, large: Place, dask_client: Any) -> None:
        data = large.scene.read_bytes()
        large.scene.write_bytes(data[: len(data) // 3])
        with pytest.raises(Dl2EcdError) as refused:
            on(dask_client, large)
        assert refused.value.findings[0].rule == "raster-not-readable"

    def test_workers_take_the_client_s_tiles(self, place: Place, dask_client: Any) -> None:
        """Here they are smaller than the workers would choose."""
        on(dask_client, place)
        assert place.out.read_bytes() == alone(place).read_bytes()


def test_what_is_done_is_told_in_the_measure_of_the_map(
    place: Place, client: StandInClient
) -> None:
    """No bytes of the model among windows, since what is shown is a rate of windows."""
    heard: Dict[str, Set[int]] = {}

    class Hearing(Listener):
        def progressed(self, done: int, total: int, doing: str) -> None:
            heard.setdefault(doing, set()).add(total)

    on(client, place, messages=Hearing())
    assert list(heard) == ["Preparing the model", "Waiting for workers", "Classifying"]
    assert heard == {
        "Preparing the model": {1},
        "Waiting for workers": {1},
        "Classifying": {WINDOWS},
    }


def test_one_machine_says_that_it_prepares_the_model(place: Place) -> None:
    heard: List[str] = []

    class Hearing(Listener):
        def progressed(self, done: int, total: int, doing: str) -> None:
            heard.append(doing)

    classify(place.scene, place.ecd, place.out, options=BYTES, messages=Hearing())
    assert heard[0] == "Preparing the model"
    assert heard.count("Preparing the model") == 1
