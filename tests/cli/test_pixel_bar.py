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


class TestOnATerminal:
    @pytest.fixture(autouse=True)
    def terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        monkeypatch.setenv("TERM", "xterm")

    def test_what_was_counted_before_makes_no_rate(self) -> None:
        bar = PixelBar("windows")
        for done in (0, 200 << 20, 300 << 20):
            bar.progressed(done, 300 << 20, "Reading")
        assert bar._bar is not None
        (task,) = bar._bar[0].tasks
        assert task.speed
        bar.progressed(0, 9, "Classifying")
        assert (task.speed, task.total, task.description) == (None, 9, "Classifying")
        bar.stop()

    def test_lines_stand_for_themselves(self, capsys: pytest.CaptureFixture[str]) -> None:
        bar = PixelBar("windows")
        bar.progressed(0, 1, "Preparing the model")
        bar.say("Dask's dashboard: http://127.0.0.1:8787/status [1]")
        bar.progressed(0, 9, "Classifying")
        bar.stop()
        lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err))
        assert "Dask's dashboard: http://127.0.0.1:8787/status [1]" in lines


def test_lines_without_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    PixelBar().say("Dask's dashboard: [1]")
    assert capsys.readouterr().err == "Dask's dashboard: [1]\n"
