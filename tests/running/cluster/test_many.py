"""Many scenes become many maps, with a catalogue of them and a manifest."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, List, Set

import numpy as np
import pytest

from dl2ecd_core.findings.errors import Cancelled, Dl2EcdError
from dl2ecd_core.progress import Listener
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.cluster.catalogue import (
    COLLECTION,
    ITEM,
    _href,
    interval_of,
    outline,
    times_of,
)
from dl2ecd_core.running.cluster.classify import classify_on
from dl2ecd_core.running.cluster.dispatching import Outcome, Task
from dl2ecd_core.running.cluster.manifest import MANIFEST, Manifest
from dl2ecd_core.running.cluster.many import _versions, classify_many
from dl2ecd_core.running.cluster.mapping import MapJob
from dl2ecd_core.running.cluster.orders import SceneFiles, Work
from dl2ecd_core.running.cluster.worker import ORDERS, failed
from dl2ecd_core.running.maps.outputs import Outputs
from dl2ecd_core.running.maps.part_file import folder_of
from dl2ecd_core.running.rasters.georeference import Georeference
from tests.exports.stac_schemas import problems
from tests.running.scenes import opened, pixels, write_scene

from .conftest import BYTES, Place, needs_dask
from .stand_in import QUICK, StandInClient


def on(client: Any, place: Place, **more: Any) -> Any:
    given = {"options": BYTES, "patience": QUICK, "side": 60, **more}
    return classify_many(client, place.folder / "scenes", place.ecd, place.folder / "maps", **given)


@pytest.fixture
def scenes(place: Place) -> Path:
    folder = place.folder / "scenes"
    folder.mkdir()
    for number, size in enumerate([(120, 90), (70, 130), (99, 101)]):
        write_scene(folder / f"scene{number}.tif", pixels(*size, seed=number))
    return folder


def names(folder: Path) -> Set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_is_to_be_said_of_each_scene_is_told(
    place: Place, scenes: Path, client: StandInClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = Options(scale=["min-max 0 0.01"])
    done = on(client, place, options=far)
    assert [item.rule for item in done.findings] == ["scaling-unlikely"] * 3
    assert {Path(item.where.file or "").name for item in done.findings} == names(scenes)
    # However many there are.
    monkeypatch.setattr("dl2ecd_core.running.cluster.many._TOLD", 2)
    again = on(client, place, options=Options(scale=["min-max 0 0.02"]))
    assert (len(again.findings), again.made) == (2, 3)


class Stops(Listener):
    """Somebody who has seen enough."""

    def cancelled(self) -> bool:
        return True


class TestStopping:
    @pytest.mark.parametrize("there", [False, True])
    def test_before_anything_is_done_leaves_nothing(
        self, place: Place, scenes: Path, client: StandInClient, there: bool
    ) -> None:
        maps = place.folder / "maps"
        if there:
            maps.mkdir()
        with pytest.raises(Cancelled):
            on(client, place, messages=Stops())
        assert maps.exists() == there
        assert not there or names(maps) == set()


class TestMaps:
    def test_are_those_of_one_machine(
        self, place: Place, scenes: Path, client: StandInClient
    ) -> None:
        done = on(client, place)
        assert (done.made, done.unchanged, done.failures, done.failed) == (3, 0, 0, ())
        assert str(done) == str(place.folder / "maps")
        for scene in sorted(scenes.iterdir()):
            alone = place.folder / scene.name
            classify(scene, place.ecd, alone, options=BYTES)
            assert (place.folder / "maps" / scene.name).read_bytes() == alone.read_bytes()
        assert names(place.folder / "maps") == {
            "collection.json",
            "manifest.jsonl",
            *(
                f"scene{number}{end}"
                for number in range(3)
                for end in (".tif", ".tif.aux.xml", ".json")
            ),
        }

    def test_of_one_name_are_held_apart(
        self, place: Place, scenes: Path, client: StandInClient
    ) -> None:
        (scenes / "more").mkdir()
        write_scene(scenes / "more" / "Scene1.tif", pixels(70, 80))
        done = on(client, place)
        assert done.made == 4
        (extra,) = [one for one in names(place.folder / "maps") if one.startswith("Scene1-")
                    and one.endswith(".tif")]  # fmt: skip
        assert on(client, place).unchanged == 4
        assert extra in names(place.folder / "maps")

    def test_are_begun_while_others_are_made(
        self, place: Place, scenes: Path, client: StandInClient
    ) -> None:
        on(client, place)
        kinds = [what for what, _ in client.asked]
        assert kinds[:3] == ["describe"] * 3
        assert kinds.count("prepare") == 1
        assert kinds.count("map") == 3


class TestASecondRun:
    def asked(self, client: StandInClient) -> List[str]:
        kinds = [what for what, _ in client.asked if what not in ("describe", "prepare")]
        client.asked.clear()
        return kinds

    def test_does_nothing_again(self, place: Place, scenes: Path, client: StandInClient) -> None:
        on(client, place)
        self.asked(client)
        before = (place.folder / "maps" / "collection.json").read_text()
        done = on(client, place)
        assert (done.made, done.unchanged) == (0, 3)
        assert self.asked(client) == []
        assert (place.folder / "maps" / "collection.json").read_text() == before

    def test_does_what_changed(self, place: Place, scenes: Path, client: StandInClient) -> None:
        on(client, place)
        write_scene(scenes / "scene0.tif", pixels(64, 80, seed=9))
        (place.folder / "maps" / "scene1.tif").unlink()
        (place.folder / "maps" / "scene2.json").unlink()
        done = on(client, place)
        assert (done.made, done.unchanged) == (3, 0)
        with opened(place.folder / "maps" / "scene0.tif") as file:
            assert file.shape == (64, 80)

    def test_of_scenes_without_a_place(
        self, place: Place, scenes: Path, client: StandInClient
    ) -> None:
        write_scene(scenes / "scene0.tif", pixels(70, 80), crs=None, transform=None)
        assert on(client, place).made == 3

    def test_with_other_options_does_all(
        self, place: Place, scenes: Path, client: StandInClient
    ) -> None:
        on(client, place)
        done = on(client, place, options=Options(scale=["min-max 0 255"], nodata=7))
        assert done.made == 3

    def test_after_one_that_was_cut_off(
        self, place: Place, scenes: Path, client: StandInClient
    ) -> None:
        on(client, place)
        manifest = place.folder / "maps" / "manifest.jsonl"
        lines = manifest.read_text().splitlines(keepends=True)
        manifest.write_text("".join(lines[:2]) + lines[2][:30])
        done = on(client, place)
        assert (done.made, done.unchanged) == (1, 2)
        assert len(manifest.read_text().splitlines()) == 3


class TestFailures:
    def test_of_a_scene_keep_no_other_from_being_done(
        self, place: Place, scenes: Path, client: StandInClient
    ) -> None:
        data = (scenes / "scene1.tif").read_bytes()
        (scenes / "scene1.tif").write_bytes(data[: len(data) // 2])
        write_scene(scenes / "scene3.tif", pixels(70, 70, 2))
        done = on(client, place)
        assert (done.made, done.failures) == (2, 2)
        rules = {Path(scene).name: findings[0].rule for scene, findings in done.failed}
        assert rules == {"scene1.tif": "raster-not-readable", "scene3.tif": "bands-missing"}
        left = names(place.folder / "maps")
        assert "scene1.tif" not in left
        assert not [one for one in left if one.endswith(".part")]
        # What is damaged stays so: nobody waits for it.
        assert len([what for what, _ in client.asked if what == "describe"]) == 4
        assert done.as_dict()["failed"][0]["findings"]
        # What is mended is done by the next run, and goes on with what there is.
        (scenes / "scene1.tif").write_bytes(data)
        (scenes / "scene3.tif").unlink()
        done = on(client, place)
        assert (done.made, done.unchanged, done.failures) == (1, 2, 0)
        assert not [one for one in names(place.folder / "maps") if one.endswith(".part")]

    def test_that_come_after_a_scene_was_given_up_are_not_heard(
        self, place: Place, scenes: Path, client: StandInClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = ORDERS["window"]

        def poisoned(order: Dict[str, Any]) -> Dict[str, Any]:
            if "scene1" in order["scene"]["name"]:
                raise ZeroDivisionError("poison")
            return real(order)

        monkeypatch.setitem(ORDERS, "window", poisoned)
        done = on(client, place)
        assert (done.made, done.failures) == (2, 1)
        assert "poison" in str(done.failed[0][1][0])

    def test_of_a_full_disk_say_that_it_goes_on(
        self, place: Place, scenes: Path, client: StandInClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(order: Dict[str, Any]) -> Dict[str, Any]:
            raise OSError(28, "No space left on device")

        monkeypatch.setitem(ORDERS, "window", full)
        done = on(client, place)
        (said,) = done.failed[0][1]
        assert said.rule == "output-disk-full"
        assert f"'{place.folder / 'maps' / 'scene0.tif'}'" in said.message
        assert "give the same command again: it goes on where it stopped" in said.hint
        # With nothing done, there is nothing to go on with.
        assert names(place.folder / "maps") == {"collection.json"}

    def test_are_told_of_a_thousand(
        self, place: Place, scenes: Path, client: StandInClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from dl2ecd_core.running.cluster import many

        monkeypatch.setattr(many, "_TOLD", 1)
        for scene in scenes.iterdir():
            scene.write_bytes(b"no raster")
        done = on(client, place)
        assert done.failures == 3
        assert len(done.failed) == 1

    def test_of_items_without_bands(
        self, place: Place, scenes: Path, client: StandInClient
    ) -> None:
        items = place.folder / "items.json"
        items.write_text(json.dumps({"type": "FeatureCollection", "features": [{"id": "x"}]}))
        done = classify_many(client, items, place.ecd, place.folder / "maps", options=BYTES)
        assert done.failed[0][0] == "x"
        assert done.failed[0][1][0].rule == "item-without-bands"


class TestFolders:
    def test_of_somebody_else_s_files(
        self, place: Place, scenes: Path, client: StandInClient
    ) -> None:
        maps = place.folder / "maps"
        maps.mkdir()
        for name, text in (("collection.json", "{}"), ("manifest.jsonl", "mine\n")):
            (maps / name).write_text(text)
            with pytest.raises(Dl2EcdError) as refused:
                on(client, place)
            assert refused.value.findings[0].rule == "output-is-another-file"
            assert (maps / name).read_text() == text
            (maps / name).unlink()
        write_scene(maps / "scene1.tif", pixels(20, 20))
        done = on(client, place)
        assert (done.made, done.failed[0][1][0].rule) == (2, "output-not-ours")

    def test_that_can_not_be_made(self, place: Place, scenes: Path, client: StandInClient) -> None:
        with pytest.raises(Dl2EcdError) as refused:
            classify_many(client, scenes, place.ecd, place.scene / "maps", options=BYTES)
        assert refused.value.findings[0].rule == "output-folder-missing"

    def test_that_fill_up(
        self, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Full:
            def write(self, text: str) -> None:
                raise OSError(28, "No space left on device")

            def close(self) -> None: ...

        manifest = Manifest(tmp_path)
        manifest.close()
        manifest.close()
        with pytest.raises(ValueError, match="closed"):
            manifest.note("model.ecd", {"item": "x"})
        manifest._file = Full()  # type: ignore[assignment]
        with pytest.raises(Dl2EcdError) as refused:
            manifest.note("model.ecd", {"item": "x"})
        assert refused.value.findings[0].rule == "output-disk-full"
        with pytest.raises(Dl2EcdError):
            Manifest(tmp_path / "absent")
        (tmp_path / "folder" / "manifest.jsonl").mkdir(parents=True)
        with pytest.raises(Dl2EcdError) as refused:
            Manifest(tmp_path / "folder")
        assert refused.value.findings[0].rule == "output-not-writable"


class TestCatalogue:
    def items(self, place: Place) -> List[Dict[str, Any]]:
        paths = sorted((place.folder / "maps").glob("*.json"), key=lambda one: one.name.casefold())
        return [json.loads(path.read_text()) for path in paths]

    def test_is_valid_and_says_where_and_what(
        self, place: Place, scenes: Path, client: StandInClient
    ) -> None:
        on(client, place)
        collection, *items = self.items(place)
        assert collection["id"] == "maps"
        for item in items:
            assert problems(item) == []
            west, south, east, north = item["bbox"]
            assert 9 <= west < east <= 9.01
            assert 45 < south < north < 45.2
            assert item["properties"]["proj:code"] == "EPSG:32632"
            map_asset = item["assets"]["map"]
            (band,) = map_asset["bands"]
            assert (band["data_type"], band["nodata"]) == ("uint8", 0)
            assert [one["value"] for one in band["classification:classes"]] == [100, 200]
            for asset in item["assets"].values():
                assert (place.folder / "maps" / asset["href"]).exists()
            (derived,) = [one for one in item["links"] if one["rel"] == "derived_from"]
            assert (place.folder / "maps" / derived["href"]).exists()
        links = [link["href"] for link in collection["links"] if link["rel"] == "item"]
        assert links == ["./scene0.json", "./scene1.json", "./scene2.json"]
        (box,) = collection["extent"]["spatial"]["bbox"]
        assert box[0] == min(item["bbox"][0] for item in items)
        assert collection["extent"]["temporal"]["interval"] == [[None, None]]

    def test_collection_is_valid_by_stac_s_own_schema(
        self, place: Place, scenes: Path, client: StandInClient
    ) -> None:
        pytest.importorskip("pystac")
        from jsonschema import Draft7Validator
        from pystac.validation.local_validator import get_local_schema_cache
        from referencing import Registry, Resource

        known = get_local_schema_cache()
        schemas = [(name, Resource.from_contents(one)) for name, one in known.items()]
        (schema,) = [one for name, one in known.items() if name.endswith("collection.json")]
        validator = Draft7Validator(schema, registry=Registry().with_resources(schemas))
        on(client, place)
        collection = self.items(place)[0]
        assert [error.message for error in validator.iter_errors(collection)] == []

    def test_of_items_keeps_their_times(self, place: Place, client: StandInClient) -> None:
        features = []
        for number, properties in enumerate(
            [
                {"datetime": "2026-05-01T10:00:00Z"},
                {
                    "datetime": None,
                    "start_datetime": "2026-04-01T00:00:00Z",
                    "end_datetime": "2026-06-01T00:00:00Z",
                },
            ]
        ):
            write_scene(place.folder / f"s{number}.tif", pixels(70, 66, seed=number))
            image = {"href": f"s{number}.tif", "type": "image/tiff"}
            features.append(
                {"id": f"Item {number}", "properties": properties, "assets": {"image": image}}
            )
        items = place.folder / "items.json"
        items.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        maps = place.folder / "maps"
        done = classify_many(client, items, place.ecd, maps, options=BYTES, side=60)
        assert done.made == 2
        collection, first, second = self.items(place)
        assert first["id"] == "Item-0"
        assert first["properties"]["datetime"] == "2026-05-01T10:00:00Z"
        assert second["properties"]["end_datetime"] == "2026-06-01T00:00:00Z"
        assert collection["extent"]["temporal"]["interval"] == [
            ["2026-04-01T00:00:00Z", "2026-06-01T00:00:00Z"]
        ]
        assert problems(first) == problems(second) == []

    def test_of_a_single_map_lies_beside_it(self, place: Place, client: StandInClient) -> None:
        write_scene(place.scene, pixels(70, 66), crs=None, transform=None)
        more = {"probabilities": place.folder / "p.tif", "preview": place.folder / "p.png"}
        classify_on(client, place.scene, place.ecd, place.out, options=BYTES, **more)
        item = json.loads((place.folder / "map.json").read_text())
        assert problems(item) == []
        assert item["geometry"] is None
        assert set(item["assets"]) == {"map", "names", "probabilities", "thumbnail"}
        assert "collection" not in item

    def test_places_that_are_nowhere_on_earth(self) -> None:
        assert outline(Georeference(), 5, 5) is None
        far = Georeference("EPSG:4326", (1.0, 0, 179.0, 0, -1.0, 50.0))
        assert outline(far, 5, 5) is None
        broken = Georeference("no system", (1.0, 0, 0, 0, -1.0, 0))
        assert outline(broken, 5, 5) is None
        around = outline(Georeference("EPSG:4326", (1.0, 0, 10.0, 0, -1.0, 50.0)), 5, 5)
        assert around is not None
        assert np.allclose(np.array(around).min(0), (10, 45))

    def test_times_that_are_not_known(self) -> None:
        assert (
            times_of({"properties": {"datetime": 7, "start_datetime": "2026"}})["datetime"] is None
        )


@needs_dask
def test_many_scenes_with_dask(tmp_path: Path, dask_client: Any) -> None:
    place = Place(tmp_path)
    folder = tmp_path / "scenes"
    folder.mkdir()
    for number in range(4):
        write_scene(folder / f"scene{number}.tif", pixels(300, 290, seed=number))
    done = on(dask_client, place, side=200)
    assert (done.made, done.failures) == (4, 0)
    assert not folder_of(tmp_path / "maps" / "scene0.tif").exists()
    assert on(dask_client, place, side=200).unchanged == 4


class TestManifests:
    def test_hold_what_is_a_line_of_theirs(self, tmp_path: Path) -> None:
        (tmp_path / "manifest.jsonl").write_text('7\n{"a": 1}\nnothing\n{"map": "a.tif"}\n')
        manifest = Manifest(tmp_path)
        manifest.close()
        assert list(manifest.records) == ["a.tif"]
        assert manifest.unchanged("a.tif", "x") is None
        manifest.records["a.tif"]["what"] = "x"
        assert manifest.unchanged("a.tif", "x") is None

    def test_whose_folder_went_are_closed(self, tmp_path: Path) -> None:
        (tmp_path / "maps").mkdir()
        manifest = Manifest(tmp_path / "maps")
        (tmp_path / "maps" / "manifest.jsonl").unlink()
        manifest.close()
        manifest.close()
        assert names(tmp_path / "maps") == set()

    def test_of_somebody_else_are_told(self, tmp_path: Path) -> None:
        path = tmp_path / "manifest.jsonl"
        for text, ours in (("mine", False), ("[1]", False), ('{"dl2ecd": "1.0"}', True)):
            path.write_text(text)
            assert MANIFEST.is_earlier(path) is ours


class TestHalfJobs:
    def job(self) -> MapJob:
        files = SceneFiles("a", "a")
        nobody: Any = None
        return MapJob(files, Outputs(Path("a.tif")), Work("1", "0"), nobody)

    def test_know_nothing_yet(self) -> None:
        job = self.job()
        with pytest.raises(ValueError, match="looked at"):
            job.known_scene()
        with pytest.raises(ValueError, match="no window"):
            job._begun()
        job.close()
        job.remove()

    def test_that_were_given_up_hear_no_more(self) -> None:
        job = self.job()
        told = Outcome(Task("describe", {}, job), None, (failed(OSError("x")),))
        nobody: Any = None
        job.heard(told, nobody)
        job.heard(told, nobody)
        assert len(job.findings) == 1


class TestItemsOfOtherPlaces:
    def test_are_told_from_ours(self, tmp_path: Path) -> None:
        path = tmp_path / "item.json"
        for text, item, collection in (
            ("[]", False, False),
            ('{"properties": {"processing:software": {"dl2ecd": "1"}}}', True, False),
            ('{"summaries": {"processing:software": [{"dl2ecd": "1"}]}}', False, True),
        ):
            path.write_text(text)
            assert (ITEM.is_earlier(path), COLLECTION.is_earlier(path)) == (item, collection)

    def test_addresses_stay_what_they_are(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert _href("https://example.org/a.tif", Path("/maps")) == "https://example.org/a.tif"

        def elsewhere(*paths: Any) -> str:
            raise ValueError("path is on mount 'D:'")

        monkeypatch.setattr(os.path, "relpath", elsewhere)
        assert _href("/data/a.tif", Path("/maps")) == "file:///data/a.tif"

    def test_times_of_a_collection_whose_items_have_none(self, tmp_path: Path) -> None:
        assert interval_of({"properties": times_of({})}) is None
        assert _versions({"assets": {"a": 7, "b": {"file:checksum": "1220"}}}) == [
            None,
            ["1220", None],
        ]
