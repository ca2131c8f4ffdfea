"""What HDF5 keeps in version 2 trees and fractal heaps, whole and damaged."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Callable, Iterator, List, Optional, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.wire.hdf5 import Hdf5File, Node
from dl2ecd_core.wire.hdf5.attributes import Attribute, dense_attributes, read_attribute
from dl2ecd_core.wire.hdf5.btree1 import symbols
from dl2ecd_core.wire.hdf5.fractal_heap import FractalHeap
from dl2ecd_core.wire.hdf5.frame import Cursor, Frame
from dl2ecd_core.wire.hdf5.global_heap import GlobalHeap
from dl2ecd_core.wire.hdf5.headers import messages
from dl2ecd_core.wire.hdf5.links import dense_links, read_link, table_links
from dl2ecd_core.wire.hdf5.types import DataType, read_type
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES

DENSE = gzip.decompress((FIXTURES / "keras" / "dense.h5.gz").read_bytes())


OPEN: List[ByteSource] = []


def opened(path: Path, content: bytes) -> ByteSource:
    """A file of this content, closed when the test ends."""
    path.write_bytes(content)
    OPEN.append(ByteSource(path))
    return OPEN[-1]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


@pytest.fixture
def dense(tmp_path: Path) -> Hdf5File:
    return Hdf5File(opened(tmp_path / "dense.h5", DENSE))


def member(file: Hdf5File, path: str) -> Node:
    node = file.root.child(path)
    assert node is not None
    return node


def test_a_group_of_many_links_in_trees_and_heaps_of_several_levels(dense: Hdf5File) -> None:
    links = member(dense, "many").links()
    assert set(links) == {f"{number:04d}" + "n" * 700 for number in range(800)}
    assert set(links.values()) == {member(dense, "target").address}


def test_a_group_that_keeps_the_order_of_its_links(dense: Hdf5File) -> None:
    few = member(dense, "few")
    assert set(few.links()) == {f"link {number}" for number in range(60)}
    assert few.child("soft") is None
    assert few.is_group
    assert few.shape is None
    assert few.type is None


def test_attributes_in_a_heap_and_one_too_large_for_it(dense: Hdf5File) -> None:
    attributes = member(dense, "ordered").attributes()
    texts = {name: item.texts() for name, item in attributes.items()}
    assert texts.pop("huge") == ("l",) * 70_000
    assert texts == {f"attribute {number}": ("a" * number,) for number in range(20)}


def test_a_type_that_is_an_object_of_its_own(dense: Hdf5File) -> None:
    typed = member(dense, "typed")
    assert (typed.shape, typed.type and typed.type.name) == ((4,), "float64")
    scale = typed.attribute("scale")
    assert scale is not None
    assert (scale.type.name, scale.texts(), scale.text()) == ("float64", None, None)


# ------------------------------------------------------------------------------------- damaged


def offset_of(signature: bytes, fits: Callable[[int], bool]) -> int:
    """Where the structure with this signature stands that fits."""
    place = DENSE.find(signature)
    while not fits(place):
        place = DENSE.find(signature, place + 1)
        assert place > 0
    return place


def unsigned(place: int, length: int) -> int:
    return int.from_bytes(DENSE[place : place + length], "little")


NOWHERE = b"\xff" * 8
#: The tree that names the members of "many": its header, its root, and that of its heap.
TREE = offset_of(b"BTHD", lambda place: DENSE[place + 5] == 5 and unsigned(place + 24, 2) > 1)
ROOT = unsigned(TREE + 16, 8)
POINTERS = ROOT + 6 + 11 * unsigned(TREE + 24, 2)
HEAP = DENSE.find(b"FRHP")
TOP = unsigned(HEAP + 132, 8)
#: The heap with attributes, the tree of what is too large for it, the tree of its attributes.
LARGE = offset_of(b"FRHP", lambda place: DENSE[place + 5] == 8)
BY_NAME = offset_of(b"BTHD", lambda place: DENSE[place + 5] == 8)


def patched(folder: Path, **changes: bytes) -> Hdf5File:
    """The file with bytes replaced, each at the place named after an underscore."""
    data = bytearray(DENSE)
    for name, content in changes.items():
        place = int(name.lstrip("_"))
        data[place : place + len(content)] = content
    return Hdf5File(opened(folder / "patched.h5", bytes(data)))


@pytest.mark.parametrize(
    ("place", "content", "word"),
    [
        (TREE, b"XXXX", "does not start with 'BTHD'"),
        (TREE + 5, b"\x06", "does not hold records of type 5"),
        (TREE + 6, bytes(4), "has impossible sizes"),
        (TREE + 10, bytes(2), "has impossible sizes"),
        (TREE + 10, struct.pack("<H", 60_000), "too small for their records"),
        (ROOT, b"BTLF", "does not start with 'BTIN'"),
        (POINTERS, ROOT.to_bytes(8, "little"), "runs in a circle"),
        (POINTERS, NOWHERE, "points nowhere"),
        (HEAP + 7, b"\x01", "is compressed"),
        (HEAP + 110, b"\x03", "has impossible block sizes"),
        (HEAP + 128, b"\x02", "has impossible block sizes"),
        (HEAP + 120, struct.pack("<Q", 128), "has impossible block sizes"),
        (HEAP + 5, b"\x02", "has impossible block sizes"),
        (TOP, b"XXXX", "does not start with 'FHIB'"),
        (TOP + 17, NOWHERE * 48, "lies outside its heap"),
        (HEAP + 140, b"\x01", "lies outside its heap"),
        (HEAP + 140, b"\x00", "lies outside its heap"),
        (HEAP + 132, NOWHERE, "lies outside its heap"),
    ],
)
def test_damage_to_the_tree_or_the_heap_of_a_group(
    tmp_path: Path, place: int, content: bytes, word: str
) -> None:
    file = patched(tmp_path, **{f"_{place}": content})
    with pytest.raises(ModelFileError, match=word) as error:
        member(file, "many").links()
    assert error.value.finding.rule == "model-damaged"


def test_a_tree_without_a_root_names_nothing(tmp_path: Path) -> None:
    file = patched(tmp_path, **{f"_{TREE + 16}": NOWHERE})
    assert member(file, "many").links() == {}


@pytest.mark.parametrize(
    ("identifier", "length", "word"),
    [
        (b"\x40", 7, "has an unknown version"),
        (b"\x30", 7, "is of an unknown kind"),
        (b"\x2f", 7, "is cut short"),
        (b"\x00", 7, "lies outside its heap"),
        (b"\x10", 7, "large object of a heap is missing"),
        (b"\x10" + bytes(8) + (1 << 40).to_bytes(8, "little"), 20, "is endless"),
    ],
)
def test_identifiers_that_lead_nowhere(
    tmp_path: Path, identifier: bytes, length: int, word: str
) -> None:
    file = patched(tmp_path, **{f"_{HEAP + 5}": struct.pack("<H", length)})
    heap = FractalHeap(file.frame, HEAP)
    with pytest.raises(ModelFileError, match=word):
        heap.value(identifier.ljust(length, b"\0"))


@pytest.mark.parametrize("length", [0, 1, 6])
def test_identifiers_shorter_than_the_heap_says(dense: Hdf5File, length: int) -> None:
    with pytest.raises(ModelFileError, match="is cut short"):
        FractalHeap(dense.frame, HEAP).value(bytes(length))


@pytest.mark.parametrize(
    ("length", "identifier"),
    [(7, b"\x22abc"), (20, b"\x20\x02abc"), (20, b"\x10" + struct.pack("<QQ", 0, 3))],
)
def test_objects_in_their_own_identifier_and_objects_found_by_address(
    tmp_path: Path, length: int, identifier: bytes
) -> None:
    file = patched(tmp_path, **{f"_{HEAP + 5}": struct.pack("<H", length)})
    value, _ = FractalHeap(file.frame, HEAP).value(identifier.ljust(length, b"\0"))
    assert value == (DENSE[:3] if identifier[0] == 0x10 else b"abc")


def test_objects_too_large_for_a_heap_are_found_by_number(dense: Hdf5File) -> None:
    heap = FractalHeap(dense.frame, LARGE)
    first, _ = heap.value(b"\x10" + struct.pack("<Q", 1)[:7])
    again, _ = heap.value(b"\x10" + struct.pack("<Q", 1)[:7])
    assert first == again
    assert b"huge" in first
    with pytest.raises(ModelFileError, match="is missing"):
        heap.value(b"\x10" + struct.pack("<Q", 9)[:7])


@pytest.mark.parametrize(
    ("record", "names"), [(b"\x02", 20), (b"\x00", 21)], ids=["shared", "its own"]
)
def test_attributes_that_objects_share_are_left_out(
    tmp_path: Path, record: bytes, names: int
) -> None:
    first = unsigned(BY_NAME + 16, 8) + 6
    file = patched(tmp_path, **{f"_{first + 8}": record})
    assert len(member(file, "ordered").attributes()) == names


def test_records_of_attributes_that_are_too_short(tmp_path: Path) -> None:
    file = patched(tmp_path, **{f"_{BY_NAME + 10}": b"\x08\x00"})
    with pytest.raises(ModelFileError, match="records that are too short"):
        member(file, "ordered").attributes()


# ------------------------------------------------------------- structures put together by hand


def frame_of(folder: Path, data: bytes) -> Frame:
    return Frame(opened(folder / "piece.h5", data), 0, 8, 8)


def cursor_of(folder: Path, data: bytes) -> Cursor:
    return Cursor(frame_of(folder, data), data, 0, "a piece")


@pytest.mark.parametrize(
    ("data", "kind", "name"),
    [
        (struct.pack("<B3sI", 0x10, b"\x08\0\0", 4) + bytes(4), "int", "int32"),
        (struct.pack("<B3sI", 0x10, b"\0\0\0", 3) + bytes(4), "int", None),
        (
            struct.pack("<B3sI", 0x11, b"\0\0\0", 2) + bytes(5) + b"\5" + bytes(6),
            "float",
            "float16",
        ),
        (struct.pack("<B3sI", 0x18, b"\0\0\0", 4), "enum", None),
        (struct.pack("<B3sI", 0x19, b"\0\0\0", 16), "vlen", None),
        (struct.pack("<B3sI", 0x1D, b"\0\0\0", 16), "other", None),
    ],
)
def test_types(tmp_path: Path, data: bytes, kind: str, name: Optional[str]) -> None:
    found = read_type(cursor_of(tmp_path, data))
    assert (found.kind, found.name) == (kind, name)


@pytest.mark.parametrize("first", [0x00, 0x60])
def test_types_of_another_version(tmp_path: Path, first: int) -> None:
    with pytest.raises(ModelFileError, match="unknown version"):
        read_type(cursor_of(tmp_path, bytes([first]) + bytes(7)))


@pytest.mark.parametrize(
    ("kind", "size", "shape", "texts"),
    [
        ("string", 0, (0,), ()),
        ("string", 4, (0,), ()),
        ("text", 16, (0,), ()),
        ("float", 4, (0,), ()),
    ],
)
def test_empty_lists_of_texts(
    tmp_path: Path, kind: str, size: int, shape: Tuple[int, ...], texts: Tuple[str, ...]
) -> None:
    cursor = cursor_of(tmp_path, b"")
    attribute = Attribute("a", DataType(kind, size), shape, cursor, GlobalHeap(cursor.frame))
    assert attribute.texts() == texts


def test_more_texts_than_there_is_room_for(tmp_path: Path) -> None:
    cursor = cursor_of(tmp_path, b"abcd")
    attribute = Attribute("a", DataType("string", 2), (3,), cursor, GlobalHeap(cursor.frame))
    with pytest.raises(ModelFileError, match="is shorter than it says"):
        attribute.texts()


def test_attributes_that_share_their_dataspace_are_refused(tmp_path: Path) -> None:
    number = struct.pack("<B3sI", 0x10, b"\0\0\0", 4) + bytes(4)
    space = struct.pack("<BBBB", 2, 0, 0, 0)
    body = struct.pack("<BBHHHB", 3, 2, 2, len(number), len(space), 0) + b"a\0" + number + space
    cursor = cursor_of(tmp_path, body)
    with pytest.raises(ModelFileError, match="shares its dataspace"):
        read_attribute(cursor, GlobalHeap(cursor.frame), read_type)


def test_nothing_said_of_where_attributes_and_links_lie(tmp_path: Path) -> None:
    info = b"\0\0" + NOWHERE + NOWHERE
    for reads in (dense_attributes, dense_links):
        cursor = cursor_of(tmp_path, info)
        assert list(reads(cursor.frame, cursor)) == []
    cursor = cursor_of(tmp_path, NOWHERE + NOWHERE)
    assert list(table_links(cursor.frame, cursor)) == []


def test_a_link_to_nowhere_is_none(tmp_path: Path) -> None:
    assert read_link(cursor_of(tmp_path, b"\1\0\1a" + NOWHERE)) is None


def local_heap(names: bytes) -> bytes:
    """The heap of names of a symbol table, at byte 0."""
    return b"HEAP" + bytes(4) + struct.pack("<QQQ", len(names), 0, 32) + names.ljust(32, b"\0")


def tree_of(*children: bytes) -> bytes:
    head = b"TREE" + struct.pack("<BBH", 0, 0, len(children)) + NOWHERE + NOWHERE
    return head + b"".join(bytes(8) + child for child in children) + bytes(8)


def entry(name: int, target: bytes, kind: int = 0) -> bytes:
    return struct.pack("<Q", name) + target + struct.pack("<I", kind) + bytes(20)


AT = len(local_heap(b""))


def test_a_symbol_table_with_links_of_every_kind(tmp_path: Path) -> None:
    tree = tree_of(NOWHERE, struct.pack("<Q", AT + 200))
    entries = [
        entry(1, struct.pack("<Q", 7)),
        entry(1, struct.pack("<Q", 8), kind=2),
        entry(3, NOWHERE),
    ]
    node = b"SNOD" + struct.pack("<BBH", 1, 0, len(entries)) + b"".join(entries)
    data = local_heap(b"\0a\0b\0") + tree.ljust(200, b"\0") + node
    assert list(symbols(frame_of(tmp_path, data), AT, 0)) == [("a", 7)]


def test_a_symbol_table_that_runs_in_a_circle(tmp_path: Path) -> None:
    data = local_heap(b"\0a\0") + tree_of(struct.pack("<Q", AT))
    with pytest.raises(ModelFileError, match="runs in a circle"):
        list(symbols(frame_of(tmp_path, data), AT, 0))


@pytest.mark.parametrize("place", [0, 90_000])
def test_a_heap_of_texts_of_an_impossible_size(tmp_path: Path, place: int) -> None:
    head = b"GCOL" + struct.pack("<B3xQ", 1, 1 << 40)
    frame = frame_of(tmp_path, bytes(place) + head + bytes(64))
    with pytest.raises(ModelFileError, match="impossible size"):
        GlobalHeap(frame).value(place, 1, 4)


def test_a_heap_of_texts_that_is_full_to_its_end(tmp_path: Path) -> None:
    data = b"GCOL" + struct.pack("<B3xQ", 1, 40) + struct.pack("<HHIQ", 1, 0, 0, 8) + b"textures"
    heap = GlobalHeap(frame_of(tmp_path, data))
    assert heap.value(0, 1, 4) == b"text"
    assert heap.value(None, 1, 4) == b""
    with pytest.raises(ModelFileError, match="not where it should be"):
        heap.value(0, 2, 4)


def header(*found: Tuple[int, int, bytes]) -> bytes:
    """An object header of version 1 with messages: kind, flags, body."""
    bodies = b"".join(
        struct.pack("<HHB3x", kind, len(body), flags) + body for kind, flags, body in found
    )
    return struct.pack("<BxHII4x", 1, len(found), 1, len(bodies)) + bodies


def test_a_header_that_continues_nowhere(tmp_path: Path) -> None:
    frame = frame_of(tmp_path, header((0x10, 0, NOWHERE + bytes(8))))
    with pytest.raises(ModelFileError, match="continues nowhere"):
        list(messages(frame, 0))


def test_structures_that_claim_more_than_a_block(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="claims 99999999 bytes"):
        frame_of(tmp_path, b"").read(0, 99_999_999, "a heap")


def described(folder: Path, *found: Tuple[int, int, bytes]) -> Node:
    """A node with messages: kind, flags, body; a type that others may share lies behind it."""
    own = header(*found).ljust(SHARED, b"\0")
    number = struct.pack("<B3sI", 0x10, b"\x08\0\0", 2) + bytes(4)
    data = own + header((0x01, 0, bytes(8)), (0x03, 0, number))
    file = Hdf5File(opened(folder / "node.h5", DENSE))
    file.frame = frame_of(folder, data)
    return Node(file, 0)


SHARED = 256


@pytest.mark.parametrize(
    "body",
    [
        b"\1\0" + bytes(14) + struct.pack("<Q", SHARED),
        b"\2\0" + struct.pack("<Q", SHARED),
        b"\3\2" + struct.pack("<Q", SHARED),
    ],
)
def test_types_shared_in_the_ways_of_three_generations(tmp_path: Path, body: bytes) -> None:
    kind = described(tmp_path, (0x03, 2, body)).type
    assert kind is not None
    assert kind.name == "int16"


@pytest.mark.parametrize("target", [NOWHERE, struct.pack("<Q", 0)])
def test_a_shared_type_that_is_not_there(tmp_path: Path, target: bytes) -> None:
    node = described(tmp_path, (0x03, 2, b"\3\2" + target))
    with pytest.raises(ModelFileError, match="a type that is not there"):
        assert node.type


def test_shared_attributes_and_spaces_are_left_out(tmp_path: Path) -> None:
    node = described(tmp_path, (0x0C, 2, bytes(8)), (0x01, 2, bytes(8)))
    assert (node.attributes(), node.shape, node.is_dataset) == ({}, None, False)


def test_a_path_may_have_empty_steps_and_lead_nowhere(dense: Hdf5File) -> None:
    assert dense.root.child("/few//link 3") is dense.root.child("few/link 3")
    assert dense.root.child("gone/further") is None


def test_a_superblock_that_names_no_root(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="names no root group"):
        patched(tmp_path, _36=NOWHERE)
