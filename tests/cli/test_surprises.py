"""Faults of the program's own are said in a sentence too."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dl2ecd_core.cli import check
from dl2ecd_core.cli.group import dl2ecd


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
