"""Caffe networks: layers and their settings, from a .caffemodel or from a .prototxt.

Both are the same messages, one in protobuf's binary and one in its text form:
https://github.com/BVLC/caffe/blob/master/src/caffe/proto/caffe.proto
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Optional, Tuple, Union

from ...findings.errors import ModelFileError
from ...network.shapes import elements
from ...network.weights import Span
from ...wire import prototext
from ...wire.protobuf import FIXED32, LENGTH, VARINT, Field, Message, signed
from ...wire.source import ByteSource

#: A setting's value: a number or text, or a message inside.
Scalar = Union[str, int, float]
Settings = Dict[str, List[Union[Scalar, "Settings"]]]

MOST_LAYERS = 200_000
# Numbers of weights that stand one by one in the file are not written by Caffe.
_MOST_SPANS = 4096
_MOST_VALUES = 1_000_000

#: Layers were numbered before they had names.
_OLD_TYPES = (
    "None", "Accuracy", "BNLL", "Concat", "Convolution", "Data", "Dropout", "EuclideanLoss",
    "Flatten", "HDF5Data", "HDF5Output", "Im2col", "ImageData", "InfogainLoss", "InnerProduct",
    "LRN", "MultinomialLogisticLoss", "Pooling", "ReLU", "Sigmoid", "Softmax", "SoftmaxWithLoss",
    "Split", "TanH", "WindowData", "Eltwise", "Power", "SigmoidCrossEntropyLoss", "HingeLoss",
    "MemoryData", "ArgMax", "Threshold", "DummyData", "Slice", "MVN", "AbsVal", "Silence",
    "ContrastiveLoss", "Exp", "Deconvolution",
)  # fmt: skip
# In text, the old numbers stand as words: CONVOLUTION, INNER_PRODUCT.
_OLD_WORDS = {
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    **{
        "".join(f"_{c}" if c.isupper() and i and not t[i - 1].isupper() else c
                for i, c in enumerate(t)).upper(): t
        for t in _OLD_TYPES
    },
    "HDF5_DATA": "HDF5Data", "HDF5_OUTPUT": "HDF5Output", "RELU": "ReLU", "TANH": "TanH",
    "ARGMAX": "ArgMax", "ABSVAL": "AbsVal", "IM2COL": "Im2col", "BNLL": "BNLL", "MVN": "MVN",
    "LRN": "LRN",
}  # fmt: skip

# Names of the settings that shapes depend on, by field number.
_CONVOLUTION = {1: "num_output", 2: "bias_term", 3: "pad", 4: "kernel_size",
                5: "group", 6: "stride", 9: "pad_h",
                10: "pad_w", 11: "kernel_h", 12: "kernel_w", 13: "stride_h", 14: "stride_w",
                16: "axis", 18: "dilation"}  # fmt: skip
_POOLING = {1: "pool", 2: "kernel_size", 3: "stride", 4: "pad", 5: "kernel_h", 6: "kernel_w",
            7: "stride_h", 8: "stride_w", 9: "pad_h", 10: "pad_w", 12: "global_pooling",
            13: "round_mode"}  # fmt: skip
_SETTINGS: Dict[str, Dict[int, str]] = {
    "argmax_param": {1: "out_max_val", 2: "top_k", 3: "axis"},
    "batch_norm_param": {1: "use_global_stats", 3: "eps"},
    "bias_param": {1: "axis", 2: "num_axes"},
    "concat_param": {1: "concat_dim", 2: "axis"},
    "eltwise_param": {1: "operation", 2: "coeff"},
    "elu_param": {1: "alpha"},
    "exp_param": {1: "base", 2: "scale", 3: "shift"},
    "log_param": {1: "base", 2: "scale", 3: "shift"},
    "lrn_param": {1: "local_size", 2: "alpha", 3: "beta", 4: "norm_region", 5: "k"},
    "mvn_param": {1: "normalize_variance", 2: "across_channels", 3: "eps"},
    "power_param": {1: "power", 2: "scale", 3: "shift"},
    "prelu_param": {2: "channel_shared"},
    "relu_param": {1: "negative_slope"},
    "scale_param": {1: "axis", 2: "num_axes", 4: "bias_term"},
    "threshold_param": {1: "threshold"},
    "convolution_param": _CONVOLUTION,
    "inner_product_param": {1: "num_output", 2: "bias_term", 5: "axis", 6: "transpose"},
    "pooling_param": _POOLING,
    "slice_param": {1: "slice_dim", 2: "slice_point", 3: "axis"},
    "softmax_param": {2: "axis"},
    "reshape_param": {1: "shape", 2: "axis", 3: "num_axes"},
    "flatten_param": {1: "axis", 2: "end_axis"},
    "input_param": {1: "shape"},
    "crop_param": {1: "axis", 2: "offset"},
    "python_param": {1: "module", 2: "layer"},
    "include": {1: "phase"},
    "exclude": {1: "phase"},
    "shape": {1: "dim"},
}
_NEW_LAYER = {1: "name", 2: "type", 3: "bottom", 4: "top", 7: "blobs", 8: "include", 9: "exclude",
              103: "argmax_param", 104: "concat_param", 106: "convolution_param",
              110: "eltwise_param", 111: "exp_param", 118: "lrn_param", 120: "mvn_param",
              122: "power_param", 123: "relu_param", 128: "threshold_param",
              131: "prelu_param", 134: "log_param", 139: "batch_norm_param",
              140: "elu_param", 141: "bias_param", 142: "scale_param",
              117: "inner_product_param", 121: "pooling_param", 125: "softmax_param",
              126: "slice_param", 130: "python_param", 133: "reshape_param",
              135: "flatten_param", 143: "input_param", 144: "crop_param"}  # fmt: skip
_OLD_LAYER = {2: "bottom", 3: "top", 4: "name", 5: "type", 6: "blobs", 32: "include",
              33: "exclude", 9: "concat_param", 10: "convolution_param",
              17: "inner_product_param", 18: "lrn_param", 19: "pooling_param",
              21: "power_param", 23: "argmax_param", 24: "eltwise_param",
              25: "threshold_param", 30: "relu_param", 31: "slice_param", 34: "mvn_param",
              39: "softmax_param", 41: "exp_param"}  # fmt: skip
_TEXTS = {"name", "bottom", "top", "module", "layer"}


@dataclass(frozen=True)
class Weights:
    """A tensor of weights.

    Attributes
    ----------
    dims
        Its sizes; old files give four.
    spans
        Where its numbers lie in the file; empty where they are not all there, or lie in too many
        pieces.
    data_type
        Of the numbers as they are stored.
    """

    dims: Tuple[int, ...]
    spans: Tuple[Span, ...] = ()
    data_type: str = "float32"

    @property
    def elements(self) -> int:
        """The number of values."""
        return elements(self.dims) or 0


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes
    ----------
    type
        As newer files name it: ``Convolution``, ``InnerProduct``.
    settings
        What is set for it; parts that tell nothing about shapes may be missing.
    weights
        The tensors that it holds in the file; none in a .prototxt.
    """

    name: str
    type: str
    bottoms: Tuple[str, ...]
    tops: Tuple[str, ...]
    settings: Settings
    weights: Tuple[Weights, ...] = ()

    @property
    def elements(self) -> int:
        """The number of its weights."""
        return sum(one.elements for one in self.weights)


