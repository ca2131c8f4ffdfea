"""Darknet's detection layers: channels of boxes and scores, which must be as many as needed."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Sequence

import pytest

from dl2ecd_core.findings import Finding
from dl2ecd_core.models import Content, ModelDescription, inspect_model
from dl2ecd_core.models.detectors.head import HeadKind, Holds
from tests.models.darknet.test_layers import FOLDER, model

_YOLO = "[yolo]\nmask=3,4,5\nanchors=1,2\nclasses=3\nnum=6\n"


def filters(count: int) -> str:
    return f"[convolutional]\nfilters={count}\nsize=1\nactivation=linear\n"


def wrong(described: ModelDescription) -> Sequence[Finding]:
    return [one for one in described.findings if one.rule == "model-contradicts-itself"]


@pytest.mark.parametrize(
    ("layer", "given", "needed"),
    [
        (_YOLO, 255, 24),
        (_YOLO.replace("classes=3", "classes=1"), 255, 18),
        ("[yolo]\nclasses=3\nnum=6\n", 24, 48),
        ("[gaussian_yolo]\nmask=0,1\nclasses=3\n", 16, 24),
        ("[region]\nclasses=20\nnum=5\ncoords=4\n", 425, 125),
        ("[yolo]\nmask=0,1,2\n", 24, 75),
    ],
)
def test_filters_that_do_not_fit_the_classes(
    tmp_path: Path, layer: str, given: int, needed: int
) -> None:
    (item,) = wrong(model(tmp_path, filters(given), layer))
    assert f"needs {needed} channels" in item.message
    assert f"gives {given}" in item.message
    assert item.message.startswith("Layer 2, [")
    assert f"filters={needed}" in item.hint
    assert item.where.file == str(tmp_path / "x.cfg")
    assert not wrong(model(tmp_path, filters(needed), layer))


def test_the_classes_that_the_filters_were_made_for_are_named(tmp_path: Path) -> None:
    (item,) = wrong(model(tmp_path, filters(255), _YOLO))
    assert "classes=80" in item.hint
    (item,) = wrong(model(tmp_path, filters(25), _YOLO))
    assert "classes=" not in item.hint
    (item,) = wrong(model(tmp_path, filters(15), _YOLO))
    assert "classes=" not in item.hint


def test_channels_that_are_not_known_are_not_compared(tmp_path: Path) -> None:
    described = model(tmp_path, filters(255), "[gru]\n", _YOLO)
    assert not wrong(described)
    assert "model-layer-unknown" in [one.rule for one in described.findings]


@pytest.mark.parametrize(
    ("name", "anchors", "classes"), [("anchors", 2, 2), ("mask", 2, 2), ("detector", 3, 2)]
)
def test_heads_are_grids_of_anchors(name: str, anchors: int, classes: int) -> None:
    described = inspect_model(FOLDER / f"{name}.cfg")
    head = described.detector
    assert head is not None
    assert (head.kind, head.class_count, head.anchors) == (HeadKind.GRID, classes, anchors)
    assert head.start_of(Holds.CLASS_SCORES) == 5
    assert {one.content for one in described.outputs} == {Content.RAW_DETECTOR_HEAD}


def test_the_first_versions_layer_is_no_map(tmp_path: Path) -> None:
    described = inspect_model(FOLDER / "grid.cfg")
    assert described.detector is None
    assert described.outputs[0].content is Content.RAW_DETECTOR_HEAD


@pytest.mark.parametrize(
    ("second", "classes"),
    [(_YOLO.replace("3,4,5", "0,1"), 3), (_YOLO.replace("=3\n", "=4\n"), None)],
)
def test_heads_that_differ_have_no_common_columns(
    tmp_path: Path, second: str, classes: Optional[int]
) -> None:
    head = model(tmp_path, filters(24), _YOLO, second).detector
    assert head is not None
    assert (head.columns, head.class_count) == ((), classes)


def test_boxes_with_deviations_have_columns_of_their_own(tmp_path: Path) -> None:
    head = model(tmp_path, filters(24), "[gaussian_yolo]\nmask=0,1\nclasses=3\n").detector
    assert head is not None
    assert [column.count for column in head.columns] == [8, 1, 3]
    assert head.columns[0].holds is Holds.BOX_AND_DEVIATIONS
    assert (head.columns_axis, head.class_count) == (1, 3)


def test_boxes_of_other_numbers_have_no_columns(tmp_path: Path) -> None:
    head = model(tmp_path, filters(24), "[region]\ncoords=5\nclasses=3\n").detector
    assert head is not None
    assert (head.columns, head.columns_axis, head.class_count) == ((), None, 3)
