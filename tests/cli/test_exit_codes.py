"""Exit codes and ``--json``: what scripts and pipelines rely on, for every command alike."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, Callable, List

import pytest

from dl2ecd_core.cli import COMMANDS, exit_codes, main
from dl2ecd_core.demo import CLASS_INFO, MODEL
from tests.cli.conftest import Call

#: Every command that reads files, called on a file that can't be read as what it should be.
CALLS = {
    "convert": ["convert", "{}", CLASS_INFO, "out.ecd"],
    "convert, class information": ["convert", MODEL, "{}", "out.ecd"],
    "convert, definition": ["convert", "{}", "out.ecd"],
    "convert, output proposed": ["convert", "{}", CLASS_INFO],
    "check": ["check", "{}", CLASS_INFO],
    "check, class information": ["check", MODEL, "{}"],
    "inspect": ["inspect", "{}"],
    "init": ["init", "{}", "out.json"],
    "init, legend": ["init", MODEL, "out.json", "--from", "{}"],
    "fix": ["fix", "{}"],
    "show": ["show", "{}"],
    "verify": ["verify", "{}"],
    "extract": ["extract", "{}", "folder"],
    "extract, class information": ["extract", "{}", "out.json", "--class-info"],
    "export": ["export", "{}", "--to", "emd", "out.emd"],
    "export, model": ["export", "{}", CLASS_INFO, "--to", "emd", "out.emd"],
}


@pytest.mark.parametrize("arguments", CALLS.values(), ids=list(CALLS))
class TestUnreadable:
    """A missing or unreadable input is a finding: exit code 1, one JSON document, no output."""

    def check(self, call: Call, arguments: List[str], given: str) -> List[str]:
        before = sorted(os.listdir())
        done = call(*(part.format(given) for part in arguments), "--json")
        assert done.code == 1
        assert done.err == ""
        errors = [item for item in done.document["findings"] if item["severity"] == "error"]
        assert errors
        assert all(item["message"] for item in errors)
        assert sorted(os.listdir()) == before
        # In words it is refused just so, without a traceback.
        plain = call(*(part.format(given) for part in arguments))
        assert plain.code == 1
        assert errors[0]["rule"] in plain.out
        assert sorted(os.listdir()) == before
        return [item["rule"] for item in errors]

    def test_a_missing_file(self, demo: Path, call: Call, arguments: List[str]) -> None:
        assert "file-not-found" in self.check(call, arguments, "none")

    def test_an_empty_file(self, demo: Path, call: Call, arguments: List[str]) -> None:
        (demo / "empty").touch()
        self.check(call, arguments, "empty")

    def test_a_folder(self, demo: Path, call: Call, arguments: List[str]) -> None:
        (demo / "some").mkdir()
        self.check(call, arguments, "some")

    def test_bytes_of_no_format(self, demo: Path, call: Call, arguments: List[str]) -> None:
        (demo / "bytes").write_bytes(bytes(range(256)))
        self.check(call, arguments, "bytes")

    def test_a_name_with_an_escape_sequence(
        self, demo: Path, call: Call, arguments: List[str]
    ) -> None:
        self.check(call, arguments, "\x1b[31mred")
        done = call(*(part.format("\x1b[31mred") for part in arguments))
        assert "\x1b" not in done.out
        assert "red" in done.out


class TestDone:
    def test_json_of_every_command_is_one_document(self, demo: Path, call: Call) -> None:
        for arguments in (
            ["convert", MODEL, CLASS_INFO, "a.ecd"],
            ["check", MODEL, CLASS_INFO],
            ["inspect", MODEL],
            ["init", MODEL, "b.json"],
            ["show", "a.ecd"],
            ["verify", "a.ecd"],
            ["extract", "a.ecd", "out"],
            ["export", "a.ecd", "--to", "emd", "a.emd"],
            ["export", MODEL, CLASS_INFO, "--to", "emd", "b.emd"],
            ["convert", "a.emd", "b.ecd"],
        ):
            done = call(*arguments, "--json")
            assert (done.code, done.err) == (0, ""), arguments
            assert isinstance(done.document["findings"], list)
            assert done.document.get("ok", True) is True

    def test_json_is_ascii_whatever_the_names(
        self, demo: Path, call: Call, change: Callable[..., None]
    ) -> None:
        change(Classes=[{"Value": 0, "Name": "Wälder \u202e\x1b[2J"}])
        done = call("check", MODEL, CLASS_INFO, "--json")
        assert done.out.isascii()
        assert "\x1b" not in done.out


class TestUsage:
    @pytest.mark.parametrize("command", list(COMMANDS))
    def test_an_unknown_option_is_2(self, call: Call, command: str) -> None:
        done = call(command, "--no-such-option")
        assert (done.code, done.out) == (2, "")
        assert "--no-such-option" in done.err

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (["convert", "a"], "Give MODEL and CLASS_INFO (.json) with or without ECD"),
            (["convert", "a", "b"], "Give MODEL and CLASS_INFO (.json) with or without ECD"),
            (["convert", "a", "b", "c", "d"], "Give MODEL and CLASS_INFO (.json)"),
            (["convert", "a.ecd", "b.json"], "No name can be proposed beside a.ecd: give ECD."),
            (["convert", "-", "b.json"], "Only CLASS_INFO may be -"),
            (["convert", "a", "b.json", "-"], "Only CLASS_INFO may be -"),
            (["inspect", ""], "A path can't be empty"),
            (["check", "a", ""], "A path can't be empty"),
            (["check", "-", "-"], "Standard input can't be both"),
            (["init", "-"], "MODEL can't be -"),
            (["extract", "a", "-"], "Only CLASS_INFO may be -"),
            (["extract", "-", "a", "--class-info"], "Only CLASS_INFO may be -"),
            (["export", "a", "-", "--to", "emd"], "emd needs a file"),
            (["schema", "words"], "'words' is not one of"),
            (["inspect", "a", "--format", "xml"], "'xml' is not one of"),
            (["inspect", "a", "--json", "--format", "sarif"], "--json means --format json"),
            (["export", "a", "--to", "emd"], "Give ECD and OUT, or MODEL, CLASS_INFO and OUT."),
            (["export", "a", "b", "--to", "word"], "'word' is not"),
            (["check"], "CLASS_INFO"),
            (["conver", "a"], "No such command 'conver'"),
        ],
    )
    def test_wrong_usage_is_2_and_says_what_is_right(
        self, call: Call, arguments: List[str], says: str
    ) -> None:
        done = call(*arguments)
        assert (done.code, done.out) == (2, "")
        assert says in done.err

    def test_the_overview_lists_every_command(self, call: Call) -> None:
        done = call("-h")
        assert done.code == 0
        for name, (_, line) in COMMANDS.items():
            assert f"  {name} " in done.out
            assert line.rstrip(".") in done.out

    @pytest.mark.parametrize("command", list(COMMANDS))
    def test_every_command_explains_itself_with_examples(self, call: Call, command: str) -> None:
        done = call(command, "-h")
        assert done.code == 0
        assert "Example" in done.out
        assert f"dl2ecd {command}" in done.out


class TestCancelling:
    def test_ctrl_c_is_130_and_says_so(
        self, demo: Path, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(*arguments: Any, **options: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("dl2ecd_core.conversion.write_ecd", interrupted)
        before = sorted(os.listdir(demo))
        done = call("convert", MODEL, CLASS_INFO, "a.ecd")
        assert (done.code, done.out) == (130, "")
        assert "Cancelled; no output was left half-written." in done.err
        assert sorted(os.listdir(demo)) == before


def test_letters_that_the_terminal_lacks_end_nothing(
    demo: Path, change: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    names = ["Wälder", "Wasser", "Äcker"]
    change(Classes=[{"Value": at, "Name": name} for at, name in enumerate(names)])
    with pytest.raises(SystemExit) as ended:
        main(["convert", MODEL, CLASS_INFO, "a.ecd"])
    sys.stdout.flush()
    assert not ended.value.code
    assert rb"W\xe4lder" in raw.getvalue()
    assert (
        json.loads((demo / "a.ecd").read_text(encoding="utf-8"))["Classes"][0]["Name"] == "Wälder"
    )


def test_a_stream_that_cannot_be_set_is_left_as_it_is(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    with pytest.raises(SystemExit):
        main(["inspect", MODEL])
    assert "landcover.model: CNTK (cntk-v2)" in out.getvalue()


def test_an_ecd_proposed_on_another_drive_goes_by_its_whole_path(
    demo: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for D:landcover.model on Windows, whose path is relative and leads to another drive."""

    def on_another_drive(path: object) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    # Only what the command itself asks for: the document asks with a start.
    whole = os.path.relpath
    monkeypatch.setattr(
        "dl2ecd_core.cli.convert.os.path.relpath",
        lambda path, start=None: whole(path, start) if start else on_another_drive(path),
    )
    done = call("convert", MODEL, CLASS_INFO)
    assert done.code == 0
    assert f"Wrote {demo / 'landcover.ecd'}: " in done.out.replace("\n", "")


def test_the_help_of_the_command_itself_tells_each(call: Call) -> None:
    told = call("-h").out.split("Exit codes:")[1].split("\n\n")[0]
    codes = {value for value in vars(exit_codes).values() if isinstance(value, int)}
    assert {int(code) for code in re.findall(r"[0-9]+", told)} == {*codes, 2}
