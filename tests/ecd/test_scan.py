"""Reading an .ecd's text without its embedded bytes, whatever else lies in it."""

from __future__ import annotations

import json
import tracemalloc
from itertools import product
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.ecd import scan as scanning
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.ecd.scan import file_entries, scan
from dl2ecd_core.files.plain_files import open_plain
from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import EcdFileError
from dl2ecd_core.json_text.scanning import LONGEST_NUMBER
from tests.ecd.conftest import files_of, rewrite


def refusal(path: Path, name: str = "a.ecd") -> Finding:
    """The only finding of a file that is refused; it says of which file it is."""
    with pytest.raises(EcdFileError) as error:
        scan(path, name)
    (item,) = error.value.findings
    assert item.where.file == name
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


def test_a_file_that_can_not_be_read_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: Any, **keywords: Any) -> Any:
        raise OSError("the tape is torn")

    monkeypatch.setattr(scanning, "open_plain", broken)
    item = refusal(tmp_path / "a.ecd")
    assert (item.rule, item.message) == (
        "file-unreadable",
        "The file 'a.ecd' can't be read: the tape is torn.",
    )


@pytest.mark.parametrize(
    "content",
    [
        None,
        ...,
        '{"a": 1}'.encode("utf-16"),
        b"[]",
        b'{"a": [[[[[[]]]]]]}',
        b'{"a": "' + b"x" * (1 << 20) + b'"}',
        b'{"x": {"Data": "' + b"y" * 101 + b'"}}',
        b"[" + b",".join([b'{"Data": ""}'] * 4) + b"]",
    ],
    ids=["none", "folder", "encoding", "list", "deep", "large", "long text", "many"],
)
def test_a_name_is_said_whole_up_to_400_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: Any
) -> None:
    for limit, value in (
        ("LARGEST_METADATA", 1 << 20),
        ("_LONGEST_TEXT", 100),
        ("_DEEPEST", 5),
        ("_MOST_HOLES", 3),
    ):
        monkeypatch.setattr(scanning, limit, value)
    if content is ...:
        (tmp_path / "a.ecd").mkdir()
    elif content is not None:
        written(tmp_path, content)
    assert f"'{'n' * 400}'" in refusal(tmp_path / "a.ecd", "n" * 400).message
    assert "n" * 201 not in refusal(tmp_path / "a.ecd", "n" * 401).message


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


@pytest.mark.parametrize("files", [0, 1, 3])
def test_the_text_is_counted_to_its_last_byte_and_embedded_bytes_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    entries = ['{"Size": 300, "Data": "%s"}'] * files
    text = '{"Definitions": [{"Model": {"Files": [' + ", ".join(entries) + "]}}]}"
    limit = len(text.replace("%s", ""))
    path = written(tmp_path, text.replace("%s", "QUJD" * 100).encode())
    monkeypatch.setattr(scanning, "LARGEST_METADATA", limit)
    assert len(scan(path, "a.ecd").holes) == files
    monkeypatch.setattr(scanning, "LARGEST_METADATA", limit - 1)
    assert refusal(path).rule == "ecd-not-readable"


def test_no_model_has_that_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "_MOST_HOLES", 3)
    entries = [{"Data": ""}] * 3
    path = written(tmp_path, json.dumps({"x": entries}).encode())
    assert scan(path, "a.ecd").document == {"x": entries}
    item = refusal(written(tmp_path, json.dumps({"x": [*entries, {"Data": ""}]}).encode()))
    assert (item.rule, item.message) == (
        "ecd-not-readable",
        "'a.ecd' has more than 3 keys 'Data'; no model has as many files.",
    )


@pytest.mark.parametrize("size", [9_000_000, 5])
def test_embedded_bytes_take_no_memory(tmp_path: Path, size: int) -> None:
    start = b'{"Definitions": [{"Model": {"Files": [{"Size": %d, "Data": "' % size
    path = written(tmp_path, start + b"QUJD" * 3_000_000 + b'"}]}}]}')
    tracemalloc.start()
    try:
        (hole,) = scan(path, "a.ecd").holes.values()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (hole.offset, hole.length) == (len(start), 12_000_000)
    assert most < 1 << 20


class Counting:
    """An open file that counts the bytes read from it."""

    def __init__(self, handle: Any) -> None:
        self.handle, self.count = handle, 0

    def read(self, length: int) -> bytes:
        data: bytes = self.handle.read(length)
        self.count += len(data)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self.handle, name)

    def __enter__(self) -> Counting:
        return self

    def __exit__(self, *error: object) -> None:
        self.handle.close()


@pytest.mark.parametrize("between", [0, 300, 3000])
@pytest.mark.parametrize("size", [3_000_000, 2_999_999, 2_999_998])
@pytest.mark.parametrize("files", [1, 2])
def test_embedded_bytes_are_passed_over_by_the_size_before_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, between: int, size: int, files: int
) -> None:
    note = "x" * between
    entry = f'{{"Size": {size}, "Note": "{note}", "Data": "{"QUJD" * 1_000_000}"}}'
    text = f'{{"Definitions": [{{"Model": {{"Files": [{", ".join([entry] * files)}]}}}}]}}'
    path = written(tmp_path, text.encode())
    opened: List[Counting] = []

    def counted(*arguments: Any, **keywords: Any) -> Any:
        opened.append(Counting(open_plain(*arguments, **keywords)))
        return opened[-1]

    monkeypatch.setattr(scanning, "open_plain", counted)
    monkeypatch.setattr(scanning, "_BLOCK", 1000)
    holes = scan(path, "a.ecd").holes.values()
    assert [hole.length for hole in holes] == [4_000_000] * files
    assert sum(handle.count for handle in opened) < 20_000 * files


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


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_number_is_read_where_class_information_may_have_it(tmp_path: Path, sign: str) -> None:
    longest = sign + "9" * (LONGEST_NUMBER - len(sign))
    path = written(tmp_path, f'{{"a": {longest}}}'.encode())
    assert scan(path, "a.ecd").document == {"a": int(longest)}
    longer = written(tmp_path, f'{{"a": {longest}9}}'.encode())
    assert refusal(longer).rule == "json-number-too-large"


