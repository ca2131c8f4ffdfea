"""Shapes worked out layer by layer, against what Keras of three generations says."""

from __future__ import annotations

import json
import random
from typing import Any, Dict, List, Optional, Tuple

import pytest

from dl2ecd_core.models.description import Activation
from dl2ecd_core.models.keras.describe import ends_of
from dl2ecd_core.models.keras.own_code import own_code
from tests.conftest import FIXTURES

NETWORKS: Dict[str, Any] = json.loads((FIXTURES / "keras" / "networks.json").read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_agrees_with_keras(name: str) -> None:
    network = NETWORKS[name]
    ends = ends_of("model", network["model"])
    assert [list(output.shape or ()) for output in ends.outputs] == network["outputs"]
    assert ends.findings == ()


def without_written_shapes(value: Any) -> Any:
    """The description with the shapes removed that Keras 3 writes beside references."""
    if isinstance(value, list):
        return [without_written_shapes(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") == "__keras_tensor__":
        history = value["config"]["keras_history"]
        return {"class_name": "__keras_tensor__", "config": {"keras_history": history}}
    return {key: without_written_shapes(item) for key, item in value.items()}


@pytest.mark.parametrize("name", sorted(name for name in NETWORKS if "keras3" in name))
def test_the_shapes_in_the_file_are_not_needed(name: str) -> None:
    network = NETWORKS[name]
    ends = ends_of("model", without_written_shapes(network["model"]))
    assert [list(output.shape or ()) for output in ends.outputs] == network["outputs"]


def sequence(*layers: Dict[str, Any], shape: Optional[List[Optional[int]]] = None) -> Any:
    first = {
        "class_name": "InputLayer",
        "config": {"name": "image", "batch_shape": shape or [None, 8, 8, 3]},
    }
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [first, *layers]}}


def layer(class_name: str, **config: Any) -> Dict[str, Any]:
    return {"class_name": class_name, "config": {"name": class_name.lower(), **config}}


def test_a_layer_that_is_not_known_leaves_the_rest_unknown() -> None:
    ends = ends_of("model", sequence(layer("Mystery"), layer("ReLU")))
    assert ends.outputs[0].shape is None
    (finding,) = ends.findings
    assert finding.rule == "model-shape-unknown"
    assert "'mystery'" in finding.message


@pytest.mark.parametrize(
    ("target", "after"),
    [([-1], (192,)), ([4, -1, 3], (4, 16, 3)), ([5, -1], None), ([-1, -1], None), ([3], None)],
)
def test_reshaping_to_what_is_left(
    target: List[int], after: Optional[Tuple[Optional[int], ...]]
) -> None:
    (output,) = ends_of("model", sequence(layer("Reshape", target_shape=target))).outputs
    assert output.shape == (None if after is None else (None, *after))


def test_sizes_that_are_free_stay_free() -> None:
    model = sequence(
        layer("Conv2D", filters=5, kernel_size=[3, 3], padding="valid"),
        layer("UpSampling2D", size=[2, 2]),
        shape=[None, None, None, 3],
    )
    (output,) = ends_of("model", model).outputs
    assert (output.shape, output.axes) == ((None, None, None, 5), "NHWC")


@pytest.mark.parametrize(
    ("function", "activation"),
    [
        ("softmax", Activation.SOFTMAX),
        ("sigmoid", Activation.SIGMOID),
        ("linear", Activation.NONE),
        (None, Activation.NONE),
        ("mystery", None),
        (["softmax"], None),
        ({"class_name": "function", "module": "elsewhere", "config": "softmax"}, None),
    ],
)
def test_what_is_done_last(function: Any, activation: Optional[Activation]) -> None:
    model = sequence(layer("Dense", units=2, activation=function), layer("Dropout", rate=0.5))
    assert ends_of("model", model).outputs[0].activation is activation


@pytest.mark.parametrize(
    "config",
    [
        {"filters": -1, "kernel_size": [3, 3]},
        {"filters": 5, "kernel_size": [3]},
        {"filters": 5, "kernel_size": "3"},
        {"filters": 5, "kernel_size": [10**30, 3]},
        {"filters": 5, "kernel_size": [3, 3], "strides": 0},
        {"filters": 5, "kernel_size": [3, 3], "padding": "mystery"},
        {"filters": True, "kernel_size": 3},
        {},
    ],
)
def test_settings_that_make_no_sense_are_unknown(config: Dict[str, Any]) -> None:
    (output,) = ends_of("model", sequence(layer("Conv2D", **config))).outputs
    assert output.shape is None or None in output.shape[1:]


ODD: Tuple[Any, ...] = (None, 0, -1, 10**30, 1.5, True, "x", [], {}, [None], [[1, 2]], ["a", 0, 0])


@pytest.mark.parametrize("seed", range(50))
def test_odd_values_anywhere_raise_nothing(seed: int) -> None:
    chance = random.Random(seed)
    model = json.loads(json.dumps(NETWORKS[chance.choice(sorted(NETWORKS))]["model"]))
    for _ in range(chance.choice([1, 2, 8])):
        place: Any = model
        while place:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = chance.choice(keys)
            if not isinstance(place[key], (dict, list)) or chance.random() < 0.1:
                place[key] = json.loads(json.dumps(chance.choice(ODD)))
                break
            place = place[key]
    for tensor in (*ends_of("model", model).inputs, *ends_of("model", model).outputs):
        assert tensor.shape is None or all(size is None or size >= 0 for size in tensor.shape)
    assert all(item.rule == "model-runs-own-code" for item in own_code("model", model))


def test_networks_that_run_in_circles_end() -> None:
    layers = [
        {**layer("ReLU", name=one), "name": one, "inbound_nodes": [[[other, 0, 0, {}]]]}
        for one, other in (("a", "b"), ("b", "a"))
    ]
    config = {"layers": layers, "input_layers": [], "output_layers": [["a", 0, 0]]}
    (output,) = ends_of("model", {"class_name": "Model", "config": config}).outputs
    assert output.shape is None


def test_networks_nested_and_used_twice_at_every_level_end() -> None:
    inner = layer("ReLU")
    for level in range(60):
        inner = {
            "class_name": "Sequential",
            "config": {"name": f"level {level}", "layers": [inner, inner]},
        }
    (output,) = ends_of("model", sequence(inner)).outputs or (None,)
    assert output is None or output.shape is None
