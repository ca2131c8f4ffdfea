"""Faults of the program's own are said in a sentence too, and so is being stopped."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import sys
from typing import Iterator

import pytest
from click.testing import CliRunner

from dl2ecd_core.cli import check, main
from dl2ecd_core.cli.group import dl2ecd
from tests.cli.conftest import Call


@pytest.fixture(autouse=True)
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: object) -> None:
        raise ZeroDivisionError("division by \x1b[31mzero")

    monkeypatch.setattr(check, "check_model", fails)


def test_as_text_without_a_traceback() -> None:
    done = CliRunner().invoke(dl2ecd, ["check", "a", "b"])
    assert done.exit_code == 1
    assert "internal-error" in done.output
    assert "ZeroDivisionError" in done.output
    assert "Traceback" not in done.output
    assert "\x1b[31m" not in done.output


def test_as_one_document() -> None:
    done = CliRunner().invoke(dl2ecd, ["check", "a", "b", "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["findings"][0]["rule"] == "internal-error"


def test_as_a_log_and_as_an_annotation() -> None:
    done = CliRunner().invoke(dl2ecd, ["check", "a", "b", "--format", "sarif"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["runs"][0]["results"][0]["ruleId"] == "internal-error"
    done = CliRunner().invoke(dl2ecd, ["check", "a", "b", "--format=github"])
    assert done.stdout.startswith("::error title=dl2ecd internal-error::")


@pytest.mark.parametrize("arguments", [["check", "a", "b"], ["check", "a", "b", "--json"]])
def test_where_nothing_can_be_said_the_exit_code_still_tells(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    class FullDisk(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stdout", FullDisk())
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 1


class TestTerminated:
    """The system's wish to end is obeyed in order: exit code 143, and one document of JSON."""

    @pytest.fixture(autouse=True)
    def terminated(self, broken: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        def ends(*arguments: object) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

        monkeypatch.setattr(check, "check_model", ends)
        before = signal.getsignal(signal.SIGTERM)
        yield
        signal.signal(signal.SIGTERM, before)

    def test_in_words(self, call: Call) -> None:
        done = call("check", "a", "b")
        assert (done.code, done.out) == (143, "")
        assert done.err == "Cancelled; no output was left half-written.\n"

    def test_as_one_document(self, call: Call) -> None:
        done = call("check", "a", "b", "--json")
        assert (done.code, done.rules) == (143, ["cancelled"])
