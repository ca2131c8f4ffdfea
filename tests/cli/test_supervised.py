"""Commands that run a model: in a process of their own, whose end is told in words."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator, List

import pytest

from dl2ecd_core import cli
from dl2ecd_core.cli import supervised
from dl2ecd_core.running.processes.memory import limit_memory
from dl2ecd_core.running.processes.own_process import MARK
from tests.conftest import NO_POSIX

ROOT = Path(__file__).parents[2]


class Process:
    """A process that ends in a certain way."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.signals: List[int] = []

    def wait(self) -> int:
        if -self.code in (signal.SIGTERM, signal.SIGINT):
            signal.raise_signal(-self.code)
        return self.code

    def send_signal(self, number: int) -> None:
        self.signals.append(number)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> List[Any]:
    calls: List[Any] = []

    def start(arguments: List[str], environment: Any) -> Process:
        calls.append((arguments, environment))
        calls.append(Process(int(arguments[-1])))
        return calls[-1]

    monkeypatch.setattr(supervised, "command_process", start)
    return calls


@pytest.mark.parametrize("code", [0, 1, 2, 130, 141, 143, 255])
def test_its_exit_code_is_passed_on(started: List[Any], code: int) -> None:
    assert supervised.supervise(["classify", str(code)]) == code
    assert started[0] == (["classify", str(code)], {MARK: "1"})


def test_the_systems_request_to_end_is_passed_on(started: List[Any]) -> None:
    assert supervised.supervise(["classify", str(-signal.SIGTERM)]) == 128 + signal.SIGTERM
    assert started[1].signals == [signal.SIGTERM]


@pytest.fixture
def hears_interruptions() -> Iterator[None]:
    """What starts in the background does not, and the tests may."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("hears_interruptions")
class TestInterrupted:
    @pytest.mark.skipif(NO_POSIX, reason="on Windows Ctrl-C reaches both processes")
    def test_it_is_passed_on(self, started: List[Any]) -> None:
        assert supervised.supervise(["classify", str(-signal.SIGINT)]) == 130
        assert started[1].signals == [signal.SIGINT]
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def test_on_windows_it_reaches_both(
        self, started: List[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dl2ecd_core.cli.supervised.os.name", "nt")
        assert supervised.supervise(["classify", str(-signal.SIGINT)]) == 130
        assert started[1].signals == []

    def test_what_ignores_it_goes_on_to(self, started: List[Any]) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        assert supervised.supervise(["classify", str(-signal.SIGINT)]) == 130
        assert started[1].signals == []


def test_a_crash_is_a_sentence(started: List[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert supervised.supervise(["classify", str(-signal.SIGSEGV)]) == 1
    assert "runtime-crashed: The process that ran the model" in capsys.readouterr().out


def test_a_crash_is_json_where_that_was_asked_for(
    started: List[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert supervised.supervise(["classify", "--json", str(-signal.SIGABRT)]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["findings"][0]["rule"] == "runtime-crashed"
    assert "SIGABRT" in report["findings"][0]["message"]


@pytest.mark.skipif(NO_POSIX, reason="such signals are sent by POSIX systems alone")
@pytest.mark.parametrize("name", ["SIGBUS", "SIGKILL"])
def test_the_systems_own_signals_are_crashes(
    started: List[Any], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert supervised.supervise(["classify", str(-getattr(signal, name))]) == 1
    assert f"was ended by the system ({name})." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "said"),
    [(0xC0000005, "0xC0000005"), (0xC0000000, "0xC0000000"), (0xC0000409, "0xC0000409")],
    ids=["access violation", "the first", "abort"],
)
def test_on_windows_a_crash_is_an_exit_code(
    started: List[Any], capsys: pytest.CaptureFixture[str], code: int, said: str
) -> None:
    assert supervised.supervise(["classify", str(code)]) == 1
    out = capsys.readouterr().out
    assert "runtime-crashed: The process that ran the model" in out
    assert f"was ended by the system ({said})." in out


def test_on_windows_an_interruption_is_one_too(
    started: List[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert supervised.supervise(["classify", str(0xC000013A)]) == 130
    assert capsys.readouterr().out == ""


def test_the_command_line_does_so(started: List[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MARK, raising=False)
    with pytest.raises(SystemExit) as ended:
        cli.main(["classify", "scene.tif", "a.ecd", "2"])
    assert ended.value.code == 2
    assert started[0][0] == ["classify", "scene.tif", "a.ecd", "2"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["classify"],
        ["classify", "a", "b"],
        ["classify", "a", "b", "c", "-h"],
        ["show", "a", "b", "c"],
    ],
)
def test_help_and_wrong_usage_need_none(
    started: List[Any], monkeypatch: pytest.MonkeyPatch, arguments: List[str]
) -> None:
    monkeypatch.delenv(MARK, raising=False)
    with pytest.raises(SystemExit):
        cli.main(arguments)
    assert started == []


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="the system does not tell")
def test_memory_has_a_limit() -> None:
    """In a process of its own, which it would stay in force in."""
    code = (
        "import resource; from dl2ecd_core.running.processes.memory import limit_memory\n"
        "most = limit_memory()\n"
        "assert resource.getrlimit(resource.RLIMIT_AS)[0] == most\n"
        "try: bytearray(1 << 46)\n"
        "except MemoryError: print('refused')\n"
        "assert limit_memory() <= most + (64 << 30)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "refused\n"


def test_a_limit_that_there_is_already_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    told: List[Any] = []
    monkeypatch.setattr(resource, "getrlimit", lambda what: (5 << 30, 7 << 30))
    monkeypatch.setattr(resource, "setrlimit", lambda what, limits: told.append(limits))
    monkeypatch.setattr("dl2ecd_core.running.processes.memory.system_size", lambda *names: 64 << 30)
    assert limit_memory() == 5 << 30
    assert told == [(5 << 30, 7 << 30)]


@pytest.mark.parametrize("text", [None, "", "MemAvailable: many kB\n"])
def test_where_the_system_does_not_tell_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: Any
) -> None:
    import dl2ecd_core.running.processes.memory as memory

    place = tmp_path / "meminfo"
    if text is not None:
        place.write_text(text, encoding="utf-8")
    read = memory.system_size
    monkeypatch.setattr(memory, "system_size", lambda path, name: read(str(place), name))
    assert limit_memory() is None
