"""Archives are read within limits, and those made to do harm are refused by name."""

from __future__ import annotations

import io
import stat
import struct
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from typing import Iterator, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.wire.source import ByteSource
from dl2ecd_core.wire.zip import Archive, is_archive, open_archive
from dl2ecd_core.wire.zip_directory import LONGEST_NAME, MOST_ENTRIES

from .zips import Item, zip_bytes

_opened: List[ByteSource] = []


@pytest.fixture(autouse=True)
def close_archives() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def archive_of(folder: Path, data: bytes) -> Archive:
    path = folder / "a.zip"
    path.write_bytes(data)
    _opened.append(ByteSource(path))
    return Archive(_opened[-1])


def refusal(folder: Path, data: bytes) -> str:
    with pytest.raises(ModelFileError) as caught:
        archive_of(folder, data)
    assert caught.value.finding.rule == "archive-refused", caught.value
    return caught.value.finding.message


def damage(folder: Path, data: bytes) -> str:
    with pytest.raises(ModelFileError) as caught:
        archive_of(folder, data)
    assert caught.value.finding.rule == "model-damaged", caught.value
    return caught.value.finding.message


def test_entries_are_listed_in_order_and_read_whole(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, zip_bytes(Item("b/x", b"one"), Item("a", b"two").deflated()))
    assert archive.names() == ("b/x", "a")
    assert (archive.read("b/x"), archive.read("a")) == (b"one", b"two")
    assert "a" in archive
    assert archive.find("c") is None


