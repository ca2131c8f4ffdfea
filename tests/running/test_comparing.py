"""ONNX models beside arrays that a framework computed."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any, Dict

import pytest

from dl2ecd_core.models.network_file import write_network
from dl2ecd_core.models.networks import read_network
from dl2ecd_core.running.comparing import compare
from dl2ecd_core.running.extras import RunningRefused
from tests.conftest import FIXTURES

np = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")

IMAGE: Any = np.linspace(-1, 1, 4 * 48 * 64, dtype="f4").reshape(1, 4, 48, 64)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compared") / "scene.onnx"
    write_network(read_network(FIXTURES / "darknet" / "scene.weights"), path)
    return path


@pytest.fixture(scope="module")
def scores(model: Path) -> Any:
    return onnxruntime.InferenceSession(str(model)).run(None, {"data": IMAGE})[0]


def saved(folder: Path, **arrays: Any) -> Path:
    path = folder / "reference.npz"
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("names", [("data", "softmax_6"), ("in_data", "out_softmax_6"), ("x", "y")])
def test_what_is_the_same_is_said(names: Any, model: Path, scores: Any, tmp_path: Path) -> None:
    path = saved(tmp_path, **dict(zip(names, (IMAGE, scores + 1e-7))))
    (found,) = compare(model, path)
    assert (found.rule, found.where.file) == ("network-checked", str(path))
    assert "'softmax_6' differs by" in found.message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda scores: scores + 1e-3, "differs by 0.001 at most"),
        (lambda scores: scores[:, :3], r"has the shape \(1, 10\), not \(1, 3\)"),
    ],
)
def test_what_differs_is_refused(
    change: Any, said: str, model: Path, scores: Any, tmp_path: Path
) -> None:
    with pytest.raises(RunningRefused, match=said) as caught:
        compare(model, saved(tmp_path, x=IMAGE, y=change(scores)))
    assert [item.rule for item in caught.value.findings] == ["network-computes-otherwise"]


@pytest.mark.parametrize("content", [b"", b"no arrays", b"PK\5\6" + bytes(18)])
def test_what_is_no_list_of_arrays_is_refused(content: bytes, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "reference.npz"
    path.write_bytes(content)
    with pytest.raises(RunningRefused) as caught:
        compare(model, path)
    assert [item.rule for item in caught.value.findings] == ["network-reference-unusable"]


def test_arrays_of_objects_are_never_unpickled(model: Path, tmp_path: Path) -> None:
    arrays: Dict[str, Any] = {"x": np.array([{}], dtype=object)}
    with pytest.raises(RunningRefused, match="can't be read"):
        compare(model, saved(tmp_path, **arrays))


def test_arrays_that_are_missing_are_named(model: Path, tmp_path: Path) -> None:
    with pytest.raises(RunningRefused, match="no array for 'softmax_6', only 'x'"):
        compare(model, saved(tmp_path, x=IMAGE))


def test_arrays_beyond_all_measure_are_refused(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dl2ecd_core.running.comparing._MOST_BYTES", 100)
    with pytest.raises(RunningRefused, match="2 GiB"):
        compare(model, saved(tmp_path, x=IMAGE))


def test_no_images_differ_from_no_images(model: Path, tmp_path: Path) -> None:
    path = saved(tmp_path, x=IMAGE[:0], y=np.zeros((0, 10), "f4"))
    assert "is empty" in compare(model, path)[0].message


def test_numpy_is_asked_for_where_it_is_missing(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, load = saved(tmp_path, x=IMAGE), builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("numpy"):
            raise ImportError(name)
        return load(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RunningRefused, match=r"dl2ecd\[run\]"):
        compare(model, path)
