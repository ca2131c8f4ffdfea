"""From a scene and a definition to a map, as a person does it."""

from __future__ import annotations

import base64
import dataclasses
import errno
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Type

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner

from dl2ecd_core.cli.group import dl2ecd
from dl2ecd_core.cli.model_run import print_written
from dl2ecd_core.cli.pixel_bar import PixelBar
from dl2ecd_core.cli.stopping import Terminated
from dl2ecd_core.conversion import convert
from dl2ecd_core.files.output import write_failure
from dl2ecd_core.findings.errors import Cancelled, Dl2EcdError
from dl2ecd_core.progress import Listener
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.engine import CLASSIFYING
from dl2ecd_core.running.maps.part_file import PartFile, PartFolder, folder_of
from dl2ecd_core.running.maps.result import Result
from dl2ecd_core.running.rasters.rasterio_library import RasterioLibrary
from dl2ecd_core.running.tiles import fitting
from dl2ecd_core.running.tiles.fitting import fit_tiles, fitted_to
from dl2ecd_core.wire.protobuf_writing import field_of, number_field
from tests.cli.conftest import check_document
from tests.conftest import FIXTURES, NO_POSIX
from tests.running.scenes import fixture, opened, pixels, scores, write_classes, write_scene
from tests.running.test_engine import one_pass

BYTES = Options(scale=["min-max 0 255"])


class Place:
    """A folder with a scene, a model, its classes and its .ecd."""

    def __init__(self, folder: Path, model: str = "unet", **more: Any) -> None:
        self.folder = folder
        self.scene = write_scene(folder / "scene.tif", pixels(90, 70))
        self.model = fixture(model, folder / "model")
        self.classes = write_classes(folder / "classes.json", (100, 200), **more)
        self.ecd = folder / "model.ecd"
        convert(self.model, self.classes, self.ecd)
        self.out = folder / "map.tif"

    def left(self) -> List[str]:
        """Files that are not a test's own."""
        return sorted(
            path.name
            for path in self.folder.iterdir()
            if path.name not in ("scene.tif", "model", "classes.json", "model.ecd")
        )


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    # Small tiles: the same work in less time, and small scenes have many.
    monkeypatch.setattr(fitting, "USUAL", (64, 64))
    return Place(tmp_path)


def whole_scene(place: Place) -> np.ndarray:
    """The values of one pass over the whole scene."""
    with opened(place.scene) as file:
        scene = file.read()
    fitted = fitted_to(fit_tiles(scores("unet", place.folder / "model")), *scene.shape[1:])
    result = one_pass(fitted, scene)
    return np.where(result[1] > result[0], 200, 100)


