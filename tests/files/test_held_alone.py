"""A file that says, as long as it is open, that a run makes something; on Windows too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dl2ecd_core.files.strays import held_alone
from tests.stand_in_windows import StandIn


@pytest.fixture(params=["here", "on Windows"])
def lasting(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where such a file is to lie."""
    if request.param == "on Windows":
        request.getfixturevalue("as_windows")
    return tmp_path / "lock"


def test_one_run_at_a_time_has_it(lasting: Path) -> None:
    first = held_alone(lasting)
    assert first is not None
    assert held_alone(lasting) is None
    first.close()
    second = held_alone(lasting)
    assert second is not None
    second.close()


def test_what_a_killed_run_left_is_nobodys(lasting: Path) -> None:
    lasting.write_bytes(b"left")
    handle = held_alone(lasting)
    assert handle is not None
    handle.close()


def test_a_place_that_is_none_is_an_error(lasting: Path) -> None:
    with pytest.raises(FileNotFoundError):
        held_alone(lasting / "below")


def test_of_two_that_make_it_on_windows_one_is_first(
    as_windows: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = os.unlink

    def overtaken(path: Path) -> None:
        """The other one makes it just after this one saw that there is none."""
        try:
            unlink(path)
        finally:
            Path(path).touch()

    monkeypatch.setattr(os, "unlink", overtaken)
    assert held_alone(tmp_path / "lock") is None
