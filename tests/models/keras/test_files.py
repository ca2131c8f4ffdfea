"""Keras files: what they declare and what follows from it, against what Keras itself says."""

from __future__ import annotations

import json
import random
import shutil
import zipfile
from pathlib import Path
from typing import Any, Dict, Set

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Activation, Evidence, ModelDescription
from dl2ecd_core.models.keras.v3 import recognise
from dl2ecd_core.models.registry import Match
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.models.damage import assert_survives_damage

KERAS = FIXTURES / "keras"
EXPECTED: Dict[str, Dict[str, Any]] = json.loads((KERAS / "expected.json").read_text("utf-8"))


def rules_of(model: ModelDescription) -> Set[str]:
    return {finding.rule for finding in model.findings}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_agrees_with_keras(name: str) -> None:
    expected = EXPECTED[name]
    model = inspect_model(KERAS / name)
    assert model.format == ("keras-v3" if name.endswith(".keras") else "keras-hdf5")
    assert model.framework == "Keras"
    assert model.parameters == expected["parameters"]
    if "inputs" in expected:
        told = [{"name": item.name, "shape": list(item.shape or ())} for item in model.inputs]
        assert told == expected["inputs"]
        assert {item.evidence for item in model.inputs} == {Evidence.DECLARED}
        for output, wanted in zip(model.outputs, expected["outputs"]):
            # What a Lambda layer does can't be known without running it.
            if name != "lambda_k2.h5":
                assert list(output.shape or ()) == wanted["shape"]
                assert output.evidence is Evidence.INFERRED
        assert len(model.outputs) == len(expected["outputs"])


@pytest.mark.parametrize("name", sorted(name for name in EXPECTED if "bands" in EXPECTED[name]))
def test_bands_and_classes_are_inferred_from_weights(name: str) -> None:
    model = inspect_model(KERAS / name)
    assert [item.size_of("C") for item in model.inputs] == [EXPECTED[name]["bands"]]
    assert [item.size_of("C") for item in model.outputs] == [EXPECTED[name]["classes"]]
    assert {item.evidence for item in (*model.inputs, *model.outputs)} == {Evidence.GUESSED}
    assert "model-shape-unknown" in rules_of(model)


@pytest.mark.parametrize(
    ("name", "names"),
    [
        # As model.output_names says them in Keras 3.15 and tf_keras 2.21.
        ("landcover_k3.keras", ["classes"]),
        ("landcover_first_k2.h5", ["classes"]),
        ("siamese_k2.h5", ["classes"]),
        ("two_heads_k3.h5", ["land", "flag"]),
        ("compiled_k3.h5", [None]),
    ],
)
def test_outputs_of_functional_models_are_named_after_their_layers(
    name: str, names: list[Any]
) -> None:
    assert [tensor.name for tensor in inspect_model(KERAS / name).outputs] == names


def test_axes_activation_and_padding() -> None:
    last = inspect_model(KERAS / "landcover_k3.keras")
    assert [item.axes for item in (*last.inputs, *last.outputs)] == ["NHWC", "NHWC"]
    assert last.outputs[0].activation is Activation.SOFTMAX
    assert last.padding == 3
    first = inspect_model(KERAS / "landcover_first_k2.h5")
    assert [item.axes for item in (*first.inputs, *first.outputs)] == ["NCHW", "NCHW"]
    assert first.padding == 3


def test_several_heads() -> None:
    land, flag = inspect_model(KERAS / "two_heads_k3.h5").outputs
    assert (land.axes, land.activation) == ("NHWC", Activation.NONE)
    assert (flag.axes, flag.activation) == ("NC", Activation.SIGMOID)


def test_argmax_tells_the_classes_it_was_taken_over() -> None:
    (output,) = inspect_model(KERAS / "custom_k3.keras").outputs
    assert (output.axes, output.activation, output.class_count) == ("NHW", Activation.ARGMAX, 4)
    assert output.data_type == "int32"


def test_versions_and_backend() -> None:
    versions = json.loads((KERAS / "versions.json").read_text("utf-8"))
    model = inspect_model(KERAS / "two_heads_k3.h5")
    assert model.framework_version == versions["keras3"]["keras"]
    assert model.producer == f"Keras {model.framework_version} (tensorflow)"


