"""Reading an .ecd: metadata at once, whatever the size of the model inside.

Classic definitions are read as far as their vocabulary is public: classes, colors, bands.
Sources: the envelope in https://developers.arcgis.com/rest/services-reference/enterprise/classify
and the classes of the sample in Esri's server-extension-java tests.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, List, Mapping, Optional, Set, Tuple, Union

from ..findings import Finding, Place, errors_in
from ..findings.errors import EcdFileError
from ..findings.rules import finding
from ..findings.wording import quoted
from .agreement import disagreements
from .content import Ecd, EcdClass, Kind
from .document import FIRST_FORMAT, NEWEST_FORMAT, SIGNATURE
from .paths import inside_path
from .scan import Scanned, file_entries, scan
from .stored import Embedded, StoredFile

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
#: No file system holds a larger one.
_LARGEST_FILE = (1 << 63) - 1
ENDMEMBER_SIGNATURE = "EsriEndmemberDefinitionFile"

AnyPath = Union[str, "os.PathLike[str]"]


#: A definition that was read, or the path of one.
AnyEcd = Union[Ecd, AnyPath]


def read_if_path(ecd: AnyEcd) -> Ecd:
    """The definition itself; one of a path is read.

    Raises
    ------
    EcdFileError
        As :func:`read_ecd`.
    """
    return ecd if isinstance(ecd, Ecd) else read_ecd(ecd)


def read_ecd(path: AnyPath) -> Ecd:
    """Read an .ecd; the bytes of embedded files are left where they are.

    Raises
    ------
    EcdFileError
        With everything that is wrong with it.

    Examples
    --------
    >>> [item.name for item in read_ecd("landcover.ecd").classes]  # doctest: +SKIP
    ['Water', 'Vegetation', 'Bare ground']
    """
    ecd, findings = examine_ecd(path)
    if ecd is None or errors_in(findings):
        raise EcdFileError(findings)
    return ecd


def examine_ecd(path: AnyPath) -> Tuple[Optional[Ecd], Tuple[Finding, ...]]:
    """What an .ecd says as far as it can be read, and everything that is wrong with it."""
    name = os.fspath(path)
    try:
        scanned = scan(Path(path), name)
        ecd = _interpreted(scanned, Path(path), name)
    except EcdFileError as error:
        return None, error.findings
    return ecd, ecd.findings


def _interpreted(scanned: Scanned, path: Path, name: str) -> Ecd:
    document = scanned.document
    if ENDMEMBER_SIGNATURE in document:
        return _endmembers(document, name)
    if SIGNATURE not in document:
        raise _refusal(
            "ecd-not-an-ecd",
            f"{quoted(name, 400)} is not a classifier definition: it lacks the key "
            f"'{SIGNATURE}'{_what_else(document)}.",
            name,
        )
    version = _format_version(document)
    if version is None:
        return _classic(document, name)
    if version > NEWEST_FORMAT:
        raise _refusal(
            "ecd-newer-format",
            f"{quoted(name, 400)} is of deep-learning format {version}; this version of dl2ecd "
            f"reads up to format {NEWEST_FORMAT}.",
            name,
            hint=f"Install a dl2ecd that reads format {version}.",
        )
    files, findings = _files(scanned, path, name)
    findings += disagreements(document, _first_definition(document), name)
    return ecd_of(document, name, tuple(files), tuple(findings))


def ecd_of(
    document: Mapping[str, Any],
    name: str,
    files: Tuple[StoredFile, ...],
    findings: Tuple[Finding, ...],
) -> Ecd:
    """A deep-learning .ecd's content from its document and its files."""
    ecd = _classic(document, name)
    return replace(
        ecd,
        kind=Kind.DEEP_LEARNING,
        background=_whole(ecd.definition.get("BackgroundIndex")),
        storage=_text(ecd.model.get("Storage")),
        files=files,
        findings=findings,
    )


def _refusal(rule: str, message: str, name: str, *, hint: str = "") -> EcdFileError:
    return EcdFileError([finding(rule, message, hint=hint, where=Place(file=name))])


def _what_else(document: Mapping[str, Any]) -> str:
    if "ImportDeepLearningModelToEsriExtraInfo" in document:
        return "; it is a class information document"
    if "Framework" in document and "ModelFile" in document:
        return "; it looks like a model definition (.emd)"
    return ""


def _format_version(document: Mapping[str, Any]) -> Optional[int]:
    """The version of the deep-learning part; None in classic definitions."""
    generator = document.get("Generator")
    version = generator.get("DeepLearningFormat") if isinstance(generator, dict) else None
    if _whole(version) is not None:
        return _whole(version)
    return FIRST_FORMAT if file_entries(document) else None


def _whole(value: object) -> Optional[int]:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> Optional[str]:
    return value if isinstance(value, str) else None


def _first_definition(document: Mapping[str, Any]) -> Mapping[str, Any]:
    definitions = document.get("Definitions")
    if isinstance(definitions, list) and definitions and isinstance(definitions[0], dict):
        return definitions[0]
    return {}


