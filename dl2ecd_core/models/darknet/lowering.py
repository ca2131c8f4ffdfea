"""From a Darknet configuration to a network in ONNX's operators, layer by layer."""

from __future__ import annotations

from functools import partial
from typing import Dict, List, Optional, Sequence, Tuple

from ...network.lowering import Lowering, Network, NotConvertibleError, unknown_operation
from . import arranging, windows
from .config import Section
from .heads import DETECTORS, channels_of, values_of_cells
from .layers import Layer, input_size, is_normalised, weights_of
from .step import Rule, Step, WeightsFile, size_of

#: The name of the input; Darknet has none, this is OpenCV's.
INPUT = "data"
_TRAINING = ("cost", "sse", "dropout")


def _head(step: Step) -> Sequence[str]:
    """A detection layer's values as they come out of the layer before."""
    if step.image()[0] != channels_of(step.section):
        raise NotConvertibleError("it needs another number of channels than it gets")
    return [step.x]


def _cells(step: Step) -> Sequence[str]:
    channels, height, width = step.image()
    count = values_of_cells(step.section)
    if channels * height * width != count:
        raise NotConvertibleError("it needs another number of values than it gets")
    return [step.lowering.add("Reshape", [step.x, step.lowering.constant([0, count, 1, 1])])]


_RULES: Dict[str, Rule] = {
    **windows.RULES,
    **arranging.RULES,
    "yolo": _head,
    "gaussian_yolo": _head,
    "region": _head,
    "detection": _cells,
}
#: Kinds of layers whose sizes can be worked out.
KINDS = frozenset(_RULES)


def ends_of(sections: Sequence[Section]) -> Tuple[int, ...]:
    """Numbers of the layers whose values come out.

    Detection layers; without any, the last layer that is not only for training.
    """
    layers = list(enumerate(sections[1:]))
    detectors = tuple(number for number, section in layers if section.kind in DETECTORS)
    if detectors:
        return detectors
    last = [number for number, section in layers if section.kind not in _TRAINING]
    return tuple(last[-1:])


def name_of(sections: Sequence[Section], number: int) -> str:
    """The name of a layer: its kind and number, as OpenCV has it."""
    return f"{sections[number + 1].kind}_{number}"


def lowered(
    sections: Sequence[Section], file: Optional[WeightsFile] = None
) -> Tuple[List[Layer], Network]:
    """The layers with the sizes of what comes out of them, and their network.

    Parameters
    ----------
    file
        Where the weights lie; None where only sizes are asked for.
    """
    ends = ends_of(sections)
    names = {number: name_of(sections, number) for number in ends}
    lowering = Lowering(reserved=[INPUT, *names.values()])
    image = input_size(sections[0])
    shape = None if image is None else (None, *image)
    x = lowering.input(INPUT, shape, letters="" if image is None else "NCHW")
    values: List[str] = []
    layers: List[Layer] = []
    for number, section in enumerate(sections[1:]):
        step = Step(lowering, section, x, number, values, file)
        before = size_of(lowering.value(x))
        name = name_of(sections, number)
        (x,) = lowering.layer(name, section.kind, partial(_lower, step))
        after = size_of(lowering.value(x))
        count = _count(section, before, after)
        if file is not None:
            file.at = None if file.at is None or count is None else file.at + 4 * count
        values.append(x)
        layers.append(Layer(section, after, count))
    for number, name in names.items():
        size = layers[number].size
        row = size is not None and size[1:] == (1, 1)
        end = lowering.add("Flatten", [values[number]], axis=1) if row else values[number]
        lowering.output(name, end)
    if any(is_normalised(section) for section in sections):
        lowering.note(
            f"Darknet's lineages differ in what they add to a variance before they divide by its "
            f"root; {windows.EPSILON} was taken, as OpenCV takes it."
        )
    return layers, lowering.network()


def _lower(step: Step) -> Sequence[str]:
    rule = _RULES.get(step.section.kind)
    if rule is None:
        raise unknown_operation()
    return rule(step)


def _count(
    section: Section, before: Optional[Tuple[int, int, int]], after: Optional[Tuple[int, int, int]]
) -> Optional[int]:
    """Weights of a layer; None where they are not known."""
    if section.kind not in _RULES:
        return None
    if before is None:
        # A route does not look at the layer before, and keeps nothing.
        return 0 if section.kind == "route" else None
    count = weights_of(section, before, after)
    return None if count is None or count < 0 else count
