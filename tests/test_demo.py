"""The model that ships with the package."""

from __future__ import annotations

from pathlib import Path

import pytest

from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.findings.errors import ConversionRefused


def test_is_put_into_a_folder_that_is_made_for_it(tmp_path: Path) -> None:
    unpack(tmp_path / "a" / "b")
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == [CLASS_INFO, MODEL]


def test_may_be_there_already(tmp_path: Path) -> None:
    unpack(tmp_path)
    stamp = (tmp_path / MODEL).stat().st_mtime_ns
    unpack(tmp_path)
    assert (tmp_path / MODEL).stat().st_mtime_ns == stamp


@pytest.mark.parametrize("name", [MODEL, CLASS_INFO])
def test_never_takes_the_place_of_another_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(ConversionRefused) as error:
        unpack(tmp_path)
    (item,) = error.value.findings
    assert item.rule == "output-exists"
    assert item.message == f"The file '{tmp_path / name}' exists already and is not the demo's."
    assert (tmp_path / name).read_text() == "mine"


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ConversionRefused) as error:
            unpack(folder)
        assert error.value.findings[0].rule.startswith("output-")
