"""What a model's outputs hold, and how objects are read from a detector's.

One place for every format: readers give tensors, names and notes; this puts them together.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Optional, Sequence, Tuple

from ..description import Activation, Content, Evidence, ModelDescription, Role, Tensor
from ..export_notes import ExportNotes
from .grid_maps import grid_maps
from .head import BoxCoding, Columns, DetectorHead, HeadKind, Holds
from .rows import Rows, head_of
from .sets import Contents, Placed, has_rows, separate_outputs

#: Formats whose exporters give boxes as fractions of the tile, in some versions.
_MAY_GIVE_FRACTIONS = frozenset({"tflite", "tensorflow-savedmodel", "tensorflow-graphdef"})
_CLASSIFIES = frozenset({"classify", "semantic"})


def with_contents(model: ModelDescription) -> ModelDescription:
    """The description with the content of each output, and with the head of a detector.

    What its reader said of either stays.
    """
    if model.detector is not None:
        return model
    outputs = [
        (place, tensor)
        for place, tensor in enumerate(model.outputs)
        if tensor.role is Role.DATA and tensor.evidence is not Evidence.GUESSED
    ]
    found = _detector(model, outputs)
    contents = _class_contents(model, outputs) if found is None else found.of
    return replace(
        model,
        outputs=tuple(
            replace(tensor, content=contents[place])
            if tensor.content is None and place in contents
            else tensor
            for place, tensor in enumerate(model.outputs)
        ),
        detector=None if found is None else found.head,
    )


def _named_count(model: ModelDescription) -> Optional[int]:
    """How many classes the model names; None without names, or with lists of several lengths."""
    counts = {found.channels for found in model.class_names}
    return counts.pop() if len(counts) == 1 else None


def _tile(model: ModelDescription) -> Optional[Tuple[Optional[int], Optional[int]]]:
    """Rows and columns of the image that the model takes; None when it is known to take none."""
    inputs = [tensor for tensor in model.inputs if tensor.role is Role.DATA]
    for tensor in inputs:
        if {"H", "W"} <= set(tensor.axes or ""):
            return tensor.size_of("H"), tensor.size_of("W")
    for tensor in inputs:
        if tensor.shape is None or len(tensor.shape) == 4:
            return None, None
    return None


def _detector(model: ModelDescription, outputs: Sequence[Placed]) -> Optional[Contents]:
    notes = model.notes or ExportNotes()
    tile = _tile(model)
    if not outputs or notes.task in _CLASSIFIES:
        return None
    named = _named_count(model)
    separate = separate_outputs(outputs, named, images=tile is not None)
    if separate is not None or tile is None:
        return separate
    return (
        _rows(model, outputs, tile, named)
        or _detection_rows(outputs)
        or _suppressed_rows(outputs)
        or grid_maps(outputs, tile, named, notes)
        or _noted(outputs, named, notes)
    )


def _rows(
    model: ModelDescription,
    outputs: Sequence[Placed],
    tile: Tuple[Optional[int], Optional[int]],
    named: Optional[int],
) -> Optional[Contents]:
    """One output with rows of candidates, and perhaps prototypes of masks."""
    threes = [one for one in outputs if has_rows(one[1])]
    fours = [one for one in outputs if one[1].shape is not None and len(one[1].shape) == 4]
    if len(threes) != 1 or (len(fours) != 1 and len(outputs) != 1):
        return None
    place, tensor = threes[0]
    prototypes = _prototypes(fours[0][1]) if len(fours) == 1 else 0
    head = head_of(
        Rows(
            tensor.shape or (),
            tile,
            prototypes,
            named,
            model.notes or ExportNotes(),
            pixels=model.format not in _MAY_GIVE_FRACTIONS,
        )
    )
    if head is None:
        return None
    contents = {place: Content.RAW_DETECTOR_HEAD}
    if head.task == "segment" and fours:
        contents[fours[0][0]] = Content.MASKS
    return Contents(contents, head)


def _suppressed_rows(outputs: Sequence[Placed]) -> Optional[Contents]:
    """``[K, 6]`` and how many of them each image has, as PaddleDetection's suppression gives them.

    Label, score and corners in pixels of the scene: paddle/phi/kernels/multiclass_nms3_kernel.h in
    https://github.com/PaddlePaddle/Paddle .
    """
    rows = [one for one in outputs if len(one[1].shape or ()) == 2 and (one[1].shape or ())[1] == 6]
    counts = [one for one in outputs if len(one[1].shape or ()) == 1]
    if len(outputs) != 2 or len(rows) != 1 or len(counts) != 1:
        return None
    place, tensor = rows[0]
    suppressed = "nms" in (tensor.name or "").casefold()
    if not suppressed or "int" not in (counts[0][1].data_type or ""):
        return None
    columns = (Columns(Holds.LABEL, 1), Columns(Holds.SCORE, 1), Columns(Holds.BOX, 4))
    head = DetectorHead(
        HeadKind.FINISHED,
        columns=columns,
        columns_axis=1,
        box_coding=BoxCoding.CORNERS,
        normalized=False,
        task="detect",
    )
    return Contents({place: Content.RAW_DETECTOR_HEAD}, head)


def _noted(
    outputs: Sequence[Placed], named: Optional[int], notes: ExportNotes
) -> Optional[Contents]:
    """A detector by its exporter's word, whose sizes are free or not those of a known layout."""
    if notes.task is None or any(len(tensor.shape or ()) not in (0, 3, 4) for _, tensor in outputs):
        return None
    head = DetectorHead(
        HeadKind.FINISHED if notes.end_to_end else HeadKind.ROWS,
        None if notes.end_to_end else named,
        task=notes.task,
        image_size=notes.image_size,
    )
    contents = {
        place: Content.MASKS
        if notes.task == "segment" and len(tensor.shape or ()) == 4
        else Content.RAW_DETECTOR_HEAD
        for place, tensor in outputs
    }
    return Contents(contents, head)


