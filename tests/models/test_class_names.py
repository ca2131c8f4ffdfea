"""Class names in the texts that models carry."""

from __future__ import annotations

from typing import Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.models.class_names import names_in


@pytest.mark.parametrize(
    "text",
    [
        '["water", "forest"]',
        '{"0": "water", "1": "forest"}',
        '{"1": "forest", "0": "water"}',
        '"{\\"0\\": \\"water\\", \\"1\\": \\"forest\\"}"',
        "{0: 'water', 1: \"forest\"}",
        "['water', 'forest']",
        '{"labels": ["water", "forest"], "colors": ["#00f", "#0f0"]}',
        '{"Classes": [{"Value": 2, "Name": "forest"}, {"Value": 1, "Name": "water"}]}',
        '{"classification:classes": [{"value": 0, "name": "water"}, {"name": "forest"}]}',
    ],
)
def test_all_known_ways_to_write_them(text: str) -> None:
    assert names_in(text) == ("water", "forest")


def test_quotes_inside_names_survive() -> None:
    assert names_in(r"{0: 'farmer\'s field', 1: 'a \\ b'}") == ("farmer's field", "a \\ b")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "true",
        '"water"',
        "[]",
        "{}",
        "[1, 2]",
        '{"0": "water", "2": "forest"}',
        '{"0": "water", "x": "forest"}',
        '{"0": 1}',
        '[{"id": 1}]',
        "{0: water}",
        '"[water"',
        '"' + "[" * 100_000 + '"',
        '["' + "a" * (1 << 20) + '"]',
        "{0: 'water'",
        "[" * 100_000,
        "{" * 100_000,
        "[['a']]",
        "['a'" + " " * 1000,
        " " * (1 << 20) + "[]",
        '"[' + "[" * 100_000 + '"',
        '"{"',
        "9" * 900_000,
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert names_in(text) is None


@given(st.lists(st.text(max_size=8), min_size=1, max_size=5))
def test_what_python_prints_is_read_back(names: list[str]) -> None:
    plain: Optional[Tuple[str, ...]] = names_in(str(dict(enumerate(names))))
    if all(name.isprintable() for name in names):
        assert plain == tuple(names)
