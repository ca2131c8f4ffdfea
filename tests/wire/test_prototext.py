"""The text format of protocol buffers, read as events."""

from __future__ import annotations

from pathlib import Path
from typing import List, Tuple, Union

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.wire import prototext
from dl2ecd_core.wire.prototext import END, SCALAR, START, Event, events
from dl2ecd_core.wire.source import ByteSource


def read(folder: Path, text: Union[str, bytes]) -> List[Event]:
    file = folder / "net.prototxt"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with ByteSource(file, "net.prototxt") as source:
        return list(events(source, "the network"))


def steps(folder: Path, text: Union[str, bytes]) -> List[Tuple[int, str, Union[str, bytes]]]:
    return [(event.kind, event.name, event.value) for event in read(folder, text)]


def test_fields_and_messages_come_in_file_order(tmp_path: Path) -> None:
    text = 'name: "net"  # a comment\nlayer { type: CONV; kernel: -3, scale: 1.5e-3 }'
    assert steps(tmp_path, text) == [
        (SCALAR, "name", b"net"),
        (START, "layer", ""),
        (SCALAR, "type", "CONV"),
        (SCALAR, "kernel", "-3"),
        (SCALAR, "scale", "1.5e-3"),
        (END, "layer", ""),
    ]


def test_the_ways_to_open_a_message_mean_the_same(tmp_path: Path) -> None:
    one = steps(tmp_path, "a { b: 1 }")
    assert steps(tmp_path, "a: { b: 1 }") == one
    assert steps(tmp_path, "a < b: 1 >") == one
    assert steps(tmp_path, "\ufeffa\n:\n{ # x }\n b # y\n : 1 }") == one


def test_list_elements_are_repeated_fields(tmp_path: Path) -> None:
    assert steps(tmp_path, 'd: [1, 2] s: ["a", "b" "c"] m: [{x: 1}, <>] e: []') == [
        (SCALAR, "d", "1"),
        (SCALAR, "d", "2"),
        (SCALAR, "s", b"a"),
        (SCALAR, "s", b"bc"),
        (START, "m", ""),
        (SCALAR, "x", "1"),
        (END, "m", ""),
        (START, "m", ""),
        (END, "m", ""),
    ]


def test_escapes_in_strings_are_resolved(tmp_path: Path) -> None:
    text = rb"""a: "\101\x42\n\"\\\u00e9\'" b: '"' """
    assert steps(tmp_path, text) == [
        (SCALAR, "a", b"AB\n\"\\\xc3\xa9'"),
        (SCALAR, "b", b'"'),
    ]


def test_long_strings_are_skipped_but_for_their_beginning(tmp_path: Path) -> None:
    long = "x" * 1_000_000
    first, second = read(tmp_path, f'tensor: "{long}" name: "after"')
    assert first.value == b"x" * prototext.LONGEST_STRING
    assert second.value == b"after"
    assert second.offset > 1_000_000


def test_long_strings_of_escapes_are_skipped_too(tmp_path: Path) -> None:
    first, second = read(tmp_path, r'tensor: "' + r"\000\"" * 300_000 + '" name: "after"')
    assert first.value == (b'\0"' * prototext.LONGEST_STRING)[: prototext.LONGEST_STRING]
    assert second.value == b"after"


def test_extension_and_any_names_are_fields(tmp_path: Path) -> None:
    assert steps(tmp_path, "[type.googleapis.com/a.B] { c: 1 }")[0] == (
        START,
        "type.googleapis.com/a.B",
        "",
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("-7", -7), ("- 7", -7), ("0x1F", 31), ("017", 15), ("0", 0), ("5u", 5)],
)
def test_integers_are_read_in_all_notations(tmp_path: Path, text: str, number: int) -> None:
    assert read(tmp_path, f"a: {text}")[0].integer() == number


def test_what_is_no_integer_is_none(tmp_path: Path) -> None:
    values = [event.integer() for event in read(tmp_path, 'a: 1.5 b: MAX c: "3" d: 0x e: 09')]
    assert values == [None] * 5


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "a:",
        "a: }",
        "a { b: 1",
        "a { b: 1 >",
        "}",
        'a: "open',
        'a: "' + "x" * 100_000,
        'a: "line\nbreak"',
        r'a: "\q"',
        "a: [1, 2",
        "1: 2",
        "a: 1 \x00",
        "n" * 600 + ": 1",
    ],
)
def test_broken_text_is_refused_at_its_byte(tmp_path: Path, text: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        read(tmp_path, text)
    assert caught.value.finding.rule == "model-damaged"
    assert caught.value.finding.where.offset is not None


def test_texts_are_kept_up_to_a_length_whatever_follows(tmp_path: Path) -> None:
    text = 'a: "' + "x" * prototext.LONGEST_STRING + r"\n\x41" + '" b: 1'
    assert steps(tmp_path, text) == [
        (SCALAR, "a", b"x" * prototext.LONGEST_STRING),
        (SCALAR, "b", "1"),
    ]


def test_more_values_than_any_network_has_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prototext, "MOST_EVENTS", 10)
    with pytest.raises(ModelFileError, match="more than 10 values") as caught:
        read(tmp_path, "a: 1 " * 20)
    assert caught.value.finding.rule == "model-too-complex"


@pytest.mark.parametrize(
    ("text", "value"), [('"Fl\\303\\244che"', "Fläche"), ('"\\377"', "\ufffd"), ("CONV", "CONV")]
)
def test_values_as_text(tmp_path: Path, text: str, value: str) -> None:
    (event,) = read(tmp_path, f"a: {text}")
    assert event.text() == value


def test_nesting_past_the_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError) as caught:
        read(tmp_path, "a {" * 100_000)
    assert caught.value.finding.rule == "model-too-complex"


@given(st.binary(max_size=200))
@settings(max_examples=150)
def test_any_bytes_end_in_events_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    try:
        read(tmp_path_factory.getbasetemp(), data)
    except ModelFileError as error:
        assert error.finding.rule == "model-damaged"
