"""The limit for the memory of the process that runs a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Tuple

import pytest

from dl2ecd_core.running.processes import control_group, memory

resource = pytest.importorskip("resource")


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> List[Tuple[int, int]]:
    """The limits that are set, which are not set here."""
    found: List[Tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda kind, both: found.append(both))
    return found


def test_is_what_the_machine_has_free_and_the_process_has_already(
    limits: List[Tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (resource.RLIM_INFINITY,) * 2)
    monkeypatch.setattr(memory, "system_size", lambda path, name: 100 << 20)
    most = memory.limit_memory()
    assert most == (100 << 20) + int((100 << 20) * 0.9) + (4 << 30)
    assert limits == [(most, resource.RLIM_INFINITY)]


def test_is_never_more_than_the_person_allows(
    limits: List[Tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (5 << 20, 5 << 20))
    assert memory.limit_memory() == 5 << 20
    assert limits == [(5 << 20, 5 << 20)]


@pytest.mark.parametrize(
    ("machine", "group", "limit", "left"),
    [
        (900, None, None, 900),
        (900, 500, None, 500),
        (900, 500, 600, 400),
        (900, 500, 100, 0),
        (None, 500, None, 500),
        (None, None, None, None),
    ],
)
def test_is_no_more_than_is_left_of_any_limit(
    machine: Any, group: Any, limit: Any, left: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container's, or the shell's that started this process, which has taken 200."""
    sizes = {"MemAvailable": machine, "VmSize": 200}
    monkeypatch.setattr(memory, "system_size", lambda path, name: sizes[name])
    monkeypatch.setattr(control_group, "free_memory", lambda: group)
    most = resource.RLIM_INFINITY if limit is None else limit
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (most, resource.RLIM_INFINITY))
    assert memory.free_memory() == left


@pytest.mark.parametrize("text", [None, "MemTotal: 5 kB\n", "MemAvailable: many\n"])
def test_is_none_where_the_system_tells_nothing(
    text: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "meminfo"
    if text is not None:
        told.write_text(text, encoding="ascii")
    monkeypatch.setattr(memory, "Path", lambda path: told)
    assert memory.limit_memory() is None
