"""The whole way under the stand-in for Windows, and that the stand-in is strict.

With ``DL2ECD_AS_WINDOWS=1`` every test runs under it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from dl2ecd_core import convert
from dl2ecd_core.class_info import examine_class_info
from dl2ecd_core.cli import main
from dl2ecd_core.definition import convert_definition
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.ecd.extraction import extract
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.ecd.verification import verify_ecd
from dl2ecd_core.exports import FORMATS, export, usual_ending
from dl2ecd_core.files.scratch import scratch_folder
from dl2ecd_core.findings.errors import ConversionRefused, Dl2EcdError
from dl2ecd_core.legends import read_legend
from dl2ecd_core.pane.proposal import proposed_output
from tests.stand_in_windows import StandIn, usable

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(not usable(), reason="played on Linux with Python 3.11 or later")


@pytest.fixture
def demo(as_windows: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    unpack(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(error: pytest.ExceptionInfo[Dl2EcdError]) -> list[str]:
    return [item.rule for item in error.value.findings]


class TestTheWholeWay:
    def test_of_a_model_and_its_class_information(self, demo: Path) -> None:
        for _ in range(2):
            convert(MODEL, CLASS_INFO, "a.ecd")
        assert verify_ecd("a.ecd")[1] == ()
        ecd = read_ecd("a.ecd")
        for _ in range(2):
            for name in FORMATS:
                if name != "onnx":
                    export(ecd, name, Path(f"a{usual_ending(name)}"))
        extract(ecd, Path("out"))
        extract(ecd, Path("out"), overwrite=True)
        for source in ("a.emd", "a.dlpk"):
            convert_definition(source, "b.ecd")
        assert verify_ecd("b.ecd")[1] == ()
        # Nothing is left beside them.
        assert [name for name in os.listdir(demo) if name.startswith(".")] == []

    @pytest.mark.parametrize(
        "arguments",
        [
            ["demo", "shown"],
            ["init", MODEL, "b.json"],
            ["convert", MODEL, CLASS_INFO],
            ["check", MODEL, CLASS_INFO],
        ],
    )
    def test_of_the_commands(self, demo: Path, arguments: list[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert not ended.value.code

    def test_of_a_path_beyond_260_characters(self, demo: Path) -> None:
        folder = demo / ("n" * 100)
        folder.mkdir()
        for name in ("m" * (255 - len(str(folder)) - 5), "k" * 200):
            target = folder / f"{name}.ecd"
            for _ in range(2):
                convert(MODEL, CLASS_INFO, target)
            assert verify_ecd(target)[1] == ()
            extract(read_ecd(target), folder / ("o" * 100))

    def test_of_a_locale_that_is_not_unicode(self, demo: Path) -> None:
        document = json.loads(Path(CLASS_INFO).read_text(encoding="utf-8"))
        document["Classes"][0]["Name"] = "Wälder 森林 ✓"
        Path(CLASS_INFO).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        assert examine_class_info(CLASS_INFO).classes[0].name == "Wälder 森林 ✓"
        done = subprocess.run(
            [sys.executable, "-m", "dl2ecd_core.cli", "convert", MODEL, CLASS_INFO, "c.ecd"],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "cp1252"},
            capture_output=True,
            check=True,
        )
        assert "Wälder \\u68ee\\u6797 \\u2713" in done.stdout.decode("cp1252")
        assert read_ecd("c.ecd").classes[0].name == "Wälder 森林 ✓"


class TestOpenElsewhere:
    """A file that ArcGIS or another program holds can't be replaced: it is said, and it stays."""

    def test_an_output(self, demo: Path) -> None:
        convert(MODEL, CLASS_INFO, "a.ecd")
        before = Path("a.ecd").read_bytes()
        with Path("a.ecd").open("rb"), pytest.raises(ConversionRefused) as error:
            convert(MODEL, CLASS_INFO, "a.ecd", storage="referenced")
        assert rules(error) == ["output-not-writable"]
        assert "no other program has the file open" in error.value.findings[0].hint
        assert Path("a.ecd").read_bytes() == before
        assert sorted(os.listdir(demo)) == ["a.ecd", CLASS_INFO, MODEL]

    def test_by_another_program(self, demo: Path) -> None:
        convert(MODEL, CLASS_INFO, "a.ecd")
        program = "import sys; f = open('a.ecd'); print(flush=True); sys.stdin.read()"
        with subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other:
            assert other.stdout is not None
            other.stdout.readline()
            with pytest.raises(ConversionRefused) as error:
                convert(MODEL, CLASS_INFO, "a.ecd")
            other.communicate()
        assert rules(error) == ["output-not-writable"]
        convert(MODEL, CLASS_INFO, "a.ecd")

    def test_one_of_a_set_leaves_all_as_they_were(self, demo: Path) -> None:
        convert(MODEL, CLASS_INFO, "a.ecd")
        extract(read_ecd("a.ecd"), Path("out"))
        (Path("out") / MODEL).write_bytes(b"older")
        with (Path("out") / "a.ecd").open("rb"), pytest.raises(ConversionRefused) as error:
            extract(read_ecd("a.ecd"), Path("out"), overwrite=True)
        assert rules(error) == ["output-not-writable"]
        assert (Path("out") / MODEL).read_bytes() == b"older"
        assert sorted(os.listdir("out")) == ["a.ecd", MODEL]

    def test_a_read_only_output(self, demo: Path) -> None:
        Path("a.ecd").touch()
        Path("a.ecd").chmod(0o444)
        with pytest.raises(ConversionRefused) as error:
            convert(MODEL, CLASS_INFO, "a.ecd")
        assert rules(error) == ["output-not-writable"]
        assert sorted(os.listdir(demo)) == ["a.ecd", CLASS_INFO, MODEL]


