"""JSON with positions: what is read, what is mended, and what is said about it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import List, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.findings import Severity
from dl2ecd_core.json_text import UNREADABLE, JsonText, json_path, parse, read_json, steps_of

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
_DOCUMENTS = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def rules(text: JsonText) -> List[str]:
    """The rule ids of what was found."""
    return [item.rule for item in text.findings]


def marked(text: JsonText, number: int = 0) -> str:
    """What the carets of a finding's excerpt lie under."""
    source, carets = (text.findings[number].where.excerpt or "").split("\n")
    return source[carets.index("^") : carets.rindex("^") + 1]


# -- what is right -------------------------------------------------------------------------------


@given(_DOCUMENTS, st.sampled_from([None, 0, 2, "\t"]), st.booleans())
def test_valid_documents_read_as_the_standard_library_reads_them(
    document: object, indent: object, ascii_only: bool
) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)  # type: ignore[arg-type]
    read = parse(text)
    assert not [item for item in read.findings if item.severity is Severity.ERROR]
    assert json.dumps(read.value) == json.dumps(json.loads(text))


@given(_DOCUMENTS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_any_encoding_that_says_what_it_is_is_read(document: object, encoding: str) -> None:
    data = json.dumps(document, ensure_ascii=False).encode(encoding)
    read = parse(data)
    assert read.findings == ()
    assert read.value == document


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read_where_it_is_certain(encoding: str) -> None:
    assert parse('{"a": "ä"}'.encode(encoding)).value == {"a": "ä"}


def test_every_kind_of_line_end_counts_once() -> None:
    text = parse('{"a": 1,\n"b": 2,\r\n"c": 3,\r"d": 4}')
    lines = [text.places.at([key]).line for key in "abcd"]
    assert lines == [1, 2, 3, 4]


def test_places_of_values_and_keys() -> None:
    text = parse('{"Classes": [\n  {"Name": "a"},\n  {"Name": "b"}]}', "x.json")
    value = text.places.at("$.Classes[1].Name")
    assert (value.file, value.line, value.column, value.path) == (
        "x.json",
        3,
        12,
        "$.Classes[1].Name",
    )
    assert value.excerpt == '{"Name": "b"}]}\n         ^^^'
    assert text.places.at("$.Classes[1].Name", of_key=True).column == 4


@pytest.mark.parametrize("value", ['C:\\",x', '.",', "..\n", "C:\n", "a\\", "\\\\server\\share\\"])
def test_strings_that_look_like_slips_but_are_right(value: str) -> None:
    document = {"a": value, "b": [value, value]}
    text = parse(json.dumps(document))
    assert not [item for item in text.findings if item.severity is Severity.ERROR]
    assert text.value == document


def test_the_place_of_what_is_missing_is_that_of_its_nearest_parent() -> None:
    text = parse('{"Classes": [\n {"Name": "a"}]}')
    place = text.places.at("$.Classes[0].Value")
    assert (place.line, place.column, place.path) == (2, 2, "$.Classes[0].Value")


@given(st.lists(st.text() | st.integers(min_value=0, max_value=10**9)))
def test_paths_can_be_read_back(steps: List[object]) -> None:
    assert list(steps_of(json_path(steps))) == steps  # type: ignore[arg-type]


# -- what is wrong -------------------------------------------------------------------------------

#: text, rules in order, what the first caret lies under, value after mending
MISTAKES: List[Tuple[str, List[str], str, object]] = [
    ('{"a": [1, 2,]}', ["json-trailing-comma"], ",", {"a": [1, 2]}),
    ('{"a": 1,}', ["json-trailing-comma"], ",", {"a": 1}),
    ("{'a': 'it\\'s'}", ["json-single-quotes"], "'a'", {"a": "it's"}),
    ('{"a": “b”}', ["json-curly-quotes"], "“b”", {"a": "b"}),
    ('{"a": 1 // one\n}', ["json-comment"], "// one", {"a": 1}),
    ('{"a": 1 # one\n}', ["json-comment"], "# one", {"a": 1}),
    ('{"a": /* one */ 1}', ["json-comment"], "/* one */", {"a": 1}),
    ('{"a": 1 "b": 2}', ["json-missing-comma"], " ", {"a": 1, "b": 2}),
    ("[1 2]", ["json-missing-comma"], " ", [1, 2]),
    ('{"a": 1; "b": 2}', ["json-missing-comma"], ";", {"a": 1, "b": 2}),
    ('{"a" 1}', ["json-missing-colon"], "1", {"a": 1}),
    ('{"a" = 1}', ["json-missing-colon"], "=", {"a": 1}),
    ('{"a": }', ["json-missing-value"], "}", {"a": UNREADABLE}),
    ("[1,,2]", ["json-missing-value"], ",", [1, 2]),
    ("[,1]", ["json-missing-value"], ",", [1]),
    ("{a: 1}", ["json-unquoted-key"], "a", {"a": 1}),
    ("{1: 2}", ["json-unquoted-key"], "1", {"1": 2}),
    (
        '{"a": Other (Pervious), "b": 1}',
        ["json-unquoted-text"],
        "Other (Pervious)",
        {"a": "Other (Pervious)", "b": 1},
    ),
    ('{"a: "x", "b": 1}', ["json-missing-quote"], '"a', {"a": "x", "b": 1}),
    ('{a": "x", "b": 1}', ["json-missing-quote"], "a", {"a": "x", "b": 1}),
    ('{"a": x", "b": 1}', ["json-missing-quote"], 'x"', {"a": "x", "b": 1}),
    ('{"a": "x,\n"b": 1}', ["json-missing-quote"], '"x', {"a": "x", "b": 1}),
    ('{"a": True}', ["json-literal"], "True", {"a": True}),
    ('{"a": None}', ["json-literal"], "None", {"a": None}),
    ('{"a": NaN}', ["json-not-a-number"], "NaN", {"a": UNREADABLE}),
    ('{"a": -Infinity}', ["json-not-a-number"], "-Infinity", {"a": UNREADABLE}),
    ('{"a": 007}', ["json-number-form"], "007", {"a": 7}),
    ('{"a": +4}', ["json-number-form"], "+4", {"a": 4}),
    ('{"a": .5}', ["json-number-form"], ".5", {"a": 0.5}),
    ('{"a": 0x1F}', ["json-number-form"], "0x1F", {"a": 31}),
    ('{"a": 1e999}', ["json-number-too-large"], "1e999", {"a": UNREADABLE}),
    (r'{"a": "C:\data\x"}', ["json-backslash"], r'"C:\data\x"', {"a": r"C:\data\x"}),
    (r'{"a": "C:\data\", "b": 1}', ["json-backslash"], r'"C:\data\"', {"a": "C:\\data\\", "b": 1}),
    (r'["C:\a\", "D:\b\"]', ["json-backslash"] * 2, r'"C:\a\"', ["C:\\a\\", "D:\\b\\"]),
    (r'{"a": "50\%"}', ["json-backslash"], r"\%", {"a": r"50\%"}),
    (r'{"a": "C:\temp\new"}', ["json-path-escape"], r'"C:\temp\new"', {"a": "C:\temp\new"}),
    ('{"a": "b\tc"}', ["json-control-character"], "    ", {"a": "b\tc"}),
    ('{"a": "b\0c"}', ["json-control-character"], "?", {"a": "b\0c"}),
    ('{"a":\0\0 1}', ["json-control-character"], "??", {"a": 1}),
    ('{"a":\u00a01}', ["json-stray-character"], "?", {"a": 1}),
    (r'{"a": "\ud83d"}', ["json-half-character"], r'"\ud83d"', {"a": "\ud83d"}),
    ('{"a": 1, "a": 2}', ["json-duplicate-key"], '"a"', {"a": 2}),
    ('{"a": [1, 2}', ["json-bracket-mismatch"], "}", {"a": [1, 2]}),
    ('"a": 1}', ["json-bracket-mismatch"], '"a"', {"a": 1}),
    ('{"a": 1}}', ["json-text-after-end"], "}", {"a": 1}),
    ('{"a": [1, {"b": 2', ["json-truncated"], "", {"a": [1, {"b": 2}]}),
    ('{"a": "b", "cd', ["json-truncated"], "", None),
    ('{"a": 1, /* rest', ["json-comment", "json-truncated"], "/*", {"a": 1}),
    ("Value,Name\n1,Water", ["document-not-json"], "Value", UNREADABLE),
]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{“a”: “b”, “c”: [1,], “d”: “e”}", "json-curly-quotes"),
        ("{'a': 'b', 'c': [1,], 'd': 'e'}", "json-single-quotes"),
    ],
)
def test_quotes_that_a_program_replaced_are_said_once_with_their_number(
    text: str, rule: str
) -> None:
    read = parse(text)
    assert rules(read) == [rule, "json-trailing-comma"]
    assert read.findings[0].message.startswith("5 texts are in ")
    assert (read.findings[0].where.column, read.value) == (2, {"a": "b", "c": [1], "d": "e"})


