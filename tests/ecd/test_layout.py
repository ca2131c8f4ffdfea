"""JSON for people: indented, ASCII, a class to a line, gaps where bytes go."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.ecd.layout import Gap, laid_out, text_of

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_the_text_is_json_of_the_same_value_in_ascii(document: dict) -> None:
    text = text_of(document)
    assert text.isascii()
    assert json.loads(text) == document
    assert list(json.loads(text)) == list(document)


def test_a_class_takes_one_line() -> None:
    text = text_of({"Classes": [{"Value": 1, "Name": "Wald", "Color": [0, 1, 2]}]})
    assert text == (
        '{\n  "Classes": [\n    {"Value": 1, "Name": "Wald", "Color": [0, 1, 2]}\n  ]\n}\n'
    )


def test_what_does_not_fit_a_line_is_broken() -> None:
    text = text_of({"Name": {"Text": "x" * 200, "Other": 1}})
    assert max(map(len, text.split("\n"))) < 220
    assert '{\n    "Text": ' in text


@pytest.mark.parametrize(("length", "lines"), [(100, 1), (134, 1), (135, 4), (200, 4)])
def test_a_value_on_one_line_takes_up_to_160_characters(length: int, lines: int) -> None:
    value = {"Text": "x" * length, "Other": 1}
    # The blanks before the key count, the key does not.
    assert (2 + len(json.dumps(value)) <= 160) is (lines == 1)
    assert text_of({"Name": value}).count("\n") == 2 + lines


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ([], "[]"),
        ({"b": {}}, '{\n    "b": {}\n  }'),
        ({"b": []}, '{"b": []}'),
        ({"b": [1, "x", None, True, 0.5]}, '{"b": [1, "x", null, true, 0.5]}'),
        ({"b": (1, 2)}, '{"b": [1, 2]}'),
        ((1, 2), "[1, 2]"),
        ([1, 2], "[1, 2]"),
        ([[1], [2]], "[\n    [1],\n    [2]\n  ]"),
        ([1, {}], "[\n    1,\n    {}\n  ]"),
        ({"b": [[1]]}, '{\n    "b": [\n      [1]\n    ]\n  }'),
        ({"b": 1, "c": {"d": 2}}, '{\n    "b": 1,\n    "c": {"d": 2}\n  }'),
        ("ü\n", '"\\u00fc\\n"'),
    ],
)
def test_what_stands_on_one_line(value: object, text: str) -> None:
    assert text_of({"a": value, "z": {"y": [{}]}}).startswith(f'{{\n  "a": {text},\n  "z"')


def test_a_number_that_json_has_not_is_not_written() -> None:
    for value in (float("nan"), [float("inf")], {"a": [float("-inf")]}):
        with pytest.raises(ValueError, match="JSON"):
            text_of({"a": value})


def test_gaps_cut_the_text_inside_their_quotes() -> None:
    gap = Gap("data", 0)
    before, found, after = laid_out({"Size": 3, "Data": gap})
    assert found == gap
    assert f"{before}AAAA{after}" == '{\n  "Size": 3,\n  "Data": "AAAA"\n}\n'
