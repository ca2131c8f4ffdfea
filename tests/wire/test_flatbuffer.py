"""FlatBuffers: what is stored is found, and no offset leads anywhere it should not."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.wire.flatbuffer import Table, root
from dl2ecd_core.wire.source import ByteSource

# A table at byte 16 with a vtable before it: a number, a string, a vector, an absent field.
VTABLE = struct.pack("<HHHHHH", 12, 16, 4, 8, 12, 0)
BUFFER = (
    struct.pack("<I", 16)
    + VTABLE
    + struct.pack("<iiII", 12, -7, 8, 16)
    + struct.pack("<I", 5)
    + b"water\0\0\0"
    + struct.pack("<Iii", 2, 3, -4)
)


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    """The table of the buffer above."""
    with ByteSource(written(tmp_path, BUFFER)) as source:
        yield root(source, "the table")


def written(folder: Path, content: bytes) -> Path:
    """A file with these bytes."""
    path = folder / "buffer"
    path.write_bytes(content)
    return path


def test_fields_are_found_by_number(table: Table) -> None:
    assert table.integer(0) == -7
    assert table.text(1) == "water"
    assert table.integers(2) == [3, -4]


def test_absent_fields_have_their_default(table: Table) -> None:
    assert not table.has(3)
    assert table.integer(3, default=9) == 9
    assert table.text(99) is None
    assert table.integers(99) == []
    assert table.table(99, "nothing") is None


def test_an_item_beyond_the_vector_is_refused(table: Table) -> None:
    with pytest.raises(ModelFileError, match="number 2 of 2"):
        table.vector(2).table(2, "an item")


def test_a_longer_vector_than_allowed_is_refused(table: Table) -> None:
    with pytest.raises(ModelFileError) as caught:
        table.vector(2, most=1)
    assert caught.value.finding.rule == "model-too-complex"


def test_a_length_beyond_the_file_is_refused(tmp_path: Path) -> None:
    content = BUFFER[:-12] + struct.pack("<Iii", 0x40000000, 3, -4)
    with ByteSource(written(tmp_path, content)) as source, pytest.raises(ModelFileError) as caught:
        root(source, "the table").integers(2)
    assert caught.value.finding.rule == "model-damaged"


@settings(max_examples=200)
@given(
    place=st.integers(0, len(BUFFER) - 1),
    value=st.integers(0, 255),
    length=st.integers(0, len(BUFFER)),
)
def test_any_other_bytes_give_values_or_a_model_file_error(
    tmp_path: Path, place: int, value: int, length: int
) -> None:
    content = bytearray(BUFFER)
    content[place] = value
    with ByteSource(written(tmp_path, bytes(content[:length]))) as source:
        try:
            found = root(source, "the table")
            found.integer(0)
            found.text(1)
            found.integers(2)
            found.table(2, "another table")
        except ModelFileError as error:
            assert error.finding.rule in ("model-damaged", "model-too-complex")