@pytest.mark.parametrize(("text", "expected", "under", "value"), MISTAKES)
def test_each_mistake_is_named_marked_and_mended(
    text: str, expected: List[str], under: str, value: object
) -> None:
    read = parse(text, "x.json")
    assert rules(read) == expected
    if under:
        assert marked(read) == under
    if value is not None:
        assert read.value == value
    for item in read.findings:
        assert item.hint
        assert item.where.file == "x.json"
        assert item.where.line is not None


def test_all_problems_are_listed_in_one_run() -> None:
    text = parse(
        "{\n"
        "  'Version': 1, // the version\n"
        '  Classifier: "CNTK",\n'
        '  "Flag": True\n'
        '  "Path": "C:\\models\\a",\n'
        '  "Classes": [1, 2,],\n'
        "}\n"
    )
    assert rules(text) == [
        "json-single-quotes",
        "json-comment",
        "json-unquoted-key",
        "json-literal",
        "json-missing-comma",
        "json-backslash",
        "json-trailing-comma",
        "json-trailing-comma",
    ]
    assert [item.where.line for item in text.findings] == [2, 2, 3, 4, 4, 5, 6, 6]
    assert text.value == {
        "Version": 1,
        "Classifier": "CNTK",
        "Flag": True,
        "Path": "C:\\models\\a",
        "Classes": [1, 2],
    }


