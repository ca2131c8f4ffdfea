"""Many scenes: folders, lists, and STAC items."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.running.cluster import sources
from dl2ecd_core.running.cluster.items import item_files
from dl2ecd_core.running.cluster.orders import BandFile
from dl2ecd_core.running.cluster.sources import FoundScene, is_many, scenes_in, wanted_bands

TIFF = "image/tiff; application=geotiff; profile=cloud-optimized"


def found(path: Path, wanted: Any = ("red", "nir"), leave_out: Any = None) -> List[FoundScene]:
    return list(scenes_in(path, list(wanted), leave_out))


def rule(path: Path) -> str:
    with pytest.raises(Dl2EcdError) as refused:
        found(path)
    return refused.value.findings[0].rule


def sentinel(**more: Any) -> Dict[str, Any]:
    """An item as Earth Search has them: a file for each band, and pictures."""
    bands = {"B04": "red", "B03": "green", "B08": "nir"}
    assets: Dict[str, Any] = {
        "visual": {
            "href": "TCI.tif",
            "type": TIFF,
            "roles": ["visual"],
            "eo:bands": [{"name": "B04", "common_name": "red"}],
        },
        "thumbnail": {"href": "small.jpg", "type": "image/jpeg", "roles": ["thumbnail"]},
        "broken": {"title": "no address"},
        **{
            key: {"href": f"{key}.tif", "type": TIFF, "eo:bands": [{"name": key, "common_name": n}]}
            for key, n in bands.items()
        },
    }
    return {"type": "Feature", "id": "S2A_32T", "properties": {}, "assets": assets, **more}


class TestWhatIsMany:
    @pytest.mark.parametrize("name", ["a.txt", "a.lst", "a.json", "a.GeoJSON", "a.parquet"])
    def test_lists(self, name: str) -> None:
        assert is_many(name)

    def test_folders_and_nothing_else(self, tmp_path: Path) -> None:
        assert is_many(str(tmp_path))
        assert not is_many("scene.tif")
        assert not is_many("https://example.org/items.json")


class TestFolders:
    def test_in_order_with_what_is_inside(self, tmp_path: Path) -> None:
        for name in (
            "b.tif",
            "a.TIF",
            "x.txt",
            ".hidden.tif",
            "in/c.jp2",
            ".git/d.tif",
            "out/e.tif",
        ):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        scenes = found(tmp_path, leave_out=tmp_path / "out")
        assert [scene.name for scene in scenes] == ["a", "b", "c"]
        assert scenes[0].files is not None
        assert scenes[0].files.path == str(tmp_path / "a.TIF")

    def test_without_a_scene(self, tmp_path: Path) -> None:
        assert rule(tmp_path) == "scenes-missing"


class TestLists:
    def test_a_path_a_line(self, tmp_path: Path) -> None:
        path = tmp_path / "list.txt"
        path.write_text("\ufeff# scenes\n a.tif \n\nin/b.tif\n/data/c.tif\nhttps://x.org/d.tif\n")
        paths = [scene.files.path for scene in found(path) if scene.files is not None]
        assert paths == [
            str(tmp_path / "a.tif"), str(tmp_path / "in/b.tif"), "/data/c.tif",
            "https://x.org/d.tif",
        ]  # fmt: skip

    def test_that_can_not_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert rule(tmp_path / "absent.txt") == "scenes-not-readable"
        path = tmp_path / "list.txt"
        path.write_bytes(b"\xff\xfe\xfd")
        assert rule(path) == "scenes-not-readable"
        monkeypatch.setattr(sources, "_LARGEST", 2)
        assert rule(path) == "scenes-not-readable"


class TestItems:
    def test_bands_by_their_common_names(self, tmp_path: Path) -> None:
        path = tmp_path / "items.json"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [sentinel()]}))
        (scene,) = found(path)
        assert scene.name == "S2A_32T"
        assert scene.item["id"] == "S2A_32T"
        assert scene.files is not None
        assert scene.files.bands == (
            BandFile(str(tmp_path / "B04.tif"), 0, "red"),
            BandFile(str(tmp_path / "B08.tif"), 0, "nir"),
        )

    def test_one_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "item.json"
        path.write_text(json.dumps(sentinel()))
        assert len(found(path)) == 1

    def test_that_lack_a_band_keep_no_other_from_being_found(self, tmp_path: Path) -> None:
        path = tmp_path / "items.json"
        lacking = sentinel(id=None, assets={})
        path.write_text(
            json.dumps({"type": "FeatureCollection", "features": [lacking, sentinel(), 7]})
        )
        first, second, third = found(path)
        assert first.name == "item-1"
        assert first.error is not None
        assert first.error.findings[0].rule == "item-without-bands"
        assert second.files is not None
        assert third.error is not None

    @pytest.mark.parametrize(
        "text", ["", "[]", "{}", '{"type": "FeatureCollection"}', "[" * 100_000]
    )
    def test_that_are_none(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "items.json"
        path.write_text(text)
        assert rule(path) == "scenes-not-readable"

    def test_bands_as_stac_1_1_names_them(self, tmp_path: Path) -> None:
        bands = [{"name": "B1", "eo:common_name": "blue"}, {"name": "nir"}, "none"]
        item = {"assets": {"image": {"href": "a.tif", "bands": bands}}}
        files = item_files(item, "x", tmp_path, ["NIR", "blue"])
        path = str(tmp_path / "a.tif")
        assert files.bands == (BandFile(path, 1, "NIR"), BandFile(path, 0, "blue"))

    def test_bands_by_the_asset_s_key(self, tmp_path: Path) -> None:
        item = {
            "assets": {
                "all": {"href": "all.tif", "bands": [{"name": "red"}, {"name": "nir"}]},
                "red": {"href": "red.tif"},
                "text": {"href": "red.txt"},
            }
        }
        files = item_files(item, "x", tmp_path, ["red", "nir"])
        assert [one.path.rpartition("/")[2] for one in files.bands] == ["red.tif", "all.tif"]

    def test_bands_by_their_numbers(self, tmp_path: Path) -> None:
        image = {"href": "a.tif", "bands": [{"name": "red"}, {}]}
        item = {"assets": {"image": image}}
        path = str(tmp_path / "a.tif")
        files = item_files(item, "x", tmp_path, [1, 0])
        assert files.bands == (BandFile(path, 0, "red"), BandFile(path, 1, None))
        assert item_files(item, "x", tmp_path, [5]).bands == ()
        with pytest.raises(Dl2EcdError) as refused:
            item_files(sentinel(), "x", tmp_path, [0, 1])
        assert "has 3 rasters" in str(refused.value)

    def test_what_it_has_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(Dl2EcdError) as refused:
            item_files(sentinel(), "x", tmp_path, ["red", "swir16", 3])
        assert "lacks 'swir16' and '3': it has 'B03', 'B04', 'B08', 'green'" in str(refused.value)

    @pytest.mark.parametrize(
        ("href", "path"),
        [
            ("https://example.org/a.tif", "https://example.org/a.tif"),
            ("file:///data/a%20b.tif", "/data/a b.tif"),
            ("./in/a.tif", "in/a.tif"),
        ],
    )
    def test_addresses(self, tmp_path: Path, href: str, path: str) -> None:
        files = item_files(
            {"assets": {"red": {"href": href, "type": TIFF}}}, "x", tmp_path, ["red"]
        )
        expected = path if "://" in path or path.startswith("/") else str(tmp_path / path)
        assert files.path == expected

    @pytest.mark.parametrize(
        "href",
        ["s3://bucket/a.tif", "/vsicurl/http://10.0.0.1/a.tif", "/vsis3/a.tif", "data:,x.tif",
         "ftp://example.org/a.tif", "a\0.tif", "file://host/a.tif"],
    )  # fmt: skip
    def test_other_addresses_are_not_opened(self, tmp_path: Path, href: str) -> None:
        with pytest.raises(Dl2EcdError) as refused:
            item_files({"assets": {"red": {"href": href, "type": TIFF}}}, "x", tmp_path, ["red"])
        assert refused.value.findings[0].rule == "item-address"


class TestGeoParquet:
    def write(self, path: Path, rows: List[Dict[str, Any]]) -> Path:
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow.parquet import write_table

        write_table(pyarrow.Table.from_pylist(rows), path)
        return path

    def test_is_read_as_the_same_items(self, tmp_path: Path) -> None:
        from datetime import datetime, timezone

        rows = [
            {
                "id": f"item-{number}",
                "geometry": b"wkb",
                "bbox": {"xmin": 1.0, "ymin": 2.0, "xmax": 3.0, "ymax": 4.0},
                "datetime": datetime(2026, 5, number + 1, tzinfo=timezone.utc),
                "assets": sentinel()["assets"],
            }
            for number in range(3)
        ]
        path = self.write(tmp_path / "items.parquet", rows)
        scenes = found(path)
        assert [scene.name for scene in scenes] == ["item-0", "item-1", "item-2"]
        assert scenes[0].files == item_files(sentinel(), "item-0", tmp_path, ["red", "nir"])
        assert scenes[1].item["bbox"] == [1, 2, 3, 4]
        assert scenes[1].item["properties"]["datetime"].startswith("2026-05-02T00:00:00")
        assert "geometry" not in scenes[0].item

    def test_with_boxes_as_lists(self, tmp_path: Path) -> None:
        rows = [{"id": "a", "bbox": [1.0, 2.0, 3.0, 4.0], "assets": sentinel()["assets"]}]
        (scene,) = found(self.write(tmp_path / "items.parquet", rows))
        assert scene.item["bbox"] == [1, 2, 3, 4]

    def test_of_other_columns(self, tmp_path: Path) -> None:
        assert rule(self.write(tmp_path / "items.parquet", [{"a": 1}])) == "scenes-not-readable"

    def test_that_is_none(self, tmp_path: Path) -> None:
        pytest.importorskip("pyarrow")
        (tmp_path / "items.parquet").write_bytes(b"PAR1 no")
        assert rule(tmp_path / "items.parquet") == "scenes-not-readable"

    def test_without_pyarrow(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        import sys

        monkeypatch.setitem(sys.modules, "pyarrow", None)
        assert rule(tmp_path / "items.parquet") == "runtime-missing"


def test_bands_that_a_model_takes() -> None:
    assert wanted_bands({}, 3, None) == [0, 1, 2]
    assert wanted_bands({"ExtractBands": ["red", "nir"]}, 2, None) == ["red", "nir"]
    assert wanted_bands({"ExtractBands": [3]}, 1, [2, "nir"]) == [1, "nir"]
