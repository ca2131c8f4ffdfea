"""Which bands of a scene go into the model."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import pytest

from dl2ecd_core.findings import Severity
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.inputs.bands import bands_asked, bands_text, chosen_bands

NAMES = ["Blue", " Green ", "Red", "NIR"]


def chosen(
    document: Dict[str, Any], names: List[Optional[str]], asked: Optional[List[Any]] = None
) -> Any:
    return chosen_bands(document, 3, names, "scene.tif", asked=asked)


@pytest.mark.parametrize(
    ("document", "asked", "expected"),
    [
        ({"ExtractBands": [2, 1, 0]}, None, (2, 1, 0)),
        ({"ExtractBands": ["nir", "red", "green"]}, None, (3, 2, 1)),
        ({"ExtractBands": [2, 1, 0]}, [1, 2, 3], (0, 1, 2)),
        ({}, ["NIR", 1, "Red"], (3, 0, 2)),
        ({"ExtractBands": ["nir ", " Red", "green"]}, None, (3, 2, 1)),
    ],
)
def test_by_number_or_name(
    document: Dict[str, Any], asked: Optional[List[Any]], expected: Any
) -> None:
    assert chosen(document, NAMES, asked) == (expected, ())


def test_nothing_is_said_of_a_scene_of_as_many_bands() -> None:
    assert chosen({}, NAMES[:3]) == ((0, 1, 2), ())


@pytest.mark.parametrize("document", [{}, {"ExtractBands": [0, 1, 2]}, {"ExtractBands": None}])
def test_the_first_bands_of_more_are_taken_and_that_is_said(document: Dict[str, Any]) -> None:
    """A definition that was made without ExtractBands has the first ones."""
    bands, (said,) = chosen(document, NAMES)
    assert (bands, said.rule, said.severity) == ((0, 1, 2), "bands-first", Severity.INFORMATION)
    assert said.message == (
        "The scene has 4 bands, the model takes 3: its first 3 are taken "
        "('Blue', ' Green ' and 'Red')."
    )
    assert said.hint.endswith("in its order: --bands 2,3,4.")
    (said,) = chosen(document, [None] * 6)[1]
    assert said.message == "The scene has 6 bands, the model takes 3: its first 3 are taken."
    (said,) = chosen_bands({}, 1, [None] * 6, "scene.tif")[1]
    assert said.message == "The scene has 6 bands, the model takes 1: its first is taken."


@pytest.mark.parametrize(
    ("count", "asked", "hint"),
    [
        (4, [1, 2, 3], "--bands 1,2,3,4."),
        (4, [0, 1, 2, 3], "If you counted from 0: --bands 1,2,3,4."),
        (4, [0, "nir", 1, 1], "If you counted from 0: --bands 1,nir,2,2."),
        (4, [0, 1], "Give them as --bands 1,2,3,4."),
        (13, list(range(13)), "Give them as --bands 1,2,3,...,13."),
        (2, ["red", 7], "--bands 1,2."),
    ],
)
def test_examples_have_as_many_bands_as_are_needed(count: int, asked: List[Any], hint: str) -> None:
    with pytest.raises(RunningRefused) as caught:
        chosen_bands({}, count, [None, "Red"], "scene.tif", asked=asked)
    assert caught.value.findings[0].hint.endswith(hint)


def test_bands_as_people_read_them() -> None:
    assert bands_text([6, 1], 6) == "bands 6 and 1 of 6"
    assert bands_text([4], 4) == "band 4 of 4"
    assert bands_text([], 3) == "no band of 3"
    assert bands_text(range(2, 21), 20) == "bands 2 to 20 of 20"
    assert bands_text([*range(2, 21), 1], 20) == "bands 2, ..., 1 of 20"


def test_names_that_the_scene_has_not_go_by_their_order_and_that_is_said() -> None:
    bands, findings = chosen({"ExtractBands": ["red", "green", "blue"]}, [None] * 4)
    assert bands == (0, 1, 2)
    assert [item.rule for item in findings] == ["bands-unnamed"]


@pytest.mark.parametrize(
    ("document", "names", "asked", "said"),
    [
        ({"ExtractBands": [0, 1, 4]}, NAMES, None, "lacks the band '5'.*are called 'Blue'"),
        ({"ExtractBands": [0, 1, 4]}, [None] * 2, None, "it has 2 bands"),
        ({"ExtractBands": ["swir", "x", "red"]}, NAMES, None, "lacks the bands 'swir' and 'x'"),
        ({"ExtractBands": ["a", "b", "c"]}, [None] * 2, None, "lacks the band 'c'"),
        ({}, NAMES, [0, 1, 2], "--bands names band 0, but bands are counted from 1"),
        ({}, [None] * 2, None, "The model takes 3 bands, the scene has 2"),
        ({"ExtractBands": [0, 1, 2]}, [None] * 2, None, "The model takes 3 bands, the scene has 2"),
    ],
)
def test_a_band_that_is_not_there(
    document: Dict[str, Any], names: List[Optional[str]], asked: Optional[List[Any]], said: str
) -> None:
    with pytest.raises(RunningRefused, match=f"bands-missing.*{said}"):
        chosen(document, names, asked)


def test_a_name_of_several_bands() -> None:
    names: List[Optional[str]] = ["Red", None, "red ", "NIR", None]
    with pytest.raises(RunningRefused, match=r"bands-ambiguous.*'red': the bands '1' and '3'"):
        chosen({"ExtractBands": ["nir", "red", 1]}, names)
    # By number they are told apart.
    assert chosen({}, names, ["NIR", 1, 3]) == ((3, 0, 2), ())


@pytest.mark.parametrize("asked", [[1], [1, 2, 3, 4]])
def test_too_few_or_too_many(asked: List[Any]) -> None:
    with pytest.raises(RunningRefused, match=r"bands-count.*--bands.*takes 3"):
        chosen({}, NAMES, asked)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4, 1,nir", [4, 1, "nir"]),
        ("-1", ["-1"]),
        ("\u00b2,\u0662", ["\u00b2", "\u0662"]),
        ("9" * 5_000, ["9" * 5_000]),
    ],
)
def test_what_is_no_number_is_a_name(text: str, expected: List[Any]) -> None:
    assert bands_asked(text) == expected
