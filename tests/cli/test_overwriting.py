"""What the commands that write replace, and what they say of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

from dl2ecd_core import convert
from dl2ecd_core.demo import CLASS_INFO, MODEL
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.exports import export, usual_ending
from tests.cli.conftest import Call
from tests.conftest import NO_POSIX

GEOTIFF = b"II*\0" + bytes(200)
NOTES = b"What we saw in the field.\n"


@pytest.fixture
def given(demo: Path) -> Path:
    convert(MODEL, CLASS_INFO, "given.ecd")
    (demo / "lc.tif").write_bytes(GEOTIFF)
    (demo / "notes.txt").write_bytes(NOTES)
    return demo


@pytest.mark.parametrize(
    ("arguments", "kept", "content"),
    [
        (["convert", MODEL, CLASS_INFO, "lc.tif"], "lc.tif", GEOTIFF),
        (["convert", MODEL, CLASS_INFO, "notes.txt"], "notes.txt", NOTES),
        (["export", "given.ecd", "--to", "lyrx", "lc.tif"], "lc.tif", GEOTIFF),
        (["export", "given.ecd", "--to", "qml", "notes.txt"], "notes.txt", NOTES),
        (["export", "given.ecd", "--to", "labels", "notes.txt"], "notes.txt", NOTES),
        (["export", MODEL, CLASS_INFO, "--to", "emd", "lc.tif"], "lc.tif", GEOTIFF),
        (["init", MODEL, "lc.tif"], "lc.tif", GEOTIFF),
        (["init", MODEL, "notes.txt", "--overwrite"], "notes.txt", NOTES),
    ],
)
def test_what_is_not_ours_stays(
    given: Path, call: Call, arguments: List[str], kept: str, content: bytes
) -> None:
    before = sorted(os.listdir(given))
    done = call(*arguments)
    assert done.code == 1
    assert "error output-" in done.out
    assert (given / kept).read_bytes() == content
    assert sorted(os.listdir(given)) == before


def test_a_side_file_goes_beside_its_raster_and_that_is_said(given: Path, call: Call) -> None:
    done = call("export", "given.ecd", "--to", "aux-xml", "lc.tif")
    assert done.code == 0
    assert "output-ending-added" in done.out
    assert "Wrote lc.tif.aux.xml" in done.out
    assert (given / "lc.tif").read_bytes() == GEOTIFF
    done = call("export", "given.ecd", "--to", "aux-xml", "lc.tif", "--json")
    assert done.document["out"] == "lc.tif.aux.xml"


@pytest.mark.parametrize(
    ("arguments", "target"),
    [
        (["convert", MODEL, CLASS_INFO, "a.ecd"], "a.ecd"),
        (["convert", "given.emd", "a.ecd"], "a.ecd"),
        (["export", "given.ecd", "--to", "labels", "notes.txt"], "notes.txt"),
        (["export", "given.ecd", "--to", "qml", "a.qml"], "a.qml"),
        (["extract", "given.ecd", "out"], "out/given.ecd"),
        (["init", MODEL, "b.json"], "b.json"),
    ],
)
def test_overwrite_replaces_what_is_there(
    given: Path, call: Call, arguments: List[str], target: str
) -> None:
    call("export", "given.ecd", "--to", "emd", "given.emd")
    (given / "out").mkdir()
    (given / target).write_bytes(NOTES)
    done = call(*arguments, "--json")
    assert done.code == 1
    assert (given / target).read_bytes() == NOTES
    assert call(*arguments, "--overwrite").code == 0
    assert (given / target).read_bytes() != NOTES


@pytest.mark.parametrize(
    "arguments",
    [
        ["convert", MODEL, CLASS_INFO, "-"],
        ["export", "given.ecd", "--to", "emd", "-"],
        ["extract", "given.ecd", "-"],
        ["demo", "-"],
    ],
)
def test_a_dash_is_no_files_name(given: Path, call: Call, arguments: List[str]) -> None:
    before = sorted(os.listdir(given))
    done = call(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "-" in done.err
    assert sorted(os.listdir(given)) == before


@pytest.mark.parametrize("format_name", ["aux-xml", "labels", "dlpk", "html", "qml", "lyrx"])
def test_standard_output_has_the_right_kind(given: Path, format_name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dl2ecd_core.cli", "export", "given.ecd", "--to", format_name, "-"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        check=True,
    )
    file = given / f"a{usual_ending(format_name)}"
    export(read_ecd("given.ecd"), format_name, file)
    assert len(done.stdout) == file.stat().st_size


def test_a_dash_in_a_folder_is_meant(given: Path, call: Call) -> None:
    assert call("extract", "given.ecd", "./-").code == 0
    assert (given / "-" / MODEL).exists()


@pytest.mark.skipif(NO_POSIX, reason="about being killed")
def test_what_is_read_from_a_pipe_leaves_nothing_for_good(given: Path) -> None:
    temporary = given / "temporary"
    temporary.mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TMPDIR": str(temporary),
    }
    program = (
        "import os, sys\n"
        "from dl2ecd_core.cli import export, main\n"
        "export.read_ecd = lambda path: os.kill(os.getpid(), 9)\n"
        "main(sys.argv[1:])\n"
    )
    arguments = ["export", "-", "--to", "qml", "a.qml"]
    document = (given / "given.ecd").read_bytes()
    killed = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        input=document,
        env=environment,
        check=False,
    )
    assert killed.returncode == -9
    assert len(os.listdir(temporary)) == 1
    subprocess.run(
        [sys.executable, "-m", "dl2ecd_core.cli", *arguments],
        input=document,
        env=environment,
        capture_output=True,
        check=True,
    )
    assert os.listdir(temporary) == []
