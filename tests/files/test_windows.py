"""Paths that Windows follows to their end: drives, shares, and those beyond 260 characters."""

from __future__ import annotations

import ntpath
import os
from pathlib import Path

import pytest

from dl2ecd_core.files import windows
from dl2ecd_core.files.windows import followed, reachable

LONG = "n" * 230


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (rf"C:\maps\{LONG}.ecd", rf"\\?\C:\maps\{LONG}.ecd"),
        (rf"\\server\share\{LONG}.ecd", rf"\\?\UNC\server\share\{LONG}.ecd"),
    ],
)
def test_long_ones_get_the_prefix_that_ends_the_limit(path: str, expected: str) -> None:
    assert reachable(path) == expected
    assert reachable(expected) == expected


@pytest.mark.parametrize(
    "path",
    [
        r"C:\maps\landcover.ecd",
        r"\\server\share\a.ecd",
        rf"\\?\C:\{LONG}",
        rf"\\.\pipe\{LONG}",
        rf"maps\{LONG}",
        rf"C:maps\{LONG}",
        rf"\maps\{LONG}",
        rf"C:\maps\..\{LONG}",
        rf"C:\maps\.\{LONG}",
        f"C:/maps/{LONG}",
        rf"C:\maps\{LONG}" "\\",
        f"/maps/{LONG}",
        "",
    ],
)
def test_others_stay_as_they_are(path: str) -> None:
    # Behind the prefix neither dots nor forward slashes mean anything.
    assert reachable(path) == path


def test_what_is_long_is_long_with_a_temporary_name_too() -> None:
    longest = "C:\\" + "n" * 227
    assert not reachable(longest).startswith("\\\\?\\C:\\n" + "n" * 227)
    beside = ntpath.join(ntpath.dirname(longest), ".dl2ecd-0123456789abcdef.tmp")
    assert len(beside) < 260


def test_elsewhere_every_path_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "ON_WINDOWS", False)
    assert followed(tmp_path / LONG) == str(tmp_path / LONG)


def test_relative_ones_are_made_absolute_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "ON_WINDOWS", True)
    # Not that of the stand-in, where every test runs under it.
    monkeypatch.setattr(windows, "reachable", reachable)
    asked = []

    def absolute(path: str) -> str:
        asked.append(path)
        return rf"C:\here\{path}"

    monkeypatch.setattr(os.path, "abspath", absolute)
    assert followed(LONG) == rf"\\?\C:\here\{LONG}"
    assert followed("") == ""
    assert asked == [LONG]
