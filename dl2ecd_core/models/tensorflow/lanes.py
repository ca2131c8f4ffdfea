"""What each dimension of a tensor stands for, and where its pixels lie over the input tile.

A convolution says which of its input's dimensions are height, width and channels; what stood
before it and after it gets its letters from there.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence

from ..description import Dims
from ..graph.footprint import Footprint, merged
from ..graph.shapes import same_padding
from .known import Known, Lane, Lanes, Letters, Operation, Unclear, axis_of, product
from .operations_arrays import squeezed_axes
from .operations_images import RESIZES, blocks_of
from .operations_math import BROADCAST, REDUCTIONS, UNCHANGED, reduced_axes
from .operations_pieces import concatenation, strided_spans
from .operations_windows import (
    CONVOLUTIONS,
    NORMALISATIONS,
    POOLINGS,
    TRANSPOSED,
    Layout,
    Window,
    convolution_kernels,
    layout_of,
    pooling_windows,
    windows,
)

Rule = Callable[["Lines"], Optional[Sequence[Optional[Lane]]]]


# A tensor made of more inputs than this is not an image with a few layers of data beside it.
_MOST_ORIGINS = 8


class Lines:
    """An operation on its way through the lane rules.

    Parameters
    ----------
    letters
        What is known of the dimensions of the model's inputs; the rules add to it.
    shape
        The shape of the first output.
    """

    __slots__ = ("letters", "operation", "shape")

    def __init__(self, operation: Operation, shape: Optional[Dims], letters: Letters) -> None:
        self.operation = operation
        self.shape = shape
        self.letters = letters

    def lanes(self, index: int = 0) -> Lanes:
        """The lanes of an input, empty ones where nothing is known."""
        known = self.operation.input(index)
        if known.lanes is not None:
            return known.lanes
        return (Lane(),) * (0 if known.shape is None else len(known.shape))

    def of_rank(self, rank: int, index: int = 0) -> Lanes:
        """The lanes of an input that must have this rank."""
        known = self.operation.input(index)
        if known.lanes is None:
            return (Lane(),) * rank
        if len(known.lanes) != rank:
            raise Unclear
        return known.lanes

    def name(self, lane: Lane, letter: str) -> Lane:
        """The lane with its letter; an input that it comes from learns the letter too."""
        if letter == "?":
            return lane
        if lane.letter in (None, letter):
            for origin in lane.origins:
                self.letters.setdefault(origin, letter)
        return lane._replace(letter=letter)

    def named(self, lanes: Lanes, letters: str) -> List[Lane]:
        """Every lane with its letter."""
        return [self.name(lane, letter) for lane, letter in zip(lanes, letters)]


def lanes_after(
    operation: Operation, outputs: Sequence[Known], letters: Letters
) -> List[Optional[Lanes]]:
    """The lanes of an operation's outputs; None where nothing is known."""
    rule = LANES.get(operation.op)
    if rule is None or not outputs:
        return []
    shape = outputs[0].shape
    try:
        lanes = rule(Lines(operation, shape, letters))
    except (Unclear, IndexError):
        return []
    if lanes is None or shape is None or len(lanes) != len(shape):
        return []
    result: Lanes = tuple(Lane() if lane is None else lane for lane in lanes)
    if operation.op in ("Split", "SplitV", "Unpack", "Switch", "RefSwitch"):
        return [result] * len(outputs)
    return [result]


def _passed(lines: Lines) -> Optional[Sequence[Lane]]:
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


def combined(operands: Sequence[Known], rank: int) -> List[Lane]:
    """The lanes of operands that meet element by element."""
    columns: List[List[Lane]] = [[] for _ in range(rank)]
    spread: List[List[Lane]] = [[] for _ in range(rank)]
    for known in operands:
        if known.shape is None or len(known.shape) > rank:
            raise Unclear
        lanes = known.lanes or (Lane(),) * len(known.shape)
        for at, (lane, size) in enumerate(zip(lanes, known.shape), rank - len(known.shape)):
            if size == 1:
                spread[at].append(Lane(lane.letter))
            else:
                columns[at].append(lane)
    return [_meeting(wide or thin) for wide, thin in zip(columns, spread)]


def _meeting(column: List[Lane]) -> Lane:
    """One dimension of several operands; where one lies nobody knows where, nor does the whole."""
    known = {lane.letter for lane in column if lane.letter is not None}
    letter = known.pop() if len(known) == 1 else None
    origins = tuple(dict.fromkeys(origin for lane in column for origin in lane.origins))
    if len(origins) > _MOST_ORIGINS:
        return Lane(letter)
    footprint = merged(lane.footprint for lane in column) if len(origins) == 1 else None
    return Lane(letter, origins, footprint)


def _window(lines: Lines, layout: Layout, moves: Sequence[Window]) -> Optional[List[Lane]]:
    rank = 2 + len(layout.space)
    lanes = lines.named(lines.of_rank(rank), layout.letters())
    sizes = lines.operation.ranked(0, rank)
    for move, axis in zip(moves, layout.space):
        lane = lanes[axis]
        after = None
        if lane.footprint is not None and move.kernel is not None:
            after = lane.footprint.window(
                move.kernel, move.stride, move.dilation, move.pad_before(sizes[axis])
            )
        lanes[axis] = lane._replace(footprint=after)
    return lanes


