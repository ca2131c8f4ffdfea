"""Class information while a person fills it in: what the dialog shows, without its widgets."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Tuple, Union

from ..class_info.classes import plain_entry
from ..class_info.examination import examine_text
from ..class_info.keys import CHANNELS, CLASS_NAMES, DOCUMENT_KEYS
from ..class_info.values import whole_number
from ..class_info.wrong_document import other_document
from ..color import Color
from ..ecd.layout import text_of
from ..files.output import check_target, whole_file
from ..findings import Finding, Place, Severity, errors_in, in_order
from ..findings.errors import ClassInfoError
from ..findings.rules import finding
from ..findings.wording import counted
from ..fit import check_fit
from ..fit.template import class_information_for
from ..json_text import parse, read_json, steps_of
from ..legends import LegendClass
from ..legends.fitting import completed
from ..models import ModelDescription
from ..palette import colors_for
from ..pane.speech import sentence

_WHOLE = re.compile(r"\s*([+-]?[0-9]{1,12})\s*")
_COLORS = ("Color", *(key.name for key in CHANNELS))
_EDITED = ("Classifier", "NumberRasterBands", "MiniBatchSize", "BatchSize", "Classes")


@dataclass(frozen=True)
class Row:
    """A class as the table shows it.

    Attributes
    ----------
    value
        A whole number, or what was typed in its place.
    color
        None where the document leaves it open.
    further
        Keys of the class that the table does not show; they are kept.
    """

    value: object
    name: str
    color: Optional[Color] = None
    further: Mapping[str, object] = field(default_factory=dict)

    def entry(self) -> Dict[str, object]:
        """The row as an item of Classes."""
        entry: Dict[str, object] = {"Value": self.value, "Name": self.name}
        if self.color is not None:
            entry["Color"] = list(self.color)
        return {**entry, **self.further}


@dataclass(frozen=True)
class Draft:
    """A class information document that is being filled in.

    Attributes
    ----------
    bands, batch
        None where they are not filled in yet.
    further
        Keys of the document that the dialog does not show; they are kept.
    """

    classifier: str = ""
    bands: Optional[int] = None
    batch: Optional[int] = None
    rows: Tuple[Row, ...] = ()
    further: Mapping[str, object] = field(default_factory=dict)

    def document(self) -> Dict[str, object]:
        """The document; what is not filled in is left out, so that it is said to be missing."""
        shown: Dict[str, object] = {
            "Classifier": self.classifier or None,
            "NumberRasterBands": self.bands,
            "MiniBatchSize": self.batch,
        }
        given = {name: value for name, value in shown.items() if value is not None}
        classes = {"Classes": [row.entry() for row in self.rows]}
        whole = {**_START, **self.further, **given, **classes}
        first = {key.name: whole[key.name] for key in DOCUMENT_KEYS if key.name in whole}
        return {**first, **whole}

    def text(self) -> str:
        """The document as it is saved."""
        return text_of(self.document())

    def with_rows(self, rows: Sequence[Row]) -> Draft:
        """The same with other classes."""
        return replace(self, rows=tuple(rows))

    def with_added_row(self) -> Draft:
        """One more class, with the next free value and a color of its own."""
        taken = [number for number in map(_number_of, self.rows) if number is not None]
        value = max(taken, default=-1) + 1
        colors = [row.color for row in self.rows if row.color is not None]
        (color,) = colors_for([len(self.rows)], colors)
        return self.with_rows([*self.rows, Row(value, f"Class {value}", color)])

    def without_rows(self, places: Sequence[int]) -> Draft:
        """The same without the classes at these places."""
        gone = set(places)
        return self.with_rows([row for at, row in enumerate(self.rows) if at not in gone])

    def with_row_moved(self, place: int, by: int) -> Draft:
        """A class moved up or down, as far as there is room: the order is the model's."""
        target = min(max(place + by, 0), len(self.rows) - 1)
        rows = list(self.rows)
        rows.insert(target, rows.pop(place))
        return self.with_rows(rows)

    def with_row_changed(self, place: int, **changes: object) -> Draft:
        """A class with another value, name or color."""
        rows = list(self.rows)
        rows[place] = replace(rows[place], **changes)  # type: ignore[arg-type]
        return self.with_rows(rows)

    def with_legend(self, classes: Sequence[LegendClass]) -> Draft:
        """The classes of a legend in place of those that were there."""
        return self.with_rows([_row_of(item) for item in completed(classes)])


#: What every document starts with.
_START: Dict[str, object] = {"ImportDeepLearningModelToEsriExtraInfo": 0, "Version": 1}


def draft_for(model: ModelDescription) -> Draft:
    """What the model tells, for the person to complete."""
    return _draft_of(class_information_for(model))


def opened(path: Union[str, os.PathLike[str]]) -> Draft:
    """The draft of a document that is there already, wrong as it may be.

    Raises
    ------
    ClassInfoError
        When it is no JSON object, or another kind of document.
    """
    text = read_json(path)
    root = text.value
    if errors_in(text.findings):
        raise ClassInfoError(in_order(text.findings))
    if not isinstance(root, dict):
        # There is one thing to say of it, and the examination says it.
        raise ClassInfoError(examine_text(text, os.fspath(path)).findings)
    other = other_document(root, text.places)
    if other is not None:
        raise ClassInfoError([other])
    return _draft_of(root)


