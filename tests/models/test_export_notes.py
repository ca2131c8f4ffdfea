"""What exporters note about a model beside its graph."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from dl2ecd_core.models.export_notes import ExportNotes, notes_in


def test_texts_as_metadata_properties_hold_them() -> None:
    properties = {"task": "pose", "stride": "32", "imgsz": "[640, 512]", "kpt_shape": "[17, 3]",
                  "end2end": "True", "names": "{0: 'a'}"}  # fmt: skip
    assert notes_in(properties) == ExportNotes("pose", 32, (640, 512), (17, 3), True)


def test_values_as_json_and_yaml_make_them() -> None:
    properties: Dict[str, object] = {"task": "detect", "stride": 32, "imgsz": [640, 640]}
    assert notes_in(properties) == ExportNotes("detect", 32, (640, 640))


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"imgsz": "640"}, ExportNotes("detect", image_size=(640, 640))),
        ({"imgsz": "[1, 2, 3]"}, ExportNotes("detect")),
        ({"imgsz": "[99999999, 1]"}, ExportNotes("detect", image_size=(1, 1))),
        ({"stride": "[8, 16, 32]"}, ExportNotes("detect", 32)),
        ({"stride": "0"}, ExportNotes("detect")),
        ({"kpt_shape": "17"}, ExportNotes("detect")),
        ({"end2end": True}, ExportNotes("detect", end_to_end=True)),
        ({"end2end": "False"}, ExportNotes("detect")),
        ({"args": "{'batch': 1, 'nms': True}"}, ExportNotes("detect", end_to_end=True)),
        ({"args": {"nms": True}}, ExportNotes("detect", end_to_end=True)),
        ({"args": "{'nms': False}"}, ExportNotes("detect")),
        ({"stride": None}, ExportNotes("detect")),
    ],
)
def test_odd_values(properties: Dict[str, Any], expected: ExportNotes) -> None:
    assert notes_in({"task": "detect", **properties}) == expected


@pytest.mark.parametrize("task", [None, 5, "translate", ""])
def test_without_a_known_task_there_are_no_notes(task: object) -> None:
    assert notes_in({"task": task, "stride": "32"}) is None
    assert notes_in({"stride": "32"}) is None
