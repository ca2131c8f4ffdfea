"""Excerpts on narrow terminals: nothing wraps, and the carets stay below what they point at."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from dl2ecd_core.cli.excerpts import narrowed
from dl2ecd_core.cli.terminal import print_findings
from dl2ecd_core.findings import Place
from dl2ecd_core.findings.rules import finding
from dl2ecd_core.json_text.places import Lines
from tests.cli.conftest import OnTerminal

LINE = '{"Value": 100, "Name": "Impervious", "Color": [204, 204, 204]}'


def excerpt(marked: str, line: str = LINE) -> str:
    start = line.index(marked)
    return Lines(line).excerpt(start, start + len(marked))


def pointed_at(shown: str) -> str:
    """What the carets lie under, by the columns of a terminal."""
    line, carets = shown.split("\n")
    start = len(carets) - len(carets.lstrip(" "))
    at, under = 0, ""
    for letter in line:
        # A mark that takes no column belongs to the letter before it.
        if at >= start and at + cell_len(letter) <= len(carets) and (under or cell_len(letter)):
            under += letter
        at += cell_len(letter)
    return under


def test_one_that_fits_stays_as_it_is() -> None:
    shown = excerpt("100")
    assert narrowed(shown, len(LINE)) == shown


@pytest.mark.parametrize(
    ("marked", "width", "expected"),
    [
        ("100", 30, '{"Value": 100, "Name": "Imp...\n          ^^^'),
        ('"Impervious"', 30, '...00, "Name": "Impervious"...\n               ^^^^^^^^^^^^'),
        ("204]}", 30, "... [204, 204, 204]}\n               ^^^^^"),
        ("[204, 204, 204]", 20, "...[204, 204, 204]}\n   ^^^^^^^^^^^^^^^"),
        ('"Name": "Impervious"', 20, '..."Name": "Imper...\n   ^^^^^^^^^^^^^^^^^'),
    ],
)
def test_a_long_one_is_cut_on_either_side(marked: str, width: int, expected: str) -> None:
    assert narrowed(excerpt(marked), width) == expected


def test_whatever_is_pointed_at_is_shown_whole_where_there_is_room() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    shown = narrowed(f"{letters}\n{' ' * 16}{'^' * 12}", 30)
    assert pointed_at(shown) == letters[16:28]
    assert shown == "...efghijklmnopqrstuvwxyz01...\n" + " " * 15 + "^" * 12


@pytest.mark.parametrize("width", [-5, 0, 5, 12])
def test_no_terminal_is_too_narrow(width: int) -> None:
    shown = narrowed(excerpt("204]}"), width)
    assert pointed_at(shown).startswith("204")
    assert max(map(len, shown.split("\n"))) <= 12


def test_carets_behind_the_end_stay_there() -> None:
    line = '{"Value": 1,' + " " * 28
    shown = narrowed(Lines(line).excerpt(len(line), len(line) + 1), 20)
    assert shown == "...\n          ^"


def test_letters_that_take_two_columns_are_not_cut_in_half() -> None:
    line = '{"Name": "' + "裸地" * 10 + '", "Color": 5}'
    for width in range(12, 60):
        shown = narrowed(excerpt("5", line), width)
        assert pointed_at(shown) == "5"
        assert max(map(cell_len, shown.split("\n"))) <= width


def test_marks_above_letters_stay_with_them() -> None:
    for letter in ("e\u0301", "\u2764\ufe0f"):
        line = "{" + letter * 40 + '"x" 5}'
        shown = narrowed(excerpt("5", line), 20)
        assert pointed_at(shown) == "5"
        assert shown.startswith(f"...{letter}")


@example("b" * 10 + "\u0859", "a" * 20, "", 12)
@given(
    st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=90),
    st.text("abcdef", min_size=1, max_size=60),
    st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=90),
    st.integers(0, 90),
)
def test_whatever_the_line_the_carets_point_at_the_same(
    before: str, marked: str, after: str, width: int
) -> None:
    line = f"{before}{marked}{after}"
    whole = Lines(line).excerpt(len(before), len(before) + len(marked))
    shown = narrowed(whole, width)
    assert max(map(cell_len, shown.split("\n"))) <= max(12, width)
    assert pointed_at(shown)[:3] == pointed_at(whole)[: len(pointed_at(shown)[:3])]


@pytest.mark.parametrize("marked", ["100", "204]}"])
def test_a_terminal_of_60_columns_wraps_nothing(
    on_terminal: OnTerminal, monkeypatch: pytest.MonkeyPatch, marked: str
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    line = LINE.replace("Impervious", "Impervious surfaces")
    where = Place(file="classes.json", line=1, column=50, excerpt=excerpt(marked, line))
    item = finding("class-color-out-of-range", "Blue is 256.", where=where)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", on_terminal(lambda: print_findings([item])))
    lines = shown.split("\n")
    assert max(map(len, lines)) <= 60
    (carets,) = (line for line in lines if "^" in line)
    assert pointed_at(f"{lines[lines.index(carets) - 1]}\n{carets}") == marked


def test_a_pipe_gets_all_of_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    where = Place(excerpt=excerpt("100"))
    print_findings([finding("class-color-out-of-range", "Blue is 256.", where=where)])
    assert f"    {LINE}\n" in capsys.readouterr().out