@dataclass
class Network:
    """A whole network, layers in the order in which they run."""

    name: str = ""
    layers: List[Layer] = field(default_factory=list)
    inputs: List[str] = field(default_factory=list)
    shapes: List[Tuple[int, ...]] = field(default_factory=list)


def integers(settings: Settings, name: str) -> List[int]:
    """The whole numbers set for a name; none when it is not set, or not to numbers."""
    found = []
    for value in settings.get(name, ()):
        if isinstance(value, str) and value.lstrip("-").isdigit() and len(value) < 12:
            value = int(value)
        if isinstance(value, int):
            found.append(value)
    return found


def number(settings: Settings, name: str, default: float) -> float:
    """The number set for a name."""
    values = settings.get(name, ())
    try:
        return float(values[-1]) if values and not isinstance(values[-1], dict) else default
    except ValueError:
        return default


def part(settings: Settings, name: str) -> Settings:
    """A message inside; an empty one when it is not set."""
    for value in settings.get(name, ()):
        if isinstance(value, dict):
            return value
    return {}


def flag(settings: Settings, name: str) -> bool:
    """A truth value, false when it is not set."""
    values = settings.get(name, [])
    return bool(values) and values[-1] in (1, "true", "True", "1", "t")


def read_binary(message: Message) -> Network:
    """The network in a .caffemodel; weights are counted, not read.

    Raises
    ------
    ModelFileError
        ``model-damaged`` or ``model-too-complex``.
    """
    network = Network()
    sizes: List[int] = []
    for one in message.fields():
        if one.number == 1 and one.wire == LENGTH:
            network.name = message.text_of(one)
        elif one.number == 3:
            network.inputs.append(message.text_of(one))
        elif one.number == 4:
            sizes += message.integers_of(one, 1024)
        elif one.number == 8:
            network.shapes.append(_dims(message.child(one, "an input's shape")))
        elif one.number in (2, 100):
            old = one.number == 2
            network.layers.append(_layer(message.child(one, "a layer"), old=old))
            _limit(message.source, len(network.layers))
    _old_shapes(network, sizes)
    return network


def _limit(source: ByteSource, layers: int) -> None:
    if layers > MOST_LAYERS:
        raise ModelFileError(
            "model-too-complex",
            f"The network has more than {MOST_LAYERS} layers, more than are read.",
            file=source.name,
        )


def _old_shapes(network: Network, sizes: List[int]) -> None:
    """Older files give four sizes for each input in one row."""
    if not network.shapes:
        network.shapes = [tuple(sizes[at : at + 4]) for at in range(0, len(sizes) - 3, 4)]


def _dims(message: Message) -> Tuple[int, ...]:
    sizes: List[int] = []
    for one in message.fields():
        if one.number == 1:
            sizes += message.integers_of(one, 64)
    if len(sizes) > 32:
        raise message.wrong("more than 32 dimensions")
    return tuple(sizes)


