"""What a job would cost, before anybody begins it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator

import pytest

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.running.cluster import estimate as estimating
from dl2ecd_core.running.cluster.classify import classify_on
from dl2ecd_core.running.cluster.estimate import MODEL, READING, WRITING, Estimate, estimate
from tests.running.scenes import pixels, write_scene

from .conftest import BYTES, Place
from .stand_in import QUICK, StandInClient
from .test_cli import call

SCALE = ("--scale", "min-max 0 255")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimating, "_MEASURED", 0.0)


def of(place: Place, scenes: Any = None, scheduler: Any = "local:4", **more: Any) -> Estimate:
    given = {"options": BYTES, "side": 60, **more}
    return estimate(scheduler, scenes or place.scene, place.ecd, **given)


class TestNumbers:
    def test_windows_are_those_that_are_made(self, place: Place, client: StandInClient) -> None:
        done = of(place)
        assert (done.scenes, done.looked_at, done.unread, done.threads) == (1, 1, (), 4)
        assert place.left() == set()
        classify_on(
            client, place.scene, place.ecd, place.out, options=BYTES, side=60, patience=QUICK
        )
        made = {order["window"]["top"] * 1000 + order["window"]["left"]
                for what, order in client.asked if what == "window"}  # fmt: skip
        assert done.windows == len(made)

    def test_bytes_are_the_files_and_what_windows_share(self, place: Place) -> None:
        size = place.scene.stat().st_size
        whole, parts = of(place, side=1000), of(place)
        assert whole.bytes_to_read == size
        assert size < parts.bytes_to_read < 4 * size

    def test_of_many_scenes_are_those_of_some(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(estimating, "_LOOKED_AT", 2)
        one = of(place)
        listed = place.folder / "scenes.txt"
        listed.write_text("scene.tif\n" * 10)
        done = of(place, listed)
        assert (done.scenes, done.looked_at) == (10, 2)
        assert done.windows == 10 * one.windows
        assert abs(done.bytes_to_read - 10 * one.bytes_to_read) <= 10

    def test_leave_out_what_can_not_be_read(self, place: Place) -> None:
        listed = place.folder / "scenes.txt"
        listed.write_text("scene.tif\nabsent.tif\n")
        done = of(place, listed)
        assert (done.scenes, done.unread) == (2, (str(place.folder / "absent.tif"),))
        listed.write_text("absent.tif\n")
        with pytest.raises(Dl2EcdError) as refused:
            of(place, listed)
        assert refused.value.findings[0].rule == "file-not-found"

    def test_of_items_without_bands(self, place: Place) -> None:
        items = place.folder / "items.json"
        image = {"href": "scene.tif", "type": "image/tiff"}
        features = [{"id": "a"}, {"id": "b", "assets": {"image": image}}]
        items.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        assert of(place, items).unread == ("a",)

    def test_of_threads(
        self, place: Place, client: StandInClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        @contextmanager
        def connected(scheduler: Any, certificates: Any) -> Iterator[Any]:
            yield client

        monkeypatch.setattr(estimating, "connected", connected)
        far = of(place, scheduler="tcp://10.0.0.7:8786")
        assert far.threads == 2
        assert far.findings[0].rule == "scheduler-not-encrypted"
        assert of(place, scheduler=None).threads == estimating.cores()

    def test_of_more_windows_than_are_looked_at(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(estimating, "_MEASURED", 100.0)
        write_scene(place.scene, pixels(301, 257).astype("float32"))
        assert of(place).window_seconds[MODEL] > 0


def test_time_is_worked_out_from_the_parts(place: Place) -> None:
    done = replace(
        of(place), windows=36_000, threads=10, window_seconds={READING: 2.0, MODEL: 3.0, WRITING: 1}
    )
    assert done.limit == MODEL
    assert done.hours == pytest.approx(36_000 / 10 * 4.002 / 3600)
    assert done.core_hours == pytest.approx(60)
    read = replace(done, window_seconds={READING: 5.0, MODEL: 3.0, WRITING: 1.0})
    assert read.limit == READING
    assert replace(done, windows=3).hours == pytest.approx(4.002 / 3600)
    assert replace(done, windows=0).hours == 0


class TestOnTheCommandLine:
    def test_it_is_said_in_words(self, place: Place) -> None:
        done = call("classify", place.scene, place.ecd, place.out, *SCALE, "--dry-run")
        assert done.code == 0, done.out
        for word in ("Windows", "To read", "Memory", "The limit", "Core-hours"):
            assert word in done.out
        assert "Nothing was written." in done.out
        assert not Path(place.out).exists()

    def test_as_json(self, place: Place) -> None:
        listed = place.folder / "scenes.txt"
        listed.write_text("scene.tif\nabsent.tif\n")
        given = ("classify", listed, place.ecd, "maps", *SCALE, "--dry-run")
        document = call(*given, "--scheduler", "local:8", "--json").document
        assert document["threads"] == 8
        assert set(document["window_seconds"]) == {READING, MODEL, WRITING}
        assert document["unread"] == [str(place.folder / "absent.tif")]
        (told,) = (line for line in call(*given).out.splitlines() if "Unreadable" in line)
        assert "1 of 2 looked at: '" in told
        assert told.endswith("absent.tif'")

    def test_is_for_classify(self, place: Place) -> None:
        done = call("detect", place.scene, place.ecd, "out.gpkg", "--dry-run")
        assert done.code == 2

    def test_units(self) -> None:
        from dl2ecd_core.cli.cluster import _bytes, _hours

        assert [_bytes(1024.0**one) for one in range(5)] == [
            "1 byte", "1.0 KiB", "1.0 MiB", "1.0 GiB", "1.0 TiB",
        ]  # fmt: skip
        assert [_hours(one) for one in (0.001, 0.5, 7)] == [
            "3.6 seconds", "30.0 minutes", "7.0 hours",
        ]  # fmt: skip