def test_bytecode_is_reported_and_never_run() -> None:
    for name, layer in (("lambda_k2.h5", "half"), ("lambda_k3.keras", "scale")):
        model = inspect_model(KERAS / name)
        (finding,) = [item for item in model.findings if item.rule == "model-runs-own-code"]
        assert "bytecode" in finding.message
        assert f"'{layer}'" in finding.message


def test_behind_bytecode_only_the_classes_are_known() -> None:
    model = inspect_model(KERAS / "lambda_k2.h5")
    (output,) = model.outputs
    assert output.shape is None
    assert output.class_count == 2
    (unknown,) = [item for item in model.findings if item.rule == "model-shape-unknown"]
    assert "'half'" in unknown.message


def test_a_class_from_elsewhere_is_named() -> None:
    model = inspect_model(KERAS / "custom_k3.keras")
    (finding,) = [item for item in model.findings if item.rule == "model-runs-own-code"]
    assert "'tilework>Doubled'" in finding.message
    assert "'doubled'" in finding.message


@pytest.mark.parametrize("name", ["landcover_k3.keras", "scenes_tf1.h5", "two_heads_k3.h5"])
def test_nothing_is_said_of_code_where_there_is_none(name: str) -> None:
    assert inspect_model(KERAS / name).findings == ()


def test_the_name_of_the_file_does_not_matter(tmp_path: Path) -> None:
    shutil.copy(KERAS / "landcover_k3.keras", tmp_path / "model.zip")
    shutil.copy(KERAS / "scenes_tf1.h5", tmp_path / "model.pb")
    assert inspect_model(tmp_path / "model.zip").format == "keras-v3"
    assert inspect_model(tmp_path / "model.pb").format == "keras-hdf5"


@pytest.mark.parametrize(
    ("name", "word"), [("climate.h5", "NetCDF"), ("newest.h5", "another program")]
)
def test_other_hdf5_files_are_refused_for_what_they_are(name: str, word: str) -> None:
    with pytest.raises(ModelFileError, match=word) as refused:
        inspect_model(KERAS / name)
    assert refused.value.finding.rule == "model-not-a-model"


def rewritten(archive: Path, target: Path, **changes: bytes) -> Path:
    """The archive with entries replaced or added, all of them packed."""
    names = {"config": "config.json", "weights": "model.weights.h5", "extra": "assets/extra.bin"}
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        content = {name: old.read(name) for name in old.namelist()}
        content.update({names[key]: value for key, value in changes.items()})
        for name, value in content.items():
            new.writestr(name, value)
    return target


def test_an_archive_cut_short_is_not_taken_for_a_model(tmp_path: Path) -> None:
    whole = (KERAS / "landcover_k3.keras").read_bytes()
    (tmp_path / "cut.keras").write_bytes(whole[:-60])
    with ByteSource(tmp_path / "cut.keras") as source:
        assert recognise(source) is Match.NO
    with ByteSource(KERAS / "oldest.h5") as source:
        assert recognise(source) is Match.NO
    with pytest.raises(ModelFileError) as refused:
        inspect_model(tmp_path / "cut.keras")
    assert refused.value.finding.rule == "model-damaged"


def test_packed_weights_are_counted_too(tmp_path: Path) -> None:
    packed = rewritten(KERAS / "landcover_k3.keras", tmp_path / "packed.keras")
    assert inspect_model(packed).parameters == EXPECTED["landcover_k3.keras"]["parameters"]


#: More than is unpacked in memory; not so evenly that the archive would be refused for it.
LONG = random.Random(1).randbytes(300_000) + b"\0" * 25 * 1024 * 1024


@pytest.mark.parametrize("weights", [b"", b"no HDF5", LONG], ids=["none", "others", "long"])
def test_weights_that_are_not_read_leave_their_number_unknown(
    tmp_path: Path, weights: bytes
) -> None:
    path = rewritten(KERAS / "landcover_k3.keras", tmp_path / "m.keras", weights=weights)
    model = inspect_model(path)
    assert model.parameters is None
    assert [list(item.shape or ()) for item in model.inputs] == [[None, 32, 32, 4]]


