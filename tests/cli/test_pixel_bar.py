"""A rate and an end while a scene is classified."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import List

import pytest
from rich.cells import cell_len
from rich.console import Console

from dl2ecd_core.cli.pixel_bar import BarLine, PixelBar

ROOT = Path(__file__).parents[2]


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


def lines(bar: BarLine, width: int) -> List[str]:
    """What a terminal so wide shows."""
    console = Console(width=width, file=io.StringIO(), color_system=None, force_terminal=True)
    with console.capture() as shown:
        console.print(bar)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.get()).splitlines()


class TestLine:
    @pytest.fixture(autouse=True)
    def noon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dl2ecd_core.cli.pixel_bar.time.time", lambda: 0.0)
        monkeypatch.setattr("dl2ecd_core.cli.pixel_bar.time.localtime", time.gmtime)

    @pytest.mark.parametrize(
        ("width", "shown"),
        [
            (120, "Classifying ---- 37% 118 rows/s 0:02:10 done at 00:02:10"),
            (80, "Classifying ---- 37% 118 rows/s 0:02:10 done at 00:02:10"),
            (60, "Classifying ---- 37% 0:02:10 done at 00:02:10"),
            (50, "Classifying ---- 37% done at 00:02:10"),
            (40, "Classifying 37% done at 00:02:10"),
            (30, "Classifying ---- 37%"),
            (20, "Classifying 37%"),
            (12, "Classi..."),
        ],
    )
    def test_what_matters_most_stays_on_one_line(self, width: int, shown: str) -> None:
        (line,) = lines(BarLine("Classifying", 3700, 10000, 118.4, 130.9), width)
        # The terminal writes ^C behind it.
        assert len(line) <= width - 3
        assert re.sub(" +", " ", re.sub("[━╸╺]+", "----", line)).strip() == shown

    def test_of_few_a_second_tenths_tell(self) -> None:
        assert "1.3 windows/s" in lines(BarLine("A", 1, 9, 1.26, 7, "windows"), 80)[0]

    @pytest.mark.parametrize(("done", "total"), [(0, 1), (0, 0), (9, 9)])
    def test_nothing_is_counted_where_nobody_knows(self, done: int, total: int) -> None:
        (line,) = lines(BarLine("Detecting", done, total, 118.0, 0.0), 80)
        words = " ".join(re.findall(r"[^ ━]+", line))
        assert words == ("Detecting finishing" if done == total else "Detecting")

    def test_a_rate_is_not_known_at_once(self) -> None:
        (line,) = lines(BarLine("Detecting", 0, 9), 80)
        assert re.findall(r"[^ ━]+", line) == ["Detecting", "0%"]

    def test_letters_may_take_two_columns(self) -> None:
        (line,) = lines(BarLine("\u5730" * 30, 1, 9), 40)
        assert cell_len(line.rstrip()) <= 37
        assert "..." in line


@pytest.mark.skipif(sys.platform == "win32", reason="has no such terminals")
@pytest.mark.parametrize("columns", [40, 80])
def test_ctrl_c_leaves_no_line_behind(columns: int) -> None:
    """On a terminal, which says ^C itself, and where the line is drawn over and over."""
    import pty

    program = (
        "import os, time; from dl2ecd_core.cli.pixel_bar import PixelBar\n"
        "bar = PixelBar()\n"
        "for done in range(40):\n"
        "    bar.progressed(200 * done, 8000, 'Classifying')\n"
        "    time.sleep(0.01)\n"
        "os.write(2, b'^C')\n"
        "bar.stop()\n"
    )
    screen, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": str(columns), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", program], stderr=terminal, stdout=terminal, env=environment
    ) as process:
        os.close(terminal)
        said = b""
        with suppress(OSError):
            # Where the other end is closed, Linux calls it an error.
            while more := os.read(screen, 1 << 16):
                said += more
    os.close(screen)
    assert process.returncode == 0
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode())
    shown = [line for line in re.split(r"[\r\n]+", drawn) if line]
    assert max(map(len, shown)) < columns
    assert any("done at" in line for line in shown)
    # No line but the first is ever begun, and that is erased in the end.
    assert said.count(b"\n") <= 1
    assert said.rstrip(b"\r\n").endswith(b"\x1b[2K")


class TestOnATerminal:
    def test_a_bar_goes_on_whatever_stands_in_for_the_terminal(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bar = PixelBar()
        bar.progressed(1, 9, "Classifying")
        monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
        bar.progressed(4, 9, "Classifying")
        assert bar._bar is not None
        assert bar._bar[0].tasks[0].completed == 4
        bar.stop()

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

    def test_lines_stand_for_themselves(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # What `capsys` has put in its place is a terminal, too.
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
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
