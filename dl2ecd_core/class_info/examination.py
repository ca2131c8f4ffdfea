"""Reading the class information document: everything it says, and all that is wrong with it."""

from __future__ import annotations

import json
import os
from itertools import islice
from typing import Any, Dict, List, Mapping, Set, Tuple, Union

from ..findings import Finding, Place, errors_in, in_order
from ..findings.errors import ClassInfoError
from ..findings.rules import finding
from ..findings.wording import counted, quoted
from ..json_text import UNREADABLE, JsonText, read_json
from ..scaling.steps import WrongScaling, read_steps
from .classes import MOST_UNKNOWN, examine_classes
from .description import ClassInfo
from .keys import (
    DOCUMENT_KEYS,
    EMD_KEYS,
    OBSERVED_EMD_KEYS,
    PUBLISHED_READERS,
    ROOT_KEYS,
    UNUSED_EMD_KEYS,
    Key,
)
from .schema import validators
from .values import complaint, did_you_mean, is_placeholder, lookalike, shown, whole_number
from .wrong_document import other_document

_PASSED_ON = frozenset({*(key.name for key in EMD_KEYS), *OBSERVED_EMD_KEYS})
_ALL_UNUSABLE = frozenset(ROOT_KEYS)
# Lists are validated so far: a validator takes its time for each item.
_LONG = 1000
_MODEL_TYPE = ROOT_KEYS["ModelType"]


def read_class_info(path: Union[str, os.PathLike[str]]) -> ClassInfo:
    """The class information of a document that is right.

    Raises
    ------
    ClassInfoError
        When something in it is an error; carries everything that is wrong.
    """
    info = examine_class_info(path)
    if errors_in(info.findings):
        raise ClassInfoError(in_order(info.findings))
    return info


def examine_class_info(path: Union[str, os.PathLike[str]]) -> ClassInfo:
    """What a document says, and everything wrong with it as findings; never raises for it."""
    return examine_text(read_json(path), os.fspath(path))


def examine_text(text: JsonText, file: str) -> ClassInfo:
    """The same for a document that has been read from its text already."""
    findings: List[Finding] = list(text.findings)
    root = text.value
    if not isinstance(root, dict):
        if root is not UNREADABLE:
            findings.append(_not_an_object(root, text))
        return _nothing(file, text, findings, {})
    other = other_document(root, text.places)
    if other is not None:
        return _nothing(file, text, [*findings, other], root)
    examination = _Examination(root, text)
    examination.run()
    return examination.result(file, findings)


