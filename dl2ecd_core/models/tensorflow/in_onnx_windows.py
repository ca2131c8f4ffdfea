"""Convolutions, pooling, resizing and blocks of pixels in ONNX's operators.

Images mostly have their channels last, ONNX's first: they are turned around and back.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ...network.following import NotFollowedError
from ...network.graph import AttributeValue
from .in_onnx_task import Task

_Outputs = Sequence[str]
_FIRST, _LAST = (0, 3, 1, 2), (0, 2, 3, 1)
_FAR = 1 << 31


def _is_last(task: Task) -> bool:
    """Whether channels are the last axis."""
    layout = task.options.text("data_format") or "NHWC"
    if layout not in ("NHWC", "NCHW"):
        raise NotFollowedError
    return layout == "NHWC"


def _image(task: Task, index: int = 0) -> str:
    """An image with its channels first."""
    name = task.input(index)
    if len(task.following.shape(name)) != 4:
        raise NotFollowedError
    return task.add("Transpose", [name], perm=_FIRST) if _is_last(task) else name


def _back(task: Task, name: str) -> str:
    """An image with its channels where they were."""
    return task.add("Transpose", [name], perm=_LAST) if _is_last(task) else name


def _in_space(task: Task, numbers: Optional[Sequence[int]]) -> Tuple[int, int]:
    """Of numbers for all axes those for rows and columns; batch and channels have 1."""
    if not numbers:
        return 1, 1
    if len(numbers) != 4:
        raise NotFollowedError
    batch, *rest = numbers
    *space, channels = rest if _is_last(task) else (*rest[1:], rest[0])
    if batch != 1 or channels != 1 or min(space) < 1:
        raise NotFollowedError
    return space[0], space[1]


def _pads(task: Task) -> Dict[str, Optional[AttributeValue]]:
    """The padding in ONNX's words."""
    padding = task.options.text("padding")
    if padding == "VALID":
        return {"auto_pad": "VALID"}
    if task.spread != (1, 1):
        # What is laid around pieces of an image lies between their pixels in the whole one.
        raise NotFollowedError
    if padding == "SAME":
        return {"auto_pad": "SAME_UPPER"}
    top, bottom, left, right = _explicit(task)
    return {"pads": (top, left, bottom, right)}


def _explicit(task: Task) -> Tuple[int, int, int, int]:
    """Explicit padding: above, below, to the left, to the right."""
    numbers = task.options.integers("explicit_paddings") or ()
    if task.options.text("padding") != "EXPLICIT" or len(numbers) != 8:
        raise NotFollowedError
    first = 2 if _is_last(task) else 4
    top, bottom, left, right = numbers[first : first + 4]
    return top, bottom, left, right


def _moved(task: Task) -> Dict[str, Optional[AttributeValue]]:
    """How a window moves."""
    strides = _in_space(task, task.options.integers("strides"))
    dilations = _in_space(task, task.options.integers("dilations"))
    if task.spread != (1, 1) and strides != (1, 1):
        raise NotFollowedError
    spread = tuple(one * apart for one, apart in zip(dilations, task.spread))
    return {"strides": strides, "dilations": spread, **_pads(task)}


def _convolution(task: Task) -> _Outputs:
    task.constant_from(2)
    kernel = task.add("Transpose", [task.input(1)], perm=(3, 2, 0, 1))
    return [_back(task, task.add("Conv", [_image(task), kernel], **_moved(task)))]


def _depthwise(task: Task) -> _Outputs:
    """Each channel by itself becomes several."""
    task.constant_from(2)
    sizes = task.following.shape(task.input(1))
    if len(sizes) != 4 or None in sizes[:2]:
        raise NotFollowedError
    turned = task.add("Transpose", [task.input(1)], perm=(2, 3, 0, 1))
    kernel = task.add("Reshape", [turned, task.following.numbers((-1, 1, *sizes[:2]))])
    return [_back(task, task.add("Conv", [_image(task), kernel], **_moved(task)))]


def _transposed(task: Task) -> _Outputs:
    """What a convolution from its result to the image would have been."""
    task.constant_from(3)
    image, sizes = _image(task, 2), task.some_numbers(0)
    kernel = task.add("Transpose", [task.input(1)], perm=(3, 2, 0, 1))
    strides = _in_space(task, task.options.integers("strides"))
    dilations = _in_space(task, task.options.integers("dilations"))
    if len(sizes) != 4:
        raise NotFollowedError
    targets = sizes[1:3] if _is_last(task) else sizes[2:]
    before: List[int] = []
    after: List[int] = []
    extra: List[int] = []
    for axis in (0, 1):
        size, target = task.following.shape(image)[axis + 2], targets[axis]
        length = task.following.shape(kernel)[axis + 2]
        if size is None or target is None or length is None:
            raise NotFollowedError
        whole = (size - 1) * strides[axis] + dilations[axis] * (length - 1) + 1
        cut = 0
        if task.options.text("padding") == "SAME":
            cut = max(whole - target, 0) // 2
        elif task.options.text("padding") != "VALID":
            cut = _explicit(task)[2 * axis]
        before.append(cut)
        after.append(max(whole - target - cut, 0))
        extra.append(max(target - whole + cut, 0))
    made = task.add(
        "ConvTranspose",
        [image, kernel],
        strides=strides,
        dilations=dilations,
        pads=(*before, *after),
        output_padding=tuple(extra),
    )
    return [_back(task, made)]


