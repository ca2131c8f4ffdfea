"""Colors, values and names of classes, and what is said about wrong ones."""

from __future__ import annotations

from typing import Dict, List, Tuple

import pytest

from dl2ecd_core.class_info import LandClass
from dl2ecd_core.findings import Severity

from .examined import Examine, only, with_class

# -- colors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parts",
    [{}, {"Color": [-1, -1, -1]}, {"Red": -1, "Green": -1, "Blue": -1}],
    ids=["missing", "-1 in a list", "-1 one by one"],
)
def test_a_color_that_is_left_open_is_one_of_the_palette(
    examine: Examine, parts: Dict[str, object]
) -> None:
    info = examine(with_class(Value=1, Name="Water", **parts))
    item = only(info, "class-color-from-palette")
    assert item.severity is Severity.WARNING
    assert "'Water'" in item.message
    assert info.classes[1] == LandClass(1, "Water", (86, 180, 233), color_given=False)


def test_open_colors_are_said_once_for_all_classes(examine: Examine) -> None:
    info = examine(Classes=[{"Value": value, "Name": f"c{value}"} for value in range(12)])
    item = only(info, "class-color-from-palette")
    assert "12 classes" in item.message
    assert "4 more" in item.message
    assert len({one.color for one in info.classes}) == 12


def test_an_unknown_key_takes_no_color_s_place(examine: Examine) -> None:
    info = examine(with_class(Value=1, Name="Water", Note="blue"))
    assert "'Water'" in only(info, "class-color-from-palette").message


def test_a_palette_color_is_not_one_that_another_class_has(examine: Examine) -> None:
    info = examine(with_class(Value=1, Name="Water"))
    first = info.classes[1].color
    clash = {"Value": 0, "Name": "Soil", "Color": list(first)}
    info = examine(Classes=[clash, {"Value": 1, "Name": "Water"}])
    assert info.classes[1].color != first


@pytest.mark.parametrize(
    ("color", "rule", "says", "helps", "path"),
    [
        ([256, 0, 0], "class-color-out-of-range", "Red of Color is 256", "", "[0]"),
        ([0, 0, -1], "class-color-out-of-range", "Blue of Color is -1", "", "[2]"),
        ([1, 2], "class-info-wrong-type", "2 numbers instead of three", "", ""),
        ([1, 2, 3, 4], "class-info-wrong-type", "4 numbers", "transparency", ""),
        ("#CC00FF", "class-info-wrong-type", "'#CC00FF'", "[204, 0, 255]", ""),
        (" 1289aB", "class-info-wrong-type", "' 1289aB'", "[18, 137, 171]", ""),
        ("#CC00F", "class-info-wrong-type", "'#CC00F'", "Example", ""),
        ("#CC00FFF", "class-info-wrong-type", "'#CC00FFF'", "Example", ""),
        ([0.2, 0.4, 1.0], "class-info-wrong-type", "0.2", "[51, 102, 255]", ""),
        (["1", "2", "3"], "class-info-wrong-type", '"1"', "[1, 2, 3]", ""),
        ([True, 0, 0], "class-info-wrong-type", "true", "Example", ""),
        (None, "class-info-wrong-type", "null", "", ""),
        ("e.g. [0, 0, 255]", "class-info-placeholder", "e.g.", "real value", ""),
    ],
)
def test_colors_that_are_none(
    examine: Examine, color: object, rule: str, says: str, helps: str, path: str
) -> None:
    info = examine(with_class(Value=1, Name="Water", Color=color))
    item = only(info, rule)
    assert item.severity is Severity.ERROR
    assert says in item.message
    assert helps in item.hint
    assert item.where.path == f"$.Classes[1].Color{path}"


def test_channels_one_by_one_have_to_be_three_and_right(examine: Examine) -> None:
    item = only(examine(with_class(Value=1, Name="a", Red=1, Green=2)), "class-info-key-missing")
    assert "'Blue'" in item.message
    for channels in ({"Red": 300, "Green": 2, "Blue": 3}, {"Red": -1, "Green": 2, "Blue": 3}):
        info = examine(with_class(Value=1, Name="a", **channels))
        assert only(info, "class-color-out-of-range").where.path == "$.Classes[1].Red"


def test_two_colors_that_differ_contradict_each_other(examine: Examine) -> None:
    parts = {"Color": [1, 2, 3], "Red": 1, "Green": 2}
    assert examine(with_class(Value=1, Name="a", Blue=3, **parts)).findings == ()
    item = only(examine(with_class(Value=1, Name="a", Blue=4, **parts)), "class-info-contradiction")
    assert "[1, 2, 3]" in item.message
    assert "[1, 2, 4]" in item.message


# -- values and names ----------------------------------------------------------------------------

