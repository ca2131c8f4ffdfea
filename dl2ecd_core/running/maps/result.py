"""The rasters of a classification: made row by row, whole or not at all."""

from __future__ import annotations

import math
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple

from ...ecd.content import Ecd
from ...exports import aux_xml
from ...exports.legend import legend_of
from ...findings import Finding
from ...progress import Listener
from ..classifier import Classifier
from ..engine import classify_raster
from ..rasters.georeference import Georeference
from ..rasters.raster import RasterReader, Window
from ..rasters.raster_library import RasterLibrary
from ..values import Values
from .geotiff import Content, new_geotiff, room_beside
from .outputs import Outputs
from .part_file import PartFile, PartFolder, part_folder, said_of_begun
from .preview import write_preview

if TYPE_CHECKING:
    from ..sessions import Array

#: So many values are counted one by one.
_FEW = 32
#: What a listener hears when all rows are made: its bar stays full until it goes.
WRITING = "Writing the map"


class _Counting:
    """Counts pixels by their value on their way into a file of rows."""

    def __init__(self, part: PartFile, folder: PartFolder, likely: Iterable[int]) -> None:
        self._part, self._folder, self._likely = part, folder, frozenset(likely)
        self.counts: Counter[int] = Counter()
        for strip in part.rows(folder.done):
            self._count(strip)

    def write(self, top: int, strip: Array) -> None:
        """As :class:`~dl2ecd_core.running.rasters.raster.RasterWriter`."""
        self._part.write(top, strip)
        self._count(strip)
        self._folder.finished(top)

    def _count(self, strip: Array) -> None:
        import numpy

        if len(self._likely) <= _FEW:
            # Comparing with each takes less than putting pixels into bins.
            counts = {value: int(numpy.count_nonzero(strip == value)) for value in self._likely}
        else:
            values, numbers = numpy.unique(strip, return_counts=True)
            counts = dict(zip(values.tolist(), numbers.tolist()))
        self.counts.update(counts)


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
        self,
        reader: RasterReader,
        key: Dict[str, Any],
        workers: Optional[int],
        listener: Listener,
        check: Callable[[], object],
    ) -> Tuple[Counter[int], List[Finding]]:
        """Make them, whole or not at all; how many pixels have which value, and what to say.

        Parameters
        ----------
        check
            Raises where what was read is not what it was.
        """
        classifier, window = self.classifier, self.window
        with part_folder(self.outputs.raster, key) as folder:
            part = folder.file("values", window.width, 1, classifier.values.data_type)
            shares = None
            if self.outputs.probabilities is not None:
                layers = classifier.probabilities.layers
                shares = folder.file("probabilities", window.width, layers, "float32")
            said = said_of_begun(folder.done, window.height, "row")
            for item in said:
                listener.found(item)
            values = classifier.values
            counting = _Counting(part, folder, (*values.by_index, values.nodata))
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
            check()
            folder.note(window.height)
            listener.progressed(1, 1, WRITING)
            self._write(part, shares)
        return counting.counts, said

    def _write(self, part: PartFile, shares: Optional[PartFile]) -> None:
        """Make everything before anything takes its place: a full disk spoils no older map."""
        outputs, height = self.outputs, self.window.height
        place = self.place.part(self.window)
        wanted = [(outputs.raster, part, map_content(self.ecd, self.classifier.values, place))]
        if shares is not None and outputs.probabilities is not None:
            content = shares_content(self.ecd, shares.layers, place)
            wanted.append((outputs.probabilities, shares, content))
        with ExitStack() as rooms:
            made = []
            for target, rows, content in wanted:
                room = rooms.enter_context(room_beside(target, part.path.parent))
                made.append(new_geotiff(rows, height, room, target, content, self.library))
            write_beside(outputs, self.ecd, part.rows(height), (height, self.window.width))
            for new in made:
                new.place()


def map_content(ecd: Ecd, values: Values, place: Georeference) -> Content:
    """What a map says beside its pixels."""
    small = values.data_type == "uint8"
    colors = {row.value: row.color for row in legend_of(ecd, "tif").rows}
    return Content(place, values.nodata, colors if small else None)


def shares_content(ecd: Ecd, layers: int, place: Georeference) -> Content:
    """What a raster of probabilities says beside its pixels."""
    return Content(place, math.nan, names=_layer_names(ecd, layers))


def write_beside(
    outputs: Outputs, ecd: Ecd, strips: Iterator[Array], size: Tuple[int, int]
) -> None:
    """Write what lies beside a map: its names, and the picture where one is asked for.

    Parameters
    ----------
    strips
        The map's rows ``(rows, layers, columns)``.
    size
        Its rows and columns.
    """
    if outputs.preview is not None:
        write_preview(outputs.preview, strips, size, legend_of(ecd, "tif").rows)
    aux_xml.write(ecd, outputs.names, Listener(), overwrite=True)


def _layer_names(ecd: Ecd, layers: int) -> List[str]:
    """The name of each layer of probabilities."""
    by_index = {item.index: item.name for item in ecd.classes}
    if layers == 1:
        return [by_index.get(1, "probability")]
    return [by_index.get(index, "background") for index in range(layers)]
