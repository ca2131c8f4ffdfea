"""The toolbox as a zip: unpacked anywhere, it can be added to a project in ArcGIS Pro."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Optional, Union

from ..files.output import refused
from ..files.zipped import PACKAGE, package_files, write_zip

#: Where the toolbox lies: beside the package in the sources, inside it where it is installed.
PLACES = (PACKAGE.parent, PACKAGE / "esri" / "toolboxes")
TOOLBOX = "DeepLearningTools"


def write_archive(target: Union[str, Path], *, overwrite: bool = False) -> None:
    """Write the zip, whole or not at all: the toolbox, its help, and the package beside them.

    Parameters
    ----------
    overwrite
        Replace whatever file is there, not only an earlier zip.

    Raises
    ------
    Dl2EcdError
        When there is no toolbox, or the zip can't be written.
    """
    place = toolbox_folder()
    if place is None:
        raise refused(
            "output-not-writable",
            f"There is no {TOOLBOX}.pyt beside the package, so there is nothing to pack.",
            "Run this in a checkout of dl2ecd, or where it is installed from a wheel.",
            target,
        )
    write_zip(target, archive_files(place), overwrite=overwrite)


def toolbox_folder() -> Optional[Path]:
    """The folder of the toolbox; None where the package came without it."""
    return next((place for place in PLACES if (place / f"{TOOLBOX}.pyt").is_file()), None)


def archive_files(place: Path) -> Dict[str, bytes]:
    """Names and contents of the zip, with the toolbox of a folder."""
    files = {path.name: path.read_bytes() for path in sorted(place.glob(f"{TOOLBOX}*.pyt*"))}
    files.update({f"{PACKAGE.name}/{name}": data for name, data in package_files().items()})
    return {f"{TOOLBOX}/{name}": data for name, data in files.items()}
