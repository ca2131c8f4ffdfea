"""Parts of models given in place of the model: the sentence tells which file to give."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any, Dict

import pytest

from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model


def refused(path: Path) -> Finding:
    with pytest.raises(ModelFileError) as error:
        inspect_model(path)
    return error.value.finding


def given(folder: Path, content: bytes) -> Finding:
    """What is said of a file whose name says nothing."""
    path = folder / "a.bin"
    path.write_bytes(content)
    return refused(path)


class TestFingerprints:
    def test_of_a_saved_model(self, fixtures: Path, tmp_path: Path) -> None:
        shutil.copy(fixtures / "tensorflow" / "tf2" / "saved" / "fingerprint.pb", tmp_path / "a")
        item = refused(tmp_path / "a")
        assert (item.rule, item.message) == (
            "model-not-a-model",
            f"'{tmp_path / 'a'}' is the fingerprint of a TensorFlow SavedModel, not the model "
            "itself.",
        )
        assert item.hint == "Give the saved_model.pb of the same folder, or the folder."

    @pytest.mark.parametrize(
        "content",
        [
            b"\x08\x01\x10\x02\x18\x03",  # one hash too few
            b"\x08\x01\x10\x02\x18\x03\x20\x04\x40\x05",  # a field that none has
            b"\x08\x01\x10\x02\x18\x03\x20\x04\x3a\x09",  # cut short
            b"\x08\x01\x10\x72\x18\x03\x20\x04" + b"\x28\x05" * 600,  # endless
        ],
    )
    def test_what_only_looks_like_one(self, tmp_path: Path, content: bytes) -> None:
        assert given(tmp_path, content).rule == "model-not-recognised"


class TestPaddleParameters:
    @pytest.mark.parametrize("name", ["softmax.pdiparams", "softmax_pir.pdiparams"])
    def test_without_the_program(self, fixtures: Path, tmp_path: Path, name: str) -> None:
        shutil.copy(fixtures / "paddle" / name, tmp_path / "a")
        item = refused(tmp_path / "a")
        assert item.rule == "model-not-a-model"
        assert "holds the weights of a PaddlePaddle model without its structure" in item.message
        assert ".pdmodel or .json" in item.hint

    @pytest.mark.parametrize(
        "content",
        [
            bytes(16),
            bytes(400),
            bytes(16) + struct.pack("<I", 4) + b"\x10\x06\x10\x06" + bytes(24),
            bytes(16) + struct.pack("<I", 4) + b"\x08\x05\x18\x06" + bytes(24),
            bytes(16) + struct.pack("<I", 900) + b"\x08\x05\x10\x06" + bytes(24),
            bytes(16) + struct.pack("<I", 2000) + b"\x08\x05" + b"\x10\x06" * 999 + bytes(24),
            bytes(16) + struct.pack("<I", 0) + b"\x08\x05\x10\x06" + bytes(24),
            bytes(16) + struct.pack("<I", 1 << 31) + b"\x08\x05\x10\x06" + bytes(24),
            bytes(15) + b"\x01" + struct.pack("<I", 4) + b"\x08\x05\x10\x06" + bytes(24),
        ],
    )
    def test_what_only_looks_like_them(self, tmp_path: Path, content: bytes) -> None:
        assert given(tmp_path, content).rule == "model-not-recognised"


class TestBrowserModels:
    LAYERS = {
        "format": "layers-model",
        "generatedBy": "keras v2.4.0",
        "convertedBy": "TensorFlow.js Converter v3.0",
        "modelTopology": {"model_config": {"class_name": "Sequential", "config": {}}},
        "weightsManifest": [{"paths": ["group1-shard1of1.bin"], "weights": []}],
    }
    GRAPH = {"format": "graph-model", "signature": {}, "modelTopology": {"node": []}}

    @pytest.mark.parametrize("model", [LAYERS, GRAPH])
    @pytest.mark.parametrize("mark", ["", "\ufeff\n"])
    def test_are_led_back_to_what_they_were_made_from(
        self, tmp_path: Path, model: Dict[str, Any], mark: str
    ) -> None:
        item = given(tmp_path, f"{mark}{json.dumps(model)}".encode())
        assert item.rule == "model-unsupported"
        assert "is a model for TensorFlow.js" in item.message
        assert "saved_model.pb" in item.hint

    @pytest.mark.parametrize("content", [b'{"topology": 1}', b'["modelTopology"]'])
    def test_other_documents_are_not_taken_for_one(self, tmp_path: Path, content: bytes) -> None:
        assert given(tmp_path, content).rule == "model-not-recognised"


def test_names_are_made_harmless(fixtures: Path, tmp_path: Path) -> None:
    path = tmp_path / "\x1b[2Ja"
    shutil.copy(fixtures / "tensorflow" / "tf2" / "saved" / "fingerprint.pb", path)
    assert "\x1b" not in refused(path).message
