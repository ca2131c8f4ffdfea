"""Scenes and definitions for the tests of running."""

from __future__ import annotations

import json
import shutil
import sqlite3
import warnings
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence

import numpy as np
import rasterio
import rasterio.shutil
from lxml import etree
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from dl2ecd_core.models import inspect_model
from dl2ecd_core.running.sessions.onnx_session import OnnxSession
from dl2ecd_core.running.sessions.scores import Scores, scores_of
from tests.conftest import FIXTURES

#: A place on the map that tests can tell again.
UTM = {"crs": "EPSG:32632", "transform": Affine(2, 0, 500_000, 0, -2, 5_000_000)}


def pixels(height: int, width: int, bands: int = 4, *, seed: int = 1, top: int = 256) -> np.ndarray:
    """A scene of patches with noise, ``(bands, rows, columns)`` in 8 bits."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, top, (bands, height // 8 + 1, width // 8 + 1))
    smooth = coarse.repeat(8, 1).repeat(8, 2)[:, :height, :width]
    noise = random.integers(0, top, (bands, height, width))
    return ((smooth * 3 + noise) // 4).astype("uint8")


def write_scene(path: Path, array: np.ndarray, **profile: Any) -> Path:
    """A GeoTIFF of these pixels."""
    options: Dict[str, Any] = {"driver": "GTiff", **UTM, **profile}
    said = ("descriptions", "colorinterp", "scales", "offsets")
    more = {key: options.pop(key) for key in said if key in options}
    count, height, width = array.shape
    with (
        quiet(),
        rasterio.open(
            path, "w", count=count, height=height, width=width, dtype=array.dtype, **options
        ) as file,
    ):
        for key, value in more.items():
            setattr(file, key, value)
        file.write(array)
    return path


#: Degrees in a system that moves with the ground.
ITRF = "EPSG:9000"


def dated_and_of_points(path: Path, crs: str = ITRF) -> Path:
    """Say of a scene that its coordinates are of 2021, and its values of the middles of pixels."""
    with quiet(), MemoryFile(ext=".vrt") as virtual:
        with rasterio.open(path) as scene:
            rasterio.shutil.copy(scene, virtual.name, driver="VRT")
        text = virtual.read().decode()
        root = etree.fromstring(text)
        (system,) = root.findall("SRS")
        system.text = rasterio.CRS.from_string(crs).to_wkt()
        system.attrib.clear()
        system.set("coordinateEpoch", "2021.25")
        entry = root.find("Metadata/MDI[@key='AREA_OR_POINT']")
        entry.text = "Point"
        new = path.with_name("new.tif")
        with rasterio.open(etree.tostring(root).decode()) as scene:
            rasterio.shutil.copy(scene, str(new), driver="GTiff")
    new.replace(path)
    return path


def epochs_in(layer: Path) -> List[float]:
    """The years that the coordinate systems of a GeoPackage say
    (https://www.geopackage.org/spec140/#_coordinate_epoch)."""
    with closing(sqlite3.connect(layer)) as package:
        columns = [row[1] for row in package.execute("PRAGMA table_info(gpkg_spatial_ref_sys)")]
        if "epoch" not in columns:
            return []
        found = package.execute("SELECT epoch FROM gpkg_spatial_ref_sys WHERE epoch NOT NULL")
        return [row[0] for row in found]


@contextmanager
def quiet() -> Iterator[None]:
    """Without rasterio's remark about rasters that lie nowhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A raster that was written."""
    with quiet(), rasterio.open(path) as file:
        yield file


def write_classes(path: Path, values: Sequence[int], bands: int = 4, **more: Any) -> Path:
    """Class information with a color for each class."""
    document = {
        "ImportDeepLearningModelToEsriExtraInfo": 0,
        "Version": 1,
        "Classifier": "ONNX",
        "NumberRasterBands": bands,
        "MiniBatchSize": 1,
        "Classes": [
            {"Value": value, "Name": f"Class {value}", "Color": [place * 40, 200, 10 + place]}
            for place, value in enumerate(values)
        ],
        **more,
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def fixture(name: str, folder: Path) -> Path:
    """An ONNX fixture in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(FIXTURES / "onnx" / f"{name}.onnx", folder))


def scores(name: str, folder: Path, bands: int = 4, layers: int = 2) -> Scores:
    """The scores of an ONNX fixture."""
    path = fixture(name, folder / "model")
    model = inspect_model(path)
    return scores_of(OnnxSession(path, model.inputs, model.outputs), bands, None, layers)
