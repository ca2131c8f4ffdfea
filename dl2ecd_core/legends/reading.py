"""Finding out what a legend file is, by its content, and reading it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Tuple, Union

from ..findings import Finding, Place
from ..findings.errors import Dl2EcdError
from ..findings.rules import finding
from ..findings.wording import listed, quoted
from ..json_text.foreign import not_json
from ..wire.source import ByteSource
from . import aux_xml, clr, definitions, labels, lyrx, qml, sld
from .candidate import Candidate, Entries, said
from .description import Legend, LegendClass


class Kind(NamedTuple):
    """A kind of file that classes are taken from.

    Attributes
    ----------
    files
        What its files are usually called, as messages list it; the content decides, not the name.
    what
        A line for the table of kinds.
    recognises
        Whether a file is of this kind, by its beginning; raises nothing.
    read
        The file's entries; raises what the candidate's ``damaged`` and ``unknown`` make.
    """

    files: str
    what: str
    recognises: Callable[[Candidate], bool]
    read: Callable[[Candidate], Entries]


#: In this order: what is certain first, a plain list of names last.
KINDS: Tuple[Kind, ...] = (
    Kind(
        ".ecd",
        "Esri classifier definition, with or without a model",
        definitions.recognises_ecd,
        definitions.read_definition,
    ),
    Kind(".lyrx", "ArcGIS Pro layer file", lyrx.recognises, lyrx.read),
    Kind(
        ".emd, class information",
        "JSON with Classes, or a plain list of names",
        definitions.recognises_json,
        definitions.read_classes,
    ),
    Kind(".qml", "QGIS style", qml.recognises, qml.read),
    Kind(".aux.xml", "GDAL raster attribute table", aux_xml.recognises, aux_xml.read),
    Kind(".sld", "OGC styled layer descriptor", sld.recognises, sld.read),
    Kind(".pbtxt", "TensorFlow label map", labels.recognises_map, labels.read_map),
    Kind(".clr", "color map text file", clr.recognises, clr.read),
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
            if kind.recognises(candidate):
                return _legend(name, kind.read(candidate))
        raise candidate.unknown(_what_it_is(candidate))


def _what_it_is(candidate: Candidate) -> str:
    if not candidate.head.strip():
        return f"{quoted(candidate.name, 400)} is empty."
    told = not_json(candidate.head, candidate.name)
    what = ""
    if told is not None:
        what = ": " + told.message.replace("This is ", "").replace(", not a JSON text.", "")
    return f"{quoted(candidate.name, 400)} is no legend or list of classes{what}."


def _legend(name: str, found: Entries) -> Legend:
    first: Dict[int, LegendClass] = {}
    repeated = [item for item in found.classes if first.setdefault(item.value, item) is not item]
    findings = _left_out(name, found.skipped, repeated)
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
    return Legend(name, found.kind, classes, tuple(findings))


def _left_out(name: str, skipped: List[str], repeated: List[LegendClass]) -> List[Finding]:
    findings = []
    if skipped:
        findings.append(
            finding(
                "legend-entry-skipped",
                f"Left out {said(len(skipped))} of {quoted(name, 400)} without a whole number as "
                f"value: {listed(skipped)}.",
                hint="Add these classes by hand if the model knows them.",
                where=Place(file=name),
            )
        )
    if repeated:
        names = [str(item.value) if item.name is None else item.name for item in repeated]
        findings.append(
            finding(
                "legend-entry-skipped",
                f"Left out {said(len(repeated))} of {quoted(name, 400)} whose value another entry "
                f"has already: {listed(names)}.",
                hint="Each class needs a value of its own.",
                where=Place(file=name),
            )
        )
    return findings
