"""Weights in HDF5 files, however they are stored there."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import List, Optional, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models.keras.lowering.shelves import home_of, weight_at
from dl2ecd_core.network.weights import Content
from dl2ecd_core.wire.hdf5 import Hdf5File, storage
from dl2ecd_core.wire.part import MemorySource, PartSource
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES

FILE = FIXTURES / "keras" / "storage.h5"
LATEST = FIXTURES / "keras" / "storage_latest.h5"
SHAPE = (7, 5, 3)
VALUES = [number * 0.5 - 3 for number in range(105)]


def content(source: ByteSource, name: str) -> Tuple[Tuple[int, ...], Optional[Content]]:
    dataset = Hdf5File(source).root.child(name)
    assert dataset is not None
    weight = weight_at(home_of(source), dataset)
    assert weight is not None
    return weight.shape, weight.content


def numbers(found: Optional[Content]) -> List[float]:
    """The 32-bit floats that are read."""
    assert found is not None
    data = b"".join(found.pieces())
    assert len(data) == found.size
    return list(struct.unpack(f"<{len(data) // 4}f", data))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        *((FILE, name) for name in ("whole", "halves", "doubles", "big", "compact", "chunks")),
        *((FILE, name) for name in ("packed", "shuffled", "checked")),
        *((LATEST, name) for name in ("whole", "single", "packed")),
    ],
)
def test_numbers_are_the_same_however_they_are_stored(path: Path, name: str) -> None:
    with ByteSource(path) as source:
        shape, found = content(source, name)
    assert (shape, numbers(found)) == (SHAPE, VALUES)


def test_many_chunks_are_found_through_their_tree() -> None:
    with ByteSource(FILE) as source:
        assert numbers(content(source, "many")[1]) == list(map(float, range(1200)))
        assert numbers(content(source, "scalar")[1]) == [7]


def test_chunks_that_were_never_written_are_zeros() -> None:
    with ByteSource(FILE) as source:
        assert numbers(content(source, "none")[1]) == [0] * 105
        some = numbers(content(source, "some")[1])
    assert some == [value if 30 <= place < 60 else 0 for place, value in enumerate(VALUES)]


@pytest.mark.parametrize(
    ("path", "name"),
    [(FILE, "numbers"), (FILE, "empty"), (FILE, "odd"), (LATEST, "indexed")],
)
def test_what_is_stored_otherwise_is_not_read(path: Path, name: str) -> None:
    with ByteSource(path) as source:
        assert content(source, name) == (SHAPE, None)


def test_a_group_holds_no_weights() -> None:
    with ByteSource(FILE) as source:
        assert weight_at(home_of(source), Hdf5File(source).root) is None


@pytest.mark.parametrize("name", ["whole", "packed"])
def test_weights_are_found_inside_archives_too(name: str, tmp_path: Path) -> None:
    data = FILE.read_bytes()
    around = tmp_path / "around"
    around.write_bytes(b"x" * 100 + data + b"x" * 7)
    with ByteSource(around) as whole:
        inside = PartSource(whole, "the weights", 100, len(data))
        found = content(inside, name)[1]
        unpacked = content(MemorySource(whole, "the weights", 100, data), name)[1]
    assert numbers(found) == numbers(unpacked) == VALUES


def damaged(tmp_path: Path, place: int, data: bytes) -> Path:
    path = tmp_path / "damaged.h5"
    whole = bytearray(FILE.read_bytes())
    whole[place : place + len(data)] = data
    path.write_bytes(bytes(whole))
    return path


def test_a_damaged_chunk_is_an_error(tmp_path: Path) -> None:
    with ByteSource(FILE) as source:
        dataset = Hdf5File(source).root.child("packed")
        assert dataset is not None
        assert dataset.storage is not None
        index = dataset.storage.index or 0
        # The first child of the tree's node: after its head, and a key for rank 3.
        (chunk,) = source.unpack("<Q", index + 24 + 40)
    for place, data in ((chunk, b"\0\0\0\0"), (index, b"TRAA"), (index + 4, b"\0")):
        with ByteSource(damaged(tmp_path, place, data)) as source:
            _, found = content(source, "packed")
        with pytest.raises(ModelFileError) as caught:
            numbers(found)
        assert caught.value.finding.rule == "model-damaged"


def test_a_tree_in_a_circle_and_one_to_nowhere_end(tmp_path: Path) -> None:
    with ByteSource(FILE) as source:
        dataset = Hdf5File(source).root.child("chunks")
        assert dataset is not None
        assert dataset.storage is not None
        index = dataset.storage.index or 0
    kept = FILE.read_bytes()[index + 8 : index + 64]
    circle = struct.pack("<BH", 1, 1) + kept + struct.pack("<Q", index)
    cases = ((index + 5, circle, "circle"), (index + 24 + 40, b"\xff" * 8, "nowhere"))
    for place, data, why in cases:
        with ByteSource(damaged(tmp_path, place, data)) as source:
            _, found = content(source, "chunks")
        with pytest.raises(ModelFileError) as caught:
            numbers(found)
        assert why in caught.value.finding.message
        assert caught.value.finding.rule == "model-damaged"


def test_chunks_larger_than_any_network_needs_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(storage, "LARGEST_BAND", 100)
    with ByteSource(FILE) as source:
        _, found = content(source, "chunks")
    with pytest.raises(ModelFileError) as caught:
        numbers(found)
    assert caught.value.finding.rule == "model-too-complex"


def test_a_layout_of_an_unknown_version_is_not_read(tmp_path: Path) -> None:
    data = FILE.read_bytes()
    with ByteSource(FILE) as source:
        dataset = Hdf5File(source).root.child("whole")
        assert dataset is not None
        kept = dataset.storage
    assert kept is not None
    assert kept.offset is not None
    # The message that holds the address: version 3, contiguous.
    place = data.index(b"\x03\x01" + struct.pack("<QQ", kept.offset, kept.length))
    with ByteSource(damaged(tmp_path, place, b"\x09")) as source:
        assert content(source, "whole") == (SHAPE, None)


def test_chunks_outside_and_of_another_size_change_nothing_or_are_an_error(
    tmp_path: Path,
) -> None:
    with ByteSource(FILE) as source:
        root = Hdf5File(source).root
        places = {}
        for name in ("chunks", "shuffled"):
            dataset = root.child(name)
            assert dataset is not None
            assert dataset.storage is not None
            places[name] = (dataset.storage.index or 0) + 24
    # The first chunk's place along the second axis: beyond the dataset.
    with ByteSource(damaged(tmp_path, places["chunks"] + 16, struct.pack("<Q", 30))) as source:
        found = numbers(content(source, "chunks")[1])
    assert found[:2] == [0, 0]
    assert found[2:3] == VALUES[2:3]
    # Its bytes: one less than a chunk has.
    with ByteSource(damaged(tmp_path, places["chunks"], struct.pack("<I", 47))) as source:
        _, short = content(source, "chunks")
    with pytest.raises(ModelFileError) as caught:
        numbers(short)
    assert caught.value.finding.rule == "model-damaged"
    # Its filters: none was run over it, as the mask says.
    with ByteSource(damaged(tmp_path, places["shuffled"] + 4, struct.pack("<I", 7))) as source:
        _, masked = content(source, "shuffled")
    with pytest.raises(ModelFileError):
        numbers(masked)


def test_a_chunk_unpacks_to_its_size_and_no_further() -> None:
    with ByteSource(FILE) as source:
        frame = Hdf5File(source).frame
        bomb = zlib.compress(bytes(50_000_000), 9)
        tracemalloc.start()
        with pytest.raises(ModelFileError) as caught:
            storage._unpacked(frame, 0, bomb, (1,), 0, 420, 4)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert caught.value.finding.rule == "model-damaged"
    assert peak < 1_000_000


def test_chunks_of_no_size_are_an_error() -> None:
    with ByteSource(FILE) as source:
        frame = Hdf5File(source).frame
        with pytest.raises(ModelFileError):
            list(storage.chunked_values(frame, storage.Storage(chunk=(0, 1)), (2, 2), 4))
