"""How many cores a process may use."""

from __future__ import annotations

import os
from typing import Optional

import pytest

from dl2ecd_core.running.processes.cores import cores


def test_as_many_as_it_is_let(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 2, 5}, raising=False)
    assert cores() == 3


@pytest.mark.parametrize(("count", "told"), [(6, 6), (None, 1)])
def test_all_where_the_system_does_not_tell_which(
    monkeypatch: pytest.MonkeyPatch, count: Optional[int], told: int
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    assert cores() == told
