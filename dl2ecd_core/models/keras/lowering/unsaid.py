"""Layers of Keras that can't be said in ONNX's operators here: why, and what comes out of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Optional, Sequence

from ....network.lowering import UNKNOWN_INPUT, NotConvertibleError
from ....network.names import operators
from ....network.shapes import Dims
from ....network.value import NO_MEANING, SCORES, UNKNOWN, Axis, Value
from ..arithmetic import only_scales
from ..config import whole
from .activations import meaning_of
from .step import Rule, Step, rules
from .tensors import Tensor
from .windows import RULES as WINDOWS


def _recurrent(step: Step) -> Sequence[Tensor]:
    """LSTM, GRU and their kin."""
    return _unrolled(step, _units(step.settings.values))


def _units(values: Any) -> Optional[int]:
    units = whole(values.get("units"))
    return whole(values.get("output_dim")) if units is None else units


def _cells(step: Step) -> Sequence[Tensor]:
    """The layer that runs a cell: its size is the cell's."""
    cell: Any = step.settings.values.get("cell")
    if isinstance(cell, dict) and cell.get("class_name") == "StackedRNNCells":
        config = cell.get("config")
        cells = config.get("cells") if isinstance(config, dict) else None
        last = cells[-1] if isinstance(cells, list) and cells else None
        cell = None if step.settings.flag("return_state") else last
    kind, config = (cell.get(key) for key in ("class_name", "config")) if (
        isinstance(cell, dict)
    ) else (None, None)  # fmt: skip
    if not isinstance(config, dict) or kind not in ("LSTMCell", "GRUCell", "SimpleRNNCell"):
        return _unrolled(step, None)
    return _unrolled(step, _units(config))


def _unrolled(step: Step, units: Optional[int]) -> Sequence[Tensor]:
    step.cannot("it goes through a series step by step")
    shape = step.turning.shape(step.inputs[0])
    if units is None or step.settings.flag("time_major") or len(shape or "???") != 3:
        raise NotConvertibleError("what it makes of a series is not known")
    batch, time, _ = shape or (None, None, None)
    meaning = meaning_of(step.settings.values.get("activation"))
    if step.settings.flag("return_sequences"):
        result = step.told((batch, time, units), "N?C", meaning)
    else:
        result = step.told((batch, units), "NC", meaning)
    if not step.settings.flag("return_state"):
        return [result]
    count = 2 if "LSTM" in step.layer.class_name else 1
    return [result, *(step.told((batch, units), "NC", SCORES) for _ in range(count))]


def _convolved_series(spatial: int) -> Rule:
    """A convolution over each image of a series."""

    def rule(step: Step) -> Sequence[Tensor]:
        step.cannot("it goes through a series step by step")
        shape, _ = step.turning.shape(step.inputs[0]), step.channels_first
        if step.settings.flag("return_state") or len(shape or (0,) * (spatial + 3)) != spatial + 3:
            raise NotConvertibleError("what it makes of a series is not known")
        one = step.told(None if shape is None else (shape[0], *shape[2:]))
        (made,) = WINDOWS[f"Conv{spatial}D"](replace(step, inputs=(one,)))
        if not step.settings.flag("return_sequences"):
            return [made]
        value = step.lowering.value(step.plain(made))
        return [_in_series(step, value, None if shape is None else shape[1])]

    return rule


def free_series(values: Sequence[Value], time: Optional[int], step: Step) -> Sequence[Tensor]:
    """A layer for each tensor of a series, of which one is known."""
    step.cannot("the size of its series is not known", UNKNOWN_INPUT)
    return [_in_series(step, value, time) for value in values]


def _in_series(step: Step, value: Value, time: Optional[int]) -> Tensor:
    if not value.shape:
        return step.told(None)
    letters = "".join(axis.letter for axis in (value.axes[0], Axis(), *value.axes[1:]))
    shape = (value.shape[0], time, *value.shape[1:])
    return step.told(shape, letters, value.meaning, value.data_type)