VALUES: List[Tuple[object, str, str, Severity]] = [
    (True, "class-info-wrong-type", "not true", Severity.ERROR),
    ("4", "class-info-wrong-type", "the text '4'", Severity.ERROR),
    (4.5, "class-info-wrong-type", "4.5", Severity.ERROR),
    (None, "class-info-wrong-type", "null", Severity.ERROR),
    ("e.g. 4", "class-info-placeholder", "'e.g. 4'", Severity.ERROR),
    (2**31, "class-value-out-of-range", "2147483648", Severity.ERROR),
    (-(2**31) - 1, "class-value-out-of-range", "-2147483649", Severity.ERROR),
    (0, "class-value-duplicate", "'Impervious'", Severity.ERROR),
    (256, "class-value-above-8-bit", "16- or 32-bit", Severity.WARNING),
    (-1, "class-value-negative", "signed", Severity.WARNING),
]


@pytest.mark.parametrize(("value", "rule", "says", "severity"), VALUES)
def test_values_that_need_a_word(
    examine: Examine, value: object, rule: str, says: str, severity: Severity
) -> None:
    item = only(examine(with_class(Value=value, Name="Water", Color=[0, 0, 255])), rule)
    assert says in item.message
    assert item.severity is severity
    assert item.where.path == "$.Classes[1].Value"
    assert item.hint


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("100", "100"),
        (" -7 ", "-7"),
        ("+8", "8"),
        ("123456789012345678", "123456789012345678"),
        # What no raster holds anyway, and what is no number, is not worth its quotes' removal.
        ("1234567890123456789", ""),
        ("1x", ""),
        ("-", ""),
        ("", ""),
    ],
)
def test_a_number_in_quotes_is_to_lose_them(examine: Examine, text: str, meant: str) -> None:
    item = only(examine(with_class(Value=text, Name="a", Color=[1, 2, 3])), "class-info-wrong-type")
    assert item.hint == (f"Remove the quotes: {meant}" if meant else 'Example: "Value": 1')


def test_the_limits_of_values_are_values(examine: Examine) -> None:
    for value in (1, 255):
        assert examine(with_class(Value=value, Name="a", Color=[1, 2, 3])).findings == ()
    for value in (2**31 - 1, -(2**31)):
        info = examine(with_class(Value=value, Name="a", Color=[1, 2, 3]))
        assert info.classes[1].value == value


NAMES: List[Tuple[object, str, Severity]] = [
    ("", "class-name-empty", Severity.ERROR),
    ("  ", "class-name-empty", Severity.ERROR),
    (7, "class-info-wrong-type", Severity.ERROR),
    ("e.g. Water", "class-info-placeholder", Severity.ERROR),
    (" Water", "class-name-blanks", Severity.WARNING),
    ("Water\u00a0", "class-name-blanks", Severity.WARNING),
    ("Impervious", "class-name-duplicate", Severity.WARNING),
    ("IMPERVIOUS", "class-name-duplicate", Severity.WARNING),
    ("Open\nwater", "class-name-control-character", Severity.WARNING),
    ("Open\0water", "class-name-control-character", Severity.WARNING),
]


@pytest.mark.parametrize(("name", "rule", "severity"), NAMES)
def test_names_that_need_a_word(
    examine: Examine, name: object, rule: str, severity: Severity
) -> None:
    item = only(examine(with_class(Value=1, Name=name, Color=[0, 0, 255])), rule)
    assert item.severity is severity
    assert item.where.path == "$.Classes[1].Name"


@pytest.mark.parametrize("name", ["e.g.", "e.g. Water", "e. g. Water", "e.g., Water", " EG: Water"])
def test_an_example_left_is_one_however_it_is_spelt(examine: Examine, name: str) -> None:
    only(examine(with_class(Value=1, Name=name, Color=[1, 2, 3])), "class-info-placeholder")


def test_a_name_that_begins_like_a_placeholder_is_a_name(examine: Examine) -> None:
    for name in ("Egg farm", "EG-1", "E.G.B. depot"):
        assert examine(with_class(Value=1, Name=name, Color=[1, 2, 3])).findings == ()


def test_what_is_said_twice_has_to_agree(examine: Examine) -> None:
    same = {"Value": 1, "ClassValue": 1, "Name": "a", "ClassName": "a", "Color": [1, 2, 3]}
    info = examine(with_class(**same))
    assert info.findings == ()
    assert info.classes[1] == LandClass(1, "a", (1, 2, 3), color_given=True)
    info = examine(with_class(**{**same, "ClassValue": 2}))
    assert only(info, "class-info-contradiction").where.path == "$.Classes[1].ClassValue"
    info = examine(BatchSize=8)
    assert only(info, "class-info-contradiction").where.path == "$.BatchSize"
