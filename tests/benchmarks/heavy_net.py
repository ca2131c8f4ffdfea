"""A network of about a microsecond a pixel and core: convolutions over 3 x 3 pixels."""

from __future__ import annotations

from pathlib import Path
from typing import List

#: Bands, channels between, classes; layers between the first and the last.
_BANDS, _CHANNELS, _CLASSES, _LAYERS = 4, 64, 6, 3
#: The size of tile that it states, as exports do.
_TILE = 256


def write_heavy_net(path: Path) -> None:
    """Write it as ONNX; its weights are no good for anything but computing."""
    import numpy
    from onnx import TensorProto, helper, numpy_helper, save

    random = numpy.random.default_rng(3)
    weights: List[object] = []
    nodes: List[object] = []
    value, into = "image", _BANDS
    for number in range(_LAYERS + 2):
        last = number == _LAYERS + 1
        out, side = (_CLASSES, 1) if last else (_CHANNELS, 3)
        name, result = f"weights_{number}", "scores" if last else f"layer_{number}"
        spread = (into * side * side) ** -0.5
        array = random.normal(0, spread, (out, into, side, side)).astype("float32")
        weights.append(numpy_helper.from_array(array, name))
        made = result if last else f"sum_{number}"
        pads = [side // 2] * 4
        nodes.append(helper.make_node("Conv", [value, name], [made], pads=pads))
        if not last:
            nodes.append(helper.make_node("Relu", [made], [result]))
        value, into = result, out
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, layers, _TILE, _TILE])
        for name, layers in (("image", _BANDS), ("scores", _CLASSES))
    ]
    graph = helper.make_graph(nodes, "heavy", ends[:1], ends[1:], weights)
    opsets = [helper.make_opsetid("", 17)]
    save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
