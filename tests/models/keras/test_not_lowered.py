"""Layers of Keras that are not turned into ONNX: each is refused, with its name and a reason."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

import pytest

from dl2ecd_core.models.keras.config import read_layer, read_network
from dl2ecd_core.models.keras.lowering import Generation, lowered
from dl2ecd_core.models.keras.lowering.shelves import ListShelf, Weight
from dl2ecd_core.network.lowering import Network
from dl2ecd_core.network.onnx_file import refusals
from dl2ecd_core.network.weights import Repeated

IMAGE, ROW, SERIES = (None, 8, 9, 4), (None, 5), (None, 6, 4)
Shape = Sequence[Optional[int]]
NUMBERS = Repeated(b"\0\0\0\0", 1)


def network_of(
    kind: str,
    config: Dict[str, Any],
    shapes: Sequence[Shape] = (IMAGE,),
    weights: Optional[List[Tuple[int, ...]]] = None,
    call: Optional[Dict[str, Any]] = None,
    version: str = "2.4.0",
    backend: str = "",
    **layer: Any,
) -> Network:
    """The network of one layer, in Keras 2's words."""
    names = [f"input {number}" for number in range(len(shapes))]
    layers: List[Dict[str, Any]] = [
        {
            "class_name": "InputLayer",
            "name": name,
            "config": {"name": name, "batch_input_shape": list(shape)},
            "inbound_nodes": [],
        }
        for name, shape in zip(names, shapes)
    ]
    settings = {"name": "it", "trainable": True, **config}
    node = [[name, 0, 0, call or {}] for name in names]
    layers.append(
        {
            "class_name": kind,
            "name": "it",
            "config": settings,
            "inbound_nodes": [node],
            **layer,
        }
    )
    model = {
        "class_name": "Model",
        "config": {
            "layers": layers,
            "input_layers": [[name, 0, 0] for name in names],
            "output_layers": [["it", 0, 0]],
        },
    }
    read = read_layer(model)
    network = None if read is None else read_network(read)
    assert network is not None
    lists = {} if weights is None else {"it": [Weight(shape, NUMBERS) for shape in weights]}
    return lowered(network, ListShelf(lists), Generation(version, backend))


def reason(*told: Any, **more: Any) -> str:
    """Why the network can't be written."""
    found = refusals(network_of(*told, **more).graph)
    return found[0].message if found else ""


