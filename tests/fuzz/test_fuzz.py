"""A few runs of every fuzz target, the same each time, and everything that fuzzing ever found."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

pytest.importorskip("resource", reason="processor time is limited by means of Unix")

from .outcome import Failure, checked, stop_runaways
from .running import Session, seed_name
from .targets import REGRESSIONS, TARGETS

_RUNS = 25
#: Slow machines under load need more than the second that fuzzing allows.
_SECONDS = 5.0


@pytest.fixture(autouse=True)
def _timer() -> None:
    stop_runaways()


def _session(target: str, folder: Path) -> Iterator[Session]:
    session = Session(TARGETS[target], 1, folder / "failures", longest=_SECONDS)
    try:
        yield session
    finally:
        session.close()


@pytest.mark.parametrize("target", list(TARGETS))
def test_a_few_mutated_files_give_results_or_domain_errors(target: str, tmp_path: Path) -> None:
    for session in _session(target, tmp_path):
        assert session.seeds, "nothing to start from"
        session.fuzz(runs=_RUNS, watched=False)
        assert not session.failed, session.failed


@pytest.mark.parametrize("file", sorted(REGRESSIONS.iterdir()), ids=lambda path: path.name)
def test_what_fuzzing_found_stays_mended(file: Path, tmp_path: Path) -> None:
    target, place = seed_name(file)
    for session in _session(target, tmp_path):
        assert session.one(place, file.read_bytes(), measured=True)


def test_the_same_number_tries_the_same_files(tmp_path: Path) -> None:
    tried = []
    for _ in range(2):
        for session in _session("wire.prototext", tmp_path):
            tried.append([session._next().content for _ in range(40)])
    assert tried[0] == tried[1]
    assert len(set(tried[0])) > 30


class TestOutcomesThatCountAsFailures:
    def test_another_exception(self) -> None:
        with pytest.raises(Failure, match="ZeroDivisionError"):
            checked(lambda data: [1 // len(data)], b"")  # type: ignore[list-item]

    def test_a_run_without_an_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tests.fuzz.outcome._HANGS_AFTER", 0.05)

        def endless(_: bytes) -> list:
            while True:
                pass

        with pytest.raises(Failure, match="still running"):
            checked(endless, b"")

    def test_too_much_memory(self, tmp_path: Path) -> None:
        for session in _session("wire.pickle", tmp_path):
            session._runs["bomb"] = lambda _: [bytearray(80 << 20)][1:]  # type: ignore[misc]
            with pytest.raises(Failure, match="MiB of memory"):
                session.one("bomb", b"", measured=True)

    def test_control_characters_in_a_message(self) -> None:
        from dl2ecd_core.findings import Finding, Severity

        bad = Finding("model-damaged", Severity.ERROR, "a \x1b[31m name")
        with pytest.raises(Failure, match=r"prints U\+001B"):
            checked(lambda _: [bad], b"")
