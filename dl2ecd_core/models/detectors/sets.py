"""Detectors whose boxes, scores, labels and masks are outputs of their own.

Told by shapes: an axis of 4 beside an output with as many rows is a box. By names where shapes
leave a choice, or are not known: those that torchvision, TensorFlow's Object Detection API,
Hugging Face, mmdeploy, Core ML's and TensorRT's suppression give their outputs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, Optional, Sequence, Tuple

from ..description import Activation, Content, Dims, Tensor
from .head import BoxCoding, Columns, DetectorHead, HeadKind, Holds

_WORD = r"(?:^|[^a-z])(?:pred_|det_|raw_|output_|num_)*{}(?:$|[^a-z])"
_BOXES = re.compile(
    _WORD.format(r"(?:detection_|raw_detection_)?(?:boxes|bboxes|bbox|box|dets|coordinates|locs?)")
)
_LABELS = re.compile(
    _WORD.format(r"(?:detection_)?(?:labels?|classes|class_ids?|category_ids?|cls_ids?)")
)
_SCORES = re.compile(
    _WORD.format(r"(?:raw_)?(?:detection_)?(?:scores?|logits|confidences?|probs?|conf)")
)
_MASKS = re.compile(_WORD.format(r"(?:detection_)?(?:masks?|protos?)"))
_TENSORFLOW = re.compile(r"detection_boxes|detection_?postprocess", re.IGNORECASE)
#: Fractions of the tile from the center: Hugging Face's DETR, RF-DETR, Core ML's suppression.
_FROM_CENTER = re.compile(r"pred_boxes|^dets$|coordinates")

_BOX = Columns(Holds.BOX, 4)


@dataclass(frozen=True)
class Contents:
    """What the outputs of a detector hold.

    Attributes
    ----------
    of
        By the output's place in the model.
    head
        How they are read together.
    """

    of: Dict[int, Content]
    head: DetectorHead


Placed = Tuple[int, Tensor]


def separate_outputs(
    outputs: Sequence[Placed], class_count: Optional[int], *, images: bool
) -> Optional[Contents]:
    """What each output of a detector with outputs for boxes holds; None for anything else.

    Parameters
    ----------
    outputs
        Those that are no losses, with their places in the model.
    class_count
        Of names that the model carries.
    images
        Whether the model is known to take images; without that, names alone count.
    """
    for place, boxes in outputs:
        if not _may_be_boxes(boxes) or _LABELS.search(_name(boxes)):
            continue
        others = [other for other in outputs if other[0] != place]
        contents = _beside(boxes, others)
        found = set(contents.values())
        named = bool(_BOXES.search(_name(boxes)))
        finished = Content.LABELS in found and (
            Content.SCORES in found or (named and boxes.shape is not None and boxes.shape[-1] == 5)
        )
        if not named and not images:
            continue
        if finished or (Content.CLASS_SCORES in found and (named or has_rows(boxes))):
            contents[place] = Content.BOXES
            return Contents(contents, _head(boxes, others, contents, class_count, finished))
    return _by_names(outputs)


def _name(tensor: Tensor) -> str:
    return (tensor.name or "").casefold()


def has_rows(tensor: Tensor) -> bool:
    """Whether an output may have a row for each candidate: batch and two more axes, no image."""
    shape, axes = tensor.shape, tensor.axes or "???"
    # One letter may be left of a convolution over the rows, as YOLOv8 has for its boxes.
    image = {"H", "W"} <= set(axes)
    return shape is not None and len(shape) == 3 and axes[0] in "N?" and not image


def _may_be_boxes(tensor: Tensor) -> bool:
    shape = tensor.shape
    if shape is None or (len(shape) != 2 and not has_rows(tensor)):
        return False
    return shape[-1] == 4 or (shape[-1] == 5 and bool(_BOXES.search(_name(tensor))))


def _agree(one: Dims, other: Dims) -> bool:
    """Whether two shapes may be the same; free sizes may be any."""
    return len(one) == len(other) and all(
        None in (mine, its) or mine == its for mine, its in zip(one, other)
    )


def _beside(boxes: Tensor, others: Sequence[Placed]) -> Dict[int, Content]:
    """What the other outputs with as many rows as there are boxes hold."""
    rows = (boxes.shape or ())[:-1]
    contents: Dict[int, Content] = {}
    for place, other in others:
        shape = other.shape
        if shape is None:
            continue
        if _agree(shape, rows):
            contents[place] = _of_rows(other, contents)
        elif len(shape) == len(rows) + 1 and _agree(shape[:-1], rows):
            if not _BOXES.search(_name(other)):
                contents[place] = Content.SCORES if shape[-1] == 1 else Content.CLASS_SCORES
        elif _are_masks(other, shape, rows):
            contents[place] = Content.MASKS
    return contents


def _are_masks(tensor: Tensor, shape: Dims, rows: Dims) -> bool:
    """Whether an output has a raster for each box, or is called masks."""
    if len(shape) == 4 and _MASKS.search(_name(tensor)):
        return True
    return len(shape) in (len(rows) + 2, len(rows) + 3) and _agree(shape[: len(rows)], rows)


def _of_rows(tensor: Tensor, before: Dict[int, Content]) -> Content:
    """A number for each box: its label or its score."""
    name = _name(tensor)
    if _SCORES.search(name):
        return Content.SCORES
    if _LABELS.search(name) or (tensor.data_type or "").lstrip("u").startswith("int"):
        return Content.LABELS
    # TensorFlow Lite's suppression gives boxes, classes, scores, all as floats and without names.
    return Content.SCORES if Content.LABELS in before.values() else Content.LABELS


def _head(
    boxes: Tensor,
    others: Sequence[Placed],
    contents: Dict[int, Content],
    class_count: Optional[int],
    finished: bool,
) -> DetectorHead:
    names = [_name(boxes), *(_name(other) for _, other in others)]
    coding: Optional[BoxCoding] = None
    normalized: Optional[bool] = None
    if any(_TENSORFLOW.search(name) for name in names):
        coding, normalized = BoxCoding.ROWS_FIRST, True
    elif _FROM_CENTER.search(names[0]) and not finished:
        coding, normalized = BoxCoding.CENTER_SIZE, True
    elif finished and _name(boxes) in ("boxes", "dets"):
        coding, normalized = BoxCoding.CORNERS, False
    scored = boxes.shape is not None and boxes.shape[-1] == 5
    masks = Content.MASKS in contents.values()
    return DetectorHead(
        HeadKind.FINISHED if finished else HeadKind.SEPARATE,
        _class_count(others, contents, class_count, finished),
        (_BOX, Columns(Holds.SCORE, 1)) if scored else (),
        columns_axis=len(boxes.shape or ()) - 1 if scored else None,
        box_coding=coding,
        normalized=normalized,
        task="segment" if masks else "detect",
    )


def _class_count(
    others: Sequence[Placed],
    contents: Dict[int, Content],
    named: Optional[int],
    finished: bool,
) -> Optional[int]:
    """The number of classes: of the names, where the scores do not contradict them.

    Labels do not show it. Scores may have one more than there are classes: that there is no object.
    """
    if finished:
        return None
    widths = {
        other.shape[-1]
        for place, other in others
        if contents.get(place) is Content.CLASS_SCORES and other.shape is not None
    }
    if named is not None:
        return named if widths & {named, named + 1, None} else None
    sigmoid = any(
        other.activation is Activation.SIGMOID
        for place, other in others
        if contents.get(place) is Content.CLASS_SCORES
    )
    return widths.pop() if sigmoid and len(widths) == 1 else None


def _by_names(outputs: Sequence[Placed]) -> Optional[Contents]:
    """Outputs that are called boxes, scores and labels, of whatever shape."""
    contents: Dict[int, Content] = {}
    for place, tensor in outputs:
        name = _name(tensor)
        if _MASKS.search(name):
            contents[place] = Content.MASKS
        elif _BOXES.search(name) and (
            tensor.shape is None or not tensor.shape or tensor.shape[-1] in (4, 5, None)
        ):
            contents[place] = Content.BOXES
        elif _SCORES.search(name):
            contents[place] = Content.SCORES
        elif _LABELS.search(name):
            contents[place] = Content.LABELS
    found = set(contents.values())
    if not {Content.BOXES, Content.SCORES, Content.LABELS} <= found:
        return None
    tensorflow = any(_TENSORFLOW.search(_name(tensor)) for _, tensor in outputs)
    return Contents(
        contents,
        DetectorHead(
            HeadKind.FINISHED,
            box_coding=BoxCoding.ROWS_FIRST if tensorflow else None,
            normalized=True if tensorflow else None,
            task="segment" if Content.MASKS in found else "detect",
        ),
    )