def _prototypes(tensor: Tensor) -> int:
    """The number of mask prototypes: the side of the shape that is not rows or columns."""
    sizes = [size for size in (tensor.shape or ())[1:] if size is not None]
    channels = tensor.size_of("C")
    return channels if channels is not None else min(sizes, default=0)


def _detection_rows(outputs: Sequence[Placed]) -> Optional[Contents]:
    """``[1, 1, K, 7]``: image, label, score and corners, as SSD's DetectionOutput gives them."""
    if len(outputs) != 1 or outputs[0][1].shape is None:
        return None
    place, tensor = outputs[0]
    shape = tensor.shape or ()
    if len(shape) != 4 or shape[0] not in (1, None) or shape[1] != 1 or shape[3] != 7:
        return None
    columns = (
        Columns(Holds.BATCH, 1),
        Columns(Holds.LABEL, 1),
        Columns(Holds.SCORE, 1),
        Columns(Holds.BOX, 4),
    )
    head = DetectorHead(
        HeadKind.FINISHED,
        columns=columns,
        columns_axis=3,
        box_coding=BoxCoding.CORNERS,
        normalized=True,
        task="detect",
    )
    return Contents({place: Content.RAW_DETECTOR_HEAD}, head)


def _class_contents(model: ModelDescription, outputs: Sequence[Placed]) -> Dict[int, Content]:
    """What the outputs of a network that gives classes to pixels or tiles hold."""
    contents: Dict[int, Content] = {}
    notes = model.notes or ExportNotes()
    named = _named_count(model)
    queries = _queries(outputs)
    for place, tensor in outputs:
        if place in queries:
            contents[place] = queries[place]
        elif tensor.activation is Activation.ARGMAX:
            contents[place] = Content.LABELS
        elif (
            tensor.activation is Activation.SOFTMAX
            or notes.task in _CLASSIFIES
            or (named is not None and _class_axis(model, tensor) == named)
            or _of_each_pixel(model, tensor)
        ):
            contents[place] = Content.CLASS_SCORES
    return contents


def _class_axis(model: ModelDescription, tensor: Tensor) -> Optional[int]:
    """The length of the class axis; None for rows of what may be candidates."""
    return None if rows_of_candidates(model, tensor) else tensor.size_of("C")


def _queries(outputs: Sequence[Placed]) -> Dict[int, Content]:
    """Scores and masks of queries, as MaskFormer gives them: a mask for each row of scores."""
    by_rank = {len(tensor.shape or ()): (place, tensor) for place, tensor in outputs}
    if len(outputs) != 2 or set(by_rank) != {3, 4}:
        return {}
    (scores, rows), (masks, rasters) = by_rank[3], by_rank[4]
    # A map of classes beside their scores has three axes and four, too.
    if not has_rows(rows) or "C" in (rasters.axes or "")[2:] or not _is_real(rows):
        return {}
    if rows.activation is Activation.ARGMAX or (rows.shape or ())[1] is None:
        return {}
    if (rows.shape or ())[1] != (rasters.shape or ())[1]:
        return {}
    return {scores: Content.CLASS_SCORES, masks: Content.MASKS}


def _is_real(tensor: Tensor) -> bool:
    """Whether the numbers may be scores, and no indices."""
    return tensor.data_type is None or "float" in tensor.data_type


def _of_each_pixel(model: ModelDescription, tensor: Tensor) -> bool:
    """Whether an output of three axes has a row for each pixel of the tile."""
    tile = _tile(model)
    shape = tensor.shape
    if tile is None or shape is None or len(shape) != 3 or tile[0] is None or tile[1] is None:
        return False
    return "C" in (tensor.axes or "") and tile[0] * tile[1] in shape[1:]


def rows_of_candidates(model: ModelDescription, tensor: Tensor) -> bool:
    """Whether an output of three axes may have a row for each candidate of a detector.

    The sizes of such an output do not tell its classes: boxes may stand beside them.
    """
    if not has_rows(tensor):
        return False
    if tensor.content is Content.CLASS_SCORES or tensor.activation in (
        Activation.SOFTMAX,
        Activation.ARGMAX,
    ):
        return False
    return _tile(model) is not None and not _of_each_pixel(model, tensor)
