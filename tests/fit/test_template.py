"""The document that ``init`` proposes fits the model it was made for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.class_info import examine_class_info
from dl2ecd_core.findings import errors_in
from dl2ecd_core.fit import check_fit
from dl2ecd_core.fit.template import class_information_for
from dl2ecd_core.models import ClassNames, Content, Evidence, inspect_model
from dl2ecd_core.models.detectors.head import DetectorHead, HeadKind
from tests.documents import (
    Activation,
    ModelDescription,
    Tensor,
    description,
    image,
    probabilities,
)
from tests.models.test_truth import truth


def proposal(**changes: Any) -> Dict[str, Any]:
    return class_information_for(description(**changes))


def problems(folder: Path, model: ModelDescription) -> List[str]:
    """The errors in a model's proposed document, and against the model."""
    path = folder / "classes.json"
    path.write_text(json.dumps(class_information_for(model)), encoding="utf-8")
    info = examine_class_info(path)
    return [item.rule for item in errors_in([*info.findings, *check_fit(model, info)])]


def test_bands_classes_and_framework_are_the_models() -> None:
    document = proposal(outputs=(probabilities(3),))
    assert document["Classifier"] == "CNTK"
    assert document["NumberRasterBands"] == 4
    assert [item["Name"] for item in document["Classes"]] == ["Class 0", "Class 1", "Class 2"]
    assert [item["Value"] for item in document["Classes"]] == [0, 1, 2]


def test_a_fixed_batch_is_taken_over() -> None:
    assert proposal(inputs=(image("x", 8, 4, 256, 256),))["MiniBatchSize"] == 8


def test_names_in_the_model_are_taken_over() -> None:
    names = ClassNames(("Wasser", "Wald"), "metadata")
    assert [item["Name"] for item in proposal(class_names=(names,))["Classes"]] == list(names.names)


def test_names_for_another_number_of_classes_are_not() -> None:
    names = ClassNames(("a", "b", "c"), "metadata")
    assert len(proposal(class_names=(names,))["Classes"]) == 2


def test_a_first_channel_without_a_name_is_background() -> None:
    names = ClassNames(("water",), "metadata")
    (water,) = proposal(class_names=(names,))["Classes"]
    assert (water["Name"], water["Value"]) == ("water", 1)


def test_numbers_of_names_are_values() -> None:
    names = ClassNames(("roof", "pool"), "metadata", (11, 21))
    classes = proposal(class_names=(names,))["Classes"]
    assert [(one["Value"], one["Name"]) for one in classes] == [(11, "roof"), (21, "pool")]


def test_names_come_before_a_guess_and_before_a_detectors_boxes() -> None:
    names = ClassNames(("a", "b", "c"), "metadata")
    guess = image("o", None, 32, None, None, evidence=Evidence.GUESSED)
    assert len(proposal(class_names=(names,), outputs=(guess,))["Classes"]) == 3
    boxes = Tensor("o", (1, 32, 80), "???", content=Content.RAW_DETECTOR_HEAD)
    detector = DetectorHead(HeadKind.FINISHED)
    document = proposal(class_names=(names,), outputs=(boxes,), detector=detector)
    assert len(document["Classes"]) == 3


def test_one_channel_parts_two_classes() -> None:
    output = probabilities(1, activation=Activation.SIGMOID)
    assert len(proposal(outputs=(output,))["Classes"]) == 2


def test_of_several_outputs_the_likeliest_is_taken() -> None:
    outputs = (image("boxes", 4), image("shares", 3, activation=Activation.SOFTMAX))
    assert len(proposal(outputs=outputs)["Classes"]) == 3


def test_sizes_suggest_what_axes_do_not_tell() -> None:
    document = proposal(
        inputs=(Tensor("x", (None, 5, 512, 512), "????"),),
        outputs=(Tensor("y", (None, 512, 512, 3), "????"),),
    )
    assert document["NumberRasterBands"] == "e.g. 5"
    assert len(document["Classes"]) == 3


def test_bands_that_are_guessed_are_to_be_confirmed() -> None:
    """As a shape of weights suggests them; told ones are written as they are."""
    for evidence, written in ((Evidence.GUESSED, "e.g. 6"), (Evidence.INFERRED, 6)):
        inputs = (image("x", None, 6, None, None, evidence=evidence),)
        assert proposal(inputs=inputs)["NumberRasterBands"] == written
    assert proposal(inputs=(Tensor("x"),))["NumberRasterBands"] == "e.g. 4"


def test_a_detector_is_said_to_be_one_and_has_objects_as_an_example() -> None:
    rows = Tensor("o", (1, 100, 6), "???", content=Content.RAW_DETECTOR_HEAD)
    document = proposal(outputs=(rows,), detector=DetectorHead(HeadKind.FINISHED))
    assert document["ModelType"] == "ObjectDetection"
    assert [item["Name"] for item in document["Classes"]] == ["e.g. Ship"]
    # What may only be one is not said to be.
    grids = proposal(outputs=(image("large", 255, 32, 32), image("small", 255, 8, 8)))
    assert "ModelType" not in grids
    assert [item["Name"] for item in grids["Classes"]] == ["e.g. Water"]


@pytest.mark.parametrize("shape", [(1, 3, 4, 5), (None, 64, 64, 64), (3, 3), (None, 3, None, None)])
def test_what_nothing_suggests_is_a_placeholder(tmp_path: Path, shape: Any) -> None:
    model = description(inputs=(Tensor("x", shape, "?" * len(shape)),), outputs=(Tensor("y"),))
    assert set(problems(tmp_path, model)) == {"class-info-placeholder"}


def test_a_detectors_grids_suggest_no_classes(tmp_path: Path) -> None:
    grids = (image("large", 255, 32, 32), image("small", 255, 8, 8))
    assert set(problems(tmp_path, description(outputs=grids))) == {"class-info-placeholder"}


@pytest.mark.shared_models
@pytest.mark.parametrize("name", sorted(truth()) or [None])
def test_real_models_get_a_document_without_errors(
    tmp_path: Path, shared_models: Path, name: str
) -> None:
    found = problems(tmp_path, inspect_model(shared_models / name))
    assert set(found) <= {"class-info-placeholder"}
