"""How objects are read from a model's outputs: as the model tells, and as the person adds.

What the model does not tell is asked for and never guessed: see :func:`reading_of`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import counted, listed, quoted, shape_text
from ...models import Activation, Content, Tensor
from ...models.detectors.head import (
    BoxCoding,
    CellReading,
    Columns,
    DetectorHead,
    HeadKind,
    Holds,
)
from ..extras import RunningRefused

Anchors = Tuple[Tuple[float, float], ...]
#: What ``--head`` names: kind, and what a row holds; scores of classes are as many as classes.
HEADS: Dict[str, Tuple[HeadKind, Tuple[Holds, ...]]] = {
    "yolov5": (HeadKind.ROWS, (Holds.BOX, Holds.OBJECTNESS, Holds.CLASS_SCORES)),
    "yolov8": (HeadKind.ROWS, (Holds.BOX, Holds.CLASS_SCORES)),
    "yolov8-obb": (HeadKind.ROWS, (Holds.BOX, Holds.CLASS_SCORES, Holds.ANGLE)),
    "end-to-end": (HeadKind.FINISHED, (Holds.BOX, Holds.SCORE, Holds.LABEL)),
}
#: What ``--units`` names.
UNITS = {"pixels": False, "fractions": True}
#: What ``--activation`` names: what is still to be done to the scores of classes.
ACTIVATIONS = ("none", "sigmoid", "softmax")
#: What ``--background`` names: which of the scores of classes says that there is no object.
BACKGROUNDS = ("none", "first", "last")
#: What ``--masks`` names: what a mask for each object lies over.
MASKS = ("tile", "box")
#: As many outputs are named in a message.
_MOST = 8


@dataclass(frozen=True)
class AskedReading:
    """What a person says of the outputs; None where the model is to tell.

    Attributes
    ----------
    head
        A key of :data:`HEADS`.
    coding
        What the four numbers of a box are: a value of
        :class:`~dl2ecd_core.models.detectors.head.BoxCoding`.
    units
        A key of :data:`UNITS`.
    first_label
        The label of the first class: 0, or 1 where 0 is background.
    activation
        One of :data:`ACTIVATIONS`.
    background
        One of :data:`BACKGROUNDS`.
    masks
        One of :data:`MASKS`.
    """

    head: Optional[str] = None
    coding: Optional[str] = None
    units: Optional[str] = None
    first_label: Optional[int] = None
    activation: Optional[str] = None
    background: Optional[str] = None
    masks: Optional[str] = None


@dataclass(frozen=True)
class Grid:
    """An output that is a grid of cells.

    Attributes
    ----------
    place
        Which of the session's outputs it is.
    anchors
        Their sizes in pixels.
    cells
        How its cells are read.
    """

    place: int
    anchors: Anchors
    cells: CellReading = field(default_factory=CellReading)


@dataclass(frozen=True)
class Reading:
    """How objects are read, with nothing left open.

    Attributes
    ----------
    kind
        How far the network goes by itself.
    columns
        What a row of the one output holds, in order; empty where all are outputs of their own.
    columns_axis
        Along which axis of that output they lie.
    places
        Which of the session's outputs holds what.
    coding, normalized
        What the four numbers of a box are, and whether fractions of the tile.
    first_label
        The label of the first class.
    activation
        What is still to be done to the scores of classes: one of :data:`ACTIVATIONS`.
    background
        Which of these says that there is no object: one of :data:`BACKGROUNDS`.
    queries
        Whether rows are queries, as DETR and its followers have: each of an object of its own.
    masks
        What a mask for each object lies over: one of :data:`MASKS`; None where its size is to tell.
    grids
        Those of the session's outputs that are grids of cells.
    """

    kind: HeadKind
    columns: Tuple[Columns, ...]
    columns_axis: Optional[int]
    places: Mapping[Content, int]
    coding: BoxCoding
    normalized: bool
    first_label: int = 0
    activation: str = "none"
    background: str = "none"
    queries: bool = False
    masks: Optional[str] = None
    grids: Tuple[Grid, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether nothing is left to suppress within a tile."""
        return self.kind is HeadKind.FINISHED or self.queries

    @property
    def several(self) -> bool:
        """Whether a row may be of several classes, as where each is scored by itself.

        DETR's softmax with a score for no object leaves the best; SSD's leaves each class.
        """
        return self.kind is HeadKind.SEPARATE and not (
            self.queries and self.activation == "softmax"
        )

    def __str__(self) -> str:
        rows = " + ".join(column.holds.value for column in self.columns)
        where = rows or " + ".join(content.value for content in self.places)
        unit = "fractions of the tile" if self.normalized else "pixels"
        return f"{self.kind.value} ({where}), boxes as {self.coding.value} in {unit}"