class TestNames:
    @pytest.mark.parametrize("name", ["nul.ecd", "COM1.ecd", "a?.ecd", "a:b.ecd", "lpt¹.ecd"])
    def test_that_windows_can_not_hold_are_said(self, demo: Path, name: str) -> None:
        with pytest.raises(ConversionRefused) as error:
            convert(MODEL, CLASS_INFO, name)
        assert rules(error) == ["output-not-writable"]
        assert sorted(os.listdir(demo)) == [CLASS_INFO, MODEL]

    @pytest.mark.parametrize("name", ["CLASSES.JSON", "Landcover.Model"])
    def test_an_input_in_other_letters_is_an_input(self, demo: Path, name: str) -> None:
        with pytest.raises(ConversionRefused) as error:
            convert(MODEL, CLASS_INFO, name)
        assert "output-is-input" in rules(error)

    def test_an_output_in_other_letters_is_the_same(self, demo: Path) -> None:
        convert(MODEL, CLASS_INFO, "a.ecd")
        convert(MODEL, CLASS_INFO, "A.ECD")
        with pytest.raises(ConversionRefused) as error:
            extract(read_ecd("a.ecd"), Path(), overwrite=True)
        assert "output-is-input" in rules(error)

    @pytest.mark.parametrize(
        ("model", "expected"),
        [
            (r"C:\maps\a.model", r"C:\maps\a.ecd"),
            (r"\\server\share\a.model", r"\\server\share\a.ecd"),
            (r"\\?\C:\maps\a.model", r"\\?\C:\maps\a.ecd"),
            (r"\\?\UNC\server\share\a.onnx", r"\\?\UNC\server\share\a.ecd"),
            (r"C:\maps\saved\SAVED_MODEL.PB", r"C:\maps\saved.ecd"),
            ("c:/maps/a.b.model", "c:/maps/a.b.ecd"),
            (r"C:a.model", None),
            (r"\\server\share", None),
        ],
    )
    def test_proposals_know_drives_and_shares(self, model: str, expected: Any) -> None:
        assert proposed_output(model) == expected


