"""Whether an .ecd is still what it was made as."""

from __future__ import annotations

import errno
import hashlib
import json
import tempfile
from base64 import b64encode
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest

from dl2ecd_core.demo import MODEL
from dl2ecd_core.ecd import verification
from dl2ecd_core.ecd.verification import verify_ecd
from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import Cancelled
from dl2ecd_core.progress import Listener
from tests.ecd.conftest import files_of, rewrite

_OTHER = {"Name": "o", "Shape": None, "Axes": None, "DataType": None, "Evidence": None}


def only(path: Path) -> Finding:
    (item,) = verify_ecd(path)[1]
    return item


def put(document: Dict[str, Any], data: bytes) -> None:
    """Other bytes in the model's place, with the right size and digest."""
    files_of(document)[0].update(
        Size=len(data), SHA256=hashlib.sha256(data).hexdigest(), Data=b64encode(data).decode()
    )


def test_an_unreadable_one_is_said_as_reading_says_it(tmp_path: Path) -> None:
    content, found = verify_ecd(tmp_path / "none.ecd")
    assert content is None
    assert [item.rule for item in found] == ["file-not-found"]


def test_a_model_that_is_none_any_more(fresh: Path) -> None:
    rewrite(fresh, lambda document: put(document, b"<!DOCTYPE html>"))
    item = only(fresh)
    assert item.rule == "ecd-model-differs"
    assert "it can't be read any more" in item.message
    assert "web page" in item.message
    assert (item.where.file, item.where.path) == (str(fresh), "$.Definitions[0].Model")


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("Format", "onnx", 'Format is "cntk-v2", the .ecd says "onnx".'),
        ("Parameters", 7, "Parameters is 387, the .ecd says 7."),
        ("Inputs", [_OTHER, _OTHER], "Inputs is [{"),
        ("Outputs", [_OTHER], "Outputs is [{"),
    ],
)
def test_what_the_model_does_not_say_any_more(
    fresh: Path, key: str, value: object, says: str
) -> None:
    def change(document: Dict[str, Any]) -> None:
        document["Definitions"][0]["Model"][key] = value

    rewrite(fresh, change)
    found = [item for item in verify_ecd(fresh)[1] if item.rule == "ecd-model-differs"]
    assert [item.message.startswith("The model does not say what the .ecd says of it: ")
            for item in found] == [True]  # fmt: skip
    assert says in found[0].message
    assert found[0].hint == "Convert the model anew if it is the right one."


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Parameters", None),
        ("Inputs", []),
        ("Outputs", [{**_OTHER, "Name": None}]),
        ("Outputs", [{**_OTHER, "Name": "landcover", "Axes": "???", "Shape": [3, None, None]}]),
        ("Outputs", [{**_OTHER, "Name": None, "Content": "masks", "Evidence": "declared"}]),
    ],
)
def test_what_an_older_reader_did_not_know_is_no_difference(
    fresh: Path, key: str, value: object
) -> None:
    def change(document: Dict[str, Any]) -> None:
        document["Definitions"][0]["Model"][key] = value

    rewrite(fresh, change)
    assert verify_ecd(fresh)[1] == ()


@pytest.mark.parametrize(("length", "whole"), [(158, True), (159, False)])
def test_what_the_ecd_says_is_shown_as_it_is_up_to_160_characters(
    fresh: Path, length: int, whole: bool
) -> None:
    def change(document: Dict[str, Any]) -> None:
        document["Definitions"][0]["Model"]["Format"] = "ü" * length

    rewrite(fresh, change)
    assert (f'the .ecd says "{"ü" * length}".' in only(fresh).message) is whole
    assert "ü" * 50 in only(fresh).message


def test_progress_counts_all_bytes(fresh: Path) -> None:
    told: List[Tuple[int, int, str]] = []

    class Hearing(Listener):
        def progressed(self, done: int, total: int, doing: str) -> None:
            told.append((done, total, doing))

    verify_ecd(fresh, Hearing())
    size = (fresh.parent / MODEL).stat().st_size
    assert told[-1] == (size, size, f"Verifying {MODEL}")


def test_cancelling(fresh: Path) -> None:
    class Impatient(Listener):
        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        verify_ecd(fresh, Impatient())


def test_progress_goes_on_from_file_to_file(fresh: Path) -> None:
    def change(document: Dict[str, Any]) -> None:
        files_of(document).append({**files_of(document)[0], "Path": "b/c/d.model"})

    rewrite(fresh, change)
    told: List[int] = []

    class Hearing(Listener):
        def progressed(self, done: int, total: int, doing: str) -> None:
            told.append(done)

    assert verify_ecd(fresh, Hearing())[1] == ()
    size = (fresh.parent / MODEL).stat().st_size
    assert told == [size, 2 * size]


def test_every_damaged_file_is_said(fresh: Path) -> None:
    def change(document: Dict[str, Any]) -> None:
        files = files_of(document)
        files[0]["SHA256"] = "0" * 64
        files.append({**files[0], "Path": "b/c.model", "SHA256": "1" * 64})

    rewrite(fresh, change)
    first, second = verify_ecd(fresh)[1]
    assert f"'{MODEL}'" in first.message
    assert "'b/c.model'" in second.message
    assert {first.rule, second.rule} == {"ecd-digest-differs"}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (OSError("the tape is torn"), "the tape is torn"),
    ],
)
def test_no_room_for_the_copy_is_said(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, reason: str
) -> None:
    def full(*arguments: Any) -> int:
        raise error

    monkeypatch.setattr(verification, "_copy", full)
    item = only(fresh)
    assert item.rule == "output-disk-full"
    assert item.message == f"The model can't be unpacked to look at it: {reason}."
    assert item.where.file == str(fresh)
    assert item.hint == f"Free some space in '{tempfile.gettempdir()}'."


@pytest.mark.parametrize("place", [None, "n" * 400, "n" * 401])
def test_no_folder_for_the_copy_is_said(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, place: Optional[str]
) -> None:
    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    monkeypatch.setattr(tempfile, "tempdir", place)
    item = only(fresh)
    assert (item.rule, item.where.file) == ("output-disk-full", str(fresh))
    assert "No usable temporary directory found" in item.message
    if place is None:
        assert item.hint == "Free some space in the folder for temporary files."
    else:
        assert (f"'{place}'" in item.hint) is (len(place) == 400)


def test_nothing_is_left_of_the_copy(
    fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    seen: List[str] = []

    class Hearing(Listener):
        def progressed(self, done: int, total: int, doing: str) -> None:
            seen.extend(path.name for path in (tmp_path / "temporary").iterdir())

    verify_ecd(fresh, Hearing())
    assert len(seen) == 1
    assert seen[0].startswith(".dl2ecd-")
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_file_in_a_file_is_said(fresh: Path) -> None:
    def change(document: Dict[str, Any]) -> None:
        first = files_of(document)[0]
        files_of(document).append({**first, "Path": f"{first['Path']}/inside"})

    rewrite(fresh, change)
    assert "ecd-path-outside" in [item.rule for item in verify_ecd(fresh)[1]]


def test_an_edited_document_is_not_looked_at_further(fresh: Path) -> None:
    def change(document: Dict[str, Any]) -> None:
        document["ImageHeight"] = "256"
        put(document, b"<!DOCTYPE html>")

    rewrite(fresh, change)
    assert only(fresh).rule == "ecd-not-valid"
    assert json.loads(fresh.read_text(encoding="utf-8"))["ImageHeight"] == "256"
