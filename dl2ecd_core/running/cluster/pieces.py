"""The pieces of an unfinished map: a file for each window, in the folder of the unfinished result.

Each has its name only when it is whole, so what is there can be relied on. The names hold a digest
of what the map is the result of: a worker that went on after its client was gone can't mix its
piece into another map.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterator, List

from ...findings.errors import Cancelled
from ..classifier import Classifier
from ..maps.geotiff import Piece, Shape
from ..rasters.georeference import Georeference
from ..rasters.raster import Window
from ..rasters.rasterio_library import RasterioLibrary, rasterio_module
from .grid import Grid

if TYPE_CHECKING:
    from ..sessions import Array

VALUES, SHARES = "values", "probabilities"
#: Says that the client wants the work done; it is gone when the client has stopped.
MARK = "wanted"


@dataclass(frozen=True)
class PieceFolder:
    """Where pieces lie, as a worker sees it.

    Attributes
    ----------
    path
        The folder of the unfinished result.
    mark
        What the client wrote into it: of another run, or of none, nothing is done here.
    key
        A digest of what the map is the result of.
    """

    path: Path
    mark: str
    key: str

    @classmethod
    def of(cls, plain: Dict[str, Any]) -> PieceFolder:
        """As a worker gets it."""
        return cls(Path(plain["path"]), plain["mark"], plain["key"])

    def plain(self) -> Dict[str, Any]:
        """For a worker."""
        return {"path": str(self.path), "mark": self.mark, "key": self.key}

    def is_wanted(self) -> bool:
        """Whether the client still wants it."""
        try:
            return (self.path / MARK).read_text(encoding="ascii") == self.mark
        except OSError:
            return False

    def check(self) -> None:
        """Stop where the client has stopped.

        Raises
        ------
        Cancelled
            When it has.
        """
        if not self.is_wanted():
            raise Cancelled

    def piece(self, window: Window, kind: str = VALUES) -> Path:
        """The file of a window."""
        return self.path / f"{kind}-{self.key[:16]}-{window.top}-{window.left}.tif"

    def new(self) -> Path:
        """A name that nobody else has."""
        return self.path / f"new-{uuid.uuid4().hex}.tif"

    def pieces(self, grid: Grid, wanted: Window, kind: str = VALUES) -> List[Piece]:
        """All pieces of a map, with their place in it."""
        return [
            Piece(
                self.piece(window, kind),
                Window(
                    window.top - wanted.top,
                    window.bottom - wanted.top,
                    window.left - wanted.left,
                    window.right - wanted.left,
                ),
            )
            for window in grid.windows()
        ]

    def write(self, window: Window, pixels: Array, place: Georeference, kind: str = VALUES) -> None:
        """Write a piece ``(layers, rows, columns)``, whole or not at all.

        Parameters
        ----------
        place
            Of the whole result.

        Raises
        ------
        OSError
            When it can't be written.
        """
        rasterio = rasterio_module()
        layers, height, width = pixels.shape
        # A piece of a raster without a place has one in its pixels: it is just not said.
        corner = (1.0, 0.0, window.left + 1.0, 0.0, -1.0, -window.top - 1.0)
        new = self.new()
        try:
            with rasterio.Env(GDAL_PAM_ENABLED="NO"):
                try:
                    with rasterio.open(
                        new, "w", driver="GTiff", count=layers, height=height, width=width,
                        dtype=pixels.dtype, compress="LZW", interleave="pixel", BIGTIFF="IF_SAFER",
                        crs=place.crs,
                        transform=rasterio.Affine(*place.part(window).transform or corner),
                    ) as file:  # fmt: skip
                        file.write(pixels)
                except rasterio.errors.RasterioError as error:
                    raise OSError(str(error)) from error
            with new.open("rb+") as handle:
                os.fsync(handle.fileno())
            self.check()
            new.replace(self.piece(window, kind))
        finally:
            new.unlink(missing_ok=True)


def map_shape(classifier: Classifier, wanted: Window) -> Shape:
    """Of the map."""
    return Shape(wanted.height, wanted.width, 1, classifier.values.data_type)


def shares_shape(classifier: Classifier, wanted: Window) -> Shape:
    """Of the raster of probabilities."""
    return Shape(wanted.height, wanted.width, classifier.probabilities.layers, "float32")


def map_rows(path: Path, step: int = 512) -> Iterator[Array]:
    """The rows ``(rows, 1, columns)`` of a map."""
    with RasterioLibrary().opened(str(path)) as source:
        for top in range(0, source.height, step):
            window = Window(top, min(top + step, source.height), 0, source.width)
            yield source.read([0], window).transpose(1, 0, 2)
