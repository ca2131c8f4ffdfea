"""Files that the author of a TorchScript archive added: names of classes, notes of exporters.

``torch.jit.save(..., _extra_files=...)`` puts them below ``extra/``; ultralytics adds
``config.txt``, a JSON object with its notes.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Iterator, Optional, Tuple

from ..class_names import LONGEST_TEXT, YamlMissing, YamlUnreadable, load_yaml
from ..findings import Finding
from ..findings.errors import ModelFileError
from ..wire.json_data import whole_number
from ..wire.zip import Archive
from .class_names import Found, names_in, names_in_document, names_in_lines, sorted_out
from .description import ClassNames
from .export_notes import ExportNotes, notes_in

_LONGEST = LONGEST_TEXT // 4
_SURELY_NAMES = re.compile(r"class|label|categor|names", re.IGNORECASE)
_MAY_NAME = re.compile(r"config|emd|meta|info", re.IGNORECASE)

ExtraFile = Tuple[str, str]
Names = Tuple[Tuple[ClassNames, ...], Tuple[Finding, ...], Optional[ExportNotes]]


def extra_files(archive: Archive, folder: str) -> Iterator[ExtraFile]:
    """Names and texts of the short files below a folder of an archive."""
    for name in archive.names():
        if not name.startswith(folder) or name.endswith("/"):
            continue
        if not 0 < archive.entry(name).size <= _LONGEST:
            continue
        try:
            yield name[len(folder) :], archive.read(name).decode("utf-8-sig")
        except (UnicodeDecodeError, ModelFileError):
            continue


def names_and_notes(files: Iterator[ExtraFile]) -> Names:
    """Class names in the files, what of them can't be read, and an exporter's notes."""
    found = []
    notes: Optional[ExportNotes] = None
    for name, text in files:
        found.append(_names(name, text))
        notes = notes or _notes(text)
    return (*sorted_out(found), notes)


def _names(name: str, text: str) -> Found:
    source = f"extra file '{name}'"
    if _SURELY_NAMES.search(name):
        plain = name.casefold().endswith(".txt") and text.lstrip()[:1] not in ("[", "{", "(")
        return names_in_lines(text, source) if plain else names_in(text, source)
    return names_in_document(text, source) if _MAY_NAME.search(name) else None


def _notes(text: str) -> Optional[ExportNotes]:
    document: object = None
    try:
        document = json.loads(text, parse_int=whole_number)
    except (ValueError, RecursionError):
        # What Python prints for a dictionary of texts, numbers and lists is YAML as well.
        with suppress(YamlMissing, YamlUnreadable):
            document = load_yaml(text) if text.lstrip()[:1] == "{" else None
    return notes_in(document) if isinstance(document, dict) else None