def _pooling(task: Task) -> _Outputs:
    options = task.options
    kernel, moved = options.integers("ksize"), _moved(task)
    if task.op == "MaxPoolV2":
        kernel = task.numbers(1)
        moved = {**moved, "strides": _in_space(task, task.numbers(2))}
    if not kernel:
        raise NotFollowedError
    op = "AveragePool" if task.op == "AvgPool" else "MaxPool"
    made = task.add(op, [_image(task)], kernel_shape=_in_space(task, kernel), **moved)
    return [_back(task, made)]


#: Kinds of interpolation in ONNX's words.
_MODES = {"ResizeNearestNeighbor": "nearest", "ResizeBilinear": "linear", "ResizeBicubic": "cubic"}


def _resize(task: Task) -> _Outputs:
    """https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/image_resizer_state.h"""
    image, mode = task.input(0), _MODES[task.op]
    if len(task.following.shape(image)) != 4:
        raise NotFollowedError
    coordinates = "asymmetric"
    if task.options.flag("align_corners"):
        coordinates = "align_corners"
    elif task.options.flag("half_pixel_centers"):
        coordinates = "tf_half_pixel_for_nn" if mode == "nearest" else "half_pixel"
    made = task.add(
        "Resize",
        [image, "", "", task.input(1)],
        axes=(1, 2),
        mode=mode,
        coordinate_transformation_mode=coordinates,
        nearest_mode="floor",
    )
    return [made]


def _depth_blocks(task: Task) -> _Outputs:
    size = task.options.integer("block_size", 0)
    return [_back(task, task.add(task.op, [_image(task)], blocksize=size))]


CUTTING = ("SpaceToBatch", "SpaceToBatchND")
JOINING = ("BatchToSpace", "BatchToSpaceND")
#: Operations that may stand between both: a convolution of pixels that lie apart is made so.
SPREADING = ("Conv2D", "DepthwiseConv2dNative")


def _blocks(task: Task) -> Tuple[Tuple[int, int], Tuple[Optional[int], ...]]:
    """Block sizes, and edges before and after rows and columns."""
    if len(task.following.shape(task.input(0))) != 4:
        raise NotFollowedError
    if task.op.endswith("ND"):
        blocks, edges = task.numbers(1), task.some_numbers(2)
    else:
        blocks, edges = (task.options.integer("block_size", 0),) * 2, task.some_numbers(1)
    if len(blocks) != 2 or len(edges) != 4 or min(blocks) < 1:
        raise NotFollowedError
    return (blocks[0], blocks[1]), edges


def cut(task: Task, *, fixed: bool) -> Tuple[_Outputs, Tuple[int, int]]:
    """An image cut into several, of which each has every so many pixels of it.

    It is followed as the one that it was, with what is laid around it.

    Parameters
    ----------
    fixed
        Whether that is as much for an image of any size: then only some can be cut.
    """
    blocks, (top, bottom, left, right) = _blocks(task)
    pads = task.following.numbers((0, top, left, 0, 0, bottom, right, 0))
    image = task.input(0)
    if fixed:
        image = task.following.in_multiples(image, {1: blocks[0], 2: blocks[1]})
    return [task.add("Pad", [image, pads])], blocks


def joined(task: Task, spread: Tuple[int, int]) -> _Outputs:
    """The same image in one piece again."""
    blocks, (top, bottom, left, right) = _blocks(task)
    if blocks != spread:
        raise NotFollowedError
    starts = task.following.numbers((top, left))
    ends = task.following.numbers(
        [None if one is None else -one or _FAR for one in (bottom, right)]
    )
    return [task.add("Slice", [task.input(0), starts, ends, task.following.numbers((1, 2))])]


RULES: Dict[str, Callable[[Task], _Outputs]] = {
    **dict.fromkeys(_MODES, _resize),
    **dict.fromkeys(("MaxPool", "MaxPoolV2", "AvgPool", "MaxPoolWithArgmax"), _pooling),
    **dict.fromkeys(("SpaceToDepth", "DepthToSpace"), _depth_blocks),
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _depthwise,
    "Conv2DBackpropInput": _transposed,
}