def saved(
    draft: Draft, path: Union[str, os.PathLike[str]], model: Optional[ModelDescription]
) -> None:
    """Write the document, whole or not at all, and never over the model.

    Raises
    ------
    ConversionRefused
        When it can't be written.
    """
    check_target(Path(path), [part.location for part in (model.files if model else ())])
    with whole_file(Path(path)) as output:
        output.write(draft.text().encode("ascii"))


def typed_value(text: str) -> object:
    """The value that was typed: a whole number, else the text, for a finding to complain of.

    Examples
    --------
    >>> typed_value(" 12 "), typed_value("twelve")
    (12, 'twelve')
    """
    found = _WHOLE.fullmatch(text)
    return text if found is None else int(found.group(1))


@dataclass(frozen=True)
class Judgement:
    """What is wrong with a draft.

    Attributes
    ----------
    general
        Of the document as a whole, the errors first.
    of_rows
        Of single classes, by their place.
    """

    general: Tuple[Finding, ...]
    of_rows: Mapping[int, Tuple[Finding, ...]]

    @property
    def all(self) -> Tuple[Finding, ...]:
        """Everything, the errors first."""
        return in_order(
            [*self.general, *(item for found in self.of_rows.values() for item in found)]
        )


def judged(draft: Draft, model: Optional[ModelDescription]) -> Judgement:
    """Everything that is wrong with a draft, by itself and against the model where one is known."""
    info = examine_text(parse(draft.text()), "")
    findings = [*info.findings]
    if model is not None:
        findings += check_fit(model, info)
    general: List[Finding] = []
    of_rows: Dict[int, List[Finding]] = {}
    for item in in_order(findings):
        place = _place_of(item.where)
        if place is None:
            general.append(item)
        else:
            of_rows.setdefault(place, []).append(item)
    return Judgement(tuple(general), {place: tuple(found) for place, found in of_rows.items()})


def words_of(item: Finding) -> str:
    """A finding in the pane's words, without a place: it stands where it belongs."""
    return sentence(replace(item, where=Place()))


def _place_of(where: Place) -> Optional[int]:
    steps = steps_of(where.path or "$")
    if len(steps) > 1 and steps[0] == "Classes" and isinstance(steps[1], int):
        return steps[1]
    return None


def _draft_of(document: Mapping[str, object]) -> Draft:
    classes = document.get("Classes")
    items = classes if isinstance(classes, list) else []
    classifier = document.get("Classifier")
    batch = document.get("MiniBatchSize", document.get("BatchSize"))
    return Draft(
        classifier if isinstance(classifier, str) else "",
        whole_number(document.get("NumberRasterBands")),
        whole_number(batch),
        tuple(_row_of(item) for item in items if isinstance(item, dict)),
        {name: value for name, value in document.items() if name not in _EDITED},
    )


def _row_of(item: Mapping[str, object]) -> Row:
    known = {name: value for name, value in item.items() if name in CLASS_NAMES}
    further = {name: value for name, value in item.items() if name not in CLASS_NAMES}
    entry = plain_entry(0, known)
    if entry is not None:
        return Row(entry.value, entry.name, entry.color, further)
    name = item.get("Name", item.get("ClassName"))
    value = item.get("Value", item.get("ClassValue"))
    # The color may be right all the same.
    colored = {name: value for name, value in known.items() if name in _COLORS}
    sound = plain_entry(0, {**colored, "Value": 0, "Name": "any"})
    color = None if sound is None else sound.color
    return Row(_typed(value), name if isinstance(name, str) else "", color, further)


def _typed(value: object) -> object:
    """A value as its cell shows it when it is none."""
    if value is None:
        return ""
    return value if isinstance(value, (int, str)) else json.dumps(value)


def _number_of(row: Row) -> Optional[int]:
    return whole_number(row.value)


def unreadable_layer(name: str) -> Finding:
    """What to say of a layer whose renderer has no single values."""
    return finding(
        "legend-not-recognised",
        f"The layer '{name}' is neither drawn by unique values nor categorized, so it has no "
        "classes to take.",
        hint="Choose such a symbology for it first, or another layer.",
    )


def category_value(value: object) -> Optional[int]:
    """The class value of a category, which QGIS keeps as a number or as a text."""
    number = typed_value(value) if isinstance(value, str) else value
    return whole_number(number)


def tally(findings: Sequence[Finding]) -> str:
    """How much there is to mend.

    Examples
    --------
    >>> tally([])
    'Nothing is wrong.'
    """
    counts = [
        counted(sum(item.severity is severity for item in findings), severity.value)
        for severity in (Severity.ERROR, Severity.WARNING)
    ]
    given = [text for text in counts if not text.startswith("0 ")]
    return f"{' and '.join(given)} to look at." if given else "Nothing is wrong."
