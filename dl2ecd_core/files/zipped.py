"""Zips that are handed on: the same content gives the same bytes."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Dict, Mapping, Union

from .output import whole_file
from .plain_files import open_plain
from .replacing import OutputKind, check_replaceable

#: The folder of dl2ecd_core itself, wherever it is installed.
PACKAGE = Path(__file__).parents[1]
#: No zip can say an earlier date.
_DATE = (1980, 1, 1, 0, 0, 0)
#: The same as a zip's header holds it.
_FIRST_DAY = b"\0\0\x21\0"


def is_dateless(head: bytes) -> bool:
    """Whether a file begins as a zip of this tool's: no clock ever gives its time."""
    return head.startswith(b"PK\3\4") and head[10:14] == _FIRST_DAY


def _is_ours(path: Path) -> bool:
    with open_plain(path, buffering=-1) as file:
        return is_dateless(file.read(30))


_PACKED = OutputKind("zip that this tool packed", (".zip",), _is_ours)


def write_zip(
    target: Union[str, Path], content: Mapping[str, bytes], *, overwrite: bool = False
) -> None:
    """Write names and contents as a zip, whole or not at all.

    Parameters
    ----------
    overwrite
        Replace whatever file is there, not only a zip that this tool packed.

    Raises
    ------
    Dl2EcdError
        When it can't be written.
    """
    check_replaceable(Path(target), _PACKED, overwrite=overwrite)
    with whole_file(target) as output, zipfile.ZipFile(output, "w") as archive:
        for name, data in sorted(content.items()):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)


def package_files() -> Dict[str, bytes]:
    """Names below its folder and contents of this package, without what Python compiled."""
    files = {}
    for folder, folders, names in os.walk(PACKAGE):
        folders[:] = [name for name in folders if name not in ("__pycache__", "esri")]
        for name in names:
            path = Path(folder, name)
            files[path.relative_to(PACKAGE).as_posix()] = path.read_bytes()
    return files