def test_archives_of_the_standard_library_are_read(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr("wälder.txt", "é" * 1000)
        writer.mkdir("folder") if hasattr(writer, "mkdir") else writer.writestr("folder/", b"")
    archive = archive_of(tmp_path, packed.getvalue())
    assert archive.names() == ("wälder.txt", "folder/")
    assert archive.read("wälder.txt").decode() == "é" * 1000
    assert archive.entry("folder/").is_folder


def test_entries_written_in_one_go_are_read(tmp_path: Path) -> None:
    items = (Item("a", b"text" * 9, streamed=True).deflated(), Item("b", b"x", streamed=True))
    archive = archive_of(tmp_path, zip_bytes(*items))
    assert (archive.read("a"), archive.read("b")) == (b"text" * 9, b"x")


def test_zip64_archives_are_read(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, zip_bytes(Item("a", b"one", wide=True), Item("b", b"two")))
    assert (archive.read("a"), archive.read("b")) == (b"one", b"two")


def test_a_comment_at_the_end_does_not_matter(tmp_path: Path) -> None:
    assert archive_of(tmp_path, zip_bytes(Item("a", b"1"), comment=b"hello")).read("a") == b"1"


def test_an_empty_archive_has_no_entries(tmp_path: Path) -> None:
    assert archive_of(tmp_path, zip_bytes()).names() == ()


def test_a_stored_entry_is_read_in_place(tmp_path: Path) -> None:
    big = bytes(range(256)) * 4096
    archive = archive_of(tmp_path, zip_bytes(Item("big", big), Item("b", b"2")))
    view = archive.source("big")
    assert view.size == len(big)
    assert view.read(70_000, 10) == big[70_000:70_010]
    with pytest.raises(ModelFileError, match="Inside entry 'big'"):
        view.read(len(big) - 1, 2)


def test_a_packed_entry_is_a_source_too(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, zip_bytes(Item("a", b"0123456789" * 50).deflated()))
    assert archive.source("a").read(495, 5) == b"56789"
    assert archive.read_up_to("a", 12) == b"012345678901"
    with pytest.raises(ModelFileError, match="more than the 100"):
        archive.source("a", longest=100)


def test_an_archive_is_opened_once_for_all_formats(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zip_bytes(Item("a", b"1")))
    with ByteSource(path) as source:
        assert is_archive(source)
        assert open_archive(source) is open_archive(source)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil", "leave the folder"),
        ("a/../../evil", "leave the folder"),
        ("/etc/passwd", "absolute path"),
        ("C:/Windows/evil.dll", "absolute path"),
        ("c:evil", "absolute path"),
        ("a\\..\\evil", "backslash"),
        ("", "no name"),
        ("a\nb", "control characters"),
        ("a\0b", "control characters"),
        ("x" * (LONGEST_NAME + 1), f"{LONGEST_NAME + 1} letters"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str, why: str) -> None:
    assert why in refusal(tmp_path, zip_bytes(Item("ok", b"1"), Item(name, b"2")))


def test_a_file_that_is_marked_as_a_folder_is_refused(tmp_path: Path) -> None:
    item = zipfile.ZipInfo("a/data.pkl")
    item.external_attr |= 0x10
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as writer:
        writer.writestr(item, b"N.")
    with ByteSource(path) as source, pytest.raises(ModelFileError, match="marked as a folder"):
        Archive(source)


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    link = Item("link", b"/etc/passwd", mode=stat.S_IFLNK | 0o777)
    assert "symbolic link" in refusal(tmp_path, zip_bytes(link))
    pipe = Item("pipe", b"", mode=stat.S_IFIFO | 0o666)
    assert "not a plain file" in refusal(tmp_path, zip_bytes(pipe))


@pytest.mark.parametrize("other", ["Data.pkl", "data.pkl", "DATA.PKL/"])
def test_two_entries_that_are_one_on_windows_are_refused(tmp_path: Path, other: str) -> None:
    message = refusal(tmp_path, zip_bytes(Item("data.pkl"), Item(other)))
    assert "'data.pkl'" in message


def test_names_that_differ_in_composition_only_are_refused(tmp_path: Path) -> None:
    refusal(tmp_path, zip_bytes(Item("wälder"), Item("wa\u0308lder")))


@pytest.mark.parametrize("flag", [0x1, 0x40, 0x2000])
def test_encrypted_entries_are_refused(tmp_path: Path, flag: int) -> None:
    assert "encrypted" in refusal(tmp_path, zip_bytes(Item("secret", b"1", flags=flag)))


def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    bomb = Item("bomb", b"\0" * 20_000_000).deflated()
    assert "to unpack" in refusal(tmp_path, zip_bytes(bomb))


def test_many_small_bombs_are_refused_together(tmp_path: Path) -> None:
    one = Item("", b"\0" * 3_000_000).deflated()
    packed = zip_bytes(*(Item(f"{n}", one.content, one.packed, 8) for n in range(9)))
    assert "claim to unpack to 27000000" in refusal(tmp_path, packed)


def test_overlapping_entries_are_refused(tmp_path: Path) -> None:
    # As in the "better zip bomb": many directory entries share the bytes of one.
    kernel = Item("a", b"x" * 100)
    packed = zip_bytes(kernel, Item("b", b"x" * 100, header=0), Item("c", b"x" * 100, header=0))
    assert "overlaps" in refusal(tmp_path, packed)


def test_an_entry_that_reaches_into_the_next_by_its_name_is_refused(tmp_path: Path) -> None:
    data = bytearray(zip_bytes(Item("a", b"1"), Item("b", b"2")))
    # One byte more than there is room for behind the name, told alike in both places.
    for place in (data.find(b"PK\3\4") + 18, data.find(b"PK\1\2") + 20):
        struct.pack_into("<LL", data, place, 2, 2)
    assert "overlaps the one after it" in refusal(tmp_path, bytes(data))


def test_an_entry_quoting_the_next_header_is_refused(tmp_path: Path) -> None:
    inner = zip_bytes(Item("b", b"yy"))[: 30 + 1 + 2]
    outer = Item("a", inner)
    packed = zip_bytes(outer, Item("b", b"yy", header=30 + 1))
    assert "overlaps" in refusal(tmp_path, packed)


def test_a_header_that_contradicts_the_directory_is_refused(tmp_path: Path) -> None:
    assert "name or kind" in refusal(tmp_path, zip_bytes(Item("good", b"1", local_name="evil")))
    assert "sizes" in refusal(tmp_path, zip_bytes(Item("a", b"1234", local_size=3)))
    assert "overlaps" in refusal(
        tmp_path, zip_bytes(Item("a", b"1"), Item("b", b"2"), Item("c", b"22", header=0))
    )


def test_a_stored_entry_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    assert "claims 9 bytes in 3" in refusal(tmp_path, zip_bytes(Item("a", b"123", size=9)))


@pytest.mark.parametrize("size", [499, 501])
def test_a_packed_entry_that_lies_about_its_size_is_damaged(tmp_path: Path, size: int) -> None:
    item = Item("a", b"0123456789" * 50).deflated()
    lie = Item("a", item.content, item.packed, 8, size=size)
    archive = archive_of(tmp_path, zip_bytes(lie))
    with pytest.raises(ModelFileError, match=f"does not unpack to the {size} bytes"):
        archive.read("a")


def test_a_wrong_checksum_is_damage_and_none_is_not(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, zip_bytes(Item("a", b"1", crc=7), Item("b", b"2", crc=0)))
    with pytest.raises(ModelFileError, match="checksum of entry 'a'"):
        archive.read("a")
    assert archive.read("b") == b"2"


def test_too_many_entries_are_refused_unread(tmp_path: Path) -> None:
    count = MOST_ENTRIES + 1
    wide = zip_bytes(Item("a", b"1", wide=True), count=count)
    assert f"{count} entries" in refusal(tmp_path, wide)


def test_archives_inside_archives_are_read_to_one_level(tmp_path: Path) -> None:
    innermost = zip_bytes(Item("deep", b"3"))
    middle = zip_bytes(Item("inner.zip", innermost))
    outer = archive_of(tmp_path, zip_bytes(Item("middle.zip", middle)))
    inside = Archive(outer.source("middle.zip"))
    assert inside.names() == ("inner.zip",)
    with pytest.raises(ModelFileError, match="in an archive that itself lies in an archive"):
        Archive(inside.source("inner.zip"))


def test_two_end_records_are_refused(tmp_path: Path) -> None:
    # Readers that search from the front and from the back would see different archives.
    second = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)
    for hidden in (second, b"PK\5\6", second + b"more"):
        with pytest.raises(ModelFileError):
            archive_of(tmp_path, zip_bytes(Item("a", b"1"), comment=hidden))


