"""Classifying in QGIS, through its own GDAL: the pixels of the command line, styled."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any, Dict, List

import pytest
from click.testing import CliRunner

from dl2ecd_core.cli.group import dl2ecd
from dl2ecd_core.conversion import convert
from dl2ecd_core.pane.speech import CANCELLED
from tests.qgis.installed import Qgis, run

if not all(map(importlib.util.find_spec, ("numpy", "onnxruntime", "rasterio"))):
    pytest.skip("the extra run is not installed", allow_module_level=True)

import numpy as np
import rasterio

from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.rasters.rasterio_library import RasterioLibrary
from tests.running.rasters.test_area import geojson
from tests.running.scenes import dated_and_of_points, opened, pixels, quiet, write_scene
from tests.running.test_classify import BYTES, Place

pytestmark = [pytest.mark.qgis, pytest.mark.usefixtures("lent_onnxruntime")]

CLASSIFY = "dl2ecd:classifyraster"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def asked(place: Place, **more: object) -> Dict[str, object]:
    return {
        "in_raster": place.scene,
        "in_model_definition": place.ecd,
        "scaling": "min-max 0 255",
        "out_classified_raster": place.out,
        **more,
    }


def by_rasterio(place: Place) -> np.ndarray:
    """The map of the command line."""
    classify(place.scene, place.ecd, place.folder / "other.tif", options=BYTES)
    with opened(place.folder / "other.tif") as file:
        return file.read(1)


def test_the_pixels_of_the_command_line(qgis: Qgis, place: Place) -> None:
    shares = place.folder / "shares.tif"
    results, failed, said, positions = run(qgis, CLASSIFY, asked(place, out_probabilities=shares))
    assert failed is None
    assert results == {
        "out_classified_raster": str(place.out),
        "out_probabilities": str(shares),
    }
    assert positions[-1] == 100
    assert ["info", f"Written: {place.out}"] in said
    with opened(place.out) as file, opened(place.scene) as scene, opened(shares) as share:
        assert np.array_equal(file.read(1), by_rasterio(place))
        assert file.transform == scene.transform
        assert file.crs == scene.crs
        assert file.colormap(1)[100] == (0, 200, 10, 255)
        assert share.count == 2
        assert share.descriptions == ("Class 100", "Class 200")


@pytest.mark.parametrize("kind", ["nodata", "alpha", "mask", "float", "nowhere", "points"])
def test_both_libraries_see_the_same(qgis: Qgis, place: Place, kind: str) -> None:
    array = pixels(90, 70, 5)
    if kind == "nodata":
        array[:, :20] = 9
        write_scene(place.scene, array, nodata=9)
    elif kind == "alpha":
        array[4, :20] = 0
        colors = [rasterio.enums.ColorInterp.gray] * 4 + [rasterio.enums.ColorInterp.alpha]
        write_scene(place.scene, array, colorinterp=colors)
    elif kind == "mask":
        write_scene(place.scene, array)
        with quiet(), rasterio.open(place.scene, "r+") as file:
            file.write_mask(np.arange(90 * 70).reshape(90, 70) % 3 > 0)
    elif kind == "float":
        numbers = array.astype("float32")
        numbers[1, 5:9, 5:9] = np.nan
        write_scene(place.scene, numbers, nodata=-9999)
    elif kind == "nowhere":
        write_scene(place.scene, array, crs=None, transform=None)
    else:
        points = [
            rasterio.control.GroundControlPoint(row, column, 10 + column, 50 - row)
            for row, column in ((0, 0), (0, 70), (90, 0))
        ]
        write_scene(place.scene, array, gcps=points, transform=None)
    _, failed, _, _ = run(qgis, CLASSIFY, asked(place))
    assert failed is None
    with opened(place.out) as file:
        ours, profile, gcps = file.read(1), file.profile, file.gcps
    assert np.array_equal(ours, by_rasterio(place))
    with opened(place.folder / "other.tif") as file:
        assert profile["transform"] == file.profile["transform"]
        assert profile["crs"] == file.profile["crs"]
        assert [(one.row, one.col, one.x, one.y) for one in gcps[0]] == [
            (one.row, one.col, one.x, one.y) for one in file.gcps[0]
        ]


def test_a_layer_an_extent_and_a_style(qgis: Qgis, place: Place) -> None:
    told: Dict[str, Any] = qgis.script(
        """
