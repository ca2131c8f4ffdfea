"""Files after public reports, each told wrong once: what is right stands here."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest

from dl2ecd_core.fit import check_fit
from dl2ecd_core.fit.template import class_information_for
from dl2ecd_core.models import Content, Evidence, inspect_model
from tests.conftest import FIXTURES
from tests.documents import class_info, land_classes

HERE = FIXTURES / "reported"


def channels(name: str) -> Tuple[Optional[int], Optional[int]]:
    model = inspect_model(HERE / name)
    (image,) = model.inputs
    (output,) = model.outputs
    classes = output.class_count if output.class_count is not None else output.size_of("C")
    return image.size_of("C"), classes


def rules(name: str) -> List[str]:
    return [item.rule for item in inspect_model(HERE / name).findings]


def said(folder: Path, name: str, **changes: Any) -> Dict[str, str]:
    found = check_fit(inspect_model(HERE / name), class_info(folder, **changes))
    return {item.rule: item.severity.value for item in found}


class TestDetectors:
    def test_masks_and_boxes_are_no_classes(self, tmp_path: Path) -> None:
        model = inspect_model(HERE / "yolov8n-seg.onnx")
        head = model.detector
        assert head is not None
        assert [column.count for column in head.columns] == [4, 3, 32]
        assert [one.content for one in model.outputs] == [Content.RAW_DETECTOR_HEAD, Content.MASKS]
        listed: Any = class_information_for(model)["Classes"]
        assert [one["Name"] for one in listed] == ["roof", "pool", "panel"]
        assert "class-count-mismatch" not in said(
            tmp_path, "yolov8n-seg.onnx", Classes=land_classes(3)
        )
        wrong = said(tmp_path, "yolov8n-seg.onnx", Classes=land_classes(32))
        assert wrong["class-count-mismatch"] == "error"

    @pytest.mark.parametrize("name", ["yolox.onnx", "frcnn.onnx"])
    @pytest.mark.parametrize("count", [2, 3, 4, 8])
    def test_their_classes_are_unknown(self, tmp_path: Path, name: str, count: int) -> None:
        found = said(tmp_path, name, Classes=land_classes(count))
        assert found["class-count-unknown"] == "information"
        assert "class-count-mismatch" not in found

    def test_darknet_compares_filters_and_classes(self) -> None:
        (item,) = (
            one
            for one in inspect_model(HERE / "y.cfg").findings
            if one.rule == "model-contradicts-itself"
        )
        assert "needs 24 channels, 3 x (3 classes + 5)" in item.message
        assert "gives 255" in item.message


@pytest.mark.parametrize(
    ("name", "names", "numbers"),
    [
        ("from1.onnx", ("roof", "pool", "panel"), (1, 2, 3)),
        ("listdict.onnx", ("title", "text", "figure"), ()),
        ("yaml.onnx", ("roof", "pool", "panel"), ()),
        ("mmseg1x.pth", ("a", "b", "c", "d", "e", "f"), ()),
        ("labels_with_index.tflite", ("roof", "pool", "solar panel"), ()),
    ],
)
def test_names_are_read_in_every_form(
    name: str, names: Tuple[str, ...], numbers: Tuple[int, ...]
) -> None:
    (found,) = inspect_model(HERE / name).class_names
    assert (found.names, found.numbers) == (names, numbers)


def test_a_guess_refuses_nothing(tmp_path: Path) -> None:
    (image,) = inspect_model(HERE / "Ndvi_sd.pth").inputs
    assert (image.size_of("C"), image.evidence) == (5, Evidence.GUESSED)
    assert said(tmp_path, "Ndvi_sd.pth", NumberRasterBands=4)["band-count-guessed"] == "warning"


def test_a_network_of_free_sizes_tells_bands_and_classes() -> None:
    assert channels("neural_network_ranges.mlmodel") == (3, 3)


def test_a_sequence_that_lost_its_input() -> None:
    assert channels("keras224_noinput.h5") == (4, 3)
    assert "model-input-lost" in rules("keras224_noinput.h5")


def test_versions_and_paths_of_onnx() -> None:
    assert rules("future.onnx") == ["model-version-unknown"]
    assert inspect_model(HERE / "future.onnx").framework_version == "IR 16, opset 31"
    assert rules("backslash.onnx") == ["model-path-windows", "model-file-missing"]
