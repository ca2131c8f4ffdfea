"""YAML within limits: names stay names, nothing is constructed, nothing grows."""

from __future__ import annotations

import time

import pytest

from dl2ecd_core.class_names import YamlUnreadable, classes_in_yaml, load_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("names: [yes, no, on, 1e3, 12:30, 2024-01-01, null, 0x1f]",
         ["yes", "no", "on", "1e3", "12:30", "2024-01-01", "null", "0x1f"]),
        ("names: {0: a, -1: b, 1_0: c}", {0: "a", -1: "b", "1_0": "c"}),
        ("names: ['7', 7]", ["7", 7]),
        ("names: &n [a]\nmore: *n", ["a"]),
        ("--- # a remark\nnames:\n- a\n- b\n", ["a", "b"]),
    ],
)  # fmt: skip
def test_what_is_written_is_what_is_read(text: str, value: object) -> None:
    document = load_yaml(text)
    assert isinstance(document, dict) and document["names"] == value


def test_no_tag_makes_anything() -> None:
    assert load_yaml("a: !!python/object/apply:os.system ['exit 1']") == {"a": ["exit 1"]}


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("a: [1\nb: 2", "expected", 2),
        ("", "it is empty", None),
        ("a: b\n[1, 2]: c", "a list as a key", 2),
        ("a: " + "[" * 40 + "]" * 40, "more than 32 deep", 1),
        ("a" * ((1 << 20) + 1), "more than 1 MiB", None),
        ("[" + "a," * 300_000 + "]", "more than 300000 values", 1),
        ("a: &a 1\nb: [" + "*a," * 60 + "]", "more than 50 aliases", 2),
        ("a: \x00", "are not allowed", None),
        ("a: 1\nb: {c: 2}\na: 3", "the key 'a' is given twice in the same object, first", 3),
        ("names:\n  0: a\n  0: a", "the key '0' is given twice in the same object", 3),
        ("{a: 1,\n 'a': 1}", "the key 'a' is given twice in the same object, first in line 1", 2),
    ],
    ids=["broken", "empty", "odd key", "deep", "long", "many", "aliases", "control character",
         "key twice", "number twice", "with and without quotes"],
)  # fmt: skip
def test_what_is_none_or_too_much_is_said(text: str, reason: str, line: object) -> None:
    with pytest.raises(YamlUnreadable) as error:
        load_yaml(text)
    assert reason in error.value.reason
    assert line is None or error.value.line == line
    assert classes_in_yaml(text) is None


def test_the_same_key_in_two_objects_is_given_once_in_each() -> None:
    text = "a: &x {n: 1}\nb: *x\nc: [{n: 1}, {n: 2}]\n0: z\n'0': y"
    assert load_yaml(text) == {
        "a": {"n": 1}, "b": {"n": 1}, "c": [{"n": 1}, {"n": 2}], 0: "z", "0": "y",
    }  # fmt: skip


def test_aliases_of_aliases_end_soon() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 7)}]" for n in range(1, 8)]
    start = time.process_time()
    with pytest.raises(YamlUnreadable, match="too large"):
        load_yaml("\n".join(lines))
    assert time.process_time() - start < 20
