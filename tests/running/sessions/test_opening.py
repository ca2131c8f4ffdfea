"""Which runtime opens a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.sessions.opening import RUNTIMES, open_session
from tests.conftest import FIXTURES
from tests.running.sessions.loading import session_of


class TestFormats:
    @pytest.mark.parametrize(
        ("model", "said"),
        [
            ("pytorch/unet_state_dict.pth", "torch.onnx.export"),
            ("coreml/pixels.mlmodel", "coremltools"),
        ],
    )
    def test_that_nothing_runs_say_what_to_do(self, tmp_path: Path, model: str, said: str) -> None:
        with pytest.raises(RunningRefused, match=f"model-not-runnable.*{said}"):
            session_of(tmp_path, model)

    def test_are_known_ones(self) -> None:
        from dl2ecd_core.models.formats import FORMATS

        assert set(RUNTIMES) <= {item.id for item in FORMATS}


class TestWeightsAlone:
    """Of formats that otherwise hold networks."""

    @pytest.mark.parametrize(
        "name",
        [
            "keras/landcover_tf1_weights.h5",
            "keras/landcover_k3.weights.h5",
            "paddle/state.pdparams",
        ],
    )
    def test_say_what_to_save_instead(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(RunningRefused) as refused:
            session_of(tmp_path, name)
        (said,) = refused.value.findings
        assert said.rule == "model-not-runnable"
        assert said.message.startswith(f"'{Path(name).name}' holds weights alone")
        assert "model.save" in said.hint

    def test_a_damaged_network_is_told_as_such(self, tmp_path: Path) -> None:
        model = inspect_model(FIXTURES / "cntk" / "unet_same.model")
        path = tmp_path / "unet_same.model"
        path.write_bytes((FIXTURES / "cntk" / "unet_same.model").read_bytes()[:-400])
        with pytest.raises(Dl2EcdError) as refused:
            open_session(model, path)
        assert "model-not-runnable" not in [item.rule for item in refused.value.findings]


def test_a_model_that_is_not_whole_is_not_run(tmp_path: Path) -> None:
    with pytest.raises(Dl2EcdError):
        session_of(tmp_path, "caffe/fcn.caffemodel")
