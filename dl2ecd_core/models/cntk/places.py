"""Follows an image's pixels through the network, to tell how much the model crops off its tile."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ...network.footprints import Footprint, merged, model_padding
from .inference import Flow
from .model_graph import Function, Kind, Op, Shape, Variable
from .operations import kernel_shape
from .signal_rules import axes_attribute, integers, slice_ranges, static_axis
from .window_rules import convolution_window, place_after, pooling_window

#: Where width (axis 0) and height (axis 1) lie; empty when no pixel of the image is in it.
Places = Tuple[Optional[Footprint], ...]

_NOWHERE: Places = ()
_LOST: Places = (None, None)


def padding_of(flow: Flow, images: Sequence[Variable], outputs: Sequence[str]) -> Optional[int]:
    """Pixels cropped from each side between the only image input and the only prediction."""
    if len(images) != 1 or len(outputs) != 1:
        return None
    image = images[0]
    shape, result = image.shape, flow.signal(outputs[0]).shape
    if shape is None or result is None or len(shape) != 3 or len(result) not in (2, 3):
        return None
    places = _places(flow, image).get(flow.resolve(outputs[0]), _LOST)
    if len(places) != 2:
        return None
    sizes = [None if size < 0 else size for size in (*shape[:2], *result[:2])]
    return model_padding(sizes[:2], sizes[2:], places)


def _places(flow: Flow, image: Variable) -> Dict[str, Places]:
    places: Dict[str, Places] = {}
    for uid, variable in flow.graph.variables.items():
        places[uid] = _LOST if variable.kind is Kind.PLACEHOLDER else _NOWHERE
    places[image.uid] = (Footprint(), Footprint())
    for function in flow.order:
        if function.op == Op.COMBINE:
            continue
        uids = flow.outputs.get(function.uid, ())
        if function.block is not None:
            inside = flow.outputs.get(function.block.root, ())
            for uid, source in zip(uids, inside):
                places[uid] = places.get(flow.resolve(source), _LOST)
            continue
        operands = [places.get(flow.resolve(uid), _LOST) for uid in function.inputs]
        shapes = [flow.signal(uid).shape for uid in function.inputs]
        result = flow.signals[uids[0]].shape if uids else None
        after = _after(function, operands, shapes, result)
        for uid in uids:
            places[uid] = after
    return places


def _after(
    function: Function,
    operands: List[Places],
    shapes: List[Optional[Shape]],
    result: Optional[Shape],
) -> Places:
    seeing = [place for place in operands if place]
    if not seeing:
        return _NOWHERE
    if result is None or len(result) < 2 or any(shape is None for shape in shapes):
        return _LOST
    known = [shape for shape in shapes if shape is not None]
    if function.op in (Op.CONVOLUTION, Op.POOLING):
        return _after_window(function, operands, known, result)
    if function.op == Op.SLICE:
        return _after_slice(function, operands[0], known[0])
    if function.op == Op.PAD:
        head = integers(function.attributes.get("paddingHead")) or [0, 0]
        return _each(operands[0], lambda axis, place: place.cropped(-head[axis]))
    if function.op == Op.RESHAPE:
        return operands[0] if known[0][:2] == result[:2] else _LOST
    if function.op == Op.REDUCE_ELEMENTS:
        return _after_reduce(function, operands[0], known[0])
    if function.op == Op.TRANSPOSE_AXES:
        return _after_transpose(function, operands[0], known[0])
    if function.op == Op.SPLICE:
        position = static_axis(function.attributes.get("axis"), max(map(len, known)))
        if position is None or position < 2:
            return _LOST
        return _merged(operands, known, result)
    if function.op in _PIXELWISE:
        return _merged(operands, known, result)
    return _LOST


def _each(places: Places, move: Callable[[int, Footprint], Optional[Footprint]]) -> Places:
    return tuple(None if place is None else move(axis, place) for axis, place in enumerate(places))


def _after_window(
    function: Function, operands: List[Places], shapes: List[Shape], result: Shape
) -> Places:
    if function.op == Op.POOLING:
        image, places = shapes[0], operands[0]
        window = pooling_window(image, function.attributes)
    else:
        if len(shapes) < 2 or operands[0]:
            return _LOST
        image, places = shapes[1], operands[1]
        kernel = kernel_shape(function, shapes[0])
        window = convolution_window(kernel, image, function.attributes)
    if window is None or len(image) < 3 or len(places) != 2:
        return _LOST
    return tuple(
        place_after(place, image[axis], result[axis], axis, window)
        for axis, place in enumerate(places)
    )


def _after_slice(function: Function, places: Places, shape: Shape) -> Places:
    ranges = slice_ranges(shape, function.attributes)
    if ranges is None or len(places) != 2:
        return _LOST
    moved = list(places)
    for axis, begin, _, stride in ranges:
        place = moved[axis] if axis < 2 else None
        if axis >= 2 or place is None:
            continue
        if stride < 1 or shape[axis] < 1:
            moved[axis] = None
            continue
        moved[axis] = place.cropped(begin if begin >= 0 else begin + shape[axis]).window(1, stride)
    return tuple(moved)


def _after_reduce(function: Function, places: Places, shape: Shape) -> Places:
    for axis in axes_attribute(function.attributes) or ():
        position = static_axis(axis, len(shape))
        if position is None or position < 2:
            return _LOST
    return places


def _after_transpose(function: Function, places: Places, shape: Shape) -> Places:
    names = ("axis1", "axis2")
    order = function.attributes.get("axisVec")
    if isinstance(order, list):
        positions = [static_axis(axis, len(shape)) for axis in order]
        return places if positions[:2] == [0, 1] else _LOST
    swapped = [static_axis(function.attributes.get(name), len(shape)) for name in names]
    return places if all(axis is not None and axis >= 2 for axis in swapped) else _LOST


def _merged(operands: List[Places], shapes: List[Shape], result: Shape) -> Places:
    """Operands combined pixel by pixel; one that is a single pixel wide covers all."""
    together: List[Optional[Footprint]] = []
    for axis in (0, 1):
        taking = [
            place[axis]
            for place, shape in zip(operands, shapes)
            if place and not (len(shape) <= axis or (shape[axis] == 1 and result[axis] > 1))
        ]
        together.append(merged(taking))
    return tuple(together)


_PIXELWISE = {
    *range(Op.NEGATE, Op.HARDMAX + 1),
    *range(Op.PLUS, Op.GREATER_EQUAL + 1),
    Op.DROPOUT,
    Op.BATCH_NORMALIZATION,
    Op.CLIP,
    Op.SELECT,
    Op.LOG_SOFTMAX,
    Op.LOG_PLUS,
    Op.SIN,
    Op.COS,
    Op.PASS,
    Op.NO_OP,
    Op.STOP_GRADIENT,
    Op.ELU,
    Op.POW,
    Op.STABLE_SIGMOID,
    Op.SINH,
    Op.COSH,
    Op.ASIN,
    Op.ACOS,
    Op.ATANH,
    Op.ASINH,
    Op.CAST,
    Op.STRAIGHT_THROUGH,
    Op.TAN,
    Op.ATAN,
}
