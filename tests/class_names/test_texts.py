"""Names of classes in texts of any kind: what is read, with which numbers, and what is refused."""

from __future__ import annotations

import builtins
import json
from typing import Any, List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.class_names import (
    Form,
    NamedClasses,
    YamlMissing,
    classes_in,
    classes_in_lines,
    classes_of,
    comma_names,
    python_classes,
)

Pairs = List[Tuple[int, str]]
NAMES = st.text(st.characters(whitelist_categories=["L"]), min_size=1, max_size=8)


def pairs(found: Optional[NamedClasses]) -> Pairs:
    assert found is not None
    return [(item.value, item.name) for item in found.classes]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('["water", "forest"]', [(0, "water"), (1, "forest")]),
        ('{"1": "water", "2": "forest"}', [(1, "water"), (2, "forest")]),
        ('{"water": 3, "forest": 7}', [(3, "water"), (7, "forest")]),
        ('{"class_indices": {"water": 0, "forest": 1}}', [(0, "water"), (1, "forest")]),
        ('{"id2label": {"11": "water"}, "label2id": {"water": 11}}', [(11, "water")]),
        ('{"label2id": {"water": 11}}', [(11, "water")]),
        ('{"5": {"name": "water", "color": [1, 2, 3]}}', [(5, "water")]),
        ('{"categories": [{"id": 11, "name": "roof"}]}', [(11, "roof")]),
        ('[{"label": "water"}, {"label": "forest"}]', [(0, "water"), (1, "forest")]),
        ('[{"0": "title"}, {"1": "text"}]', [(0, "title"), (1, "text")]),
        ("[{0: 'title'}, {1: 'text'}, {2: 'figure'}]", [(0, "title"), (1, "text"), (2, "figure")]),
        ("{1: 'roof', 2: 'pool', 3: 'panel'}", [(1, "roof"), (2, "pool"), (3, "panel")]),
        ("{'roof': 1, \"pool\": 2}", [(1, "roof"), (2, "pool")]),
        ("('roof', 'pool')", [(0, "roof"), (1, "pool")]),
        ("0: roof\n1: pool\n2: panel\n", [(0, "roof"), (1, "pool"), (2, "panel")]),
        ("- roof\n- no\n- 7 a\n", [(0, "roof"), (1, "no"), (2, "7 a")]),
        ("{0: roof, 1: pool}", [(0, "roof"), (1, "pool")]),
        ("names:\n  0: roof\n  4: 'solar panel'\nchannels: 3\n", [(0, "roof"), (4, "solar panel")]),
        ("roof, pool,solar panel", [(0, "roof"), (1, "pool"), (2, "solar panel")]),
        ("0 water\n1 forest\n2 bare ground\n", [(0, "water"), (1, "forest"), (2, "bare ground")]),
        ("2 notice\n5 stop\n", [(2, "notice"), (5, "stop")]),
        ("roof\npool\n", [(0, "roof"), (1, "pool")]),
    ],
)
def test_all_ways_to_write_them(text: str, expected: Pairs) -> None:
    assert pairs(classes_in(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "water",
        "12",
        "1, 2, 3",
        "a,,b",
        '{"0": 1}',
        '{"0": "a", "x": "b"}',
        '{"a": 1, "b": 1}',
        '{"a": 1.5}',
        '{"a": true}',
        '{"99999999999999999999": "a"}',
        '{"a": 99999999999999999999}',
        '"[water"',
        "{0: 'water'",
        "[['a']]",
        "[{0: 'a'}, {0: 'b'}]",
        '[{"id": 1}]',
        "names:\n  - [a\n",
        "key: {a: b}\n",
        "a" * (1 << 20) + "b",
        "1\n2\n3\n",
        "x, y\n" * 3 + "4\n",
    ],
    ids=lambda text: repr(text[:20]),
)
def test_anything_else_is_none(text: str) -> None:
    assert classes_in(text) is None


def test_json_inside_json_is_read_once_more() -> None:
    assert pairs(classes_of('{"0": "water"}')) == [(0, "water")]
    assert classes_of("[water") is None


