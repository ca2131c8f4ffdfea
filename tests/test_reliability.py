"""What happens to a conversion can't take anything away: killed, interrupted, out of room."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator, List

import pytest

from dl2ecd_core import convert
from dl2ecd_core.cli import main
from dl2ecd_core.definition import convert_definition
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.ecd import payload
from dl2ecd_core.ecd.extraction import extract
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.ecd.verification import verify_ecd
from dl2ecd_core.exports import export
from dl2ecd_core.findings.errors import ConversionRefused
from tests.conftest import NO_POSIX, hears_ctrl_c
from tests.models.damage import EXHAUSTIVE

posix = pytest.mark.skipif(NO_POSIX, reason="about POSIX signals, limits and permissions")

ROOT = Path(__file__).parents[1]
KILLS = 200 if EXHAUSTIVE else 12

#: An .ecd that may be replaced.
OLD = b'{"EsriClassifierDefinitionFile": 0, "Generator": {"Name": "dl2ecd"}}'

#: A conversion with a slowed-down disk, so that a signal may come at any of its moments.
SLOW = """
import sys, time
from dl2ecd_core.definition import convert_definition
from dl2ecd_core.ecd import payload
payload.CHUNK = 3 * 32
real = payload.Progress.advance
def slow(*arguments):
    time.sleep(0.0005)
    real(*arguments)
payload.Progress.advance = slow
from dl2ecd_core import convert
print("started", flush=True)
convert(*sys.argv[1:])
"""


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    unpack(tmp_path)
    return tmp_path


@contextlib.contextmanager
def converting(
    folder: Path, *, program: str = SLOW, **variables: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A slow conversion in a process of its own, once it has started."""
    arguments = [MODEL, CLASS_INFO, "a.ecd"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hears_ctrl_c,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        yield process


def earlier(folder: Path) -> bytes:
    """An .ecd that is there already, and its bytes: other ones than a conversion's gives."""
    convert(folder / MODEL, folder / CLASS_INFO, folder / "a.ecd", storage="referenced")
    return (folder / "a.ecd").read_bytes()


def whole(path: Path) -> bool:
    """Whether an .ecd is complete."""
    return verify_ecd(path)[1] == ()


@posix
class TestKilled:
    def test_at_any_moment_the_output_is_the_old_or_the_new_one(self, demo: Path) -> None:
        target = demo / "a.ecd"
        chance = random.Random(1)
        before = sorted(os.listdir(demo))
        old = earlier(demo)
        outcomes = set()
        for _ in range(KILLS):
            target.write_bytes(old)
            with converting(demo) as process:
                time.sleep(chance.uniform(0, 0.5))
                process.send_signal(signal.SIGKILL)
            outcomes.add("old" if target.read_bytes() == old else "new")
            assert target.read_bytes() == old or whole(target)
        assert outcomes
        convert(demo / MODEL, demo / CLASS_INFO, target)
        assert sorted(os.listdir(demo)) == sorted([*before, "a.ecd"])

    def test_ctrl_c_leaves_nothing_behind(self, demo: Path) -> None:
        before = sorted(os.listdir(demo))
        with converting(demo) as process:
            # However slow the machine is: while it writes, which takes some tenths of a second.
            while sorted(os.listdir(demo)) == before and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGINT)
        assert process.returncode != 0
        assert sorted(os.listdir(demo)) == before

    def test_being_asked_to_end_leaves_nothing_behind(self, demo: Path) -> None:
        before = sorted(os.listdir(demo))
        program = SLOW.replace(
            "from dl2ecd_core import convert", "from dl2ecd_core.cli import main"
        )
        program = program.replace("convert(*sys.argv[1:])", "main(['convert', *sys.argv[1:]])")
        program = program.replace("0.0005", "0.02")
        with converting(demo, program=program) as process:
            while len(os.listdir(demo)) == len(before) and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
        assert process.returncode == 143
        assert sorted(os.listdir(demo)) == before

    def test_two_at_once_give_one_whole_result(self, demo: Path) -> None:
        with converting(demo) as one, converting(demo) as two:
            codes = [one.wait(600), two.wait(600)]
        assert codes == [0, 0]
        assert whole(demo / "a.ecd")


