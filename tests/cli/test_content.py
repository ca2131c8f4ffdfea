"""What the commands say when all is well, and what they leave."""

from __future__ import annotations

import json
import runpy
import shutil
import sys
from pathlib import Path
from typing import Callable

import pytest
from click.shell_completion import ShellComplete

from dl2ecd_core.cli.group import dl2ecd
from dl2ecd_core.demo import CLASS_INFO, MODEL
from dl2ecd_core.findings.rules import finding
from dl2ecd_core.models import ModelDescription
from dl2ecd_core.version import __version__
from tests.cli.conftest import Call
from tests.conftest import FIXTURES
from tests.documents import description

CLASSES = [
    {"Value": 7, "Name": "Wald \x1b[31m"},
    {"Value": 8, "Name": "b"},
    {"Value": 9, "Name": "c"},
]


@pytest.fixture
def ecd(demo: Path, call: Call) -> str:
    """An .ecd of the demo model, in the current folder."""
    assert call("convert", MODEL, CLASS_INFO, "a.ecd").code == 0
    return "a.ecd"


class TestConvert:
    def test_shows_the_classes_as_the_ecd_has_them(
        self, demo: Path, call: Call, change: Callable[..., None]
    ) -> None:
        change(Classes=CLASSES)
        done = call("convert", MODEL, CLASS_INFO, "a.ecd")
        assert done.code == 0
        assert "warning class-values-not-indices" in done.out
        assert "Wrote a.ecd: CNTK, 4 bands, 3 classes." in done.out
        rows = done.out.splitlines()[-3:]
        assert [row.split()[:2] for row in rows] == [["0", "7"], ["1", "8"], ["2", "9"]]
        assert r"Wald \x1b[31m" in rows[0]
        assert "\x1b" not in done.out

    def test_reference_and_a_definition(self, demo: Path, call: Call, ecd: str) -> None:
        assert call("export", ecd, "--to", "emd", "a.emd").out.endswith("Wrote a.emd\n")
        done = call("convert", "a.emd", "b.ecd", "--reference")
        assert done.code == 0
        shown = call("show", "b.ecd")
        assert "Model: cntk-v2, referenced" in shown.out

    def test_a_background_is_shown_with_its_indices(
        self, demo: Path, call: Call, change: Callable[..., None]
    ) -> None:
        change(Classes=[{"Value": 1, "Name": "a"}, {"Value": 2, "Name": "b"}])
        done = call("convert", MODEL, CLASS_INFO, "a.ecd")
        assert [row.split()[:2] for row in done.out.splitlines()[-2:]] == [["1", "1"], ["2", "2"]]
        shown = call("show", "a.ecd")
        assert "Output 0 of the model is background." in shown.out


class TestCheck:
    def test_says_whether_they_go_together(
        self, demo: Path, call: Call, change: Callable[..., None]
    ) -> None:
        done = call("check", MODEL, CLASS_INFO)
        assert (done.code, done.out) == (0, "The model and its class information go together.\n")
        change(NumberRasterBands=3)
        done = call("check", MODEL, CLASS_INFO)
        assert done.code == 1
        assert done.out.endswith("A conversion would be refused.\n")


