"""Darknet's detection layers: what their channels hold, and whether the layer before gives them.

``parse_yolo``, ``parse_region`` and ``parse_detection`` in src/parser.c of
https://github.com/pjreddie/darknet compare both and stop when they differ.
"""

from __future__ import annotations

from typing import AbstractSet, Iterator, List, Optional, Sequence, Set, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import counted, listed, quoted
from ..detectors.head import Columns, DetectorHead, HeadKind, Holds
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


def head_of(layers: Sequence[Layer]) -> Optional[DetectorHead]:
    """How objects are read from the detection layers; None when there are none, or they differ."""
    sections = [layer.section for layer in layers if layer.section.kind in DETECTORS]
    # The first version's layer keeps boxes and classes of all cells one behind the other.
    if not sections or any(section.kind == "detection" for section in sections):
        return None
    shapes = {(boxes_of(one), coordinates_of(one), classes_of(one)) for one in sections}
    classes = {shape[2] for shape in shapes}
    if len(shapes) > 1:
        return DetectorHead(HeadKind.GRID, classes.pop() if len(classes) == 1 else None)
    boxes, coordinates, count = shapes.pop()
    columns = (
        Columns(Holds.BOX, coordinates),
        Columns(Holds.OBJECTNESS, 1),
        Columns(Holds.CLASS_SCORES, count),
    )
    return DetectorHead(
        HeadKind.GRID,
        count,
        columns if coordinates == 4 else (),
        columns_axis=1 if coordinates == 4 else None,
        anchors=boxes,
        task="detect",
        anchor_sizes=_anchor_sizes(sections),
    )


def _anchor_sizes(sections: Sequence[Section]) -> Tuple[Tuple[Tuple[float, float], ...], ...]:
    """Of [yolo] layers as the third version reads their cells; empty where any is another.

    Later lineages may stretch places within a cell (scale_x_y), or take values as they are
    (new_coords): https://github.com/AlexeyAB/darknet/blob/master/src/parser.c .
    """
    found: List[Tuple[Tuple[float, float], ...]] = []
    for section in sections:
        numbers = section.wholes("anchors")
        sizes = list(zip(numbers[::2], numbers[1::2]))
        masks = section.wholes("mask")
        plain = section.kind == "yolo" and not {"scale_x_y", "new_coords"} & set(section.options)
        # Sizes with decimals are none that are read here.
        plain = plain and "." not in section.options.get("anchors", "")
        if not plain or not masks or any(not 0 <= mask < len(sizes) for mask in masks):
            return ()
        found.append(tuple((float(sizes[mask][0]), float(sizes[mask][1])) for mask in masks))
    return tuple(found)


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
