"""Code that a model's description brings or asks for: each kind is named."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from dl2ecd_core.models.keras.own_code import own_code
from tests.models.keras.test_networks import layer, sequence


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (layer("TFSMLayer", name="x"), "a TFSMLayer, which runs a SavedModel from another place"),
        (layer("KerasLayer", name="x"), "loads a module from TensorFlow Hub"),
        (
            layer("Dense", name="x", activation={"class_name": "function", "config": "wobble"}),
            None,
        ),
        (
            layer(
                "Dense",
                name="x",
                activation={
                    "class_name": "function",
                    "module": "builtins",
                    "config": "wobble",
                    "registered_name": "function",
                },
            ),
            "the function 'wobble' of the script that made it",
        ),
        (
            layer(
                "Dense",
                name="x",
                activation={"class_name": "function", "module": "elsewhere.losses", "config": {}},
            ),
            "of the module 'elsewhere.losses'",
        ),
        (
            layer(
                "Lambda",
                name="x",
                function="half",
                function_type="function",
                module="tilework.layers",
            ),
            "a Lambda layer with the function 'half' of the module 'tilework.layers'",
        ),
        ({**layer("Wobble", name="x"), "module": "tilework"}, "the class 'Wobble' of the module"),
        (
            layer("Wobble", name="x"),
            "the layer class 'Wobble', which is not one of Keras' own",
        ),
    ],
)
def test_code_from_elsewhere_is_named(item: Dict[str, Any], said: Any) -> None:
    findings = own_code("model.h5", sequence(item))
    if said is None:
        assert findings == ()
        return
    (finding,) = findings
    assert finding.rule == "model-runs-own-code"
    assert said in finding.message
    assert "(layer 'x')" in finding.message


def test_operations_of_keras_3_are_its_own_in_files_that_name_no_modules() -> None:
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["image", 0, 0]}}
    item = {**layer("Power"), "inbound_nodes": [{"args": [tensor, 2.0], "kwargs": {}}]}
    assert own_code("model.h5", sequence(item)) == ()


def test_many_kinds_of_code_are_counted_once_enough_are_named() -> None:
    findings = own_code("model.h5", sequence(*(layer(f"Wobble{number}") for number in range(20))))
    assert len(findings) == 17
    assert "4 more classes or functions from elsewhere" in findings[-1].message
