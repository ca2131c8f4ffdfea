"""What a model is good for, told by its inputs and outputs."""

from __future__ import annotations

from typing import Any, Dict, Optional

import pytest

from dl2ecd_core.fit.model_uses import (
    AZURE,
    DEEP_LAB,
    DETECTION_API,
    FASTER_RCNN,
    FEATURES,
    OBJECTS,
    PIXELS,
    model_configuration,
    model_type,
)
from dl2ecd_core.models.detectors.recognition import with_contents
from tests.documents import Role, Tensor, description, image, probabilities

_GRAPH = {"format": "tensorflow-graphdef", "framework": "TensorFlow"}
_BOXES = tuple(
    Tensor(name)
    for name in ("detection_boxes", "detection_scores", "detection_classes", "num_detections")
)
_LABEL = image("labels", 2, 256, 256, role=Role.LABEL)


@pytest.mark.parametrize(
    ("changes", "configuration", "use"),
    [
        ({}, AZURE, PIXELS),
        ({"outputs": (image("p", 2),)}, None, FEATURES),
        ({"inputs": (image("i", 4),), "outputs": (image("p", 2),)}, None, PIXELS),
        ({"inputs": (Tensor("i"),), "outputs": (image("p", 2),)}, None, None),
        ({"inputs": ()}, None, None),
        ({"outputs": ()}, None, None),
        ({"outputs": (Tensor("o"),)}, None, None),
        ({"inputs": (image(), _LABEL)}, None, PIXELS),
        ({"inputs": (image(), image("dims", 6))}, FASTER_RCNN, OBJECTS),
        ({"inputs": (image(), image("dims", 5))}, None, PIXELS),
        ({"inputs": (image("i", 4), image("dims", 6))}, None, PIXELS),
        ({"outputs": (image("grid", 2, 16, 16),)}, AZURE, None),
        ({"outputs": (image("half", 2, 128, 128),)}, AZURE, PIXELS),
        (
            {
                **_GRAPH,
                "inputs": (image("ImageTensor"),),
                "outputs": (image("SemanticPredictions"),),
            },
            DEEP_LAB,
            PIXELS,
        ),
        ({**_GRAPH, "inputs": (image("image_tensor"),), "outputs": _BOXES}, DETECTION_API, OBJECTS),
        ({**_GRAPH, "inputs": (image("image_tensor"),), "outputs": _BOXES[1:]}, None, None),
        ({**_GRAPH, "inputs": (image("other"),), "outputs": _BOXES}, None, OBJECTS),
        ({"format": "onnx", "framework": "ONNX", "outputs": (probabilities(),)}, None, PIXELS),
    ],
)
def test_structure_tells_the_reader_and_the_use(
    changes: Dict[str, Any], configuration: Optional[str], use: Optional[str]
) -> None:
    model = with_contents(description(**changes))
    assert model_configuration(model) == configuration
    assert model_type(model) == use
