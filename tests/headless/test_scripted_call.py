"""The toolbox called from a script without ArcGIS, end to end, as it would be with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import dl2ecd_core.headless as arcpy
from dl2ecd_core import DeepLearningModelToEcd
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack

from ..documents import ESRI_EXAMPLE
from ..toolboxes import REAL, needs_no_arcgis

pytestmark = needs_no_arcgis


@pytest.fixture
def tool() -> Any:
    arcpy.ImportToolbox(str(REAL))
    return arcpy.deeplearningtools.DeepLearningModelToEcd


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    unpack(tmp_path)
    return tmp_path


def test_both_names_are_the_same_tool(tool: Any) -> None:
    assert arcpy.DeepLearningModelToEcd_deeplearningtools is tool


def test_writes_what_the_script_door_writes(tool: Any, demo: Path) -> None:
    model, info = str(demo / MODEL), str(demo / CLASS_INFO)
    result = tool(model, info, str(demo / "pane.ecd"))
    assert str(result) == str(demo / "pane.ecd")
    assert (result.status, arcpy.GetMaxSeverity()) == (4, result.maxSeverity)
    by_script = DeepLearningModelToEcd(model, info, str(demo / "script.ecd"))
    assert (demo / "pane.ecd").read_bytes() == (demo / "script.ecd").read_bytes()
    for item in by_script.findings:
        assert f"[{item.rule}] {item.message}" in result.getMessages()


def test_keywords_are_esris_names(tool: Any, demo: Path) -> None:
    result = tool(
        in_deep_learning_model=str(demo / MODEL),
        in_classification_info_json=str(demo / CLASS_INFO),
        out_classifier_definition=str(demo / "a.ecd"),
    )
    assert Path(str(result)).is_file()


def test_nothing_given(tool: Any) -> None:
    with pytest.raises(arcpy.ExecuteError) as raised:
        tool()
    assert str(raised.value).strip().split("\n") == [
        "Failed to execute. Parameters are not valid.",
        "ERROR 000735: Input Deep Learning Model File: Value is required",
        "ERROR 000735: Input Esri Extra Info File: Value is required",
        "ERROR 000735: Output Classifier Definition File: Value is required",
        "Failed to execute (DeepLearningModelToEcd).",
    ]


def test_a_mismatch_is_refused_before_the_run_and_no_file_appears(tool: Any, demo: Path) -> None:
    document = json.loads((demo / CLASS_INFO).read_text())
    document["Classes"] += [{"Value": 3, "Name": "Snow"}, {"Value": 4, "Name": "Rock"}]
    (demo / CLASS_INFO).write_text(json.dumps(document))
    before = sorted(demo.iterdir())
    with pytest.raises(arcpy.ExecuteError, match=r"\[class-count-mismatch\].* 3 .* 5 "):
        tool(str(demo / MODEL), str(demo / CLASS_INFO), str(demo / "a.ecd"))
    assert sorted(demo.iterdir()) == before


def test_what_validation_had_no_time_for_the_run_refuses(
    tool: Any, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dl2ecd_core.pane import dialog
    from dl2ecd_core.pane.preview import Examined

    monkeypatch.setattr(dialog.examiner, "examine", lambda *_: Examined())
    (demo / CLASS_INFO).write_text("{]")
    with pytest.raises(arcpy.ExecuteError) as raised:
        tool(str(demo / MODEL), str(demo / CLASS_INFO), str(demo / "a.ecd"))
    *said, last = str(raised.value).strip().split("\n")
    assert any(line.startswith("[json-") for line in said)
    assert last == "Failed to execute (DeepLearningModelToEcd)."
    assert not (demo / "a.ecd").exists()


def test_the_toolbox_in_a_folder_with_blanks_and_other_letters(demo: Path) -> None:
    folder = demo / "Werkzeuge für Ökologie (中文)"
    folder.mkdir()
    toolbox = folder / REAL.name
    toolbox.write_bytes(REAL.read_bytes())
    arcpy.ImportToolbox(toolbox)
    (folder / "größe.model").write_bytes((demo / MODEL).read_bytes())
    output = folder / "größe.ecd"
    result = arcpy.deeplearningtools.DeepLearningModelToEcd(
        str(folder / "größe.model"), str(demo / CLASS_INFO), str(output)
    )
    assert str(result) == str(output)
    assert output.is_file()


@pytest.mark.shared_models
class TestRealModels:
    @pytest.mark.parametrize(
        ("model", "classifier"),
        [
            ("generated/cntk/landcover_unet_cntk27.model", "CNTK"),
            ("generated/tf1/landcover_unet_frozen_tf1.pb", "TensorFlow"),
            ("generated/torch/landcover_unet_ts.onnx", "ONNX"),
        ],
    )
    def test_esris_example(
        self, tool: Any, shared_models: Path, tmp_path: Path, model: str, classifier: str
    ) -> None:
        info = tmp_path / "classInfo.json"
        info.write_text(json.dumps({**ESRI_EXAMPLE, "Classifier": classifier}))
        tool(str(shared_models / model), str(info), str(tmp_path / "pane.ecd"))
        DeepLearningModelToEcd(shared_models / model, info, tmp_path / "script.ecd")
        assert (tmp_path / "pane.ecd").read_bytes() == (tmp_path / "script.ecd").read_bytes()

    def test_two_classes_for_a_model_of_five(
        self, tool: Any, shared_models: Path, tmp_path: Path
    ) -> None:
        info = tmp_path / "classInfo.json"
        info.write_text(json.dumps(ESRI_EXAMPLE))
        model = shared_models / "cntk_v2" / "pixel_level_land_classification_250epochs.model"
        with pytest.raises(arcpy.ExecuteError, match=r"\[class-count-mismatch\].* 5 .* 2 classes"):
            tool(str(model), str(info), str(tmp_path / "a.ecd"))
        assert [path.name for path in tmp_path.iterdir()] == ["classInfo.json"]
