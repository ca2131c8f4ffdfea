"""Settings and connections that no Keras writes: unknown is said, and nothing else happens."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import pytest

from dl2ecd_core.models.description import Activation
from dl2ecd_core.models.keras.describe import Ends, ends_of
from tests.models.keras.test_networks import layer as described
from tests.models.keras.test_networks import sequence


def layer(kind: str, **config: Any) -> Dict[str, Any]:
    """A layer; what has no "trainable" is an operation in Keras 3."""
    return described(kind, trainable=True, **config)


def tensor(name: str, shape: Optional[Sequence[Any]] = None) -> Dict[str, Any]:
    """The output of a layer, as Keras 3 writes it."""
    config: Dict[str, Any] = {"keras_history": [name, 0, 0]}
    if shape is not None:
        config["shape"] = list(shape)
    return {"class_name": "__keras_tensor__", "config": config}


def operation(kind: str, *arguments: Any, **settings: Any) -> Dict[str, Any]:
    """An operation of Keras 3 on the layer before it."""
    return {
        **layer(kind, name=kind.lower()),
        "module": "keras.src.ops.numpy",
        "arguments": arguments,
        "named": settings,
    }


def chain(shape: Sequence[Optional[int]], *steps: Dict[str, Any]) -> Ends:
    """What is told of steps that follow each other, each on the one before."""
    before = tensor("image")
    layers: List[Dict[str, Any]] = [
        {**layer("InputLayer", name="image", batch_shape=list(shape)), "inbound_nodes": []}
    ]
    for number, step in enumerate(steps):
        name = f"step {number}"
        node = {"args": [before, *step.pop("arguments", ())], "kwargs": step.pop("named", {})}
        config = {**step["config"], "name": name}
        layers.append({**step, "name": name, "config": config, "inbound_nodes": [node]})
        before = tensor(name)
    config = {
        "layers": layers,
        "input_layers": ["image", 0, 0],
        "output_layers": [f"step {len(steps) - 1}", 0, 0],
    }
    return ends_of("model", {"class_name": "Functional", "config": config})


def joined(kind: str, *shapes: Sequence[Optional[int]], **settings: Any) -> Ends:
    """What is told of a layer with several inputs."""
    names = [f"input {number}" for number in range(len(shapes))]
    layers = [
        {**layer("InputLayer", name=name, batch_shape=list(shape)), "inbound_nodes": []}
        for name, shape in zip(names, shapes)
    ]
    node = {"args": [[tensor(name) for name in names]], "kwargs": {}}
    layers.append({**layer(kind, **{"name": "both", **settings}), "inbound_nodes": [node]})
    config = {
        "layers": layers,
        "input_layers": [[name, 0, 0] for name in names],
        "output_layers": [["both", 0, 0]],
    }
    return ends_of("model", {"class_name": "Functional", "config": config})


def assert_unknown(ends: Ends) -> None:
    (output,) = ends.outputs
    assert output.shape is None
    assert [finding.rule for finding in ends.findings] == ["model-shape-unknown"]


IMAGE = (None, 8, 9, 4)


@pytest.mark.parametrize(
    "step",
    [
        layer("Dense"),
        layer("Reshape"),
        layer("Reshape", target_shape=[8, "x"]),
        layer("Permute"),
        layer("Permute", dims=[1, 1, 3]),
        layer("Permute", dims=["x", 1, 2]),
        layer("RepeatVector", n=3),
        layer("Embedding"),
        layer("Dot", axes=1),
        layer("Attention"),
        layer("Conv2DTranspose", filters=3),
        layer("Conv2DTranspose", filters=3, kernel_size=3, padding="mystery"),
        layer("Conv2DTranspose", filters=3, kernel_size=3, output_padding="x"),
        layer("GlobalAveragePooling2D", data_format="mystery"),
        layer("GlobalAveragePooling1D"),
        layer("AdaptiveAveragePooling2D"),
        layer("UpSampling2D", size="x"),
        layer("ZeroPadding2D"),
        layer("ZeroPadding2D", padding="x"),
        layer("ZeroPadding2D", padding=[1, 2, 3]),
        layer("ZeroPadding2D", padding=[[1, 2], ["x", 2]]),
        layer("Resizing", height=3),
        layer("CenterCrop", height=3),
        layer("ConvLSTM2D", filters=3, kernel_size=3),
        layer("TimeDistributed"),
        layer("TimeDistributed", layer=layer("Mystery")),
        layer("Bidirectional", layer=layer("Mystery")),
        layer("Bidirectional", layer={"class_name": "Sequential", "config": {"layers": "x"}}),
        layer("RNN", cell={"class_name": "LSTMCell"}),
        layer("RNN", cell={"class_name": "MysteryCell", "config": {"units": 3}}),
        layer("RNN", cell={"class_name": "StackedRNNCells", "config": {"cells": []}}),
        layer("RNN", cell={"class_name": "LSTMCell", "config": {"units": 3}}),
        layer("MultiHeadAttention", output_shape=["x"]),
        layer("Lambda", function="mystery"),
        layer("Merge", mode="mystery"),
        layer("TFOpLambda", function=3),
        layer("TFOpLambda", function="math.mystery"),
        layer("SlicingOpLambda"),
    ],
)
def test_layers_with_settings_that_make_no_sense(step: Dict[str, Any]) -> None:
    assert_unknown(chain(IMAGE, step))


@pytest.mark.parametrize(
    "step",
    [
        layer("Flatten"),
        layer("Reshape", target_shape=[3]),
        layer("Permute", dims=[2, 1]),
        layer("RepeatVector", n=3),
        layer("Embedding", output_dim=3),
        layer("Dense", units=3),
        layer("Softmax"),
        layer("Concatenate"),
        layer("Add"),
        layer("Resizing", height=3),
        layer("CenterCrop", height=3, width=3),
        layer("MultiHeadAttention"),
        layer("TimeDistributed", layer=layer("Dense", units=3)),
        layer("ConvLSTM2D", filters=3, kernel_size=3, data_format="mystery"),
        operation("Argmax", axis=-1),
        operation("Mean", axis=-1),
        operation("Reshape", [-1, 3]),
        operation("ExpandDims", axis=0),
        operation("Squeeze", axis=0),
        operation("Resize", [3, 3]),
        operation("GetItem", []),
        operation("Transpose", [0, 1]),
        layer("Softmax", axis="x"),
    ],
)
def test_behind_a_layer_that_is_not_known(step: Dict[str, Any]) -> None:
    ends = chain(IMAGE, layer("Mystery"), step)
    assert_unknown(ends)
    assert "'step 0'" in ends.findings[0].message


@pytest.mark.parametrize(
    "step",
    [
        operation("Mean", axis=[9]),
        operation("Mean", axis=[]),
        operation("Argmax", axis=[3]),
        operation("Argmax", axis=9),
        operation("Reshape", "x"),
        operation("Reshape", [None, 5, 5]),
        operation("Concatenate"),
        operation("Squeeze", axis=1),
        operation("Squeeze", axis=9),
        operation("ExpandDims", axis=9),
        operation("ExpandDims"),
        operation("Resize", "x"),
        operation("Resize", [3]),
        operation("Resize", [3, "x"]),
        operation("Resize", [3, 3], preserve_aspect_ratio=True),
        operation("GetItem", "x"),
        operation("GetItem", [{}, {}, {}, {}, {}]),
        operation("GetItem", [3]),
        operation("GetItem", [{"start": 0, "stop": 3}]),
        operation("GetItem", [{"start": 0, "stop": 3, "step": None}]),
        operation(
            "GetItem",
            [{"start": None, "stop": None, "step": None}] * 2
            + [{"start": 1, "stop": "x", "step": None}],
        ),
        operation(
            "GetItem",
            [{"start": None, "stop": None, "step": None}] * 2
            + [{"start": 1, "stop": 3, "step": 0}],
        ),
        operation("Transpose", [0, 1, 2]),
        operation("Transpose", [0, 1, 2, "x"]),
        operation("Add", {"class_name": "__numpy__", "config": {}}),
        operation("Mystery"),
    ],
)
def test_operations_with_arguments_that_make_no_sense(step: Dict[str, Any]) -> None:
    assert_unknown(chain(IMAGE, step))


def test_slices_may_be_written_as_a_tuple() -> None:
    items = [{"start": None, "stop": None, "step": None}, {"start": 1, "stop": -1, "step": None}]
    slices = {"class_name": "__tuple__", "items": items}
    (output,) = chain(IMAGE, operation("GetItem", slices)).outputs
    assert output.shape == (None, 6, 9, 4)


def test_a_resize_of_something_that_is_no_image_says_nothing_of_where_pixels_lie() -> None:
    ends = chain((None, 72), layer("Reshape", target_shape=[8, 9, 1]), operation("Resize", [16, 3]))
    assert (ends.outputs[0].shape, ends.padding) == ((None, 16, 3, 1), None)


def test_softmax_behind_a_layer_that_is_not_known_is_not_called_one() -> None:
    (output,) = chain(IMAGE, layer("Mystery"), layer("Softmax")).outputs
    assert output.activation is None


@pytest.mark.parametrize(
    ("kind", "shapes", "settings"),
    [
        ("Add", [(None, 8), (None, 9)], {}),
        ("Concatenate", [(None, 8, 4), (None, 9)], {}),
        ("Concatenate", [(None, 8, 4), (None, 8, 5)], {"axis": 7}),
        ("Concatenate", [(None, 8, 4), (None, 9, 4)], {"axis": -1}),
        ("Dot", [(None, 8), (None, 8)], {"axes": 0}),
        ("Dot", [(None, 8), (None, 8)], {"axes": [1, 7]}),
        ("Attention", [(), (None, 8)], {}),
    ],
)
def test_tensors_that_do_not_go_together(
    kind: str, shapes: Sequence[Sequence[Optional[int]]], settings: Dict[str, Any]
) -> None:
    assert_unknown(joined(kind, *shapes, **settings))


def test_joining_takes_what_any_of_the_tensors_knows() -> None:
    (output,) = joined("Concatenate", (None, None, 4), (None, 8, 5), axis=-1).outputs
    assert output.shape == (None, 8, 9)


def test_merging_stretches_tensors_with_fewer_axes_behind_the_batch() -> None:
    (output,) = joined("Add", (None, 6, 5), (None, 5)).outputs
    assert output.shape == (None, 6, 5)


def test_padding_one_number_stands_for_all_sides() -> None:
    (output,) = chain(IMAGE, layer("ZeroPadding2D", padding=2)).outputs
    assert output.shape == (None, 12, 13, 4)


def test_an_image_without_a_batch_may_be_resized_but_is_not_described() -> None:
    (output,) = chain((8, 9, 4), layer("Resizing", height=3, width=3)).outputs
    assert output.shape is None


def test_an_input_read_in_two_orders_has_axes_of_no_known_order() -> None:
    (conv, other) = (
        layer("Conv2D", filters=4, kernel_size=1, data_format="channels_last"),
        layer("Conv2D", filters=8, kernel_size=1, data_format="channels_first"),
    )
    layers = [{**layer("InputLayer", name="image", batch_shape=[None, 8, 8, 8])}]
    for number, item in enumerate((conv, other)):
        config = {**item["config"], "name": str(number)}
        layers.append(
            {**item, "config": config, "inbound_nodes": [{"args": [tensor("image")], "kwargs": {}}]}
        )
    config = {
        "layers": layers,
        "input_layers": [["image", 0, 0]],
        "output_layers": [["0", 0, 0], ["1", 0, 0]],
    }
    ends = ends_of("model", {"class_name": "Functional", "config": config})
    assert ends.inputs[0].axes == "N???"
    assert [output.axes for output in ends.outputs] == ["NHWC", "NCHW"]


def test_what_the_file_says_of_a_tensor_outweighs_what_was_worked_out() -> None:
    # The file says that the convolution keeps all rows: something is not as in Keras.
    layers = [
        {**layer("InputLayer", name="image", batch_shape=[None, 8, 8, 4]), "inbound_nodes": []},
        {
            **layer("Conv2D", name="conv", filters=4, kernel_size=3),
            "inbound_nodes": [{"args": [tensor("image")], "kwargs": {}}],
        },
        {
            **layer("ReLU", name="relu"),
            "inbound_nodes": [{"args": [tensor("conv", (None, 8, 8, 4))], "kwargs": {}}],
        },
    ]
    config = {
        "layers": layers,
        "input_layers": [["image", 0, 0]],
        "output_layers": [["relu", 0, 0]],
    }
    ends = ends_of("model", {"class_name": "Functional", "config": config})
    assert ends.outputs[0].shape == (None, 8, 8, 4)
    assert ends.padding is None


@pytest.mark.parametrize(
    "inner",
    [
        {
            "class_name": "Functional",
            "config": {"layers": [], "input_layers": [], "output_layers": []},
        },
        layer("Mystery"),
    ],
)
@pytest.mark.parametrize("wrapper", ["Bidirectional", "TimeDistributed", "SpectralNormalization"])
def test_wrappers_around_what_gives_nothing(wrapper: str, inner: Dict[str, Any]) -> None:
    ends = chain((None, 6, 5), layer(wrapper, layer=inner))
    assert [output.shape for output in ends.outputs] == [None]


def test_wrappers_in_wrappers_without_end() -> None:
    inner = layer("LSTM", units=3)
    for _ in range(100):
        inner = layer("Bidirectional", layer=inner)
    assert_unknown(chain((None, 6, 5), inner))


def test_a_merge_mode_that_is_not_known() -> None:
    lstm = layer("LSTM", units=3)
    assert_unknown(chain((None, 6, 5), layer("Bidirectional", layer=lstm, merge_mode="mystery")))


def test_a_model_without_layers_has_no_ends() -> None:
    ends = ends_of("model", {"class_name": "Sequential", "config": {"name": "s", "layers": []}})
    assert (ends.inputs, ends.outputs) == ((), ())


@pytest.mark.parametrize("entry", [3, None, [], {"class_name": 3}])
def test_a_network_whose_layers_are_no_layers_is_not_followed(entry: Any) -> None:
    ends = ends_of("model", {"class_name": "Sequential", "config": {"layers": [entry]}})
    assert (ends.inputs, ends.outputs) == ((), ())
    assert [finding.rule for finding in ends.findings] == ["model-shape-unknown"]


def test_a_graph_that_does_not_say_its_ends_is_not_followed() -> None:
    ends = ends_of("model", {"class_name": "Functional", "config": {"layers": []}})
    assert [finding.rule for finding in ends.findings] == ["model-shape-unknown"]
    assert "'Functional'" in ends.findings[0].message


def test_a_sequence_in_a_sequence_has_the_input_of_its_first_layer() -> None:
    dense = layer("Dense", units=3, batch_input_shape=[None, 7], dtype="float32")
    inner = {"class_name": "Sequential", "config": {"name": "inner", "layers": [dense]}}
    outer = {"class_name": "Sequential", "config": {"name": "outer", "layers": [inner]}}
    ends = ends_of("model", outer)
    assert [(item.name, item.shape) for item in ends.inputs] == [("inner_input", (None, 7))]
    assert [item.shape for item in ends.outputs] == [(None, 3)]


def test_a_sequence_that_never_says_its_input() -> None:
    inner = {"class_name": "Sequential", "config": {"name": "inner", "layers": []}}
    outer = {"class_name": "Sequential", "config": {"name": "outer", "layers": [inner]}}
    assert [item.shape for item in ends_of("model", outer).inputs] == [None]


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        ({"class_name": "Softmax", "module": "keras.layers", "config": {}}, Activation.SOFTMAX),
        ({"class_name": "function", "config": {"name": "sigmoid"}}, Activation.SIGMOID),
        ({"class_name": "function", "config": "mystery"}, None),
        ({"class_name": "Mine", "registered_name": "pack>Mine", "config": {}}, None),
        ({"class_name": 3}, None),
    ],
)
def test_activations_written_as_objects(activation: Any, expected: Optional[Activation]) -> None:
    (output,) = chain(IMAGE, layer("Dense", units=3, activation=activation)).outputs
    assert output.activation is expected


@pytest.mark.parametrize("size", ["x", -1, [3], True])
def test_a_declared_shape_with_something_else_than_sizes(size: Any) -> None:
    model = sequence(layer("ReLU"))
    model["config"]["layers"][0]["config"]["batch_shape"] = [None, size]
    ends = ends_of("model", model)
    assert [item.shape for item in ends.inputs] == [None]


def test_a_sequence_nested_too_deep_says_no_input() -> None:
    model = layer("Dense", units=3, batch_input_shape=[None, 7])
    for _ in range(40):
        model = {"class_name": "Sequential", "config": {"name": "s", "layers": [model]}}
    assert [item.shape for item in ends_of("model", model).inputs] == [None]


def test_an_axis_may_be_written_as_a_list_of_one() -> None:
    (output,) = chain((None, 4), layer("Softmax", axis=[-1])).outputs
    assert (output.shape, output.activation) == ((None, 4), Activation.SOFTMAX)


def test_a_convolution_over_images_of_a_vector_shows_nothing_about_its_axes() -> None:
    ends = chain((None, 4), layer("Conv2D", filters=3, kernel_size=3))
    assert_unknown(ends)
    assert ends.inputs[0].axes == "NC"


def test_a_declared_shape_may_be_written_as_an_object() -> None:
    model = sequence(layer("ReLU"))
    shape = {"class_name": "TensorShape", "items": [None, 3]}
    model["config"]["layers"][0]["config"]["batch_shape"] = shape
    assert [item.shape for item in ends_of("model", model).outputs] == [(None, 3)]


def old_call(*nodes: Any, kind: str = "ReLU", **settings: Any) -> Ends:
    """What is told of a layer that Keras 2 calls like this."""
    layers = [
        {**layer("InputLayer", name="image", batch_input_shape=[None, 5]), "inbound_nodes": []},
        {**layer(kind, **{"name": "last", **settings}), "inbound_nodes": list(nodes)},
    ]
    for item in layers:
        item["name"] = item["config"]["name"]
    config = {
        "layers": layers,
        "input_layers": [["image", 0, 0]],
        "output_layers": [["last", 0, 0]],
    }
    return ends_of("model", {"class_name": "Functional", "config": config})


def test_calls_of_keras_2_with_tensors_by_name() -> None:
    ends = old_call({"b": ["image", 0, 0, {}], "a": ["image", 0, 0, {}]}, kind="Concatenate")
    assert ends.outputs[0].shape == (None, 10)


@pytest.mark.parametrize(("constant", "shape"), [(2.0, (None, 5)), ([[1.0], [2.0]], None)])
def test_constants_in_calls_of_keras_2(constant: Any, shape: Any) -> None:
    # The first argument may be a number, which changes no shape, or an array, which may.
    ends = old_call(
        ["_CONSTANT_VALUE", -1, constant, {"y": ["image", 0, 0], "name": None}],
        kind="TFOpLambda",
        function="math.multiply",
    )
    assert ends.outputs[0].shape == shape


@pytest.mark.parametrize(
    "node",
    [
        None,
        3,
        ["x", "y", "z"],
        [["image", 0, "x", {}]],
        [None, 3],
        {"args": 3, "kwargs": 4},
        {"args": [{"class_name": "__keras_tensor__", "config": 3}]},
        {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": "x"}}]},
    ],
)
def test_calls_that_name_no_tensor(node: Any) -> None:
    assert_unknown(old_call(node))


def test_tensors_in_tuples_and_mappings() -> None:
    pair = {"class_name": "__tuple__", "items": [tensor("image"), {"a": tensor("image")}]}
    assert old_call({"args": [pair], "kwargs": {}}, kind="Concatenate").outputs[0].shape == (
        None,
        10,
    )


def test_a_layer_called_less_often_than_it_is_used() -> None:
    layers = [
        {**layer("InputLayer", name="image", batch_input_shape=[None, 5]), "inbound_nodes": []},
        {**layer("ReLU", name="once"), "inbound_nodes": [[["image", 0, 0, {}]]]},
    ]
    config = {
        "layers": layers,
        "input_layers": [["image", 0, 0], ["nowhere", 0, 0]],
        "output_layers": [["once", 0, 0], ["once", 1, 0], ["absent", 0, 0]],
    }
    ends = ends_of("model", {"class_name": "Functional", "config": config})
    assert [item.shape for item in ends.inputs] == [(None, 5), None]
    assert [item.shape for item in ends.outputs] == [(None, 5), None, None]


@pytest.mark.parametrize(
    ("interpolation", "module", "padding"),
    [("nearest", None, 4), ("bilinear", "keras.layers", 4), ("bilinear", None, None)],
)
def test_where_blended_pixels_lie_depends_on_the_keras_that_wrote_them(
    interpolation: str, module: Optional[str], padding: Optional[int]
) -> None:
    # TensorFlow 1 lays pixels that are blended eight times as close 3.5 pixels further behind.
    larger = {**layer("UpSampling2D", size=8, interpolation=interpolation), "module": module}
    steps = layer("Conv2D", filters=2, kernel_size=9), layer("MaxPooling2D", pool_size=8), larger
    assert chain((None, 64, 64, 3), *steps).padding == padding
