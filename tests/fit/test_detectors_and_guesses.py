"""What is said of detectors and of guesses: a guess refuses nothing, boxes are no classes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, List

import pytest

from dl2ecd_core.findings import Severity
from dl2ecd_core.fit import check_fit
from dl2ecd_core.fit.class_output import channels_of, class_outputs, classes_of, find_class_output
from dl2ecd_core.fit.template import class_information_for
from dl2ecd_core.models import ClassNames, Content, Evidence
from dl2ecd_core.models.detectors.head import DetectorHead, HeadKind
from tests.documents import (
    Activation,
    ModelDescription,
    Tensor,
    class_info,
    description,
    image,
    land_classes,
    probabilities,
)


def about(folder: Path, model: ModelDescription, subject: str, **changes: Any) -> List[str]:
    """Severities and rules of what is said of a subject, "class-" or "band-"."""
    return [
        f"{item.severity.value} {item.rule}"
        for item in check_fit(model, class_info(folder, **changes))
        if item.rule.startswith(subject)
    ]


class TestGuesses:
    @pytest.mark.parametrize("bands", [1, 3, 4, 6])
    def test_other_bands_are_warned_of(self, tmp_path: Path, bands: int) -> None:
        model = description(inputs=(image("i", None, 5, None, None, evidence=Evidence.GUESSED),))
        said = about(tmp_path, model, "band-", NumberRasterBands=bands)
        assert said == ["warning band-count-guessed"]
        assert about(tmp_path, model, "band-", NumberRasterBands=5) == []

    def test_other_bands_picked_are_warned_of(self, tmp_path: Path) -> None:
        model = description(inputs=(image("i", None, 5, None, None, evidence=Evidence.GUESSED),))
        assert about(tmp_path, model, "", ExtractBands=[0, 1])[0] == "warning band-count-guessed"
        changes = {"NumberRasterBands": 8, "ExtractBands": [0, 1, 2, 3, 7]}
        assert about(tmp_path, model, "band-", **changes) == []
        assert about(tmp_path, model, "extract-", **changes) == []

    @pytest.mark.parametrize("listed", [1, 2, 3, 6])
    def test_other_classes_are_warned_of(self, tmp_path: Path, listed: int) -> None:
        model = description(outputs=(image("o", None, 5, None, None, evidence=Evidence.GUESSED),))
        said = about(tmp_path, model, "class-c", Classes=land_classes(listed))
        assert said == ["warning class-count-guessed"]
        assert about(tmp_path, model, "class-", Classes=land_classes(5)) == []

    def test_nothing_guessed_is_an_error(self, tmp_path: Path) -> None:
        model = description(
            inputs=(image("i", None, 5, None, None, evidence=Evidence.GUESSED),),
            outputs=(image("o", None, 7, evidence=Evidence.GUESSED),),
        )
        found = check_fit(model, class_info(tmp_path, ModelType="ImageClassification"))
        assert [item for item in found if item.severity is Severity.ERROR] == []


class TestDetectors:
    def detector(self, classes: Any, kind: HeadKind = HeadKind.ROWS) -> ModelDescription:
        rows = Tensor("o", (1, 7, 8400), "N??", content=Content.RAW_DETECTOR_HEAD)
        return description(outputs=(rows,), detector=DetectorHead(kind, classes))

    def test_classes_that_names_and_layout_tell(self, tmp_path: Path) -> None:
        model = self.detector(3)
        assert about(tmp_path, model, "class-c", Classes=land_classes(3)) == []
        for listed in (2, 4, 7, 32):
            said = about(tmp_path, model, "class-c", Classes=land_classes(listed))
            assert said == ["error class-count-mismatch"]

    def test_classes_that_nothing_tells(self, tmp_path: Path) -> None:
        model = self.detector(None)
        for listed in (1, 3, 7):
            said = about(tmp_path, model, "class-c", Classes=land_classes(listed))
            assert said == ["information class-count-unknown"]

    def test_the_classes_lie_on_the_output_that_holds_their_scores(self) -> None:
        model = self.detector(3)
        found = find_class_output(model, [0, 1, 2])
        assert found is not None
        assert (found.tensor.name, found.first_index) == ("o", 0)
        assert find_class_output(model, [0, 1]) is None
        assert classes_of(model) == 3

    def test_boxes_scores_and_masks_tell_no_classes(self) -> None:
        outputs = tuple(
            image(content.value, 1, 4, 64, 64, content=content)
            for content in (Content.BOXES, Content.SCORES, Content.MASKS, Content.CLASS_SCORES)
        )
        (one,) = class_outputs(description(outputs=outputs))
        assert one.content is Content.CLASS_SCORES

    @pytest.mark.parametrize("content", [Content.LABELS, Content.RAW_DETECTOR_HEAD])
    def test_channels_of_these_are_no_classes(self, content: Content) -> None:
        assert channels_of(image("o", 1, 4, 64, 64, content=content)) is None
        assert channels_of(image("o", 1, 4, 64, 64, content=content, class_count=3)) == 3

    def test_rows_of_candidates_leave_the_classes_unknown(self, tmp_path: Path) -> None:
        model = description(outputs=(image("o", 1, 256, 8, axes="N?C"),))
        for listed in (2, 3, 8):
            said = about(tmp_path, model, "class-c", Classes=land_classes(listed))
            assert said == ["information class-count-unknown"]
        found = check_fit(model, class_info(tmp_path))
        (item,) = (item for item in found if item.rule == "class-count-unknown")
        assert '"ModelType": "ObjectDetection"' in item.hint

    def test_maps_beside_rows_are_no_classes(self) -> None:
        rows = image("o", 1, 39, 8400, axes="N??")
        model = description(outputs=(rows, image("p", 1, 32, 160, 160)))
        assert classes_of(model) is None
        names = ClassNames(("roof", "pool", "panel"), "metadata")
        listed = class_information_for(replace(model, class_names=(names,)))["Classes"]
        assert [one["Name"] for one in listed] == list(names.names)  # type: ignore[attr-defined]

    def test_where_a_detector_is_said_the_hint_is_not(self, tmp_path: Path) -> None:
        model = description(outputs=(image("o", 1, 256, 8, axes="N?C"),))
        found = check_fit(model, class_info(tmp_path, ModelType="ObjectDetection"))
        (item,) = (item for item in found if item.rule == "class-count-unknown")
        assert item.hint == ""


class TestOneChannel:
    def test_and_one_class_says_that_it_parts_two(self, tmp_path: Path) -> None:
        model = description(outputs=(probabilities(1, activation=Activation.SIGMOID),))
        found = check_fit(model, class_info(tmp_path, Classes=land_classes(1)))
        (item,) = (item for item in found if item.rule == "class-count-mismatch")
        assert "parts two classes" in item.message
        assert "without a class" not in item.hint

    @pytest.mark.parametrize("listed", [1, 2, 3])
    def test_whose_last_operation_is_unknown_is_no_threshold(
        self, tmp_path: Path, listed: int
    ) -> None:
        model = description(outputs=(probabilities(1),))
        said = about(tmp_path, model, "class-c", Classes=land_classes(listed))
        assert said == ["information class-count-unknown"]