class _Examination:
    """One run over a document's root."""

    def __init__(self, root: Dict[str, object], text: JsonText) -> None:
        self.root = root
        self.text = text
        self.places = text.places
        self.findings: List[Finding] = []
        self.unusable: Set[str] = set()
        # Where a required key is misspelt its value is looked at all the same.
        self.spelt: Dict[str, str] = {}

    def run(self) -> None:
        self._find_misspelt_keys()
        self._check_keys()
        self._check_what_is_said_twice()
        self._check_choices()
        self._check_range()
        self._check_scaling()
        self._say_what_is_not_used()
        self.classes, found, usable = examine_classes(
            self._value("Classes"), self.text, self._steps("Classes")
        )
        self.findings.extend(found)
        if not usable:
            self.unusable.add("Classes")

    def _steps(self, name: str) -> Tuple[str, ...]:
        return (self.spelt.get(name, name),)

    def _value(self, name: str) -> object:
        return self.root.get(self.spelt.get(name, name))

    def _usable(self, name: str) -> bool:
        return name in self.root and name not in self.unusable

    def _at(self, name: str, *, of_key: bool = False) -> Place:
        return self.places.at(self._steps(name), of_key=of_key)

    def _add(self, rule: str, message: str, where: Place, hint: str) -> None:
        self.findings.append(finding(rule, message, hint=hint, where=where))

    def _find_misspelt_keys(self) -> None:
        open_names = tuple(name for name in ROOT_KEYS if name not in self.root)
        unknown = (name for name in self.root if name not in ROOT_KEYS)
        for name in islice(unknown, MOST_UNKNOWN):
            meant = lookalike(name, open_names)
            if meant is None:
                continue
            if ROOT_KEYS[meant].required:
                self.spelt.setdefault(meant, name)
                continue
            self._add(
                "class-info-misspelt-key",
                f"The key {quoted(name)} is not known, and is not used.",
                self.places.at([name], of_key=True),
                f"Did you mean '{meant}'?",
            )

    def _check_keys(self) -> None:
        validator, _ = validators()
        known = {written: name for name, written in self.spelt.items()}
        document: Dict[str, Any] = {
            known.get(name, name): value[:_LONG] if isinstance(value, list) else value
            for name, value in self.root.items()
        }
        paths = [error.absolute_path for error in validator.iter_errors(document)]
        wrong = {path[0] for path in paths if path}
        if not self.text.is_complete(self.root):
            # They may stand where it could not be read.
            self.unusable.update(name for name in ROOT_KEYS if name not in document)
        for key in DOCUMENT_KEYS:
            if key.required and key.name not in document:
                self._missing(key)
        for name, misspelt in self.spelt.items():
            self._misspelt_required(name, misspelt)
        for name in document:
            value = self._value(name)
            if value is UNREADABLE:
                self.unusable.add(name)
            elif name in wrong or (name in ROOT_KEYS and is_placeholder(value)):
                self._wrong(ROOT_KEYS[name], value)

    def _missing(self, key: Key) -> None:
        self.unusable.add(key.name)
        if self.text.is_complete(self.root):
            self._add(
                "class-info-key-missing",
                f"The key '{key.name}' is missing: {_lowered(key.meaning)}",
                self.places.at([key.name]),
                f"Add it{_example_of(key)}.",
            )

    def _misspelt_required(self, name: str, written: str) -> None:
        self._add(
            "class-info-key-missing",
            f"The key '{name}' is missing, but there is an unknown key {quoted(written)}.",
            self.places.at([written], of_key=True),
            f"Did you mean '{name}'?",
        )

    def _wrong(self, key: Key, value: object) -> None:
        self.unusable.add(key.name)
        about = complaint(key, value)
        self._add(about.rule, f"{key.name} {about.says}", self._at(key.name), about.hint)

    def _check_what_is_said_twice(self) -> None:
        mini, batch = self.root.get("MiniBatchSize"), self.root.get("BatchSize")
        if self._usable("MiniBatchSize") and self._usable("BatchSize") and mini != batch:
            self._add(
                "class-info-contradiction",
                f"MiniBatchSize is {shown(mini)}, but BatchSize is {shown(batch)}.",
                self._at("BatchSize"),
                "They are the same thing: leave one of them out.",
            )
        bands = self.root.get("ExtractBands")
        count = whole_number(self._value("NumberRasterBands"))
        if (
            self._usable("ExtractBands")
            and "NumberRasterBands" not in self.unusable
            and isinstance(bands, list)
            and count is not None
            and len(bands) != count
        ):
            self._add(
                "class-info-band-list",
                f"ExtractBands lists {counted(len(bands), 'band')}, but NumberRasterBands is "
                f"{count}.",
                self._at("ExtractBands"),
                "List each band that the model takes, in its order, or leave ExtractBands out.",
            )

    def _check_choices(self) -> None:
        value = self.root.get(_MODEL_TYPE.name)
        # Newer tools know further types, so only what looks like a slip is one.
        question = did_you_mean(str(value), _MODEL_TYPE.choices)
        if self._usable(_MODEL_TYPE.name) and value not in _MODEL_TYPE.choices and question:
            self._add(
                "class-info-misspelt-value",
                f"ModelType is {quoted(str(value))}, which Esri's published readers don't know.",
                self._at(_MODEL_TYPE.name),
                question,
            )
        reader = self.root.get("ModelConfiguration")
        name = reader.get("Name") if isinstance(reader, dict) else reader
        if not self._usable("ModelConfiguration") or name in PUBLISHED_READERS:
            return
        question = did_you_mean(str(name), PUBLISHED_READERS)
        if question:
            self._add(
                "class-info-misspelt-value",
                f"ModelConfiguration is {quoted(str(name))}: none of Esri's published readers has "
                "that name.",
                self._at("ModelConfiguration"),
                question,
            )

    def _check_range(self) -> None:
        value = self.root.get("DataRange")
        if not self._usable("DataRange") or not isinstance(value, list):
            return
        lowest, highest = value
        if lowest >= highest:
            why, hint = "the lowest value comes first", "Swap the two numbers."
            if lowest == highest:
                why, hint = "that is no range", "Give the lowest and the highest value."
            self._add(
                "class-info-contradiction",
                f"DataRange goes from {shown(lowest)} to {shown(highest)}; {why}.",
                self._at("DataRange"),
                hint,
            )

    def _check_scaling(self) -> None:
        bands = whole_number(self.root.get("NumberRasterBands"))
        if not self._usable("InputScaling") or not self._usable("NumberRasterBands"):
            return
        listed = self.root.get("ExtractBands")
        count = len(listed) if isinstance(listed, list) else bands or 0
        try:
            read_steps(self.root["InputScaling"], count)
        except WrongScaling as error:
            self._add(
                "class-info-contradiction",
                f"InputScaling can't be used: {error}.",
                self._at("InputScaling"),
                "Give each step numbers for all bands, or a list with one for each band that the "
                "model takes.",
            )

    def _say_what_is_not_used(self) -> None:
        for name, reason in UNUSED_EMD_KEYS.items():
            if name in self.root and name not in self.unusable:
                self._add(
                    "class-info-key-not-used",
                    f"The key '{name}' is not used: {reason}.",
                    self._at(name, of_key=True),
                    "Remove it, so that nobody relies on it.",
                )

    def result(self, file: str, findings: List[Finding]) -> ClassInfo:
        batch = None
        for name in ("MiniBatchSize", "BatchSize"):
            if batch is None and self._usable(name):
                batch = whole_number(self.root[name])
        storage = self.root.get("ModelStorage") if self._usable("ModelStorage") else None
        classifier = self._value("Classifier")
        bands = None
        if "NumberRasterBands" not in self.unusable:
            bands = whole_number(self._value("NumberRasterBands"))
        return ClassInfo(
            file=file,
            classifier=str(classifier) if "Classifier" not in self.unusable else "",
            band_count=bands or 0,
            mini_batch_size=1 if batch is None else batch,
            mini_batch_given=batch is not None,
            classes=self.classes,
            emd_keys={
                name: value
                for name, value in self.root.items()
                if name in _PASSED_ON and name not in self.unusable
            },
            storage=str(storage) if storage is not None else None,
            document=_readable(self.root, self.text),
            unusable=frozenset(self.unusable),
            findings=_in_document_order([*findings, *self.findings]),
            places=self.places,
        )


