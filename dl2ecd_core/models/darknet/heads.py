"""Darknet's detection layers: what their channels hold, and whether the layer before gives them.

``parse_yolo``, ``parse_region`` and ``parse_detection`` in src/parser.c of
https://github.com/pjreddie/darknet compare both and stop when they differ.
"""

from __future__ import annotations

from typing import AbstractSet, Iterator, List, Optional, Sequence, Set, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import counted, listed, quoted
from ..detectors.head import CellReading, Columns, DetectorHead, HeadKind, Holds
from .config import Section
from .layers import Layer, Size, input_size

DETECTORS = ("yolo", "gaussian_yolo", "region", "detection")
_DEFAULT_CLASSES = 20


def classes_of(section: Section) -> int:
    """The classes of a detection layer."""
    return section.whole("classes", _DEFAULT_CLASSES if section.kind != "detection" else 1)


def boxes_of(section: Section) -> int:
    """Boxes for each cell: the masks of a [yolo] layer, else its number of anchors."""
    masks = len(section.wholes("mask")) if section.kind in ("yolo", "gaussian_yolo") else 0
    return masks or section.whole("num", 1)


def coordinates_of(section: Section) -> int:
    """Numbers of a box without its objectness."""
    if section.kind == "region":
        return section.whole("coords", 4)
    return 8 if section.kind == "gaussian_yolo" else 4


def channels_of(section: Section) -> int:
    """The channels that a [yolo], [gaussian_yolo] or [region] layer needs."""
    return boxes_of(section) * (classes_of(section) + coordinates_of(section) + 1)


def values_of_cells(section: Section) -> int:
    """The values that a [detection] layer, the first version's, needs."""
    boxes = section.whole("num", 1) * (1 + section.whole("coords", 1))
    cells = max(0, section.whole("side", 7)) ** 2
    return cells * (boxes + section.whole("classes", 1))


def head_of(net: Section, layers: Sequence[Layer]) -> Optional[DetectorHead]:
    """How objects are read from the detection layers; None when there are none, or they differ.

    Parameters
    ----------
    net
        The first section.
    """
    sections = [layer.section for layer in layers if layer.section.kind in DETECTORS]
    # The first version's layer keeps boxes and classes of all cells one behind the other.
    if not sections or any(section.kind == "detection" for section in sections):
        return None
    shapes = {(boxes_of(one), coordinates_of(one), classes_of(one)) for one in sections}
    classes = {shape[2] for shape in shapes}
    if len(shapes) > 1:
        return DetectorHead(HeadKind.GRID, classes.pop() if len(classes) == 1 else None)
    boxes, coordinates, count = shapes.pop()
    box = {4: Holds.BOX, 8: Holds.BOX_AND_DEVIATIONS}.get(coordinates)
    columns = (
        Columns(box or Holds.BOX, coordinates),
        Columns(Holds.OBJECTNESS, 1),
        Columns(Holds.CLASS_SCORES, count),
    )
    anchors, cells = _grids(net, [one for one in layers if one.section.kind in DETECTORS])
    return DetectorHead(
        HeadKind.GRID,
        count,
        columns if box is not None else (),
        columns_axis=1 if box is not None else None,
        anchors=boxes,
        task="detect",
        anchor_sizes=anchors,
        cells=cells if any(cell != CellReading() for cell in cells) else (),
    )


Anchors = Tuple[Tuple[float, float], ...]


def _grids(
    net: Section, layers: Sequence[Layer]
) -> Tuple[Tuple[Anchors, ...], Tuple[CellReading, ...]]:
    """Anchors of detection layers, and how cells are read; nothing where any is not known."""
    anchors: List[Anchors] = []
    cells: List[CellReading] = []
    for layer in layers:
        region = layer.section.kind == "region"
        sizes = _region_sizes(net, layer) if region else _sizes(layer.section)
        if not sizes or not _plain(layer.section):
            return (), ()
        anchors.append(sizes)
        cells.append(_cells_of(layer.section))
    return tuple(anchors), tuple(cells)


