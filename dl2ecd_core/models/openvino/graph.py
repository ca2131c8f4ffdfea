"""Who is connected to whom, and which axis of a tensor is which."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator, List, Optional, Set, Tuple

from ...findings.errors import ModelFileError
from ...network.names import operators
from ...wire.source import ByteSource
from .net import MOST_ENDS, Layer, Net

# Operations that are defined over N, C and then the spatial axes.
_OVER_NCHW = operators(
    "Convolution GroupConvolution ConvolutionBackpropData GroupConvolutionBackpropData "
    "BinaryConvolution DeformableConvolution MaxPool AvgPool AdaptiveAvgPool "
    "AdaptiveMaxPool DepthToSpace SpaceToDepth LRN BatchNormInference Deconvolution Pooling"
)
# Operations whose output has the axes of their first input.
AS_BEFORE = operators(
    "Convert Add Subtract Multiply Divide Power Sqrt Maximum Minimum ReLU Relu PReLU Clamp "
    "Sigmoid Tanh Elu Gelu HSwish Swish Mish HSigmoid SoftMax Softmax LogSoftmax "
    "FakeQuantize Pad Concat Interpolate BatchNormInference MVN NormalizeL2 Exp Log Abs "
    "SoftPlus Selu"
)
_AS_BEFORE_IF_SAME_RANK = operators(
    "ReduceMean ReduceMax ReduceMin ReduceSum Slice StridedSlice Split VariadicSplit"
)
_MOST_STEPS = 500
# Edges that are followed altogether; far more than any search for a layout needs.
_MOST_FOLLOWED = 300_000
_BY_RANK = {0: "", 1: "?", 2: "NC"}
_LONGEST_ORDER = 64

#: A layer and the number of one of its outputs.
Made = Tuple[Layer, int]


class Graph:
    """The edges of a net in both directions.

    Parameters
    ----------
    weights
        Where the .bin lies, for the order of transposes; None when it is missing.
    """

    def __init__(self, net: Net, weights: Optional[Path]) -> None:
        self.net = net
        self._weights = weights
        self._into: Dict[str, List[Tuple[str, Tuple[str, str]]]] = {}
        self._out_of: Dict[str, List[str]] = {}
        self._used: Set[Tuple[str, str]] = set()
        for source, port, target, target_port in net.edges:
            self._into.setdefault(target, []).append((target_port, (source, port)))
            self._out_of.setdefault(source, []).append(target)
            self._used.add((source, port))
        for ports in self._into.values():
            # The ports of inputs count up, in their order.
            ports.sort(key=_port_order)
        self._followed = 0

    def maker(self, layer: Layer, position: int) -> Optional[Made]:
        """The layer and output that feed input number `position` of a layer."""
        ports = self._into.get(layer.id, ())
        origin = ports[position][1] if position < len(ports) else None
        if origin is None or origin[0] not in self.net.layers:
            return None
        found = self.net.layers[origin[0]]
        index = found.numbers.get(origin[1])
        return None if index is None else (found, index)

    def _following(self, layer: Layer, seen: Set[str]) -> Iterator[Layer]:
        """The layers that take an output of this one and were not seen yet."""
        for target in self._out_of.get(layer.id, ()):
            self._followed += 1
            following = self.net.layers.get(target)
            if following is None or following.id in seen or self._followed > _MOST_FOLLOWED:
                continue
            seen.add(following.id)
            yield following

    def open_ends(self) -> Iterator[Made]:
        """Outputs that nothing is connected to: those of a net without Result layers."""
        ends = 0
        for layer in self.net.layers.values():
            if layer.type in ("Const", "Input", "Memory"):
                continue
            for index, port in enumerate(layer.ports):
                if (layer.id, port.id) not in self._used:
                    ends += 1
                    if ends > MOST_ENDS:
                        return
                    yield layer, index

    def input_axes(self, layer: Layer) -> str:
        """Axis letters of an input, from its layout note or from what happens to it first."""
        rank = len(layer.ports[0].dims)
        noted = layer.layout.strip("[]").replace(",", "")
        if len(noted) == rank and rank and set(noted) <= set("NCHW?"):
            return noted
        if rank == 2:
            # Other rows, of sound or text for example, have no bands.
            return "NC" if self._is_matrix(layer) else "N?"
        if rank != 4:
            return "?" * rank
        return "NCHW" if self.net.version < 10 else self._forward(layer) or "????"

    def output_axes(self, layer: Layer, index: int) -> str:
        """Axis letters of an output, from what happened to it last."""
        rank = len(layer.ports[index].dims)
        if rank == 2 and self._is_flattened(layer):
            return "N?"
        if rank in _BY_RANK:
            return _BY_RANK[rank]
        found = self._backward(layer, index)
        if found is not None and len(found) == rank:
            return found
        return "NCHW" if rank == 4 and self.net.version < 10 else "?" * rank

    def _is_matrix(self, layer: Layer) -> bool:
        """Whether the rows of an input are multiplied by weights first."""
        seen = {layer.id}
        waiting = [layer]
        for _ in range(_MOST_STEPS):
            if not waiting:
                return False
            current = waiting.pop(0)
            for following in self._following(current, seen):
                if following.type in ("MatMul", "FullyConnected"):
                    made = self.maker(following, 0)
                    return made is not None and made[0] is current
                if following.type in AS_BEFORE:
                    waiting.append(following)
        return False

    def _is_flattened(self, layer: Layer) -> bool:
        """Whether a matrix is an image whose pixels and channels were put into one row."""
        for _ in range(_MOST_STEPS):
            made = self.maker(layer, 0)
            if made is None:
                return False
            before = made[0].ports[made[1]].dims
            if layer.type in ("Reshape", "Flatten"):
                return len(before) > 2 and any(size != 1 for size in before[2:])
            if layer.type not in AS_BEFORE or layer.type in ("SoftMax", "Softmax"):
                return False
            layer = made[0]
        return False

    def _forward(self, layer: Layer) -> Optional[str]:
        seen = {layer.id}
        waiting = [layer]
        for _ in range(_MOST_STEPS):
            if not waiting:
                return None
            current = waiting.pop(0)
            for following in self._following(current, seen):
                if following.type in _OVER_NCHW:
                    made = self.maker(following, 0)
                    if made is not None and made[0] is current:
                        return "NCHW"
                if following.type == "Transpose":
                    order = self._order(following)
                    return None if order is None else _before("NCHW", order)
                if following.type in AS_BEFORE:
                    waiting.append(following)
        return None

    def _backward(self, layer: Layer, index: int) -> Optional[str]:
        """Letters of an output; what is transposed or cut out on the way back is done again."""
        undone: List[Layer] = []
        letters: Optional[str] = None
        for _ in range(_MOST_STEPS):
            if layer.type in _OVER_NCHW:
                letters = "NCHW"
                break
            if layer.type in ("Transpose", "Squeeze", "TopK", "ArgMax"):
                undone.append(layer)
            made = self.maker(layer, 0)
            if made is None:
                return None
            before, after = made[0].ports[made[1]].dims, layer.ports[index].dims
            kept = layer.type in _AS_BEFORE_IF_SAME_RANK and len(before) == len(after)
            if not kept and layer.type not in AS_BEFORE and layer not in undone[-1:]:
                return None
            layer, index = made
        for step in reversed(undone):
            letters = self._after(step, letters)
        return letters

    def _after(self, step: Layer, letters: Optional[str]) -> Optional[str]:
        if letters is None:
            return None
        if step.type == "Transpose":
            order = self._order(step)
            if order is None or len(order) != len(letters):
                return None
            return "".join(letters[origin] for origin in order)
        if step.type == "Squeeze":
            # Only what TopK left of the class axis may have gone.
            rank = len(step.ports[0].dims) if step.ports else -1
            return letters.replace("?", "") if rank == len(letters.replace("?", "")) else None
        axis = _number(step.data.get("axis", ""))
        if axis is None or not -len(letters) <= axis < len(letters):
            return None
        axis %= len(letters)
        return f"{letters[:axis]}?{letters[axis + 1 :]}"

    def _order(self, transpose: Layer) -> Optional[Tuple[int, ...]]:
        """The order of a transpose, from the constant that says it."""
        made = self.maker(transpose, 1)
        if made is None or self._weights is None:
            return None
        data = made[0].data
        offset, size = _number(data.get("offset", "")), _number(data.get("size", ""))
        width = {"i32": 4, "i64": 8}.get(data.get("element_type", ""))
        if offset is None or not size or width is None or not 0 < size <= _LONGEST_ORDER:
            return None
        try:
            with ByteSource(self._weights) as weights:
                raw = weights.read(offset, size)
        except ModelFileError:
            return None
        order = tuple(
            int.from_bytes(raw[place : place + width], "little")
            for place in range(0, len(raw), width)
        )
        return order if sorted(order) == list(range(len(order))) else None


def _port_order(item: Tuple[str, Tuple[str, str]]) -> Tuple[int, str]:
    number = _number(item[0])
    return (0 if number is None else number, item[0])


def _number(text: str) -> Optional[int]:
    text = text.strip()
    return int(text) if text.lstrip("-").isdecimal() and text.isascii() else None


def _before(letters: str, order: Tuple[int, ...]) -> Optional[str]:
    """Axis letters before a transpose that leads to these."""
    if len(order) != len(letters):
        return None
    found = ["?"] * len(letters)
    for place, origin in enumerate(order):
        found[origin] = letters[place]
    return "".join(found)