class TestTheMap:
    def test_has_the_values_of_one_pass(self, place: Place) -> None:
        classify(place.scene, place.ecd, place.out, options=BYTES)
        with opened(place.out) as file:
            assert np.array_equal(file.read(1), whole_scene(place))

    def test_lies_where_the_scene_lies_and_has_its_colors(self, place: Place) -> None:
        classify(place.scene, place.ecd, place.out, options=BYTES)
        with opened(place.scene) as scene, opened(place.out) as file:
            assert file.crs == scene.crs
            assert file.transform == scene.transform
            assert (file.height, file.width) == (90, 70)
            assert file.dtypes == ("uint8",)
            assert file.nodata == 0
            assert file.colormap(1)[100] == (0, 200, 10, 255)
            assert file.colormap(1)[200] == (40, 200, 11, 255)
            assert file.colormap(1)[1][3] == 0
            assert file.tags()["DL2ECD"] == "classify"
            assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"

    def test_has_names_beside_it(self, place: Place) -> None:
        classify(place.scene, place.ecd, place.out, options=BYTES)
        assert place.left() == ["map.tif", "map.tif.aux.xml"]
        text = Path(f"{place.out}.aux.xml").read_text(encoding="utf-8")
        assert "<F>200</F>" in text
        assert "Class 100" in text

    @pytest.mark.gdal
    def test_esris_example_is_exact_as_gdal_reads_it(self, place: Place) -> None:
        """Sparse values, and a name that begins with a blank."""
        if shutil.which("gdalinfo") is None:
            pytest.skip("gdalinfo reads the map")
        document = json.loads(place.classes.read_text(encoding="utf-8"))
        document["Classes"] = [
            {"Value": 100, "Name": "Impervious", "Color": [204, 204, 204]},
            {"Value": 200, "Name": " Other (Pervious)", "Color": [56, 168, 0]},
        ]
        place.classes.write_text(json.dumps(document), encoding="utf-8")
        classify(place.scene, place.model, place.out, class_info=place.classes, options=BYTES)
        told = subprocess.run(
            ["gdalinfo", "-json", str(place.out)], check=True, capture_output=True, timeout=100
        )
        info = json.loads(told.stdout)
        (band,) = info["bands"]
        assert band["colorTable"]["entries"][100] == [204, 204, 204, 255]
        assert band["colorTable"]["entries"][200] == [56, 168, 0, 255]
        assert band["categories"][100] == "Impervious"
        assert band["categories"][200] == " Other (Pervious)"
        assert [row["f"] for row in info["rat"]["row"]] == [
            [100, "Impervious", 204, 204, 204],
            [200, " Other (Pervious)", 56, 168, 0],
        ]

    def test_is_the_same_from_the_model_itself(self, place: Place) -> None:
        classify(place.scene, place.ecd, place.out, options=BYTES)
        other = place.folder / "other.tif"
        classify(place.scene, place.model, other, class_info=place.classes, options=BYTES)
        assert other.read_bytes() == place.out.read_bytes()

    def test_from_a_model_definition(self, place: Place) -> None:
        emd = place.model.with_suffix(".emd")
        emd.write_text(
            json.dumps(
                {
                    "Framework": "ONNX",
                    "ModelFile": "unet.onnx",
                    "ExtractBands": [0, 1, 2, 3],
                    "Classes": [
                        {"Value": 100, "Name": "a", "Color": [1, 2, 3]},
                        {"Value": 200, "Name": "b", "Color": [4, 5, 6]},
                    ],
                }
            ),
            encoding="utf-8",
        )
        done = classify(place.scene, emd, place.out, options=BYTES)
        assert [item.name for item in done.classes] == ["a", "b"]

    def test_probabilities_are_a_second_raster(self, place: Place) -> None:
        shares = place.folder / "shares.tif"
        classify(place.scene, place.ecd, place.out, options=BYTES, probabilities=shares)
        with opened(shares) as file, opened(place.out) as values:
            assert file.descriptions == ("Class 100", "Class 200")
            layers = file.read()
            assert np.allclose(layers.sum(0), 1, atol=1e-5)
            assert np.array_equal(np.where(layers[1] > layers[0], 200, 100), values.read(1))

    def test_each_may_lie_on_a_disk_of_its_own(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is moved there was made there: between disks nothing is moved."""
        other = place.folder / "other"
        other.mkdir()
        real = Path.replace

        def replaced(path: Path, target: Any) -> Path:
            same = other in path.parents, other in Path(target).parents
            if same[0] != same[1]:
                raise OSError(errno.EXDEV, "Invalid cross-device link")
            return real(path, target)

        monkeypatch.setattr(Path, "replace", replaced)
        shares = other / "shares.tif"
        classify(place.scene, place.ecd, place.out, options=BYTES, probabilities=shares)
        assert place.left() == ["map.tif", "map.tif.aux.xml", "other"]
        assert os.listdir(other) == ["shares.tif"]

    @pytest.mark.parametrize("full", ["shares.tif", "map.png", "map.tif.aux.xml"])
    def test_they_take_their_places_together(
        self, place: Place, monkeypatch: pytest.MonkeyPatch, full: str
    ) -> None:
        """Where there is no room for one of them, an older map stays as it was, with its names."""
        others = place.folder / "other"
        others.mkdir()
        more = {"probabilities": others / "shares.tif", "preview": others / "map.png"}
        classify(place.scene, place.ecd, place.out, options=BYTES, **more)
        before = {path: path.read_bytes() for path in place.folder.rglob("map.*")}
        write_scene(place.scene, 255 - pixels(90, 70))
        gone = OSError(errno.ENOSPC, "No space left on device")

        def fail(*paths: Any, **options: Any) -> None:
            raise write_failure(gone, full)

        with monkeypatch.context() as patch:
            if full == "shares.tif":

                class Full(RasterioLibrary):
                    def copy(self, virtual: str, target: Path, *rest: Any) -> None:
                        if others in target.parents:
                            raise gone
                        super().copy(virtual, target, *rest)

                patch.setattr("dl2ecd_core.running.classify.RasterioLibrary", Full)
            elif full == "map.png":
                patch.setattr("dl2ecd_core.running.maps.result.write_preview", fail)
            else:
                patch.setattr("dl2ecd_core.exports.aux_xml.write", fail)
            with pytest.raises(Dl2EcdError) as caught:
                classify(place.scene, place.ecd, place.out, options=BYTES, **more)
        assert said(caught.value) == ["output-disk-full"]
        assert place.out.read_bytes() == before[place.out]
        names = place.folder / "map.tif.aux.xml"
        assert names.read_bytes() == before[names]
        assert sorted(os.listdir(others)) == ["map.png", "shares.tif"]
        classify(place.scene, place.ecd, place.out, options=BYTES, **more)
        assert place.out.read_bytes() != before[place.out]

    def test_the_report_counts_classes_and_their_area(self, place: Place) -> None:
        done = classify(place.scene, place.ecd, place.out, options=BYTES)
        with opened(place.out) as file:
            values = file.read(1)
        for item in done.classes:
            assert item.pixels == (values == item.value).sum()
            assert item.area == item.pixels * 4
        assert done.nodata == (0, 0)
        assert str(done) == str(place.out)
        assert done.as_dict()["halo"] == 4
        assert Path(done) == place.out


class TestScenes:
    def test_without_data_at_the_border(self, place: Place) -> None:
        array = pixels(90, 70)
        array[:, :20] = 0
        write_scene(place.scene, array, nodata=0)
        done = classify(place.scene, place.ecd, place.out, options=BYTES)
        with opened(place.out) as file:
            values = file.read(1)
        nothing = (array == 0).all(0)
        assert np.array_equal(values == 0, nothing)
        assert done.nodata == (0, int(nothing.sum()))

    def test_one_band_of_a_valid_pixel_may_be_the_value_for_no_data(self, place: Place) -> None:
        array = pixels(90, 70)
        array[0, 5, 5] = 0
        write_scene(place.scene, array, nodata=0)
        classify(place.scene, place.ecd, place.out, options=BYTES)
        with opened(place.out) as file:
            assert file.read(1)[5, 5] != 0

    def test_a_value_that_no_measurement_has_counts_in_any_band(self, place: Place) -> None:
        array = pixels(90, 70).astype("int16")
        array[2, 5, 5] = -9999
        write_scene(place.scene, array, nodata=-9999)
        classify(place.scene, place.ecd, place.out, options=BYTES)
        with opened(place.out) as file:
            assert list(zip(*np.nonzero(file.read(1) == 0))) == [(5, 5)]

    def test_a_fourth_band_that_is_called_transparency_is_a_band(self, place: Place) -> None:
        array = pixels(90, 70)
        array[3] = 0
        write_scene(place.scene, array)
        with opened(place.scene) as file:
            assert file.colorinterp[3].name == "alpha"
        classify(place.scene, place.ecd, place.out, options=BYTES)
        with opened(place.out) as file:
            assert (file.read(1) != 0).all()

    def test_transparency_that_the_model_does_not_take_is_no_data(self, place: Place) -> None:
        array = np.concatenate([pixels(90, 70), np.full((1, 90, 70), 255, "uint8")])
        array[4, :10] = 0
        kinds = [rasterio.enums.ColorInterp.gray] * 4 + [rasterio.enums.ColorInterp.alpha]
        write_scene(place.scene, array, colorinterp=kinds)
        classify(place.scene, place.ecd, place.out, options=BYTES)
        with opened(place.out) as file:
            assert np.array_equal(np.unique(np.nonzero(file.read(1) == 0)[0]), np.arange(10))

    def test_smaller_than_a_tile_and_nowhere(self, place: Place) -> None:
        write_scene(place.scene, pixels(7, 5), crs=None, transform=None)
        done = classify(place.scene, place.ecd, place.out, options=BYTES)
        assert [item.area for item in done.classes] == [None, None]
        with opened(place.out) as file:
            assert (file.height, file.width, file.crs) == (7, 5, None)

    def test_rotated(self, place: Place) -> None:
        turned = rasterio.Affine(1, 0.5, 500_000, 0.5, -1, 5_000_000)
        write_scene(place.scene, pixels(20, 20), transform=turned)
        done = classify(place.scene, place.ecd, place.out, options=BYTES)
        with opened(place.out) as file:
            assert file.transform == turned
        assert done.classes[0].area == pytest.approx(done.classes[0].pixels * 1.25)

    def test_of_another_order_of_bands(self, place: Place) -> None:
        classify(place.scene, place.ecd, place.out, options=BYTES)
        names = ["a", "b", "c", "d"]
        with opened(place.scene) as file:
            turned = file.read()[::-1]
        other = write_scene(place.folder / "turned.tif", turned, descriptions=names[::-1])
        again = place.folder / "again.tif"
        classify(other, place.ecd, again, options=Options(bands=names, scale=["min-max 0 255"]))
        assert again.read_bytes() == place.out.read_bytes()


def said(error: Dl2EcdError) -> List[str]:
    return [item.rule for item in error.findings]


class TestRefused:
    def test_without_a_scaling(self, place: Place) -> None:
        with pytest.raises(Dl2EcdError) as caught:
            classify(place.scene, place.ecd, place.out)
        assert said(caught.value) == ["scaling-unknown"]
        assert place.left() == []

    def test_a_scene_that_is_not_there(self, place: Place) -> None:
        with pytest.raises(Dl2EcdError) as caught:
            classify(place.folder / "no.tif", place.ecd, place.out)
        assert said(caught.value) == ["file-not-found"]

    def test_a_scene_that_is_none(self, place: Place) -> None:
        place.scene.write_text("no raster")
        with pytest.raises(Dl2EcdError) as caught:
            classify(place.scene, place.ecd, place.out)
        assert said(caught.value) == ["raster-not-readable"]

    def test_a_scene_that_is_cut_short(self, place: Place) -> None:
        place.scene.write_bytes(place.scene.read_bytes()[:9000])
        with pytest.raises(Dl2EcdError) as caught:
            classify(place.scene, place.ecd, place.out, options=BYTES)
        assert said(caught.value) == ["raster-not-readable"]

    def test_the_scene_itself_is_never_replaced(self, place: Place) -> None:
        before = place.scene.read_bytes()
        with pytest.raises(Dl2EcdError) as caught:
            classify(place.scene, place.ecd, place.scene, options=BYTES, overwrite=True)
        assert said(caught.value) == ["output-is-input"]
        assert place.scene.read_bytes() == before

    def test_what_is_not_ours_is_not_replaced_unless_told(self, place: Place) -> None:
        write_scene(place.out, pixels(5, 5))
        with pytest.raises(Dl2EcdError) as caught:
            classify(place.scene, place.ecd, place.out, options=BYTES)
        assert said(caught.value) == ["output-not-ours"]
        classify(place.scene, place.ecd, place.out, options=BYTES, overwrite=True)
        # Now it is.
        classify(place.scene, place.ecd, place.out, options=BYTES)

    def test_a_text_is_not_ours_either(self, place: Place) -> None:
        place.out.write_text("mine")
        with pytest.raises(Dl2EcdError) as caught:
            classify(place.scene, place.ecd, place.out, options=BYTES)
        assert said(caught.value) == ["output-not-ours"]

    def test_an_ecd_whose_model_was_changed(self, place: Place) -> None:
        text = place.ecd.read_text(encoding="ascii")
        place.ecd.write_text(text.replace('"SHA256": "', '"SHA256": "0', 1)[:-1], encoding="ascii")
        with pytest.raises(Dl2EcdError):
            classify(place.scene, place.ecd, place.out, options=BYTES)
        assert place.left() == []

    def test_weights_elsewhere_on_this_machine(self, place: Place) -> None:
        """In a self-contained .ecd: its digests are right, and older runtimes would read on."""
        secret = place.folder / "secret.bin"
        secret.write_bytes(bytes(3600))
        content = (FIXTURES / "onnx" / "external.onnx").read_bytes()
        name = b"external.onnx.data"
        outside = content.replace(name, b"../../../etc/group")
        assert len(outside) == len(content) != len(content.replace(name, b""))
        model = place.folder / "model" / "outside.onnx"
        model.write_bytes(outside)
        with pytest.raises(Dl2EcdError) as caught:
            classify(place.scene, model, place.out, class_info=place.classes, options=BYTES)
        assert "model-file-outside" in said(caught.value)
        # The same inside an .ecd.
        text = json.loads(place.ecd.read_text(encoding="ascii"))
        (entry,) = text["Definitions"][0]["Model"]["Files"]
        entry["Data"] = base64.b64encode(outside).decode()
        entry["SHA256"] = hashlib.sha256(outside).hexdigest()
        entry["Size"] = len(outside)
        place.ecd.write_text(json.dumps(text), encoding="ascii")
        with pytest.raises(Dl2EcdError) as caught:
            classify(place.scene, place.ecd, place.out, options=BYTES)
        assert "model-file-outside" in said(caught.value)

    def test_a_classic_definition(self, place: Place) -> None:
        place.ecd.write_text(
            json.dumps({"EsriClassifierDefinitionFile": 0, "Definitions": [{"Classes": []}]})
        )
        with pytest.raises(Dl2EcdError) as caught:
            classify(place.scene, place.ecd, place.out, options=BYTES)
        assert said(caught.value) == ["ecd-no-model"]


class TestStopping:
    @pytest.mark.parametrize("patience", [0, 1, 2])
    def test_cancelled_leaves_nothing(self, place: Place, patience: int) -> None:
        class Impatient(Listener):
            def __init__(self) -> None:
                self.asked = 0

            def cancelled(self) -> bool:
                self.asked += 1
                return self.asked > patience

        with pytest.raises(Cancelled):
            classify(place.scene, place.ecd, place.out, options=BYTES, messages=Impatient())
        assert place.left() == []

    def test_a_killed_run_is_gone_on_with(self, place: Place) -> None:
        """As a kill leaves it: some rows, and a journal that says so."""
        write_scene(place.scene, pixels(900, 70))

        class Killed(Listener):
            def progressed(self, done: int, total: int, doing: str) -> None:
                if doing == "Classifying" and done > 100:
                    raise RuntimeError("killed")

        with pytest.raises(RuntimeError):
            classify(place.scene, place.ecd, place.out, options=BYTES, messages=Killed())
        folder = folder_of(place.out)
        assert folder.is_dir()
        journal = json.loads((folder / "journal.json").read_text())
        with (folder / "values").open("r+b") as rows:
            rows.truncate(70 * 300)
            # A mark that only a run that goes on can keep.
            rows.write(bytes([200, 100]) * 35 * 300)
        (folder / "journal.json").write_text(json.dumps({**journal, "rows": 300}))
        done = classify(place.scene, place.ecd, place.out, options=BYTES)
        (told,) = (item for item in done.findings if item.rule == "result-continued")
        assert told.message.endswith("this one goes on at row 301 of 900.")
        with opened(place.out) as file:
            values = file.read(1)
        assert values[:300].ravel().tolist() == [200, 100] * 35 * 300
        assert not folder.exists()

    @pytest.mark.parametrize(
        ("rows", "stopped", "code", "kept"),
        [
            (100, Terminated, 143, True),
            (0, Terminated, 143, False),
            (100, KeyboardInterrupt, 130, False),
        ],
    )
    def test_what_is_kept_is_said(
        self,
        place: Place,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        rows: int,
        stopped: Type[BaseException],
        code: int,
        kept: bool,
    ) -> None:
        """Of a command that is asked to end when it has made some rows, or none."""
        write_scene(place.scene, pixels(900, 70))
        asked = [str(path) for path in (place.scene, place.ecd, place.out)]
        command = ["classify", *asked, "--scale", "min-max 0 255"]

        def ended(*arguments: Any) -> None:
            raise stopped

        def later(bar: PixelBar, done: int, total: int, doing: str) -> None:
            if doing == CLASSIFYING and done > rows:
                raise stopped

        with monkeypatch.context() as patch:
            if rows:
                patch.setattr(PixelBar, "progressed", later)
            else:
                patch.setattr("dl2ecd_core.running.classify.classifier_for", ended)
            for more in ([], ["--json"]):
                with pytest.raises(SystemExit) as ended_with:
                    dl2ecd.main([*command, *more])
                assert ended_with.value.code == code
                out, err = capsys.readouterr()
                words = "goes on where it stopped"
                assert "Cancelled; no output was left half-written." in err
                assert (words in err) is kept
        (told,) = json.loads(out)["findings"]
        assert (told["rule"], words in told["hint"]) == ("cancelled", kept)
        assert folder_of(place.out).exists() is kept
        assert CliRunner().invoke(dl2ecd, command).exit_code == 0
        assert place.left() == ["map.tif", "map.tif.aux.xml"]

    def test_two_runs_do_not_make_the_same_output(self, place: Place) -> None:
        folder = PartFolder(place.out, {})
        with pytest.raises(Dl2EcdError) as caught:
            classify(place.scene, place.ecd, place.out, options=BYTES)
        assert said(caught.value) == ["output-in-the-making"]
        folder.remove()
        classify(place.scene, place.ecd, place.out, options=BYTES)

    def test_a_full_disk_loses_nothing(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        classify(place.scene, place.ecd, place.out, options=BYTES)
        before = place.out.read_bytes()
        full = OSError(errno.ENOSPC, "No space left on device")
        with monkeypatch.context() as patch:
            patch.setattr(PartFile, "sync", lambda self: (_ for _ in ()).throw(full))
            with pytest.raises(Dl2EcdError) as caught:
                classify(place.scene, place.ecd, place.out, options=BYTES)
        assert said(caught.value) == ["output-disk-full"]
        assert "goes on where it stopped" in str(caught.value)
        assert place.out.read_bytes() == before
        classify(place.scene, place.ecd, place.out, options=BYTES)
        assert place.out.read_bytes() == before
        assert place.left() == ["map.tif", "map.tif.aux.xml"]

    @pytest.mark.parametrize("journal", ["", "[", "[]", '{"key": 3}', '{"rows": "many"}'])
    def test_a_journal_that_makes_no_sense_begins_anew(self, place: Place, journal: str) -> None:
        folder = folder_of(place.out)
        folder.mkdir()
        (folder / "journal.json").write_text(journal)
        classify(place.scene, place.ecd, place.out, options=BYTES)
        assert place.left() == ["map.tif", "map.tif.aux.xml"]

    def test_what_is_done_is_noted_as_time_goes_by(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dl2ecd_core.running.maps.part_file._PATIENCE", 0.0)
        write_scene(place.scene, pixels(300, 70))
        noted: List[int] = []

        class Watching(Listener):
            def progressed(self, done: int, total: int, doing: str) -> None:
                journal = folder_of(place.out) / "journal.json"
                if journal.exists():
                    noted.append(json.loads(journal.read_text())["rows"])

        classify(place.scene, place.ecd, place.out, options=BYTES, messages=Watching())
        assert noted == sorted(noted)
        assert 0 < noted[-1] <= 300

    def test_a_damaged_scene_leaves_nothing(self, place: Place) -> None:
        write_scene(place.scene, pixels(300, 70), BLOCKYSIZE=16)
        content = place.scene.read_bytes()
        place.scene.write_bytes(content[: len(content) * 2 // 3])
        with pytest.raises(Dl2EcdError) as caught:
            classify(place.scene, place.ecd, place.out, options=BYTES)
        assert [item.rule for item in caught.value.findings] == ["raster-not-readable"]
        assert place.left() == []

    @pytest.mark.skipif(NO_POSIX, reason="Windows lets nobody write to a file that is open")
    @pytest.mark.parametrize("how", ["written to", "replaced", "gone"])
    def test_a_scene_that_changes_meanwhile_gives_no_map(self, place: Place, how: str) -> None:
        """It would be one of two scenes."""
        write_scene(place.scene, pixels(300, 70))

        class Changing(Listener):
            def progressed(self, done: int, total: int, doing: str) -> None:
                if doing != CLASSIFYING or not place.scene.exists():
                    return
                if how == "written to":
                    with place.scene.open("r+b") as file:
                        file.seek(-1, os.SEEK_END)
                        file.write(b"\7")
                elif how == "replaced":
                    other = shutil.copy2(place.scene, place.folder / "other.tif")
                    Path(other).replace(place.scene)
                else:
                    place.scene.unlink()

        with pytest.raises(Dl2EcdError) as caught:
            classify(place.scene, place.ecd, place.out, options=BYTES, messages=Changing())
        assert said(caught.value) == ["file-changed"]
        assert place.left() == []

    def test_who_may_read_a_scene_may_change_meanwhile(self, place: Place) -> None:
        class Changing(Listener):
            def progressed(self, done: int, total: int, doing: str) -> None:
                place.scene.chmod(0o640)

        classify(place.scene, place.ecd, place.out, options=BYTES, messages=Changing())
        assert place.out.exists()

    @pytest.mark.skipif(NO_POSIX, reason="Windows tells no time of the last change")
    def test_a_scene_that_looks_as_old_begins_anew(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """After a kill: size and time are those of before, and its pixels others."""
        write_scene(place.scene, pixels(300, 70), compress=None)
        classify(place.scene, place.ecd, place.out, options=BYTES)
        first, status = place.out.read_bytes(), place.scene.stat()
        place.out.unlink()
        with monkeypatch.context() as patch:
            patch.setattr(Result, "_write", lambda *arguments: None)
            patch.setattr(PartFolder, "remove", PartFolder.close)
            classify(place.scene, place.ecd, place.out, options=BYTES)
        assert json.loads((folder_of(place.out) / "journal.json").read_text())["rows"] == 300
        write_scene(place.scene, 255 - pixels(300, 70), compress=None)
        os.utime(place.scene, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert place.scene.stat().st_size == status.st_size
        classify(place.scene, place.ecd, place.out, options=BYTES)
        assert place.out.read_bytes() != first

    def test_another_scene_begins_anew(self, place: Place) -> None:
        folder = folder_of(place.out)
        folder.mkdir()
        (folder / "journal.json").write_text(json.dumps({"key": {"other": 1}, "rows": 90}))
        (folder / "values").write_bytes(b"\x64" * 90 * 70)
        classify(place.scene, place.ecd, place.out, options=BYTES)
        with opened(place.out) as file:
            assert (file.read(1) == 200).any()


class TestCommand:
    def run(self, *arguments: object) -> Any:
        return CliRunner().invoke(dl2ecd, ["classify", *map(str, arguments)])

    def test_says_what_was_written(self, place: Place) -> None:
        result = self.run(place.scene, place.ecd, place.out, "--scale", "min-max 0 255")
        assert result.exit_code == 0
        assert "6,300 pixels" in result.output
        assert "Class 200" in result.output

    def test_lists_all_that_was_written(self, place: Place) -> None:
        shares, picture = place.folder / "shares.tif", place.folder / "map.png"
        more = ("--scale", "min-max 0 255", "--probabilities", shares, "--preview", picture)
        result = self.run(place.scene, place.ecd, place.out, *more)
        written = [line for line in result.output.splitlines() if line.startswith("Wrote ")]
        assert written[0].startswith(f"Wrote {place.out}: 6,300 pixels")
        assert written[1:] == [
            f"Wrote {shares}: the probabilities of its classes.",
            f"Wrote {picture}: a picture of it with its legend.",
        ]
        report = json.loads(self.run(place.scene, place.ecd, place.out, *more, "--json").output)
        check_document("classify", report)
        assert (report["probabilities"], report["preview"]) == (str(shares), str(picture))

    def test_lists_nothing_else(self, place: Place) -> None:
        asked = (place.scene, place.ecd, place.out, "--scale", "min-max 0 255")
        assert self.run(*asked).output.count("Wrote ") == 1
        report = json.loads(self.run(*asked, "--json").output)
        assert (report["probabilities"], report["preview"]) == (None, None)

    def test_says_which_bands_went_in(self, place: Place) -> None:
        write_scene(place.scene, pixels(90, 70, 6))
        asked = (place.scene, place.ecd, place.out, "--scale", "min-max 0 255")
        made = "It was made from {} of 6, scaled by: min-max 0 255 (--scale).\n"
        result = self.run(*asked)
        assert made.format("bands 1, 2, 3 and 4") in result.output
        assert "bands-first" in result.output
        result = self.run(*asked, "--bands", "6,4,2,1")
        assert made.format("bands 6, 4, 2 and 1") in result.output
        assert "bands-first" not in result.output
        report = json.loads(self.run(*asked, "--bands", "6,4,2,1", "--json").output)
        check_document("classify", report)
        assert (report["bands"], report["scene_bands"]) == ([6, 4, 2, 1], 6)

    def test_a_definition_that_names_the_source_of_its_scaling_controls_no_terminal(
        self, place: Place, capsys: pytest.CaptureFixture[str]
    ) -> None:
        done = classify(place.scene, place.ecd, place.out, options=BYTES)
        print_written(dataclasses.replace(done, scaling="none (\x07\u202e)"), "a map")
        written = capsys.readouterr().out
        assert "\x07" not in written and "\u202e" not in written
        assert "scaled by: none (" in written

    def test_says_how_much_has_no_data(self, place: Place) -> None:
        array = pixels(90, 70)
        array[:, :9] = 0
        write_scene(place.scene, array, nodata=0)
        result = self.run(place.scene, place.ecd, place.out, "--scale", "min-max 0 255")
        share = (array == 0).all(0).mean()
        rows = [line.split() for line in result.output.splitlines()]
        assert ["Value", "Color", "Name", "Share"] in rows
        assert ["0", "no", "data", f"{share:.1%}"] in rows

    def test_gives_a_report(self, place: Place) -> None:
        result = self.run(
            place.scene, place.model, place.classes, place.out, "--scale", "scale 255",
            "--bands", "1,2,3,4", "--json",
        )  # fmt: skip
        report: Dict[str, Any] = json.loads(result.output)
        check_document("classify", report)
        assert report["ok"]
        assert sum(item["pixels"] for item in report["classes"]) == 6300
        assert report["scaling"] == "scale 255 (--scale)"

    def test_takes_a_part(self, place: Place) -> None:
        extent = ("--extent", 500_020, 4_999_900, 500_100, 4_999_980)
        result = self.run(place.scene, place.ecd, place.out, "--scale", "min-max 0 255", *extent)
        assert result.exit_code == 0, result.output
        with opened(place.out) as file:
            assert (file.height, file.width) == (40, 40)

    def test_refuses_with_a_sentence(self, place: Place) -> None:
        result = self.run(place.scene, place.ecd, place.out)
        assert result.exit_code == 1
        assert "scaling-unknown" in result.output
        assert "Nothing was written." in result.output

    def test_refuses_as_json(self, place: Place) -> None:
        report = json.loads(self.run(place.scene, place.ecd, place.out, "--json").output)
        check_document("classify", report)
        assert not report["ok"]
        assert report["findings"][0]["rule"] == "scaling-unknown"

    @pytest.mark.parametrize("count", [1, 2, 5])
    def test_wants_three_or_four_paths(self, count: int) -> None:
        assert self.run(*"abcde"[:count]).exit_code == 2

    def test_takes_one_scene(self, place: Place) -> None:
        done = self.run(place.scene, place.scene, place.ecd, place.out)
        assert done.exit_code == 2
        assert "of several scenes that are one, a virtual raster" in done.output


class TestHostileModels:
    @pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="no limit for memory here")
    def test_one_that_asks_for_more_memory_than_there_is(self, place: Place) -> None:
        """A few bytes that grow to terabytes: the command line says so and lives."""
        model = place.folder / "model" / "greedy.onnx"
        model.write_bytes(greedy())
        command = [sys.executable, "-m", "dl2ecd_core.cli", "classify", str(place.scene)]
        command += [str(model), str(place.classes), str(place.out), "--json"]
        done = subprocess.run(
            [*command, "--scale", "min-max 0 255"], cwd=FIXTURES.parents[1], capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        rules = [item["rule"] for item in json.loads(done.stdout)["findings"]]
        assert set(rules) & {"model-run-failed", "model-not-loaded", "runtime-crashed"}
        assert not place.out.exists()


def greedy() -> bytes:
    """An ONNX model that adds its image to a tensor of 2**40 numbers, stated in a few bytes."""

    def node(op: str, inputs: List[str], output: str, *attributes: bytes) -> bytes:
        body = b"".join(field_of(1, name) for name in inputs) + field_of(2, output)
        return field_of(1, body + field_of(4, op) + b"".join(attributes))

    def value(name: str, channels: int) -> bytes:
        sizes = b"".join(field_of(1, number_field(1, size)) for size in (1, channels, 16, 16))
        kind = field_of(1, number_field(1, 1) + field_of(2, sizes))
        return field_of(1, name) + field_of(2, kind)

    shape = number_field(1, 4) + number_field(2, 7) + field_of(8, "shape")
    shape += field_of(9, struct.pack("<4q", 1 << 10, 1 << 10, 1 << 10, 1 << 10))
    graph = node("Expand", ["one", "shape"], "huge") + node("ReduceMax", ["huge"], "most")
    graph += node("Slice", ["image", "zero", "two", "axis"], "part")
    graph += node("Add", ["part", "most"], "scores")
    graph += field_of(2, "greedy") + field_of(5, shape)
    one = number_field(1, 1) + number_field(2, 1) + field_of(8, "one")
    graph += field_of(5, one + field_of(9, struct.pack("<f", 1)))
    for name, number in (("zero", 0), ("two", 2), ("axis", 1)):
        tensor = number_field(1, 1) + number_field(2, 7) + field_of(8, name)
        graph += field_of(5, tensor + field_of(9, struct.pack("<q", number)))
    graph += field_of(11, value("image", 4)) + field_of(12, value("scores", 2))
    return number_field(1, 7) + field_of(7, graph) + field_of(8, number_field(2, 13))
