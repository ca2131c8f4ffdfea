"""A scene whose bands lie in several files, as STAC items have them: read as one raster."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Iterator, List, Mapping, Optional, Sequence, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import quoted
from ..extras import RunningRefused
from ..rasters.georeference import Georeference
from ..rasters.raster import Window
from ..rasters.raster_library import RasterError, RasterLibrary, Source, Unit
from ..rasters.rasterio_library import RasterioLibrary, is_remote
from ..rasters.scene import Scene, not_readable, opened_scene
from ..rasters.virtual import check_sources
from .orders import BandFile, SceneFiles

if TYPE_CHECKING:
    from ..sessions import Array

#: Of a pixel: places that differ by less are the same.
_SLIVER = 1e-3


class StackedSource:
    """Bands of several files; see :class:`~dl2ecd_core.running.rasters.raster_library.Source`.

    Parameters
    ----------
    sources
        A file and the band of it for each band of the whole, and what it is called.
    """

    def __init__(self, sources: Sequence[Tuple[Source, int, Optional[str]]]) -> None:
        self._sources = list(sources)
        self._first = self._sources[0][0]

    @property
    def height(self) -> int:
        """Rows."""
        return self._first.height

    @property
    def width(self) -> int:
        """Columns."""
        return self._first.width

    @property
    def data_types(self) -> Tuple[str, ...]:
        """NumPy's names."""
        return tuple(source.data_types[band] for source, band, _ in self._sources)

    @property
    def band_names(self) -> Tuple[Optional[str], ...]:
        """What the item calls them, else the files."""
        return tuple(name or source.band_names[band] for source, band, name in self._sources)

    @property
    def nodata(self) -> Tuple[Optional[float], ...]:
        """Values for no data."""
        return tuple(source.nodata[band] for source, band, _ in self._sources)

    @property
    def units(self) -> Tuple[Unit, ...]:
        """What the files say of their values."""
        return tuple(source.units[band] for source, band, _ in self._sources)

    @property
    def piece(self) -> int:
        """Bytes of the largest that is loaded at once."""
        return max(source.piece for source, _, _ in self._sources)

    @property
    def transparency(self) -> Tuple[int, ...]:
        """Bands of the whole that say how transparent pixels are."""
        return tuple(
            place
            for place, (source, band, _) in enumerate(self._sources)
            if band in source.transparency
        )

    @property
    def has_mask(self) -> bool:
        """Whether a file has a mask for all its bands together."""
        return any(source.has_mask for source, _, _ in self._sources)

    @property
    def tags(self) -> Mapping[str, str]:
        """The first file's own metadata."""
        return self._first.tags

    @property
    def georeference(self) -> Georeference:
        """Where they all lie."""
        return self._first.georeference

    def read(self, bands: Sequence[int], window: Window) -> Array:
        """Pixels of these bands."""
        import numpy

        return numpy.stack(
            [
                source.read([band], window)[0]
                for source, band, _ in (self._sources[place] for place in bands)
            ]
        )

    def mask(self, band: int, window: Window) -> Array:
        """0 where the mask of any file says that there is no data."""
        import numpy

        del band  # Of all bands together.
        seen = [
            source.mask(place, window) != 0 for source, place, _ in self._sources if source.has_mask
        ]
        return numpy.logical_and.reduce(seen).astype("uint8")


@contextmanager
def opened_files(files: SceneFiles, library: Optional[RasterLibrary] = None) -> Iterator[Scene]:
    """A scene, open for as long as it is used.

    Raises
    ------
    RunningRefused
        As :func:`~dl2ecd_core.running.rasters.scene.opened_scene`; ``item-bands-differ`` where the
        files have not the same pixels.
    """
    rasters = library or RasterioLibrary()
    if not files.bands:
        with opened_scene(files.path, rasters) as scene:
            yield scene
        return
    with ExitStack() as stack:
        opened = {}
        for path in dict.fromkeys(one.path for one in files.bands):
            if not is_remote(path):
                check_sources(Path(path))
            try:
                opened[path] = stack.enter_context(rasters.opened(path))
            except RasterError as error:
                raise not_readable(path, error) from error
        _check_alike(files, opened)
        yield Scene(
            StackedSource([(opened[one.path], one.band, one.name) for one in files.bands]),
            files.name,
        )


def _check_alike(files: SceneFiles, opened: Mapping[str, Source]) -> None:
    """Refuse files of other pixels: to resample them is a choice that nobody made."""
    first = opened[files.bands[0].path]
    for one in files.bands:
        source = opened[one.path]
        if one.band >= len(source.data_types):
            raise RunningRefused(
                [_differ(files, one, f"has no band {one.band + 1}", "Mend the item.")]
            )
        if (source.height, source.width) != (first.height, first.width) or not _same_place(
            source.georeference, first.georeference
        ):
            sizes = [f"{each.height} x {each.width}" for each in (source, first)]
            raise RunningRefused(
                [
                    _differ(
                        files,
                        one,
                        f"has other pixels ({sizes[0]}) than the first band ({sizes[1]})",
                        "Resample the bands to one grid first: how is for you to choose.",
                    )
                ]
            )


def _same_place(one: Georeference, other: Georeference) -> bool:
    if one.crs != other.crs or (one.transform is None) != (other.transform is None):
        return False
    if one.transform is None or other.transform is None:
        return True
    pixel = max(abs(number) for number in (*one.transform[:2], *one.transform[3:5]))
    return all(abs(a - b) <= _SLIVER * pixel for a, b in zip(one.transform, other.transform))


def _differ(files: SceneFiles, one: BandFile, what: str, hint: str) -> Finding:
    name = quoted(one.path.rpartition("/")[2], 200)
    return finding(
        "item-bands-differ",
        f"The file {name} of {quoted(files.name, 300)} {what}.",
        hint=hint,
        where=Place(file=one.path),
    )


def paths_of(files: SceneFiles) -> List[str]:
    """All files that a scene is read from."""
    return list(dict.fromkeys([one.path for one in files.bands] or [files.path]))