CONV = {"filters": 3, "kernel_size": [3, 3]}
KERNEL = [(3, 3, 4, 3), (3,)]
REFUSED: Sequence[Tuple[str, Dict[str, Any], str, Dict[str, Any]]] = (
    ("LSTM", {"units": 3}, "step by step", {"shapes": (SERIES,)}),
    ("Lambda", {}, "somebody's own code", {}),
    ("Wavelet", {}, "not known here", {}),
    ("Conv2D", {}, "somebody's own layer", {"registered_name": "mine>Conv2D"}),
    ("TFOpLambda", {"function": "math.cumsum"}, "not known here", {}),
    ("Conv2D", CONV, "where its weights lie", {}),
    ("Conv2D", CONV, "another number of weights", {"weights": KERNEL[:1]}),
    ("Conv2D", CONV, "in another size", {"weights": [(3, 3, 3, 3), (3,)]}),
    ("Conv2D", {**CONV, "groups": 3}, "parted into 3 groups", {"weights": KERNEL}),
    ("Conv2D", {**CONV, "padding": "full"}, "padding 'full'", {"weights": KERNEL}),
    ("Conv2D", {**CONV, "strides": 0}, "makes no window", {"weights": KERNEL}),
    ("Conv2D", {**CONV, "kernel_size": "3"}, "makes no window", {"weights": KERNEL}),
    ("Conv2D", {**CONV, "filters": None}, "no whole number", {"weights": KERNEL}),
    ("Conv2D", {**CONV, "data_format": "mixed"}, "which axis holds", {"weights": KERNEL}),
    ("Conv2D", CONV, "takes 4 axes, not 3", {"weights": KERNEL, "shapes": (SERIES,)}),
    ("Conv2D", CONV, "Theano's", {"weights": KERNEL, "backend": "theano"}),
    ("Conv2D", CONV, "several inputs", {"weights": KERNEL, "shapes": (IMAGE, IMAGE)}),
    (
        "Conv2D", CONV, "number of channels",
        {"weights": KERNEL, "shapes": ((None, 8, 9, None),)},
    ),
    (
        "Conv2D", {**CONV, "padding": "same", "strides": 2, "dilation_rate": 2}, "which is free",
        {"weights": KERNEL, "shapes": ((None, None, None, 4),)},
    ),
    ("Conv2D", {**CONV, "activation": "mine"}, "'mine' is not known", {"weights": KERNEL}),
    ("Conv2DTranspose", CONV, "another order", {"weights": KERNEL, "version": "1.2.2"}),
    (
        "Conv2DTranspose", {**CONV, "output_padding": "x"}, "no known form",
        {"weights": [(3, 3, 3, 4), (3,)]},
    ),
    (
        "Conv2DTranspose", {**CONV, "output_padding": 4, "strides": 2}, "more pixels behind",
        {"weights": [(3, 3, 3, 4), (3,)]},
    ),
    ("Softmax", {"axis": [1, 2]}, "several axes", {}),
    ("Softmax", {"axis": 9}, "no axis 9", {}),
    ("ReLU", {"max_value": "6"}, "'max_value' is no number", {}),
    ("Dropout", {"rate": 0.5}, "as in training", {"call": {"training": True}}),
    ("BatchNormalization", {}, "statistics of what goes", {"call": {"training": True}}),
    ("BatchNormalization", {"axis": [1, 3]}, "several axes", {}),
    ("BatchNormalization", {"axis": 7}, "not there", {}),
    ("BatchNormalization", {"renorm": True, "virtual_batch_size": 2}, "parts of a batch", {}),
    ("Reshape", {"target_shape": 7}, "no list of sizes", {}),
    ("Reshape", {"target_shape": [7, 7]}, "does not fit", {}),
    ("Reshape", {"target_shape": [0, -1]}, "does not fit", {}),
    ("Reshape", {"target_shape": [0]}, "nothing would come", {"shapes": ((None, None),)}),
    ("Permute", {"dims": [1, 1, 3]}, "not one of all axes", {}),
    ("RepeatVector", {"n": 3}, "rows of values", {}),
    ("Add", {}, "no axis but that of the batch", {"shapes": (IMAGE, (None,))}),
    ("Concatenate", {"axis": None}, "names no axis", {"shapes": (IMAGE, IMAGE)}),
    ("Concatenate", {"axis": -1}, "number of axes", {"shapes": (IMAGE, ROW)}),
    ("Merge", {"mode": "cos"}, "mode 'cos'", {"shapes": (IMAGE, IMAGE), "version": ""}),
    ("Dot", {"axes": 1}, "two inputs", {}),
    ("Dot", {"axes": 1}, "not followed here", {"shapes": (ROW, SERIES)}),
    ("Dot", {"axes": 0}, "axis of the batch", {"shapes": (ROW, ROW)}),
    ("Cropping2D", {"cropping": [[4, 4], [0, 0]]}, "nothing would be left", {}),
    ("Cropping2D", {"cropping": "x"}, "no list of margins", {}),
    ("ZeroPadding2D", {"padding": [[1, 1], [1, 1]], "mode": "reflect"}, "no zeros", {}),
    ("UpSampling2D", {"size": [0, 2]}, "no whole numbers", {}),
    ("UpSampling2D", {"size": 2, "interpolation": "area"}, "'area' is not known", {}),
    (
        "UpSampling2D", {"size": 2, "interpolation": "bilinear"}, "Keras 2.3",
        {"version": "2.3.1"},
    ),
    ("Resizing", {"height": 4, "width": 4, "antialias": True}, "ratio of sides", {}),
    ("Resizing", {"height": 0, "width": 4}, "no size", {}),
    ("Resizing", {"height": 4, "width": 4, "interpolation": "area"}, "'area' is not known", {}),
    ("CenterCrop", {"height": 40, "width": 4}, "enlarges images", {}),
    ("Dense", {"units": 0}, "no units", {}),
    ("Dense", {"units": 3}, "is not known", {"shapes": ((None, None),)}),
    (
        "Embedding", {"input_dim": 9, "output_dim": 2, "mask_zero": True}, "masks values",
        {"shapes": (ROW,)},
    ),
    ("LayerNormalization", {"rms_scaling": True}, "taking the mean off", {}),
    ("GroupNormalization", {"axis": 1}, "not the last axis", {}),
    ("GroupNormalization", {"groups": 3}, "parted into 3 groups", {}),
    ("Rescaling", {"scale": "x"}, "no number and no list", {}),
    ("Rescaling", {"scale": [[1.0], [1.0, 2.0]]}, "no number and no list", {}),
    ("Normalization", {"mean": [1.0, 2.0], "variance": 1.0}, "does not fit", {}),
    ("TimeDistributed", {}, "no series", {}),
    (
        "TimeDistributed", {"layer": {"class_name": "Flatten", "config": {"name": "f"}}},
        "size of its series", {"shapes": ((None, None, 4, 2),)},
    ),
    (
        "TimeDistributed", {"layer": {"class_name": "Wavelet", "config": {"name": "w"}}},
        "'Wavelet'", {},
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "config", "why", "more"),
    REFUSED,
    ids=[f"{one[0]}: {one[2]}" for one in REFUSED],
)
def test_what_has_no_words_is_refused_by_name(
    kind: str, config: Dict[str, Any], why: str, more: Dict[str, Any]
) -> None:
    found = reason(kind, config, **more)
    assert "it" in found
    assert why in found


