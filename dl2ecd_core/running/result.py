"""The rasters of a classification: made row by row, whole or not at all."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from ..ecd.content import Ecd
from ..exports import aux_xml
from ..exports.legend import legend_of
from ..findings.errors import Cancelled
from ..progress import Listener
from .classifier import Classifier
from .engine import classify_raster
from .georeference import Georeference
from .geotiff import Content, write_geotiff
from .part_file import PartFile, PartFolder
from .preview import write_preview
from .raster_library import RasterLibrary
from .rasters import RasterReader, Window

if TYPE_CHECKING:
    from .sessions import Array


class _Counting:
    """Counts pixels by their value on their way into a file of rows."""

    def __init__(self, part: PartFile, folder: PartFolder) -> None:
        self._part, self._folder = part, folder
        self.counts: Counter[int] = Counter()
        for strip in part.rows(folder.done):
            self._count(strip)

    def write(self, top: int, strip: Array) -> None:
        """As :class:`~dl2ecd_core.running.rasters.RasterWriter`."""
        self._part.write(top, strip)
        self._count(strip)
        self._folder.finished(top)

    def _count(self, strip: Array) -> None:
        import numpy

        if strip.dtype == numpy.uint8:
            found = numpy.bincount(strip.ravel(), minlength=256)
            self.counts.update({value: int(found[value]) for value in found.nonzero()[0].tolist()})
        else:
            values, numbers = numpy.unique(strip, return_counts=True)
            self.counts.update(dict(zip(values.tolist(), numbers.tolist())))


@dataclass(frozen=True)
class Outputs:
    """What is written: the map, and what was asked for beside it."""

    raster: Path
    probabilities: Optional[Path] = None
    preview: Optional[Path] = None


@dataclass(frozen=True)
class Result:
    """The rasters that are made."""

    outputs: Outputs
    classifier: Classifier
    ecd: Ecd
    library: RasterLibrary
    window: Window
    place: Georeference

    def make(
        self, reader: RasterReader, key: Dict[str, Any], workers: Optional[int], listener: Listener
    ) -> Counter[int]:
        """Make them, whole or not at all; how many pixels have which value."""
        classifier, window = self.classifier, self.window
        folder = PartFolder(self.outputs.raster, key)
        try:
            part = folder.file("values", window.width, 1, classifier.values.data_type)
            shares = None
            if self.outputs.probabilities is not None:
                layers = classifier.probabilities.layers
                shares = folder.file("probabilities", window.width, layers, "float32")
            counting = _Counting(part, folder)
            classify_raster(
                reader,
                classifier,
                counting,
                probabilities=shares,
                window=window,
                from_row=folder.done,
                workers=workers,
                listener=listener,
            )
            folder.note(window.height)
            self._write(part, shares)
        except (Cancelled, KeyboardInterrupt):
            folder.remove()
            raise
        finally:
            folder.close()
        folder.remove()
        return counting.counts

    def _write(self, part: PartFile, shares: Optional[PartFile]) -> None:
        values, height = self.classifier.values, self.window.height
        place = self.place.part(self.window)
        rows = legend_of(self.ecd, "tif").rows
        colors = {row.value: row.color for row in rows}
        small = values.data_type == "uint8"
        content = Content(place, values.nodata, colors if small else None)
        write_geotiff(part, height, self.outputs.raster, content, self.library)
        names = Path(f"{self.outputs.raster}.aux.xml")
        aux_xml.write(self.ecd, names, Listener(), overwrite=True)
        if self.outputs.preview is not None:
            size = height, self.window.width
            write_preview(self.outputs.preview, part.rows(height), size, rows)
        if shares is not None and self.outputs.probabilities is not None:
            write_geotiff(
                shares,
                height,
                self.outputs.probabilities,
                Content(place, math.nan, names=_layer_names(self.ecd, shares.layers)),
                self.library,
            )


def _layer_names(ecd: Ecd, layers: int) -> List[str]:
    """The name of each layer of probabilities."""
    by_index = {item.index: item.name for item in ecd.classes}
    if layers == 1:
        return [by_index.get(1, "probability")]
    return [by_index.get(index, "background") for index in range(layers)]
