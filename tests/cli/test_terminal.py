"""What a person sees: colors and tables on a terminal, plain lines in a pipe."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from dl2ecd_core.cli.terminal import (
    ProgressBar,
    Swatch,
    command_line,
    print_findings,
    print_model,
    print_swatches,
)
from dl2ecd_core.demo import MODEL
from dl2ecd_core.findings import Place
from dl2ecd_core.findings.rules import finding
from dl2ecd_core.models import ClassNames, ModelPart
from dl2ecd_core.models.description import Signature
from tests.cli.conftest import Call, OnTerminal
from tests.documents import Role, Tensor, description, image, probabilities

_ERROR = finding(
    "class-info-key-missing",
    "The key 'Version' is missing.",
    hint="Add it, " + "and say which version of the document's format it is, " * 3 + "please.",
    where=Place(file="a.json", line=2, column=3, excerpt='{"Classes": []\n ^^^^^^^^^'),
)
_WARNING = finding("class-name-blanks", "The name ' a' starts with a blank.")
_INFORMATION = finding("band-count-unknown", "The model does not tell how many bands it takes.")


def plain(text: str) -> str:
    """What stays when colors are taken away."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


class TestFindings:
    def test_in_a_pipe_they_are_plain_lines(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_findings([_WARNING, _ERROR])
        assert capsys.readouterr().out == (
            "error class-info-key-missing: The key 'Version' is missing.\n"
            "    at a.json:2:3\n"
            '    {"Classes": []\n'
            "     ^^^^^^^^^\n"
            f"    {_ERROR.hint}\n"
            "warning class-name-blanks: The name ' a' starts with a blank.\n"
            "1 error, 1 warning\n"
        )

    def test_on_a_terminal_they_are_colored_and_wrapped(self, on_terminal: OnTerminal) -> None:
        shown = on_terminal(lambda: print_findings([_INFORMATION, _ERROR, _WARNING]))
        assert "\x1b[1;31merror\x1b[0m" in shown
        assert "\x1b[33mwarning\x1b[0m" in shown
        assert "\x1b[36minformation\x1b[0m" in shown
        lines = plain(shown).split("\n")
        assert max(map(len, lines)) <= 80
        hint = [line for line in lines if "which version" in line]
        assert len(hint) > 1
        assert all(line.startswith("    ") for line in hint)

    def test_information_alone_is_nothing_wrong(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_findings([_INFORMATION])
        last = capsys.readouterr().out.splitlines()[-1]
        assert last == "Nothing wrong was found; the lines above are for information."

    def test_nothing_found_is_nothing_said(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_findings([])
        assert capsys.readouterr().out == ""

    def test_several_of_a_kind_are_counted(self, capsys: pytest.CaptureFixture[str]) -> None:
        other = finding("class-name-blanks", "The name 'b ' ends with a blank.")
        print_findings([_WARNING, other])
        assert capsys.readouterr().out.endswith("\n2 warnings\n")

    def test_markup_and_emoji_codes_of_messages_are_text(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        print_findings([finding("class-name-blanks", "The name '[red]:smile: [/red]' has blanks.")])
        assert "'[red]:smile: [/red]'" in capsys.readouterr().out

    def test_escape_sequences_never_reach_the_terminal(self, on_terminal: OnTerminal) -> None:
        hostile = "\x1b]0;title\x07\x1b[2J"
        item = finding("file-not-found", hostile, hint=hostile, where=Place(hostile))
        shown = plain(on_terminal(lambda: print_findings([item])))
        assert "\x1b" not in shown
        assert "\x07" not in shown
        assert shown.count(r"\x1b]0;title\x07") == 3


class TestSwatches:
    ROWS = (
        Swatch(0, 100, "Impervious", (204, 204, 204)),
        Swatch(None, 7, "\x1b[2J" + "long " * 30, None),
    )

    def test_in_a_pipe(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_swatches(self.ROWS)
        out = capsys.readouterr().out
        assert "\x1b" not in out
        head, first, *rest = out.splitlines()
        assert head.split() == ["Index", "Value", "Color", "Name"]
        assert first.split() == ["0", "100", "#cccccc", "Impervious"]
        assert rest[0].split()[0] == "7"
        assert r"\x1b[2J" in rest[0]

    def test_what_there_is_no_index_for_has_no_column_and_more_stands_at_the_end(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        rows = [
            Swatch(None, 7, "Tree", (1, 2, 3), ("3", "0.5")),
            Swatch(None, 8, "Car", None, ("20", "")),
        ]
        print_swatches(rows, ("Objects", "Scores"))
        assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
            ["Value", "Color", "Name", "Objects", "Scores"],
            ["7", "#010203", "Tree", "3", "0.5"],
            ["8", "Car", "20"],
        ]

    def test_on_a_terminal_the_color_is_shown(self, on_terminal: OnTerminal) -> None:
        shown = on_terminal(lambda: print_swatches(self.ROWS))
        assert "\x1b[48;2;204;204;204m" in shown
        assert max(map(len, plain(shown).split("\n"))) <= 80


class TestModel:
    def test_everything_that_the_file_tells(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_model(
            description(
                producer="pytorch 2.1",
                framework_version="2.7",
                parameters=12890,
                padding=1,
                inputs=(image(), image("labels", 2, 256, 256, role=Role.LABEL)),
                outputs=(probabilities(), Tensor(None)),
                class_names=(ClassNames(("Water", "\x1b[31mSoil"), "metadata property 'names'"),),
                files=(ModelPart("a.model", Path("a.model"), 3000), ModelPart("b", Path("b"), 1)),
                missing_files=("c.bin",),
            )
        )
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "a.model: CNTK (cntk-v2)"
        assert lines[1:5] == [
            "  Made by: pytorch 2.1",
            "  Framework version: 2.7",
            "  Parameters: 12,890",
            "  Cropped border: 1 pixel",
        ]
        cells = [re.split(r"\s{2,}", line.strip()) for line in lines[6:10]]
        assert cells == [
            ["input", "image", "4 x 256 x 256", "CHW", "float32", "the file"],
            ["input (label)", "labels", "2 x 256 x 256", "CHW", "float32", "the file"],
            ["output", "probabilities", "2 x 256 x 256", "CHW", "float32", "the structure"],
            ["output", "unknown"],
        ]
        assert lines[10:] == [
            r"  Class names in the metadata property 'names': Water, \x1b[31mSoil",
            "  Files:",
            "    a.model (3,000 bytes)",
            "    b (1 bytes)",
            "    c.bin (missing)",
        ]

    def test_signatures_with_their_own(self, capsys: pytest.CaptureFixture[str]) -> None:
        signature = Signature("serve", (image(),), (probabilities(),))
        print_model(description(inputs=(), outputs=(), signatures=(signature,)))
        lines = capsys.readouterr().out.splitlines()
        assert [line.split("  ")[0] for line in lines[2:]] == ["serve: input", "serve: output"]

    def test_a_file_that_tells_no_tensors(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_model(description(inputs=(), outputs=()))
        assert capsys.readouterr().out == (
            "a.model: CNTK (cntk-v2)\n  The file does not tell its inputs and outputs.\n"
        )


class TestProgressBar:
    LARGE = 100 << 20

    def test_moves_on_a_terminal_and_is_taken_away(self, on_terminal: OnTerminal) -> None:
        def embed() -> None:
            bar = ProgressBar()
            bar.progressed(0, self.LARGE, "Embedding")
            bar.progressed(self.LARGE // 2, self.LARGE, "Embedding [b]\x1b[31ma[/b]")
            bar.stop()
            bar.stop()

        shown = on_terminal(embed)
        assert "\x1b[31ma" not in shown
        assert r"Embedding [b]\x1b[31ma[/b]" in plain(shown)
        assert "52.4/104.9 MB" in plain(shown)
        assert shown.endswith("\x1b[2K")

    def test_is_not_shown_for_what_is_done_at_once(self, on_terminal: OnTerminal) -> None:
        bar = ProgressBar()
        assert on_terminal(lambda: bar.progressed(0, 1000, "Embedding a.model")) == ""
        assert on_terminal(bar.stop) == ""

    def test_is_not_shown_in_a_pipe(self, capsys: pytest.CaptureFixture[str]) -> None:
        bar = ProgressBar()
        bar.progressed(0, self.LARGE, "Embedding a.model")
        bar.stop()
        assert capsys.readouterr() == ("", "")
        assert not bar.cancelled()


class TestCommandLine:
    def test_words_are_quoted_where_a_shell_would_part_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert command_line("dl2ecd", "check", "a b.onnx", "$x") == "dl2ecd check 'a b.onnx' '$x'"
        monkeypatch.setattr("dl2ecd_core.cli.terminal.os.name", "nt")
        told = command_line("dl2ecd", "check", r"C:\maps\a.onnx", "a b.onnx")
        assert told == r'dl2ecd check C:\maps\a.onnx "a b.onnx"'

    def test_after_init_the_command_can_be_pasted(self, demo: Path, call: Call) -> None:
        (demo / MODEL).rename(demo / "land cover.model")
        done = call("init", "land cover.model")
        command = shlex.split(done.out.splitlines()[-1])
        assert command == ["dl2ecd", "check", "land cover.model", "land cover_classes.json"]
        assert call(*command[1:]).code == 0