FUNCTIONS: Sequence[Tuple[str, Dict[str, Any], str]] = (
    ("math.add", {"y": [1.0]}, "neither a tensor nor a number"),
    ("math.add", {}, "does not take two tensors"),
    (
        "clip_by_value",
        {"clip_value_min": "a", "clip_value_max": 1},
        "limits are no numbers",
    ),
    ("nn.leaky_relu", {}, "slope is no number"),
    ("nn.gelu", {"approximate": True}, "approximates"),
    ("nn.gelu", {"axis": 1}, "approximates"),
    ("nn.relu", {"other": 1}, "more than a tensor"),
    ("nn.softmax", {"axis": [1, 2]}, "several axes"),
    ("math.reduce_mean", {}, "none that is named"),
    ("math.reduce_mean", {"axis": [0, 1]}, "axis of the batch"),
    ("math.argmax", {"axis": [1, 2]}, "several axes"),
    ("transpose", {}, "not one of all axes"),
    ("expand_dims", {"axis": 0}, "before that of the batch"),
    ("image.resize", {"size": [4, 4], "preserve_aspect_ratio": True}, "ratio of sides"),
    ("image.resize", {"size": 4}, "no size of an image"),
    ("cast", {"dtype": "complex64"}, "not followed"),
)


@pytest.mark.parametrize(("function", "arguments", "why"), FUNCTIONS)
def test_functions_are_followed_only_as_far_as_they_are_known(
    function: str, arguments: Dict[str, Any], why: str
) -> None:
    assert why in reason("TFOpLambda", {"function": function}, call=arguments)


def sliced(*slices: Any) -> str:
    items = [dict(zip(("start", "stop", "step"), one)) for one in slices]
    return reason("SlicingOpLambda", {"function": "x"}, call={"slice_spec": items})


def test_slices_run_forwards_within_an_image() -> None:
    assert "single rows" in sliced((None, None, None), (None, None))
    assert "runs backwards" in sliced((None, None, None), (None, None, -1))
    assert "runs backwards" in sliced((1, None, None))
    assert "nothing would be left" in sliced((None, None, None), (5, 5, None))
    assert sliced((None, None, None)) == ""
    assert sliced((None, None, None), (1, None, 2)) == ""


