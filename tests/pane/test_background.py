"""Work in the background is waited for only so long, and begun only once."""

from __future__ import annotations

import threading
import time
from typing import List

import pytest

from dl2ecd_core.pane.background import Background


def soon(seconds: float = 600.0) -> float:
    return time.monotonic() + seconds


def test_gives_what_is_ready() -> None:
    assert Background[int]().begin("a", lambda: 7).outcome(soon()) == 7


def test_does_not_wait_past_the_deadline() -> None:
    go_on = threading.Event()
    assert Background[bool]().begin("a", lambda: go_on.wait(600)).outcome(soon(0.05)) is None
    go_on.set()


def test_work_under_way_is_not_begun_again_and_counts_later() -> None:
    go_on, times = threading.Event(), []
    background: Background[int] = Background()

    def work() -> int:
        times.append(1)
        go_on.wait(600)
        return len(times)

    assert background.begin("a", work).outcome(soon(0.02)) is None
    assert background.begin("a", work).outcome(soon(0.02)) is None
    assert len(times) == 1
    go_on.set()
    assert background.begin("a", work).outcome(soon()) == 2


def test_one_that_hangs_does_not_hold_up_another() -> None:
    go_on = threading.Event()
    background: Background[int] = Background()
    assert background.begin("stuck", lambda: int(go_on.wait(600))).outcome(soon(0.02)) is None
    assert background.begin("free", lambda: 3).outcome(soon()) == 3
    go_on.set()


def test_past_the_limit_nothing_more_is_begun() -> None:
    go_on = threading.Event()
    background: Background[int] = Background(most=1)
    background.begin("stuck", lambda: int(go_on.wait(600)))
    assert background.begin("more", lambda: 3).outcome(soon(0.2)) is None
    go_on.set()


def test_without_a_thread_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    background: Background[int] = Background()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        assert background.begin("a", lambda: 3).outcome(soon()) is None
    assert background.begin("a", lambda: 3).outcome(soon()) == 3


def test_threads_do_not_keep_the_process_alive() -> None:
    go_on, seen = threading.Event(), []
    found: List[threading.Thread] = seen

    def work() -> int:
        found.append(threading.current_thread())
        return int(go_on.wait(600))

    Background[int]().begin("a", work).outcome(soon(0.2))
    assert found[0].daemon
    go_on.set()
