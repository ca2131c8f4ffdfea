"""Shape rules: resizing, blocks of pixels, decoding pictures."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ...network.window import same_output, window_output
from ..description import Dims
from .known import Operation, Unclear, product
from .operations_windows import layout_of

Shapes = Sequence[Optional[Dims]]

RESIZES = (
    "ResizeBilinear",
    "ResizeNearestNeighbor",
    "ResizeBicubic",
    "ResizeArea",
    "ScaleAndTranslate",
    "QuantizedResizeBilinear",
)


def _resize(operation: Operation) -> Shapes:
    image = operation.ranked(0, 4)
    sizes = operation.numbers(1)
    height, width = (None, None) if sizes is None else (sizes[0], sizes[1])
    shape = (image[0], height, width, image[3])
    if operation.op == "QuantizedResizeBilinear":
        return (shape, (), ())
    return (shape,)


def _crop_and_resize(operation: Operation) -> Shapes:
    image, boxes = operation.ranked(0, 4), operation.ranked(1, 2)
    sizes = operation.numbers(3)
    height, width = (None, None) if sizes is None else (sizes[0], sizes[1])
    return ((boxes[0], height, width, image[3]),)


def _draw(operation: Operation) -> Shapes:
    return (operation.shape(0),)


def blocks_of(operation: Operation) -> Optional[List[Tuple[int, int, int]]]:
    """Block size, padding or crop before and after of each blocked dimension."""
    if operation.op in ("SpaceToBatch", "BatchToSpace"):
        size = operation.attributes.integer("block_size", 0)
        blocks: Optional[Sequence[int]] = (size, size)
        edges = operation.numbers(1)
    else:
        blocks, edges = operation.numbers(1), operation.numbers(2)
    if blocks is None or edges is None:
        return None
    if len(edges) != 2 * len(blocks) or min(blocks, default=1) < 1:
        raise Unclear
    return list(zip(blocks, edges[::2], edges[1::2]))


def _unknown_of_rank(shape: Dims) -> Dims:
    return (None,) * len(shape)


def _space_to_batch(operation: Operation) -> Shapes:
    shape, blocks = operation.shape(0), blocks_of(operation)
    if shape is None:
        return (None,)
    if blocks is None:
        return (_unknown_of_rank(shape),)
    if len(shape) <= len(blocks):
        raise Unclear
    sizes: List[Optional[int]] = list(shape)
    sizes[0] = product(sizes[0], *(block for block, _, _ in blocks))
    for axis, (block, before, after) in enumerate(blocks, 1):
        size = sizes[axis]
        if size is not None:
            if (size + before + after) % block:
                raise Unclear
            sizes[axis] = (size + before + after) // block
    return (tuple(sizes),)


def _batch_to_space(operation: Operation) -> Shapes:
    shape, blocks = operation.shape(0), blocks_of(operation)
    if shape is None:
        return (None,)
    if blocks is None:
        return (_unknown_of_rank(shape),)
    if len(shape) <= len(blocks):
        raise Unclear
    sizes: List[Optional[int]] = list(shape)
    for axis, (block, before, after) in enumerate(blocks, 1):
        size, batch = sizes[axis], sizes[0]
        if batch is not None:
            if batch % block:
                raise Unclear
            sizes[0] = batch // block
        if size is not None:
            sizes[axis] = size * block - before - after
    return (tuple(sizes),)


def _depth_to_space(operation: Operation) -> Shapes:
    layout = layout_of(operation)
    sizes = list(operation.ranked(0, 4))
    block = operation.attributes.integer("block_size", 0)
    if block < 1:
        raise Unclear
    depth = sizes[layout.channel]
    sizes[layout.channel] = None if depth is None else depth // (block * block)
    for axis in layout.space:
        sizes[axis] = product(sizes[axis], block)
    return (tuple(sizes),)


def _space_to_depth(operation: Operation) -> Shapes:
    layout = layout_of(operation)
    sizes = list(operation.ranked(0, 4))
    block = operation.attributes.integer("block_size", 0)
    if block < 1:
        raise Unclear
    sizes[layout.channel] = product(sizes[layout.channel], block * block)
    for axis in layout.space:
        size = sizes[axis]
        sizes[axis] = None if size is None else size // block
    return (tuple(sizes),)


def _patches(operation: Operation) -> Shapes:
    image = operation.ranked(0, 4)
    attributes = operation.attributes
    kernels, strides, rates = (
        attributes.integers(name) or [] for name in ("ksizes", "strides", "rates")
    )
    if not len(kernels) == len(strides) == len(rates) == 4 or min(strides) < 1:
        raise Unclear
    space = []
    for axis in (1, 2):
        if attributes.text("padding") == "SAME":
            space.append(same_output(image[axis], strides[axis]))
        else:
            space.append(window_output(image[axis], kernels[axis], strides[axis], rates[axis]))
    return ((image[0], *space, product(image[3], kernels[1], kernels[2])),)


def _dilation(operation: Operation) -> Shapes:
    image, kernel = operation.ranked(0, 4), operation.ranked(1, 3)
    strides = operation.attributes.integers("strides") or []
    rates = operation.attributes.integers("rates") or []
    if len(strides) != 4 or len(rates) != 4 or min(strides) < 1:
        raise Unclear
    space = []
    for axis in (1, 2):
        if operation.attributes.text("padding") == "SAME":
            space.append(same_output(image[axis], strides[axis]))
        else:
            space.append(window_output(image[axis], kernel[axis - 1], strides[axis], rates[axis]))
    return ((image[0], *space, image[3]),)


def _decoded(operation: Operation) -> Shapes:
    if operation.op == "DecodeGif":
        return ((None, None, None, 3),)
    channels = operation.attributes.integer("channels", 0)
    return ((None, None, channels or None),)


RULES: Dict[str, Callable[[Operation], Shapes]] = {
    **dict.fromkeys(RESIZES, _resize),
    "CropAndResize": _crop_and_resize,
    "DrawBoundingBoxes": _draw,
    "DrawBoundingBoxesV2": _draw,
    "SpaceToBatchND": _space_to_batch,
    "SpaceToBatch": _space_to_batch,
    "BatchToSpaceND": _batch_to_space,
    "BatchToSpace": _batch_to_space,
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _space_to_depth,
    "ExtractImagePatches": _patches,
    "Dilation2D": _dilation,
    "DecodeJpeg": _decoded,
    "DecodePng": _decoded,
    "DecodeBmp": _decoded,
    "DecodeGif": _decoded,
}
