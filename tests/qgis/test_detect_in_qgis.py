"""Detecting in QGIS, through its own GDAL: the objects of the command line, categorised."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.pane.speech import CANCELLED
from tests.qgis.installed import Qgis, run

if not all(map(importlib.util.find_spec, ("onnx", "onnxruntime", "rasterio", "pyogrio"))):
    pytest.skip("the extras run and detect are not installed", allow_module_level=True)

import numpy as np
import rasterio
import shapely

from dl2ecd_core.conversion import convert
from tests.running.objects import networks
from tests.running.objects.test_detect import THINGS, Place, objects_in
from tests.running.scenes import ITRF, epochs_in, write_scene

pytestmark = [pytest.mark.qgis, pytest.mark.usefixtures("lent_onnxruntime", "lent_shapely")]

DETECT = "dl2ecd:detectobjects"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    convert(networks.yolov8(tmp_path / "m" / "a.onnx"), made.classes, tmp_path / "a.ecd")
    return made


def asked(place: Place, **more: object) -> Dict[str, object]:
    return {
        "in_raster": place.scene,
        "in_model_definition": place.folder / "a.ecd",
        "scaling": "min-max 0 255",
        "score": 0.3,
        "overlap": 16,
        "out_detected_objects": place.out,
        **more,
    }


def features(path: Path) -> List[Any]:
    """Coordinate system, fields, and the features from left to right, with rounded corners.

    GDAL's versions write coordinates of GeoJSON with the same decimals, and otherwise differently.
    """
    about, shapes, fields = objects_in(path)
    whole = [shapely.multipolygons(shapely.get_parts(shape)).normalize() for shape in shapes]
    corners = [np.round(shapely.get_coordinates(shape), 6).tolist() for shape in whole]
    rows = zip(corners, *(fields[name] for name in about["fields"]))
    return [about["crs"], list(about["fields"]), sorted(rows)]


@pytest.mark.parametrize("name", ["objects.gpkg", "objects.geojson"])
@pytest.mark.parametrize("kind", ["yolov8", "turned", "segmenting"])
def test_the_objects_of_the_command_line(qgis: Qgis, place: Place, name: str, kind: str) -> None:
    model = getattr(networks, kind)(place.folder / "m" / "b.onnx")
    convert(model, place.classes, place.folder / "a.ecd", overwrite=True)
    out = place.folder / name
    results, failed, said, positions = run(qgis, DETECT, asked(place, out_detected_objects=out))
    assert failed is None
    assert results == {"out_detected_objects": str(out)}
    assert positions[-1] == 100
    assert ["info", f"Written: {out}"] in said
    other = place.folder / f"other{out.suffix}"
    place.detect(model, other)
    assert features(out) == features(other)
    assert len(features(out)[2]) == len(THINGS)
    assert out.with_suffix(".qml").read_bytes() == other.with_suffix(".qml").read_bytes()


@pytest.mark.parametrize("profile", [{"crs": None, "transform": None}, {"crs": None}])
def test_scenes_that_lie_nowhere(qgis: Qgis, place: Place, profile: Any) -> None:
    from tests.running.objects.test_detect import scene_pixels

    write_scene(place.scene, scene_pixels(160, 208, THINGS), **profile)
    _, failed, said, _ = run(qgis, DETECT, asked(place))
    assert failed is None
    assert any("[scene-without-place]" in text for _, text in said)
    other = place.folder / "other.gpkg"
    place.detect(place.folder / "m" / "a.onnx", other)
    assert features(place.out) == features(other)


def test_an_area_an_extent_and_a_style(qgis: Qgis, place: Place) -> None:
    told: Dict[str, Any] = qgis.script(
        """
scene, ecd, out = arguments
layer = QgsRasterLayer(scene, "scene")
area = QgsVectorLayer("Polygon?crs=EPSG:4326", "area", "memory")
feature = QgsFeature()
box = QgsGeometry.fromRect(QgsRectangle(500000, 4999700, 500240, 5000000))
there = QgsCoordinateTransform(
    QgsCoordinateReferenceSystem("EPSG:32632"), area.crs(), QgsProject.instance())
