"""Protocol buffers are walked field by field, and broken ones are said to be so."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.wire.part import MemorySource
from dl2ecd_core.wire.protobuf import (
    LENGTH,
    VARINT,
    Message,
    fields_present,
    float_of,
    signed,
)
from dl2ecd_core.wire.source import ByteSource


def varint(value: int) -> bytes:
    value &= 0xFFFFFFFFFFFFFFFF
    pieces = bytearray()
    while value > 0x7F:
        pieces.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*pieces, value])


def text_field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | LENGTH) + varint(len(content)) + content


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ByteSource]:
    path: Path = tmp_path_factory.mktemp("wire") / "a.pb"
    path.write_bytes(b"x")
    with ByteSource(path) as source:
        yield source


def message(file: ByteSource, content: bytes) -> Message:
    return Message(MemorySource(file, "a message", 0, content))


@given(st.lists(st.tuples(st.integers(1, 4000), st.binary(max_size=300)), max_size=8))
def test_fields_come_out_in_order(file: ByteSource, fields: List[Tuple[int, bytes]]) -> None:
    whole = message(file, b"".join(text_field(number, content) for number, content in fields))
    assert [(one.number, whole.bytes_of(one)) for one in whole.fields()] == fields


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20))
def test_packed_and_single_numbers_are_read_alike(file: ByteSource, numbers: List[int]) -> None:
    packed = message(file, text_field(1, b"".join(varint(number) for number in numbers)))
    (field,) = packed.fields()
    assert packed.integers_of(field) == numbers
    single = message(file, b"".join(b"\x08" + varint(number) for number in numbers))
    assert [signed(one.value) for one in single.fields() if one.wire == VARINT] == numbers


def test_floats(file: ByteSource) -> None:
    (field,) = message(file, b"\x0d\x00\x00\x80\x3f").fields()
    assert float_of(field) == 1.0


def test_numbers_of_one_kind_packed_or_not(file: ByteSource) -> None:
    (double,) = message(file, b"\x09" + struct.pack("<d", 0.25)).fields()
    assert float_of(double) == 0.25
    single = message(file, b"\x0d" + struct.pack("<f", 0.5))
    packed = message(file, text_field(1, struct.pack("<2f", 0.5, 1.5) + b"cut"))
    assert [single.floats_of(one) for one in single.fields()] == [[0.5]]
    assert [packed.floats_of(one) for one in packed.fields()] == [[0.5, 1.5]]
    plain = message(file, b"\x08\x07")
    assert [plain.integers_of(one) for one in plain.fields()] == [[7]]


def test_messages_in_messages(file: ByteSource) -> None:
    inner = text_field(2, "Fläche".encode()) + b"\x08\x05" + text_field(2, b"\xff")
    whole = message(file, text_field(1, inner))
    (field,) = whole.fields()
    nested = whole.child(field, "a layer")
    assert (nested.size, nested.end) == (len(inner), field.end)
    groups = nested.by_number()
    assert [nested.text_of(one) for one in groups[2]] == ["Fläche", "\ufffd"]
    assert [one.value for one in groups[1]] == [5]


def test_what_is_of_another_kind_than_expected_is_said(file: ByteSource) -> None:
    whole = message(file, b"\x08\x05" + text_field(2, b"x" * 50))
    number, text = whole.fields()
    with pytest.raises(ModelFileError, match="a layer has wire type 0"):
        whole.child(number, "a layer")
    with pytest.raises(ModelFileError, match="field 1 has wire type 0"):
        whole.bytes_of(number)
    with pytest.raises(ModelFileError, match="a text of 50 bytes; at most 20") as error:
        whole.text_of(text, 20)
    assert error.value.finding.rule == "model-too-complex"
    assert "a layer with inputs" in str(whole.wrong("a layer with inputs"))


@pytest.mark.parametrize("packed", [b"\xff" * 12, b"\x01\xff"])
def test_packed_numbers_that_do_not_end(file: ByteSource, packed: bytes) -> None:
    whole = message(file, text_field(1, packed))
    (field,) = whole.fields()
    with pytest.raises(ModelFileError, match="does not end"):
        whole.integers_of(field)


def test_lengths_that_lie_across_the_blocks_in_which_a_file_is_read(file: ByteSource) -> None:
    for before in range(16_370, 16_390):
        content = text_field(1, b"x" * before) + text_field(300, b"y" * 40_000) + b"\x18\x2a"
        found = [(one.number, one.value) for one in message(file, content).fields()]
        assert found == [(1, before), (300, 40_000), (3, 42)]


def test_a_message_that_goes_on_beyond_its_file(file: ByteSource) -> None:
    source = MemorySource(file, "a message", 0, b"\x08\x05")
    with pytest.raises(ModelFileError, match="the end of the file"):
        list(Message(source, 0, 50).fields())


def test_only_so_many_fields_are_looked_at(file: ByteSource) -> None:
    source = MemorySource(file, "a message", 0, b"\x08\x05" * 50)
    assert len(list(fields_present(source, 0, 100, 9))) == 11
    broken = MemorySource(file, "a message", 0, b"\x08\x05\x0b")
    assert [one.value for one in fields_present(broken, 0, 100, 9)] == [5]
    number = MemorySource(file, "a message", 0, b"\x0d\0\0\x80\x3f")
    assert [float_of(one) for one in fields_present(number, 0, 5, 9)] == [1.0]
    whole = MemorySource(file, "a message", 0, b"")
    assert list(fields_present(whole, 0, 0, 9)) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x0a\x05ab", "5 bytes where 2 are left"),
        (b"\x0d\x00\x00", "cut off"),
        (b"\x08" + b"\xff" * 10, "does not end"),
        (b"\x0b", "wire type 3"),
        (b"\x02\x00", "field number of 0"),
    ],
)
def test_broken_ones_are_said_to_be_so(file: ByteSource, content: bytes, said: str) -> None:
    with pytest.raises(ModelFileError, match=said) as error:
        list(message(file, content).fields())
    assert error.value.finding.rule == "model-damaged"


def test_what_is_cut_short_is_recognised_as_far_as_it_goes(file: ByteSource) -> None:
    source = MemorySource(file, "a message", 0, text_field(1, b"ab") + b"\x12\x7fcut")
    assert [one.number for one in fields_present(source, 0, 1000, 64)] == [1, 2]
    assert list(fields_present(source, 1000, 2000, 64)) == []


@given(st.binary(max_size=200))
def test_any_bytes_give_fields_or_a_domain_error(file: ByteSource, content: bytes) -> None:
    try:
        for field in message(file, content).fields():
            assert 0 <= field.start <= len(content)
    except ModelFileError as error:
        assert error.finding.where.offset is not None
