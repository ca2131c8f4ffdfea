"""Runs over mutated seeds: the same number gives the same files, and failures are kept."""

from __future__ import annotations

import hashlib
import random
import re
import shutil
import time
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

from .coverage import NewLines
from .kinds import mutate
from .outcome import (
    LONGEST_SECONDS,
    MOST_MEMORY,
    Failure,
    Run,
    checked,
    forget_high_water,
    high_water,
    peak_memory,
)
from .targets import Seed, Target, folder

#: Mutated files that reached something new and are mutated further; the eldest leave.
_MOST_KEPT = 800
_LARGEST_KEPT = 128 * 1024
# Names, numbers and places in messages: what is left tells kinds of outcome apart.
_PARTICULAR = re.compile(r"'[^']*'|[0-9a-f]{2}( [0-9a-f]{2})+|\d+|\(.*", re.DOTALL)
#: Memory of every run is watched from outside; so many runs apart it is also measured.
_MEASURED_EVERY = 2000
_LOOKED_AT_TOGETHER = 32
#: Mutations tried for one that does not make the file much larger.
_TRIES = 3


class Session:
    """One target with its seeds, ready to run."""

    def __init__(
        self, target: Target, seed: int, failures: Path, longest: float = LONGEST_SECONDS
    ) -> None:
        self.longest = longest
        self.target = target
        self.chance = random.Random(f"{target.name}:{seed}")
        self.failures = failures
        self.failed: Dict[str, Path] = {}
        self.executions = 0
        self.work = folder()
        self.seeds, self._placed = target.prepare(self.work)
        self._runs: Dict[str, Run] = {}
        self._corpus: List[Seed] = list(self.seeds)
        self._outcomes: Dict[str, int] = {}
        self._recent: List[Seed] = []
        self._mark = high_water()

    def close(self) -> None:
        """Remove what lies on the disk."""
        shutil.rmtree(self.work, ignore_errors=True)

    def run_of(self, name: str) -> Run:
        """The run for files that take this seed's place."""
        if name not in self._runs:
            self._runs[name] = self._placed(name)
        return self._runs[name]

    def one(self, name: str, data: bytes, *, measured: bool = False) -> str:
        """One execution.

        Raises
        ------
        Failure
            What is wrong with it.
        """
        self.executions += 1
        run = self.run_of(name)
        outcome = checked(run, data, self.longest)
        if measured:
            peak = peak_memory(run, data)
            if peak > MOST_MEMORY:
                raise Failure(f"took {peak / 2**20:.0f} MiB of memory")
        return outcome

    def _look_at_memory(self, lines: NewLines) -> None:
        """Measure the last runs one by one when the process has grown by more than one may take."""
        mark = high_water()
        if mark - self._mark > MOST_MEMORY:
            for seed in self._recent:
                self._execute(seed, lines, measured=True)
            forget_high_water()
            mark = high_water()
        self._mark = mark
        self._recent.clear()

    def fuzz(
        self,
        *,
        runs: Optional[int] = None,
        seconds: Optional[float] = None,
        watched: bool = True,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Mutate and run until enough is done; failures are kept as files.

        Parameters
        ----------
        runs, seconds
            When to stop; whichever comes first.
        watched
            Go by the lines that are reached where Python can tell; without it, every version of
            Python tries the same files.
        tell
            Told every minute, and at the end, how far it is.
        """
        started = told = time.monotonic()
        lines = NewLines(watched)
        try:
            for seed in self.seeds:
                self._execute(seed, lines)
            count = 0
            while runs is None or count < runs:
                if count % 64 == 0:
                    now = time.monotonic()
                    if seconds is not None and now - started > seconds:
                        break
                    if now - told > 60:
                        tell(self.told(now - started))
                        told = now
                count += 1
                seed = self._next()
                self._execute(seed, lines, measured=count % _MEASURED_EVERY == 0)
                self._recent.append(seed)
                if len(self._recent) == _LOOKED_AT_TOGETHER:
                    self._look_at_memory(lines)
        finally:
            self._look_at_memory(lines)
            lines.close()
        tell(self.told(time.monotonic() - started))

    def told(self, seconds: float) -> str:
        """How far it is."""
        return (
            f"{self.target.name}: {self.executions} executions in {seconds:.0f} s, "
            f"{len(self._outcomes)} kinds of outcome, {len(self._corpus)} files to start from, "
            f"{len(self.failed)} failures"
        )

    def _next(self) -> Seed:
        chance = self.chance
        seed, other = self._chosen(), self._chosen().content
        for _ in range(_TRIES):
            content = mutate(seed.content, chance, other)
            # Large files take long and seldom show what small ones don't.
            if len(content) < 2 * len(seed.content) + 500 or chance.random() < 0.1:
                break
        return Seed(seed.name, content)

    def _chosen(self) -> Seed:
        chance, corpus = self.chance, self._corpus
        # Half of the time one of the last that reached something new.
        if chance.random() < 0.5 and len(corpus) > len(self.seeds):
            return corpus[-1 - min(int(chance.expovariate(0.05)), len(corpus) - 1)]
        first, second = chance.choice(corpus), chance.choice(corpus)
        return min(first, second, key=_size) if chance.random() < 0.8 else first

    def _execute(self, seed: Seed, lines: NewLines, *, measured: bool = False) -> None:
        try:
            outcome = self.one(seed.name, seed.content, measured=measured)
        except Failure as failure:
            self._keep_failure(seed, failure)
            lines.count()
            return
        kind = _PARTICULAR.sub("#", outcome)
        new = kind not in self._outcomes
        if len(self._outcomes) < 20_000:
            self._outcomes[kind] = self._outcomes.get(kind, 0) + 1
        if (lines.count() or (new and not lines.works)) and len(seed.content) <= _LARGEST_KEPT:
            self._corpus.append(seed)
            if len(self._corpus) > _MOST_KEPT:
                del self._corpus[len(self.seeds)]

    def _keep_failure(self, seed: Seed, failure: Failure) -> None:
        what = _PARTICULAR.sub("#", str(failure))[:120] + _origin(failure)
        if what in self.failed:
            return
        digest = hashlib.sha256(seed.content).hexdigest()[:12]
        name = f"{self.target.name}--{seed.name.replace('/', '--')}--{digest}"
        self.failures.mkdir(parents=True, exist_ok=True)
        path = self.failures / name
        path.write_bytes(seed.content)
        path.with_name(name + ".txt").write_text(
            f"{failure}\n{_trace(failure)}", "utf-8", "replace"
        )
        self.failed[what] = path


def _size(seed: Seed) -> int:
    return len(seed.content)


def _origin(failure: Failure) -> str:
    """Where an exception came from, so that one mistake is kept once."""
    trace = failure.__cause__.__traceback__ if failure.__cause__ else None
    place = ""
    while trace is not None:
        if "dl2ecd_core" in trace.tb_frame.f_code.co_filename:
            place = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _trace(failure: Failure) -> str:
    import traceback

    cause = failure.__cause__
    if cause is None:
        return ""
    return "".join(traceback.format_exception(type(cause), cause, cause.__traceback__))


def seed_name(path: Path) -> Tuple[str, str]:
    """Target and seed that a kept file's name tells."""
    parts = path.name.split("--")
    return parts[0], "/".join(parts[1:-1])