def both_ways(values: Sequence[Value], step: Step) -> Sequence[Tensor]:
    """A series forwards and backwards; what comes out of one way is known."""
    step.cannot("it goes through a series step by step")
    mode = step.settings.values.get("merge_mode", "concat")
    first = values[0] if values else UNKNOWN
    if not first.shape or mode not in ("concat", "sum", "mul", "ave", None):
        raise NotConvertibleError("what it makes of a series is not known")
    states = [*values[1:], *values[1:]]  # forward, then backward
    wide = first.shape[-1]
    if mode == "concat":
        both = replace(first, shape=(*first.shape[:-1], None if wide is None else 2 * wide))
        found = [both, *states]
    elif mode is None:
        found = [first, first, *states]
    else:
        found = [replace(first, meaning=SCORES), *states]
    return [Tensor(step.lowering.stand_in(value)) for value in found]


def new_kernel(made: Sequence[Tensor], step: Step) -> Sequence[Tensor]:
    """A layer whose kernel is worked out anew each time."""
    step.cannot("its kernel is worked out anew each time")
    return made


def _attention(step: Step) -> Sequence[Tensor]:
    """Query and value: as many rows as the query, as wide as the value."""
    step.cannot("attention is not followed here")
    if len(step.inputs) < 2 or step.call.named.get("return_attention_scores"):
        raise NotConvertibleError("what it attends to is not known")
    query, value = (step.shape(tensor) for tensor in step.inputs[:2])
    if not query or not value:
        raise NotConvertibleError("it attends to single numbers")
    return [step.told((*query[:-1], value[-1]), meaning=SCORES)]


def _many_headed(step: Step) -> Sequence[Tensor]:
    step.cannot("attention is not followed here")
    by_name = not step.call.positional and "query" in step.call.named
    query = step.shape(step.inputs[0])
    if step.call.named.get("return_attention_scores") or by_name or not query:
        raise NotConvertibleError("what it attends to is not known")
    target: Any = step.settings.values.get("output_shape")
    if target is None:
        return [step.scores(step.inputs[0])]
    sizes = [whole(size) for size in (target if isinstance(target, list) else [target])]
    if None in sizes:
        raise NotConvertibleError("its 'output_shape' is no size")
    after: Dims = (*query[:-1], *sizes)
    return [step.told(after, meaning=SCORES)]


def _own_function(step: Step) -> Sequence[Tensor]:
    """Somebody's own function: followed only where it does nothing but arithmetic."""
    step.cannot("it runs somebody's own code, which is never run here")
    if len(step.inputs) != 1 or not only_scales(step.settings.values.get("function")):
        raise NotConvertibleError("what it does is not known")
    return [step.meaning(step.x, NO_MEANING)]


def _as_large(reason: str) -> Rule:
    """Values change, sizes don't."""

    def rule(step: Step) -> Sequence[Tensor]:
        step.cannot(reason)
        return [step.scores(step.x)]

    return rule


def _unknown(reason: str) -> Rule:
    def rule(step: Step) -> Sequence[Tensor]:
        raise NotConvertibleError(reason)

    return rule


RULES: Dict[str, Rule] = rules(
    (_recurrent, "LSTM GRU SimpleRNN CuDNNLSTM CuDNNGRU LSTMV1 LSTMV2 GRUV1 GRUV2"),
    (_cells, "RNN"),
    (_unknown("it goes through a series step by step"), "StackedRNNCells"),
    (_attention, "Attention AdditiveAttention"),
    (_many_headed, "MultiHeadAttention"),
    (_unknown("attention is not followed here"), "GroupedQueryAttention"),
    (_own_function, "Lambda"),
    (_as_large("it hides values from the layers behind it"), "Masking"),
    (_as_large("it normalises without taking the mean off"), "RMSNormalization"),
    (_unknown("it takes equations"), "EinsumDense"),
)
RULES.update((f"ConvLSTM{_n}D", _convolved_series(_n)) for _n in (1, 2, 3))

#: Layers that keep sizes, whatever their settings.
AS_LARGE = operators(
    "Softmax ReLU LeakyReLU PReLU ELU ThresholdedReLU BatchNormalization BatchNormalizationV1 "
    "BatchNormalizationV2 SyncBatchNormalization LayerNormalization GroupNormalization "
    "UnitNormalization Rescaling Normalization Masking RMSNormalization"
)


def as_large(step: Step) -> Tensor:
    """What comes out of such a layer where its settings make no sense."""
    kept = NO_MEANING if step.layer.class_name == "Softmax" else SCORES
    return step.meaning(step.inputs[0], kept)