def _layer(message: Message, *, old: bool) -> Layer:
    names = _OLD_LAYER if old else _NEW_LAYER
    settings: Settings = {}
    name = type_ = ""
    bottoms: List[str] = []
    tops: List[str] = []
    weights: List[Weights] = []
    for one in message.fields():
        key = names.get(one.number)
        if key == "blobs":
            weights.append(_weights(message.child(one, "a layer's weights")))
        elif key == "type" and old:
            type_ = _OLD_TYPES[one.value] if one.value < len(_OLD_TYPES) else str(one.value)
        elif key in ("name", "type", "bottom", "top"):
            text = message.text_of(one, 4096)
            if key == "name":
                name = text
            elif key == "type":
                type_ = text
            else:
                (bottoms if key == "bottom" else tops).append(text)
        elif key is not None:
            inner = _settings(message.child(one, "a layer's settings"), key)
            settings.setdefault(key, []).append(inner)
    return Layer(name, type_, tuple(bottoms), tuple(tops), settings, tuple(weights))


def _settings(message: Message, kind: str, depth: int = 0) -> Settings:
    names = _SETTINGS.get(kind, {})
    settings: Settings = {}
    for one in message.fields():
        key = names.get(one.number)
        if key is None:
            continue
        values = settings.setdefault(key, [])
        if key == "shape" and depth < 2:
            values.append(_settings(message.child(one, "a shape"), "shape", depth + 1))
        elif key in _TEXTS:
            values.append(message.text_of(one, 4096))
        elif one.wire == FIXED32 or key == "coeff":
            values.extend(message.floats_of(one, 1024))
        elif one.wire in (VARINT, LENGTH):
            values.extend(message.integers_of(one, 1024))
    return settings


def _weights(message: Message) -> Weights:
    old = {1: 1, 2: 1, 3: 1, 4: 1}
    shape: Optional[Tuple[int, ...]] = None
    stated = False
    data = 0
    places: Dict[int, List[Span]] = {5: [], 8: []}
    for one in message.fields():
        if one.number in old and one.wire == VARINT:
            old[one.number] = signed(one.value)
            stated = True
        elif one.number == 7:
            shape = _dims(message.child(one, "a shape"))
        elif one.number in (5, 8):
            data += _values_in(one)
            if len(places[one.number]) <= _MOST_SPANS:
                width = one.value if one.wire == LENGTH else 4 if one.wire == FIXED32 else 8
                places[one.number].append(Span(one.start, width))
    if shape is None:
        shape = tuple(old[number] for number in (1, 2, 3, 4)) if stated else (data,)
    if min(shape, default=0) < 0:
        raise message.wrong(f"weights of a size of {min(shape)}")
    number, width, data_type = (8, 8, "float64") if places[8] else (5, 4, "float32")
    spans = places[number]
    whole = sum(span.length for span in spans) == width * (elements(shape) or 0)
    return Weights(shape, tuple(spans) if whole else (), data_type)


def _values_in(one: Field) -> int:
    if one.wire != LENGTH:
        return 1
    return one.value // (4 if one.number == 5 else 8)


def read_text(source: ByteSource) -> Network:
    """The network in a .prototxt.

    Raises
    ------
    ModelFileError
        ``model-damaged`` or ``model-too-complex``.
    """
    network = Network()
    sizes: List[int] = []
    for key, value in _top_level(source):
        if isinstance(value, dict):
            if key in ("layer", "layers"):
                network.layers.append(_text_layer(value))
                _limit(source, len(network.layers))
            elif key == "input_shape":
                network.shapes.append(tuple(integers(value, "dim")))
        elif key == "name":
            network.name = str(value)
        elif key == "input":
            network.inputs.append(str(value))
        elif key == "input_dim":
            sizes += integers({"dim": [value]}, "dim")
    _old_shapes(network, sizes)
    return network


def _top_level(source: ByteSource) -> Iterator[Tuple[str, Union[Scalar, Settings]]]:
    """The fields of a text file, each with all that stands inside it."""
    open_: List[Settings] = []
    for count, event in enumerate(prototext.events(source, "the network's description")):
        if count > _MOST_VALUES:
            raise ModelFileError(
                "model-too-complex",
                f"The network's description has more than {_MOST_VALUES} values.",
                file=source.name,
            )
        if event.kind == prototext.START:
            inner: Settings = {}
            if open_:
                open_[-1].setdefault(event.name, []).append(inner)
            open_.append(inner)
        elif event.kind == prototext.END:
            done = open_.pop()
            if not open_:
                yield event.name, done
        elif open_:
            open_[-1].setdefault(event.name, []).append(event.text())
        else:
            yield event.name, event.text()


def _text_layer(value: Settings) -> Layer:
    def texts(key: str) -> Tuple[str, ...]:
        return tuple(one for one in value.get(key, ()) if isinstance(one, str))

    names, types = texts("name"), texts("type")
    type_ = types[-1] if types else ""
    return Layer(
        names[-1] if names else "",
        _OLD_WORDS.get(type_, type_),
        texts("bottom"),
        texts("top"),
        value,
    )
