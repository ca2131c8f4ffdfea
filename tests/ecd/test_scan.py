"""Reading an .ecd's text without its embedded bytes, whatever else lies in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict

import pytest

from dl2ecd_core.ecd import scan as scanning
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.ecd.scan import file_entries, scan
from dl2ecd_core.errors import EcdFileError
from dl2ecd_core.findings import Finding
from tests.ecd.conftest import files_of, rewrite


def refusal(path: Path) -> Finding:
    with pytest.raises(EcdFileError) as error:
        scan(path, path.name)
    (item,) = error.value.findings
    return item


def written(folder: Path, content: bytes) -> Path:
    (folder / "a.ecd").write_bytes(content)
    return folder / "a.ecd"


def test_a_text_in_another_encoding_is_said(tmp_path: Path) -> None:
    item = refusal(written(tmp_path, '{"a": 1}'.encode("utf-16")))
    assert (item.rule, item.message) == (
        "ecd-not-readable",
        "'a.ecd' is not JSON text in UTF-8.",
    )


def test_a_mark_of_utf_8_is_passed_over(tmp_path: Path) -> None:
    assert scan(written(tmp_path, b'\xef\xbb\xbf{"a": 1}'), "a.ecd").document == {"a": 1}


def test_more_text_than_any_definition_has_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "LARGEST_METADATA", 1 << 20)
    item = refusal(written(tmp_path, b'{"a": "' + b"x" * (2 << 20) + b'"}'))
    assert (item.rule, item.message) == (
        "ecd-not-readable",
        "'a.ecd' holds more than 1 MiB beside embedded files: no classifier definition is that "
        "large.",
    )


def test_a_long_text_under_data_that_is_no_file_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "_LONGEST_TEXT", 100)
    path = written(tmp_path, b'{"x": {"Data": "' + b"y" * 100 + b'"}}')
    assert scan(path, "a.ecd").document == {"x": {"Data": "y" * 100}}
    item = refusal(written(tmp_path, b'{"x": {"Data": "' + b"y" * 101 + b'"}}'))
    assert (item.rule, item.message) == (
        "ecd-not-readable",
        "'a.ecd' holds a text of 101 bytes outside the model's files.",
    )


def test_endless_nesting_and_numbers_are_refused(tmp_path: Path) -> None:
    deep = b"[" * 5000 + b"]" * 5000
    assert refusal(written(tmp_path, b'{"a": ' + deep + b"}")).severity == "error"
    assert refusal(written(tmp_path, b'{"a": ' + b"9" * 5000 + b"}")).severity == "error"


def test_nesting_is_bounded_where_the_quick_reader_still_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "_DEEPEST", 5)
    assert scan(written(tmp_path, b'{"a": [[[[]]]]}'), "a.ecd").document == {"a": [[[[]]]]}
    item = refusal(written(tmp_path, b'{"a": [[[[[{}]]]]]}'))
    assert item.message == "'a.ecd' nests its objects and lists more than 5 deep."


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"Definitions": 5},
        {"Definitions": [5]},
        {"Definitions": [{"Model": 5}]},
        {"Definitions": [{"Model": {"Files": 5}}]},
        {"Definitions": [{"Model": {"Files": [5, None]}}]},
    ],
)
def test_a_document_without_files_has_none(document: Dict[str, Any]) -> None:
    assert file_entries(document) == []


@pytest.mark.parametrize("block", [300, 301, 512, 1000, 4096])
def test_a_key_may_lie_on_the_border_of_two_blocks(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    whole = read_ecd(fresh)
    monkeypatch.setattr(scanning, "_BLOCK", block)
    assert read_ecd(fresh) == whole


@pytest.mark.parametrize("size", [0, 3, 9814, 9815 + 3, 10**17])
def test_a_size_that_lies_does_not_move_the_end_of_the_bytes(fresh: Path, size: int) -> None:
    length = len(files_of(json.loads(fresh.read_text()))[0]["Data"])
    rewrite(fresh, lambda document: files_of(document)[0].update(Size=size))
    (hole,) = scan(fresh, "a.ecd").holes.values()
    assert hole.length == length


@pytest.mark.parametrize("text", ["", "a", "\\", '"', '\\"', "x" * 300 + "\\\\", "\\" * 299 + '"'])
@pytest.mark.parametrize("block", [1, 2, 3, 299, 300])
def test_a_string_ends_at_its_quote_wherever_blocks_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, block: int
) -> None:
    monkeypatch.setattr(scanning, "_BLOCK", max(block, 300))
    path = written(tmp_path, json.dumps({"x": {"Data": text, "more": 1}}).encode())
    assert scan(path, "a.ecd").document == {"x": {"Data": text, "more": 1}}


def test_a_string_without_end_is_said(tmp_path: Path) -> None:
    assert refusal(written(tmp_path, b'{"x": {"Data": "abc')).rule.startswith("json-")