def _classic(document: Mapping[str, Any], name: str) -> Ecd:
    """The part of the vocabulary that every classifier definition shares."""
    definition = _first_definition(document)
    listed = definition.get("Classes")
    classes = [
        _class(entry)
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, dict) and _whole(entry.get("ClassValue")) is not None
    ]
    classifier = _text(definition.get("Classifier"))
    note = finding(
        "ecd-classic",
        f"{quoted(name, 400)} is a definition for the classifier {quoted(classifier)}, not for a "
        "deep-learning model: only its classes and bands are read.",
        where=Place(file=name),
    )
    return Ecd(
        name,
        Kind.CLASSIC,
        document,
        classifier,
        tuple(classes),
        _whole(definition.get("NumberBands")),
        findings=(note,),
    )


def _class(entry: Mapping[str, Any]) -> EcdClass:
    channels = [_whole(entry.get(key)) for key in ("Red", "Green", "Blue")]
    red, green, blue = channels
    color = None if red is None or green is None or blue is None else (red, green, blue)
    value = _whole(entry.get("ClassValue")) or 0
    label = _text(entry.get("ClassName")) or ""
    return EcdClass(value, label, color, _whole(entry.get("ClassIndex")))


def _endmembers(document: Mapping[str, Any], name: str) -> Ecd:
    listed = document.get("Endmembers")
    members = [
        EcdClass(
            _whole(entry.get("EndmemberID")) or 0, _text(entry.get("EndmemberName")) or "", None
        )
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, dict)
    ]
    note = finding(
        "ecd-classic",
        f"{quoted(name, 400)} holds endmembers for spectral unmixing, not classes of a "
        "deep-learning model.",
        where=Place(file=name),
    )
    bands = _whole(document.get("NumberBands"))
    return Ecd(name, Kind.ENDMEMBERS, document, None, tuple(members), bands, findings=(note,))


def _files(scanned: Scanned, path: Path, name: str) -> Tuple[List[StoredFile], List[Finding]]:
    """The model's files and what is wrong with their paths; marks leave the document."""
    files: List[StoredFile] = []
    findings: List[Finding] = []
    taken = _Names()
    primary, folder = path, path.parent
    for entry in file_entries(scanned.document):
        relative, size = _text(entry.get("Path")), _size(entry.get("Size"))
        mark = entry.pop("Data", "")
        hole = scanned.holes.get(mark) if isinstance(mark, str) else None
        digest = _text(entry.get("SHA256"))
        if relative is None or size is None or digest is None or not _DIGEST.match(digest):
            findings.append(_entry_finding(entry, name))
            continue
        if not inside_path(relative) or not taken.add(relative):
            findings.append(_path_finding(relative, name))
            continue
        if not files:
            primary, folder = _model_files(scanned.document, path, relative)
        source: Union[Embedded, Path] = folder.joinpath(*relative.split("/")) if files else primary
        if hole is not None:
            source = Embedded(path, hole.offset, hole.length)
        files.append(StoredFile(relative, size, digest, source))
    return files, findings


def _size(value: object) -> Optional[int]:
    """A file's size; None for what can't be one."""
    size = _whole(value)
    return size if size is not None and 0 <= size <= _LARGEST_FILE else None


class _Names:
    """Paths of files that can lie in one folder together, on systems that ignore case too."""

    def __init__(self) -> None:
        self._files: Set[str] = set()
        self._folders: Set[str] = set()

    def add(self, path: str) -> bool:
        """Add a path; False when its place is taken, by a file or as another one's folder."""
        plain = path.casefold()
        parts = plain.split("/")
        folders = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
        if plain in self._files | self._folders or folders & self._files:
            return False
        self._files.add(plain)
        self._folders |= folders
        return True


def _entry_finding(entry: Mapping[str, Any], name: str) -> Finding:
    # Without its digest, a referenced file could be any file of this machine.
    return finding(
        "ecd-not-valid",
        f"The model's file {quoted(_text(entry.get('Path')))} is listed without its path, size or "
        "SHA-256.",
        hint="Don't use this .ecd: it was changed by hand, or not made by this tool.",
        where=Place(file=name, path="$.Definitions[0].Model.Files"),
    )


def _path_finding(relative: str, name: str) -> Finding:
    return finding(
        "ecd-path-outside",
        f"The document names a file {quoted(relative)}, which is not a plain path inside the "
        "model's folder, or is named twice, or is the folder of another one.",
        hint="Don't use this .ecd: it was not made by this tool, or was changed afterwards.",
        where=Place(file=name, path="$.Definitions[0].Model.Files"),
    )


def _model_files(document: Mapping[str, Any], path: Path, first: str) -> Tuple[Path, Path]:
    """Where a referenced model's primary file lies, and the folder of all its files.

    The folder is ModelFile without the primary file's own path at its end.
    """
    model_file = (_text(document.get("ModelFile")) or first).replace("\\", "/")
    primary = path.parent.joinpath(*model_file.split("/"))
    depth = first.count("/") if model_file.endswith(f"/{first}") or model_file == first else 0
    return primary, primary.parents[depth]