class TestInspect:
    def test_an_error_in_what_is_read_is_1_but_everything_is_shown(
        self, demo: Path, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wrong = finding("file-not-found", "There is no file 'b.bin'.")

        def inspected(model: str) -> ModelDescription:
            return description(findings=(wrong,))

        monkeypatch.setattr("dl2ecd_core.cli.inspect.inspect_model", inspected)
        done = call("inspect", MODEL)
        assert done.code == 1
        assert "a.model: CNTK" in done.out
        assert "There is no file 'b.bin'." in done.out
        done = call("inspect", MODEL, "--json")
        assert (done.code, done.rules) == (1, ["file-not-found"])


class TestInit:
    def test_is_named_after_the_model_and_lies_beside_it(self, demo: Path, call: Call) -> None:
        (demo / "below").mkdir()
        (demo / MODEL).rename(demo / "below" / MODEL)
        done = call("init", f"below/{MODEL}", "--json")
        assert Path(done.document["class_info"]) == Path("below/landcover_classes.json")
        assert (demo / "below" / "landcover_classes.json").is_file()

    def test_says_what_to_do_next(self, demo: Path, call: Call) -> None:
        done = call("init", MODEL, "b.json")
        assert done.out.splitlines()[-2:] == [
            "Wrote b.json. Fill in names and colors, then:",
            f"  dl2ecd check {MODEL} b.json",
        ]

    def test_says_that_scaling_is_left_open(self, demo: Path, call: Call) -> None:
        said = (
            "Nothing says how pixel values become what the model takes: add InputScaling if you "
            "know it; else classify and detect ask for --scale."
        )
        assert call("init", MODEL, "b.json").out.splitlines()[-3] == said
        (demo / "a.emd").write_text(
            '{"Framework": "x", "InputScaling": [{"type": "scale", "value": 255}], "Classes": '
            '[{"Value": 1, "Name": "Water", "Color": [1, 2, 3]}]}'
        )
        done = call("init", MODEL, "b.json", "--from", "a.emd", "--overwrite")
        assert said not in done.out

    def test_names_every_placeholder_that_is_to_be_filled_in(self, demo: Path, call: Call) -> None:
        (demo / "names.txt").write_text("Water\nSoil\n", encoding="utf-8")
        shutil.copy(FIXTURES / "tflite" / "free.tflite", demo)
        for legend, said in (
            ([], "Fill in ImageHeight, ImageWidth, names and colors, then:"),
            (["--from", "names.txt"], "Fill in ImageHeight and ImageWidth, look it over, then:"),
        ):
            done = call("init", "free.tflite", "b.json", "--overwrite", *legend)
            assert done.out.splitlines()[-2] == f"Wrote b.json. {said}"
        shown = json.loads((demo / "b.json").read_text(encoding="utf-8"))
        open_keys = {name for name, value in shown.items() if "e.g." in str(value)}
        assert open_keys == {"ImageHeight", "ImageWidth"}

    def test_takes_the_classes_of_a_legend(self, demo: Path, call: Call) -> None:
        (demo / "names.txt").write_text("Water\nSoil\nWood\n", encoding="utf-8")
        done = call("init", MODEL, "b.json", "--from", "names.txt")
        assert "Wrote b.json. Look it over, then:" in done.out
        document = json.loads((demo / "b.json").read_text(encoding="utf-8"))
        assert [entry["Name"] for entry in document["Classes"]] == ["Water", "Soil", "Wood"]

    def test_an_existing_document_stays_and_json_says_so(self, demo: Path, call: Call) -> None:
        done = call("init", MODEL, CLASS_INFO, "--json")
        assert (done.code, done.document["ok"], done.rules) == (1, False, ["output-exists"])
        assert done.document["class_info"] is None
        done = call("init", MODEL, CLASS_INFO, "--json", "--overwrite")
        assert (done.code, done.document["class_info"]) == (0, CLASS_INFO)

    def test_never_over_the_model_or_the_legend(self, demo: Path, call: Call) -> None:
        (demo / "names.txt").write_text("Water\nSoil\nWood\n", encoding="utf-8")
        for target in (MODEL, "names.txt"):
            before = (demo / target).read_bytes()
            arguments = ["init", MODEL, target, "--from", "names.txt", "--overwrite", "--json"]
            assert call(*arguments).rules == ["output-is-input"]
            assert (demo / target).read_bytes() == before


class TestShow:
    def test_classes_model_and_files(self, ecd: str, call: Call) -> None:
        lines = call("show", ecd).out.splitlines()
        assert lines[0] == "a.ecd: CNTK, 4 bands, 3 classes"
        assert lines[2].split()[:4] == ["0", "0", "#0072b2", "Water"]
        assert lines[5:8] == [
            "Model: cntk-v2, embedded",
            "  input image: 4 x 64 x 64 (CHW)",
            "  output landcover: 3 x 60 x 60 (CHW)",
        ]
        size = Path(MODEL).stat().st_size
        assert lines[8].startswith(f"  {MODEL}: {size:,} bytes, SHA-256 ")

    def test_json(self, ecd: str, call: Call) -> None:
        document = call("show", ecd, "--json").document
        assert (document["kind"], document["classifier"]) == ("deep-learning", "CNTK")
        assert (document["bands"], document["background"]) == (4, None)
        assert document["classes"][0] == {
            "index": 0,
            "value": 0,
            "name": "Water",
            "color": [0, 114, 178],
        }
        assert document["files"] == [{"path": MODEL, "size": Path(MODEL).stat().st_size}]
        assert document["storage"] == "embedded"
        assert document["model"]["Format"] == "cntk-v2"

    def test_a_classic_definition_has_classes_and_no_model(self, demo: Path, call: Call) -> None:
        entry = {"ClassValue": 1, "ClassName": "Wald"}
        definition = {"EsriClassifierDefinitionFile": 0, "Definitions": [{"Classes": [entry]}]}
        (demo / "b.ecd").write_text(json.dumps(definition), encoding="utf-8")
        done = call("show", "b.ecd")
        assert done.code == 0
        assert done.out.splitlines()[0] == "b.ecd: classic, 1 class"
        assert "Model:" not in done.out
        assert "ecd-classic" in done.out
        document = call("show", "b.ecd", "--json").document
        assert (document["kind"], document["model"], document["files"]) == ("classic", None, [])
        assert document["classes"][0]["color"] is None
        # There is nothing to verify about it but that it can be read.
        done = call("verify", "b.ecd")
        assert done.code == 0
        assert "is whole" not in done.out


class TestVerify:
    def test_whole(self, ecd: str, call: Call) -> None:
        assert call("verify", ecd).out == "a.ecd is whole, and the model is what it says.\n"

    def test_damaged(self, ecd: str, call: Call) -> None:
        text = Path(ecd).read_text(encoding="utf-8")
        Path(ecd).write_text(
            text.replace('"NumberBands": 4', '"NumberBands": "4"'), encoding="utf-8"
        )
        done = call("verify", ecd, "--json")
        assert (done.code, done.rules) == (1, ["ecd-not-valid"])


class TestExtract:
    def test_names_what_was_written(self, ecd: str, call: Call) -> None:
        done = call("extract", ecd, "out")
        names = [str(Path("out") / name) for name in (MODEL, ecd)]
        assert done.out.splitlines() == [f"Wrote {name}" for name in names]
        assert call("extract", ecd, "out", "--overwrite", "--json").document["files"] == names

    def test_existing_files_are_kept(self, ecd: str, call: Call) -> None:
        call("extract", ecd, "out")
        done = call("extract", ecd, "out", "--json")
        assert (done.code, done.rules, done.document["files"]) == (1, ["output-exists"], [])


class TestDemo:
    def test_shows_the_commands_that_do_the_same(self, demo: Path, call: Call) -> None:
        done = call("demo", "here")
        assert done.code == 0
        place = Path("here")
        commands = [line for line in done.out.splitlines() if line.startswith("$ ")]
        assert commands[:2] == [
            f"$ dl2ecd inspect {place / MODEL}",
            f"$ dl2ecd convert {place / MODEL} {place / CLASS_INFO} {place / 'landcover.ecd'}",
        ]
        assert "landcover.model: CNTK (cntk-v2)" in done.out
        # They do the same; scenes are classified in a process of its own, tested elsewhere.
        for command in commands[:2]:
            assert call(*command.split()[2:]).code == 0

    def test_a_folder_that_cannot_be(self, demo: Path, call: Call) -> None:
        (demo / "file").touch()
        for folder in ("file", "file/below"):
            done = call("demo", folder)
            assert done.code == 1
            assert done.out.startswith("error output-")


def test_as_a_module(
    demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["dl2ecd", "check", MODEL, CLASS_INFO])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("dl2ecd_core.cli", run_name="__main__")
    assert not ended.value.code
    assert "go together" in capsys.readouterr().out


def test_shells_can_complete_commands() -> None:
    completion = ShellComplete(dl2ecd, {}, "dl2ecd", "_DL2ECD_COMPLETE")
    offered = [item.value for item in completion.get_completions([], "ex")]
    assert offered == ["extract", "export"]
    assert [item.type for item in completion.get_completions(["inspect"], "land")] == ["file"]


def test_the_version_is_said_with_and_without_other_words(call: Call) -> None:
    assert call("--version").out == f"dl2ecd {__version__}\n"
    assert call("--version", "check").out == f"dl2ecd {__version__}\n"
