"""A file read by position: never beyond its end, and never wrong when it changes underneath."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.wire.source import LONGEST_READ, ByteSource

CONTENT = random.Random(5).randbytes(3 * 1024 * 1024)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.bin"
    path.write_bytes(CONTENT)
    return path


def test_any_piece_comes_out_as_it_stands_in_the_file(file: Path) -> None:
    chance = random.Random(6)
    with ByteSource(file) as source:
        for _ in range(600):
            start = chance.randrange(len(CONTENT))
            length = chance.choice([0, 1, 8, 1000, 16_384, 16_385, 100_000])
            assert source.read_up_to(start, length) == CONTENT[start : start + length]
        assert source.read_up_to(len(CONTENT), 5) == b""
        assert source.read(len(CONTENT), 0) == b""
        assert source.unpack("<BH", 3) == (CONTENT[3], int.from_bytes(CONTENT[4:6], "little"))


@pytest.mark.parametrize(("start", "length"), [(-1, 3), (0, -1), (len(CONTENT) - 2, 3)])
def test_nothing_is_read_beyond_the_file(file: Path, start: int, length: int) -> None:
    with ByteSource(file, "model.bin") as source:
        with pytest.raises(ModelFileError, match="The file ends inside a header") as error:
            source.read(start, length, "a header")
        assert error.value.finding.rule == "model-damaged"


def test_more_than_any_format_needs_is_not_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "sparse.bin"
    with path.open("wb") as sparse:
        sparse.truncate(LONGEST_READ + 10)
    with ByteSource(path) as source, pytest.raises(ModelFileError) as error:
        source.read(0, LONGEST_READ + 1, "a header")
    assert error.value.finding.rule == "model-too-complex"


def test_a_file_that_gets_shorter_while_it_is_read_is_said_to(file: Path) -> None:
    with ByteSource(file) as source:
        os.truncate(file, 100)
        with pytest.raises(ModelFileError, match="got shorter") as error:
            source.read(1_000_000, 20)
    assert error.value.finding.rule == "file-changed"


def test_a_file_that_can_no_longer_be_read_is_said_so(file: Path) -> None:
    class Failing:
        def seek(self, offset: int) -> None:
            raise OSError(5, "Input/output error")

        def close(self) -> None:
            pass

    with ByteSource(file, "model.bin") as source:
        source._file.close()
        source._file = Failing()  # type: ignore[assignment]
        with pytest.raises(ModelFileError, match="Input/output error") as error:
            source.read(0, 20)
    assert error.value.finding.rule == "file-unreadable"


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError) as error:
        ByteSource(tmp_path / "gone.onnx", "gone.onnx")
    assert error.value.finding.rule == "file-not-found"
    assert "'gone.onnx'" in str(error.value)
    with pytest.raises(ModelFileError) as error:
        ByteSource(tmp_path)
    assert error.value.finding.rule == "file-unreadable"
