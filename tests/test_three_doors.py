"""One engine behind three doors: the same inputs give the same bytes and the same findings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Tuple

import jsonschema
import pytest

import dl2ecd_core.headless as arcpy
from dl2ecd_core import DeepLearningModelToEcd
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.schemas import load
from tests.documents import ESRI_EXAMPLE, land_classes
from tests.esri_reader import EsriReader
from tests.toolboxes import REAL, fresh_arcpy, needs_no_arcgis, needs_what_pro_brings

__all__ = ["fresh_arcpy"]

pytestmark = [needs_no_arcgis, pytest.mark.usefixtures("fresh_arcpy")]

ROOT = Path(__file__).parents[1]


def through_script(model: Path, info: Path, ecd: Path) -> None:
    DeepLearningModelToEcd(str(model), str(info), str(ecd))


def through_pane(model: Path, info: Path, ecd: Path) -> None:
    arcpy.ImportToolbox(str(REAL))
    arcpy.deeplearningtools.DeepLearningModelToEcd(str(model), str(info), str(ecd))


def through_command_line(model: Path, info: Path, ecd: Path) -> None:
    command = [sys.executable, "-m", "dl2ecd_core.cli", "convert", str(model), str(info), str(ecd)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment, timeout=600)


DOORS = (through_script, through_pane, through_command_line)


def results(folder: Path, model: Path, info: Path) -> List[bytes]:
    """What each door writes, each into a folder of its own at the same depth."""
    written = []
    for door in DOORS:
        place = folder / door.__name__
        place.mkdir()
        door(model, info, place / "a.ecd")
        written.append((place / "a.ecd").read_bytes())
    return written


@needs_what_pro_brings
def test_the_demo_model(tmp_path: Path) -> None:
    unpack(tmp_path)
    first, second, third = results(tmp_path, tmp_path / MODEL, tmp_path / CLASS_INFO)
    assert first == second == third


def write_info(folder: Path, **changes: Any) -> Path:
    path = folder / "classes.json"
    path.write_text(json.dumps({**ESRI_EXAMPLE, **changes}), encoding="utf-8")
    return path


CASES: Tuple[Tuple[str, str], ...] = (
    ("generated/cntk/landcover_unet_cntk27.model", "CNTK"),
    ("generated/tf1/landcover_unet_frozen_tf1.pb", "TensorFlow"),
    ("generated/torch/landcover_unet_ts.onnx", "ONNX"),
    ("generated/torch/landcover_unet_ts.onnx", "PyTorch"),
)


@needs_what_pro_brings
@pytest.mark.shared_models
class TestRealModels:
    @pytest.mark.parametrize(("name", "classifier"), CASES)
    def test_with_the_documents_example(
        self, tmp_path: Path, shared_models: Path, name: str, classifier: str
    ) -> None:
        info = write_info(tmp_path, Classifier=classifier)
        first, second, third = results(tmp_path, shared_models / name, info)
        assert first == second == third
        document = json.loads(first)
        jsonschema.validate(document, load("ecd.schema.json"))
        assert document["ExtraInfo"] == {**ESRI_EXAMPLE, "Classifier": classifier}

    def land_cover(self, shared_models: Path) -> Path:
        return shared_models / "cntk_v2" / "pixel_level_land_classification_250epochs.model"

    def test_the_real_land_cover_model(self, tmp_path: Path, shared_models: Path) -> None:
        model = self.land_cover(shared_models)
        info = write_info(tmp_path, Classes=land_classes(5))
        first, second, third = results(tmp_path, model, info)
        assert first == second == third
        document: Dict[str, Any] = json.loads(first)
        assert document["ImageHeight"] == document["ImageWidth"] == 256
        assert document["ModelPadding"] == 64
        assert document["ModelConfiguration"] == "AzurePixelLevelLandClassification"

    def test_a_published_reader_opens_its_ecd(self, tmp_path: Path, shared_models: Path) -> None:
        model = self.land_cover(shared_models)
        info = write_info(tmp_path, Classes=land_classes(5))
        through_script(model, info, tmp_path / "a.ecd")
        reader = EsriReader(tmp_path / "a.ecd")
        assert reader.module == "CNTK.AzurePixelLevelLandClassification"
        assert reader.model_path == model.resolve()
        assert reader.tile == (256, 256)
        assert reader.bands == (0, 1, 2, 3)
        assert reader.asks_for == []
        assert [row["Value"] for row in reader.attribute_table] == [0, 1, 2, 3, 4]

    @pytest.mark.parametrize("door", DOORS)
    def test_two_classes_for_its_five_are_refused(
        self, tmp_path: Path, shared_models: Path, door: Any
    ) -> None:
        info = write_info(tmp_path)
        refusals = (ConversionRefused, arcpy.ExecuteError, subprocess.CalledProcessError)
        with pytest.raises(refusals) as error:
            door(self.land_cover(shared_models), info, tmp_path / "a.ecd")
        if door is not through_command_line:
            assert "class-count-mismatch" in str(error.value)
            assert "5 channels" in str(error.value)
            assert "2 classes" in str(error.value)
        assert sorted(os.listdir(tmp_path)) == ["classes.json"]


def classified_by_script(scene: Path, ecd: Path, out: Path) -> None:
    from dl2ecd_core.running.building import Options
    from dl2ecd_core.running.classify import classify

    classify(scene, ecd, out, options=Options(scale=["min-max 0 255"]))


def classified_by_pane(scene: Path, ecd: Path, out: Path) -> None:
    arcpy.ImportToolbox(str(REAL))
    arcpy.deeplearningtools.ClassifyRasterUsingEcd(
        str(scene), str(ecd), str(out), scaling="min-max 0 255"
    )


def classified_by_command_line(scene: Path, ecd: Path, out: Path) -> None:
    command = [sys.executable, "-m", "dl2ecd_core.cli", "classify", scene, ecd, out]
    command += ["--scale", "min-max 0 255"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment, timeout=600)


def detected_by_script(scene: Path, ecd: Path, out: Path) -> None:
    from dl2ecd_core.running.detect import DetectOptions, detect

    options = DetectOptions(scale=["min-max 0 255"], score=0.3, overlap=16)
    detect(scene, ecd, out, options=options)


def detected_by_pane(scene: Path, ecd: Path, out: Path) -> None:
    arcpy.ImportToolbox(str(REAL))
    arcpy.deeplearningtools.DetectObjectsUsingEcd(
        str(scene), str(ecd), str(out), scaling="min-max 0 255", score=0.3, overlap=16
    )


def detected_by_command_line(scene: Path, ecd: Path, out: Path) -> None:
    command = [sys.executable, "-m", "dl2ecd_core.cli", "detect", scene, ecd, out]
    command += ["--scale", "min-max 0 255", "--score", "0.3", "--overlap", "16"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment, timeout=600)


class TestRunning:
    def test_the_same_pixels(self, tmp_path: Path) -> None:
        pytest.importorskip("rasterio")
        pytest.importorskip("onnxruntime")
        from tests.running.scenes import pixels, write_scene

        unpack(tmp_path)
        scene, ecd = tmp_path / "scene.tif", tmp_path / "landcover.ecd"
        write_scene(scene, pixels(150, 190), nodata=0)
        through_script(tmp_path / MODEL, tmp_path / CLASS_INFO, ecd)
        maps = []
        for door in (classified_by_script, classified_by_pane, classified_by_command_line):
            out = tmp_path / door.__name__ / "map.tif"
            out.parent.mkdir()
            door(scene, ecd, out)
            names = out.with_name("map.tif.aux.xml").read_bytes()
            maps.append((out.read_bytes(), names))
        assert maps[0] == maps[1] == maps[2]

    def test_the_same_objects(self, tmp_path: Path) -> None:
        for name in ("rasterio", "onnxruntime", "onnx", "shapely", "pyogrio"):
            pytest.importorskip(name)
        from tests.running.objects.test_detect import Place, model_of, objects_in

        place = Place(tmp_path)
        ecd = tmp_path / "model.ecd"
        DeepLearningModelToEcd(model_of("yolov8", tmp_path)[0], place.classes, ecd)
        found = []
        for door in (detected_by_script, detected_by_pane, detected_by_command_line):
            out = tmp_path / door.__name__ / "objects.gpkg"
            out.parent.mkdir()
            door(place.scene, ecd, out)
            about, shapes, fields = objects_in(out)
            shown = (
                [shape.wkb for shape in shapes],
                [list(map(str, one)) for one in fields.values()],
            )
            found.append((about["crs"], *shown, out.with_suffix(".qml").read_bytes()))
        assert found[0] == found[1] == found[2]
        assert len(found[0][1]) == 6
