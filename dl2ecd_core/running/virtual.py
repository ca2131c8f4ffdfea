"""What virtual rasters (.vrt) are made of: files on this machine, and nothing else.

A virtual raster names its sources, and GDAL opens whatever is named: also addresses of the web and
services. Who gives a file has not asked for that, so each source must be a file that is there.

https://gdal.org/en/stable/drivers/raster/vrt.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, List, Optional, Set

from lxml import etree

from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import quoted
from .extras import RunningRefused

_LARGEST = 64 << 20
_HEAD = 1024
#: Elements whose text GDAL opens.
_SOURCES = frozenset(("SourceFilename", "SourceDataset", "Filename", "SrcDSName"))
#: Files inside archives that are files themselves.
_ARCHIVES = ("/vsizip/", "/vsitar/", "/vsigzip/")
#: Virtual rasters of virtual rasters.
_DEEPEST = 8


def check_sources(path: Path) -> None:
    """Refuse a virtual raster that names anything but files; other files are none of its business.

    Raises
    ------
    RunningRefused
        ``raster-source-elsewhere``, or ``raster-not-readable`` for one that is no XML.
    """
    seen: Set[Path] = set()
    waiting = [(path, 0)]
    while waiting:
        file, depth = waiting.pop()
        if file in seen or not _is_virtual(file):
            continue
        seen.add(file)
        for source in _sources(file, path):
            place = _local(source, file)
            if place is None or depth >= _DEEPEST:
                raise RunningRefused([_elsewhere(path, source)])
            waiting.append((place, depth + 1))


def _is_virtual(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b"<VRTDataset" in file.read(_HEAD)
    except OSError:
        # Whoever reads it says why it can't be read.
        return False


def _sources(file: Path, path: Path) -> Iterator[Any]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        if file.stat().st_size > _LARGEST:
            raise ValueError
        root = etree.fromstring(file.read_bytes(), parser)
    except (etree.XMLSyntaxError, ValueError, OSError) as error:
        raise RunningRefused(
            [
                finding(
                    "raster-not-readable",
                    f"{quoted(str(file), 400)} is no virtual raster that can be read.",
                    hint="Make it anew, or give the rasters that it is made of.",
                    where=Place(file=str(path)),
                )
            ]
        ) from error
    found: List[Any] = [
        element for element in root.iter() if element.tag in _SOURCES and element.text
    ]
    yield from found


def _local(source: Any, file: Path) -> Optional[Path]:
    """The file that a source is; None for anything else."""
    text = (source.text or "").strip()
    for prefix in _ARCHIVES:
        if text.startswith(prefix):
            parts = Path(text[len(prefix) - 1 :]).parents
            return next((part for part in parts if part.is_file()), None)
    if source.get("relativeToVRT") == "1":
        place = file.parent / text
    else:
        place = Path(text)
    return place if place.is_file() else None


def _elsewhere(path: Path, source: Any) -> Finding:
    return finding(
        "raster-source-elsewhere",
        f"The virtual raster {quoted(str(path), 400)} names {quoted(source.text, 300)}, which is "
        "no file on this machine: addresses are opened only where you give them yourself.",
        hint="Fetch the source first, or give its address in place of the scene.",
        where=Place(file=str(path)),
    )