def test_an_archive_split_over_files_is_refused(tmp_path: Path) -> None:
    whole = bytearray(zip_bytes(Item("a", b"1")))
    whole[-18] = 1
    assert "split" in refusal(tmp_path, bytes(whole))


def test_an_entry_on_another_disk_is_refused(tmp_path: Path) -> None:
    data = bytearray(zip_bytes(Item("a", b"1")))
    data[data.find(b"PK\1\2") + 34] = 1
    assert "lies in another file" in refusal(tmp_path, bytes(data))


def test_a_rare_way_of_packing_is_named(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, zip_bytes(Item("a", b"1234", method=12)))
    with pytest.raises(ModelFileError, match="method 12") as caught:
        archive.read("a")
    assert caught.value.finding.rule == "model-unsupported"


def test_a_cut_archive_is_damaged(tmp_path: Path) -> None:
    whole = zip_bytes(Item("a", b"12345678" * 30))
    assert "no end record" in damage(tmp_path, whole[:150])


def test_entries_of_any_size_come_piece_by_piece(tmp_path: Path) -> None:
    noise = b"".join(struct.pack("<Q", n * 0x9E3779B97F4A7C15 % (1 << 64)) for n in range(200_000))
    flat = bytes(3 << 20)
    items = (Item("noise", noise).deflated(), Item("flat", flat + b"x" * (1 << 15)).deflated(),
             Item("stored", noise), Item("streamed", b"abc", streamed=True))  # fmt: skip
    archive = archive_of(tmp_path, zip_bytes(*items))
    for item in items:
        pieces = list(archive.chunks(item.name))
        assert b"".join(pieces) == item.content
        assert all(len(piece) <= 1 << 20 for piece in pieces)
        assert archive.read(item.name) == item.content


@pytest.mark.parametrize("size", [499, 501])
def test_pieces_that_are_more_or_less_than_claimed_are_damage(tmp_path: Path, size: int) -> None:
    archive = archive_of(tmp_path, zip_bytes(Item("a", b"q" * 500, size=size).deflated()))
    with pytest.raises(ModelFileError, match=f"does not unpack to the {size} bytes"):
        list(archive.chunks("a"))


def test_pieces_of_another_checksum_are_damage(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, zip_bytes(Item("a", b"one", crc=5), Item("b", b"two", crc=0)))
    with pytest.raises(ModelFileError, match="does not unpack"):
        list(archive.chunks("a"))
    assert list(archive.chunks("b")) == [b"two"]


@pytest.mark.parametrize("packed", [b"\xff" * 9, Item("a", b"q" * 500).deflated().packed[:-3]])
def test_pieces_that_do_not_unpack_are_damage(tmp_path: Path, packed: bytes) -> None:
    item = Item("a", b"q" * 500, packed=packed, method=8)
    archive = archive_of(tmp_path, zip_bytes(item))
    for read in (archive.read, lambda name: list(archive.chunks(name))):
        with pytest.raises(ModelFileError, match="does not unpack"):
            read("a")


def test_pieces_packed_in_a_rare_way_are_not_given(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, zip_bytes(Item("a", b"1234", method=12)))
    with pytest.raises(ModelFileError, match="method 12"):
        list(archive.chunks("a"))


def test_a_folder_with_content_is_refused(tmp_path: Path) -> None:
    assert "folder with content" in refusal(tmp_path, zip_bytes(Item("a/", b"1")))


def wide() -> bytearray:
    """An archive with a zip64 end record (56 bytes), its locator (20) and the usual one (22)."""
    return bytearray(zip_bytes(Item("a", b"one", wide=True)))


@pytest.mark.parametrize(
    ("place", "value", "why"),
    [
        # In the zip64 record: its mark, its length.
        (-98, 0, "is not where it should be"),
        (-94, 45, "has a wrong length"),
        # In the locator: where the record lies, and on how many disks.
        (-34, 0, "is not where it should be"),
        (-26, 2, "is not where it should be"),
    ],
)
def test_a_zip64_end_that_makes_no_sense_is_damage(
    tmp_path: Path, place: int, value: int, why: str
) -> None:
    data = wide()
    data[place] = value
    assert why in damage(tmp_path, bytes(data))