class TestLineEnds:
    """Documents that an editor of Windows saved say the same."""

    def crlf(self, path: Path) -> Path:
        path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        return path

    def test_class_information(self, demo: Path) -> None:
        before = examine_class_info(CLASS_INFO)
        after = examine_class_info(self.crlf(demo / CLASS_INFO))
        assert (after.classes, after.findings) == (before.classes, before.findings)

    @pytest.mark.parametrize("name", ["clr", "qml", "sld", "lyrx", "aux-xml", "labels", "csv"])
    def test_legends(self, demo: Path, name: str) -> None:
        convert(MODEL, CLASS_INFO, "a.ecd")
        path = demo / f"a{usual_ending(name)}"
        export(read_ecd("a.ecd"), name, path)
        before = read_legend(path).classes
        assert read_legend(self.crlf(path)).classes == before

    def test_definitions(self, demo: Path) -> None:
        convert(MODEL, CLASS_INFO, "a.ecd")
        export(read_ecd("a.ecd"), "emd", demo / "a.emd")
        first = convert_definition(self.crlf(demo / "a.emd"), "b.ecd")
        assert first.findings == ()
        assert read_ecd(self.crlf(demo / "b.ecd")).classes == read_ecd("a.ecd").classes


class TestTheStandIn:
    def test_takes_away_what_is_not_there(self, as_windows: StandIn) -> None:
        for name in ("fchmod", "fchown", "O_NONBLOCK", "mkfifo", "geteuid"):
            assert not hasattr(os, name)
        with pytest.raises(ImportError):
            import fcntl  # noqa: F401

    def test_what_is_open_stays(self, as_windows: StandIn, tmp_path: Path) -> None:
        path, other = tmp_path / "sub" / "a", tmp_path / "b"
        path.parent.mkdir()
        other.touch()
        with path.open("w"):
            for action in (
                path.unlink,
                lambda: path.rename(tmp_path / "c"),
                lambda: other.replace(path),
                lambda: path.parent.rename(tmp_path / "moved"),
            ):
                with pytest.raises(PermissionError):
                    action()
        other.replace(path)
        with pytest.raises(FileExistsError):
            path.rename(path)

    def test_what_is_temporary_is_kept_too(self, as_windows: StandIn) -> None:
        temporary = Path(tempfile.gettempdir())
        with scratch_folder(temporary) as first, scratch_folder(temporary) as second:
            assert (first.exists(), second.exists()) == (True, True)
        assert os.listdir(temporary) == []

    def test_processes_are_ended_without_signals(self, as_windows: StandIn) -> None:
        assert not hasattr(signal, "SIGKILL")
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
            process.kill()
            assert process.wait() != 0

    def test_folders_can_not_be_opened(self, as_windows: StandIn, tmp_path: Path) -> None:
        with pytest.raises(PermissionError):
            os.open(tmp_path, os.O_RDONLY)
        with pytest.raises(PermissionError):
            tmp_path.open("rb")

    def test_links_need_a_right(self, as_windows: StandIn, tmp_path: Path) -> None:
        with pytest.raises(PermissionError):
            (tmp_path / "a").symlink_to(tmp_path)

    @pytest.mark.parametrize("name", ["con", "Nul.txt", "a.", "a ", "a|b", "\x01"])
    def test_names_are_looked_at(self, as_windows: StandIn, tmp_path: Path, name: str) -> None:
        (tmp_path / "there").touch()
        for action in (
            (tmp_path / name).touch,
            (tmp_path / name).mkdir,
            lambda: (tmp_path / name).write_bytes(b""),
            lambda: (tmp_path / "there").rename(tmp_path / name),
            lambda: os.link(tmp_path / "there", tmp_path / name),
        ):
            with pytest.raises(OSError, match="Invalid argument"):
                action()

    def test_case_does_not_matter(self, as_windows: StandIn, tmp_path: Path) -> None:
        (tmp_path / "Sub").mkdir()
        (tmp_path / "Sub" / "A.txt").write_text("ä")
        assert (tmp_path / "sUB" / "a.TXT").read_text(encoding="cp1252") == "ä"
        (tmp_path / "SUB" / "a.txt").unlink()
        assert os.listdir(tmp_path / "sub") == []

    def test_long_paths_lead_nowhere(self, as_windows: StandIn, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            (tmp_path / ("n" * 250)).touch()
