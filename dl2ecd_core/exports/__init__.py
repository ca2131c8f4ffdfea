"""Exports: an .ecd's content in the formats that maps and catalogues are made with today.

Each format is a module with one function:

``write(ecd, target, listener, *, overwrite) -> tuple of Finding``
    Writes the export of an :class:`~dl2ecd_core.ecd.content.Ecd` to `target`, whole or not at
    all (:func:`~dl2ecd_core.files.output.whole_file`), and says what the person must know about it.
    Raises :class:`~dl2ecd_core.findings.errors.Dl2EcdError` when it can't.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Dict, Optional, Protocol, Tuple, Union, cast

from ..ecd.content import Ecd
from ..files.replacing import check_replaceable
from ..findings import Finding
from ..progress import Listener

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


class Export(Protocol):
    """The function of an export module."""

    def write(
        self, ecd: Ecd, target: Path, listener: Listener, *, overwrite: bool
    ) -> Tuple[Finding, ...]:
        """Write one export."""


def export(
    ecd: Ecd,
    format_name: str,
    target: Union[str, os.PathLike[str]],
    messages: Optional[Listener] = None,
    *,
    overwrite: bool = False,
) -> Tuple[Finding, ...]:
    """Write an .ecd's content in another format.

    Parameters
    ----------
    format_name
        A key of :data:`FORMATS`.
    target
        The file to write; an existing one is replaced, unless it is one of the model's.

    Raises
    ------
    KeyError
        When the format is not known.
    Dl2EcdError
        When the export can't be written; an existing file is then as it was.
    """
    if format_name not in FORMATS:
        raise KeyError(format_name)
    target = Path(target)
    check_replaceable(target, [item.source for item in ecd.files if isinstance(item.source, Path)])
    module = import_module("." + format_name.replace("-", "_"), __package__)
    return cast(Export, module).write(ecd, target, messages or Listener(), overwrite=overwrite)