def test_a_part_out_of_place_makes_no_noise_after_it() -> None:
    text = parse('{"a": "x"y", "b": 1,\n"c": 2,\n"d": 3}')
    assert rules(text) == ["json-unexpected"]
    assert text.value == {"a": "x", "c": 2, "d": 3}
    assert not text.is_complete(text.value)


def test_one_mistake_makes_one_finding() -> None:
    whole = json.dumps(
        {
            "Version": 1,
            "Classifier": "CNTK",
            "Classes": [
                {"Value": 100, "Name": "Impervious", "Color": [204, 204, 204]},
                {"Value": 200, "Name": "Pervious", "Color": [56, 168, 0]},
            ],
        },
        indent=1,
    )
    counts = []
    for position in range(len(whole)):
        text = whole[:position] + whole[position + 1 :]
        found = len(parse(text).findings)
        try:
            json.loads(text)
        except ValueError:
            counts.append(found)
        else:
            assert found == 0, text
    assert min(counts) == 1
    assert max(counts) <= 2
    assert counts.count(1) > 0.95 * len(counts)


def test_after_a_mistake_the_next_ones_are_still_found() -> None:
    text = parse('{"a": "x"y",\n"b": 1,\n"c": 2 "d": 3,\n"e": [1,]}')
    assert rules(text) == ["json-unexpected", "json-missing-comma", "json-trailing-comma"]


def test_what_was_read_to_its_end_is_told_from_what_was_not() -> None:
    text = parse('{"a": {"b": 1}, "c": {"d": 2')
    assert isinstance(text.value, dict)
    assert text.is_complete(text.value["a"])
    assert not text.is_complete(text.value["c"])
    assert not text.is_complete(text.value)


def test_latin_1_bytes_are_said_and_read_as_what_they_probably_mean() -> None:
    text = parse('{"Name": "W\xe4lder"}\n'.encode("latin-1"), "x.json")
    (item,) = text.findings
    assert item.rule == "json-encoding"
    assert "Latin-1" in item.message
    assert (item.where.line, item.where.column, item.where.offset) == (1, 12, 11)
    assert text.value == {"Name": "Wälder"}


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"PK\x03\x04" + b"\0" * 100, "ZIP"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 100, "HDF5"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (bytes(range(256)) * 4, "binary"),
        (b"\0" * 64, "binary"),
    ],
)
def test_other_files_are_named_for_what_they_are(data: bytes, kind: str) -> None:
    text = parse(data)
    assert rules(text) == ["document-not-json"]
    assert kind in text.findings[0].message


@pytest.mark.parametrize(
    ("data", "model"),
    [(b"II*\x00" + b"\0" * 100, False), (b"%PDF-1.7", False), (b"PK\x03\x04" + b"\0" * 100, True)],
)
def test_only_what_may_be_a_model_is_said_to_be_mixed_up_with_one(data: bytes, model: bool) -> None:
    (item,) = parse(data).findings
    assert ("mixed up" in item.hint) == model
    assert item.hint.startswith("Check that the right file was chosen")