def reading_of(
    head: Optional[DetectorHead],
    outputs: Sequence[Tensor],
    classes: int,
    asked: AskedReading,
    name: str,
) -> Reading:
    """How objects are read from a model's outputs.

    Parameters
    ----------
    head
        What the model tells; None where it tells nothing.
    outputs
        Of the session.
    classes
        How many classes the definition lists.
    name
        The definition's path, for messages.

    Raises
    ------
    RunningRefused
        ``detector-unknown`` with what has to be said.
    """
    if asked.head is not None:
        head, places = _named(asked.head, outputs, classes, name)
    else:
        places = {
            tensor.content: place
            for place, tensor in reversed(list(enumerate(outputs)))
            if tensor.content is not None
        }
    if head is None or not (_readable(head, places) or _grids(head, outputs)):
        raise RunningRefused([_unknown(head, outputs, name)])
    if head.kind is HeadKind.GRID:
        # What becomes of a cell leaves no choice.
        head = replace(head, box_coding=BoxCoding.CENTER_SIZE, normalized=False)
    coding = head.box_coding if asked.coding is None else BoxCoding(asked.coding)
    normalized = head.normalized if asked.units is None else UNITS[asked.units]
    label = _first_label(head, outputs, places) if asked.first_label is None else asked.first_label
    activation = asked.activation or _activation(head, outputs, places, classes)
    queries = _are_queries(head)
    background = asked.background or _background(head, outputs, places, classes)
    missing = [
        option
        for option, value in (
            ("--boxes (corners, center-size or rows-first)", coding),
            ("--units (pixels or fractions)", normalized),
            ("--first-label (0 or 1)", label),
            ("--activation (none, sigmoid or softmax)", activation),
            ("--background (none, first or last)", background),
        )
        if value is None
    ]
    if coding is None or normalized is None or label is None:
        raise RunningRefused([_incomplete(missing, name)])
    if activation is None or background is None:
        raise RunningRefused([_incomplete(missing, name)])
    return Reading(
        head.kind,
        head.columns,
        head.columns_axis,
        places,
        coding,
        normalized,
        label,
        activation,
        background,
        queries,
        asked.masks or _masks(outputs, places, queries),
        _grids(head, outputs),
    )


def _grids(head: DetectorHead, outputs: Sequence[Tensor]) -> Tuple[Grid, ...]:
    """The outputs that are grids, with their anchors; empty where these are not told."""
    raw = [place for place, one in enumerate(outputs) if one.content is Content.RAW_DETECTOR_HEAD]
    if head.kind is not HeadKind.GRID or len(raw) != len(head.anchor_sizes):
        return ()
    cells = head.cells or (CellReading(),) * len(raw)
    return tuple(Grid(*one) for one in zip(raw, head.anchor_sizes, cells))


def _named(
    asked: str, outputs: Sequence[Tensor], classes: int, name: str
) -> Tuple[DetectorHead, Dict[Content, int]]:
    """The head that a person names, on the output that has its width."""
    kind, row = HEADS[asked]
    columns = tuple(Columns(holds, _width_of(holds, classes)) for holds in row)
    width = sum(column.count or 0 for column in columns)
    for place, tensor in enumerate(outputs):
        shape = tensor.shape or ()
        if len(shape) == 3 and width in shape[1:]:
            axis = 2 if shape[2] == width else 1
            coding = BoxCoding.CENTER_SIZE if kind is HeadKind.ROWS else BoxCoding.CORNERS
            head = DetectorHead(kind, classes, columns, axis, box_coding=coding, normalized=False)
            return head, {Content.RAW_DETECTOR_HEAD: place}
    shapes = listed(shape_text(tensor.shape) for tensor in outputs)
    raise RunningRefused(
        [
            finding(
                "detector-unknown",
                f"No output has rows of {width} numbers, as {asked} would give for "
                f"{counted(classes, 'class', 'classes')}: the outputs are {shapes}.",
                hint="List the classes that the model was trained with, or name another --head.",
                where=Place(file=name),
            )
        ]
    )


def _width_of(holds: Holds, classes: int) -> int:
    return {Holds.BOX: 4, Holds.CLASS_SCORES: classes}.get(holds, 1)


def _readable(head: DetectorHead, places: Mapping[Content, int]) -> bool:
    """Whether objects can be read from such outputs here."""
    held = {column.holds for column in head.columns}
    if head.kind is HeadKind.ROWS:
        return {Holds.BOX, Holds.CLASS_SCORES} <= held and Content.RAW_DETECTOR_HEAD in places
    if head.kind is HeadKind.SEPARATE:
        return {Content.BOXES, Content.CLASS_SCORES} <= set(places)
    if head.kind is HeadKind.FINISHED:
        if Content.RAW_DETECTOR_HEAD in places:
            return {Holds.BOX, Holds.SCORE, Holds.LABEL} <= held
        scored = Content.SCORES in places or Holds.SCORE in held
        return scored and {Content.BOXES, Content.LABELS} <= set(places)
    return False


