"""The proposed output lies beside the model and bears its name."""

from __future__ import annotations

from typing import Optional

import pytest

from dl2ecd_core.pane.proposal import proposed_output


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("c:/test/cntk.model", "c:/test/cntk.ecd"),
        ("C:\\test\\net.frozen.pb", "C:\\test\\net.frozen.ecd"),
        ("\\\\server\\share\\net.onnx", "\\\\server\\share\\net.ecd"),
        ("/models/net.onnx", "/models/net.ecd"),
        ("/models/net", "/models/net.ecd"),
        ("/models/größe.h5", "/models/größe.ecd"),
        ("/models/landcover.v2/saved_model.pb", "/models/landcover.v2.ecd"),
        ("c:/models/landcover/SAVED_MODEL.PB", "c:/models/landcover.ecd"),
        ("/models/landcover/saved_model.pbtxt", "/models/landcover.ecd"),
        ("/saved_model.pb", "/saved_model.ecd"),
        ("net.onnx", None),
        ("models/net.onnx", None),
        ("/models/old.ecd", None),
        ("c:/models/OLD.ECD", None),
        ("/", None),
        ("", None),
    ],
)
def test_proposal(model: str, expected: Optional[str]) -> None:
    assert proposed_output(model) == expected
