"""Layers without a window: dense, reshaping, merging, recurrent, attention, value by value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ...network.footprints import merged
from ...network.shapes import elements
from ..description import Activation, Dims
from .arithmetic import only_scales
from .config import Call, whole
from .flow import UNKNOWN, Flow, Footprints, Rule, Settings, axis


def _same(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    """Values change in a way that leaves raw scores."""
    return (inputs[0].done(),)


def _kept(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    """Nothing happens when the model predicts."""
    return (inputs[0],)


def _activation(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    if inputs[0].activation is not None and settings.values.get("activation") == "linear":
        return (inputs[0],)
    return (inputs[0].done(settings.activation),)


def _softmax(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    return (softmax_over(inputs[0], settings.values.get("axis", -1)),)


def softmax_over(flow: Flow, value: Any) -> Flow:
    """After a softmax; called one only when it runs over the axis that holds the channels."""
    if flow.shape is None:
        return flow.done(None)
    place = axis(value, len(flow.shape))
    channel = len(flow.shape) - 1 if flow.axes is None else flow.axes.find("C")
    return flow.done(Activation.SOFTMAX if place is not None and place == channel else None)


def _dense(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    flow, units = inputs[0], settings.whole("units")
    units = settings.whole("output_dim") if units is None else units
    if flow.shape is None or not flow.shape or units is None:
        return (UNKNOWN,)
    shape = (*flow.shape[:-1], units)
    axes = flow.axes
    if axes is None or not axes.endswith("C"):
        axes = "N" + "?" * (len(shape) - 2) + "C" if len(shape) > 1 else None
    return (replace(flow, shape=shape, axes=axes, activation=settings.activation),)


def _flatten(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    shape = inputs[0].shape
    if not shape:
        return (UNKNOWN,)
    return (inputs[0].shaped((shape[0], elements(shape[1:]))),)


def _reshape(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    shape, target = inputs[0].shape, settings.values.get("target_shape")
    if shape is None or not isinstance(target, list):
        return (UNKNOWN,)
    after = reshaped(shape[1:], target)
    return (UNKNOWN,) if after is None else (_regrouped(inputs[0], (shape[0], *after)),)


def _regrouped(flow: Flow, shape: Dims) -> Flow:
    """After a reshape; pixels in a row keep their channels when the last axis does."""
    result = flow.shaped(shape)
    if flow.axes is None or not flow.axes.endswith("C") or flow.shape is None:
        return result
    if shape[-1] is None or shape[-1] != flow.shape[-1]:
        return result
    return replace(result, axes="N" + "?" * (len(shape) - 2) + "C", activation=flow.activation)


def reshaped(shape: Dims, target: Sequence[Any]) -> Optional[Dims]:
    """Sizes after a reshape in which -1 stands for the rest; None when they don't fit."""
    sizes: List[Optional[int]] = []
    known = 1
    for size in target:
        if size == -1 or size is None:
            sizes.append(None)
            continue
        if whole(size) is None:
            return None
        sizes.append(size)
        known *= size
    total = elements(shape)
    if sizes.count(None) == 1 and total is not None:
        if not known or total % known:
            return None
        sizes = [total // known if size is None else size for size in sizes]
    elif sizes.count(None) > 1 or (total is not None and total != known):
        return None
    return tuple(sizes)


def _permute(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    order = settings.values.get("dims")
    if not isinstance(order, list):
        return (UNKNOWN,)
    return (permuted(inputs[0], [0, *order]),)


def permuted(flow: Flow, order: Sequence[Any]) -> Flow:
    """After a transposition; unknown when the order is not one of all axes."""
    if flow.shape is None or any(whole(place) is None for place in order):
        return UNKNOWN
    if sorted(order) != list(range(len(flow.shape))):
        return UNKNOWN
    result = flow.shaped(tuple(flow.shape[place] for place in order), flow.activation)
    axes = None if flow.axes is None else "".join(flow.axes[place] for place in order)
    places = [
        place for place in order if axes is not None and flow.axes and flow.axes[place] in "HW"
    ]
    straight = places == sorted(places)
    return replace(result, axes=axes, footprints=flow.footprints if straight and axes else None)


def _repeat(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    shape, times = inputs[0].shape, settings.whole("n")
    if shape is None or len(shape) != 2 or times is None:
        return (UNKNOWN,)
    return (inputs[0].shaped((shape[0], times, shape[1])),)


def _embedding(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    shape, size = inputs[0].shape, settings.whole("output_dim")
    if shape is None or size is None:
        return (UNKNOWN,)
    return (Flow((*shape, size), None, None, Activation.NONE),)


def _merge(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    return (combined(inputs),)


def _old_merge(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    """The one merging layer of Keras 1."""
    mode = settings.text("mode")
    if mode in ("sum", "mul", "ave", "max"):
        return (combined(inputs),)
    if mode == "concat":
        return (joined(inputs, settings.values.get("concat_axis", -1)),)
    return (UNKNOWN,)


def combined(flows: Sequence[Flow]) -> Flow:
    """Several tensors together value by value; sizes of 1 are repeated.

    A tensor with fewer axes is stretched behind its batch axis, as Keras' merging layers do.
    """
    rank = max((flow.rank or 0 for flow in flows), default=0)
    if not flows or not rank or any(not flow.shape for flow in flows):
        return Flow(activation=Activation.NONE)
    columns = [
        (shape[0], *(1,) * (rank - len(shape)), *shape[1:])
        for shape in (flow.shape for flow in flows)
        if shape
    ]
    sizes: List[Optional[int]] = []
    for column in zip(*columns):
        fixed = {size for size in column if size is not None and size != 1}
        if len(fixed) > 1:
            return Flow(activation=Activation.NONE)
        if None in column:
            sizes.append(None)
        else:
            sizes.append(fixed.pop() if fixed else 1)
    full = [flow for flow in flows if flow.shape is not None and tuple(flow.shape) == tuple(sizes)]
    model = full[0] if full else flows[0].shaped(tuple(sizes))
    axes = next((flow.axes for flow in full if flow.axes is not None), None)
    wide = [flow for flow in flows if not _has_one_pixel(flow)]
    return Flow(
        tuple(sizes),
        model.data_type,
        axes,
        Activation.NONE,
        _together(wide),
        frozenset().union(*(flow.origins for flow in full)),
    )


def _has_one_pixel(flow: Flow) -> bool:
    """Whether a tensor weighs channels alike everywhere, as attention gates do."""
    shape = flow.shape
    return shape is not None and (
        len(shape) == 2 or (len(shape) == 4 and (shape[1:3] == (1, 1) or shape[2:] == (1, 1)))
    )


def _together(flows: Sequence[Flow]) -> Optional[Footprints]:
    known = [flow.footprints for flow in flows]
    rows = merged(None if item is None else item[0] for item in known)
    columns = merged(None if item is None else item[1] for item in known)
    return None if rows is None and columns is None else (rows, columns)


def _concatenate(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    return (joined(inputs, settings.values.get("axis", -1)),)


def joined(flows: Sequence[Flow], along: Any) -> Flow:
    """Several tensors one behind the other along an axis."""
    ranks = {flow.rank for flow in flows}
    rank = next(iter(ranks), None)
    if len(ranks) != 1 or not rank:
        return UNKNOWN
    place = axis(along, rank)
    shapes = [flow.shape for flow in flows if flow.shape is not None]
    if place is None:
        return UNKNOWN
    sizes: List[Optional[int]] = list(shapes[0])
    for other in shapes[1:]:
        for number, size in enumerate(other):
            mine = sizes[number]
            if number == place:
                sizes[number] = None if mine is None or size is None else mine + size
            elif mine is None:
                sizes[number] = size
            elif size is not None and size != mine:
                return UNKNOWN
    axes = next((flow.axes for flow in flows if flow.axes is not None), None)
    channels = axes is not None and axes[place] == "C"
    origins = frozenset().union(*(flow.origins for flow in flows))
    return Flow(
        tuple(sizes),
        flows[0].data_type,
        axes,
        None,
        _together(flows) if channels else None,
        origins,
    )


def _dot(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    axes = settings.values.get("axes")
    if len(inputs) != 2 or inputs[0].shape is None or inputs[1].shape is None:
        return (UNKNOWN,)
    pair = axes if isinstance(axes, list) and len(axes) == 2 else [axes, axes]
    places = [axis(pair[number], len(inputs[number].shape or ())) for number in (0, 1)]
    if None in places or 0 in places:
        return (UNKNOWN,)
    left = [size for number, size in enumerate(inputs[0].shape) if number != places[0]]
    right = [size for number, size in enumerate(inputs[1].shape) if number not in (0, places[1])]
    shape = (*left, *right)
    return (inputs[0].shaped(shape if len(shape) > 1 else (*shape, 1), Activation.NONE),)


def _series(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    """Recurrent layers: LSTM, GRU and their kin."""
    return _unrolled(settings, inputs[0], _units(settings.values))


def _units(values: Any) -> Optional[int]:
    units = whole(values.get("units"))
    return whole(values.get("output_dim")) if units is None else units


def _cells(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    """The layer that runs a cell: its size is the cell's."""
    cell = settings.values.get("cell")
    if isinstance(cell, dict) and cell.get("class_name") == "StackedRNNCells":
        config = cell.get("config")
        cells = config.get("cells") if isinstance(config, dict) else None
        if settings.flag("return_state"):
            return (UNKNOWN,)
        cell = cells[-1] if isinstance(cells, list) and cells else None
    if not isinstance(cell, dict) or not isinstance(cell.get("config"), dict):
        return (UNKNOWN,)
    if cell.get("class_name") not in ("LSTMCell", "GRUCell", "SimpleRNNCell"):
        return (UNKNOWN,)
    return _unrolled(settings, inputs[0], _units(cell["config"]))


def _unrolled(settings: Settings, flow: Flow, units: Optional[int]) -> Sequence[Flow]:
    shape = flow.shape
    if units is None or settings.flag("time_major") or (shape is not None and len(shape) != 3):
        return (UNKNOWN,)
    batch = None if shape is None else shape[0]
    time = None if shape is None else shape[1]
    states = Flow((batch, units), flow.data_type, "NC")
    result = states
    if settings.flag("return_sequences"):
        result = Flow((batch, time, units), flow.data_type, "N?C")
    result = replace(result, activation=settings.activation)
    if not settings.flag("return_state"):
        return (result,)
    return (result, states, states) if "LSTM" in settings.layer.class_name else (result, states)


def _attention(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    """Query and value: as many rows as the query, as wide as the value."""
    if len(inputs) < 2 or call.named.get("return_attention_scores"):
        return (UNKNOWN,)
    query, value = inputs[0].shape, inputs[1].shape
    if not query or not value:
        return (UNKNOWN,)
    return (inputs[0].shaped((*query[:-1], value[-1]), Activation.NONE),)


def _many_headed(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    target, query = settings.values.get("output_shape"), inputs[0].shape
    if call.named.get("return_attention_scores") or not query:
        return (UNKNOWN,)
    if call.positional == () and "query" in call.named:
        return (UNKNOWN,)
    if target is None:
        return (inputs[0].done(),)
    target = [target] if whole(target) is not None else target
    if not isinstance(target, list) or any(whole(size) is None for size in target):
        return (UNKNOWN,)
    return (inputs[0].shaped((*query[:-1], *target), Activation.NONE),)


def _lambda(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    """Somebody's own function: followed only where it does nothing but arithmetic."""
    if len(inputs) == 1 and only_scales(settings.values.get("function")):
        return (inputs[0].done(None),)
    return (UNKNOWN,)


RULES: Dict[str, Rule] = {
    "Lambda": _lambda,
    "Activation": _activation,
    "Softmax": _softmax,
    "Dense": _dense,
    "TimeDistributedDense": _dense,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
    "RepeatVector": _repeat,
    "Embedding": _embedding,
    "Concatenate": _concatenate,
    "Merge": _old_merge,
    "Dot": _dot,
    "RNN": _cells,
    "Attention": _attention,
    "AdditiveAttention": _attention,
    "MultiHeadAttention": _many_headed,
}
_GROUPS: Tuple[Tuple[Rule, str], ...] = (
    (
        _kept,
        "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianNoise "
        "GaussianDropout AlphaDropout ActivityRegularization Identity RandomFlip RandomRotation "
        "RandomZoom RandomTranslation RandomContrast RandomBrightness RandomHue RandomSaturation "
        "RandomShear RandomColorJitter RandomErasing RandomGaussianBlur RandomInvert",
    ),
    (
        _same,
        "ReLU LeakyReLU PReLU ELU ThresholdedReLU BatchNormalization BatchNormalizationV1 "
        "BatchNormalizationV2 SyncBatchNormalization LayerNormalization GroupNormalization "
        "UnitNormalization RMSNormalization Rescaling Normalization Masking",
    ),
    (_merge, "Add Subtract Multiply Average Maximum Minimum"),
    (_series, "LSTM GRU SimpleRNN CuDNNLSTM CuDNNGRU LSTMV1 LSTMV2 GRUV1 GRUV2"),
)
for _rule, _names in _GROUPS:
    for _name in _names.split():
        RULES[_name] = _rule
