"""What a worker does with an order, and how it tells what went wrong."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any, Dict, Iterator

import numpy as np
import pytest

from dl2ecd_core.progress import Listener
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.cluster import worker
from dl2ecd_core.running.cluster.held import let_go
from dl2ecd_core.running.cluster.orders import (
    Described,
    SceneFiles,
    Work,
    finding_of,
    plain_finding,
)
from dl2ecd_core.running.cluster.pieces import MARK, PieceFolder
from dl2ecd_core.running.cluster.shipping import shipped
from dl2ecd_core.running.cluster.worker import keep, perform
from dl2ecd_core.running.opening import opened_model
from dl2ecd_core.running.rasters.raster import Window
from dl2ecd_core.running.rasters.scene import not_readable
from dl2ecd_core.version import __version__
from tests.running.scenes import opened, pixels, write_scene

from .conftest import BYTES, Place
from .stand_in import StandInClient

Plain = Dict[str, Any]


class Orders:
    """Orders about the scene of a place, as a client makes them."""

    def __init__(self, place: Place, client: StandInClient) -> None:
        self.place = place
        with opened_model(place.ecd) as model:
            definition, self.digest = shipped(model, place.folder / "all.ecd", Listener())
        content = definition.read_bytes()
        definition.unlink()
        client.run(keep, self.digest, 0, content, len(content))
        self.work = Work(__version__, self.digest, asdict(BYTES)).plain()
        self.scene = SceneFiles(str(place.scene), str(place.scene)).plain()
        path = place.folder / "pieces"
        path.mkdir()
        (path / MARK).write_text("this run")
        self.folder = PieceFolder(path, "this run", "0" * 64)

    def describe(self, **more: Any) -> Plain:
        return perform("describe", {"work": self.work, "scene": self.scene, **more})

    def window(self, **more: Any) -> Plain:
        described = self.describe()["done"]
        with worker.held_model(self.digest) as model:
            classifier, _ = model.classifier(Described.of(described), self.work)
        order = {
            "work": self.work,
            "scene": self.scene,
            "described": described,
            "tiles": worker.tiles_of(classifier),
            "fit": None,
            "folder": self.folder.plain(),
            "window": asdict(Window(0, 100, 30, 90)),
            "values": False,
            **more,
        }
        # Plain data alone: what JSON can't hold would need Python's own pickles.
        return perform("window", json.loads(json.dumps(order)))


@pytest.fixture
def orders(place: Place, client: StandInClient) -> Iterator[Orders]:
    made = Orders(place, client)
    yield made
    let_go(made.digest)


class TestLooking:
    def test_tells_what_a_client_must_know(self, orders: Orders) -> None:
        described = Described.of(json.loads(json.dumps(orders.describe()["done"])))
        assert (described.height, described.width, described.data_type) == (301, 257, "uint8")
        with opened(orders.place.scene) as file:
            assert described.georeference.transform == tuple(file.transform)[:6]
        status = orders.place.scene.stat()
        assert described.stamps == ((status.st_size, status.st_mtime_ns),)
        assert described.bytes == status.st_size

    def test_at_what_is_known_already(self, orders: Orders) -> None:
        stamps = orders.describe()["done"]["stamps"]
        assert orders.describe(known=stamps)["done"] == {"unchanged": True}
        os.utime(orders.place.scene, ns=(1, 1))
        assert "height" in orders.describe(known=stamps)["done"]

    def test_at_what_is_known_of_the_web_calls_nobody(self, orders: Orders) -> None:
        orders.scene = SceneFiles("far", "http://127.0.0.1:9/scene.tif").plain()
        assert orders.describe(known=[None])["done"] == {"unchanged": True}

    def test_makes_ready(self, orders: Orders) -> None:
        assert perform("prepare", {"work": orders.work}) == {"done": {}}

    def test_at_a_scene_that_is_not_there_may_be_tried_again(self, orders: Orders) -> None:
        orders.place.scene.unlink()
        told = orders.describe()
        assert told["again"]
        assert finding_of(told["findings"][0]).rule == "file-not-found"

    def test_at_polygons_that_lie_elsewhere(self, orders: Orders) -> None:
        area = orders.place.folder / "area.geojson"
        ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
        area.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
        orders.work["aoi"] = str(area)
        told = orders.describe()
        assert not told["again"]
        assert finding_of(told["findings"][0]).rule == "aoi-outside"

    def test_sees_no_pixels_at_the_client(self, orders: Orders) -> None:
        with pytest.raises(ValueError, match="no pixels"):
            Described.of(orders.describe()["done"]).read(Window(0, 1, 0, 1), [0])


class TestWindows:
    def test_become_pieces_with_their_place(self, orders: Orders) -> None:
        told = orders.window()["done"]
        piece = orders.folder.piece(Window(0, 100, 30, 90))
        with opened(piece) as file, opened(orders.place.scene) as scene:
            values = file.read()
            assert values.shape == (1, 100, 60)
            assert tuple(file.transform)[:6] == (
                2,
                0,
                scene.transform.c + 60,
                0,
                -2,
                scene.transform.f,
            )
        found, numbers = np.unique(values, return_counts=True)
        assert told["counts"] == [found.tolist(), numbers.tolist()]
        assert told["runtime"].startswith("ONNX Runtime")
        assert sorted(path.name for path in orders.folder.path.iterdir()) == sorted(
            [MARK, piece.name]
        )

    def test_of_a_scene_without_a_place(self, orders: Orders) -> None:
        write_scene(orders.place.scene, pixels(301, 257), crs=None, transform=None)
        assert "done" in orders.window()

    def test_are_not_made_when_nobody_wants_them(self, orders: Orders) -> None:
        (orders.folder.path / MARK).write_text("another run")
        assert orders.window() == {"stopped": True}
        (orders.folder.path / MARK).unlink()
        assert orders.window() == {"stopped": True}

    def test_stop_within_a_tile_when_the_client_does(
        self, orders: Orders, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen = iter([True, True, False])
        monkeypatch.setattr(PieceFolder, "is_wanted", lambda folder: next(seen))
        assert orders.window() == {"stopped": True}
        assert [path.name for path in orders.folder.path.iterdir()] == [MARK]

    def test_are_not_named_when_the_client_stops_at_the_last_moment(
        self, orders: Orders, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = os.fsync

        def stopped(descriptor: int) -> None:
            real(descriptor)
            (orders.folder.path / MARK).unlink()

        monkeypatch.setattr(os, "fsync", stopped)
        assert orders.window() == {"stopped": True}
        assert list(orders.folder.path.iterdir()) == []

    def test_of_a_scene_that_changed_are_refused(
        self, orders: Orders, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        described = orders.describe()["done"]
        write_scene(orders.place.scene, pixels(301, 257, seed=2))
        told = orders.window(described=described)
        assert finding_of(told["findings"][0]).rule == "scene-changed"
        assert not told["again"]

    def test_with_other_tiles_than_the_clients_are_refused(self, orders: Orders) -> None:
        told = orders.window(tiles=["another", "grid"])
        assert finding_of(told["findings"][0]).rule == "worker-fits-otherwise"

    def test_without_the_model_say_so(self, orders: Orders) -> None:
        orders.work = {**orders.work}
        described = orders.describe()["done"]
        let_go(orders.digest)
        told = perform(
            "window",
            {
                "work": orders.work,
                "scene": orders.scene,
                "described": described,
                "tiles": [],
                "fit": None,
                "folder": orders.folder.plain(),
                "window": asdict(Window(0, 1, 0, 1)),
            },
        )
        assert told == {"missing": ""}

    def test_looks_at_values_when_it_is_asked_to(self, orders: Orders) -> None:
        orders.work["options"] = {**orders.work["options"], "scale": ["min-max 0 0.01"]}
        assert orders.window()["done"]["findings"] == []
        (told,) = orders.window(values=True)["done"]["findings"]
        assert finding_of(told).rule == "scaling-unlikely"

    def test_that_can_not_be_written(self, orders: Orders, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        told = orders.window()
        assert told["again"]
        assert finding_of(told["findings"][0]).rule == "output-disk-full"
        assert [path.name for path in orders.folder.path.iterdir()] == [MARK]

    def test_that_rasterio_can_not_write(self, orders: Orders) -> None:
        values = np.zeros((1, 4, 4), "complex64")
        place = Described.of(orders.describe()["done"]).georeference
        with pytest.raises(OSError, match=r"."):
            PieceFolder(orders.folder.path / "absent", "", "").write(
                Window(0, 4, 0, 4), values, place
            )


class TestWhatGoesWrong:
    def test_with_another_version(self) -> None:
        told = perform("window", {"work": {"version": "0.9"}})
        (said,) = map(finding_of, told["findings"])
        assert said.rule == "worker-version"
        assert "0.9" in said.message
        assert __version__ in said.message
        assert not told["again"]

    def test_with_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fall(order: Plain) -> Plain:
            raise MemoryError

        monkeypatch.setitem(worker.ORDERS, "window", fall)
        told = perform("window", {"work": {"version": __version__}})
        assert finding_of(told["findings"][0]).rule == "worker-out-of-memory"
        assert told["again"]

    @pytest.mark.parametrize("said", [OSError(28, "full"), OSError("tif: No space left on device")])
    def test_with_a_full_disk(self, monkeypatch: pytest.MonkeyPatch, said: OSError) -> None:
        def fall(order: Plain) -> Plain:
            raise said

        monkeypatch.setitem(worker.ORDERS, "window", fall)
        order = {"work": {"version": __version__}, "folder": {"path": "/maps/.part"}}
        told = perform("window", order)
        assert finding_of(told["findings"][0]).rule == "output-disk-full"
        assert told["again"]

    def test_with_a_scene_that_is_damaged_does_not_pass(self, orders: Orders) -> None:
        data = orders.place.scene.read_bytes()
        for kept in (0, 100):
            orders.place.scene.write_bytes(data[:kept])
            told = orders.describe()
            assert finding_of(told["findings"][0]).rule == "raster-not-readable"
            assert not told["again"]

    @pytest.mark.parametrize("path", ["https://example.com/a.tif", "nowhere/a.tif"])
    def test_with_a_scene_that_is_away_may_pass(
        self, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        def fall(order: Plain) -> Plain:
            raise not_readable(path, OSError("503"))

        monkeypatch.setitem(worker.ORDERS, "window", fall)
        order = {"work": {"version": __version__}, "scene": SceneFiles("a", path).plain()}
        assert perform("window", order)["again"]

    def test_is_told_in_plain_data(self) -> None:
        for item in (worker.failed(OSError("x")), worker.other_version("1", "2")):
            assert finding_of(json.loads(json.dumps(plain_finding(item)))) == item

    def test_of_rules_that_nobody_knows_is_an_error(self) -> None:
        plain = {**plain_finding(worker.failed(OSError("x"))), "rule": "rm-rf"}
        with pytest.raises(KeyError):
            finding_of(plain)


def test_workers_read_nothing_but_what_a_scene_names(orders: Orders) -> None:
    """A virtual raster of addresses is refused where it is read, too."""
    virtual = orders.place.folder / "virtual.vrt"
    virtual.write_text(
        '<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand dataType="Byte" band="1">'
        "<SimpleSource><SourceFilename>/vsicurl/http://10.0.0.1/a.tif</SourceFilename>"
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    orders.scene = SceneFiles("virtual", str(virtual)).plain()
    told = orders.describe()
    assert finding_of(told["findings"][0]).rule == "raster-source-elsewhere"


def test_options_come_back_as_they_went() -> None:
    options = Options([1, "nir"], ["scale 10000"], 255, 0.25)
    assert Options(**json.loads(json.dumps(asdict(options)))) == options
