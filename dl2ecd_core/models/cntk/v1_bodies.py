"""The bodies of a CNTK v1 file's nodes, by kind and version of the format.

Each body is what the node's ``Load`` reads, in the headers of
https://github.com/microsoft/CNTK/tree/master/Source/ComputationNetworkLib; the versions are named
in Source/Common/Include/Constants.h. Axes count from 1 in these files.
"""

from __future__ import annotations

import math
from typing import Dict, List, Tuple

from .model_graph import ALL_AXES, ALL_STATIC_AXES, DYNAMIC_AXIS, INFERRED, Axis, Value
from .v1_cursor import Cursor

#: The attributes that a body holds.
Body = Dict[str, Value]

_CHW = 1
# PoolingType of CNTKLibrary.h; v1 files count from 1.
MAX_POOLING, AVERAGE_POOLING = 0, 1


def times(cursor: Cursor) -> Body:
    """How many axes a product keeps and maps."""
    body: Body = {"outputRank": cursor.size() if cursor.version >= 3 else 1}
    if cursor.version >= 12:
        body["inferInputRankToMap"] = cursor.int32()
    return body


def random(cursor: Cursor) -> Body:
    """The state of a random number generator, of which nothing is kept."""
    if cursor.version == 16:
        # An unsigned long: 8 bytes where Linux wrote it, 4 on Windows; the counter after it is
        # small, so its upper half tells.
        cursor.size("a seed")
        cursor.size("a counter")
    elif cursor.version > 16:
        cursor.size("a seed")
        cursor.size("a counter")
    return {}


def random_sample(cursor: Cursor) -> Body:
    """How many samples are drawn."""
    cursor.flag("whether samples may repeat")
    count = cursor.size("a number of samples")
    random(cursor)
    return {"numSamples": count}


def _window(cursor: Cursor) -> Tuple[Body, bool]:
    """What convolutions and poolings of versions 5 and up share; whether images are CHW."""
    kernel, maps, strides = cursor.shape(), cursor.shape(), cursor.shape()
    sharing = cursor.flags()
    same = cursor.flags()
    lower, upper = cursor.shape(), cursor.shape()
    kind = cursor.int32("a kind of pooling")
    layout = cursor.int32("an image layout")
    cursor.size("a memory limit")
    body: Body = {
        "kernelShape": kernel,
        "mapCount": maps,
        "strides": strides,
        "sharing": list(sharing),
        "autoPadding": list(same),
        "lowerPad": lower,
        "upperPad": upper,
        "poolingType": kind - 1,
    }
    if cursor.version >= 9:
        body["transpose"] = cursor.flag("whether a convolution is transposed")
    if cursor.version >= 20:
        body["outputShape"] = cursor.shape()
    if cursor.version >= 21:
        body["ceilOutDim"] = cursor.flag("whether sizes are rounded up")
    if cursor.version >= 23:
        body["includePad"] = cursor.flag("whether padding counts")
    return body, layout == _CHW


def convolution(cursor: Cursor) -> Body:
    """Kernel, strides and padding of a convolution."""
    if cursor.version < 5:
        return old_convolution(cursor)
    body, chw = _window(cursor)
    body["convolution2D"] = cursor.flag("whether a convolution is two-dimensional")
    if cursor.version >= 18:
        body["dilation"] = cursor.shape()
    return body if chw else {"layout": "HWC"}


def old_convolution(cursor: Cursor) -> Body:
    """The same before version 5: two-dimensional only."""
    width, height = cursor.size("a kernel width"), cursor.size("a kernel height")
    across, down = cursor.size("a stride"), cursor.size("a stride")
    maps, layout = cursor.uint32("a number of maps"), cursor.uint32("an image layout")
    same = cursor.flag("whether a convolution is padded")
    cursor.size("a memory limit")
    if layout != _CHW:
        return {"layout": "HWC"}
    return {
        "kernelShape": (width, height, 1),
        "mapCount": (maps,),
        "strides": (across, down, 1),
        "autoPadding": [same, same, False],
        "lowerPad": (0,),
        "upperPad": (0,),
        "transpose": False,
        "convolution2D": True,
    }


def pooling(cursor: Cursor) -> Body:
    """Window, strides and padding of a pooling."""
    body, chw = _window(cursor)
    body["poolingWindowShape"] = body.pop("kernelShape")
    body["transpose"] = False
    return body if chw else {"layout": "HWC"}


def old_max_pooling(cursor: Cursor) -> Body:
    """The same before version 5, of the largest value."""
    return {**_old_pooling(cursor), "poolingType": MAX_POOLING}


def old_average_pooling(cursor: Cursor) -> Body:
    """The same before version 5, of the mean."""
    return {**_old_pooling(cursor), "poolingType": AVERAGE_POOLING}


def _old_pooling(cursor: Cursor) -> Body:
    width, layout = cursor.uint32("a window width"), cursor.uint32("an image layout")
    height = cursor.size("a window height")
    across, down = cursor.size("a stride"), cursor.size("a stride")
    if layout != _CHW:
        return {"layout": "HWC"}
    return {
        "poolingWindowShape": (width, height, 1),
        "strides": (across, down, 1),
        "autoPadding": [False],
        "lowerPad": (0,),
        "upperPad": (0,),
    }


def unpooling(cursor: Cursor) -> Body:
    """Window, strides and padding of an unpooling."""
    body = _window(cursor)[0]
    body["unpoolingWindowShape"] = body["kernelShape"]
    return body


def roi_pooling(cursor: Cursor) -> Body:
    """The size that regions of interest are pooled to."""
    body: Body = {"roiOutputShape": cursor.shape()}
    if cursor.version >= 26:
        body["poolingType"] = cursor.int32("a kind of pooling") - 1
        body["spatialScale"] = cursor.number(True, "a scale")
    return body


