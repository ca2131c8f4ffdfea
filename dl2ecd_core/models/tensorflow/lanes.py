"""What each dimension of a tensor stands for, and where its pixels lie over the input tile.

A convolution says which of its input's dimensions are height, width and channels; what stood
before it and after it gets its letters from there.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence

from ..description import Dims
from .known import Lane, Lanes, Letters, Operation, Unclear, axis_of, product
from .lane_lines import Lines, combined, meeting
from .lanes_windows import (
    bias_lanes,
    blocked_lanes,
    convolution_lanes,
    depth_blocks_lanes,
    normalisation_lanes,
    pooling_lanes,
    resized_lanes,
    transposed_lanes,
)
from .operations_arrays import squeezed_axes
from .operations_images import RESIZES
from .operations_math import BROADCAST, REDUCTIONS, UNCHANGED, reduced_axes
from .operations_pieces import concatenation, strided_spans
from .operations_windows import CONVOLUTIONS, NORMALISATIONS, POOLINGS, TRANSPOSED

Rule = Callable[[Lines], Optional[Sequence[Optional[Lane]]]]

_NOTHING = Lane()


#: Operations all of whose outputs have the lanes of the first.
SAME_LANES = frozenset(("Split", "SplitV", "Unpack", "Switch", "RefSwitch"))


def lanes_after(operation: Operation, shape: Optional[Dims], letters: Letters) -> Optional[Lanes]:
    """The lanes of an operation's first output, of this shape; None where nothing is known."""
    rule = LANES.get(operation.op)
    if rule is None:
        return None
    try:
        lanes = rule(Lines(operation, shape, letters))
    except (Unclear, IndexError):
        return None
    if lanes is None or shape is None or len(lanes) != len(shape):
        return None
    if isinstance(lanes, tuple):
        return lanes
    return tuple(_NOTHING if lane is None else lane for lane in lanes)


def _passed(lines: Lines) -> Lanes:
    return lines.lanes()


def _softmax(lines: Lines) -> Optional[Sequence[Lane]]:
    lanes = list(lines.lanes())
    if lanes and lanes[-1].letter is None:
        lanes[-1] = lanes[-1]._replace(letter="C")
    return lanes


def _together(lines: Lines) -> Optional[Sequence[Lane]]:
    if lines.shape is None:
        return None
    return combined([lines.operation.input(index) for index in (0, 1)], len(lines.shape))


def _all_together(lines: Lines) -> Optional[Sequence[Lane]]:
    if lines.shape is None:
        return None
    return combined(lines.operation.inputs, len(lines.shape))


def _second_and_third(lines: Lines) -> Optional[Sequence[Lane]]:
    if lines.shape is None:
        return None
    return combined([lines.operation.input(1), lines.operation.input(2)], len(lines.shape))


def _cropped(lane: Lane, before: Optional[int]) -> Lane:
    if lane.footprint is None or before is None:
        return lane._replace(footprint=None)
    return lane._replace(footprint=lane.footprint.cropped(before))


def _padded(lines: Lines) -> Optional[Sequence[Lane]]:
    lanes, pads = lines.lanes(), lines.operation.numbers(1)
    if pads is None or len(pads) != 2 * len(lanes):
        return [lane._replace(footprint=None) for lane in lanes]
    return [_cropped(lane, -before) for lane, before in zip(lanes, pads[::2])]


def _strided_slice(lines: Lines) -> Optional[Sequence[Lane]]:
    shape = lines.operation.shape(0)
    spans = None if shape is None else strided_spans(lines.operation, shape)
    if spans is None:
        return None
    lanes = lines.lanes()
    result: List[Lane] = []
    for span in spans:
        if span.dropped:
            continue
        if span.axis is None:
            result.append(Lane())
            continue
        lane = lanes[span.axis]
        if span.stride != 1:
            lane = lane._replace(footprint=None)
        if span.size is not None and shape is not None and span.size != shape[span.axis]:
            # A part of the channels does not tell how many channels the input has.
            lane = lane._replace(origins=lane.origins if lane.letter != "C" else ())
        result.append(_cropped(lane, span.begin))
    return result


def _slice(lines: Lines) -> Optional[Sequence[Lane]]:
    lanes, begins = lines.lanes(), lines.operation.numbers(1)
    if begins is None or len(begins) != len(lanes):
        return [lane._replace(footprint=None) for lane in lanes]
    return [_cropped(lane, begin) for lane, begin in zip(lanes, begins)]


def _concat(lines: Lines) -> Optional[Sequence[Lane]]:
    axis, joined = concatenation(lines.operation)
    if axis is None or lines.shape is None:
        return None
    rank = len(lines.shape)
    axis = axis_of(axis, rank)
    parts = [lines.operation.input(index) for index in joined]
    lanes = combined([part for part in parts if part.shape is not None], rank)
    if any(part.shape is None for part in parts):
        lanes = [lane._replace(footprint=None) for lane in lanes]
    joined_lanes = [lane for part in parts for lane in (part.lanes or ())[axis : axis + 1]]
    lanes[axis] = meeting([lane._replace(footprint=None) for lane in joined_lanes])
    return lanes


def _split(lines: Lines) -> Optional[Sequence[Lane]]:
    by_sizes = lines.operation.op == "SplitV"
    lanes = list(lines.lanes(0 if by_sizes else 1))
    axis = lines.operation.number(2 if by_sizes else 0)
    if axis is None or not lanes:
        return None
    axis = axis_of(axis, len(lanes))
    if lines.operation.attributes.integer("num_split", 0) != 1:
        lanes[axis] = Lane(lanes[axis].letter)
    return lanes


