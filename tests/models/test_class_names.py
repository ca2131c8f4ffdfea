"""Class names in the texts that models carry, and what is said of those that can't be read."""

from __future__ import annotations

import sys
from typing import Any, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.findings import Finding, Severity
from dl2ecd_core.models import ClassNames
from dl2ecd_core.models.class_names import (
    names_in,
    names_in_document,
    names_in_lines,
    names_of,
    names_of_value,
    sorted_out,
    unreadable,
)

_HERE = "property 'names'"


def names(text: str) -> Optional[Tuple[str, ...]]:
    """The names in a text, when they are counted from 0."""
    found = names_in(text, _HERE)
    assert not isinstance(found, ClassNames) or not found.numbers
    return found.names if isinstance(found, ClassNames) else None


@pytest.mark.parametrize(
    "text",
    [
        '["water", "forest"]',
        '{"0": "water", "1": "forest"}',
        '{"1": "forest", "0": "water"}',
        '"{\\"0\\": \\"water\\", \\"1\\": \\"forest\\"}"',
        "{0: 'water', 1: \"forest\"}",
        "{0: u'water', 1: u'forest'}",
        "{'0': 'water', '1': 'forest'}",
        "['water', 'forest']",
        "('water', 'forest')",
        "[{0: 'water'}, {1: 'forest'}]",
        "[(0, 'water'), (1, 'forest')]",
        "[('water', 0), ('forest', 1)]",
        "OrderedDict([(0, 'water'), (1, 'forest')])",
        "OrderedDict({0: 'water', 1: 'forest'})",
        "odict_values(['water', 'forest'])",
        "0: water\n1: forest",
        "- water\n- forest",
        "names:\n  0: water\n  1: forest\n",
        "water, forest",
        "water\nforest\n",
        '{"labels": ["water", "forest"], "colors": ["#00f", "#0f0"]}',
        '{"classes": [{"id": 0, "name": "water"}, {"id": 1, "name": "forest"}]}',
    ],
)
def test_all_known_ways_to_write_them(text: str) -> None:
    assert names(text) == ("water", "forest")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("{1: 'water', 2: 'forest'}", (1, 2)),
        ("1: water\n2: forest", (1, 2)),
        ("{'forest': 21, 'water': 11}", (11, 21)),
        ('{"Classes": [{"Value": 2, "Name": "forest"}, {"Value": 1, "Name": "water"}]}', (1, 2)),
        ('{"0": "water", "2": "forest"}', (0, 2)),
    ],
)
def test_numbers_that_do_not_count_from_0_are_kept(text: str, numbers: Tuple[int, ...]) -> None:
    assert names_in(text, _HERE) == ClassNames(("water", "forest"), _HERE, numbers)


def test_quotes_and_escapes_inside_names_are_undone() -> None:
    assert names(r"{0: 'farmer\'s field', 1: 'a \\ b'}") == ("farmer's field", "a \\ b")
    assert names(r"{0: 'for\xeat', 1: 'a\xa0b'}") == ("forêt", "a\xa0b")


@pytest.mark.parametrize(
    "text", ["", " ", "12", "-1.5e3", "true", "False", "None", "null", "[]", "{}", "()", "nan"]
)
def test_numbers_switches_and_nothing_are_no_names(text: str) -> None:
    assert names_in(text, _HERE) is None


@pytest.mark.parametrize(
    "text",
    [
        '"water"',
        "[1, 2]",
        '{"0": "water", "x": "forest"}',
        '{"0": 1}',
        '[{"id": 1}]',
        '"[water"',
        '"' + "[" * 100_000 + '"',
        '["' + "a" * (1 << 20) + '"]',
        "{0: 'water'",
        "[" * 100_000,
        "{" * 100_000,
        "[['a']]",
        "['a'" + " " * 1000,
        " " * (1 << 20) + "[]",
        '"{"',
        "9" * 900_000,
        "a.Words('b')",
    ],
)
def test_anything_else_is_said(text: str) -> None:
    item = names_in(text, _HERE)
    if text.startswith("999"):
        assert item is None
        return
    assert isinstance(item, Finding)
    assert (item.rule, item.severity) == ("class-names-unreadable", Severity.INFORMATION)
    assert _HERE in item.message
    assert len(item.message) < 300


def test_a_document_may_hold_other_things() -> None:
    assert names_in_document('{"author": "a"}', _HERE) is None
    assert names_in_document('["a", "b"]', _HERE) == ClassNames(("a", "b"), _HERE)


def test_yaml_without_its_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    item = names_in("names:\n- water\n- no\n", _HERE)
    assert isinstance(item, Finding)
    assert "PyYAML is not installed" in item.message


def test_lines_of_label_files() -> None:
    assert names_in_lines("0 water\n1 wet land\n", "f") == ClassNames(("water", "wet land"), "f")
    assert names_in_lines("2 notice\n5 stop\n", "f") == ClassNames(("notice", "stop"), "f", (2, 5))
    assert names_in_lines("???\n water \n", "f") == ClassNames(("water",), "f", (1,))
    assert isinstance(names_in_lines("1\n2\n", "f"), Finding)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (["a", "b"], ClassNames(("a", "b"), "v")),
        ({1: "a", 2: "b"}, ClassNames(("a", "b"), "v", (1, 2))),
        ("a, b", ClassNames(("a", "b"), "v")),
        (5, None),
        (None, None),
        ([], None),
        ([1, 2], None),
        ([[1, 2], [[["deep"]]]], None),
        ({1: 2}, None),
    ],
)
def test_values_of_json_and_pickles(value: Any, found: Optional[ClassNames]) -> None:
    assert names_of_value(value, "v") == found


@pytest.mark.parametrize("value", [["a", 1], [["a"]], {"a": {"b": 1}}, {None: "a"}])
def test_values_with_texts_in_no_known_form_are_said(value: Any) -> None:
    assert names_of_value(value, "v") == unreadable(
        "v", "it is in no form that lists of names are known to have"
    )


def test_what_is_found_twice_is_told_once() -> None:
    one, same, other = (
        ClassNames(("a",), "here"),
        ClassNames(("a",), "there"),
        ClassNames(("a",), "there", (1,)),
    )
    wrong = unreadable("v", "it is odd.")
    assert sorted_out([one, None, wrong, same, other]) == ((one, other), (wrong,))
    assert wrong.message == "The class names in the v can't be read: it is odd."


def test_names_in_the_order_of_their_numbers() -> None:
    assert names_of({"1": "b", "0": "a"}) == ("a", "b")
    assert names_of({"1": "b", "3": "a"}) is None
    assert names_of([{"value": 9, "name": "b"}, {"value": 3, "name": "a"}]) == ("a", "b")
    assert names_of(5) is None


@pytest.mark.parametrize(
    ("numbers", "channels"), [((), 2), ((1, 2), 2), ((0, 2), 3), ((11, 21), 22)]
)
def test_channels_that_numbers_need(numbers: Tuple[int, ...], channels: int) -> None:
    assert ClassNames(("a", "b"), "v", numbers).channels == channels
    assert ClassNames((), "v").channels == 0


@given(st.lists(st.text(max_size=8), min_size=1, max_size=5))
def test_what_python_prints_is_read_back(listed: list[str]) -> None:
    assert names(str(dict(enumerate(listed)))) == tuple(listed)