@pytest.mark.parametrize("data", [b"", b" \n\t", b"\xef\xbb\xbf"])
def test_an_empty_document_is_said(data: bytes) -> None:
    assert rules(parse(data)) == ["document-empty"]


def test_nesting_is_bounded() -> None:
    assert rules(parse("[" * 64 + "]" * 64)) == []
    assert rules(parse("[" * 65 + "]" * 65)) == ["json-nested-too-deeply"]
    assert rules(parse('{"a":' * 100_000)) == ["json-nested-too-deeply"]


def test_numbers_of_absurd_length_are_refused() -> None:
    assert rules(parse(f"[{'9' * 100_000}]")) == ["json-number-too-large"]


def test_endless_problems_end() -> None:
    text = parse(f"[{'1 ' * 10_000}]")
    assert len(text.findings) == 101
    assert text.findings[-1].rule == "json-too-many-problems"
    assert text.findings[-1].severity is Severity.INFORMATION


def test_an_excerpt_fits_a_terminal_and_stays_aligned() -> None:
    text = parse('{"' + "x" * 500 + '": tru, "' + "y" * 500 + '": 1}')
    source, carets = (text.findings[0].where.excerpt or "").split("\n")
    assert len(source) <= 80
    assert source[carets.index("^") :].startswith("tru")
    assert source.startswith("...")
    assert source.endswith("...")


def test_an_excerpt_counts_wide_characters_twice_and_hides_controls() -> None:
    text = parse('{"漢字\u202e": tru}')
    source, carets = (text.findings[0].where.excerpt or "").split("\n")
    assert "\u202e" not in source
    # Two characters more than the text has, because two of it are wide.
    assert carets.index("^") == source.index("tru") + 2


# -- hostile texts -------------------------------------------------------------------------------


@settings(max_examples=300)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_raise(data: bytes) -> None:
    parse(data)


@settings(max_examples=300)
@given(st.lists(st.sampled_from([*"{}[],:\"'\\/#*; \n\t1-.eEa“”\0=", "true", "NaN"])))
def test_no_heap_of_parts_raises_or_stands_still(parts: List[str]) -> None:
    text = parse("".join(parts))
    for item in text.findings:
        assert item.where.excerpt is None or "\n" in item.where.excerpt


@given(_DOCUMENTS, st.data())
def test_a_cut_document_is_never_taken_for_a_whole_one(
    document: object, data: st.DataObject
) -> None:
    whole = json.dumps([document, "end"])
    cut = whole[: data.draw(st.integers(min_value=1, max_value=len(whole) - 1))]
    assert rules(parse(cut))


