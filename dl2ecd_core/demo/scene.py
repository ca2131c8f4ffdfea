"""A small made-up scene for the demo's model: a lake, fields and bare ground in four bands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..files.output import check_target
from ..running.extras import not_installed
from ..running.maps.geotiff import Content, write_geotiff
from ..running.maps.part_file import PartFolder
from ..running.rasters.georeference import Georeference
from ..running.rasters.rasterio_library import RasterioLibrary

if TYPE_CHECKING:
    from ..running.sessions import Array

SCENE = "scene.tif"
#: Rows and columns.
HEIGHT, WIDTH = 300, 400

#: Mean reflectance of red, green, blue and near infrared: water, vegetation, bare ground.
_SPECTRA = (
    (0.05, 0.08, 0.10, 0.02),
    (0.06, 0.12, 0.05, 0.50),
    (0.35, 0.30, 0.25, 0.30),
)
_NOISE = 0.04
#: Somewhere in the middle of nowhere, in metres.
_PLACE = Georeference(crs="EPSG:32632", transform=(1.0, 0.0, 500_000.0, 0.0, -1.0, 5_400_000.0))


def cover() -> Array:
    """What lies where: 0 water, 1 vegetation, 2 bare ground."""
    import numpy

    rows, columns = numpy.mgrid[0:HEIGHT, 0:WIDTH]
    random = numpy.random.default_rng(4)
    fields = random.integers(1, 3, (HEIGHT // 25, WIDTH // 40)).repeat(25, 0).repeat(40, 1)
    shore = 90 + 12 * numpy.sin(columns / 23) + 8 * numpy.cos(rows / 17)
    lake = numpy.hypot((rows - 140) * 1.3, columns - 170) < shore
    return numpy.where(lake, 0, fields)


def write_scene(target: Path) -> None:
    """Write the scene, the same bytes every time.

    Raises
    ------
    Dl2EcdError
        When it can't be written, or the extra that writes rasters is not there.
    """
    try:
        import numpy
    except ImportError as error:
        raise not_installed("NumPy", "run", "make a scene") from error
    check_target(target)
    random = numpy.random.default_rng(5)
    clean = numpy.array(_SPECTRA, "float32")[cover()].transpose(2, 0, 1)
    noisy = clean + random.normal(0, _NOISE, clean.shape)
    pixels = numpy.rint(numpy.clip(noisy, 0, 1) * 255).astype("uint8")
    folder = PartFolder(target, {"demo": 1})
    try:
        rows = folder.file("values", WIDTH, len(pixels), "uint8")
        rows.write(0, pixels)
        folder.note(HEIGHT)
        content = Content(_PLACE, None, names=("red", "green", "blue", "nir"), made_by="demo")
        write_geotiff(rows, HEIGHT, target, content, RasterioLibrary())
    finally:
        folder.remove()
