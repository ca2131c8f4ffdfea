"""Times, memory and their place in a table."""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
)
from unittest import mock

ROOT = Path(__file__).parent.parent.parent
GIB = 1 << 30
MIB = 1 << 20
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    measured
        None when it could not be measured here; `note` says why.
    unit
        ``x`` (a ratio of two things measured in the same run), ``ms``, ``s``, ``MiB`` or ``%``.
    goal
        The most that `measured` should be; None where a figure only stands for comparison.
    """

    benchmark: str
    what: str
    measured: Optional[float]
    unit: str
    goal: Optional[float] = None
    note: str = ""

    @property
    def met(self) -> Optional[bool]:
        """Whether the goal was reached; None without a goal or a figure."""
        if self.goal is None or self.measured is None:
            return None
        return self.measured <= self.goal

    def as_dict(self) -> Dict[str, object]:
        """The row as JSON has it."""
        return {**asdict(self), "met": self.met}


@dataclass(frozen=True)
class Setting:
    """What the person asked for.

    Attributes
    ----------
    size
        Bytes of a big model; the benchmarks' sizes are fixed multiples of it, and those of the
        goals when it is 1 GiB.
    pythons
        Interpreters that have a framework, by its name.
    """

    folder: Path
    size: int = GIB
    rounds: int = 5
    pythons: Mapping[str, str] = field(default_factory=dict)

    def times(self, factor: float) -> int:
        """A multiple of the size, whole in 4 KiB."""
        return max(4096, int(self.size * factor) // 4096 * 4096)

    def python_with(self, framework: str) -> str:
        """The interpreter in which a framework is looked for."""
        return self.pythons.get(framework, sys.executable)


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


class Cost(NamedTuple):
    """What an action took, in seconds.

    Attributes
    ----------
    wall
        By the clock; more on a busy machine.
    cpu
        Of processor time, of all threads and of the system for them; nearly the same on a busy one.
    """

    wall: float
    cpu: float

    def less(self, other: Cost) -> Cost:
        """Without what a part of it took."""
        return Cost(self.wall - other.wall, self.cpu - other.cpu)


def cost(action: Callable[[], object]) -> Cost:
    """What an action takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def hashed(path: Path) -> Cost:
    """What SHA-256 over a file takes: one measuring stick."""

    def through() -> None:
        digest = hashlib.sha256()
        buffer = bytearray(_CHUNK)
        view = memoryview(buffer)
        with path.open("rb", buffering=0) as file:
            while length := file.readinto(buffer):
                digest.update(view[:length])

    return cost(through)


def written(path: Path, size: int) -> Cost:
    """What writing so many bytes takes, with nothing to work out: the other one."""
    piece = os.urandom(_CHUNK)

    def all_of_them() -> None:
        left = size
        with path.open("wb", buffering=0) as file:
            while left:
                left -= file.write(piece[: min(left, _CHUNK)])

    taken = cost(all_of_them)
    path.unlink()
    return taken


_Measured = TypeVar("_Measured")


def in_turn(
    rounds: int, actions: Mapping[str, Callable[[], _Measured]]
) -> Dict[str, List[_Measured]]:
    """What each action measured in each round, the actions in turn: A B A B."""
    measured: Dict[str, List[_Measured]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            measured[name].append(action())
    return measured


def ratio(values: Sequence[float], base: Sequence[float]) -> float:
    """The median of the rounds' ratios: neighbours in time share the machine's load."""
    return statistics.median(value / other for value, other in zip(values, base))


@contextmanager
def cost_of_fsync() -> Iterator[List[Cost]]:
    """What every ``os.fsync`` within the block took."""
    spent: List[Cost] = []
    real = os.fsync

    def measured(descriptor: int) -> None:
        spent.append(cost(lambda: real(descriptor)))

    with mock.patch.object(os, "fsync", measured):
        yield spent


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread, and those it starts, on one processor core; Linux only."""
    present = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(present)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, present)


@contextmanager
def compiled() -> Iterator[None]:
    """Let processes within the block find the package compiled, as an installation leaves it."""
    with mock.patch.dict(os.environ):
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        package = str(ROOT / "dl2ecd_core")
        subprocess.run([sys.executable, "-m", "compileall", "-q", package], check=True)
        yield


def worker(task: str, *arguments: object) -> Tuple[Dict[str, float], Optional[float]]:
    """What a task of ``worker.py`` reports from a fresh process, and its peak of memory in MiB."""
    return run([sys.executable, "-m", "tests.benchmarks.worker", task, *map(str, arguments)])


class Absent(Exception):
    """A framework that is not installed, or can't do it; says so."""


def framework(
    setting: Setting, name: str, task: str, *arguments: object
) -> Tuple[Dict[str, float], Optional[float]]:
    """What a script of ``frameworks/`` reports, run where the framework is installed.

    Raises
    ------
    Absent
        When it is not.
    """
    return side_script(setting, "frameworks", name, task, *arguments)


def side_script(
    setting: Setting, folder: str, name: str, *arguments: object
) -> Tuple[Dict[str, Any], Optional[float]]:
    """What a script beside this module reports, run where what it needs is installed.

    Raises
    ------
    Absent
        When it is not.
    """
    script = Path(__file__).parent / folder / f"{name}_side.py"
    try:
        return run([setting.python_with(name), str(script), *map(str, arguments)])
    except OSError as error:
        raise Absent(str(error)) from error
    except subprocess.CalledProcessError as error:
        lines = str(error.stderr).strip().splitlines() or [str(error)]
        raise Absent(lines[-1][:200]) from error


def run(command: Sequence[str]) -> Tuple[Dict[str, Any], Optional[float]]:
    """What a process prints as JSON in its last line, and its peak of anonymous memory in MiB."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, anonymous_memory(process.pid) or 0.0)
        time.sleep(0.002)
    out, err = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, out, err)
    return json.loads(out.strip().splitlines()[-1]), peak or None


def anonymous_memory(process: int) -> Optional[float]:
    """MiB of memory that a process holds for itself, files left out; None where unknown."""
    try:
        for line in Path(f"/proc/{process}/status").read_text("ascii").splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) / 1024
    except (OSError, ValueError):
        pass
    return None


def idle_interpreter() -> Optional[float]:
    """MiB of memory of a Python that has imported nothing."""
    command = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        memory = anonymous_memory(process.pid)
        process.communicate()
    return memory


def bytes_read() -> Optional[int]:
    """Bytes that this process has read from files so far; None where unknown."""
    try:
        for line in Path("/proc/self/io").read_text("ascii").splitlines():
            if line.startswith("rchar:"):
                return int(line.split()[1])
    except OSError:
        pass
    return None
