"""Small networks of what segmentation models are made of, as ONNX files of any size of tile."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import numpy as np
import onnx
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

BANDS = 3
#: How a network gets half as fine, and finer again.
DOWN = ("max", "average", "max over 3", "stride of 3", "stride of 5")
UP = (
    "nearest",
    "linear",
    "linear from 0",
    "linear to the size",
    "transposed 2",
    "transposed 4",
    "transposed 3",
)
#: What joins a finer layer with the one that was as fine before.
JOINS = ("concatenated", "added", "forgotten")


@dataclass(frozen=True)
class Conv:
    """A convolution: rows and columns of its kernel, its dilation, whether it pads."""

    kernel: Tuple[int, int]
    dilation: int = 1


@dataclass(frozen=True)
class Level:
    """What happens at half the size: how it is reached and left, with a convolution there."""

    down: str
    inner: Conv
    up: str
    join: str


@dataclass(frozen=True)
class Net:
    """A network.

    Attributes
    ----------
    levels
        From the outside to the inside.
    cropped
        Whether a last convolution without padding takes a pixel from each side.
    seed
        Of its weights.
    """

    first: Conv
    levels: Tuple[Level, ...]
    last: Conv
    cropped: bool
    seed: int

    @property
    def stride(self) -> int:
        """What its tiles' sizes are multiples of."""
        return int(2 ** len(self.levels))


convolutions = st.builds(
    Conv,
    st.sampled_from([(1, 1), (3, 3), (5, 5), (3, 1), (1, 5), (2, 2)]),
    st.sampled_from([1, 1, 1, 2, 3]),
)
levels = st.builds(
    Level, st.sampled_from(DOWN), convolutions, st.sampled_from(UP), st.sampled_from(JOINS)
)
networks = st.builds(
    Net,
    convolutions,
    st.lists(levels, max_size=2).map(tuple),
    convolutions,
    st.booleans(),
    st.integers(0, 2**16),
)


class _Graph:
    """A graph in the making; values know how many channels they have."""

    def __init__(self, seed: int) -> None:
        self.nodes: List[onnx.NodeProto] = []
        self.constants: List[onnx.TensorProto] = []
        self.channels: Dict[str, int] = {"image": BANDS}
        self._random = np.random.default_rng(seed)

    def constant(self, value: np.ndarray) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def node(self, kind: str, *inputs: str, channels: int, **more: object) -> str:
        name = f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **more))
        self.channels[name] = channels
        return name

    def weights(self, *shape: int) -> str:
        values = self._random.normal(0, 1, shape) / np.sqrt(np.prod(shape[1:]))
        return self.constant(values.astype("float32"))

    def conv(
        self, value: str, channels: int, conv: Conv, stride: int = 1, pads: Optional[int] = None
    ) -> str:
        weights = self.weights(channels, self.channels[value], *conv.kernel)
        wide = [(side - 1) * conv.dilation for side in conv.kernel]
        around = [side // 2 for side in wide] + [side - side // 2 for side in wide]
        made = self.node(
            "Conv",
            value,
            weights,
            channels=channels,
            kernel_shape=list(conv.kernel),
            dilations=[conv.dilation] * 2,
            strides=[stride] * 2,
            pads=around if pads is None else [pads] * 4,
        )
        return self.node("Relu", made, channels=channels)

    def down(self, value: str, how: str) -> str:
        channels = self.channels[value]
        if how.startswith("stride"):
            side = int(how[-1])
            return self.conv(value, 6, Conv((side, side)), stride=2, pads=side // 2)
        kind = "AveragePool" if how == "average" else "MaxPool"
        side = 3 if how.endswith("3") else 2
        more = {"kernel_shape": [side] * 2, "strides": [2, 2], "pads": [side // 3] * 4}
        return self.node(kind, value, channels=channels, **more)

    def up(self, value: str, how: str, like: str) -> str:
        channels = self.channels[value]
        if how.startswith("transposed"):
            side = int(how[-1])
            more = {"pads": [(side - 1) // 2] * 4, "output_padding": [side % 2] * 2}
            weights = self.weights(channels, 5, side, side)
            return self.node(
                "ConvTranspose",
                value,
                weights,
                channels=5,
                kernel_shape=[side] * 2,
                strides=[2, 2],
                **more,
            )
        if how.endswith("to the size"):
            return self.node("Resize", value, "", "", self._sizes(value, like), channels=channels,
                             mode="linear")  # fmt: skip
        scales = self.constant(np.array([1, 1, 2, 2], "float32"))
        about: Dict[str, object] = {
            "mode": how.split()[0],
            "coordinate_transformation_mode": "half_pixel" if how == "linear" else "asymmetric",
        }
        if how == "nearest":
            about["nearest_mode"] = "floor"
        return self.node("Resize", value, "", scales, channels=channels, **about)

    def _sizes(self, value: str, like: str) -> str:
        """Batch and channels of one value, rows and columns of another, as PyTorch exports them."""
        at = [self.constant(np.array([place], "int64")) for place in (0, 2, 4)]
        parts = []
        for one, first, end in ((value, *at[:2]), (like, *at[1:])):
            sizes = self.node("Shape", one, channels=0)
            parts.append(self.node("Slice", sizes, first, end, channels=0))
        return self.node("Concat", *parts, channels=0, axis=0)

    def joined(self, fine: str, kept: str, how: str) -> str:
        channels = self.channels[fine] + self.channels[kept]
        if how == "added" and self.channels[fine] == self.channels[kept]:
            return self.node("Add", fine, kept, channels=self.channels[fine])
        if how == "concatenated":
            return self.node("Concat", fine, kept, channels=channels, axis=1)
        return fine


def write(net: Net, path: Path, size: Optional[int] = None) -> Path:
    """The network as a file, for tiles of one size or, without one, of any."""
    graph = _Graph(net.seed)
    value = graph.conv("image", 5, net.first)
    kept = []
    for level in net.levels:
        kept.append(value)
        value = graph.conv(graph.down(value, level.down), 5, level.inner)
    for level in reversed(net.levels):
        like = kept.pop()
        value = graph.joined(graph.up(value, level.up, like), like, level.join)
    value = graph.conv(value, 4, net.last)
    if net.cropped:
        value = graph.conv(value, 4, Conv((3, 3)), pads=0)
    last = graph.node("Conv", value, graph.weights(3, 4, 1, 1), channels=3, kernel_shape=[1, 1])
    sides: List[object] = ["rows", "columns"] if size is None else [size, size]
    less = size - 2 if size is not None and net.cropped else size
    sizes_out: List[object] = ["rows_out", "columns_out"] if size is None else [less, less]
    made = helper.make_graph(
        graph.nodes,
        "net",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, BANDS, *sides])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, 3, *sizes_out])],
        graph.constants,
    )
    onnx.save(
        helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=7), path
    )
    return path
