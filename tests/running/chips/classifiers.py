"""Classifiers of pictures with known answers: what is bright in the mean is what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

#: What a band's mean of one gives.
STEEP = 8.0


def brightest(
    path: Path, tile: Optional[int] = 32, *, ends: str = "softmax", classes: int = 3
) -> Path:
    """``(1, 3)``: of three bands, the brightest in the mean is the class.

    Parameters
    ----------
    tile
        Rows and columns; None for any.
    ends
        With what the network ends: softmax, logits, sigmoid (one score: is red above a half?) or
        argmax.
    """
    size = [1, 3, tile or "rows", tile or "columns"]
    steep = numpy_helper.from_array(np.array([STEEP], "float32"), "steep")
    half = numpy_helper.from_array(np.array([0.5], "float32"), "half")
    nodes = [
        helper.make_node("GlobalAveragePool", ["images"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"], axis=1),
    ]
    shape, kind = [1, classes], TensorProto.FLOAT
    if ends == "sigmoid":
        first = numpy_helper.from_array(np.array([[1.0], [0], [0]], "float32"), "first")
        nodes += [
            helper.make_node("MatMul", ["flat", "first"], ["red"]),
            helper.make_node("Sub", ["red", "half"], ["over"]),
            helper.make_node("Mul", ["over", "steep"], ["score"]),
            helper.make_node("Sigmoid", ["score"], ["out"]),
        ]
        constants, shape = [steep, half, first], [1, 1]
    else:
        output = "out" if ends == "logits" else "scores"
        nodes.append(helper.make_node("Mul", ["flat", "steep"], [output]))
        constants = [steep]
        if ends == "softmax":
            nodes.append(helper.make_node("Softmax", ["scores"], ["out"], axis=1))
        elif ends == "argmax":
            nodes.append(helper.make_node("ArgMax", ["scores"], ["out"], axis=1, keepdims=0))
            shape, kind = [1], TensorProto.INT64
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, size)],
        [helper.make_tensor_value_info("out", kind, shape)],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
    return path


def share_of(red: float, green: float, blue: float) -> np.ndarray:
    """The probabilities that a picture of such means gets."""
    scores = np.exp(STEEP * np.array([red, green, blue]))
    return scores / scores.sum()
