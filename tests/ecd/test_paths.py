"""Which paths an .ecd may name: those that stay in their folder on every system."""

from __future__ import annotations

import pytest

from dl2ecd_core.ecd.paths import LONGEST, inside_path


@pytest.mark.parametrize(
    "path",
    [
        "a",
        "landcover.model",
        "variables/variables.data-00000-of-00001",
        ".hidden",
        "..a/b",
        "a b/c",
        "näme/土地.pb",
        "console.model",
        "com.model",
        "com10",
        "a/nul_",
    ],
)
def test_plain_relative_paths_are_inside(path: str) -> None:
    assert inside_path(path)


@pytest.mark.parametrize("path", ["", "/", "/a", "//server/a", "a//b", "a/"])
def test_a_path_with_an_empty_part_is_not(path: str) -> None:
    assert not inside_path(path)


@pytest.mark.parametrize("path", [".", "..", "../a", "a/..", "a/./b", "...", "a./b", "a /b", "b "])
def test_a_part_that_ends_with_a_dot_or_blank_is_not(path: str) -> None:
    assert not inside_path(path)


@pytest.mark.parametrize("letter", ["\0", "\n", "\x1f", "<", ">", ":", '"', "|", "?", "*", "\\"])
def test_a_letter_that_windows_can_not_have_in_a_name_is_not(letter: str) -> None:
    assert not inside_path(f"a{letter}b")
    assert not inside_path(f"b/{letter}")


@pytest.mark.parametrize(
    "path",
    ["con", "PRN", "Aux", "nul", "com0", "COM9", "com¹", "lpt3", "LPT²", "nul.pb", "a/con.b.c/d"],
)
def test_a_device_of_windows_is_not(path: str) -> None:
    assert not inside_path(path)


def test_a_path_has_an_end() -> None:
    assert inside_path("a/" * (LONGEST // 2 - 1) + "bc")
    assert not inside_path("a/" * (LONGEST // 2 - 1) + "bcd")