def _sizes(section: Section) -> Anchors:
    """The anchors that the masks of a [yolo] or [gaussian_yolo] layer name, in pixels."""
    numbers, masks = section.numbers("anchors"), section.wholes("mask")
    sizes = list(zip(numbers[::2], numbers[1::2]))
    if any(not 0 <= mask < len(sizes) for mask in masks):
        return ()
    return tuple(sizes[mask] for mask in masks)


def _region_sizes(net: Section, layer: Layer) -> Anchors:
    """All anchors of a [region] layer, whose unit is a cell."""
    image, size = input_size(net), layer.size
    numbers = layer.section.numbers("anchors")
    if image is None or size is None or len(numbers) != 2 * boxes_of(layer.section):
        return ()
    wide, high = image[2] / size[2], image[1] / size[1]
    return tuple((one * wide, other * high) for one, other in zip(numbers[::2], numbers[1::2]))


def _plain(section: Section) -> bool:
    """Whether nothing is asked for that is not known here.

    Classes in a tree, and scores of no object among them, in [region]; places that are corners of
    boxes, in [gaussian_yolo].
    """
    special = section.kind == "region" and (section.has("background") or "tree" in section.options)
    return not special and section.text("yolo_point", "center") == "center"


def _cells_of(section: Section) -> CellReading:
    """``make_yolo_layer``, ``forward_yolo_layer`` and their kin in src/ of
    https://github.com/AlexeyAB/darknet, whose lineage adds scale_x_y and new_coords to [yolo].
    """
    if section.kind == "region":
        return CellReading(exclusive=section.has("softmax"))
    activated = section.kind == "yolo" and section.has("new_coords")
    return CellReading(section.number("scale_x_y", 1.0), activated)


def check_heads(
    name: str, sections: Sequence[Section], layers: Sequence[Layer]
) -> Iterator[Finding]:
    """Detection layers that need another number of channels than they get.

    Parameters
    ----------
    name
        Of the configuration's file.
    """
    before: Optional[Size] = input_size(sections[0])
    for number, layer in enumerate(layers):
        section = layer.section
        by_cell = section.kind in ("yolo", "gaussian_yolo", "region")
        if before is not None and by_cell and channels_of(section) != before[0]:
            yield _channels_differ(name, number, section, before[0])
        before = layer.size


def _channels_differ(name: str, number: int, section: Section, given: int) -> Finding:
    boxes, classes, more = boxes_of(section), classes_of(section), coordinates_of(section)
    needed = channels_of(section)
    fitting, rest = divmod(given, boxes)
    trained = (
        f", or classes={fitting - more - 1} if that is what the weights were trained for"
        if not rest and fitting > more + 1
        else ""
    )
    return finding(
        "model-contradicts-itself",
        f"Layer {number}, [{section.kind}], needs {needed} channels, {boxes} x ({classes} classes "
        f"+ {more + 1}), but the layer before it gives {given}: Darknet refuses the network.",
        hint=f"Write filters={needed} in the layer before and train it{trained}.",
        where=Place(file=name),
    )


def unknown_layers(name: str, layers: Sequence[Layer], known: AbstractSet[str]) -> List[Finding]:
    """What is said of layers of a kind whose sizes can't be worked out.

    Parameters
    ----------
    known
        The other kinds.
    """
    kinds: Set[str] = {layer.section.kind for layer in layers if layer.section.kind not in known}
    if not kinds:
        return []
    first = next(index for index, one in enumerate(layers) if one.section.kind in kinds)
    return [
        finding(
            "model-layer-unknown",
            f"The network has {counted(len(kinds), 'kind')} of layers that are not known here: "
            f"{listed(sorted(kinds))}. From layer {first}, {quoted(layers[first].section.kind)}, "
            "on sizes are unknown, and whether the weights are enough is too.",
            hint="Check that the Darknet which runs it has these layers.",
            where=Place(file=name),
        )
    ]
