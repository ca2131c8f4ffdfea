"""The files that a map is written to, and whether they may be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Optional

from ...examination import AnyPath
from ...files.output import check_target, real_path, refused
from ...files.output_set import check_apart
from ...files.replacing import check_ending, check_replaceable
from ...findings.wording import printable
from ..rasters.raster_library import RasterLibrary
from .geotiff import made_here
from .preview import PREVIEW

#: Of maps, in lower case.
ENDINGS = (".tif", ".tiff")


@dataclass(frozen=True)
class Outputs:
    """What is written: the map, and what was asked for beside it."""

    raster: Path
    probabilities: Optional[Path] = None
    preview: Optional[Path] = None

    @property
    def names(self) -> Path:
        """Where the names of the map's classes are written: where GDAL looks for them."""
        return Path(f"{self.raster}.aux.xml")

    def check_not_read(self, inputs: Iterable[Path]) -> None:
        """Refuse to replace what is read.

        Raises
        ------
        ConversionRefused
            ``output-is-input``.
        """
        read = list(inputs)
        for output in filter(None, (self.raster, self.probabilities, self.preview)):
            check_target(output, read)


def checked_outputs(
    raster: AnyPath,
    probabilities: Optional[AnyPath],
    preview: Optional[AnyPath],
    inputs: Iterable[Optional[AnyPath]],
    library: RasterLibrary,
    *,
    overwrite: bool,
) -> Outputs:
    """What is to be made, when it may be.

    Parameters
    ----------
    inputs
        The files that are read; None where there is none.

    Raises
    ------
    ConversionRefused
        When one of them can't be written, is read, is another of them, or is not an earlier one.
    """
    read = [Path(path) for path in inputs if path is not None]
    outputs = Outputs(
        Path(raster),
        None if probabilities is None else Path(probabilities),
        None if preview is None else Path(preview),
    )
    for output in filter(None, (outputs.raster, outputs.probabilities)):
        check_target(output, read)
        _check_ours(output, overwrite, library)
    check_target(outputs.names, read)
    if outputs.preview is not None:
        check_replaceable(outputs.preview, PREVIEW, read, overwrite=overwrite)
    if outputs.probabilities is not None:
        both = [real_path(outputs.raster), real_path(outputs.probabilities)]
        check_apart(both, "Give the raster of probabilities another name than the map.")
    return outputs


def _check_ours(target: Path, overwrite: bool, library: RasterLibrary) -> None:
    """Refuse a name of another kind, and to replace a raster that this project did not write."""
    check_ending(target, ENDINGS)
    if overwrite or not target.exists() or made_here(target, library):
        return
    raise refused(
        "output-not-ours",
        f"'{printable(str(target), 400)}' exists, and dl2ecd did not write it.",
        "Choose another name, or say --overwrite to replace it.",
        target,
    )
