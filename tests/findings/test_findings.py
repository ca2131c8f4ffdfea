"""Findings: one statement for a person, in the same words everywhere."""

from __future__ import annotations

import pytest

from dl2ecd_core.findings import Finding, Place, Severity, errors_in, in_order, refusing
from dl2ecd_core.findings.errors import ClassInfoError, ModelFileError
from dl2ecd_core.findings.rules import CATALOGUE, finding

ERROR = finding("file-not-found", "There is no file 'a'.", hint="Look.", where=Place("a", 2, 3))
WARNING = finding("class-name-blanks", "The name has blanks.")
INFORMATION = finding("band-count-unknown", "Nobody knows.")


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place(), ""),
        (Place("a.json"), "a.json"),
        (Place("a.json", 3), "a.json:3"),
        (Place("a.json", 3, 7), "a.json:3:7"),
        (Place("a.json", column=7), "a.json"),
        (Place(line=3, column=7, path="$.Classes"), "$.Classes"),
        (Place("a.model", tensor="image", offset=0), "a.model, tensor 'image', byte 0"),
        (Place("\x1b[2J", tensor="\u202e"), r"\x1b[2J, tensor '\u202e'"),
    ],
)
def test_a_place_is_what_applies(place: Place, text: str) -> None:
    assert str(place) == text


def test_a_place_for_programs_has_only_what_applies_and_no_excerpt() -> None:
    assert Place(offset=0, excerpt="x").as_dict() == {"offset": 0}
    assert Place("a", 1, 2, "$", "t", 3).as_dict() == {
        "file": "a",
        "line": 1,
        "column": 2,
        "path": "$",
        "tensor": "t",
        "offset": 3,
    }


def test_a_finding_in_a_line() -> None:
    assert str(ERROR) == "error file-not-found: There is no file 'a'. Look. (a:2:3)"
    assert str(WARNING) == "warning class-name-blanks: The name has blanks."


def test_a_rule_gives_its_severity_and_none_is_made_up() -> None:
    assert CATALOGUE["file-not-found"].severity is Severity.ERROR
    with pytest.raises(KeyError):
        finding("no-such-rule", "")


def test_what_stops_a_conversion() -> None:
    found = [INFORMATION, WARNING, ERROR]
    assert errors_in(found) == (ERROR,)
    assert refusing(found) == (ERROR,)
    assert refusing(found, strict=True) == (WARNING, ERROR)


def test_the_heaviest_come_first_and_each_once() -> None:
    other = Finding("x", Severity.WARNING, "Another.")
    assert in_order([INFORMATION, other, ERROR, WARNING, other, ERROR]) == (
        ERROR,
        other,
        WARNING,
        INFORMATION,
    )


def test_an_exception_says_all_with_places() -> None:
    error = ClassInfoError([ERROR, WARNING])
    assert str(error) == f"{ERROR}\n{WARNING}"
    assert error.findings == (ERROR, WARNING)
    broken = ModelFileError(
        "model-damaged", "It is damaged.", file="a", offset=7, further=[WARNING]
    )
    assert broken.finding.where == Place("a", offset=7)
    assert broken.findings == (broken.finding, WARNING)