box.densifyByCount(20)
box.transform(there)
feature.setGeometry(box)
area.dataProvider().addFeature(feature)
area.dataProvider().addFeature(QgsFeature())
QgsProject.instance().addMapLayers([layer, area])
results = processing.runAndLoadResults("dl2ecd:detectobjects", {
    "in_raster": layer.id(), "in_model_definition": ecd, "scaling": "min-max 0 255",
    "score": 0.3, "overlap": 16, "aoi": area.id(), "device": "cpu",
    "extent": "500000,500500,4999840,5000000 [EPSG:32632]", "out_detected_objects": out,
})
made = [item for item in QgsProject.instance().mapLayers().values()
        if item not in (layer, area)][0]
renderer = made.renderer()
tell({
    "count": made.featureCount(),
    "middles": sorted([round(f.geometry().boundingBox().center().x()),
                       round(f.geometry().boundingBox().center().y())]
                      for f in made.getFeatures()),
    "renderer": renderer.type(),
    "classes": [[str(item.value()), item.label()] for item in renderer.categories()],
})
QgsProject.instance().clear()
""",
        place.scene,
        place.folder / "a.ecd",
        place.out,
    )
    # Those in the first 120 columns and 80 rows.
    assert told["middles"] == [[500_056, 4_999_944], [500_104, 4_999_896], [500_120, 4_999_944]]
    assert (told["renderer"], told["classes"]) == (
        "categorizedSymbol",
        [["10", "Tree"], ["20", "Car"]],
    )


def test_what_is_said_of_the_outputs(qgis: Qgis, place: Place) -> None:
    model = networks.separate(place.folder / "m" / "b.onnx")
    convert(model, place.classes, place.folder / "a.ecd", overwrite=True)
    _, failed, _, _ = run(qgis, DETECT, asked(place))
    assert "[detector-incomplete]" in failed
    assert "First Label (0 or 1)" in failed
    _, failed, _, _ = run(qgis, DETECT, asked(place, first_label="1", classes="Car"))
    assert failed is None
    assert len(features(place.out)[2]) == 3


def test_a_cancelled_run_leaves_nothing(qgis: Qgis, place: Place) -> None:
    before = sorted(path.name for path in place.folder.iterdir())
    _, failed, _, _ = run(qgis, DETECT, asked(place), cancel_at=30)
    assert failed == CANCELLED
    assert sorted(path.name for path in place.folder.iterdir()) == before


def test_a_damaged_scene_leaves_nothing(qgis: Qgis, place: Place) -> None:
    content = place.scene.read_bytes()
    place.scene.write_bytes(content[: len(content) // 2])
    before = sorted(path.name for path in place.folder.iterdir())
    _, failed, _, _ = run(qgis, DETECT, asked(place))
    assert "[raster-not-readable]" in failed
    assert sorted(path.name for path in place.folder.iterdir()) == before


def test_from_qgis_process(qgis: Qgis, place: Place) -> None:
    given = asked(place)
    done = qgis.process(DETECT, **given)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["results"]["out_detected_objects"] == str(place.out)
    wrong = qgis.process(DETECT, **{**given, "classes": "Boat"})
    assert wrong.returncode == 1
    assert "[class-not-listed]" in wrong.stderr + wrong.stdout


def test_several_scenes_in_a_batch_and_in_a_model(qgis: Qgis, place: Place) -> None:
    """As the batch dialog and the graphical modeler run it."""
    told: List[Any] = qgis.script(
        """
scene, ecd, folder = arguments
algorithm = QgsApplication.processingRegistry().createAlgorithmById("dl2ecd:detectobjects")
common = {"in_model_definition": ecd, "scaling": "min-max 0 255", "score": 0.3, "overlap": 16}
rows = [{**common, "in_raster": scene, "out_detected_objects": folder + "/%d.gpkg" % n}
        for n in range(2)]
