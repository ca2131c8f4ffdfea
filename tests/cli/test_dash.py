"""``-`` in place of a file: standard input and standard output."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable, List, Tuple

import pytest

from dl2ecd_core.cli import dash
from dl2ecd_core.demo import CLASS_INFO, MODEL
from tests.cli.conftest import Call

Feed = Callable[[bytes], None]


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Feed:
    """Put bytes on standard input."""

    def run(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    return run


class TestStandardInput:
    def test_class_information(self, demo: Path, call: Call, feed: Feed) -> None:
        feed((demo / CLASS_INFO).read_bytes())
        assert call("check", MODEL, "-").out == "The model and its class information go together.\n"
        feed((demo / CLASS_INFO).read_bytes())
        assert call("convert", MODEL, "-").code == 0
        assert (demo / "landcover.ecd").exists()

    def test_what_is_wrong_in_it_is_at_the_dash(self, demo: Path, call: Call, feed: Feed) -> None:
        text = (demo / CLASS_INFO).read_text(encoding="utf-8")
        feed(text.replace("158", "358").encode())
        done = call("check", MODEL, "-", "--json")
        (item,) = done.document["findings"]
        assert (item["where"]["file"], item["where"]["line"]) == ("-", 9)
        feed(b"")
        done = call("convert", MODEL, "-", "--json")
        assert [item["where"]["file"] for item in done.document["findings"]] == ["-"]
        assert "dl2ecd-" not in done.out

    def test_what_is_too_long_is_not_read_to_its_end(
        self, demo: Path, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Endless(io.RawIOBase):
            def readable(self) -> bool:
                return True

            def readinto(self, buffer: Any) -> int:
                buffer[:] = b"{" * len(buffer)
                return len(buffer)

        endless = io.TextIOWrapper(io.BufferedReader(Endless()))
        monkeypatch.setattr(sys, "stdin", endless)
        assert call("check", MODEL, "-", "--json").rules == ["file-too-large"]

    @pytest.mark.parametrize("command", [["inspect", "-"], ["check", "-", CLASS_INFO]])
    def test_a_model(self, demo: Path, call: Call, feed: Feed, command: List[str]) -> None:
        feed((demo / MODEL).read_bytes())
        assert call(*command).code == 0
        feed(b"<!DOCTYPE html>")
        done = call(*command, "--json")
        assert done.rules == ["model-is-web-page"]
        assert done.document["findings"][0]["where"]["file"] == "-"

    def test_a_definition(self, demo: Path, call: Call, feed: Feed) -> None:
        assert call("convert", MODEL, CLASS_INFO, "a.ecd").code == 0
        content = (demo / "a.ecd").read_bytes()
        for command in (["show", "-"], ["verify", "-"], ["export", "-", "a.clr", "--to", "clr"]):
            feed(content)
            done = call(*command)
            assert (done.code, done.err) == (0, "")
            assert "dl2ecd-" not in done.out
        feed(b"{}")
        assert call("show", "-", "--json").document["ecd"] == "-"

    def test_a_legend(self, demo: Path, call: Call, feed: Feed) -> None:
        feed(b"Water\nSoil\nWood\n")
        assert call("init", MODEL, "b.json", "--from", "-").code == 0
        names = [
            entry["Name"]
            for entry in json.loads((demo / "b.json").read_text(encoding="utf-8"))["Classes"]
        ]
        assert names == ["Water", "Soil", "Wood"]

    def test_it_is_read_once_however_often_it_is_named(self, feed: Feed) -> None:
        feed(b"a")
        with dash.StandardInput() as given:
            assert given.path("-") == given.path("-")
            assert Path(given.path("-")).read_bytes() == b"a"
            kept = given.path("-")
        assert not Path(kept).exists()


class TestStandardOutput:
    def test_a_document_to_fill_in(self, demo: Path, call: Call) -> None:
        done = call("init", MODEL, "-")
        assert (done.code, done.err) == (0, "")
        assert json.loads(done.out)["NumberRasterBands"] == 4
        assert not (demo / "-").exists()

    def test_an_export_with_its_report_on_the_other_stream(self, demo: Path, call: Call) -> None:
        done = call("export", MODEL, CLASS_INFO, "-", "--to", "clr")
        assert done.err.endswith("Wrote to standard output\n")
        assert (done.code, done.out) == (0, "0 0 114 178\n1 0 158 115\n2 230 159 0\n")
        assert "export-adjusted" in done.err

    def test_class_information_out_of_a_definition(self, demo: Path, call: Call) -> None:
        assert call("convert", MODEL, CLASS_INFO, "a.ecd").code == 0
        done = call("extract", "a.ecd", "-", "--class-info")
        assert (done.code, done.err) == (0, "")
        assert json.loads(done.out) == json.loads((demo / CLASS_INFO).read_text(encoding="utf-8"))

    @pytest.mark.parametrize(
        "arguments",
        [
            ["export", MODEL, "none.json", "-", "--to", "clr"],
            ["init", "none.onnx", "-"],
            ["extract", "none.ecd", "-", "--class-info"],
        ],
    )
    def test_nothing_but_the_reason_where_it_fails(
        self, demo: Path, call: Call, arguments: List[str]
    ) -> None:
        done = call(*arguments)
        assert (done.code, done.out) == (1, "")
        assert "file-not-found" in done.err

    @pytest.mark.parametrize(
        "arguments",
        [
            ["init", MODEL, "-"],
            ["export", MODEL, CLASS_INFO, "-", "--to", "clr"],
        ],
    )
    def test_can_not_take_a_document_of_the_report_too(
        self, demo: Path, call: Call, arguments: List[str]
    ) -> None:
        done = call(*arguments, "--json")
        assert (done.code, done.out) == (2, "")
        assert "Standard output can't take the output and json both." in done.err

    def test_class_information_goes_into_a_file_too(self, demo: Path, call: Call) -> None:
        assert call("convert", MODEL, CLASS_INFO, "a.ecd").code == 0
        done = call("extract", "a.ecd", "b.json", "--class-info")
        assert (done.code, done.out) == (0, "Wrote b.json\n")
        assert json.loads((demo / "b.json").read_text(encoding="utf-8"))["Classifier"] == "CNTK"
        done = call("extract", "a.ecd", "b.json", "--class-info", "--json")
        assert (done.code, done.rules) == (1, ["output-exists"])


class TestWithoutRoom:
    """What can't be kept meanwhile is said in a sentence, as for every other output."""

    @pytest.mark.parametrize(
        ("number", "rule"), [(errno.ENOSPC, "disk-full"), (errno.EROFS, "not-writable")]
    )
    @pytest.mark.parametrize(
        "arguments", [("check", MODEL, "-"), ("export", "a.ecd", "-", "--to", "clr")]
    )
    def test_for_temporary_files(
        self,
        number: int,
        rule: str,
        arguments: Tuple[str, ...],
        demo: Path,
        call: Call,
        feed: Feed,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def fails(parent: Path) -> None:
            raise OSError(number, os.strerror(number))

        feed(b"{}")
        monkeypatch.setattr(dash, "scratch_folder", fails)
        done = call(*arguments, "--json")
        assert (done.code, done.rules) == (1, [f"output-{rule}"])
        assert done.document["findings"][0]["where"]["file"] == tempfile.gettempdir()

    def test_for_all_of_the_input(
        self, demo: Path, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Folder(io.RawIOBase):
            def readable(self) -> bool:
                return True

            def readinto(self, buffer: Any) -> int:
                raise OSError(errno.EISDIR, "Is a directory")

        folder = io.TextIOWrapper(io.BufferedReader(Folder()))
        monkeypatch.setattr(sys, "stdin", folder)
        done = call("show", "-")
        assert done.code == 1
        assert "file-unreadable: Standard input can't be read: Is a directory." in done.out
        assert "internal-error" not in done.out
