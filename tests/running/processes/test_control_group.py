"""What a container, or a batch system, lets a process have."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Optional

import pytest

from dl2ecd_core.running.processes.control_group import free_memory


def left(folder: Path, groups: str, files: Dict[str, str]) -> Optional[int]:
    """Of a system whose files these are."""
    for name, text in files.items():
        path = folder / "fs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="ascii")
    (folder / "cgroup").write_text(groups, encoding="ascii")
    return free_memory(folder / "cgroup", folder / "fs")


def second(limit: str, taken: int, cached: int, place: str = "") -> Dict[str, str]:
    """The files of a group of version 2."""
    return {
        f"{place}memory.max": f"{limit}\n",
        f"{place}memory.current": f"{taken}\n",
        f"{place}memory.stat": f"anon 5\ninactive_file {cached}\nactive_file 7\n",
    }


def test_is_the_limit_less_what_is_taken(tmp_path: Path) -> None:
    """Files that are kept in memory for the case that somebody reads them again can go."""
    assert left(tmp_path, "0::/\n", second("1000", 300, 50)) == 750


def test_nothing_is_left_where_more_is_taken(tmp_path: Path) -> None:
    assert left(tmp_path, "0::/\n", second("1000", 1300, 50)) == 0


@pytest.mark.parametrize(
    "files",
    [{}, second("max", 300, 50), {"memory.max": "1000"}, second("-5", 1, 1)],
)
def test_is_none_where_nothing_bounds_it(tmp_path: Path, files: Dict[str, str]) -> None:
    assert left(tmp_path, "0::/\n", files) is None


def test_what_can_go_may_be_unknown(tmp_path: Path) -> None:
    files = {"memory.max": "1000", "memory.current": "300"}
    assert left(tmp_path, "0::/\n", files) == 700


def test_groups_are_bounded_by_those_that_they_are_a_part_of(tmp_path: Path) -> None:
    files = {
        **second("1000", 100, 0, "jobs/"),
        **second("5000", 100, 0, "jobs/mine/"),
        **second("10", 0, 0, "others/"),
    }
    assert left(tmp_path, "0::/jobs/mine\n", files) == 900


def test_of_the_first_version_memory_has_groups_of_its_own(tmp_path: Path) -> None:
    files = {
        "memory/box/memory.limit_in_bytes": "1000",
        "memory/box/memory.usage_in_bytes": "400",
        "memory/box/memory.stat": "inactive_file 1\ntotal_inactive_file 100\n",
        "memory/memory.limit_in_bytes": "9223372036854771712",
        "memory/memory.usage_in_bytes": "400",
        "cpu/box/memory.limit_in_bytes": "1",
        "cpu/box/memory.usage_in_bytes": "1",
    }
    groups = "5:cpu,cpuacct:/box\n4:memory:/box\n0::/\n"
    assert left(tmp_path, groups, files) == 700


def test_a_container_does_not_see_what_it_is_a_part_of(tmp_path: Path) -> None:
    """The file names its group as the machine does; here it lies at the top."""
    files = {"memory/memory.limit_in_bytes": "900", "memory/memory.usage_in_bytes": "400"}
    assert left(tmp_path, "4:memory:/docker/7f/..\n", files) == 500


def test_is_none_where_there_are_no_groups(tmp_path: Path) -> None:
    assert free_memory(tmp_path / "none", tmp_path) is None
    assert left(tmp_path, "no groups\n", {}) is None