from qgis.PyQt.QtCore import QEventLoop
scene, ecd, out = arguments
layer = QgsRasterLayer(scene, "scene")
QgsProject.instance().addMapLayer(layer)
results = processing.runAndLoadResults("dl2ecd:classifyraster", {
    "in_raster": layer.id(), "in_model_definition": ecd, "scaling": "min-max 0 255",
    "extent": "500020,500100,4999900,4999980 [EPSG:32632]", "out_classified_raster": out,
})
(made,) = [item for item in QgsProject.instance().mapLayers().values() if item is not layer]
renderer = made.renderer()
tell({
    "results": list(results.values()),
    "size": [made.width(), made.height()],
    "extent": made.extent().toString(0),
    "renderer": renderer.type(),
    "classes": [[item.value, item.label, list(item.color.getRgb()[:3])]
                for item in renderer.classes()],
})
QgsProject.instance().clear()
""",
        place.scene,
        place.ecd,
        place.out,
    )
    assert str(place.out) in told["results"][0]
    assert told["size"] == [40, 40]
    assert told["renderer"] == "paletted"
    assert told["classes"] == [
        [100, "Class 100", [0, 200, 10]],
        [200, "Class 200", [40, 200, 11]],
    ]
    with opened(place.out) as file:
        assert np.array_equal(file.read(1), by_rasterio(place)[10:50, 10:50])


def test_a_map_of_the_command_line_has_its_names_and_colors(qgis: Qgis, place: Place) -> None:
    """Esri's example, with sparse values and a name that begins with a blank, as QGIS opens it."""
    document = json.loads(place.classes.read_text(encoding="utf-8"))
    document["Classes"] = [
        {"Value": 100, "Name": "Impervious", "Color": [204, 204, 204]},
        {"Value": 200, "Name": " Other (Pervious)", "Color": [56, 168, 0]},
    ]
    place.classes.write_text(json.dumps(document), encoding="utf-8")
    convert(place.model, place.classes, place.ecd, overwrite=True)
    command = ["classify", *map(str, (place.scene, place.ecd, place.out))]
    ran = CliRunner().invoke(dl2ecd, [*command, "--scale", "min-max 0 255"])
    assert ran.exit_code == 0, ran.output
    told = qgis.script(
        """
layer = QgsRasterLayer(arguments[0], "map")
renderer, provider = layer.renderer(), layer.dataProvider()
tell({
    "renderer": renderer.type(),
    "classes": [[item.value, item.label, list(item.color.getRgb())]
                for item in renderer.classes() if item.color.alpha()],
    "palette": [[item.value, item.label, list(item.color.getRgb())]
                for item in provider.colorTable(1) if item.color.alpha()],
    "no data": provider.sourceNoDataValue(1),
})
""",
        place.out,
    )
    classes = [
        [100, "Impervious", [204, 204, 204, 255]],
        [200, " Other (Pervious)", [56, 168, 0, 255]],
    ]
    assert told["renderer"] == "paletted"
    assert told["classes"] == classes
    assert told["palette"] == classes
    assert told["no data"] == 0


def test_an_area_is_that_of_the_command_line(qgis: Qgis, place: Place) -> None:
    # No side goes through the middle of a pixel.
    corners = [[500_010.37, 4_999_921.11], [500_066.73, 4_999_930.29], [500_050.17, 4_999_985.71]]
    ring = [*corners, corners[0]]
    document = {"type": "Polygon", "coordinates": [ring]}
    area = geojson(place.folder / "area.geojson", document)
    _, failed, _, _ = run(qgis, CLASSIFY, asked(place, aoi=area, device="auto"))
    assert failed is None
    other = place.folder / "other.tif"
    classify(place.scene, place.ecd, other, options=BYTES, aoi=area)
    with opened(place.out) as ours, opened(other) as theirs:
        values = ours.read(1)
        assert np.array_equal(values, theirs.read(1))
    assert 0 < (values == 0).sum() < values.size


def test_a_layer_that_is_no_area(qgis: Qgis, place: Place) -> None:
    _, failed, _, _ = run(qgis, CLASSIFY, asked(place, aoi=place.classes))
    assert "aoi" in failed


