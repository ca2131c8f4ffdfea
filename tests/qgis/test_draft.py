"""Class information while it is filled in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.class_info import examine_class_info
from dl2ecd_core.demo import CLASS_INFO, MODEL
from dl2ecd_core.examination import examine
from dl2ecd_core.findings import Finding, in_order
from dl2ecd_core.findings.errors import ClassInfoError, ConversionRefused
from dl2ecd_core.legends import LegendClass
from dl2ecd_core.models import inspect_model
from dl2ecd_core.qgis.draft import (
    Draft,
    Row,
    category_value,
    draft_for,
    judged,
    opened,
    saved,
    tally,
    typed_value,
    unreadable_layer,
    words_of,
)
from tests.documents import ESRI_EXAMPLE, description

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
ROWS = (Row(1, "One", RED), Row(2, "Two", GREEN), Row(4, "Four", BLUE))
DRAFT = Draft("CNTK", 4, 16, ROWS)


def written(folder: Path, document: object) -> Path:
    path = folder / "c.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


class TestOpening:
    def test_what_was_not_edited_is_saved_as_it_was(self, tmp_path: Path) -> None:
        document = {**ESRI_EXAMPLE, "ModelStorage": "referenced", "Mine": {"a": [1]}}
        document["Classes"][0] = {**document["Classes"][0], "Note": "from 2019"}
        path = written(tmp_path, document)
        draft = opened(path)
        saved(draft, path, None)
        assert json.loads(path.read_text()) == document

    def test_a_document_that_is_right_stays_right(self, demo: Path) -> None:
        before = examine_class_info(demo / CLASS_INFO)
        saved(opened(demo / CLASS_INFO), demo / "b.json", None)
        after = examine_class_info(demo / "b.json")
        assert before.classes == after.classes
        assert before.document == after.document

    def test_other_spellings_become_the_usual_ones(self, tmp_path: Path) -> None:
        classes = [
            {"ClassValue": 3, "ClassName": "Three", "Red": 1, "Green": 2, "Blue": 3},
            {"Value": 4, "Name": "Four"},
        ]
        path = written(tmp_path, {"BatchSize": 8, "Classes": classes})
        draft = opened(path)
        assert draft.rows == (Row(3, "Three", (1, 2, 3)), Row(4, "Four", None))
        assert draft.batch == 8
        assert "BatchSize" not in draft.document()
        assert draft.document()["MiniBatchSize"] == 8

    def test_what_is_wrong_is_there_to_mend(self, tmp_path: Path) -> None:
        classes = [
            {"Value": "7", "Name": 8, "Color": [1, 2]},
            {"Value": [1], "Name": "List", "Color": [1, 2, 3]},
            "no class",
            {},
        ]
        path = written(tmp_path, {"Classifier": 3, "NumberRasterBands": "4", "Classes": classes})
        draft = opened(path)
        assert draft.rows == (Row("7", ""), Row("[1]", "List", (1, 2, 3)), Row("", ""))
        assert (draft.classifier, draft.bands, draft.batch) == ("", None, None)

    @pytest.mark.parametrize(
        ("text", "rule"),
        [
            ("[1]", "class-info-wrong-type"),
            ('{"a": ', "json-truncated"),
            ('{"EsriClassifierDefinitionFile": 0}', "document-is-ecd"),
            ('{"Framework": "x", "ModelFile": "y", "Classes": []}', "document-is-emd"),
        ],
    )
    def test_other_documents_are_refused(self, tmp_path: Path, text: str, rule: str) -> None:
        path = tmp_path / "c.json"
        path.write_text(text)
        with pytest.raises(ClassInfoError) as error:
            opened(path)
        assert rule in [item.rule for item in error.value.findings]

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(ClassInfoError, match="file-not-found"):
            opened(tmp_path / "none.json")


class TestFromAModel:
    def test_nothing_is_wrong_with_what_it_tells(self, demo: Path) -> None:
        model = inspect_model(demo / MODEL)
        draft = draft_for(model)
        assert (draft.classifier, draft.bands, len(draft.rows)) == ("CNTK", 4, 3)
        assert judged(draft, model).all == ()

    def test_what_it_does_not_tell_is_left_to_fill_in(self) -> None:
        draft = draft_for(description(inputs=(), outputs=()))
        assert draft.bands is None
        rules = {item.rule for item in judged(draft, None).all}
        assert rules == {"class-info-key-missing", "class-info-placeholder"}


class TestEditing:
    def test_add(self) -> None:
        draft = DRAFT.with_added_row()
        assert draft.rows[:3] == ROWS
        assert (draft.rows[3].value, draft.rows[3].name) == (5, "Class 5")
        assert draft.rows[3].color not in (None, RED, GREEN, BLUE)
        assert Draft().with_added_row().rows[0].value == 0
        assert Draft(rows=(Row("x", ""),)).with_added_row().rows[1].value == 0

    def test_remove(self) -> None:
        assert DRAFT.without_rows([0, 2]).rows == (ROWS[1],)
        assert DRAFT.without_rows([]).rows == ROWS

    @pytest.mark.parametrize(
        ("place", "by", "order"), [(0, 1, "102"), (2, -1, "021"), (0, -1, "012"), (2, 1, "012")]
    )
    def test_move(self, place: int, by: int, order: str) -> None:
        assert DRAFT.with_row_moved(place, by).rows == tuple(ROWS[int(at)] for at in order)

    def test_change(self) -> None:
        draft = DRAFT.with_row_changed(1, name="Zwei", value=22)
        assert draft.rows == (ROWS[0], Row(22, "Zwei", GREEN), ROWS[2])

    def test_legend(self) -> None:
        draft = DRAFT.with_legend([LegendClass(5, None, RED), LegendClass(6, "Six", None)])
        assert draft.rows[0] == Row(5, "Class 5", RED)
        assert draft.rows[1].name == "Six"
        assert draft.rows[1].color not in (None, RED)
        assert draft.bands == DRAFT.bands

    @given(st.lists(st.sampled_from("amru"), max_size=12))
    def test_any_edits_leave_a_document_that_can_be_read(self, edits: list) -> None:
        draft = Draft("CNTK", 4, 1)
        for edit in edits:
            last = len(draft.rows) - 1
            if edit == "a":
                draft = draft.with_added_row()
            elif last >= 0 and edit == "m":
                draft = draft.with_row_moved(last, -1)
            elif last >= 0 and edit == "r":
                draft = draft.without_rows([last])
            elif last >= 0:
                draft = draft.with_row_changed(0, name=f"{last}")
        rules = {item.rule for item in judged(draft, None).all}
        assert rules <= {"class-info-wrong-value", "class-name-duplicate", "class-info-no-classes"}
        assert len({row.value for row in draft.rows}) == len(draft.rows)
        assert len({row.color for row in draft.rows}) == len(draft.rows)


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), (" -3 ", -3), ("+4", 4), ("", ""), ("7.5", "7.5"), ("9" * 13, "9" * 13)],
)
def test_typed_values(text: str, value: object) -> None:
    assert typed_value(text) == value


@pytest.mark.parametrize(
    ("value", "number"), [(3, 3), (3.0, 3), ("3", 3), ("three", None), (3.5, None), (None, None)]
)
def test_values_of_categories(value: object, number: object) -> None:
    assert category_value(value) == number


class TestJudging:
    def test_beside_the_rows_and_the_rest_below(self) -> None:
        draft = DRAFT.with_row_changed(1, value=1).with_row_changed(2, name=" Four")
        judgement = judged(Draft("", None, 16, draft.rows), None)
        assert [item.rule for item in judgement.of_rows[1]] == ["class-value-duplicate"]
        assert [item.rule for item in judgement.of_rows[2]] == ["class-name-blanks"]
        assert 0 not in judgement.of_rows
        assert [item.rule for item in judgement.general] == ["class-info-key-missing"] * 2
        assert [item.severity.value for item in judgement.all] == ["error"] * 3 + ["warning"]

    def test_the_same_is_found_as_of_the_saved_document(
        self, demo: Path, change: Callable[..., None]
    ) -> None:
        change(NumberRasterBands=3, Classes=[{"Value": 300, "Name": "One", "Color": [1, 2, 3]}])
        model = inspect_model(demo / MODEL)
        draft = opened(demo / CLASS_INFO)
        saved(draft, demo / CLASS_INFO, model)
        by_file = in_order(examine(demo / MODEL, demo / CLASS_INFO).findings)

        def said(findings: tuple) -> Dict[str, str]:
            return {item.rule: words_of(item) for item in findings}

        assert said(judged(draft, model).all) == said(by_file)

    def test_words_have_no_place(self) -> None:
        (item, *_) = judged(Draft("CNTK", 4, 1, (Row("x", "X"),)), None).of_rows[0]
        assert words_of(item).startswith("[class-info-wrong-type] Class 1 ('X'): Value ")
        assert "line" not in words_of(item)

    def test_tally(self) -> None:
        draft = DRAFT.with_row_changed(1, value=1).with_row_changed(2, name=" Four")
        assert tally(judged(DRAFT, None).all) == "Nothing is wrong."
        assert tally(judged(draft, None).all) == "1 error and 1 warning to look at."
        assert tally(judged(Draft(), None).all).endswith("errors to look at.")


class TestSaving:
    def test_never_over_the_model(self, demo: Path) -> None:
        before = (demo / MODEL).read_bytes()
        with pytest.raises(ConversionRefused, match="output-is-input"):
            saved(DRAFT, demo / MODEL, inspect_model(demo / MODEL))
        assert (demo / MODEL).read_bytes() == before

    def test_keys_come_in_the_documented_order(self) -> None:
        document: Dict[str, Any] = Draft("CNTK", 4, 16, ROWS, {"Mine": 1}).document()
        assert list(document)[:6] == list(ESRI_EXAMPLE)
        assert document["Mine"] == 1
        assert document["Classes"][0] == {"Value": 1, "Name": "One", "Color": [255, 0, 0]}


def test_a_layer_without_classes_is_said() -> None:
    item: Finding = unreadable_layer("Hills")
    assert words_of(item).startswith("[legend-not-recognised] The layer 'Hills' is neither")
