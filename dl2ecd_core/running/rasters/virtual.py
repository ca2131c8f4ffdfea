"""What virtual rasters (.vrt) are made of: files on this machine, and nothing else.

A virtual raster names its sources, and GDAL opens whatever is named, by whichever of its drivers
knows it: also addresses of the web, services, files that name such, and programs. Who gives a file
has not asked for that, so each source must be a raster file that is there.

https://gdal.org/en/stable/drivers/raster/vrt.html
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Iterator, List, Optional, Tuple

from lxml import etree

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import quoted
from ..extras import RunningRefused

_LARGEST = 64 << 20
_HEAD = 1024
#: Elements whose text GDAL opens.
_SOURCES = frozenset(("SourceFilename", "SourceDataset", "Filename", "SrcDSName"))
#: Says in which language a virtual raster computes its pixels.
_LANGUAGE = "PixelFunctionLanguage"
#: Files inside archives that are files themselves.
_ARCHIVES = ("/vsizip/", "/vsitar/", "/vsigzip/")
#: A raster inside a file: the driver, perhaps a number, and the file, which more may follow.
_INSIDE = re.compile(
    r"(?:netcdf|hdf5|gpkg|gtiff_dir|nitf_im|sentinel2_l\w+):(?:\d+:)?(.+)", re.IGNORECASE
)
#: Anything else in front of a colon is an address or the name of a driver; one letter is a disk.
_ADDRESS = re.compile(r"\w[\w+.-]+:")
#: How XML and JSON begin, in which files describe where pixels are to be had (web services). Of
#: plain pixels without a header, hardly any begin so.
_TEXT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<(?:[A-Za-z][\w:.-]{2}|\?xml|!--|!DOC)|\{\s*\")")
#: GDAL takes files with this in their name for lists of other rasters.
_INDEX = ".gti"
#: Virtual rasters of virtual rasters.
_DEEPEST = 8


def check_sources(path: Path) -> Tuple[Path, ...]:
    """Refuse a virtual raster that names anything but files; other files are none of its business.

    Returns
    -------
    tuple
        The file, and all that it is made of.

    Raises
    ------
    RunningRefused
        ``raster-source-elsewhere``, ``raster-holds-program``, or ``raster-not-readable`` for one
        that is no XML.
    """
    seen: List[Path] = []
    known = set()
    waiting = [(path, 0)]
    while waiting:
        file, depth = waiting.pop()
        if file in known:
            continue
        known.add(file)
        seen.append(file)
        if not _is_virtual(file):
            continue
        for source in _sources(file, path):
            place = _local(source, file)
            if place is None or depth >= _DEEPEST or not _is_raster(place):
                raise RunningRefused([_elsewhere(path, source)])
            waiting.append((place, depth + 1))
    return tuple(seen)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        # Whoever reads it says why it can't be read.
        return b""


def _is_virtual(path: Path) -> bool:
    return b"<VRTDataset" in _head(path)


def _is_raster(path: Path) -> bool:
    """Whether a source holds pixels, or names files that are looked at in their turn."""
    head = _head(path)
    virtual = b"<VRTDataset" in head
    return _INDEX not in path.name.lower() and (virtual or not _TEXT.match(head))


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
    if any((element.text or "").strip().lower() == "python" for element in root.iter(_LANGUAGE)):
        raise RunningRefused([_program(file, path)])
    found: List[Any] = [
        element for element in root.iter() if element.tag in _SOURCES and element.text
    ]
    yield from found


def _local(source: Any, file: Path) -> Optional[Path]:
    """The file that a source is, or lies in; None for anything else."""
    text = (source.text or "").strip()
    inside = _INSIDE.match(text)
    archive = next((prefix for prefix in _ARCHIVES if text.startswith(prefix)), None)
    if archive is not None:
        whole = Path(text[len(archive) :])
        candidates = [str(part) for part in (whole, *whole.parents)]
    elif inside is not None:
        candidates = list(_before_colons(inside[1]))
    else:
        candidates = [text]
    folder = file.parent if source.get("relativeToVRT") == "1" and archive is None else Path()
    places = (folder / one for one in candidates if not _ADDRESS.match(one))
    return next((place for place in places if _is_file(place)), None)


def _before_colons(text: str) -> Iterator[str]:
    """What may be a file's name, with or without quotes, before the name of a part of it."""
    if text.startswith('"'):
        yield text[1:].partition('"')[0]
        return
    while text:
        yield text
        text = text.rpartition(":")[0]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _elsewhere(path: Path, source: Any) -> Finding:
    text = (source.text or "").strip()
    if _ADDRESS.match(text) or "://" in text or text.startswith(("/vsi", "<", "{")):
        why = "no file on this machine: addresses are opened only where you give them yourself"
        hint = "Fetch the source first, or give its address in place of the scene."
    else:
        why = "no raster file on this machine"
        hint = "Put it where the virtual raster looks for it, or make the virtual raster anew."
    return finding(
        "raster-source-elsewhere",
        f"The virtual raster {quoted(str(path), 400)} names {quoted(text, 300)}, which is {why}.",
        hint=hint,
        where=Place(file=str(path)),
    )


def _program(file: Path, path: Path) -> Finding:
    return finding(
        "raster-holds-program",
        f"The virtual raster {quoted(str(file), 400)} computes its pixels by a program in Python, "
        "which is not run.",
        hint="If you trust it, let GDAL make a GeoTIFF of it first.",
        where=Place(file=str(path)),
    )
