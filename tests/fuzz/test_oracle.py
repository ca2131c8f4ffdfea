"""A short run of the oracle: CPython's unpicklers and the walk see the same globals."""

from __future__ import annotations

import pickle
import random
import sys
from pathlib import Path

import pytest

from dl2ecd_core.wire.pickle_values import Global, Walk

from .oracle import Oracle, miss, pickles, unpicklers

if sys.platform == "win32":
    pytest.skip("the child process limits itself by what Unix has", allow_module_level=True)


def test_every_global_that_cpython_would_look_up_is_named_or_the_pickle_not_analysed(
    tmp_path: Path,
) -> None:
    oracle = Oracle(seed=0, failures=tmp_path / "misses")
    oracle.run(400, batch=100)
    assert oracle.misses == {}
    # The run says something only where there was something to see.
    assert oracle.counts["looking up"] > 100
    assert oracle.counts["named whole"] > 50
    assert oracle.counts["loaded"] > 100


def test_what_cpython_looks_up_is_told_and_nothing_runs(tmp_path: Path) -> None:
    target = tmp_path / "made"
    evil = b"cos\nmkdir\n(V" + str(target).encode("raw-unicode-escape") + b"\ntR."
    with unpicklers(tmp_path) as child:
        answers = child.answers([evil, b"cos\nsystem\n(", pickle.dumps([1])])
    assert answers == [[[["os", "mkdir"]], True], [[["os", "system"]], False], [[], True]]
    assert not target.exists()


def test_a_pickle_that_kills_the_unpicklers_does_not_end_the_run(tmp_path: Path) -> None:
    # Tuples that double: hashing them never ends.
    deadly = b"})" + b"2\x86" * 200 + b"Ns."
    with unpicklers(tmp_path) as child:
        answers = child.answers([b"N.", deadly, b"ca\nb\n."])
        assert answers == [[[], True], None, [[["a", "b"]], True]]
        assert child.died == 1


def test_the_same_seed_tries_the_same_pickles() -> None:
    first, second = random.Random("oracle:7"), random.Random("oracle:7")
    assert [pickles(first) for _ in range(50)] == [pickles(second) for _ in range(50)]


@pytest.mark.parametrize(
    ("walk", "is_miss"),
    [
        (Walk(None, 1, (Global("os", "system"),)), False),
        (Walk(None, 1, (Global("os", "path"),)), True),
        (Walk(None, 1, problem="it has too many steps"), False),
        (Walk(None, 1, problem="its stack is empty", broken=True), True),
        (Walk(None, 1, (Global("os", "system"),), problem="a mark is missing", broken=True), True),
    ],
)
def test_a_miss_is_what_is_neither_named_nor_said_to_be_untold(walk: Walk, is_miss: bool) -> None:
    assert (miss(walk, ([["os", "system"]], True)) is not None) is is_miss
