"""Exports: an .ecd's content in the formats that maps and catalogues are made with today.

Each format is a module with one function:

``write(ecd, target, listener, *, overwrite) -> tuple of Finding``
    Writes the export of an :class:`~dl2ecd_core.ecd.content.Ecd` to `target`, whole or not at
    all (:func:`~dl2ecd_core.files.output.whole_file`), and says what the person must know about it.
    Raises :class:`~dl2ecd_core.findings.errors.Dl2EcdError` when it can't.
``is_earlier(path, ecd) -> bool``
    Whether an existing file is an earlier export, told by its content.
``ENDINGS``
    The endings that its files' names may have, the usual one first.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Dict, Optional, Protocol, Tuple, Union, cast

from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import quoted
from ..progress import Listener

if TYPE_CHECKING:
    from ..ecd.content import Ecd
    from ..ecd.reader import AnyEcd
    from .onnx import Options

#: Formats with a line each for people; the module's name is the format's, with underscores.
FORMATS: Dict[str, str] = {
    "emd": "Esri model definition, with the model beside it",
    "dlpk": "Esri deep learning package: a zip with definition and model",
    "onnx": "the model's network as ONNX, with its classes in the metadata",
    "stac": "STAC Item with the Machine Learning Model extension",
    "clr": "color map text file",
    "qml": "QGIS raster style, paletted",
    "sld": "OGC styled layer descriptor",
    "lyrx": "ArcGIS Pro layer file",
    "aux-xml": "GDAL side file: color table, categories, raster attribute table",
    "csv": "table of values, names and colors, for Excel and every GIS",
    "labels": "class names, one a line; .pbtxt: TensorFlow label map",
    "rft-xml": "ArcGIS raster function template",
    "html": "a page to look at, on its own",
}

#: Formats of files that lie beside another one and are named after it.
_BESIDE = frozenset({"aux-xml"})


class Export(Protocol):
    """What an export module offers."""

    ENDINGS: Tuple[str, ...]

    def is_earlier(self, path: Path, ecd: Ecd) -> bool:
        """Whether a file is an earlier export of this format."""

    def write(
        self, ecd: Ecd, target: Path, listener: Listener, *, overwrite: bool
    ) -> Tuple[Finding, ...]:
        """Write one export."""


def export(
    ecd: AnyEcd,
    format_name: str,
    target: Union[str, os.PathLike[str]],
    messages: Optional[Listener] = None,
    *,
    overwrite: bool = False,
    as_onnx: bool = False,
    options: Optional[Options] = None,
) -> Tuple[Finding, ...]:
    """Write an .ecd's content in another format.

    Parameters
    ----------
    ecd
        That was read, or its path.
    format_name
        A key of :data:`FORMATS`.
    target
        The file to write, with the format's ending; an earlier export is replaced. To the name of
        a raster its side file's ending is added: see :func:`placed`.
    overwrite
        Replace whatever files are there, unless they are read.
    as_onnx
        For emd and dlpk: pack the model's network as ONNX in place of the model.
    options
        For onnx: how the network is written.

    Raises
    ------
    KeyError
        When the format is not known.
    Dl2EcdError
        When the export can't be written; an existing file is then as it was.
    """
    # Who only lists the formats, as a toolbox does when it opens, need not wait for these.
    from ..ecd.extraction import sources
    from ..ecd.reader import read_if_path
    from ..files.replacing import OutputKind, check_replaceable

    module = _module(format_name)
    ecd = read_if_path(ecd)
    target = Path(target)
    place = placed(format_name, target)
    kind = OutputKind(
        f"{format_name} export of this tool's",
        module.ENDINGS,
        lambda path: module.is_earlier(path, ecd),
    )
    check_replaceable(place, kind, sources(ecd), overwrite=overwrite)
    listener = messages or Listener()
    if as_onnx:
        from .as_onnx import as_onnx as network_in_place

        with network_in_place(ecd, place, listener) as (packed, about):
            findings = (*about, *module.write(packed, place, listener, overwrite=overwrite))
    elif options is not None and format_name == "onnx":
        from . import onnx

        findings = onnx.write(ecd, place, listener, overwrite=overwrite, options=options)
    else:
        findings = module.write(ecd, place, listener, overwrite=overwrite)
    if place == target:
        return findings
    return (*findings, _ending_added(target, place))


def placed(format_name: str, target: Path) -> Path:
    """Where an export is written: to the name of a raster, its side file's ending is added.

    Raises
    ------
    KeyError
        When the format is not known.

    Examples
    --------
    >>> placed("aux-xml", Path("landcover.tif")).name
    'landcover.tif.aux.xml'
    """
    ending = usual_ending(format_name)
    if format_name not in _BESIDE or target.suffix.lower() == Path(ending).suffix:
        return target
    return target.with_name(target.name + ending)


def usual_ending(format_name: str) -> str:
    """The ending that a format's files usually have.

    Raises
    ------
    KeyError
        When the format is not known.
    """
    return _module(format_name).ENDINGS[0]


def _module(format_name: str) -> Export:
    if format_name not in FORMATS:
        raise KeyError(format_name)
    return cast(Export, import_module("." + format_name.replace("-", "_"), __package__))


def _ending_added(target: Path, place: Path) -> Finding:
    return finding(
        "output-ending-added",
        f"Written as {quoted(place.name, 400)}: so the side file of {quoted(target.name, 400)} is "
        "called, and found.",
        where=Place(file=str(place)),
    )