@pytest.mark.parametrize(
    "unit",
    ["[", "{", '"', "\\", '"\\', ",", "1,", " ", "\n", "/*", "//", "“", "'", "a ", "1", "\0", ";"],
)
@pytest.mark.parametrize("start", ["", '{"a": [1,'])
def test_time_grows_with_the_length_alone(start: str, unit: str) -> None:
    data = (start + unit * (2**18 // len(unit))).encode()
    before = time.process_time()
    parse(data)
    assert time.process_time() - before < 3


# -- files ---------------------------------------------------------------------------------------


def test_files_that_cannot_be_read_are_findings(tmp_path: Path) -> None:
    assert rules(read_json(tmp_path / "none.json")) == ["file-not-found"]
    assert rules(read_json(tmp_path)) == ["file-unreadable"]
    assert rules(read_json("a\0b")) == ["file-unreadable"]


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(16 * 2**20 + 1)
    text = read_json(path)
    assert rules(text) == ["file-too-large"]
    assert "16 MiB" in text.findings[0].message


@pytest.mark.parametrize(
    ("codec", "name", "cut"),
    [("utf-16", "UTF-16", 1), ("utf-32", "UTF-32", 2), ("utf-16", "UTF-16", 3)],
)
def test_wide_text_that_is_cut_inside_a_character_is_said(codec: str, name: str, cut: int) -> None:
    data = '{"a": "b"}'.encode(codec)[:-cut]
    text = parse(data, "a.json")
    item = text.findings[0]
    assert item.rule == "json-encoding"
    assert (
        item.message == f"The file is {name} text, but it has bytes that no {name} text can have."
    )
    assert item.where.offset is not None
    assert 0 < item.where.offset < len(data)
    assert text.value == {"a": "b"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[1, 2] [", "'['"),
        ('{"a": 1} "b"', "the text 'b'"),
        ("[1] 25", "the number 25"),
        ("[1] true", "true"),
        ("[1] null", "null"),
        ("[1] NaN", "this value"),
    ],
)
def test_what_follows_the_end_is_named(text: str, shown: str) -> None:
    item = parse(text.encode(), "a.json").findings[-1]
    assert item.rule == "json-text-after-end"
    assert shown in item.message


def test_documents_of_endless_parts_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dl2ecd_core.json_text.walking.MOST_PARTS", 10)
    (item,) = parse(b"[1, 2, 3, 4, 5, 6, 7]", "a.json").findings
    assert item.rule == "json-too-many-values"
    assert item.message == "The document has more than 10 parts; reading stops here."


@pytest.mark.parametrize("mark", ["\u0301", "\u0941", "\ufe0f"])
def test_an_excerpt_of_wide_and_combining_letters_keeps_its_caret_below(mark: str) -> None:
    item = parse(f'{{"森": "e{mark}", "a": x}}'.encode(), "a.json").findings[0]
    assert item.where.excerpt is not None
    source, carets = item.where.excerpt.split("\n")
    # The wide letter takes two columns, the combining one none.
    assert carets.index("^") == source.index("x") + 1 - 1


def test_a_key_where_an_item_of_a_list_belongs() -> None:
    assert not parse(b"[]", "a.json").places.has(["a", 0])
    assert not parse(b"[1]", "a.json").places.has(["a"])
    assert not parse(b"[1]", "a.json").places.has([0, 0])
    assert parse(b'{"a": [1]}', "a.json").places.has(["a", 0])


def test_text_after_blanks_alone_is_cut_where_it_ends() -> None:
    (item,) = parse(b'{"a": [1,' + b" " * 10_000, "a.json").findings
    assert item.rule == "json-truncated"
    assert item.where.column == 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": \'b’}', ["json-single-quotes"]),
        ('{"a": \'b’, "c": 1}', ["json-single-quotes"]),
        ('{"a" } : 1}', ["json-missing-value", "json-text-after-end"]),
        ('{, "a": 1}', ["json-missing-value"]),
        ('{"a": 1, ] ', ["json-trailing-comma", "json-bracket-mismatch"]),
        ("[1 } : ]", ["json-bracket-mismatch"]),
        ('{"a": : 1}', ["json-missing-value", "json-unexpected"]),
        ('{"a": 1 : 2}', ["json-unexpected"]),
        ('{"a":1}//x', ["json-comment"]),
        ("{ ] } ]", ["json-bracket-mismatch"]),
        ("{[1]: 2}", ["json-unexpected"]),
        ('{"a": ] : }', ["json-missing-value", "json-bracket-mismatch"]),
        ('{"a" , "b": 1}', ["json-missing-value"]),
        ('{"a":1 /', ["json-unexpected"]),
        ('{x"a": 1}', ["json-unexpected"]),
        ('{"a": "x"y\n"b" }', ["json-unexpected"]),
        ('{"a": "x"y\n"b": }', ["json-unexpected", "json-missing-value"]),
        ('{"a": 1, ', ["json-truncated"]),
    ],
)
def test_parts_out_of_place(text: str, expected: List[str]) -> None:
    assert [item.rule for item in parse(text.encode(), "a.json").findings] == expected


def test_a_letter_before_a_quoted_key_is_no_part_of_it() -> None:
    text = parse('{x"a": 1}')
    assert text.value == {"a": 1}
    assert text.findings[0].message == "The text 'x' has no place here."
    assert marked(text) == "x"


@pytest.mark.parametrize(("passed_over", "value"), [(1000, [1]), (1001, [])])
def test_after_a_thousand_parts_out_of_place_nothing_more_is_read(
    passed_over: int, value: object
) -> None:
    text = parse("[" + ":\n" * passed_over + "1]")
    assert rules(text) == ["json-unexpected"]
    assert text.value == value
    assert not text.is_complete(text.value)


def test_the_place_of_what_would_lie_in_a_number_is_that_of_the_number() -> None:
    place = parse('{"a":\n 12}').places.at("$.a.b[0]")
    assert (place.line, place.column, place.path) == (2, 2, "$.a.b[0]")
    assert place.excerpt == "12}\n^^"


def test_an_excerpt_of_endless_combining_letters_keeps_its_caret_below() -> None:
    for text in ('{"' + "\u0301" * 400 + '": tru}', '{"a": x' + "\u0301" * 400 + "}"):
        source, carets = (parse(text).findings[0].where.excerpt or "").split("\n")
        shown = source.replace("\u0301", "")
        # What is cut off is said to be, however little room the rest takes.
        assert "..." in shown
        assert len(source) < 400
        assert shown[carets.index("^")] in "tx"