def test_in_a_model_converting_comes_first(qgis: Qgis, place: Place) -> None:
    """What one tool writes, the next one reads: as the graphical modeler chains them."""
    told: List[Any] = qgis.script(
        """
model, info, scene, out = arguments
made = QgsProcessingModelAlgorithm("chain", "tests")
first = QgsProcessingModelChildAlgorithm("dl2ecd:deeplearningmodeltoecd")
first.setChildId("convert")
source = QgsProcessingModelChildParameterSource
first.addParameterSources("in_deep_learning_model", [source.fromStaticValue(model)])
first.addParameterSources("in_classification_info_json", [source.fromStaticValue(info)])
made.addChildAlgorithm(first)
second = QgsProcessingModelChildAlgorithm("dl2ecd:classifyraster")
second.setChildId("classify")
second.addParameterSources("in_raster", [source.fromStaticValue(scene)])
second.addParameterSources("scaling", [source.fromStaticValue("min-max 0 255")])
second.addParameterSources("in_model_definition",
    [source.fromChildOutput("convert", "out_classifier_definition")])
output = QgsProcessingModelOutput("map", "map")
output.setChildOutputName("out_classified_raster")
second.setModelOutputs({"map": output})
made.addChildAlgorithm(second)
made.initAlgorithm()
results = processing.run(made, {"classify:map": out})
tell(results["classify:map"])
""",
        place.model, place.classes, place.scene, place.out,
    )  # fmt: skip
    assert told == str(place.out)
    with opened(place.out) as file:
        assert np.array_equal(file.read(1), by_rasterio(place))


