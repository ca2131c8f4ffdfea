"""Layers and operations one by one, against what four generations of Keras make of them."""

from __future__ import annotations

import gzip
import json
from typing import Any, Dict, List

import pytest

from dl2ecd_core.models.keras.describe import ends_of
from tests.conftest import FIXTURES
from tests.models.keras.test_networks import without_written_shapes

LAYERS: Dict[str, Any] = json.loads(
    gzip.decompress((FIXTURES / "keras" / "layers.json.gz").read_bytes())
)
FOLLOWED = sorted(name for name in LAYERS if not name.startswith("unfollowed"))
UNFOLLOWED = sorted(name for name in LAYERS if name.startswith("unfollowed"))


def told(said: Dict[str, Any], model: Any) -> Dict[str, List[Any]]:
    """Shape and type of each output, by the name of its branch."""
    outputs = ends_of("model", model).outputs
    return {
        name: [None if tensor.shape is None else list(tensor.shape), tensor.data_type]
        for name, tensor in zip(said["names"], outputs)
    }


@pytest.mark.parametrize("name", FOLLOWED)
def test_sizes_and_types_are_those_of_keras(name: str) -> None:
    said = LAYERS[name]
    ours = told(said, said["model"])
    assert {key: shape for key, (shape, _) in ours.items()} == dict(
        zip(said["names"], said["shapes"])
    )
    types = dict(zip(said["names"], said["types"]))
    assert {key: kind for key, (_, kind) in ours.items() if kind not in (None, types[key])} == {}


@pytest.mark.parametrize("name", sorted(name for name in FOLLOWED if "keras3" in name))
def test_the_shapes_in_the_file_are_not_needed(name: str) -> None:
    said = LAYERS[name]
    ours = told(said, without_written_shapes(said["model"]))
    assert {key: shape for key, (shape, _) in ours.items()} == dict(
        zip(said["names"], said["shapes"])
    )


@pytest.mark.parametrize("name", UNFOLLOWED)
def test_what_is_not_followed_is_unknown_and_said_to_be(name: str) -> None:
    said = LAYERS[name]
    assert {key: shape for key, (shape, _) in told(said, said["model"]).items()} == dict.fromkeys(
        said["names"]
    )
    (finding,) = ends_of("model", said["model"]).findings
    assert finding.rule == "model-shape-unknown"
