"""Which axis of a tensor is which: TFLite's operators take NHWC, a transpose may stand before."""

from __future__ import annotations

from typing import List, Optional, Set, Tuple

from .schema import Model, Operator

# Operators that only make sense over NHWC, with the positions of their image inputs.
_OVER_NHWC = {
    1: (0,),  # AVERAGE_POOL_2D
    3: (0,),  # CONV_2D
    4: (0,),  # DEPTHWISE_CONV_2D
    5: (0,),  # DEPTH_TO_SPACE
    17: (0,),  # MAX_POOL_2D
    23: (0,),  # RESIZE_BILINEAR
    26: (0,),  # SPACE_TO_DEPTH
    67: (2,),  # TRANSPOSE_CONV
    97: (0,),  # RESIZE_NEAREST_NEIGHBOR
}
# Operators whose output has the axes of their first input: arithmetic, activations, paddings,
# SOFTMAX, QUANTIZE, DEQUANTIZE, CAST, CONCATENATION.
AS_BEFORE = frozenset(
    tuple(range(18, 22))
    + tuple(range(53, 56))
    + (
        0,
        2,
        6,
        14,
        25,
        28,
        34,
        41,
        42,
        50,
        57,
        60,
        75,
        76,
        78,
        92,
        98,
        100,
        101,
        111,
        114,
        117,
        150,
    )
)
FULLY_CONNECTED, RESHAPE, TRANSPOSE, ARG_MAX, ARG_MIN = 9, 22, 39, 56, 79
_OVER_CLASSES = (25, 50)  # SOFTMAX, LOG_SOFTMAX
_MOST_STEPS = 500

_BY_RANK = {0: "", 2: "NC", 4: "NHWC"}


def input_axes(model: Model, index: int) -> Optional[str]:
    """Axis letters of an input, from what the graph does with it first."""
    shape = model.tensor(index).shape
    if shape is None:
        return None
    if len(shape) == 4:
        return _forward(model, index) or "NHWC"
    if len(shape) == 2:
        # Other rows, of sound or text for example, have no bands.
        return _forward(model, index) or "N?"
    return _by_rank(len(shape))


def output_axes(model: Model, index: int) -> Optional[str]:
    """Axis letters of an output, from what the graph did to it last."""
    shape = model.tensor(index).shape
    if shape is None:
        return None
    if len(shape) == 2 and _is_flattened(model, index):
        return "N?"
    found = _backward(model, index)
    if found is not None and len(found) == len(shape):
        return found
    return _by_rank(len(shape))


def _by_rank(rank: int) -> str:
    return _BY_RANK.get(rank, "?" * rank)


def _forward(model: Model, index: int) -> Optional[str]:
    is_row = len(model.tensor(index).shape or ()) == 2
    seen: Set[int] = {index}
    waiting: List[int] = [index]
    steps = 0
    while waiting and steps < _MOST_STEPS:
        current = waiting.pop(0)
        for operator in model.takers.get(current, ()):
            steps += 1
            if steps > _MOST_STEPS:
                return None
            if not is_row and any(
                place < len(operator.inputs) and operator.inputs[place] == current
                for place in _OVER_NHWC.get(operator.code, ())
            ):
                return "NHWC"
            if operator.code == FULLY_CONNECTED and operator.inputs[:1] == (current,):
                return "NC" if is_row else None
            if operator.code == TRANSPOSE and not is_row:
                return _moved("NHWC", _order(model, operator), back=True)
            if operator.code in AS_BEFORE and operator.outputs:
                following = operator.outputs[0]
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
    return None


def _backward(model: Model, index: int) -> Optional[str]:
    for _ in range(_MOST_STEPS):
        operator = model.makers.get(index)
        if operator is None:
            return None
        if operator.code in _OVER_NHWC:
            return "NHWC"
        if operator.code == TRANSPOSE:
            return _moved(_backward_once(model, operator), _order(model, operator))
        if operator.code in (ARG_MAX, ARG_MIN):
            reduced = reduced_axis(model, operator)
            before = _backward_once(model, operator)
            if reduced is None or before is None:
                return None
            return before[:reduced] + before[reduced + 1 :]
        if operator.code not in AS_BEFORE or not operator.inputs:
            return None
        index = operator.inputs[0]
    return None


def _is_flattened(model: Model, index: int) -> bool:
    """Whether a matrix is an image whose pixels and channels were put into one row."""
    for _ in range(_MOST_STEPS):
        operator = model.makers.get(index)
        if operator is None or not operator.inputs:
            return False
        index = operator.inputs[0]
        if operator.code == RESHAPE:
            before = model.tensor(index).shape if index >= 0 else None
            return before is not None and len(before) == 4 and before[1:3] != (1, 1)
        if operator.code not in AS_BEFORE or operator.code in _OVER_CLASSES:
            return False
    return False


def _backward_once(model: Model, operator: Operator) -> Optional[str]:
    """Axes of an operator's first input where only unchanged ones and NHWC lie before it."""
    for _ in range(_MOST_STEPS):
        if not operator.inputs or operator.inputs[0] not in model.makers:
            return None
        operator = model.makers[operator.inputs[0]]
        if operator.code in _OVER_NHWC:
            return "NHWC"
        if operator.code not in AS_BEFORE:
            return None
    return None


def _order(model: Model, operator: Operator) -> Optional[Tuple[int, ...]]:
    values = model.constant(operator.inputs[1]) if len(operator.inputs) > 1 else None
    return None if values is None else tuple(values)


def _moved(axes: Optional[str], order: Optional[Tuple[int, ...]], back: bool = False) -> str:
    """Axis letters after a transpose, or before it; question marks where unknown."""
    if axes is None or order is None or sorted(order) != list(range(len(axes))):
        return "????"
    if back:
        letters = ["?"] * len(axes)
        for place, origin in enumerate(order):
            letters[origin] = axes[place]
        return "".join(letters)
    return "".join(axes[origin] for origin in order)


def reduced_axis(model: Model, operator: Operator) -> Optional[int]:
    """The axis over which an argmax looks, counted from the front."""
    values = model.constant(operator.inputs[1], 1) if len(operator.inputs) > 1 else None
    shape = model.tensor(operator.inputs[0]).shape if operator.inputs else None
    if not values or shape is None or not -len(shape) <= values[0] < len(shape):
        return None
    return values[0] % len(shape)
