"""Every command that writes, killed, out of room, and beside another one: the old or the new."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, Iterator, List

import pytest

from dl2ecd_core import convert
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from tests.conftest import NO_POSIX
from tests.models.damage import EXHAUSTIVE

pytestmark = pytest.mark.skipif(NO_POSIX, reason="about POSIX signals, limits and mounts")

ROOT = Path(__file__).parents[1]
KILLS = 60 if EXHAUSTIVE else 2

#: What every command does, in a folder that holds its output already.
WRITING: Dict[str, List[str]] = {
    "convert": ["convert", MODEL, CLASS_INFO, "{}/a.ecd"],
    "convert, definition": ["convert", "given.emd", "{}/b.ecd"],
    "init": ["init", MODEL, "{}/c.json", "--overwrite"],
    "extract": ["extract", "given.ecd", "{}/extracted", "--overwrite"],
    "class information": ["extract", "given.ecd", "{}/d.json", "--class-info", "--overwrite"],
    **{
        name: ["export", "given.ecd", "--to", name, f"{{}}/{file}"]
        for name, file in {
            "emd": "emd/e.emd",
            "dlpk": "f.dlpk",
            "stac": "stac/g.json",
            "html": "h.html",
            "aux-xml": "i.tif.aux.xml",
            "qml": "j.qml",
            "labels": "k.txt",
        }.items()
    },
}

#: One of each way to write; the others take the same ways, which DL2ECD_EXHAUSTIVE tries too.
TRIED = {
    name: arguments
    for name, arguments in WRITING.items()
    if EXHAUSTIVE or name in ("convert", "init", "extract", "aux-xml")
}

#: Each write waits, so that a signal may come between any two of them.
# pathlib takes functions of os as they are when it is first imported, before Python 3.10.
SLOW = """
import io, os, pathlib, sys, time
def slow(real):
    def action(*arguments, **options):
        time.sleep(0.004)
        return real(*arguments, **options)
    return action
for name in ("fsync", "replace", "link", "mkdir", "rename"):
    setattr(os, name, slow(getattr(os, name)))
from dl2ecd_core.cli import main
print("started", flush=True)
main(sys.argv[1:])
"""


def contents(folder: Path) -> Dict[str, bytes]:
    """The files below a folder, those aside that the next run removes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".dl2ecd-" not in str(path)
    }


def started(arguments: List[str], folder: Path, program: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *(part.format("out") for part in arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def ended(arguments: List[str], folder: Path, out: object = "out") -> int:
    done = subprocess.run(
        [sys.executable, "-m", "dl2ecd_core.cli", *(part.format(out) for part in arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    return done.returncode


@pytest.fixture
def given(tmp_path: Path) -> Path:
    unpack(tmp_path)
    convert(tmp_path / MODEL, tmp_path / CLASS_INFO, tmp_path / "given.ecd")
    assert ended(["export", "given.ecd", "--to", "emd", "given.emd"], tmp_path) == 0
    for name in ("emd", "stac", "extracted"):
        (tmp_path / "out" / name).mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("arguments", TRIED.values(), ids=list(TRIED))
class TestKilled:
    def test_between_any_two_writes(self, given: Path, arguments: List[str]) -> None:
        out = given / "out"
        assert ended(arguments, given) == 0
        whole = contents(out)
        chance = random.Random(1)
        for _ in range(KILLS):
            with started(arguments, given, SLOW) as process:
                assert process.stdout is not None
                process.stdout.readline()
                time.sleep(chance.uniform(0, 0.15))
                process.send_signal(signal.SIGKILL)
            # The same command writes the same: what is there is whole whether old or new.
            assert contents(out) == whole
        assert ended(arguments, given) == 0
        assert contents(out) == whole
        touched = {out / Path(name).parent for name in whole}
        assert [stray for folder in touched for stray in folder.glob(".dl2ecd-*")] == []


@pytest.mark.parametrize("arguments", TRIED.values(), ids=list(TRIED))
def test_two_at_once_give_one_whole_result(given: Path, arguments: List[str]) -> None:
    assert ended(arguments, given) == 0
    whole = contents(given / "out")
    runs = [started(arguments, given, SLOW) for _ in range(2)]
    assert [run.wait(60) for run in runs] == [0, 0]
    for run in runs:
        assert run.stdout is not None
        run.stdout.close()
    assert contents(given / "out") == whole


class TestNoRoom:
    """A disk of a few kilobytes: what was there stays, and nothing else is there."""

    @pytest.fixture
    def small(self, given: Path) -> Iterator[Path]:
        disk = given / "disk"
        disk.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("no disk can be mounted here")
        try:
            for name in ("emd", "stac", "extracted"):
                (disk / name).mkdir()
            yield disk
        finally:
            subprocess.run(["umount", str(disk)], check=True)

    @pytest.mark.parametrize("arguments", TRIED.values(), ids=list(TRIED))
    def test_leaves_what_was_there(self, given: Path, small: Path, arguments: List[str]) -> None:
        assert ended(arguments, given, small) == 0
        before = contents(small)
        room = (small / "mine").open("wb", buffering=0)
        with room:
            try:
                while True:
                    room.write(bytes(1024))
            except OSError:
                pass
        mine = (small / "mine").read_bytes()
        assert ended(arguments, given, small) == 1
        assert contents(small) == {**before, "mine": mine}
        assert list(small.rglob(".dl2ecd-*")) == []
        (small / "mine").unlink()
        assert ended(arguments, given, small) == 0
        assert contents(small) == before