def _without_origin(lane: Lane) -> Lane:
    return Lane(lane.letter)


def _convolution(lines: Lines) -> Optional[Sequence[Lane]]:
    rank = CONVOLUTIONS[lines.operation.op]
    layout = layout_of(lines.operation, rank)
    moves = windows(lines.operation, convolution_kernels(lines.operation, rank), layout)
    lanes = _window(lines, layout, moves)
    if lanes is not None:
        lanes[layout.channel] = _without_origin(lanes[layout.channel])
    return lanes


def _pooling(lines: Lines) -> Optional[Sequence[Lane]]:
    layout = layout_of(lines.operation, POOLINGS[lines.operation.op])
    return _window(lines, layout, pooling_windows(lines.operation, layout))


def _transposed(lines: Lines) -> Optional[Sequence[Lane]]:
    operation = lines.operation
    rank = TRANSPOSED[operation.op]
    layout = layout_of(operation, rank)
    lanes = lines.named(lines.of_rank(rank, 2), layout.letters())
    moves = windows(operation, convolution_kernels(operation, rank), layout)
    for move, axis in zip(moves, layout.space):
        after = None
        footprint = lanes[axis].footprint
        if footprint is not None and move.kernel is not None:
            before: Optional[int] = move.pads[0] if move.pads else 0
            if move.same:
                size = None if lines.shape is None else lines.shape[axis]
                total = same_padding(size, move.kernel, move.stride, move.dilation)
                # The usual kernels pad alike whatever the size, when it divides by the stride.
                if total is None and size is None:
                    reach = move.dilation * (move.kernel - 1) + 1
                    total = max(0, reach - move.stride)
                before = None if total is None else total // 2
            after = footprint.transposed(move.kernel, move.stride, move.dilation, before)
        lanes[axis] = lanes[axis]._replace(footprint=after)
    lanes[layout.channel] = Lane("C")
    return lanes


def _normalisation(lines: Lines) -> Optional[Sequence[Lane]]:
    rank = 4 if lines.shape is None else len(lines.shape)
    layout = layout_of(lines.operation, rank)
    return lines.named(lines.of_rank(rank), layout.letters())


def _bias(lines: Lines) -> Optional[Sequence[Lane]]:
    lanes = list(lines.lanes())
    first = lines.operation.attributes.text("data_format") == "NCHW" and len(lanes) >= 3
    channel = 1 if first else len(lanes) - 1
    if lanes:
        lanes[channel] = lines.name(lanes[channel], "C")
    return lanes


def _resized(lines: Lines) -> Optional[Sequence[Lane]]:
    lanes = lines.named(lines.of_rank(4), "NHWC")
    sizes = lines.operation.ranked(0, 4)
    for axis in (1, 2):
        footprint = lanes[axis].footprint
        after = None if lines.shape is None else lines.shape[axis]
        lanes[axis] = lanes[axis]._replace(
            footprint=None if footprint is None else footprint.resized(sizes[axis], after)
        )
    return lanes


def _blocked(lines: Lines) -> Optional[Sequence[Lane]]:
    operation = lines.operation
    lanes, blocks = list(lines.lanes()), blocks_of(operation)
    into = operation.op.startswith("SpaceToBatch")
    if blocks is None or len(blocks) >= len(lanes):
        return None
    for axis, (block, before, _) in enumerate(blocks, 1):
        footprint = lanes[axis].footprint
        if footprint is not None:
            if into:
                shifted = footprint.cropped(-before)
                footprint = Footprint(shifted.scale * block, shifted.start)
            else:
                footprint = Footprint(footprint.scale / block, footprint.start).cropped(before)
        lanes[axis] = lanes[axis]._replace(footprint=footprint)
    return lanes


def _depth_blocks(lines: Lines) -> Optional[Sequence[Lane]]:
    operation = lines.operation
    layout = layout_of(operation)
    lanes = lines.named(lines.of_rank(4), layout.letters())
    block = operation.attributes.integer("block_size", 0)
    if block < 1:
        return None
    for axis in layout.space:
        footprint = lanes[axis].footprint
        if footprint is not None:
            factor = footprint.scale / block
            if operation.op == "SpaceToDepth":
                factor = footprint.scale * block
            lanes[axis] = lanes[axis]._replace(footprint=Footprint(factor, footprint.start))
    lanes[layout.channel] = Lane("C")
    return lanes


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
    lanes[axis] = _meeting([lane._replace(footprint=None) for lane in joined_lanes])
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
    **dict.fromkeys(CONVOLUTIONS, _convolution),
    **dict.fromkeys(TRANSPOSED, _transposed),
    **dict.fromkeys(POOLINGS, _pooling),
    **dict.fromkeys(NORMALISATIONS, _normalisation),
    **dict.fromkeys(("BiasAdd", "BiasAddV1"), _bias),
    **dict.fromkeys(RESIZES, _resized),
    **dict.fromkeys(("SpaceToBatchND", "BatchToSpaceND", "SpaceToBatch", "BatchToSpace"), _blocked),
    **dict.fromkeys(("DepthToSpace", "SpaceToDepth"), _depth_blocks),
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
