"""Models of any size, written in a stream: a chain of 1 x 1 convolutions with random weights.

Four bands in, two classes out, and between them as many layers of as many channels as fill the
size. The weights are those that a network starts with, small and the same every time: what flows
through them neither grows nor vanishes, and so costs what it costs in a real network. No framework
is needed; where one is installed, the files can be loaded with it.
"""

from __future__ import annotations

import json
import random
import struct
import sys
from array import array
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Dict, Iterator, List, Tuple

from tests.models.cntk import writers as cntk
from tests.models.cntk.writers import SizeT, field, varint

_BANDS, _CLASSES, _HEIGHT, _WIDTH = 4, 2, 64, 64
_PIECE = 1 << 20
_CNTK_TIMES = 31


@dataclass(frozen=True)
class Chain:
    """So many layers between the first and the last, each from `channels` to `channels`."""

    layers: int
    channels: int
    classes: int = _CLASSES

    @classmethod
    def of_size(cls, size: int) -> Chain:
        """The chain whose float32 weights fill about `size` bytes."""
        channels = 16
        while channels < 1024 and channels * channels * 4 * 256 < size:
            channels *= 2
        return cls(max(1, size // (channels * channels * 4)), channels)

    def weights(self) -> Iterator[Tuple[str, int, int]]:
        """Name, channels in and channels out of every layer."""
        yield "first", _BANDS, self.channels
        for number in range(self.layers):
            yield f"layer{number}", self.channels, self.channels
        yield "last", self.channels, self.classes


def noise(file: BinaryIO, length: int, into: int) -> None:
    """Write so many bytes of float32 weights of a layer with `into` channels to it."""
    piece = _noise(into)
    while length > 0:
        file.write(piece[:length])
        length -= len(piece)


@lru_cache(maxsize=4)
def _noise(into: int) -> bytes:
    """Weights whose products with `into` values of variance one have variance one, too."""
    source, most = random.Random(into), (3 / into) ** 0.5
    weights = array("f", (source.uniform(-most, most) for _ in range(_PIECE // 4)))
    if sys.byteorder == "big":
        weights.byteswap()
    return weights.tobytes()


def write_onnx(path: Path, chain: Chain) -> None:
    """An ONNX model, opset 17; fields as in onnx.proto3 of github.com/onnx/onnx."""
    heads: List[Tuple[bytes, int]] = []
    nodes: List[bytes] = []
    last = "image"
    for name, into, out in chain.weights():
        length = 4 * into * out
        dims = b"".join(field(1, size) for size in (out, into, 1, 1))
        head = dims + field(2, 1) + field(8, name.encode()) + _opening(9, length)
        heads.append((_opening(5, len(head) + length) + head, length))
        result = "scores" if name == "last" else f"{name}_out"
        names = field(1, last.encode()) + field(1, name.encode()) + field(2, result.encode())
        nodes.append(field(1, names + field(4, b"Conv")))
        last = result
    ends = _onnx_value(11, "image", _BANDS) + _onnx_value(12, "scores", chain.classes)
    around = b"".join(nodes) + field(2, b"chain")
    total = len(around) + len(ends) + sum(len(head) + length for head, length in heads)
    with path.open("wb") as file:
        file.write(field(1, 8) + field(8, field(1, b"") + field(2, 17)) + _opening(7, total))
        file.write(around)
        for (head, length), (_, into, _) in zip(heads, chain.weights()):
            file.write(head)
            noise(file, length, into)
        file.write(ends)


def _opening(number: int, length: int) -> bytes:
    """The start of a field whose content is written afterwards."""
    return varint(number << 3 | 2) + varint(length)


def _onnx_value(number: int, name: str, channels: int) -> bytes:
    sizes = [field(2, b"batch")] + [field(1, size) for size in (channels, _HEIGHT, _WIDTH)]
    shape = field(2, b"".join(field(1, size) for size in sizes))
    return field(number, field(1, name.encode()) + field(2, field(1, field(1, 1) + shape)))


def write_graphdef(path: Path, chain: Chain) -> None:
    """A frozen TensorFlow graph; fields as in graph.proto of github.com/tensorflow/tensorflow."""
    with path.open("wb") as file:
        shape = _tf_shape(-1, _HEIGHT, _WIDTH, _BANDS)
        file.write(_tf_node("image", "Placeholder", dtype=field(6, 1), shape=field(7, shape)))
        last = "image"
        for name, into, out in chain.weights():
            _write_const(file, f"{name}/weights", into, out)
            result = "scores" if name == "last" else name
            file.write(
                _tf_node(
                    result,
                    "Conv2D",
                    last,
                    f"{name}/weights",
                    T=field(6, 1),
                    strides=field(1, field(3, bytes([1, 1, 1, 1]))),
                    padding=field(2, b"SAME"),
                    data_format=field(2, b"NHWC"),
                )
            )
            last = result


def _tf_shape(*sizes: int) -> bytes:
    return b"".join(field(2, field(1, size)) for size in sizes)


def _tf_attribute(key: str, value: bytes) -> bytes:
    return field(5, field(1, key.encode()) + field(2, value))


def _tf_node(name: str, operation: str, *inputs: str, **attributes: bytes) -> bytes:
    content = field(1, name.encode()) + field(2, operation.encode())
    content += b"".join(field(3, source.encode()) for source in inputs)
    content += b"".join(_tf_attribute(key, value) for key, value in attributes.items())
    return field(1, content)


def _write_const(file: BinaryIO, name: str, into: int, out: int) -> None:
    length = 4 * into * out
    tensor = field(1, 1) + field(2, _tf_shape(1, 1, into, out)) + _opening(4, length)
    value = _opening(8, len(tensor) + length) + tensor
    entry = field(1, b"value") + _opening(2, len(value) + length) + value
    head = field(1, name.encode()) + field(2, b"Const") + _tf_attribute("dtype", field(6, 1))
    head += _opening(5, len(entry) + length) + entry
    file.write(_opening(1, len(head) + length) + head)
    noise(file, length, into)


def write_safetensors(path: Path, chain: Chain) -> None:
    """A safetensors file, as https://github.com/huggingface/safetensors describes it."""
    header: Dict[str, Any] = {}
    offset = 0
    for name, into, out in chain.weights():
        end = offset + 4 * into * out
        shape = [out, into, 1, 1]
        header[f"{name}.weight"] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode("ascii")
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, into, out in chain.weights():
            noise(file, 4 * into * out, into)


def write_cntk(path: Path, chain: Chain) -> None:
    """A CNTK v2 model in its layout for more than 2 GiB: products instead of convolutions."""
    common = {"version": SizeT(1), "is_sparse": False, "needs_gradient": False}
    variables = [cntk.variable("image", 0, (_BANDS,), dynamic_axis=[], **common)]
    functions = []
    last = "image"
    for name, into, out in chain.weights():
        shape = (out, into)
        values = cntk.array(shape, values=False)
        weights = cntk.variable(f"{name}_W", 2, shape, dynamic_axis=[], value=values, **common)
        variables.append(weights)
        inputs = [f"{name}_W", last]
        attributes = {"outputRank": SizeT(1), "inferInputRankToMap": -1}
        product = cntk.function(name, _CNTK_TIMES, inputs, **attributes)
        functions.append({"version": SizeT(24), **product})
        last = f"{name}_Output_0"
    root = cntk.composite(variables, functions, "last", version=SizeT(3))
    described = cntk.dictionary(root)
    with path.open("wb") as file:
        file.write(b"ktnc" + struct.pack("<I", len(described)) + described)
        for _, into, out in chain.weights():
            noise(file, 4 * into * out, into)
