"""Networks in place of models: packages as ONNX, axes, weights beside, reference arrays."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any, Callable, List, NamedTuple

import pytest

from dl2ecd_core.cli import main
from dl2ecd_core.conversion import convert
from dl2ecd_core.models import inspect_model
from tests.conftest import FIXTURES
from tests.documents import document, land_classes

np = pytest.importorskip("numpy")
pytest.importorskip("onnxruntime")


class Ran(NamedTuple):
    exit_code: int
    output: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line, and what it prints."""

    def run(*words: Any) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        return Ran(int(ended.value.code or 0), capsys.readouterr().out)

    return run


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    for name in ("valid.caffemodel", "valid.prototxt"):
        shutil.copy(FIXTURES / "caffe" / name, tmp_path)
    info = tmp_path / "classes.json"
    told = document(Classifier="Caffe", NumberRasterBands=3, Classes=land_classes(5))
    info.write_text(json.dumps(told), encoding="ascii")
    convert(tmp_path / "valid.caffemodel", info, tmp_path / "valid.ecd")
    return tmp_path / "valid.ecd"


def test_a_package_carries_the_network_as_onnx(run: Run, definition: Path, tmp_path: Path) -> None:
    target = tmp_path / "new.dlpk"
    result = run("export", definition, target, "--to", "dlpk", "--as-onnx")
    assert result.exit_code == 0, result.output
    with zipfile.ZipFile(target) as package:
        assert package.namelist() == ["new.emd", "valid.onnx", "EcdClassifier.py"]
        told = json.loads(package.read("new.emd"))
        package.extract("valid.onnx", tmp_path / "out")
    assert (told["Framework"], told["ModelFile"]) == ("ONNX", "valid.onnx")
    assert [item["Value"] for item in told["Classes"]] == list(range(5))
    assert "ModelConfiguration" not in told
    model = inspect_model(tmp_path / "out" / "valid.onnx")
    assert (model.format, model.class_names[0].names[0]) == ("onnx", "Class 0")
    assert not list(tmp_path.glob(".*"))


def test_a_definition_has_the_network_beside_it(run: Run, definition: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    result = run("export", definition, folder / "new.emd", "--to", "emd", "--as-onnx")
    assert result.exit_code == 0, result.output
    names = ["EcdClassifier.py", "new.emd", "valid.onnx"]
    assert sorted(path.name for path in folder.iterdir()) == names
    # An .emd becomes an .ecd again, of ONNX now; and that a package.
    assert run("convert", folder / "new.emd", folder / "new.ecd").exit_code == 0
    again = run("export", folder / "new.ecd", tmp_path / "b.dlpk", "--to", "dlpk", "--as-onnx")
    assert again.exit_code == 0, again.output
    with zipfile.ZipFile(tmp_path / "b.dlpk") as package:
        told = json.loads(package.read("b.emd"))
        assert package.namelist() == ["b.emd", "valid.onnx", "EcdClassifier.py"]
    before = json.loads((folder / "new.emd").read_text())["Dl2Ecd"]
    for key in ("Classes", "Values", "Inputs", "Output", "Scores"):
        assert told["Dl2Ecd"][key] == before[key]
    # What was written once is written again.
    more = run("export", definition, folder / "new.emd", "--to", "emd", "--as-onnx")
    assert more.exit_code == 0, more.output


def test_weights_go_beside_the_network_when_asked_for(
    run: Run, definition: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    result = run("export", definition, folder / "n.onnx", "--to", "onnx", "--external")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in folder.iterdir()) == ["n.onnx", "n.onnx.data"]


def test_images_get_their_channels_first(run: Run, tmp_path: Path) -> None:
    for name in ("last_bands-0001.params", "last_bands-symbol.json"):
        shutil.copy(FIXTURES / "mxnet" / name, tmp_path)
    model, target = tmp_path / "last_bands-0001.params", tmp_path / "first.onnx"
    result = run("export", model, target, "--to", "onnx", "--axes", "NCHW")
    assert result.exit_code == 0, result.output
    found = inspect_model(target)
    assert [found.inputs[0].axes, found.outputs[0].axes] == ["NCHW", "NCHW"]
    assert (found.inputs[0].size_of("C"), found.outputs[0].size_of("C")) == (4, 3)
    again = run("export", target, tmp_path / "b.onnx", "--to", "onnx", "--axes", "NCHW")
    assert (again.exit_code, "network-axes-fixed" in again.output) == (1, True)


@pytest.mark.parametrize(("change", "code"), [(0.0, 0), (1.0, 1)])
def test_reference_arrays_are_compared_before_anything_is_written(
    run: Run, change: float, code: int, tmp_path: Path
) -> None:
    for name in ("scene.weights", "scene.cfg"):
        shutil.copy(FIXTURES / "darknet" / name, tmp_path)
    told = json.loads((FIXTURES / "darknet" / "expected.json").read_text("ascii"))["scene"]
    size = told["input"]
    image = np.sin(np.arange(int(np.prod(size))) * 0.37).astype("f4").reshape(1, *size)
    (values,) = told["values"].values()
    arrays = tmp_path / "reference.npz"
    np.savez(arrays, x=image, y=np.asarray(values, "f4")[None] + change)
    target = tmp_path / "scene.onnx"
    result = run(
        "export", tmp_path / "scene.weights", target, "--to", "onnx", "--check", arrays, "--json"
    )
    assert (result.exit_code, target.exists()) == (code, not code)
    rules: List[str] = [item["rule"] for item in json.loads(result.output)["findings"]]
    assert ("network-checked" in rules) == (not code)


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "qml", "--axes", "NCHW"),
        ("--to", "emd", "--external"),
        ("--to", "dlpk", "--check", "a.npz"),
        ("--to", "onnx", "--as-onnx"),
        ("--to", "qml", "--as-onnx"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(run: Run, words: Any, definition: Path) -> None:
    assert run("export", definition, "out", *words).exit_code == 2
