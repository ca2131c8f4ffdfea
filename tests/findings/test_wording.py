"""Names and numbers from files in sentences, without doing harm."""

from __future__ import annotations

from typing import Optional, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.findings.wording import (
    LONGEST,
    counted,
    harmless,
    listed,
    printable,
    quoted,
    shape_text,
    where_missing,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("W\u00e4lder \u68ee", "W\u00e4lder \u68ee"),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\nb\tc\0", r"a\nb\tc\x00"),
        ("\u202eabc\u200b", r"\u202eabc\u200b"),
        ("\ud800", r"\ud800"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_does_not_show_is_escaped(text: str, shown: str) -> None:
    assert harmless(text) == shown
    assert printable(text) == shown


def test_long_texts_are_cut_in_the_middle() -> None:
    assert printable("x" * LONGEST) == "x" * LONGEST
    assert printable("a" * 100 + "b" * 100, 11) == "aaaaa\u2026bbbbb"
    assert len(printable("y" * (LONGEST + 1))) <= LONGEST
    assert harmless("x" * 1000) == "x" * 1000


@given(st.text())
def test_any_text_is_harmless(text: str) -> None:
    assert harmless(harmless(text)) == harmless(text)
    assert not set(harmless(text)) & {chr(code) for code in (*range(32), 127, 0x202E)}


def test_names_in_quotes_or_a_word_for_none() -> None:
    assert quoted("a") == "'a'"
    assert quoted("") == "''"
    assert quoted(None) == "(unnamed)"
    assert quoted("abcdefghij", 5) == "'ab\u2026ij'"


def test_numbers_with_their_nouns() -> None:
    assert [counted(number, "band") for number in (0, 1, 2)] == ["0 bands", "1 band", "2 bands"]
    assert counted(2, "class", "classes") == "2 classes"
    assert counted(1, "class", "classes") == "1 class"


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "'a'"),
        (["a", "b"], "'a' and 'b'"),
        (["a", "b", "c"], "'a', 'b' and 'c'"),
        (["a", "b", "c", "d"], "'a', 'b', 'c' and 1 more"),
    ],
)
def test_names_in_a_row(names: Sequence[str], text: str) -> None:
    assert listed(names, most=3) == text


@pytest.mark.parametrize(
    ("shape", "text"),
    [(None, "unknown"), ([], "scalar"), ([4, None, 256], "4 x ? x 256")],
)
def test_shapes(shape: Optional[Sequence[Optional[int]]], text: str) -> None:
    assert shape_text(shape) == text


@pytest.mark.parametrize("path", ["https://example.org/a.ecd", "HTTP:/example.org/a", "s3://a/b"])
def test_an_address_is_said_to_be_one_where_a_path_belongs(path: str) -> None:
    assert where_missing(path).startswith("Download the file")


@pytest.mark.parametrize("path", ["a.ecd", "C:/models/a.ecd", "folder/b:/c"])
def test_a_path_that_leads_nowhere_is_to_be_checked(path: str) -> None:
    assert where_missing(path) == "Check the path and the spelling of the name."
