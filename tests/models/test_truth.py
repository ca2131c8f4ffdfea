"""What the readers say of the larger real models, against what the frameworks say of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from dl2ecd_core.models import ModelDescription, Tensor, inspect_model
from tests.conftest import SHARED_MODELS

pytestmark = pytest.mark.shared_models


def truth() -> Dict[str, Dict[str, Any]]:
    """What each framework says, by file; empty where the models are absent."""
    path = SHARED_MODELS / "truth.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


@pytest.fixture(params=sorted(truth()) or [None])
def case(request: pytest.FixtureRequest, shared_models: Path) -> tuple[ModelDescription, Any]:
    """A model's description, and what its framework says."""
    return inspect_model(shared_models / request.param), truth()[request.param]


def told(tensors: tuple[Tensor, ...]) -> List[Any]:
    return [
        (tensor.name, None if tensor.shape is None else list(tensor.shape)) for tensor in tensors
    ]


def expected(entries: Optional[List[Dict[str, Any]]]) -> Optional[List[Any]]:
    return None if entries is None else [(entry["name"], entry["shape"]) for entry in entries]


def _started(tensor: Tensor) -> Tensor:
    shape = tensor.shape or ()
    return replace(tensor, shape=(1, *shape[1:])) if shape[:1] == (None,) else tensor


def test_format_and_framework(case: tuple[ModelDescription, Any]) -> None:
    description, said = case
    assert (description.format, description.framework) == (said["format"], said["framework"])


@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_names_and_shapes(case: tuple[ModelDescription, Any], side: str) -> None:
    description, said = case
    tensors = getattr(description, side)
    if said.get(side) is not None:
        if description.framework == "Keras" and side == "outputs":
            # The list has none: Keras 3 makes up names of tensors. Ours are those of
            # model.output_names; tests/models/keras/test_files.py has them.
            tensors = tuple(replace(tensor, name=None) for tensor in tensors)
        if description.format == "tflite":
            # The list has the 1 that the interpreter allocates for a batch of any size.
            tensors = tuple(map(_started, tensors))
        assert told(tensors) == expected(said[side])


def test_parameters(case: tuple[ModelDescription, Any]) -> None:
    description, said = case
    if "parameters" in said:
        assert description.parameters == said["parameters"]


def test_data_types(case: tuple[ModelDescription, Any]) -> None:
    description, said = case
    for side in ("inputs", "outputs"):
        for tensor, entry in zip(getattr(description, side), said.get(side) or []):
            if entry.get("dtype") and tensor.data_type is not None:
                assert tensor.data_type == {"f32": "float32"}.get(entry["dtype"], entry["dtype"])