def _turned(lines: Lines) -> Optional[Sequence[Lane]]:
    lanes, order = lines.lanes(), lines.operation.numbers(1)
    if order is None or len(order) != len(lanes):
        return None
    return [lanes[axis] for axis in order]


def _reduced(lines: Lines) -> Optional[Sequence[Lane]]:
    lanes, axes = lines.lanes(), reduced_axes(lines.operation)
    if axes is None:
        return None
    if lines.operation.attributes.flag("keep_dims"):
        return [Lane(lane.letter) if axis in axes else lane for axis, lane in enumerate(lanes)]
    return [lane for axis, lane in enumerate(lanes) if axis not in axes]


def _arg_extreme(lines: Lines) -> Optional[Sequence[Lane]]:
    lanes, axis = lines.lanes(), lines.operation.number(1)
    if axis is None or not lanes:
        return None
    axis = axis_of(axis, len(lanes))
    lines.name(lanes[axis], "C")
    return [lane for at, lane in enumerate(lanes) if at != axis]


def _inserted(lines: Lines) -> Optional[Sequence[Lane]]:
    operation = lines.operation
    lanes = list(lines.lanes())
    axis = (
        operation.attributes.integer("axis", 0) if operation.op == "Pack" else operation.number(1)
    )
    if axis is None:
        return None
    if operation.op == "Pack" and lines.shape is not None:
        lanes = combined(operation.inputs, len(lines.shape) - 1)
    lanes.insert(axis_of(axis, len(lanes) + 1), Lane())
    return lanes


def _dropped(lines: Lines) -> Optional[Sequence[Lane]]:
    operation = lines.operation
    lanes = lines.lanes()
    if operation.op == "Unpack":
        axes: Optional[List[int]] = [axis_of(operation.attributes.integer("axis", 0), len(lanes))]
    else:
        axes = squeezed_axes(operation)
    if axes is None:
        return None
    return [lane for axis, lane in enumerate(lanes) if axis not in axes]


def _matrix_product(lines: Lines) -> Optional[Sequence[Lane]]:
    if lines.operation.attributes.flag("transpose_a"):
        return None
    rows = lines.named(lines.of_rank(2), "NC")
    return [rows[0], Lane("C")]


def _batched_product(lines: Lines) -> Optional[Sequence[Lane]]:
    lanes = lines.lanes()
    weights = lines.operation.shape(1)
    if weights is None or lines.operation.attributes.flag("adj_x") or not lanes:
        return None
    return [*(Lane(lane.letter) for lane in lanes[:-1]), Lane()]


def _reshaped(lines: Lines) -> Optional[Sequence[Lane]]:
    """Leading and trailing dimensions that stay what they were."""
    before, after = lines.operation.shape(0), lines.shape
    if before is None or after is None:
        return None
    lanes, result = lines.lanes(), [Lane() for _ in after]
    kept = 0
    while kept < min(len(before), len(after)):
        size = before[-1 - kept]
        if size is None or size != after[-1 - kept] or size == 1:
            break
        result[-1 - kept] = lanes[-1 - kept]
        kept += 1
    if before and after and kept < min(len(before), len(after)):
        rest = product(*before[1:])
        if rest and rest == product(*after[1:]):
            result[0] = lanes[0]
    return result


LANES: Dict[str, Rule] = {
    **dict.fromkeys(UNCHANGED - {"ReverseV2", "Reverse", "Roll", "Cumsum", "Cumprod"}, _passed),
    **dict.fromkeys(("Switch", "RefSwitch", "EnsureShape", "PlaceholderWithDefault"), _passed),
    **dict.fromkeys(BROADCAST, _together),
    **dict.fromkeys(("AddN", "AccumulateNV2", "Merge", "RefMerge"), _all_together),
    **dict.fromkeys(("Select", "SelectV2"), _second_and_third),
    **dict.fromkeys(CONVOLUTIONS, convolution_lanes),
    **dict.fromkeys(TRANSPOSED, transposed_lanes),
    **dict.fromkeys(POOLINGS, pooling_lanes),
    **dict.fromkeys(NORMALISATIONS, normalisation_lanes),
    **dict.fromkeys(("BiasAdd", "BiasAddV1"), bias_lanes),
    **dict.fromkeys(RESIZES, resized_lanes),
    **dict.fromkeys(("SpaceToBatchND", "BatchToSpaceND"), blocked_lanes),
    **dict.fromkeys(("SpaceToBatch", "BatchToSpace"), blocked_lanes),
    **dict.fromkeys(("DepthToSpace", "SpaceToDepth"), depth_blocks_lanes),
    **dict.fromkeys(("Pad", "PadV2", "MirrorPad"), _padded),
    **dict.fromkeys(REDUCTIONS, _reduced),
    **dict.fromkeys(("ArgMax", "ArgMin"), _arg_extreme),
    **dict.fromkeys(("MatMul", "_FusedMatMul", "QuantizedMatMul"), _matrix_product),
    **dict.fromkeys(("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), _batched_product),
    **dict.fromkeys(("Transpose", "ConjugateTranspose"), _turned),
    **dict.fromkeys(("ExpandDims", "Pack"), _inserted),
    **dict.fromkeys(("Squeeze", "Unpack"), _dropped),
    **dict.fromkeys(("Concat", "ConcatV2"), _concat),
    **dict.fromkeys(("Split", "SplitV"), _split),
    "StridedSlice": _strided_slice,
    "Slice": _slice,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "Reshape": _reshaped,
}
