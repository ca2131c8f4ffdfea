"""Class information documents and model descriptions for tests, changed where a test needs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Optional

from dl2ecd_core.class_info import ClassInfo, examine_class_info
from dl2ecd_core.models import Activation, Evidence, ModelDescription, ModelPart, Role, Tensor

#: The example that Esri's page shows.
ESRI_EXAMPLE: Dict[str, Any] = {
    "ImportDeepLearningModelToEsriExtraInfo": 0,
    "Version": 1,
    "Classifier": "CNTK",
    "NumberRasterBands": 4,
    "MiniBatchSize": 16,
    "Classes": [
        {"Value": 100, "Name": "Impervious", "Color": [204, 204, 204]},
        {"Value": 200, "Name": " Other (Pervious)", "Color": [56, 168, 0]},
    ],
}


def land_classes(count: int, first: int = 0) -> list:
    """So many classes with values from `first` on."""
    return [
        {"Value": value, "Name": f"Class {value}", "Color": [value % 256, 10, 20]}
        for value in range(first, first + count)
    ]


def document(**changes: Any) -> Dict[str, Any]:
    """A document without anything to find, with changes; None takes a key out."""
    whole = {**ESRI_EXAMPLE, "Classes": land_classes(2), **changes}
    return {key: value for key, value in whole.items() if value is not None}


def class_info(folder: Path, **changes: Any) -> ClassInfo:
    """The class information of a changed document, as read from a file."""
    path = folder / "classes.json"
    path.write_text(json.dumps(document(**changes)), encoding="utf-8")
    return examine_class_info(path)


def image(name: str = "image", *shape: Optional[int], axes: str = "", **more: Any) -> Tensor:
    """An input or output; 4 x 256 x 256 unless told otherwise."""
    dims = shape or (4, 256, 256)
    letters = axes or {1: "C", 2: "NC", 3: "CHW", 4: "NCHW"}[len(dims)]
    return Tensor(name, dims, letters, "float32", more.pop("evidence", Evidence.DECLARED), **more)


def probabilities(channels: Optional[int] = 2, **more: Any) -> Tensor:
    """An output with so many class channels."""
    return image("probabilities", channels, 256, 256, evidence=Evidence.INFERRED, **more)


def description(**changes: Any) -> ModelDescription:
    """A CNTK model of 4 bands and 2 classes, with changes."""
    values: Dict[str, Any] = {
        "format": "cntk-v2",
        "framework": "CNTK",
        "files": (ModelPart("a.model", Path("a.model"), 3),),
        "inputs": (image(),),
        "outputs": (probabilities(),),
        **changes,
    }
    return ModelDescription(**values)


__all__ = [
    "ESRI_EXAMPLE",
    "Activation",
    "Evidence",
    "ModelDescription",
    "Role",
    "Tensor",
    "class_info",
    "description",
    "document",
    "image",
    "land_classes",
    "probabilities",
]