def batch_normalization(cursor: Cursor) -> Body:
    """Whether statistics are those of channels, and what is added to a variance.

    Before version 13 the reciprocal of the standard deviation is kept in place of the variance.
    """
    body: Body = {"inverseDeviation": cursor.version < 13}
    if cursor.version < 6:
        written = cursor.int32("a version")
        cursor.int32("a version")
        cursor.flag("a mode")
        body["spatial"] = cursor.flag("whether a normalization is spatial")
        cursor.number(True)
        if written >= 0x00010002:
            cursor.int32("an image layout")
            cursor.size("a count")
        if written >= 0x00010003:
            body["epsilon"] = cursor.number(True, "an epsilon")
            cursor.flag("an engine")
        return body
    body["spatial"] = cursor.flag("whether a normalization is spatial")
    cursor.number(True)
    cursor.number(True)
    cursor.int32("an image layout")
    # Version 19 wrote whether the count is 0 in place of the count.
    if cursor.version == 19:
        cursor.flag("whether a count is zero")
    else:
        cursor.size("a count")
    body["epsilon"] = cursor.number(True, "an epsilon")
    cursor.flag("an engine")
    return body


def reshape(cursor: Cursor) -> Body:
    """The sizes that replace others, and the axes that they replace."""
    begin, end = cursor.int32("an axis"), cursor.int32("an axis")
    shape = cursor.shape()
    body: Body = {"newShape": tuple(size or INFERRED for size in shape)}
    if begin > 0:
        body["beginAxis"] = Axis(begin - 1)
    if end > 0:
        body["endAxis"] = Axis(end - 1)
    return body


def _axis(number: int) -> Axis:
    special = {0: ALL_STATIC_AXES, -1: ALL_AXES}
    return Axis(special.get(number, number - 1 if number > 0 else DYNAMIC_AXIS))


def reduce(cursor: Cursor) -> Body:
    """The axes that are reduced, and by what."""
    count = cursor.uint32("a number of axes") if cursor.version >= 27 else 1
    if count * 4 > cursor.left:
        raise cursor.damaged(f"The file announces a reduction over {count} axes.")
    axes = [_axis(cursor.int32("an axis")) for _ in range(count)]
    body: Body = {"axisVec": list(axes), "reductionOpName": cursor.text("the name of a reduction")}
    if cursor.version >= 24:
        body["reductionKeepDimensions"] = cursor.flag("whether axes are kept")
    else:
        body["reductionKeepDimensions"] = all(axis.position < ALL_AXES for axis in axes)
    # Where a v2 function is a scalar, a v1 node has one axis.
    body["allAxesShape"] = (1,)
    return body


def row_stack(cursor: Cursor) -> Body:
    """The axis along which operands are joined."""
    return {"axis": _axis(cursor.int32("an axis") if cursor.version >= 3 else 1)}


def slice_(cursor: Cursor) -> Body:
    """Axes, begins, ends and strides of a slice."""
    count = cursor.int32("a number of axes") if cursor.version >= 22 else 1
    if count < 1 or count * 16 > cursor.left:
        raise cursor.damaged(f"The file announces a slice along {count} axes.")
    axes: List[Value] = []
    begins: List[Value] = []
    ends: List[Value] = []
    strides: List[Value] = []
    for _ in range(count):
        begin = cursor.int64("a begin")
        length = cursor.int64("a length")
        axes.append(_axis(cursor.int32("an axis") if cursor.version >= 3 else 1))
        begins.append(begin)
        ends.append(begin + length)
        strides.append(cursor.int32("a stride") if cursor.version >= 27 else 1)
    return {
        "axisVec": axes,
        "beginIndexVec": begins,
        "endIndexVec": ends,
        "sliceStridesVec": strides,
    }


def transpose(cursor: Cursor) -> Body:
    """The two axes that change places, or the order of all, which CNTK 2.7 writes but refuses."""
    first, second = (1, 2)
    if cursor.version >= 3:
        first, second = cursor.int32("an axis"), cursor.int32("an axis")
        if cursor.version >= 25 and first == second == 0:
            # These count from 0.
            return {"axisVec": [Axis(number) for number in cursor.sizes()]}
    return {"axis1": _axis(first), "axis2": _axis(second)}


def rnn_stack(cursor: Cursor) -> Body:
    """Size and direction of a recurrence."""
    bidirectional = cursor.size("a direction") != 0
    cursor.size("a number of layers")
    hidden = cursor.size("a size")
    cursor.text("the kind of a recurrence")
    if cursor.version >= 14:
        cursor.int32("an axis")
    return {"bidirectional": bidirectional, "hiddenSize": hidden}


def named_axis(cursor: Cursor) -> Body:
    """The name of the sequence axis that a node makes."""
    cursor.text("the name of an axis")
    return {}


def where(cursor: Cursor) -> Body:
    """The same, since it is written."""
    return named_axis(cursor) if cursor.version >= 11 else {}


def crop(cursor: Cursor) -> Body:
    """Two offsets; the sizes come from the second operand."""
    offset = [cursor.number(True, "an offset") for _ in range(2)]
    # CNTK writes no number where it works them out itself.
    return {"offset": [int(one) for one in offset]} if all(map(math.isfinite, offset)) else {}


def edit_distance(cursor: Cursor) -> Body:
    """Penalties and tokens."""
    for _ in range(3):
        cursor.number(False, "a penalty")
    cursor.flag("a mode")
    cursor.sizes()
    return {}


def forward_backward(cursor: Cursor) -> Body:
    """A delay and a token."""
    cursor.int32("a delay")
    cursor.size("a token")
    return {}