@pytest.mark.parametrize(
    ("number", "rule"),
    [
        ("NaN", "json-not-a-number"),
        ("-Infinity", "json-not-a-number"),
        ("1e999", "json-number-too-large"),
    ],
)
def test_a_number_that_json_has_not_is_refused(tmp_path: Path, number: str, rule: str) -> None:
    assert refusal(written(tmp_path, f'{{"a": {number}}}'.encode())).rule == rule


def test_numbers_with_a_fraction_are_read(tmp_path: Path) -> None:
    document = {"a": [0.5, -1e300, 0.1]}
    assert scan(written(tmp_path, json.dumps(document).encode()), "a.ecd").document == document


def test_a_text_under_data_that_is_no_json_is_refused(tmp_path: Path) -> None:
    assert refusal(written(tmp_path, b'{"x": {"Data": "a\\qb"}}')).rule.startswith("json-")


def test_nesting_is_bounded_where_the_quick_reader_still_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "_DEEPEST", 5)
    assert scan(written(tmp_path, b'{"a": [[[[[]]]]]}'), "a.ecd").document == {"a": [[[[[]]]]]}
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


def test_a_key_may_lie_on_any_border(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "_BLOCK", 100)
    monkeypatch.setattr(scanning, "_NEAR", 50)
    for before in range(120):
        document = {"a": "x" * before, "b": {"Data": "text"}}
        path = written(tmp_path, json.dumps(document).encode())
        scanned = scan(path, "a.ecd")
        assert scanned.document == document
        assert len(scanned.holes) == 1


def test_nobody_can_know_the_marks_beforehand(fresh: Path) -> None:
    marks = set(scan(fresh, "a.ecd").holes)
    assert all(len(mark) >= 16 for mark in marks)
    assert marks.isdisjoint(scan(fresh, "a.ecd").holes)


def test_a_mark_is_not_quoted(tmp_path: Path) -> None:
    item = refusal(written(tmp_path, b'{"x": {"Data": "QUJD", "a": nul}}'))
    assert item.where.excerpt == '{"x": {"Data": "...", "a": nul}}\n' + " " * 27 + "^^^"


@pytest.mark.parametrize("value", [[1], {"a": 1}, None, 5, True])
def test_a_key_data_need_not_hold_text(tmp_path: Path, value: object) -> None:
    document = {"x": {"Data": value}}
    assert scan(written(tmp_path, json.dumps(document).encode()), "a.ecd").document == document


def test_a_key_data_may_be_spelled_with_escapes(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"x": {"\\u0044ata": "text"}, "y": {"Data": "more"}}')
    assert scan(path, "a.ecd").document == {"x": {"Data": "text"}, "y": {"Data": "more"}}


@pytest.mark.parametrize("size", [0, 3, 9814, 9815 + 3, 10**17])
def test_a_size_that_lies_does_not_move_the_end_of_the_bytes(fresh: Path, size: int) -> None:
    length = len(files_of(json.loads(fresh.read_text(encoding="utf-8")))[0]["Data"])
    rewrite(fresh, lambda document: files_of(document)[0].update(Size=size))
    (hole,) = scan(fresh, "a.ecd").holes.values()
    assert hole.length == length


@pytest.mark.parametrize("block", [1, 2, 3, 300])
def test_a_string_ends_at_its_quote_wherever_blocks_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(scanning, "_BLOCK", block)
    texts = ["".join(letters) for length in range(5) for letters in product('a"\\', repeat=length)]
    texts += ["x" * 300 + "\\", "\\" * 299 + '"', "\\" * 300, "x" + "\\" * 299 + '"']
    for text in texts:
        path = written(tmp_path, json.dumps({"x": {"Data": text, "more": 1}}).encode())
        assert scan(path, "a.ecd").document == {"x": {"Data": text, "more": 1}}


@pytest.mark.parametrize(("letters", "blanks"), [(0, 5000), (3000, 5000), (7000, 100)])
def test_a_size_that_leads_to_another_quote_does_not_make_it_the_end(
    tmp_path: Path, letters: int, blanks: int
) -> None:
    text = "a" * letters
    between = f'", "x": {" " * blanks}1, '
    between += " " * (-len(text + between) % 4)
    size = len(text + between) // 4 * 3
    path = written(tmp_path, f'{{"Size": {size}, "Data": "{text}{between}"y": 2}}'.encode())
    assert scan(path, "a.ecd").document == {"Size": size, "Data": text, "x": 1, "y": 2}


def test_a_string_without_end_is_said(tmp_path: Path) -> None:
    assert refusal(written(tmp_path, b'{"x": {"Data": "abc')).rule.startswith("json-")
