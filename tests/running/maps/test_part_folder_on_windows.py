"""The folder of an unfinished result under the stand-in for Windows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.running.maps.part_file import PartFolder
from tests.stand_in_windows import StandIn


def test_two_runs_do_not_make_the_same_output(as_windows: StandIn, tmp_path: Path) -> None:
    target = tmp_path / "map.tif"
    first = PartFolder(target, {"scene": 1})
    first.file("values", 4, 1, "uint8").write(0, np.ones((3, 4), "uint8"))
    first.note(3)
    for key in ({"scene": 1}, {"scene": 2}):
        with pytest.raises(ConversionRefused) as caught:
            PartFolder(target, key)
        assert [item.rule for item in caught.value.findings] == ["output-in-the-making"]
    first.close()
    second = PartFolder(target, {"scene": 1})
    assert second.done == 3
    second.remove()
    assert list(tmp_path.iterdir()) == []


def test_what_another_program_holds_does_no_harm(as_windows: StandIn, tmp_path: Path) -> None:
    """As a virus scanner does that looks at a new file."""
    target = tmp_path / "map.tif"
    folder = PartFolder(target, {})
    with (folder.path / "journal.json").open("rb"):
        folder.remove()
        assert folder.path.is_dir()
    again = PartFolder(target, {})
    assert again.done == 0
    again.remove()
    assert list(tmp_path.iterdir()) == []
