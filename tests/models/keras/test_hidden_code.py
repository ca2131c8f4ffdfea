"""Code is found wherever Keras would load it from, and Keras' own names are no alarm."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.keras.own_code import own_code
from dl2ecd_core.models.keras.own_names import is_own_class, is_own_function
from tests.conftest import FIXTURES
from tests.models.keras.test_networks import layer, sequence

BYTECODE = {"class_name": "__lambda__", "config": {"code": "4wE=", "defaults": None}}
RELU = {
    "module": "keras.activations",
    "class_name": "function",
    "config": "relu",
    "registered_name": "relu",
}


def said(model: Any) -> List[str]:
    return [item.message for item in own_code("model.keras", model)]


def function(module: Any, name: str) -> Dict[str, Any]:
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def made(module: Any, name: str, **config: Any) -> Dict[str, Any]:
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


@pytest.mark.parametrize("key", ["function", "output_shape", "mask"])
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (BYTECODE, None),
        (["4wE=\n", None, None], "lambda"),
        (["4wE=\n", None, None], None),
        ("4wE=\n", "lambda"),
    ],
)
def test_bytecode_in_any_setting_of_a_lambda_is_named(key: str, value: Any, kind: Any) -> None:
    settings = {"name": "x", "function": RELU, key: value}
    if kind is not None:
        settings[f"{key}_type"] = kind
    item = {**layer("Lambda", **settings), "module": "keras.layers"}
    (message,) = said(sequence(item))
    assert "bytecode" in message
    assert "(layer 'x')" in message


@pytest.mark.parametrize(
    "settings",
    [
        {"function": RELU},
        {"function": RELU, "output_shape": [None, 3], "mask": None},
        {"function": RELU, "output_shape": [4, 4], "output_shape_type": "raw"},
        {"function": function("keras.ops", "relu"), "output_shape": None},
        {"function": function("keras.applications.resnet", "preprocess_input")},
    ],
)
def test_a_lambda_of_numbers_is_no_alarm(settings: Dict[str, Any]) -> None:
    assert said(sequence({**layer("Lambda", **settings), "module": "keras.layers"})) == []


def test_a_function_in_another_setting_of_a_lambda_is_named() -> None:
    settings = {"mask": "hide", "mask_type": "function", "mask_module": "elsewhere"}
    (message,) = said(sequence(layer("Lambda", name="x", function=RELU, **settings)))
    assert "the function 'hide' of the module 'elsewhere'" in message


def test_merging_by_bytecode_is_named() -> None:
    # Keras 1 had a layer that did so.
    (message,) = said(sequence(layer("Merge", mode="4wE=", mode_type="lambda")))
    assert "a Merge layer with Python bytecode" in message
    assert said(sequence(layer("Merge", mode="concat", mode_type="raw"))) == []


WRAPPERS = ("TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")


@pytest.mark.parametrize("name", WRAPPERS)
@pytest.mark.parametrize("module", [None, "keras.layers", "keras.src.export.tfsm_layer", "evil"])
def test_what_wraps_code_is_named_wherever_it_stands(name: str, module: Any) -> None:
    item = made(module, name, filepath="/evil")
    models = [
        item,
        sequence(item),
        sequence(layer("Dense", activation=item)),
        sequence(layer("Dense", kernel_initializer=item)),
        {**sequence(layer("Dense")), "compile_config": {"optimizer": item}},
        {"class_name": "Sequential", "config": [], "anything": [[{"deep": item}]]},
    ]
    for model in models:
        assert [name in message for message in said(model)] == [True]


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keras.utils", "get_file"),
        ("keras.models", "load_model"),
        ("keras.saving", "load_model"),
        ("keras.config", "enable_unsafe_deserialization"),
        ("keras.src.saving.serialization_lib", "enable_unsafe_deserialization"),
        ("keras.activations", "deserialize"),
        ("keras.losses", "get"),
        ("keras.ops", "a.b"),
        ("keras.applications", "ResNet50"),
        ("keras.backend", "clear_session"),
        ("keras", "relu"),
        ("builtins", "eval"),
        ("builtins", "exec"),
        ("os", "system"),
        ("kerasevil.activations", "relu"),
        ("evil.keras.activations", "relu"),
        ("", "relu"),
        (3, "relu"),
    ],
)
def test_functions_that_do_more_than_count_are_named(module: Any, name: str) -> None:
    for place in ("activation", "function"):
        (message,) = said(sequence(layer("Dense", **{place: function(module, name)})))
        assert f"the function '{name}' of" in message


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("builtins", "relu"),
        ("builtins", "mean_squared_error"),
        ("keras.activations", "softmax"),
        ("keras.losses", "my_new_loss"),
        ("tf_keras.activations", "gelu"),
        ("keras_core.ops", "relu"),
        ("keras.src.ops.nn", "softmax"),
    ],
)
def test_functions_of_numbers_are_no_alarm(module: str, name: str) -> None:
    assert is_own_function(module, name)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keras.callbacks", "LambdaCallback"),
        ("keras.utils", "PyDataset"),
        ("keras.utils", "Progbar"),
        ("keras.src.saving.saving_lib", "DiskIOStore"),
        ("keras.src.utils.file_utils", "Archive"),
        ("keras.layers", "Unknown"),
        ("keras.layers.os", "system"),
        ("keras.optimizers", "os.system"),
        ("keras.optimizers", "__import__"),
        ("kerasevil.layers", "Dense"),
        ("os", "Dense"),
        ("", "Dense"),
    ],
)
def test_classes_that_describe_no_model_are_named(module: str, name: str) -> None:
    assert not is_own_class(module, name, {"class_name": name, "config": {}})
    (message,) = said(sequence(made(module, name)))
    assert f"the class '{name}' of" in message


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keras", "Sequential"),
        ("keras.src.models.functional", "Functional"),
        ("keras.layers", "Dense"),
        ("keras.src.layers.core.dense", "Dense"),
        ("keras.src.ops.numpy", "GetItem"),
        ("keras.optimizers.schedules", "CosineDecay"),
        ("keras.optimizers.legacy", "Adam"),
        ("keras.src.trainers.compile_utils", "CompileMetrics"),
        ("keras", "DTypePolicy"),
        ("keras.utils", "FeatureSpace"),
        ("keras.random", "SeedGenerator"),
        ("tf_keras.src.engine.functional", "Functional"),
        ("keras.src.legacy.layers", "RandomHeight"),
    ],
)
def test_classes_that_describe_a_model_are_no_alarm(module: str, name: str) -> None:
    assert said(sequence(made(module, name))) == []


def test_the_optimizers_of_keras_2_are_its_own() -> None:
    for name in ("Custom>Adam", "Custom>SGD", "Custom>AdamW", "RMSprop", "adam"):
        training = {"optimizer_config": {"class_name": name, "config": {"name": name}}}
        assert own_code("model.h5", {**sequence(layer("Dense")), **training}) == ()
    # But they are no layers, and others are not Keras' own.
    for name in ("Custom>Adam", "Adam"):
        assert said(sequence(layer(name)))
    for name in ("Custom>Wobble", "evil>Adam", "Wobble"):
        training = {"optimizer_config": {"class_name": name, "config": {}}}
        (message,) = said({**sequence(layer("Dense")), **training})
        assert f"'{name}'" in message


@pytest.mark.parametrize("place", ["kernel_initializer", "cell", "anything"])
def test_classes_without_a_module_are_told_by_their_names_anywhere(place: str) -> None:
    assert said(sequence(layer("Dense", **{place: layer("VarianceScaling")}))) == []
    assert said(sequence(layer("Dense", **{place: layer("LSTMCell")}))) == []
    (message,) = said(sequence(layer("Dense", **{place: {"class_name": "Wobble", "config": {}}})))
    assert "the class 'Wobble', which is not one of Keras' own" in message


@pytest.mark.parametrize(
    ("module", "name", "alarm"),
    [
        ("tensorflow.python.framework.tensor", "TensorSpec", False),
        ("tensorflow.python.ops.ragged.ragged_tensor", "RaggedTensorSpec", False),
        ("evil", "TensorSpec", True),
        ("tensorflow.python.lib.io.file_io", "FileIO", True),
        ("tensorflow", "a.Spec", True),
        (None, None, True),
    ],
)
def test_types_are_loaded_by_their_names(module: Any, name: Any, alarm: bool) -> None:
    item = {"class_name": "__typespec__", "spec_name": name, "module": module, "config": []}
    assert bool(said(sequence(layer("Dense", spec=item)))) is alarm


@pytest.mark.parametrize(
    ("settings", "alarm"),
    [
        ({"function": "nn.relu"}, False),
        ({"function": "math.add"}, False),
        ({"function": "io.write_file"}, True),
        ({"function": "raw_ops.PyFunc"}, True),
        ({"function": "py_function"}, True),
        ({"function": "compat.v1.py_func"}, True),
        ({"function": "load_op_library"}, True),
        ({"function": None}, False),
    ],
)
def test_operations_of_tensorflow_that_reach_out_are_named(
    settings: Dict[str, Any], alarm: bool
) -> None:
    assert bool(said(sequence(layer("TFOpLambda", **settings)))) is alarm


def test_nodes_of_tensorflow_that_reach_out_are_named() -> None:
    node = 'name: "x" op: "%s" attr {}'
    assert said(sequence(layer("TensorFlowOpLayer", node_def=node % "EagerPyFunc")))
    assert said(sequence(layer("TensorFlowOpLayer", node_def=node % "Relu"))) == []


def test_a_model_of_a_class_of_its_own_asks_for_code() -> None:
    (message,) = said({"class_name": "MyModel", "config": {}})
    assert "the layer class 'MyModel', which is not one of Keras' own" in message


def test_a_name_registered_by_somebody_goes_before_keras_own() -> None:
    item = {**made("keras.layers", "Dense"), "registered_name": "evil>Dense"}
    (message,) = said(sequence(item))
    assert "'evil>Dense'" in message


def test_a_file_of_keras_2_with_its_own_optimizer_is_no_alarm() -> None:
    assert inspect_model(FIXTURES / "keras" / "plain_adam_keras2.h5").findings == ()