def test_two_end_records_that_differ_are_refused(tmp_path: Path) -> None:
    data = wide()
    struct.pack_into("<HH", data, len(data) - 14, 7, 7)
    assert "contradict each other" in refusal(tmp_path, bytes(data))


@pytest.mark.parametrize(
    ("count", "why"), [(3, "ends before its 3 entries"), (1, "more than its 1 entries")]
)
def test_a_directory_of_another_number_of_entries_is_damage(
    tmp_path: Path, count: int, why: str
) -> None:
    data = zip_bytes(Item("a", b"1"), Item("b", b"2"), count=count)
    assert why in damage(tmp_path, data)


def test_a_directory_with_something_else_in_it_is_damage(tmp_path: Path) -> None:
    data = bytearray(zip_bytes(Item("a", b"1")))
    data[data.find(b"PK\1\2")] = 0
    assert "no entry where one should be" in damage(tmp_path, bytes(data))


def test_a_name_longer_than_the_directory_is_damage(tmp_path: Path) -> None:
    data = bytearray(zip_bytes(Item("a", b"1")))
    data[data.find(b"PK\1\2") + 28] = 2
    assert "beyond the archive's directory" in damage(tmp_path, bytes(data))


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    data = zip_bytes(Item("\u00e9", b"1")).replace("\u00e9".encode(), b"\xff\xff")
    assert "not the text it claims" in refusal(tmp_path, data)


def wide_directory(extra: bytes) -> bytes:
    """An archive whose only entry has its sizes in these extra fields."""
    name, content = b"a", b"one"
    local = struct.pack(
        "<4sHHHHHLLLHH", b"PK\3\4", 20, 0, 0, 0, 0, zlib.crc32(content), 3, 3, 1, 0
    ) + name + content  # fmt: skip
    far = 0xFFFFFFFF
    directory = struct.pack(
        "<4sHHHHHHLLLHHHHHLL", b"PK\1\2", 20, 20, 0, 0, 0, 0, zlib.crc32(content),
        far, far, 1, len(extra), 0, 0, 0, 0, 0,
    ) + name + extra  # fmt: skip
    end = struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, 1, 1, len(directory), len(local), 0)
    return local + directory + end


def test_sizes_may_follow_other_extra_fields(tmp_path: Path) -> None:
    stamp = struct.pack("<HHL", 0x5455, 4, 0)
    data = wide_directory(stamp + struct.pack("<HHQQ", 1, 16, 3, 3))
    assert archive_of(tmp_path, data).read("a") == b"one"


@pytest.mark.parametrize(
    "extra",
    [
        b"",
        struct.pack("<HHL", 0x5455, 4, 0),
        struct.pack("<HHQ", 1, 8, 3),
        struct.pack("<HHQ", 1, 16, 3),
    ],
)
def test_sizes_that_are_nowhere_are_damage(tmp_path: Path, extra: bytes) -> None:
    assert "not where a zip64 archive keeps them" in damage(tmp_path, wide_directory(extra))


def test_an_entry_behind_the_directory_is_damage(tmp_path: Path) -> None:
    data = zip_bytes(Item("a", b"1", header=200), Item("b", b"2"))
    assert "should lie before byte" in damage(tmp_path, data)


def test_a_missing_entry_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no entry 'b'"):
        archive_of(tmp_path, zip_bytes(Item("a", b"1"))).read("b")


def test_many_entries_are_read_quickly_and_in_little_memory(tmp_path: Path) -> None:
    data = zip_bytes(*(Item(f"archive/data/{number}") for number in range(20_000)))
    tracemalloc.start()
    started = time.process_time()
    archive = archive_of(tmp_path, data)
    took = time.process_time() - started
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert archive.read("archive/data/19999") == b""
    assert peak < 32 * 1024 * 1024
    assert took < 20  # tracing makes it slow; a quadratic walk would take minutes


@given(
    place=st.integers(0, 400),
    byte=st.integers(0, 255),
)
def test_a_damaged_archive_is_an_error_or_still_right(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    content = b"The quick brown fox. " * 4
    whole = bytearray(zip_bytes(Item("a", content).deflated(), Item("b/c", b"2", streamed=True)))
    whole[place % len(whole)] = byte
    path = tmp_path_factory.mktemp("damaged") / "a.zip"
    path.write_bytes(whole)
    with ByteSource(path) as source:
        try:
            archive = Archive(source)
            for name in archive.names():
                read = archive.read(name)
                crc = archive.entry(name).crc
                assert crc in (0, zlib.crc32(read))
        except ModelFileError as error:
            assert str(error)
