"""Where a model that lies in an .ecd is unpacked, and networks are written, for a moment."""

from __future__ import annotations

import errno
import json
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator

import pytest

from dl2ecd_core.conversion import convert
from dl2ecd_core.ecd.content import Ecd
from dl2ecd_core.ecd.extraction import extract
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.exports import export
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.templates import template
from tests.conftest import FIXTURES
from tests.documents import document, land_classes

#: Every command that writes a model or its network, into a folder.
WAYS: Dict[str, Callable[[Ecd, Path], Any]] = {
    "onnx": lambda ecd, folder: export(ecd, "onnx", folder / "n.onnx"),
    "emd": lambda ecd, folder: export(ecd, "emd", folder / "n.emd"),
    "dlpk": lambda ecd, folder: export(ecd, "dlpk", folder / "n.dlpk"),
    "stac": lambda ecd, folder: export(ecd, "stac", folder / "n.json"),
    "emd-as-onnx": lambda ecd, folder: export(ecd, "emd", folder / "n.emd", as_onnx=True),
    "dlpk-as-onnx": lambda ecd, folder: export(ecd, "dlpk", folder / "n.dlpk", as_onnx=True),
    "extract": lambda ecd, folder: extract(ecd, folder / "n"),
}
#: What the outputs are called that can be named as what could not be written.
NAMES = (
    *("n", "n/valid.caffemodel", "n/valid.prototxt", "n/valid.ecd", "n.emd", "n.dlpk", "n.onnx"),
    *("n.json", "valid.caffemodel", "valid.prototxt", "valid.onnx", "EcdClassifier.py"),
)


@pytest.fixture(params=["embedded", "referenced"])
def ecd(request: pytest.FixtureRequest, tmp_path: Path) -> Ecd:
    """A definition with a small model of Caffe."""
    for name in ("valid.caffemodel", "valid.prototxt"):
        shutil.copy(FIXTURES / "caffe" / name, tmp_path)
    info = tmp_path / "classes.json"
    told = document(Classifier="Caffe", NumberRasterBands=3, Classes=land_classes(5))
    info.write_text(json.dumps(told), encoding="ascii")
    convert(tmp_path / "valid.caffemodel", info, tmp_path / "valid.ecd", storage=request.param)
    return read_ecd(tmp_path / "valid.ecd")


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """The system writes no file beyond a size, as if the disk were full there."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def check_said(error: Dl2EcdError, rule: str, folder: Path) -> None:
    assert [item.rule for item in error.findings] == [rule]
    (item,) = error.findings
    assert Path(str(item.where.file)) in (folder, *map(folder.joinpath, NAMES))
    assert ".dl2ecd" not in str(item)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("way", WAYS)
def test_a_full_disk_is_said_of_the_output(way: str, ecd: Ecd, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    refused = 0
    for size in (0, 60, 600, 1500, 2500, 4000, 6000):
        try:
            with no_file_beyond(size):
                WAYS[way](ecd, folder)
        except Dl2EcdError as error:
            check_said(error, "output-disk-full", folder)
            refused += 1
        else:
            break
    assert refused


@pytest.mark.parametrize("way", [way for way in WAYS if way not in ("dlpk", "stac")])
def test_a_disk_to_read_only_is_said_of_the_output(
    way: str, ecd: Ecd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    whole, left = Path.mkdir, [0]

    def mkdir(path: Path, *arguments: Any, **named: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        whole(path, *arguments, **named)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    refused = 0
    for nth in range(1, 20):
        left[0] = nth
        try:
            WAYS[way](ecd, folder)
        except Dl2EcdError as error:
            check_said(error, "output-not-writable", folder)
            refused += 1
        else:
            break
    assert 0 < refused < 19


@pytest.mark.parametrize("way", ["onnx", "dlpk-as-onnx"])
def test_what_is_said_of_an_embedded_model_names_it_as_the_definition_does(
    way: str, tmp_path: Path
) -> None:
    model, info = FIXTURES / "tflite" / "channels_first.tflite", tmp_path / "classes.json"
    made = dict(template(model).document)
    made["Classes"] = land_classes(len(made["Classes"]))
    info.write_text(json.dumps(made), encoding="ascii")
    convert(model, info, tmp_path / "a.ecd", storage="embedded")
    with pytest.raises(Dl2EcdError) as refused:
        WAYS[way](read_ecd(tmp_path / "a.ecd"), tmp_path)
    (item,) = refused.value.findings
    assert item.rule == "network-format-not-convertible"
    assert item.message.startswith("'channels_first.tflite' is a model of TensorFlow Lite")
    assert item.where.file == f"{tmp_path / 'a.ecd'}/channels_first.tflite"
    assert item.hint.startswith(f"dl2ecd extract '{tmp_path / 'a.ecd'}' FOLDER gets it out. tf2onn")
    assert ".dl2ecd" not in str(refused.value)


@pytest.mark.parametrize("way", ["onnx", "dlpk-as-onnx"])
def test_what_was_decided_for_an_embedded_network_too(way: str, tmp_path: Path) -> None:
    for name in ("scene.weights", "scene.cfg"):
        shutil.copy(FIXTURES / "darknet" / name, tmp_path)
    made = dict(template(tmp_path / "scene.weights").document)
    made["Classes"] = land_classes(len(made["Classes"]))
    (tmp_path / "classes.json").write_text(json.dumps(made), encoding="ascii")
    target = tmp_path / "a.ecd"
    convert(tmp_path / "scene.weights", tmp_path / "classes.json", target, storage="embedded")
    findings = WAYS[way](read_ecd(target), tmp_path)
    decided = [item for item in findings if item.rule == "network-decided"]
    assert {item.where.file for item in decided} == {f"{target}/scene.weights"}
    assert ".dl2ecd" not in str(findings)
