"""How much work something is: counted, not timed, so that every machine says the same."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import Any, Callable, Iterator, List
from unittest import mock

from dl2ecd_core.wire.source import ByteSource


def calls_of(action: Callable[[], object]) -> int:
    """How many functions, built-in ones included, an action calls in this thread."""
    count = 0

    def note(_frame: Any, event: str, _about: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def growth(action: Callable[[int], object], few: int, many: int) -> float:
    """How much faster than the size the work grows: 1 where it is linear."""
    action(few)
    return calls_of(lambda: action(many)) / calls_of(lambda: action(few)) * few / many


@contextmanager
def reads() -> Iterator[List[int]]:
    """The lengths of everything that is read from model files within the block."""
    lengths: List[int] = []
    plain = ByteSource._read_from_file

    def noted(self: ByteSource, offset: int, length: int) -> bytes:
        lengths.append(length)
        return plain(self, offset, length)

    with mock.patch.object(ByteSource, "_read_from_file", noted):
        yield lengths
