"""A rate and an end while a scene is classified."""

from __future__ import annotations

import re
import sys

import pytest

from dl2ecd_core.cli.pixel_bar import PixelBar, rate_text


def test_nothing_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    bar = PixelBar()
    bar.progressed(1, 2, "Classifying")
    bar.stop()
    assert capsys.readouterr().err == ""


def test_a_bar_with_a_rate_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    bar = PixelBar()
    for done in (100, 200, 300):
        bar.progressed(done, 300, "Classifying")
    bar.stop()
    assert "Classifying" in capsys.readouterr().err


def test_the_end_is_a_time_of_day() -> None:
    assert re.fullmatch(r"120 rows/s, done at \d\d:\d\d:\d\d", rate_text(120, 5))