@pytest.mark.parametrize("start", [b'{"loss"', b'["loss"', b'{"loss:'])
def test_a_damaged_description_of_the_training_does_not_matter(
    tmp_path: Path, start: bytes
) -> None:
    whole = (KERAS / "compiled_k3.h5").read_bytes()
    assert whole.count(b'{"loss"') == 1
    (tmp_path / "model.h5").write_bytes(whole.replace(b'{"loss"', start))
    model = inspect_model(tmp_path / "model.h5")
    assert [item.shape for item in model.outputs] == [(None, 2)]
    assert model.findings == ()


def test_code_that_the_training_names_is_reported(tmp_path: Path) -> None:
    # Keras loads what stands there unless it is told to leave out the training.
    whole = (KERAS / "compiled_k3.h5").read_bytes()
    lost = b'{"class_name": "SGD"'
    foreign = b'{"class_name":"A>BC"'
    assert whole.count(lost) == 1
    (tmp_path / "model.h5").write_bytes(whole.replace(lost, foreign))
    (finding,) = inspect_model(tmp_path / "model.h5").findings
    assert finding.rule == "model-runs-own-code"
    assert "'A>BC'" in finding.message


def test_a_matlab_file_is_refused_for_what_it_is(tmp_path: Path) -> None:
    # MATLAB's files from 7.3 on are HDF5 behind a user block of 512 bytes.
    start = b"MATLAB 7.3 MAT-file".ljust(512, b"\0")
    data = (KERAS / "oldest.h5").read_bytes()
    (tmp_path / "model.h5").write_bytes(start + data[512:])
    with pytest.raises(ModelFileError, match="MATLAB file"):
        inspect_model(tmp_path / "model.h5")


@pytest.mark.parametrize("filler", ["{}", "1,", '{"class_name": 3,'])
def test_descriptions_larger_than_any_networks_are_refused(tmp_path: Path, filler: str) -> None:
    config = ('{"a": [' + filler * (8 * 1024 * 1024 // len(filler)) + "0]}").encode()
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config[: 8 * 1024 * 1024 - 1])
        archive.writestr("metadata.json", b"{}")
    with pytest.raises(ModelFileError) as refused:
        inspect_model(path)
    assert refused.value.finding.rule == "model-too-complex"


def test_a_pickle_hidden_in_the_archive_is_found(tmp_path: Path) -> None:
    evil = b"\x80\x04cos\nsystem\n\x8c\x04true\x85R."
    hidden = rewritten(KERAS / "landcover_k3.keras", tmp_path / "m.keras", extra=evil)
    findings = inspect_model(hidden).findings
    assert any("os.system" in item.message for item in findings)


@pytest.mark.parametrize(
    "config",
    [
        b"",
        b"[]",
        b"{",
        b'{"class_name": "Functional"}',
        b'{"class_name": 3, "config": {"layers": 4}}',
        b'{"class_name": "Sequential", "config": [[]]}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"a": ' + b"1" * 100_000 + b"}",
        b'{"a": "' + b"\xff" * 100,
        b"[" + b"{}," * 200_000 + b"{}]",
    ],
)
def test_absurd_descriptions_are_refused_or_unknown(tmp_path: Path, config: bytes) -> None:
    path = rewritten(KERAS / "landcover_k3.keras", tmp_path / "m.keras", config=config)
    try:
        model = inspect_model(path)
    except ModelFileError as error:
        assert error.finding.rule in ("model-damaged", "model-too-complex", "archive-refused")
    else:
        assert (model.inputs, model.outputs) == ((), ())


@pytest.mark.parametrize("name", ["landcover_k3.keras", "siamese_k2.h5"])
def test_survives_damage(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    shutil.copy(KERAS / name, folder / name)
    assert_survives_damage(folder / name, tmp_path)


@pytest.mark.shared_models
def test_agrees_with_the_larger_real_models(shared_models: Path) -> None:
    truth = json.loads((shared_models / "truth.json").read_text("utf-8"))
    checked = 0
    for name, said in truth.items():
        if not str(said.get("format", "")).startswith("keras"):
            continue
        model = inspect_model(shared_models / name)
        assert model.format == said["format"]
        if "parameters" in said:
            assert model.parameters == said["parameters"]
        for ours, theirs in ((model.inputs, "inputs"), (model.outputs, "outputs")):
            if theirs in said:
                if theirs == "inputs":
                    assert [item.name for item in ours] == [item["name"] for item in said[theirs]]
                shapes = [list(item.shape or ()) for item in ours]
                assert shapes == [item["shape"] for item in said[theirs]]
        checked += 1
    assert checked