def test_escapes_of_python_are_read() -> None:
    assert pairs(python_classes(r"{0: 'farmer\'s field', 1: 'a\nb\x41\u00e9\U0001f333\\'}")) == [
        (0, "farmer's field"),
        (1, "a\nbA\u00e9\U0001f333\\"),
    ]
    assert pairs(python_classes(r"['\Uffffffff']")) == [(0, r"\Uffffffff")]


class TestNumbers:
    def test_indices_in_any_order(self) -> None:
        found = classes_in("{1: 'b', 0: 'a'}")
        assert found is not None and found.by_index == ("a", "b")

    def test_gaps_are_no_indices_but_an_order(self) -> None:
        found = classes_in('[{"id": 7, "name": "b"}, {"id": 3, "name": "a"}]')
        assert found is not None
        assert (found.by_index, found.by_value, found.form) == (None, ("a", "b"), Form.OBJECTS)

    @pytest.mark.parametrize(
        ("text", "numbered"), [("a\nb", False), ("0 a\n1 b", True), ("[0, 1]", False)]
    )
    def test_it_is_said_whether_the_text_gives_them(self, text: str, numbered: bool) -> None:
        found = classes_in(text)
        assert numbered is (found is not None and found.numbered)


class TestLines:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("1. Car\r\n2. Bus\r\n", [(1, "Car"), (2, "Bus")]),
            ("1) Car\n2) Bus", [(1, "Car"), (2, "Bus")]),
            ("10 - Car\n20 - Bus", [(10, "Car"), (20, "Bus")]),
            ("0=Car\n1=Bus", [(0, "Car"), (1, "Bus")]),
            ("0:\tCar\n1:\tBus", [(0, "Car"), (1, "Bus")]),
            ("0: 'Car'\n1: 'Bus'", [(0, "Car"), (1, "Bus")]),
            ("0: 'Car'\n1: Bus", [(0, "'Car'"), (1, "Bus")]),
            ("Car\t0\nBus\t1", [(0, "Car"), (1, "Bus")]),
            ("Car: 4\nBus: 5", [(4, "Car"), (5, "Bus")]),
            ("\ufeff# classes\n0 Car\n\n1 Bus\n2 ???\n", [(0, "Car"), (1, "Bus")]),
            ("???\nCar\n\nBus", [(1, "Car"), (3, "Bus")]),
            ("Class 1\nClass 2", [(0, "Class 1"), (1, "Class 2")]),
            ("2 wheeler\ncar\nbus", [(0, "2 wheeler"), (1, "car"), (2, "bus")]),
            (" Other (Pervious)\nWald, licht", [(0, " Other (Pervious)"), (1, "Wald, licht")]),
            ("// a\n; b\nCar\rBus", [(0, "Car"), (1, "Bus")]),
        ],
    )
    def test_names_and_numbers(self, text: str, expected: Pairs) -> None:
        assert pairs(classes_in_lines(text)) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "# a\n",
            "???\n???",
            "1\n2",
            "0 water\n1 forest\nbare",
            "0 water\n0 forest",
            "0 0.5 0.5 0.1\n1 0.5 0.2 0.3",
            "x" * 201,
            "a\n---\nb",
        ],
    )
    def test_lines_that_are_not_plainly_that(self, text: str) -> None:
        assert classes_in_lines(text) is None


def test_a_number_with_a_point_may_be_whole() -> None:
    assert pairs(classes_of({"water": 2.0})) == [(2, "water")]


def test_commas_only_part_names() -> None:
    assert comma_names("[a, b]") is None
    assert pairs(comma_names("a , b")) == [(0, "a"), (1, "b")]


@given(st.dictionaries(st.integers(-(10**9) + 1, 10**9 - 1), NAMES, min_size=1, max_size=6))
def test_what_python_and_json_write_is_read_back(classes: Any) -> None:
    expected = list(classes.items())
    assert pairs(classes_in(str(classes))) == expected
    assert pairs(classes_in(json.dumps(classes))) == expected
    assert pairs(classes_in("\n".join(f"{value}: {name}" for value, name in expected))) == expected


def test_without_pyyaml_all_else_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_yaml(name: str, *rest: Any) -> Any:
        if name == "yaml":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_yaml)
    assert pairs(classes_in("{0: 'a'}")) == [(0, "a")]
    with pytest.raises(YamlMissing):
        classes_in("names: [a, b]")
