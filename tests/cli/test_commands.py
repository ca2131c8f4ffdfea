"""The command line as a person or a pipeline calls it, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict

import pytest

from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.version import __version__


def dl2ecd(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a folder."""
    command = Path(sys.executable).with_name("dl2ecd")
    start = [str(command)] if command.exists() else [sys.executable, "-m", "dl2ecd_core.cli"]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    if not command.exists():
        environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    return subprocess.run(
        [*start, *map(str, arguments)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    unpack(tmp_path)
    return tmp_path


def change(folder: Path, **changes: Any) -> None:
    path = folder / CLASS_INFO
    path.write_text(
        json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8"
    )


def report(done: subprocess.CompletedProcess[str]) -> Dict[str, Any]:
    """The one JSON document that a command printed, without what printed it."""
    document = json.loads(done.stdout)
    head = {"tool": "dl2ecd", "version": __version__, "schema_version": 1}
    assert {key: document.pop(key) for key in head} == head
    return document


class TestConvert:
    def test_writes_and_says_so(self, demo: Path) -> None:
        done = dl2ecd("convert", MODEL, CLASS_INFO, "a.ecd", folder=demo)
        assert (done.returncode, done.stderr) == (0, "")
        assert "Wrote a.ecd: CNTK, 4 bands, 3 classes." in done.stdout
        assert "Bare ground" in done.stdout
        assert (demo / "a.ecd").exists()

    def test_plain_text_in_a_pipe(self, demo: Path) -> None:
        assert "\x1b" not in dl2ecd("convert", MODEL, CLASS_INFO, "a.ecd", folder=demo).stdout

    def test_refuses_with_the_reason_and_what_to_do(self, demo: Path) -> None:
        change(demo, NumberRasterBands=3)
        done = dl2ecd("convert", MODEL, CLASS_INFO, "a.ecd", folder=demo)
        assert done.returncode == 1
        assert "band-count-mismatch" in done.stdout
        assert "Set NumberRasterBands to 4" in done.stdout
        assert "Nothing was written." in done.stdout
        assert "Traceback" not in done.stdout + done.stderr
        assert not (demo / "a.ecd").exists()

    def test_json(self, demo: Path) -> None:
        done = dl2ecd("convert", MODEL, CLASS_INFO, "a.ecd", "--json", folder=demo)
        assert report(done) == {"ok": True, "ecd": "a.ecd", "findings": []}

    def test_json_of_a_refusal(self, demo: Path) -> None:
        done = dl2ecd("convert", "none", CLASS_INFO, "a.ecd", "--json", folder=demo)
        assert done.returncode == 1
        document = report(done)
        assert (document["ok"], document["ecd"]) == (False, None)
        (item,) = document["findings"]
        assert set(item) == {"rule", "severity", "message", "hint", "where"}
        assert (item["rule"], item["severity"]) == ("file-not-found", "error")
        assert item["where"] == {"file": "none"}

    def test_reference(self, demo: Path) -> None:
        dl2ecd("convert", MODEL, CLASS_INFO, "a.ecd", "--reference", folder=demo)
        document = json.loads((demo / "a.ecd").read_text(encoding="utf-8"))
        assert document["Definitions"][0]["Model"]["Storage"] == "referenced"

    def test_strict(self, demo: Path) -> None:
        change(demo, Classifier="MyNet")
        done = dl2ecd("convert", MODEL, CLASS_INFO, "a.ecd", "--strict", folder=demo)
        assert done.returncode == 1
        assert not (demo / "a.ecd").exists()


class TestCheck:
    def test_fine(self, demo: Path) -> None:
        done = dl2ecd("check", MODEL, CLASS_INFO, "--json", folder=demo)
        assert (done.returncode, report(done)["ok"]) == (0, True)

    def test_wrong(self, demo: Path) -> None:
        change(demo, NumberRasterBands=3)
        done = dl2ecd("check", MODEL, CLASS_INFO, "--json", folder=demo)
        assert (done.returncode, report(done)["ok"]) == (1, False)
        (item,) = report(done)["findings"]
        assert item["where"]["path"] == "$.NumberRasterBands"
        assert item["where"]["line"] == 1

    def test_strict(self, demo: Path) -> None:
        change(demo, Classifier="MyNet")
        assert dl2ecd("check", MODEL, CLASS_INFO, folder=demo).returncode == 0
        assert dl2ecd("check", MODEL, CLASS_INFO, "--strict", folder=demo).returncode == 1


class TestInspect:
    def test_text(self, demo: Path) -> None:
        done = dl2ecd("inspect", MODEL, folder=demo)
        assert done.returncode == 0
        assert "landcover.model: CNTK (cntk-v2)" in done.stdout
        assert "4 x 64 x 64" in done.stdout

    def test_json(self, demo: Path) -> None:
        document = report(dl2ecd("inspect", MODEL, "--json", folder=demo))
        assert document["format"] == "cntk-v2"
        assert document["inputs"] == [
            {
                "name": "image",
                "shape": [4, 64, 64],
                "axes": "CHW",
                "data_type": "float32",
                "evidence": "declared",
                "role": "data",
                "content": None,
            }
        ]
        assert document["files"] == [{"path": MODEL, "size": (demo / MODEL).stat().st_size}]

    def test_json_of_what_is_no_model(self, demo: Path) -> None:
        (demo / "page.model").write_text("<!DOCTYPE html><p>Not found</p>", encoding="utf-8")
        done = dl2ecd("inspect", "page.model", "--json", folder=demo)
        assert done.returncode == 1
        assert report(done)["format"] is None
        assert report(done)["findings"][0]["rule"] == "model-is-web-page"


class TestInit:
    def test_writes_a_document_that_fits_the_model(self, demo: Path) -> None:
        done = dl2ecd("init", MODEL, "mine.json", folder=demo)
        assert done.returncode == 0
        document = json.loads((demo / "mine.json").read_text(encoding="utf-8"))
        assert document["NumberRasterBands"] == 4
        assert [entry["Value"] for entry in document["Classes"]] == [0, 1, 2]
        assert dl2ecd("check", MODEL, "mine.json", "--strict", folder=demo).returncode == 0

    def test_is_named_after_the_model(self, demo: Path) -> None:
        dl2ecd("init", MODEL, folder=demo)
        assert (demo / "landcover_classes.json").exists()

    def test_never_overwrites_unless_told(self, demo: Path) -> None:
        before = (demo / CLASS_INFO).read_text(encoding="utf-8")
        done = dl2ecd("init", MODEL, CLASS_INFO, folder=demo)
        assert done.returncode == 1
        assert "output-exists" in done.stdout
        assert (demo / CLASS_INFO).read_text(encoding="utf-8") == before
        assert dl2ecd("init", MODEL, CLASS_INFO, "--overwrite", folder=demo).returncode == 0
        assert (demo / CLASS_INFO).read_text(encoding="utf-8") != before


class TestDemo:
    def test_does_the_main_job(self, tmp_path: Path) -> None:
        done = dl2ecd("demo", folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert (tmp_path / "dl2ecd-demo" / "landcover.ecd").exists()
        assert dl2ecd("demo", folder=tmp_path).returncode == 0

    def test_leaves_other_files_alone(self, tmp_path: Path) -> None:
        (tmp_path / CLASS_INFO).write_text("mine", encoding="utf-8")
        done = dl2ecd("demo", ".", folder=tmp_path)
        assert done.returncode == 1
        assert (tmp_path / CLASS_INFO).read_text(encoding="utf-8") == "mine"


class TestForgottenArguments:
    def test_the_output_of_a_conversion_is_proposed(self, demo: Path) -> None:
        done = dl2ecd("convert", MODEL, CLASS_INFO, folder=demo)
        assert done.returncode == 0
        assert "Wrote landcover.ecd: " in done.stdout
        assert (demo / "landcover.ecd").exists()

    def test_two_paths_that_end_in_neither_are_wrong_usage(self, demo: Path) -> None:
        (demo / CLASS_INFO).rename(demo / "classes.txt")
        done = dl2ecd("convert", MODEL, "classes.txt", folder=demo)
        assert done.returncode == 2
        assert "Give MODEL and CLASS_INFO (.json)" in done.stderr

    def test_an_export_takes_no_models_place(self, demo: Path) -> None:
        dl2ecd("convert", MODEL, CLASS_INFO, "a.ecd", folder=demo)
        before = (demo / MODEL).read_bytes()
        (demo / "other.model").write_bytes(before)
        done = dl2ecd("export", "a.ecd", "other.model", "--to", "qml", folder=demo)
        assert done.returncode == 1
        assert "exists and is a model: it is not replaced" in done.stdout
        assert "does not end in .qml" in done.stdout
        assert (demo / "other.model").read_bytes() == before


class TestUsage:
    def test_version(self, tmp_path: Path) -> None:
        assert dl2ecd("--version", folder=tmp_path).stdout == f"dl2ecd {__version__}\n"

    @pytest.mark.parametrize("command", ["convert", "check", "inspect", "init", "demo"])
    def test_every_command_explains_itself_with_examples(
        self, tmp_path: Path, command: str
    ) -> None:
        done = dl2ecd(command, "-h", folder=tmp_path)
        assert done.returncode == 0
        assert "Example" in done.stdout
        assert f"dl2ecd {command}" in done.stdout

    @pytest.mark.parametrize(
        "arguments", [["convert", "a"], ["nothing"], ["check", "a", "b", "--what"]]
    )
    def test_wrong_usage_is_2(self, tmp_path: Path, arguments: list) -> None:
        assert dl2ecd(*arguments, folder=tmp_path).returncode == 2
