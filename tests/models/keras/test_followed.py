"""What is told of models whose layers can't all be said in ONNX, or mean something of their own."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

import pytest

from dl2ecd_core.models.description import Activation
from dl2ecd_core.models.inspection import inspect_model
from dl2ecd_core.models.keras.config import read_layer, read_network
from dl2ecd_core.models.keras.describe import Ends, ends_of
from dl2ecd_core.models.keras.lowering import Generation, lowered
from dl2ecd_core.models.keras.lowering.shelves import ListShelf
from dl2ecd_core.network.onnx_file import refusals
from tests.conftest import FIXTURES
from tests.models.keras.test_networks import sequence
from tests.models.keras.test_not_lowered import network_of
from tests.models.keras.test_odd_layers import IMAGE, chain, layer, operation, tensor

SERIES = (None, 6, 5)
CONV = layer("Conv2D", filters=3, kernel_size=3)
ONE = layer("Conv2D", filters=1, kernel_size=3, activation="sigmoid")


def refused(*layers: Dict[str, Any], shape: Sequence[Optional[int]]) -> List[str]:
    """The layers that keep a sequence from becoming ONNX."""
    steps = [
        {**one, "config": {**one["config"], "name": f"l{at}"}} for at, one in enumerate(layers)
    ]
    read = read_layer(sequence(*steps, shape=list(shape)))
    network = None if read is None else read_network(read)
    assert network is not None
    found = refusals(lowered(network, ListShelf({}), Generation("2.4.0")).graph)
    return [one.message.split("'")[1] for one in found]


@pytest.mark.parametrize(
    ("step", "shape", "after"),
    [
        (layer("LSTM", units=3, return_sequences=True), SERIES, (None, 6, 3)),
        (layer("Bidirectional", layer=layer("GRU", units=3)), SERIES, (None, 6)),
        (layer("Masking"), SERIES, SERIES),
        (layer("RMSNormalization"), IMAGE, IMAGE),
        (layer("AdaptiveMaxPooling2D", output_size=2), IMAGE, (None, 2, 2, 4)),
        (layer("SpectralNormalization", layer=CONV), IMAGE, (None, 6, 7, 3)),
        (layer("LocallyConnected2D", filters=2, kernel_size=3), IMAGE, (None, 6, 7, 2)),
        (layer("MultiHeadAttention", output_shape=7), SERIES, (None, 6, 7)),
        (layer("CenterCrop", height=20, width=3), IMAGE, (None, 20, 3, 4)),
        (layer("Dense", units=3, activation="mine"), IMAGE, (None, 8, 9, 3)),
        (layer("BatchNormalization", axis=[1, 3]), IMAGE, IMAGE),
        (layer("Reshape", target_shape=[-1, 3]), (None, None, None, 3), (None, None, 3)),
    ],
)
def test_sizes_are_told_of_layers_that_onnx_has_no_words_for(
    step: Dict[str, Any], shape: Sequence[Optional[int]], after: Sequence[Optional[int]]
) -> None:
    assert chain(shape, step).outputs[0].shape == tuple(after)


def test_every_layer_that_is_refused_is_named() -> None:
    lstm = layer("LSTM", units=4, return_sequences=True)
    assert refused(lstm, layer("ReLU"), layer("Masking"), shape=SERIES) == ["l0", "l2"]


def test_nothing_behind_a_layer_that_is_not_known_is_blamed_for_it() -> None:
    behind = [CONV, layer("UnitNormalization"), layer("Flatten"), layer("Add")]
    assert refused(layer("Mystery"), *behind, shape=IMAGE) == ["l0"]
    inner = layer("TimeDistributed", layer=layer("Mystery"))
    assert refused(inner, layer("Flatten"), shape=SERIES) == ["l0/mystery"]


def test_behind_a_layer_that_is_not_known_the_last_layers_tell_what_they_can() -> None:
    (scores,) = chain(IMAGE, layer("Mystery"), layer("Dense", units=3), CONV).outputs
    assert (scores.shape, scores.class_count) == (None, 3)
    (classes,) = chain(IMAGE, layer("Mystery"), layer("Activation", activation="softmax")).outputs
    assert (classes.shape, classes.activation) == (None, Activation.SOFTMAX)
    (pooled,) = chain(
        IMAGE, layer("Mystery"), layer("DepthwiseConv2D", kernel_size=1, depth_multiplier=2)
    ).outputs
    assert (pooled.shape, pooled.class_count) == (None, None)
    series = layer("Conv1D", filters=4, kernel_size=1)
    each = layer("TimeDistributed", layer=layer("Dense", units=7))
    assert chain(SERIES, layer("Mystery"), series, each).outputs[0].class_count == 7
    groups = layer("GroupNormalization", groups=2)
    assert chain(IMAGE, layer("Mystery"), layer("MaxPooling2D", pool_size=2), groups).findings


@pytest.mark.parametrize(
    ("steps", "activation"),
    [
        ([layer("Softmax", axis=1)], None),
        ([CONV, layer("Softmax", axis=1)], None),
        ([CONV, layer("Softmax")], Activation.SOFTMAX),
        ([CONV, layer("Softmax"), layer("Reshape", target_shape=[-1, 3])], Activation.SOFTMAX),
        ([CONV, layer("Softmax"), layer("Reshape", target_shape=[3, -1])], None),
        ([CONV, layer("Softmax"), layer("Flatten")], None),
        ([CONV, layer("Flatten"), layer("Softmax")], Activation.SOFTMAX),
        ([ONE, layer("Reshape", target_shape=[-1])], Activation.SIGMOID),
        ([CONV, operation("Exp")], Activation.NONE),
        ([CONV, operation("Argmax", axis=-1), operation("Exp")], None),
        ([CONV, operation("Mean", axis=[1, 2])], Activation.NONE),
        ([CONV, operation("Mean", axis=-1)], None),
        ([layer("Normalization", mean=0.5, variance=1.0, axis=None)], Activation.NONE),
        ([layer("Lambda", function="x")], None),
    ],
)
def test_what_is_done_last_in_the_words_of_classes(
    steps: List[Dict[str, Any]], activation: Optional[Activation]
) -> None:
    assert chain(IMAGE, *[dict(step) for step in steps]).outputs[0].activation is activation


def test_with_channels_first_a_layers_own_softmax_runs_along_the_columns() -> None:
    # keras.activations.softmax takes the last axis, whatever it holds.
    (output,) = inspect_model(FIXTURES / "keras" / "landcover_first_k2.h5").outputs
    assert (output.axes, output.activation) == ("NCHW", None)


@pytest.mark.parametrize(
    ("step", "activation"),
    [
        (operation("Elu"), Activation.NONE),
        (operation("Elu", alpha=0.5), Activation.NONE),
        (operation("Elu", alpha="x"), Activation.NONE),
        (operation("Elu", alpha=True), Activation.NONE),
        (operation("Softmax", axis=[-1]), Activation.SOFTMAX),
        (operation("Softmax", axis="x"), None),
        (operation("Softmax", axis=[1, 2]), None),
    ],
)
def test_settings_of_operations_that_make_no_sense_change_no_sizes_that_they_do_not_touch(
    step: Dict[str, Any], activation: Optional[Activation]
) -> None:
    (output,) = chain(IMAGE, dict(step)).outputs
    assert output.activation is activation


def test_slices_of_more_axes_than_there_are_say_nothing() -> None:
    whole = {"start": None, "stop": None, "step": None}
    assert chain(IMAGE, operation("GetItem", [whole] * 5)).outputs[0].shape is None


def test_where_pixels_lie_is_not_known_of_images_that_keep_the_ratio_of_their_sides() -> None:
    for kept, known in ((False, True), (True, False)):
        settings = {"height": 4, "width": 6, "crop_to_aspect_ratio": kept}
        (rows, columns) = network_of("Resizing", settings).values["it"].axes[1:3]
        assert (rows.footprint is not None, columns.footprint is not None) == (known, known)


def test_half_of_what_a_gate_takes_is_not_followed() -> None:
    assert chain(IMAGE, layer("Dense", units=4, activation="glu")).outputs[0].shape is None


def test_axes_keep_the_order_in_which_keras_has_them() -> None:
    rows = layer("BatchNormalization", axis=1)
    ends = chain(IMAGE, dict(rows), dict(CONV))
    assert [one.axes for one in (*ends.inputs, *ends.outputs)] == ["NHWC", "NHWC"]
    ends = chain(IMAGE, layer("Dense", units=3), layer("Cropping2D", cropping=1))
    assert [one.axes for one in (*ends.inputs, *ends.outputs)] == ["NHWC", "NHWC"]
    front = chain(IMAGE, layer("Cropping2D", cropping=1, data_format="channels_first"))
    assert [one.axes for one in (*front.inputs, *front.outputs)] == ["NCHW", "NCHW"]
    dense = chain(
        IMAGE,
        layer("Cropping2D", cropping=1, data_format="channels_first"),
        layer("Dense", units=3),
    )
    assert dense.outputs[0].axes == "N?HC"
    turned = chain((None, 4, 8, 9), layer("Permute", dims=[2, 3, 1]), dict(CONV))
    assert [one.axes for one in (*turned.inputs, *turned.outputs)] == ["NCHW", "NHWC"]


def test_axes_that_layers_take_for_different_things_are_left_open() -> None:
    crop, rows = layer("Cropping2D", cropping=1), layer("Permute", dims=[2, 1, 3])
    ends = chain(IMAGE, dict(crop), dict(rows), dict(CONV))
    assert ends.inputs[0].axes == "N??C"
    pooled = chain(IMAGE, layer("Permute", dims=[3, 1, 2]), layer("GlobalAveragePooling2D"))
    assert pooled.inputs[0].axes == "NWCH"
    both = chain(
        IMAGE, layer("Resizing", height=4, width=4), layer("Permute", dims=[3, 1, 2]),
        layer("GlobalAveragePooling2D"),
    )  # fmt: skip
    assert both.inputs[0].axes == "N???"
    dense = chain(IMAGE, dict(CONV), dict(rows), layer("ReLU"), dict(CONV), layer("Dense", units=2))
    assert dense.outputs[0].axes == "NHWC"
    turned = layer("Resizing", height=4, width=4)
    dense = chain(IMAGE, dict(CONV), dict(rows), turned, layer("Dense", units=2))
    assert dense.outputs[0].axes == "N??C"


def test_borders_are_known_through_groups_and_cropping_to_the_middle() -> None:
    groups = layer("GroupNormalization", groups=3, axis=-1)
    assert chain((None, 20, 20, 4), dict(CONV), groups).padding == 1
    middle = layer("CenterCrop", height=12, width=12)
    assert chain((None, 20, 20, 4), dict(CONV), middle).padding == 4


@pytest.mark.parametrize(
    ("policy", "input_type", "output_type"),
    [
        ("float16", "float32", "float16"),
        ("mixed_bfloat16", "float16", "bfloat16"),
        ("float32", "int32", None),
    ],
)
def test_types_are_those_that_layers_work_with(
    policy: str, input_type: str, output_type: Optional[str]
) -> None:
    model = sequence(layer("ReLU", dtype=policy))
    model["config"]["layers"][0]["config"]["dtype"] = input_type
    ends = ends_of("model", model)
    assert [one.data_type for one in (*ends.inputs, *ends.outputs)] == [input_type, output_type]


def test_the_file_tells_sizes_that_are_not_worked_out() -> None:
    steps = [
        {**layer("InputLayer", name="image", batch_shape=[None, None, 8, 4]), "inbound_nodes": []},
        {**layer("ReLU", name="a"), "inbound_nodes": [{"args": [tensor("image")], "kwargs": {}}]},
        {
            **layer("ReLU", name="b"),
            "inbound_nodes": [{"args": [tensor("a", (None, 6, 8, 4))], "kwargs": {}}],
        },
    ]
    config = {
        "layers": steps,
        "input_layers": [["image", 0, 0]],
        "output_layers": [["b", 0, 0]],
    }
    ends = ends_of("model", {"class_name": "Functional", "config": config})
    assert ends.outputs[0].shape == (None, 6, 8, 4)


def behind(*layers: Tuple[Dict[str, Any], Optional[Sequence[Any]]]) -> Ends:
    """What is told of layers, each with what the file says of the tensor that goes into it."""
    before, steps = "image", []
    for at, (one, told) in enumerate(layers):
        node = {"args": [tensor(before, told)], "kwargs": {}}
        before = f"l{at}"
        config = {**one["config"], "name": before}
        steps.append({**one, "config": config, "inbound_nodes": [node]})
    first = {**layer("InputLayer", name="image", batch_shape=list(IMAGE)), "inbound_nodes": []}
    config = {
        "layers": [first, *steps],
        "input_layers": [["image", 0, 0]],
        "output_layers": [[before, 0, 0]],
    }
    return ends_of("model", {"class_name": "Functional", "config": config})


def test_where_the_file_contradicts_what_a_layer_does_nothing_is_told_of_its_numbers() -> None:
    classes = layer("Dense", units=3, activation="softmax")
    for sizes, activation in (((None, 8, 9, 3), Activation.SOFTMAX), ((None, 8, 9, 5), None)):
        (output,) = behind((classes, None), (layer("Dropout"), sizes)).outputs
        assert (output.shape, output.activation) == (sizes, activation)


def test_sizes_that_the_file_leaves_open_are_free() -> None:
    free = (None, None, None, 3)
    ends = behind((layer("Mystery"), None), (dict(CONV), None), (layer("Dropout"), free))
    assert (ends.outputs[0].shape, ends.findings) == (free, ())


@pytest.mark.parametrize(
    "step",
    [
        layer("Rescaling", scale=1e300),
        layer("LeakyReLU", alpha=1e300),
        layer("BatchNormalization", epsilon=1e300),
        operation("Clip", 1e300, -1e300),
        operation("Add", 1e300),
        operation("GetItem", [{"start": None, "stop": None, "step": None}] * 2
                  + [{"start": -(10**19), "stop": 10**19, "step": 1}]),
        layer("UpSampling2D", size=1 << 39),
        layer("ZeroPadding2D", padding=(1 << 40) - 1),
        layer("Conv2D", filters=1 << 39, kernel_size=1 << 39, strides=1 << 39),
        layer("Conv2DTranspose", filters=1, kernel_size=1 << 39, strides=1 << 39),
    ],
)  # fmt: skip
def test_numbers_beyond_all_measure_raise_nothing(step: Dict[str, Any]) -> None:
    assert len(chain(IMAGE, dict(step)).outputs) == 1
    wide = (None, 1 << 39, 1 << 39, 4)
    assert len(chain(wide, dict(step), layer("Reshape", target_shape=[-1])).outputs) == 1


def test_sizes_beyond_all_measure_keep_a_network_from_being_written() -> None:
    wide = (None, 1 << 39, 1 << 39, 4)
    assert refused(layer("Reshape", target_shape=[-1]), shape=wide) == ["l0"]
    assert refused(layer("Rescaling", scale=1e300), shape=IMAGE) == ["l0"]


def used_over_and_over(inner: List[Dict[str, Any]], times: int) -> Any:
    """A network in a network that is called on its own result, in the words of Keras 2."""
    first = {**layer("InputLayer", name="i", batch_input_shape=[None, 4]), "inbound_nodes": []}
    calls = [[["image" if at == 0 else "n", at, 0, {}]] for at in range(times)]
    config = {
        "name": "n",
        "layers": [{**one, "name": one["config"]["name"]} for one in (first, *inner)],
        "input_layers": [["i", 0, 0]],
        "output_layers": [["o", 0, 0]],
    }
    image = {**layer("InputLayer", name="image", batch_input_shape=[None, 4]), "inbound_nodes": []}
    nested = {"class_name": "Model", "name": "n", "config": config, "inbound_nodes": calls}
    outer = {
        "layers": [{**image, "name": "image"}, nested],
        "input_layers": [["image", 0, 0]],
        "output_layers": [["n", times, 0]],
    }
    return {"class_name": "Model", "config": outer}


@pytest.mark.parametrize("widely", [False, True])
def test_networks_that_are_used_over_and_over_are_given_up(
    widely: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Much that is written once and looked through with every use of it.
    monkeypatch.setattr("dl2ecd_core.models.keras.lowering.layers._MOST_STEPS", 2000)
    one = [["i", 0, 0, {}]]
    last = {**layer("Add", name="o"), "inbound_nodes": [one * (100 if widely else 2)]}
    idle = [
        {**layer("ReLU", name=f"{at}"), "inbound_nodes": [one]}
        for at in range(0 if widely else 100)
    ]
    few, many = (ends_of("m", used_over_and_over([*idle, last], times)) for times in (5, 60))
    assert [item.shape for item in few.outputs] == [(None, 4)]
    assert [item.shape for item in many.outputs] == [None]
    assert [item.rule for item in many.findings] == ["model-shape-unknown"]
