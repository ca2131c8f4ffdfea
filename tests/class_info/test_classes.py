"""Classes that are plainly right, and classes seen together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from dl2ecd_core.class_info import examine_class_info
from dl2ecd_core.class_info.classes import plain_entry
from dl2ecd_core.class_info.report import Entry
from dl2ecd_core.findings import Finding
from tests.documents import document

LOWEST, HIGHEST = -(2**31), 2**31 - 1


class TestPlainlyRight:
    """Nearly all classes are, so that ten thousand are no matter: they are not looked at again."""

    @pytest.mark.parametrize("value", [LOWEST, -1, 0, HIGHEST])
    @pytest.mark.parametrize("key", ["Value", "ClassValue"])
    @pytest.mark.parametrize("name_key", ["Name", "ClassName"])
    def test_without_a_color(self, key: str, name_key: str, value: int) -> None:
        entry = plain_entry(7, {key: value, name_key: " Water"})
        assert entry == Entry(7, value, " Water", None, without_color=True)

    @pytest.mark.parametrize("color", [(0, 1, 255), (255, 0, 1), (1, 255, 0)])
    def test_with_a_color(self, color: Tuple[int, int, int]) -> None:
        expected = Entry(7, 1, "Water", color, without_color=False)
        channels = dict(zip(("Red", "Green", "Blue"), color))
        assert plain_entry(7, {"Value": 1, "Name": "Water", "Color": list(color)}) == expected
        assert plain_entry(7, {"Value": 1, "Name": "Water", **channels}) == expected

    def test_with_a_color_left_open(self) -> None:
        expected = Entry(7, 1, "Water", None, without_color=True)
        assert plain_entry(7, {"Value": 1, "Name": "Water", "Color": [-1, -1, -1]}) == expected

    @pytest.mark.parametrize(
        "parts",
        [
            {"Value": LOWEST - 1},
            {"Value": HIGHEST + 1},
            {"Value": True},
            {"Value": 1.0},
            {"Name": " "},
            {"Name": "e.g. Water"},
            {"Name": 5},
            {"Color": (1, 2, 3)},
            {"Color": [1, 2]},
            {"Color": [-1, -1, -2]},
            {"Color": [-2, -2, -2]},
            {"Color": [1, 1, 1.0]},
            {"Color": [True, True, True]},
            *({"Color": color} for color in ([-1, 0, 0], [0, -1, 0], [0, 0, -1])),
            *({"Color": color} for color in ([256, 0, 0], [0, 256, 0], [0, 0, 256])),
            {"Color": ["1", 2, 3]},
        ],
    )
    def test_what_is_not(self, parts: Dict[str, object]) -> None:
        assert plain_entry(7, {"Value": 1, "Name": "Water", "Color": [1, 2, 3], **parts}) is None

    @pytest.mark.parametrize(
        "more",
        [
            {"ClassValue": 2},
            {"ClassValue": 2, "Red": 1, "Green": 2, "Blue": 3},
            {"ClassValue": 2, "ClassName": "Sea", "Red": 1, "Green": 2, "Blue": 3},
            {"Color": [1, 2, 3], "Red": 4, "Green": 5, "Blue": 6},
            {"Red": 1},
        ],
    )
    def test_what_may_contradict_itself_is_not(self, more: Dict[str, object]) -> None:
        assert plain_entry(7, {"Value": 1, "Name": "Water", **more}) is None


class TestTogether:
    def found(self, folder: Path, *classes: Dict[str, Any]) -> List[Finding]:
        path = folder / "classes.json"
        colored = [{"Color": [1, 2, 3], **item} for item in classes]
        path.write_text(json.dumps(document(Classes=colored)), encoding="utf-8")
        return list(examine_class_info(path).findings)

    def test_a_class_without_value_hides_no_duplicates(self, tmp_path: Path) -> None:
        twice = [{"Name": "a"}, {"Value": 1, "Name": "b"}, {"Value": 1, "Name": "c"}]
        rules = [item.rule for item in self.found(tmp_path, *twice)]
        assert rules == ["class-info-key-missing", "class-value-duplicate"]

    def test_a_class_without_name_hides_no_duplicates(self, tmp_path: Path) -> None:
        twice = [{"Value": 1}, {"Value": 2, "Name": "b"}, {"Value": 3, "Name": "b"}]
        rules = [item.rule for item in self.found(tmp_path, *twice)]
        assert rules == ["class-info-key-missing", "class-name-duplicate"]

    @pytest.mark.parametrize(
        ("value", "rule"), [(300, "class-value-above-8-bit"), (-5, "class-value-negative")]
    )
    def test_unusual_values_are_shown_where_they_stand(
        self, tmp_path: Path, value: int, rule: str
    ) -> None:
        (item,) = self.found(
            tmp_path, {"ClassValue": 1, "ClassName": "a"}, {"ClassValue": value, "ClassName": "b"}
        )
        assert (item.rule, item.where.path) == (rule, "$.Classes[1].ClassValue")
