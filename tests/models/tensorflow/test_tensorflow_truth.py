"""What TensorFlow itself says about its models, and what the readers say, must be the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from dl2ecd_core.models import inspect_model
from tests.conftest import FIXTURES, SHARED_MODELS
from tests.models.damage import assert_survives_damage

FOLDER = FIXTURES / "tensorflow"


def fixture_models() -> Iterator[Tuple[str, Dict[str, Any]]]:
    for version in ("tf1", "tf2"):
        expected = json.loads((FOLDER / version / "expected.json").read_text("ascii"))
        for file, truth in sorted(expected.items()):
            yield f"{version}/{file}", truth


MODELS = dict(fixture_models())


def by_name(tensors: Any) -> Dict[str, List[Any]]:
    return {tensor["name"]: tensor["shape"] for tensor in tensors}


@pytest.mark.parametrize("file", MODELS)
def test_says_what_tensorflow_says(file: str) -> None:
    truth = MODELS[file]
    told = inspect_model(FOLDER / file).as_dict()
    assert told["format"] == truth["format"]
    for side in ("inputs", "outputs"):
        if side in truth:
            assert by_name(told[side]) == by_name(truth[side])
            types = {tensor["name"]: tensor["data_type"] for tensor in truth[side]}
            assert {t["name"]: t["data_type"] for t in told[side]} == types  # type: ignore[attr-defined]
    if "parameters" in truth:
        assert told["parameters"] == truth["parameters"]


@pytest.mark.parametrize("file", [file for file in MODELS if "padding" in MODELS[file]])
def test_padding_is_what_valid_convolutions_crop(file: str) -> None:
    assert inspect_model(FOLDER / file).padding == MODELS[file]["padding"]


@pytest.mark.parametrize(
    "file, part",
    [
        ("tf1/deeplab.pb", None),
        ("tf1/argmax.pbtxt", None),
        ("tf1/saved/saved_model.pb", None),
        ("tf2/saved/saved_model.pb", None),
        ("tf1/ckpt/model.ckpt.index", None),
        ("tf1/ckpt/model.ckpt.index", "model.ckpt.meta"),
        ("tf1/ckpt_v1/model.ckpt", None),
    ],
)
def test_survives_damage(file: str, part: str, tmp_path: Path) -> None:
    model = FOLDER / file
    alone = tmp_path / "intact"
    alone.mkdir()
    for path in model.parent.iterdir():
        if path.is_file() and (path == model or model.parent.name == "ckpt"):
            (alone / path.name).write_bytes(path.read_bytes())
    assert_survives_damage(alone / model.name, tmp_path, part)


def shared_truth() -> Iterator[Tuple[str, Dict[str, Any]]]:
    path = SHARED_MODELS / "truth.json"
    if path.is_file():
        for file, truth in json.loads(path.read_text("utf-8")).items():
            if str(truth.get("format", "")).startswith("tensorflow"):
                yield file, truth


SHARED = dict(shared_truth())


@pytest.mark.shared_models
@pytest.mark.parametrize("file", SHARED or ["none"])
def test_says_what_tensorflow_says_of_larger_models(file: str, shared_models: Path) -> None:
    truth = SHARED[file]
    told = inspect_model(shared_models / file).as_dict()
    assert told["format"] == truth["format"]
    for side in ("inputs", "outputs"):
        if side in truth:
            assert by_name(told[side]) == by_name(truth[side])
    if "parameters" in truth:
        assert told["parameters"] == truth["parameters"]
