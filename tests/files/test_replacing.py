"""Which existing files an output may replace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.files import replacing
from dl2ecd_core.files.replacing import check_replaceable
from dl2ecd_core.findings.errors import ConversionRefused, ModelFileError


def refusal(target: Path) -> str:
    with pytest.raises(ConversionRefused) as error:
        check_replaceable(target)
    (item,) = error.value.findings
    assert item.rule == "output-is-another-file"
    return item.message


@pytest.mark.parametrize(
    ("name", "kind"), [(MODEL, "a model"), (CLASS_INFO, "a class information document")]
)
def test_what_took_someone_work_is_kept(tmp_path: Path, name: str, kind: str) -> None:
    unpack(tmp_path)
    assert f"exists and is {kind}: it is not replaced" in refusal(tmp_path / name)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"anything",
        b"\0anything",
        b'{"EsriClassifierDefinitionFile": 0, '
        b'"ExtraInfo": {"ImportDeepLearningModelToEsriExtraInfo": 0}}',
    ],
)
def test_any_other_file_may_be_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    check_replaceable(tmp_path / "a")
    check_replaceable(tmp_path / "none")


def test_what_can_not_be_read_is_left_to_the_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(path: Path) -> Any:
        raise ModelFileError("file-unreadable", "Permission denied")

    (tmp_path / "a").touch()
    monkeypatch.setattr(replacing, "ByteSource", unreadable)
    check_replaceable(tmp_path / "a")