def test_a_function_of_somebody_is_not_looked_up() -> None:
    assert "not known here" in reason("TFOpLambda", {"function": 7})


def test_what_lies_behind_a_refused_layer_is_not_blamed() -> None:
    lost = {"class_name": "Wavelet", "config": {"name": "w"}}
    flat = {"class_name": "Flatten", "config": {"name": "f"}}
    config = {"name": "it", "layers": [lost, flat]}
    message = reason("Sequential", config)
    assert "'it/w'" in message
    assert "'it/f'" not in message


def test_tensors_that_nothing_makes_are_refused() -> None:
    layers = [
        {
            "class_name": "Flatten",
            "name": "f",
            "config": {"name": "f"},
            "inbound_nodes": [],
        }
    ]
    config = {
        "layers": layers,
        "input_layers": [],
        "output_layers": [["f", 0, 0], ["g", 0, 0]],
    }
    read = read_layer({"class_name": "Model", "config": config})
    network = None if read is None else read_network(read)
    assert network is not None
    found = refusals(lowered(network, ListShelf({}), Generation("2.4.0")).graph)
    assert [one.message.split("'")[1] for one in found] == ["f", "g"]


def test_networks_too_deep_in_each_other_are_refused() -> None:
    inner: Dict[str, Any] = {"class_name": "Flatten", "config": {"name": "f"}}
    for number in range(20):
        inner = {
            "class_name": "Sequential",
            "config": {"name": f"n{number}", "layers": [inner]},
        }
    read = read_layer(
        {
            "class_name": "Sequential",
            "config": [{**inner, "config": {**inner["config"], "batch_input_shape": [None, 4]}}],
        }
    )
    network = None if read is None else read_network(read)
    assert network is not None
    found = refusals(lowered(network, ListShelf({}), Generation("2.4.0")).graph)
    assert any("too deep" in one.message for one in found)


def test_weights_that_are_shorter_than_they_say_are_missed() -> None:
    network = network_of("Dense", {"units": 2}, shapes=(ROW,), weights=[(5, 2), (2,)])
    assert [one.rule for one in refusals(network.graph)] == ["network-weights-missing"] * 2


def test_weights_of_another_kind_are_not_read() -> None:
    model = {
        "class_name": "Sequential",
        "config": [
            {"class_name": "Dense", "config": {"name": "d", "units": 2, "use_bias": False,
                                               "batch_input_shape": [None, 5]}},
        ],
    }  # fmt: skip
    read = read_layer(model)
    network = None if read is None else read_network(read)
    assert network is not None
    shelf = ListShelf({"d": [Weight((5, 2), None)]})
    (found,) = refusals(lowered(network, shelf, Generation("2.4.0")).graph)
    assert "stored in a way that is not read" in found.message


def test_half_precision_is_computed_in_floats_which_is_said() -> None:
    layer = {
        "class_name": "Flatten",
        "config": {"name": "f", "batch_input_shape": [None, 4, 2]},
    }
    layer["config"]["dtype"] = "float16"  # type: ignore[index]
    read = read_layer({"class_name": "Sequential", "config": [layer]})
    network = None if read is None else read_network(read)
    assert network is not None
    found = lowered(network, ListShelf({}), Generation("2.4.0"))
    assert found.notes == ("Numbers of other widths are computed as 32-bit floats.",)
    assert list(found.graph.outputs) == ["f"]
    assert found.values["f"].shape == (None, 8)


def test_mixed_precision_is_computed_in_floats_which_is_said() -> None:
    policy = {"class_name": "Policy", "config": {"name": "mixed_float16"}}
    network = network_of("Flatten", {"dtype": policy})
    assert network.notes == ("Numbers of other widths are computed as 32-bit floats.",)
    assert network_of("Flatten", {"dtype": "float32"}).notes == ()