def _first_label(
    head: DetectorHead, outputs: Sequence[Tensor], places: Mapping[Content, int]
) -> Optional[int]:
    """The label of the first class; None where families differ and nothing tells the family."""
    if head.kind is not HeadKind.FINISHED:
        return 0
    if Content.LABELS not in places:
        # SSD's DetectionOutput alone has a column for the image, and 0 is background there.
        return 1 if head.start_of(Holds.BATCH) is not None else 0
    names = {content: outputs[place].name or "" for content, place in places.items()}
    if names[Content.LABELS] == "detection_classes":
        # TensorFlow's label maps begin with 1.
        return 1
    # mmdeploy's boxes with scores; TensorFlow Lite's suppression.
    postprocessed = "postprocess" in names[Content.BOXES].casefold()
    return 0 if head.columns or postprocessed else None


def _activation(
    head: DetectorHead, outputs: Sequence[Tensor], places: Mapping[Content, int], classes: int
) -> Optional[str]:
    """What is still to be done to scores; None where nothing tells."""
    if head.kind is not HeadKind.SEPARATE:
        return "none"
    scores = outputs[places[Content.CLASS_SCORES]]
    if scores.activation in (Activation.SIGMOID, Activation.SOFTMAX):
        return "none"
    if "logits" in (scores.name or "").casefold():
        # DETR has one more, that there is no object; its followers score each class by itself.
        return "softmax" if (scores.shape or (None,))[-1] == classes + 1 else "sigmoid"
    return None


def said_of_masks(
    reading: Reading, outputs: Sequence[Tensor], tile: Tuple[int, int], name: str
) -> List[Finding]:
    """Of masks over what nothing tells: boxes are given then."""
    told = Holds.MASK_COEFFICIENTS in {column.holds for column in reading.columns}
    if told or reading.masks is not None or Content.MASKS not in reading.places:
        return []
    masks = outputs[reading.places[Content.MASKS]]
    sizes = (masks.shape or ())[-2:]
    if not sizes or None in sizes or sizes == tile:
        return []
    return [
        finding(
            "masks-unknown",
            f"The model gives masks of {shape_text(masks.shape)}, and does not tell whether these "
            "lie over the tile or over boxes: boxes are given.",
            hint=f"Say --masks {' or '.join(MASKS)}: whoever exported the model knows.",
            where=Place(file=name),
        )
    ]


def _are_queries(head: DetectorHead) -> bool:
    """Whether rows are queries: of separate outputs, names alone tell boxes as DETR has them."""
    told = head.box_coding is BoxCoding.CENTER_SIZE and head.normalized
    return head.kind is HeadKind.SEPARATE and bool(told)


def _masks(
    outputs: Sequence[Tensor], places: Mapping[Content, int], queries: bool
) -> Optional[str]:
    """What masks lie over, where names tell: DETR's followers have the tile, TensorFlow boxes."""
    if Content.MASKS not in places:
        return None
    named = outputs[places[Content.MASKS]].name == "detection_masks"
    return "tile" if queries else "box" if named else None


def _background(
    head: DetectorHead, outputs: Sequence[Tensor], places: Mapping[Content, int], classes: int
) -> Optional[str]:
    """Which score of a class more than there are says that there is no object."""
    if head.kind is not HeadKind.SEPARATE:
        return "none"
    width = (outputs[places[Content.CLASS_SCORES]].shape or (None,))[-1]
    if width != classes + 1:
        return "none"
    return "last" if _are_queries(head) else None


def _unknown(head: Optional[DetectorHead], outputs: Sequence[Tensor], name: str) -> Finding:
    found = ", ".join(f"{quoted(one.name)} ({shape_text(one.shape)})" for one in outputs[:_MOST])
    if len(outputs) > _MOST:
        found += f" and {len(outputs) - _MOST} more"
    if head is not None and head.kind is HeadKind.GRID:
        why = "The model gives raw grids, whose boxes need the sizes of its anchors"
    else:
        why = "How objects are read from the model's outputs can't be told"
    return finding(
        "detector-unknown",
        f"{why}: {found}.",
        hint=f"Name the head with --head ({', '.join(HEADS)}), or export the model with its "
        "boxes decoded.",
        where=Place(file=name),
    )


def _incomplete(missing: List[str], name: str) -> Finding:
    return finding(
        "detector-incomplete",
        "The model's boxes, scores and labels are found, but it does not tell all that is needed "
        "to read them.",
        hint=f"Say {listed(missing)}: whoever exported the model knows.",
        where=Place(file=name),
    )
