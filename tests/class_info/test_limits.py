"""Parts that could not be read, and documents with more to say than anybody reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.class_info import ClassInfo, classes, examination, examine_class_info
from tests.documents import document, land_classes


def examine(folder: Path, text: str) -> ClassInfo:
    path = folder / "classes.json"
    path.write_text(text, encoding="utf-8")
    return examine_class_info(path)


def rules(info: ClassInfo) -> List[str]:
    return [item.rule for item in info.findings]


class TestUnreadableParts:
    """What could not be read was said once, as a fault of the text; nothing is said of it twice."""

    def text(self, **parts: str) -> str:
        whole: Dict[str, Any] = document(**{name: "@" + name for name in parts})
        text = json.dumps(whole)
        for name, content in parts.items():
            text = text.replace(f'"@{name}"', content)
        return text

    @pytest.mark.parametrize(
        "key", ["Version", "Classifier", "NumberRasterBands", "Classes", "ImageHeight", "Note"]
    )
    def test_a_value(self, tmp_path: Path, key: str) -> None:
        info = examine(tmp_path, self.text(**{key: "NaN"}))
        assert rules(info) == ["json-not-a-number"]
        assert key in info.unusable
        assert key not in info.emd_keys
        assert info.document[key] is None

    def test_a_class(self, tmp_path: Path) -> None:
        info = examine(tmp_path, self.text(Classes='[{"Value": 1, "Name": "a"}, NaN]'))
        assert rules(info) == ["class-color-from-palette", "json-not-a-number"]
        assert info.classes == ()
        assert "Classes" in info.unusable
        assert info.document["Classes"] == [{"Value": 1, "Name": "a"}, None]

    def test_classes_alone(self, tmp_path: Path) -> None:
        info = examine(tmp_path, self.text(Classes="[NaN, NaN]"))
        assert rules(info) == ["json-not-a-number"] * 2
        assert info.classes == ()

    @pytest.mark.parametrize("key", ["Value", "Name", "Color"])
    def test_a_value_of_a_class(self, tmp_path: Path, key: str) -> None:
        parts = {"Value": "1", "Name": '"a"', "Color": "[1, 2, 3]", key: "NaN"}
        entry = ", ".join(f'"{name}": {value}' for name, value in parts.items())
        assert rules(examine(tmp_path, self.text(Classes=f"[{{{entry}}}]"))) == [
            "json-not-a-number"
        ]

    def test_a_channel(self, tmp_path: Path) -> None:
        classes = '[{"Value": 1, "Name": "a", "Color": [1, NaN, 3]}]'
        info = examine(tmp_path, self.text(Classes=classes))
        assert "json-not-a-number" in rules(info)
        assert info.document["Classes"][0]["Color"] == [1, None, 3]  # type: ignore[index]


class TestMany:
    def test_beyond_the_first_odd_ones_classes_are_only_counted(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(classes, "MOST_ODD", 3)
        odd = [{"Value": True, "Name": f"c{at}", "Color": [1, 2, 3]} for at in range(5)]
        for number, message in (
            (3, None),
            (4, "Something is wrong with 1 more class, which are not looked at closely."),
            (5, "Something is wrong with 2 more classes, which are not looked at closely."),
        ):
            info = examine(tmp_path, json.dumps(document(Classes=odd[:number])))
            found = [item for item in info.findings if item.rule == "json-too-many-problems"]
            assert rules(info).count("class-info-wrong-type") == 3
            assert [item.message for item in found] == ([message] if message else [])
            for item in found:
                assert item.hint == "Solve the problems that are listed first, then check again."
                assert item.where.path == "$.Classes"

    def test_so_many_unknown_keys_are_compared_with_known_ones(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(classes, "MOST_UNKNOWN", 2)
        entries = [{**entry, f"Colr{at}": 1} for at, entry in enumerate(land_classes(4))]
        for entry in entries:
            del entry["Color"]
        info = examine(tmp_path, json.dumps(document(Classes=entries)))
        assert rules(info).count("class-info-misspelt-key") == 2

    def test_so_many_unknown_keys_of_the_document_are_compared_with_known_ones(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(examination, "MOST_UNKNOWN", 2)
        unknown = {"ModelPading": 1, "ImageHight": 1, "ImageWith": 1}
        info = examine(tmp_path, json.dumps(document(**unknown)))
        assert rules(info) == ["class-info-misspelt-key"] * 2

    def test_of_a_long_list_the_first_thousand_are_validated(self, tmp_path: Path) -> None:
        bands = [0] * 1000
        assert (
            "ExtractBands"
            in examine(tmp_path, json.dumps(document(ExtractBands=[*bands[1:], -1]))).unusable
        )
        info = examine(tmp_path, json.dumps(document(ExtractBands=[*bands, -1])))
        assert "ExtractBands" not in info.unusable

    def test_a_long_list_that_is_wrong_is_said_to_be_as_long_as_it_is(self, tmp_path: Path) -> None:
        info = examine(tmp_path, json.dumps(document(DataRange=[0] * 1500)))
        (item,) = info.findings
        assert item.message.endswith("not a list of 1500 items.")


def test_a_document_that_says_nothing_has_neutral_values(tmp_path: Path) -> None:
    info = examine(tmp_path, '["a"]')
    assert info.file == str(tmp_path / "classes.json")
    assert (info.classifier, info.band_count, info.classes) == ("", 0, ())
    assert (info.mini_batch_size, info.mini_batch_given) == (1, False)
    assert (info.emd_keys, info.storage, info.document) == ({}, None, {})
    assert info.where("$.Classes").line == 1
    assert {"Classifier", "NumberRasterBands", "Classes", "MiniBatchSize"} <= info.unusable


def test_another_document_is_kept_though_nothing_is_taken_from_it(tmp_path: Path) -> None:
    definition = {"Framework": "Keras", "ModelFile": "a.h5", "ImageHeight": 256}
    info = examine(tmp_path, json.dumps(definition))
    assert rules(info) == ["document-is-emd"]
    assert info.file == str(tmp_path / "classes.json")
    assert info.document == definition
    assert info.emd_keys == {}