@posix
class TestNoRoom:
    def test_a_limit_on_file_sizes(self, demo: Path) -> None:
        old = earlier(demo)
        program = (
            "import resource, signal\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
            "import sys; from dl2ecd_core.cli import main\n"
            "main(['convert', *sys.argv[1:], '--json'])\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, MODEL, CLASS_INFO, "a.ecd"],
            cwd=demo,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 1
        assert json.loads(done.stdout)["findings"][0]["rule"] == "output-disk-full"
        assert (demo / "a.ecd").read_bytes() == old
        assert sorted(os.listdir(demo)) == sorted([MODEL, CLASS_INFO, "a.ecd"])

    @pytest.mark.skipif(
        not NO_POSIX and hasattr(os, "geteuid") and os.geteuid() == 0,
        reason="the superuser may write everywhere",
    )
    def test_a_read_only_folder(self, demo: Path) -> None:
        (demo / "locked").mkdir(mode=0o500)
        with pytest.raises(ConversionRefused) as error:
            convert(demo / MODEL, demo / CLASS_INFO, demo / "locked" / "a.ecd")
        assert error.value.findings[0].rule == "output-not-writable"


class TestLongPaths:
    def test_a_path_beyond_260_characters(self, demo: Path) -> None:
        folder = demo.joinpath(*["folder with a long name"] * 12)
        try:
            folder.mkdir(parents=True)
        except OSError:
            pytest.skip("this system has no paths that long")
        assert len(str(folder)) > 260
        convert(demo / MODEL, demo / CLASS_INFO, folder / "ausgabe ä 土地.ecd")
        assert whole(folder / "ausgabe ä 土地.ecd")


class TestNoNetwork:
    def test_the_main_paths_open_no_socket(
        self, demo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened: List[object] = []

        class Forbidden(socket.socket):
            def __init__(self, *arguments: object, **keywords: object) -> None:
                opened.append(arguments)
                raise AssertionError("a socket was opened")

        monkeypatch.setattr(socket, "socket", Forbidden)
        monkeypatch.setattr(socket, "create_connection", Forbidden)
        monkeypatch.setattr(socket, "getaddrinfo", Forbidden)
        convert(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
        ecd = read_ecd(demo / "a.ecd")
        assert verify_ecd(demo / "a.ecd")[1] == ()
        extract(ecd, demo / "out")
        for name in ("emd", "dlpk"):
            export(ecd, name, demo / f"b.{name}")
        assert opened == []


class TestChangedInputs:
    """An input that changes while an output is made: no output of half of both."""

    def during(self, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
        """Change a file, size and time kept, as soon as bytes of the model are passed on."""
        real = payload.Progress.advance

        def advance(progress: payload.Progress, amount: int, doing: str) -> None:
            status = path.stat()
            with path.open("r+b") as handle:
                handle.seek(-1, os.SEEK_END)
                last = handle.read(1)
                handle.seek(-1, os.SEEK_END)
                handle.write(b" " if last == b"\n" else b"\n")
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
            real(progress, amount, doing)

        monkeypatch.setattr(payload.Progress, "advance", advance)

    @posix
    @pytest.mark.parametrize("name", [MODEL, CLASS_INFO])
    @pytest.mark.parametrize("storage", ["embedded", "referenced"])
    def test_of_a_conversion(
        self, demo: Path, monkeypatch: pytest.MonkeyPatch, name: str, storage: str
    ) -> None:
        convert(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
        before = (demo / "a.ecd").read_bytes()
        self.during(monkeypatch, demo / name)
        with pytest.raises(ConversionRefused) as error:
            convert(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd", storage=storage)
        assert [item.rule for item in error.value.findings] == ["file-changed"]
        assert (demo / "a.ecd").read_bytes() == before
        assert len(os.listdir(demo)) == 3

    @posix
    @pytest.mark.parametrize("name", [MODEL, "b.emd"])
    def test_of_a_conversion_from_a_definition(
        self, demo: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        convert(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
        export(read_ecd(demo / "a.ecd"), "emd", demo / "b.emd")
        self.during(monkeypatch, demo / name)
        with pytest.raises(ConversionRefused) as error:
            convert_definition(demo / "b.emd", demo / "c.ecd")
        assert [item.rule for item in error.value.findings] == ["file-changed"]
        assert not (demo / "c.ecd").exists()

    @posix
    @pytest.mark.parametrize(
        "arguments",
        [
            ["export", MODEL, CLASS_INFO, "--to", "dlpk", "b.dlpk"],
            ["export", MODEL, CLASS_INFO, "--to", "emd", "out/b.emd"],
            ["export", MODEL, CLASS_INFO, "--to", "stac", "b.json"],
            ["export", "r.ecd", "--to", "dlpk", "b.dlpk"],
            ["extract", "r.ecd", "out"],
        ],
    )
    def test_of_the_other_commands(
        self,
        demo: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        arguments: List[str],
    ) -> None:
        convert(demo / MODEL, demo / CLASS_INFO, demo / "r.ecd", storage="referenced")
        (demo / "out").mkdir()
        self.during(monkeypatch, demo / MODEL)
        monkeypatch.chdir(demo)
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--json"])
        assert ended.value.code == 1
        (item,) = json.loads(capsys.readouterr().out)["findings"]
        # A stated digest tells as well.
        assert item["rule"] in ("file-changed", "ecd-digest-differs")
        assert sorted(os.listdir(demo)) == sorted([MODEL, CLASS_INFO, "r.ecd", "out"])
        assert os.listdir(demo / "out") == []


@posix
def test_a_killed_verification_leaves_nothing_for_good(demo: Path, tmp_path: Path) -> None:
    convert(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
    (tmp_path / "temporary").mkdir()
    environment = {"TMPDIR": str(tmp_path / "temporary")}
    program = (
        "import sys, time\n"
        "from dl2ecd_core.ecd import verification\n"
        "def stay(*arguments):\n"
        "    print('started', flush=True)\n"
        "    time.sleep(60)\n"
        "verification.inspect_model = stay\n"
        "verification.verify_ecd(sys.argv[3])\n"
    )
    with converting(demo, program=program, **environment) as process:
        process.send_signal(signal.SIGKILL)
    (left,) = (tmp_path / "temporary").iterdir()
    assert (left / "files" / MODEL).exists()
    subprocess.run(
        [sys.executable, "-m", "dl2ecd_core.cli", "verify", "a.ecd"],
        cwd=demo,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        check=True,
    )
    assert list((tmp_path / "temporary").iterdir()) == []
