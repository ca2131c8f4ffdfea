"""Contents of .ecd files for tests of exports, without models behind them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from dl2ecd_core.ecd.content import Ecd, EcdClass
from dl2ecd_core.ecd.reader import ecd_of
from dl2ecd_core.ecd.stored import StoredFile

MODEL_BYTES = b"not a real model, but bytes"


def tensor(
    name: Optional[str], shape: Optional[Sequence[Optional[int]]], axes: str
) -> Dict[str, Any]:
    """An input or output as an .ecd lists it."""
    return {
        "Name": name,
        "Shape": None if shape is None else list(shape),
        "Axes": None if shape is None else axes,
        "DataType": "float32",
        "Evidence": None if shape is None else "declared",
    }


def land_classes(*names: str) -> List[EcdClass]:
    """Classes of these names, with values 10, 20, ... and colors of their own."""
    return [
        EcdClass(10 * (index + 1), name, (index % 256, index // 256 % 256, 200), index)
        for index, name in enumerate(names)
    ]


def ecd(
    folder: Path,
    classes: Optional[Sequence[EcdClass]] = None,
    *,
    model: Optional[Dict[str, Any]] = None,
    files: Sequence[str] = ("landcover.onnx",),
    name: str = "landcover.ecd",
    findings: Sequence[Any] = (),
    **root: Any,
) -> Ecd:
    """The content of an .ecd with a referenced model in `folder`; None takes a key out."""
    listed = land_classes("Water", "Forest") if classes is None else list(classes)
    stored = []
    for path in files:
        location = folder.joinpath(*path.split("/"))
        location.parent.mkdir(parents=True, exist_ok=True)
        location.write_bytes(MODEL_BYTES)
        digest = hashlib.sha256(MODEL_BYTES).hexdigest()
        stored.append(StoredFile(path, len(MODEL_BYTES), digest, location))
    count = len(listed)
    section = {
        "Format": "onnx",
        "FrameworkVersion": None,
        "Parameters": 1234,
        "Inputs": [tensor("image", (None, 4, 64, 64), "NCHW")],
        "Outputs": [tensor("probabilities", (None, count, 60, 60), "NCHW")],
        **(model or {}),
        "Storage": "referenced",
        "Files": [{"Path": item.path, "Size": item.size, "SHA256": item.sha256} for item in stored],
    }
    document = {
        "EsriClassifierDefinitionFile": 0,
        "FileVersion": 3,
        "NumberDefinitions": 1,
        "Framework": "ONNX",
        "ModelType": "ImageClassification",
        "ModelFile": files[0] if files else "",
        "ModelPadding": 2,
        "ExtractBands": [0, 1, 2, 3],
        "BatchSize": 16,
        **root,
        "Generator": {"Name": "dl2ecd", "Version": "1.0.0", "DeepLearningFormat": 1},
        "Definitions": [
            {
                "Classifier": "ONNX",
                "NumberClasses": count,
                "NumberBands": 4,
                "Classes": [_entry(item) for item in listed],
                "Model": section,
            }
        ],
    }
    kept = {key: value for key, value in document.items() if value is not None}
    return ecd_of(kept, str(folder / name), tuple(stored), tuple(findings))


def _entry(item: EcdClass) -> Dict[str, Any]:
    entry: Dict[str, Any] = {
        "ClassIndex": item.index,
        "ClassValue": item.value,
        "ClassName": item.name,
    }
    if item.color is not None:
        entry.update(zip(("Red", "Green", "Blue"), item.color))
    return entry