class TestRefusals:
    def failure(self, qgis: Qgis, place: Place, **more: object) -> str:
        before = place.left()
        results, failed, _, _ = run(qgis, CLASSIFY, asked(place, **more))
        assert results is None
        assert place.left() == before
        return failed

    def test_nobody_guesses_the_scaling(self, qgis: Qgis, place: Place) -> None:
        assert self.failure(qgis, place, scaling="").startswith("[scaling-unknown]")

    def test_no_definition(self, qgis: Qgis, place: Place) -> None:
        text = self.failure(qgis, place, in_model_definition=place.scene)
        assert text.startswith("[")

    def test_an_extent_elsewhere(self, qgis: Qgis, place: Place) -> None:
        text = self.failure(qgis, place, extent="0,10,0,10")
        assert text.startswith("[extent-outside]")

    def test_a_threshold_and_no_data_are_heard(self, qgis: Qgis, place: Place) -> None:
        text = self.failure(qgis, place, nodata=100, threshold=0.4)
        assert text.startswith("[nodata-taken]")

    def test_a_damaged_scene(self, qgis: Qgis, place: Place) -> None:
        data = place.scene.read_bytes()
        place.scene.write_bytes(data[: len(data) // 2])
        _, failed, _, _ = run(qgis, CLASSIFY, asked(place))
        assert failed.startswith("[raster-not-readable]")
        assert not place.out.exists()

    def test_another_rasters_place(self, qgis: Qgis, place: Place) -> None:
        shutil.copy(place.scene, place.out)
        assert self.failure(qgis, place).startswith("[output-not-ours]")
        place.out.write_text("a text")
        assert self.failure(qgis, place).startswith("[output-not-ours]")
        _, failed, _, _ = run(qgis, CLASSIFY, asked(place, overwrite=True))
        assert failed is None

    @pytest.mark.parametrize("percent", [0, 50])
    def test_cancelled(self, qgis: Qgis, place: Place, percent: int) -> None:
        write_scene(place.scene, pixels(900, 700))
        before = place.left()
        results, failed, _, positions = run(qgis, CLASSIFY, asked(place), percent)
        assert (results, failed) == (None, CANCELLED)
        assert place.left() == before
        assert positions[-1] < 100

    def test_a_layer_that_is_no_file(self, qgis: Qgis, place: Place) -> None:
        told = qgis.script(
            """
from dl2ecd.dl2ecd_core.qgis.desktop.imagery import file_of
class Provider:
    def name(self): return "wms"
class Layer:
    def name(self): return "Streets"
    def dataProvider(self): return Provider()
try:
    file_of(Layer())
except QgsProcessingException as error:
    tell(str(error))
"""
        )
        assert told.startswith("The layer 'Streets' is no raster file (wms)")

    def test_a_raster_that_is_none(self, qgis: Qgis, place: Place) -> None:
        assert "Could not load source layer for in_raster" in self.failure(
            qgis, place, in_raster=place.classes
        )


def test_a_raster_in_a_geopackage(qgis: Qgis, place: Place) -> None:
    """One of several rasters in a file is the one that is classified."""
    package = place.folder / "two.gpkg"
    told = qgis.script(
        """
from osgeo import gdal
scene, package = arguments
for name, more in (("first", []), ("second", ["APPEND_SUBDATASET=YES"])):
    options = ["RASTER_TABLE=" + name, "TILE_FORMAT=PNG", *more]
    gdal.Translate(package, scene, format="GPKG", creationOptions=options, bandList=[1, 2, 3, 4])
from dl2ecd.dl2ecd_core.qgis.desktop.imagery import file_of
layer = QgsRasterLayer("GPKG:" + package + ":second", "second")
tell([layer.isValid(), file_of(layer)])
""",
        place.scene,
        package,
    )
    assert told == [True, f"GPKG:{package}:second"]


class TestGdal:
    def test_a_scene_of_points_in_a_moving_system(self, qgis: Qgis, place: Place) -> None:
        dated_and_of_points(place.scene)
        assert run(qgis, CLASSIFY, asked(place))[1] is None
        where = []
        for path in (place.scene, place.out):
            with RasterioLibrary().opened(str(path)) as source:
                where.append(source.georeference)
        assert where[0] == where[1]
        assert (where[1].epoch, where[1].is_point) == (2021.25, True)

    def test_metadata(self, qgis: Qgis, place: Place) -> None:
        told = qgis.script(
            """
from pathlib import Path
from dl2ecd.dl2ecd_core.qgis.desktop.gdal_library import GdalLibrary
with GdalLibrary().opened(arguments[0]) as source:
    tell([source.tags["AREA_OR_POINT"], GdalLibrary().tags(Path(arguments[1]))])
""",
            place.scene,
            place.classes,
        )
        assert told == ["Area", {}]

    def test_what_a_file_says_of_values_and_pieces(self, qgis: Qgis, place: Place) -> None:
        told = qgis.script(
            """
from osgeo import gdal
from dl2ecd.dl2ecd_core.qgis.desktop.gdal_library import GdalLibrary
scene, scaled = arguments
options = ["BLOCKYSIZE=90", "COMPRESS=DEFLATE"]
made = gdal.Translate(scaled, scene, creationOptions=options)
made.GetRasterBand(2).SetScale(0.5)
made.GetRasterBand(2).SetOffset(-2)
del made
found = []
for path in arguments:
    with GdalLibrary().opened(path) as source:
        found.append([source.units, source.piece])
tell(found)
""",
            place.scene,
            place.folder / "scaled.tif",
        )
        assert told[0][0] == [[1, 0]] * 4
        assert told[1] == [[[1, 0], [0.5, -2], [1, 0], [1, 0]], 90 * 70 * 4]

    def test_a_file_of_several_rasters(self, qgis: Qgis, place: Place) -> None:
        told = qgis.script(
            """
from osgeo import gdal
from dl2ecd.dl2ecd_core.qgis.desktop.gdal_library import GdalLibrary
from dl2ecd.dl2ecd_core.running.rasters.raster_library import RasterError
scene, package = arguments
for more in ([], ["APPEND_SUBDATASET=YES"]):
    options = ["RASTER_TABLE=t%d" % len(more), "TILE_FORMAT=PNG", *more]
    gdal.Translate(package, scene, format="GPKG", creationOptions=options, bandList=[1, 2, 3, 4])
try:
    with GdalLibrary().opened(package):
        pass
except RasterError as error:
    tell([str(error), error.hint])
""",
            place.scene,
            place.folder / "several.gpkg",
        )
        assert told[0] == "it has no bands of its own, but 2 rasters in it."
        assert ":t0'" in told[1]
        assert ":t1'" in told[1]

    def test_where_another_plugin_made_gdal_raise(self, qgis: Qgis, place: Place) -> None:
        told = qgis.script(
            """
from osgeo import gdal
from dl2ecd.dl2ecd_core.qgis.desktop.gdal_library import GdalLibrary
from dl2ecd.dl2ecd_core.running.rasters.raster_library import RasterError
gdal.UseExceptions()
try:
    with GdalLibrary().opened(arguments[0]):
        pass
except RasterError as error:
    tell([str(error), gdal.GetUseExceptions()])
finally:
    gdal.DontUseExceptions()
""",
            place.classes,
        )
        assert "classes.json" in told[0]
        assert told[1]

    def test_an_algorithm_that_is_run_unchecked(self, qgis: Qgis, place: Place) -> None:
        told = qgis.script(
            """
algorithm = QgsApplication.processingRegistry().createAlgorithmById("dl2ecd:classifyraster")
class Feedback(QgsProcessingFeedback):
    said = []
    def reportError(self, text, fatal=False): self.said.append(text)
feedback = Feedback(False)
try:
    ok = algorithm.run({"in_raster": arguments[0]}, QgsProcessingContext(), feedback)[1]
except QgsProcessingException as error:
    ok = str(error)
tell([ok, feedback.said])
""",
            place.classes,
        )
        assert "Could not load source layer for in_raster" in str(told)
