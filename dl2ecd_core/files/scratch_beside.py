"""A scratch folder beside an output: what can't be written there is said of the output."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from ..findings.errors import ConversionRefused
from .output import write_failure
from .scratch import scratch_folder


@contextmanager
def scratch_beside(target: Path) -> Iterator[Path]:
    """A folder for as long as an output is made, on the output's disk.

    Raises
    ------
    ConversionRefused
        ``output-not-writable``, ``output-disk-full`` or ``output-folder-missing``, about `target`,
        where the folder can't be made or what lies in it can't be written.
    """
    try:
        with scratch_folder(target.parent) as folder:
            try:
                yield folder
            except ConversionRefused as error:
                # Said already, of a file that the person never asked for.
                if isinstance(error.__cause__, OSError) and _is_about(error, folder):
                    raise error.__cause__ from None
                raise
    except OSError as error:
        raise write_failure(error, target) from error


def _is_about(error: ConversionRefused, folder: Path) -> bool:
    places = [Path(item.where.file) for item in error.findings if item.where.file is not None]
    return any(folder in (place, *place.parents) for place in places)
