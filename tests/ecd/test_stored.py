"""A model's files in an .ecd: given in pieces, checked to the last byte."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import List, Optional

import pytest

from dl2ecd_core.ecd import stored as storing
from dl2ecd_core.ecd.stored import Embedded, StoredFile
from dl2ecd_core.files.stamps import stamp
from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import EcdFileError

BEFORE = b'{"Data": "'


@pytest.fixture(autouse=True)
def _eight_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "_CHARACTERS", 8)


def embedded(folder: Path, text: bytes, size: int, sha256: Optional[str] = None) -> StoredFile:
    """A file whose base64 is `text` in a.ecd."""
    path = folder / "a.ecd"
    path.write_bytes(BEFORE + text + b'"}')
    return StoredFile("a.model", size, sha256, Embedded(path, len(BEFORE), len(text)))


def beside(folder: Path, content: bytes, size: int, sha256: Optional[str] = None) -> StoredFile:
    """A file that is referenced."""
    (folder / "a.model").write_bytes(content)
    return StoredFile("a.model", size, sha256, folder / "a.model")


def refusal(stored: StoredFile) -> Finding:
    with pytest.raises(EcdFileError) as error:
        list(stored.chunks())
    (item,) = error.value.findings
    return item


@pytest.mark.parametrize("size", [0, 1, 5, 6, 7, 12, 100])
def test_bytes_come_in_pieces(tmp_path: Path, size: int) -> None:
    content = bytes(range(size))
    digest = hashlib.sha256(content).hexdigest()
    pieces = list(embedded(tmp_path, base64.b64encode(content), size, digest).chunks())
    assert b"".join(pieces) == content
    assert all(0 < len(piece) <= 6 for piece in pieces)
    pieces = list(beside(tmp_path, content, size, digest).chunks())
    assert b"".join(pieces) == content
    assert all(0 < len(piece) <= 8 for piece in pieces)


def test_a_digest_that_differs_is_said_after_all_pieces(tmp_path: Path) -> None:
    given: List[bytes] = []
    with pytest.raises(EcdFileError) as error:
        given.extend(beside(tmp_path, b"content", 7, "0" * 64).chunks())
    (item,) = error.value.findings
    assert (item.rule, item.where.file) == ("ecd-digest-differs", str(tmp_path / "a.model"))
    stored = beside(tmp_path, b"content", 7, "0" * 64)
    pieces = stored.chunks()
    assert next(pieces) == b"content"


@pytest.mark.parametrize(
    ("content", "size", "has"),
    [
        (b"", 1, "0 bytes"),
        (b"12345", 6, "5 bytes"),
        (b"1" * 15, 16, "15 bytes"),
        (b"1" * 17, 16, "more than 16 bytes"),
        (b"1" * 24, 16, "more than 16 bytes"),
        (b"1" * 16, 1, "more than 1 byte"),
        (b"1", 0, "more than 0 bytes"),
    ],
)
def test_a_file_of_another_size_is_refused(
    tmp_path: Path, content: bytes, size: int, has: str
) -> None:
    item = refusal(beside(tmp_path, content, size))
    assert (item.rule, item.where.file) == ("ecd-size-differs", str(tmp_path / "a.model"))
    assert item.message == f"'a.model' has {has}, but the .ecd says {size}."


def test_a_longer_file_is_read_no_further_than_that_it_is(tmp_path: Path) -> None:
    pieces = beside(tmp_path, b"1" * 1000, 16).chunks()
    given: List[bytes] = []
    with pytest.raises(EcdFileError):
        given.extend(iter(pieces))
    pieces = beside(tmp_path, b"1" * 1000, 16).chunks()
    assert [len(next(pieces)) for _ in range(3)] == [8, 8, 8]
    with pytest.raises(EcdFileError):
        next(pieces)


@pytest.mark.parametrize(("size", "has"), [(5, "6 bytes"), (7, "6 bytes"), (1, "6 bytes")])
def test_embedded_bytes_of_another_number_are_damaged(tmp_path: Path, size: int, has: str) -> None:
    item = refusal(embedded(tmp_path, b"QUJDQUJD", size))
    assert (item.rule, item.where.file) == ("ecd-data-damaged", str(tmp_path / "a.ecd"))
    assert item.message == f"'a.model' has {has}, but the .ecd says {size}."


@pytest.mark.parametrize(
    ("text", "size", "place"),
    [
        (b"QUJD#UJD", 6, 0),
        (b"QUJDQUJDQU#D", 9, 8),
        (b"QUJDQUJDQR==", 7, 8),
        (b"QUJDQUI=QUJD", 8, 0),
        (b"QUJDQUJDQUJDQQ==QUJD", 13, 8),
    ],
)
def test_what_is_not_canonical_is_damaged_at_its_place(
    tmp_path: Path, text: bytes, size: int, place: int
) -> None:
    item = refusal(embedded(tmp_path, text, size))
    assert (item.rule, item.where.file) == ("ecd-data-damaged", str(tmp_path / "a.ecd"))
    assert item.where.offset == len(BEFORE) + place
    assert item.message.endswith(f"at or after byte {len(BEFORE) + place}.")


@pytest.mark.parametrize(("kept", "place"), [(0, 0), (8, 8), (16, 16)])
def test_an_ecd_that_got_shorter_is_damaged_where_it_ends(
    tmp_path: Path, kept: int, place: int
) -> None:
    stored = embedded(tmp_path, b"QUJD" * 6, 18)
    content = (tmp_path / "a.ecd").read_bytes()
    (tmp_path / "a.ecd").write_bytes(content[: len(BEFORE) + kept])
    item = refusal(stored)
    assert (item.rule, item.where.offset) == ("ecd-data-damaged", len(BEFORE) + place)


@pytest.mark.parametrize("length", [1, 150, 400])
def test_a_file_that_can_not_be_read_is_named_whole(length: int) -> None:
    name = "n" * length
    item = refusal(StoredFile("a.model", 3, None, Path(name)))
    assert (item.rule, item.where.file) == ("ecd-file-missing", name)
    assert item.message.startswith(f"The file '{name}' can't be read: ")
    longer = refusal(StoredFile("a.model", 3, None, Path("n" * 401)))
    assert "n" * 201 not in longer.message


def test_a_file_that_is_not_the_one_inspected_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.model"
    path.write_bytes(b"model")
    item = StoredFile("a.model", 5, None, path, stamp(path))
    assert b"".join(item.chunks()) == b"model"
    path.write_bytes(b"other")
    os.utime(path, ns=(1, 1))
    with pytest.raises(EcdFileError) as error:
        list(item.chunks())
    (found,) = error.value.findings
    assert (found.rule, found.where.file) == ("file-changed", str(path))
    assert found.message == f"The file '{path}' changed while it was read."
