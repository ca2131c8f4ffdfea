"""Finding out what a legend file is, by its content, and reading it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from ..findings import Finding, Place
from ..findings.errors import Dl2EcdError
from ..findings.rules import finding
from ..findings.wording import counted, listed, quoted
from ..json_text.foreign import not_json
from ..wire.source import ByteSource
from . import (
    aux_xml,
    clr,
    csv,
    cvat_xml,
    dbf,
    ecd,
    envi,
    geotiff,
    json_documents,
    labels,
    lyrx,
    qml,
    sld,
    xlsx,
    yaml,
    zipped,
)
from .candidate import Candidate
from .description import Legend, LegendClass
from .entries import Entries, Note


class Kind(NamedTuple):
    """A kind of file that classes are taken from.

    Attributes
    ----------
    files
        What its files are usually called, as messages list it; the content decides, not the name.
    what
        A line for the table of kinds.
    recognises
        Whether a file may be of this kind, by its beginning.
    read
        The file's entries, None where it is of another kind after all; raises what the
        candidate's ``damaged`` and ``unknown`` make.
    """

    files: str
    what: str
    recognises: Callable[[Candidate], bool]
    read: Callable[[Candidate], Optional[Entries]]


#: In this order: what is certain first, a plain list of names last.
KINDS: Tuple[Kind, ...] = (
    Kind(".xlsx", "Excel workbook with a table of classes (openpyxl)", xlsx.recognises, xlsx.read),
    Kind(
        ".dlpk, .qgz",
        "deep learning package with its definition, QGIS project with one raster of classes",
        zipped.recognises,
        zipped.read,
    ),
    Kind(
        ".tif",
        "classified GeoTIFF (rasterio), with .vat.dbf or .aux.xml beside it",
        geotiff.recognises,
        geotiff.read,
    ),
    Kind(".vat.dbf", "ArcGIS attribute table of a raster", dbf.recognises, dbf.read),
    Kind(".ecd", "Esri classifier definition, with or without a model", ecd.recognises, ecd.read),
    Kind(
        ".lyrx",
        "ArcGIS Pro layer file: unique values or a color map",
        lyrx.recognises,
        lyrx.read,
    ),
    Kind(
        ".emd, class information, .json",
        "Esri's Classes, COCO, CVAT, STAC, Hugging Face, Keras, ArcGIS training data, plain names",
        json_documents.recognises,
        json_documents.read,
    ),
    Kind(
        ".qml, .qlr, .qgs",
        "QGIS style, layer definition or project with one raster of classes",
        qml.recognises,
        qml.read,
    ),
    Kind(
        ".aux.xml, .vrt",
        "GDAL attribute table, category names or color table",
        aux_xml.recognises,
        aux_xml.read,
    ),
    Kind(".sld", "OGC styled layer descriptor of single values", sld.recognises, sld.read),
    Kind("CVAT .xml", "CVAT labels of a task", cvat_xml.recognises, cvat_xml.read),
    Kind(".pbtxt", "TensorFlow label map", labels.recognises_map, labels.read_map),
    Kind(".hdr", "ENVI header of a classification", envi.recognises, envi.read),
    Kind(
        ".clr",
        "color map of Esri, QGIS, GRASS or gdaldem",
        clr.recognises,
        clr.read,
    ),
    Kind(
        ".csv",
        "table with comma, semicolon, tab or bar, with or without a header",
        labels.recognises_lines,
        csv.read,
    ),
    Kind(
        "numbered names (.txt)",
        "a number and a name a line",
        labels.recognises_lines,
        labels.read_numbered,
    ),
    Kind(".yaml", "YOLO's names, or any list of classes in YAML", yaml.recognises, yaml.read),
    Kind(
        "a list of class names (.txt)",
        "one name a line",
        labels.recognises_lines,
        labels.read_lines,
    ),
)


def known_kinds() -> str:
    """What legends can be read from, in a row: for help and for what to do."""
    files = [kind.files for kind in KINDS]
    return f"{', '.join(files[:-1])} or {files[-1]}"


def read_legend(path: Union[str, os.PathLike[str]]) -> Legend:
    """Class values, names and colors from a file of any known kind.

    Raises
    ------
    Dl2EcdError
        ``legend-not-recognised`` when it is of no known kind, ``legend-damaged`` when it breaks
        the rules of its kind, or why it can't be read at all.

    Examples
    --------
    >>> [item.name for item in read_legend("landcover.qml").classes]  # doctest: +SKIP
    ['Water', 'Vegetation', 'Bare ground']
    """
    name = os.fspath(path)
    with ByteSource(Path(path), name) as source:
        candidate = Candidate(source, known_kinds())
        for kind in KINDS:
            found = kind.read(candidate) if kind.recognises(candidate) else None
            if found is not None:
                return _legend(name, found, candidate.notes)
        raise candidate.unknown(_what_it_is(candidate))


def _what_it_is(candidate: Candidate) -> str:
    if not candidate.head.strip():
        return f"{quoted(candidate.name, 400)} is empty."
    told = not_json(candidate.head, candidate.name)
    what = ""
    if told is not None:
        what = ": " + told.message.replace("This is ", "").replace(", not a JSON text.", "")
    return f"{quoted(candidate.name, 400)} is no legend or list of classes{what}."


def _legend(name: str, found: Entries, notes: List[Note]) -> Legend:
    first: Dict[int, LegendClass] = {}
    repeated = [
        item
        for item in found.classes
        # What comes again just as it was, such as each sample of a class, says nothing new.
        if first.setdefault(item.value, item) != item
    ]
    findings = _left_out(name, found, repeated)
    findings += [_said(name, note) for note in (*notes, *found.notes)]
    classes = tuple(first.values())
    if not classes:
        raise Dl2EcdError(
            [
                finding(
                    "legend-not-recognised",
                    f"{quoted(name, 400)} ({found.kind}) has no entry with a whole number as its "
                    "value.",
                    hint="Give a legend of single class values.",
                    where=Place(file=name),
                )
            ]
        )
    return Legend(name, found.kind, classes, tuple(findings), found.definition)


def _said(name: str, note: Note) -> Finding:
    message = note.message.replace("{file}", quoted(name, 400))
    return finding(note.rule, message, hint=note.hint, where=Place(file=name))


def _left_out(name: str, found: Entries, repeated: List[LegendClass]) -> List[Finding]:
    findings = []
    if found.skipped:
        findings.append(
            finding(
                "legend-entry-skipped",
                f"Left out {_entries(found.skipped)} of {quoted(name, 400)} without a whole "
                f"number as value: {listed(found.skipped)}.",
                hint="Add these classes by hand if the model knows them.",
                where=Place(file=name),
            )
        )
    if repeated:
        names = [str(item.value) if item.name is None else item.name for item in repeated]
        findings.append(
            finding(
                "legend-entry-skipped",
                f"Left out {_entries(repeated)} of {quoted(name, 400)} whose value another entry "
                f"has already: {listed(names)}.",
                hint="Each class needs a value of its own.",
                where=Place(file=name),
            )
        )
    if found.unread:
        findings.append(
            finding(
                "legend-color-unread",
                f"{_entries(found.unread).capitalize()} of {quoted(name, 400)} "
                f"{'has a color' if len(found.unread) == 1 else 'have colors'} in a form that is "
                f"not read: {listed(dict.fromkeys(found.unread))}.",
                hint="Write red, green and blue from 0 to 255, or six digits such as #1a2b3c.",
                where=Place(file=name),
            )
        )
    return findings


def _entries(items: Sequence[object]) -> str:
    return counted(len(items), "entry", "entries")
