"""``dl2ecd fix``: what it prints, writes and ends with."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from dl2ecd_core.demo import CLASS_INFO
from tests.cli.conftest import Call


@pytest.fixture
def broken(demo: Path) -> str:
    """The demo's document with a comma too many and a number in quotes; the text."""
    text = (demo / CLASS_INFO).read_text(encoding="utf-8")
    wrong = text.replace('"NumberRasterBands": 4', '"NumberRasterBands": "4"')
    wrong = wrong.rstrip().rstrip("}").rstrip() + ",\n}\n"
    (demo / CLASS_INFO).write_text(wrong, encoding="utf-8")
    return wrong


def test_shows_the_changes_and_writes_nothing(demo: Path, call: Call, broken: str) -> None:
    done = call("fix", CLASS_INFO)
    assert done.code == 1
    assert f"--- {CLASS_INFO}\n+++ {CLASS_INFO} (mended)\n@@" in done.out
    assert '-  "NumberRasterBands": "4",' in done.out
    assert '+  "NumberRasterBands": 4,' in done.out
    assert f"mend it with 'dl2ecd fix {CLASS_INFO} OUT' or --in-place." in done.out
    assert (demo / CLASS_INFO).read_text(encoding="utf-8") == broken


def test_writes_beside(demo: Path, call: Call, broken: str) -> None:
    done = call("fix", CLASS_INFO, "out.json")
    assert done.code == 0
    assert done.out.endswith("Wrote out.json.\n")
    assert json.loads((demo / "out.json").read_text(encoding="utf-8"))["NumberRasterBands"] == 4
    assert (demo / CLASS_INFO).read_text(encoding="utf-8") == broken
    again = call("fix", CLASS_INFO, "out.json")
    assert (again.code, "output-exists" in again.out) == (1, True)
    assert call("fix", CLASS_INFO, "out.json", "--overwrite").code == 0


def test_writes_in_place(demo: Path, call: Call, broken: str) -> None:
    assert call("fix", CLASS_INFO, "--in-place").code == 0
    assert json.loads((demo / CLASS_INFO).read_text(encoding="utf-8"))["NumberRasterBands"] == 4
    done = call("fix", CLASS_INFO)
    assert (done.code, done.out) == (0, "There is nothing that can be mended with certainty.\n")


def test_what_only_its_author_knows_is_listed_and_is_1(demo: Path, call: Call) -> None:
    (demo / "a.json").write_text('{"Version": 1,}', encoding="utf-8")
    done = call("fix", "a.json", "out.json")
    assert done.code == 1
    assert "error class-info-key-missing" in done.out
    assert done.out.endswith("Wrote out.json. What is listed above only its author can mend.\n")
    assert (demo / "out.json").read_text(encoding="utf-8") == '{"Version": 1}'


def test_the_encoding_is_said(demo: Path, call: Call) -> None:
    text = (demo / CLASS_INFO).read_text(encoding="utf-8").replace("Water", "Gewässer")
    (demo / CLASS_INFO).write_bytes(text.encode("cp1252"))
    done = call("fix", CLASS_INFO, "out.json")
    assert (done.code, "The text becomes UTF-8" in done.out) == (0, True)
    assert (demo / "out.json").read_text(encoding="utf-8") == text


def test_as_json(demo: Path, call: Call, broken: str) -> None:
    told = call("fix", CLASS_INFO, "--json").document
    assert (told["ok"], told["changed"], told["class_info"]) == (False, True, None)
    assert "NumberRasterBands" in told["diff"]
    told = call("fix", CLASS_INFO, "out.json", "--json").document
    assert (told["ok"], told["changed"], told["class_info"]) == (True, True, "out.json")
    told = call("fix", "none.json", "--json").document
    assert (told["ok"], told["findings"][0]["rule"]) == (False, "file-not-found")


def test_through_pipes(
    demo: Path, call: Call, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Input(io.StringIO):
        buffer = io.BytesIO(broken.encode())

    monkeypatch.setattr("sys.stdin", Input())
    done: Any = call("fix", "-", "-")
    assert done.code == 0
    assert json.loads(done.out)["NumberRasterBands"] == 4
    assert "--- -\n+++ - (mended)" in done.err


@pytest.mark.parametrize("arguments", [["-", "--in-place"], ["a", "b", "--in-place"]])
def test_in_place_is_of_a_file(call: Call, arguments: Any) -> None:
    done = call("fix", *arguments)
    assert (done.code, "give neither OUT nor -" in done.err) == (2, True)
