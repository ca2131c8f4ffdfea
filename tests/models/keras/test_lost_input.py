"""Sequences of layers whose file lost the shape of their input: a kernel tells the bands."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import pytest

from dl2ecd_core.findings import Severity
from dl2ecd_core.models.description import Evidence
from dl2ecd_core.models.keras.describe import Ends, ends_of
from dl2ecd_core.models.keras.weights import LayerWeights, Shape, Weights

CONVOLUTION: Dict[str, Any] = {
    "class_name": "Conv2D",
    "config": {"name": "c", "filters": 8, "kernel_size": [3, 3], "padding": "valid",
               "data_format": "channels_last"},
}  # fmt: skip
POOLING = {"class_name": "GlobalAveragePooling2D", "config": {"name": "g"}}
DENSE = {"class_name": "Dense", "config": {"name": "d", "units": 3, "activation": "softmax"}}
PADDING = {"class_name": "ZeroPadding2D", "config": {"name": "z", "padding": [[1, 1], [1, 1]]}}


def weights(*shapes: Shape, name: str = "c") -> Weights:
    first = LayerWeights(name, tuple((f"{name}/kernel:0", shape) for shape in shapes))
    return Weights((LayerWeights("z", ()), first), True, 1)


def ends(*layers: Dict[str, Any], held: Optional[Weights] = None, **config: Any) -> Ends:
    model = {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers), **config}}
    return ends_of("m.h5", model, held if held is not None else weights((3, 3, 4, 8)))


def changed(layer: Dict[str, Any], **config: Any) -> Dict[str, Any]:
    return {**layer, "config": {**layer["config"], **config}}


def rules(told: Ends) -> List[str]:
    return [item.rule for item in told.findings]


@pytest.mark.parametrize("before", [(), (PADDING,)])
def test_the_first_kernel_tells_the_bands(before: Sequence[Dict[str, Any]]) -> None:
    told = ends(*before, CONVOLUTION, POOLING, DENSE)
    (image,) = told.inputs
    assert (image.shape, image.axes) == ((None, None, None, 4), "NHWC")
    assert image.evidence is Evidence.INFERRED
    assert told.outputs[0].shape == (None, 3)
    (item,) = told.findings
    assert (item.rule, item.severity) == ("model-input-lost", Severity.WARNING)


def test_channels_first() -> None:
    (image,) = ends(changed(CONVOLUTION, data_format="channels_first")).inputs
    assert (image.shape, image.axes) == ((None, 4, None, None), "NCHW")


@pytest.mark.parametrize(
    ("layer", "held"),
    [
        (DENSE, weights((7, 3), name="d")),
        (CONVOLUTION, weights((3, 4, 8))),
        (CONVOLUTION, weights((3, 3, 4, 8), name="other")),
        (CONVOLUTION, Weights((), True, 0)),
        (PADDING, None),
    ],
)
def test_what_is_no_first_kernel_leaves_the_bands_open(
    layer: Dict[str, Any], held: Optional[Weights]
) -> None:
    told = ends(layer, held=held)
    assert [image.shape for image in told.inputs] == [None]
    assert "model-input-lost" in rules(told)


def test_a_shape_that_is_said_stands() -> None:
    entry = {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [None, 9, 9, 5]}}
    for told in (
        ends(changed(CONVOLUTION, batch_input_shape=[None, 9, 9, 5])),
        ends(CONVOLUTION, build_input_shape=[None, 9, 9, 5]),
        ends(entry, CONVOLUTION),
    ):
        assert [image.shape for image in told.inputs] == [(None, 9, 9, 5)]
        assert "model-input-lost" not in rules(told)


def test_no_layers_and_no_weights_are_no_loss() -> None:
    assert "model-input-lost" not in rules(ends())
    model = {"class_name": "Sequential", "config": {"name": "s", "layers": [CONVOLUTION]}}
    assert "model-input-lost" not in rules(ends_of("m.keras", model))
