"""JSON and YAML of every program: which list is meant, and which lists are something else."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any, List

import pytest

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.legends import read_legend
from tests.legends.test_inputs import Row, read, rows, rules

A: Row = (1, "a", (0, 0, 255))
B: Row = (11, "b", (0, 128, 0))
PLAIN: List[Row] = [(1, "a", None), (11, "b", None)]


def refused(folder: Path, document: Any) -> str:
    with pytest.raises(Dl2EcdError) as error:
        read(folder, document if isinstance(document, str) else json.dumps(document))
    return error.value.findings[0].message


@pytest.mark.parametrize(
    "document",
    [
        # STAC: colors with and without a hash, names for programs beside those for people.
        {"classification:classes": [{"value": 1, "name": "a", "color_hint": "0000ff"},
                                    {"value": 11, "name": "b", "color_hint": "#008000"}]},
        {"stac_version": "1.0.0", "properties": {"providers": [{"name": "x", "url": "y"}]},
         "assets": {"map": {"raster:bands": [{"name": "B1", "classification:classes": [
             {"value": 1, "name": "a", "color_hint": "0000FF", "description": "all of a"},
             {"value": 11, "name": "b", "color_hint": "008000"}]}]}}},
        {"stac_version": "1.0.0", "properties": {}, "assets": {
            kind: {"classification:classes": [{"value": 1, "name": "a", "color_hint": "0000FF"},
                                              {"value": 11, "name": "b", "color_hint": "008000"}]}
            for kind in ("map", "cog")}},
        # COCO's panoptic categories, with the licences and images that stand beside them.
        {"licenses": [{"id": 1, "name": "CC BY", "url": ""}], "images": [{"id": 5}],
         "categories": [{"id": 1, "name": "a", "isthing": 0, "color": [0, 0, 255]},
                        {"id": 11, "name": "b", "isthing": 1, "color": [0, 128, 0]}]},
        [{"id": 1, "name": "a", "color": "#0000ff", "attributes": []},
         {"id": 11, "name": "b", "color": "#008000", "attributes": []}],
        {"classes": {"a": {"value": 1, "color": "#00f"}, "b": {"value": 11, "color": "#008000"}}},
        {"1": {"name": "a", "color": [0, 0, 255]}, "11": {"name": "b", "color": [0, 128, 0, 255]}},
        {"names": ["a", "b"], "values": [1, 11], "palette": ["0000ff", "008000"]},
        {"land_class_names": ["a", "b"], "land_class_values": [1, 11],
         "land_class_palette": ["0000ff", "008000"]},
        {"Framework": "x", "Classes": [{"Value": 1, "Name": "a", "Color": "#0000ff"},
                                       {"Value": 11, "Name": "b", "Color": [0.0, 0.502, 0.0]}]},
        {"Classes": [{"ClassValue": 1, "ClassName": "a", "Red": 0, "Green": 0, "Blue": 255},
                     {"ClassValue": 11, "ClassName": "b", "Red": 0, "Green": 128, "Blue": 0}]},
        # Samples and attribute tables as ArcGIS's services give them.
        {"features": [{"attributes": {"OID": n, "Classvalue": value, "Classname": name,
                                      "RED": 0, "GREEN": green, "BLUE": blue}}
                      for n, (value, name, green, blue) in enumerate(
                          [(1, "a", 0, 255), (11, "b", 128, 0), (1, "a", 0, 255)])]},
        {"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {"Value": 1, "Class": "a", "Color": "#0000ff"}},
            {"type": "Feature", "properties": {"Value": 11, "Class": "b", "Color": "#008000"}}]},
    ],
)  # fmt: skip
def test_values_names_and_colors(tmp_path: Path, document: Any) -> None:
    legend = read(tmp_path, json.dumps(document))
    assert (rows(legend), rules(legend)) == ([A, B], [])


@pytest.mark.parametrize(
    "document",
    [
        {"id2label": {"1": "a", "11": "b"}, "label2id": {"b": 11, "a": 1}, "sizes": {"x": 1}},
        {"model": {"label2id": {"a": 1, "b": 11}}},
        {"class_indices": {"a": 1, "b": 11}},
        {"1": "a", "11": "b"},
        {"MetaDataMode": "Classified_Tiles", "ClassPixelStats": {"Classes": [
            {"ClassValue": 1, "ClassName": "a"}, {"ClassValue": 11, "ClassName": "b"}]}},
        [[1, "a"], [11, "b"]],
    ],
)  # fmt: skip
def test_values_and_names(tmp_path: Path, document: Any) -> None:
    legend = read(tmp_path, json.dumps(document))
    assert (rows(legend), rules(legend)) == (PLAIN, [])


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"water": 0, "forest": 1}, [(0, "water", None), (1, "forest", None)]),
        ([[1, 0, 0, 255], [11, 0, 128, 0]], [(1, None, A[2]), (11, None, B[2])]),
        ({"Colormap": [[1, 0, 0, 255], [11, 0, 128, 0]]}, [(1, None, A[2]), (11, None, B[2])]),
    ],
)
def test_other_forms(tmp_path: Path, document: Any, expected: List[Row]) -> None:
    assert rows(read(tmp_path, json.dumps(document))) == expected


@pytest.mark.parametrize(
    "document",
    [
        ["a", "b"],
        {"names": ["a", "b"]},
        {"labels": [{"name": "a", "attributes": []}, {"name": "b", "attributes": []}]},
        {"classes": [{"title": "a", "color": "#0000ff"}, {"title": "b", "color": "#008000"}]},
    ],
)
def test_without_values_they_are_counted_and_that_is_said(tmp_path: Path, document: Any) -> None:
    legend = read(tmp_path, json.dumps(document))
    assert [(item.value, item.name) for item in legend.classes] == [(0, "a"), (1, "b")]
    assert rules(legend) == ["legend-values-counted"]


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"a": 1}, "lists no classes"),
        ({"width": 3, "depth": 7}, "lists no classes"),
        ({"sizes": {"a": 0, "b": 1}}, "lists no classes"),
        ({"assets": {"a": {"classification:bitfields": [{"name": "x", "offset": 0}]}}},
         "describes bit fields"),
        ({"assets": {"a": {"classification:classes": [{"value": 1, "name": "x"}]},
                     "b": {"classification:classes": [{"value": 2, "name": "y"}]}}},
         "lists classes in 2 places that differ: 'assets.a.classification:classes (1 class)' and "
         "'assets.b.classification:classes (1 class)'"),
        ({"type": "FeatureCollection", "features": [{"properties": {"height": 3}}]},
         "lists no classes"),
        ([{"a": 1}], "lists no classes"),
        ([[1, 2, 3]], "lists no classes"),
        ({"deep": [[[[[[[[[[[[[[["x"]]]]]]]]]]]]]]]}, "lists no classes"),
    ],
)  # fmt: skip
def test_what_lists_none_or_several_is_refused(tmp_path: Path, document: Any, why: str) -> None:
    assert why in refused(tmp_path, document)


def test_names_for_people_are_taken_where_they_are_the_same_names(tmp_path: Path) -> None:
    listed = [
        {"value": 1, "name": "open-water", "title": "Open Water", "description": "Lakes"},
        {"value": 2, "name": "Grunland", "description": "Grünland"},
        {"value": 3, "name": "class-3", "description": "裸地"},
        {"value": 4, "name": "ice", "description": "Ice for most of the year"},
    ]
    legend = read(tmp_path, json.dumps({"classification:classes": listed}))
    assert [item.name for item in legend.classes] == ["Open Water", "Grünland", "裸地", "ice"]


class TestYaml:
    @pytest.mark.parametrize(
        "text",
        [
            "names:\n  1: a\n  11: b\nnc: 2\n",
            "# data set\ntrain: x/images\nnames: {1: a, 11: b}\n",
            "---\n- {id: 1, name: a}\n- {id: 11, name: b}\n",
            "classes:\n  - value: 1\n    name: a\n  - value: 11\n    name: b\n",
        ],
    )
    def test_values_and_names(self, tmp_path: Path, text: str) -> None:
        assert rows(read(tmp_path, text)) == PLAIN

    def test_names_that_yaml_has_a_meaning_for(self, tmp_path: Path) -> None:
        legend = read(tmp_path, "names:\n- no\n- Yes\n- 1e3\n- null\n")
        assert [item.name for item in legend.classes] == ["no", "Yes", "1e3", "null"]

    def test_what_is_none_is_said_with_its_line(self, tmp_path: Path) -> None:
        with pytest.raises(Dl2EcdError, match="looks like YAML") as error:
            read(tmp_path, "names: [a\nb: c\n")
        assert error.value.findings[0].where.line == 2

    def test_a_key_that_is_given_twice_is_said_as_in_json(self, tmp_path: Path) -> None:
        said = []
        for text in ("names:\n  0: a\n  1: b\n  0: c\n", '{"names":\n  {"0": "a",\n "0": "c"}}\n'):
            with pytest.raises(Dl2EcdError) as error:
                read(tmp_path, text)
            (item,) = error.value.findings
            said.append((item.message, item.hint))
            assert item.where.line == text.count("\n")
        assert (
            said
            == [
                (
                    "The key '0' is given twice in the same object, first in line 2.",
                    "Remove one of the two: programs differ in which one they take.",
                )
            ]
            * 2
        )

    def test_without_names(self, tmp_path: Path) -> None:
        assert "The YAML text" in refused(tmp_path, "train: a\nval: b\n")

    def test_where_pyyaml_is_missing_that_is_said(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without(monkeypatch, "yaml")
        assert "PyYAML, which reads it, is not installed" in refused(tmp_path, "names: [a]\n")
        assert rows(read(tmp_path, "0: a\n1: b\n")) == [(0, "a", None), (1, "b", None)]
        with pytest.raises(Dl2EcdError):
            read(tmp_path, "{a: b}")


class TestNearlyJson:
    def test_what_python_prints(self, tmp_path: Path) -> None:
        legend = read(tmp_path, "{1: 'a', 11: 'b'}\n")
        assert (rows(legend), rules(legend)) == (PLAIN, [])
        assert rules(read(tmp_path, "['a', 'b']")) == ["legend-values-counted"]

    def test_brackets_without_quotes(self, tmp_path: Path) -> None:
        assert rows(read(tmp_path, "{1: a, 11: b}\n")) == PLAIN

    def test_windows_ansi(self, tmp_path: Path) -> None:
        legend = read(tmp_path, '{"1": "Wälder", "2": "b"}'.encode("cp1252"))
        assert legend.classes[0].name == "Wälder"
        assert rules(legend) == ["legend-encoding"]


def without(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """As if a package were not installed."""
    real = builtins.__import__

    def importing(name: str, *rest: Any) -> Any:
        if name.split(".")[0] == package:
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", importing)


def test_the_importing_of_legends_needs_no_lxml(monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess
    import sys

    code = (
        "import sys; sys.modules['lxml'] = None; sys.modules['yaml'] = None\n"
        "import dl2ecd_core.legends"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
    assert read_legend is not None