def _lowered(meaning: str) -> str:
    return meaning[0].lower() + meaning[1:]


def _example_of(key: Key) -> str:
    return f', for example "{key.name}": {json.dumps(key.example)}'


def _not_an_object(root: object, text: JsonText) -> Finding:
    return finding(
        "class-info-wrong-type",
        f"The document should be an object in braces {{ }}, not {shown(root)}.",
        hint='Start it with { "ImportDeepLearningModelToEsriExtraInfo": 0, ...',
        where=text.places.at([]),
    )


def _nothing(
    file: str, text: JsonText, findings: List[Finding], document: Mapping[str, object]
) -> ClassInfo:
    """The result for a document that says nothing usable."""
    return ClassInfo(
        file=file,
        classifier="",
        band_count=0,
        mini_batch_size=1,
        mini_batch_given=False,
        classes=(),
        emd_keys={},
        storage=None,
        document=_readable(document, text),
        unusable=_ALL_UNUSABLE,
        findings=_in_document_order(findings),
        places=text.places,
    )


def _readable(document: Mapping[str, object], text: JsonText) -> Mapping[str, object]:
    """The document with null for what could not be read."""
    if not text.findings:
        return document
    root: Dict[str, object] = {}
    pending: List[Tuple[Any, Any]] = [(document, root)]
    while pending:
        source, target = pending.pop()
        for step, value in source.items() if isinstance(source, dict) else enumerate(source):
            copy: Any = None if value is UNREADABLE else value
            if isinstance(value, (dict, list)):
                copy = type(value)()
                pending.append((value, copy))
            if isinstance(target, dict):
                target[step] = copy
            else:
                target.append(copy)
    return root


def _in_document_order(findings: List[Finding]) -> Tuple[Finding, ...]:
    def position(item: Finding) -> Tuple[int, int]:
        return item.where.line or 0, item.where.column or 0

    return tuple(sorted(findings, key=position))
