"""Esri's deep learning package (.dlpk): a zip with one .emd at its root and the model.

https://pro.arcgis.com/en/pro-app/3.0/help/sharing/overview/share-a-deep-learning-model-package.htm
The same content gives the same bytes: nothing is compressed, times and permissions are fixed.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, List, Mapping, Optional, Tuple

from ..ecd.content import Ecd
from ..ecd.layout import text_of
from ..ecd.paths import inside_path
from ..ecd.payload import Progress
from ..files.output import whole_file
from ..files.plain_files import is_plain, open_plain
from ..files.zipped import is_dateless
from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import printable, quoted
from ..progress import Listener
from .earlier import head_of
from .emd import emd_document

ENDINGS = (".dlpk",)
#: The earliest time that a zip can hold.
_TIME = (1980, 1, 1, 0, 0, 0)
_PERMISSIONS = 0o644 << 16
_BEYOND_32_BIT = 0xFFFF_FFFF
#: Longest Python file that is taken along, in bytes.
_LONGEST_FUNCTION = 4 << 20


def is_earlier(path: Path, ecd: Ecd) -> bool:
    """Whether a file begins as a package of this tool's: no clock ever gives its time."""
    del ecd  # With anything in it.
    head = head_of(path)
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    return is_dateless(head) and name.endswith(b".emd")


def write(ecd: Ecd, target: Path, listener: Listener, *, overwrite: bool) -> Tuple[Finding, ...]:
    """Write the package to `target`, streamed."""
    document, findings = emd_document(ecd)
    function, about_function = _inference_function(ecd, document)
    name = f"{target.stem}.emd"
    progress = Progress(listener, sum(item.size for item in ecd.files))
    with whole_file(target) as output, zipfile.ZipFile(output, "w") as package:
        _add(package, name, text_of(document).encode("ascii"))
        if function is not None:
            _add(package, _plain(str(document["InferenceFunction"])), function)
        for item in ecd.files:
            entry = _entry(item.path)
            entry.file_size = item.size
            large = item.size >= _BEYOND_32_BIT
            with package.open(entry, "w", force_zip64=large) as inside:
                for piece in item.chunks():
                    inside.write(piece)
                    progress.advance(len(piece), f"Packing {printable(item.path)}")
    return (*findings, *about_function)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.external_attr = _PERMISSIONS
    # The system that is said to have made the entry depends on where Python runs otherwise.
    entry.create_system = 3
    return entry


def _add(package: zipfile.ZipFile, name: str, content: bytes) -> None:
    package.writestr(_entry(name), content)


def _plain(path: str) -> str:
    plain = path.replace("\\", "/")
    return plain[2:] if plain.startswith("./") else plain


def _inference_function(
    ecd: Ecd, document: Mapping[str, Any]
) -> Tuple[Optional[bytes], List[Finding]]:
    """The Python file that the definition names, when it lies beside the .ecd; never executed."""
    named = document.get("InferenceFunction")
    if not isinstance(named, str) or named.startswith("["):
        return None, []
    path = _plain(named)
    if path in [item.path for item in ecd.files]:
        return None, []
    location = Path(ecd.name).parent.joinpath(*path.split("/"))
    why = "there is no such file beside the .ecd"
    if inside_path(path) and path.endswith(".py"):
        try:
            if is_plain(location) and _lies_in(location, ecd):
                with open_plain(location, buffering=-1) as handle:
                    content = handle.read(_LONGEST_FUNCTION + 1)
                if len(content) <= _LONGEST_FUNCTION:
                    return content, []
                why = f"it has more than {_LONGEST_FUNCTION >> 20} MiB, as no source text has"
        except OSError as error:
            why = f"it can't be read ({error.strerror})"
    return None, [
        finding(
            "export-incomplete",
            f"The Python raster function {quoted(named)} is not in the package: {why}.",
            hint="Put it beside the .ecd and export again, or add it to the package by hand.",
            where=Place(file=ecd.name),
        )
    ]


def _lies_in(location: Path, ecd: Ecd) -> bool:
    return Path(ecd.name).resolve().parent in location.resolve().parents
