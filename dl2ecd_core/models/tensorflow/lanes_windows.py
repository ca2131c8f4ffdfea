"""Lane rules: convolutions, pooling, resizing, blocks of pixels."""

from __future__ import annotations

from fractions import Fraction
from typing import Dict, List, Optional, Sequence

from ...network.footprints import Footprint, Taps
from ...network.sampling import sampled
from ...network.window import same_padding
from .known import Lane, Operation
from .lane_lines import Lines
from .operations_images import blocks_of
from .operations_windows import (
    CONVOLUTIONS,
    POOLINGS,
    TRANSPOSED,
    Layout,
    Window,
    convolution_kernels,
    layout_of,
    pooling_windows,
    windows,
)

_MODES: Dict[str, str] = {
    "ResizeNearestNeighbor": "nearest",
    "ResizeBilinear": "linear",
    "ResizeBicubic": "cubic",
    "QuantizedResizeBilinear": "linear",
}


def _window(lines: Lines, layout: Layout, moves: Sequence[Window]) -> List[Lane]:
    rank = 2 + len(layout.space)
    lanes = lines.named(lines.of_rank(rank), layout.letters())
    sizes = lines.operation.ranked(0, rank)
    for move, axis in zip(moves, layout.space):
        lane = lanes[axis]
        after = move.footprint(lane.footprint, sizes[axis])
        if after is not lane.footprint:
            lanes[axis] = lane._replace(footprint=after)
    return lanes


def _without_origin(lane: Lane) -> Lane:
    if not lane.origins and lane.footprint is None:
        return lane
    return Lane(lane.letter)


def convolution_lanes(lines: Lines) -> Optional[Sequence[Lane]]:
    rank = CONVOLUTIONS[lines.operation.op]
    layout = layout_of(lines.operation, rank)
    moves = windows(lines.operation, convolution_kernels(lines.operation, rank), layout)
    lanes = _window(lines, layout, moves)
    lanes[layout.channel] = _without_origin(lanes[layout.channel])
    return lanes


def pooling_lanes(lines: Lines) -> Optional[Sequence[Lane]]:
    layout = layout_of(lines.operation, POOLINGS[lines.operation.op])
    return _window(lines, layout, pooling_windows(lines.operation, layout))


def transposed_lanes(lines: Lines) -> Optional[Sequence[Lane]]:
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


def normalisation_lanes(lines: Lines) -> Optional[Sequence[Lane]]:
    rank = 4 if lines.shape is None else len(lines.shape)
    layout = layout_of(lines.operation, rank)
    return lines.named(lines.of_rank(rank), layout.letters())


def bias_lanes(lines: Lines) -> Optional[Sequence[Lane]]:
    lanes = list(lines.lanes())
    first = lines.operation.attributes.text("data_format") == "NCHW" and len(lanes) >= 3
    channel = 1 if first else len(lanes) - 1
    if lanes:
        lanes[channel] = lines.name(lanes[channel], "C")
    return lanes


def resized_lanes(lines: Lines) -> Optional[Sequence[Lane]]:
    lanes = lines.named(lines.of_rank(4), "NHWC")
    sizes = lines.operation.ranked(0, 4)
    for axis in (1, 2):
        footprint = lanes[axis].footprint
        before, after = sizes[axis], None if lines.shape is None else lines.shape[axis]
        # What is moved besides lies wherever its numbers say.
        moved = lines.operation.op == "ScaleAndTranslate"
        if footprint is not None and before and after and not moved:
            factor = Fraction(after, before)
            footprint = footprint.resampled(factor, _taps(lines.operation, factor))
        else:
            footprint = None
        lanes[axis] = lanes[axis]._replace(footprint=footprint)
    return lanes


def _taps(operation: Operation, factor: Fraction) -> Optional[Taps]:
    """Which pixels a pixel is made of; None where the whole size has its part in it.

    tensorflow/core/util/image_resizer_state.h
    """
    attributes = operation.attributes
    mode = _MODES.get(operation.op)
    if mode is None or attributes.flag("align_corners", False):
        return None
    coordinates = "asymmetric"
    if attributes.flag("half_pixel_centers", False):
        coordinates = "tf_half_pixel_for_nn" if mode == "nearest" else "half_pixel"
    return sampled(factor, mode, coordinates, "floor")


def blocked_lanes(lines: Lines) -> Optional[Sequence[Lane]]:
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


def depth_blocks_lanes(lines: Lines) -> Optional[Sequence[Lane]]:
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
