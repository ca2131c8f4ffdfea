"""JSON for people: indented, ASCII, a class to a line, gaps where bytes go."""

from __future__ import annotations

import json

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


@settings(max_examples=60, deadline=None)
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


def test_gaps_cut_the_text_inside_their_quotes() -> None:
    gap = Gap("data", 0)
    before, found, after = laid_out({"Size": 3, "Data": gap})
    assert found == gap
    assert f"{before}AAAA{after}" == '{\n  "Size": 3,\n  "Data": "AAAA"\n}\n'
