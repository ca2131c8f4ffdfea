"""TensorFlow's models that OpenVINO does not take: our own words for what to do."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import List

import pytest

from dl2ecd_core.findings import Finding
from dl2ecd_core.models import inspect_model
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.sessions import Session
from dl2ecd_core.running.sessions.opening import open_session
from tests.conftest import FIXTURES

pytest.importorskip("openvino")

GRAPHS = FIXTURES / "tensorflow" / "tf1"
#: A field that came with TensorFlow 2.
NEWER = "  experimental_type {\n    type_id: TFT_PRODUCT\n  }\n"


def session_of(path: Path) -> Session:
    model = inspect_model(path)
    return open_session(model, Path(model.primary.location))


def refusal(path: Path) -> List[Finding]:
    with pytest.raises(RunningRefused) as refused:
        session_of(path)
    return list(refused.value.findings)


def test_a_graph_as_text_runs() -> None:
    assert session_of(GRAPHS / "argmax.pbtxt").runtime.startswith("OpenVINO")


@pytest.mark.parametrize("name", ["model.pbtxt", "model.pb"])
def test_text_with_fields_of_tensorflow_2_is_to_be_made_binary(tmp_path: Path, name: str) -> None:
    text = (GRAPHS / "argmax.pbtxt").read_text("ascii")
    path = tmp_path / name
    path.write_text(text.replace('op: "Placeholder"\n', f'op: "Placeholder"\n{NEWER}'), "ascii")
    (said,) = refusal(path)
    assert said.rule == "model-not-loaded"
    assert said.message.startswith(f"'{name}' is a model of TensorFlow as text")
    assert "tf.io.write_graph" in said.hint
    assert str(tmp_path) not in said.message


def test_a_saved_model_that_is_not_taken_is_called_by_its_name(tmp_path: Path) -> None:
    (source,) = (FIXTURES / "tensorflow").rglob("tf2/saved/saved_model.pb")
    path = Path(shutil.copytree(source.parent, tmp_path / "private")) / source.name
    model = inspect_model(path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(RunningRefused) as refused:
        open_session(model, path)
    assert "does not load 'saved_model.pb': " in refused.value.findings[0].message


def test_so_is_a_saved_model_as_text(tmp_path: Path) -> None:
    info = 'name: "x:0" dtype: DT_FLOAT tensor_shape { dim { size: -1 } dim { size: 4 } }'
    (tmp_path / "saved_model.pbtxt").write_text(
        "saved_model_schema_version: 1 meta_graphs { meta_info_def { tags: 'serve' } graph_def { "
        "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } } "
        "} signature_def { key: 'serving_default' value { "
        "inputs { key: 'image' value { " + info + " } } "
        "outputs { key: 'classes' value { " + info + " } } } } }",
        "ascii",
    )
    (said,) = refusal(tmp_path)
    assert said.rule == "model-not-loaded"
    assert "tf.saved_model.save" in said.hint


def test_a_graph_without_its_weights_is_to_be_frozen() -> None:
    (said,) = refusal(GRAPHS / "unfrozen.pb")
    assert said.rule == "model-not-frozen"
    assert "convert_variables_to_constants" in said.hint
    assert said.where is not None
    assert said.where.file == "unfrozen.pb"


def test_of_a_binary_graph_it_is_openvino_that_speaks(tmp_path: Path) -> None:
    path = tmp_path / "model.pb"
    data = (GRAPHS / "argmax.pb").read_bytes()
    path.write_bytes(data.replace(b"ArgMax", b"ArgMix"))
    assert refusal(path)[0].message.startswith("OpenVINO ")