feedback, batch = QgsProcessingFeedback(False), []
for row in rows:
    context = QgsProcessingContext()
    sound = algorithm.checkParameterValues(row, context)[0]
    batch.append(sound and algorithm.run(row, context, feedback)[1])
made = QgsProcessingModelAlgorithm("find", "tests")
child = QgsProcessingModelChildAlgorithm("dl2ecd:detectobjects")
child.setChildId("find")
source = QgsProcessingModelChildParameterSource
for name, value in {**common, "in_raster": scene}.items():
    child.addParameterSources(name, [source.fromStaticValue(value)])
output = QgsProcessingModelOutput("found", "found")
output.setChildId("find")
output.setChildOutputName("out_detected_objects")
child.setModelOutputs({"found": output})
made.addChildAlgorithm(child)
made.initAlgorithm()
results = processing.run(made, {"find:found": folder + "/model.gpkg"})
tell([batch, sorted(map(str, results.values()))])
""",
        place.scene,
        place.folder / "a.ecd",
        place.folder,
    )
    assert told[0] == [True, True]
    assert str(place.folder / "model.gpkg") in told[1]
    first = features(place.folder / "0.gpkg")
    assert first == features(place.folder / "1.gpkg") == features(place.folder / "model.gpkg")


class TestBurning:
    def test_is_what_rasterio_does(self, qgis: Qgis) -> None:
        from dl2ecd_core.running.rasters.rasterio_library import RasterioLibrary

        random = np.random.default_rng(3)
        polygons = [
            json.loads(shapely.to_geojson(shapely.Point(x, y).buffer(r)))
            for x, y, r in random.uniform(5, 60, (6, 3))
        ]
        transform = (1.2, 0.3, 1.0, 0.2, -1.1, 70.0)
        told = qgis.script(
            """
from dl2ecd.dl2ecd_core.qgis.desktop.gdal_library import GdalLibrary
polygons, transform = json.loads(arguments[0])
tell(GdalLibrary().burnt(polygons, (60, 50), tuple(transform)).astype(int).tolist())
""",
            json.dumps([polygons, transform]),
        )
        wanted = RasterioLibrary().burnt(polygons, (60, 50), transform)
        assert 0 < wanted.sum() < wanted.size
        assert np.array_equal(np.array(told, bool), wanted)


def test_a_layer_keeps_the_year_of_its_coordinates(qgis: Qgis, tmp_path: Path) -> None:
    target = tmp_path / "a.gpkg"
    qgis.script(
        """
from pathlib import Path
import numpy
from dl2ecd.dl2ecd_core.qgis.desktop.ogr_library import OgrLibrary
from dl2ecd.dl2ecd_core.running.rasters.georeference import System
from dl2ecd.dl2ecd_core.running.rasters.layer_library import Layer
fields = {"v": numpy.zeros(0, "int32")}
layer = Layer("a", "Point", System(arguments[1], 2021.25), [], fields, "GPKG")
OgrLibrary().write(Path(arguments[0]), layer)
tell(True)
""",
        target,
        rasterio.CRS.from_string(ITRF).to_wkt(),
    )
    assert epochs_in(target) == [2021.25]


def test_what_can_not_be_written_is_said(qgis: Qgis, place: Place) -> None:
    told = qgis.script(
        """
from pathlib import Path
import numpy
from dl2ecd.dl2ecd_core.qgis.desktop.ogr_library import OgrLibrary
from dl2ecd.dl2ecd_core.running.rasters.georeference import NO_SYSTEM
from dl2ecd.dl2ecd_core.running.rasters.layer_library import Layer, LayerError
layer = Layer("a", "Point", NO_SYSTEM, [], {"v": numpy.zeros(0, "int32")}, "GPKG")
try:
    OgrLibrary().write(Path(arguments[0]), layer)
except LayerError as error:
    tell(str(error))
""",
        place.folder / "nowhere" / "a.gpkg",
    )
    assert "a.gpkg" in told
