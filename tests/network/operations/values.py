"""Operations run on values written down by hand, and what comes out as one line of text."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from dl2ecd_core.network.footprints import Source, at_input
from dl2ecd_core.network.graph import AttributeValue, GivenAttributes, Node
from dl2ecd_core.network.operations import RULES
from dl2ecd_core.network.operations.meaning import meaning_of
from dl2ecd_core.network.operations.step import Step
from dl2ecd_core.network.value import Axis, Kind, Meaning, Value, shaped

#: What is known of no tensor at all.
ANY = Value()


def image(*shape: Optional[int], letters: str = "", name: str = "x", **more: Any) -> Value:
    """An input of floats: each axis is the input's own, and lies over it from the third on."""
    letters = letters or "?" * len(shape)
    axes = [
        Axis(letter, at_input((name, axis)) if axis > 1 else None, (name, axis))
        for axis, letter in enumerate(letters)
    ]
    return shaped(shape, "float32", axes, **more)


def best(*shape: Optional[int]) -> Value:
    """An image of which one number was kept of all channels."""
    axes = [Axis("N"), Axis("?", reduced=True), Axis("H"), Axis("W")]
    return shaped(shape, "float32", axes)


def scores(*shape: Optional[int], kind: Kind = Kind.SCORES, letters: str = "NCHW") -> Value:
    """Numbers that mean something."""
    axes = [Axis(letter) for letter in letters]
    return Value(shape, "float32", tuple(axes), meaning=Meaning(kind))


def weights(*shape: Optional[int], data_type: str = "float32") -> Value:
    """A constant whose numbers are not known."""
    return shaped(shape, data_type, constant=True)


def whole(*numbers: Optional[int], data_type: str = "int64") -> Value:
    """A constant vector."""
    return shaped((len(numbers),), data_type, numbers=numbers, constant=True)


def real(*numbers: float) -> Value:
    """A constant vector of floats."""
    return shaped((len(numbers),), "float32", numbers=numbers, constant=True)


def scalar(number: float, data_type: str = "float32") -> Value:
    """A constant number."""
    return shaped((), data_type, numbers=[number], constant=True)


def stepped(
    op: str,
    inputs: Sequence[Optional[Value]],
    attributes: Dict[str, AttributeValue],
    *,
    opset: int = 13,
    outputs: int = 1,
    domain: str = "",
) -> Step:
    """An operation with its inputs."""
    names = tuple("" if one is None else f"i{index}" for index, one in enumerate(inputs))
    made = tuple(f"o{index}" for index in range(outputs))
    node = Node(op, names, made, GivenAttributes(attributes), domain)
    return Step(node, inputs, opset)


def run(
    op: str, inputs: Sequence[Optional[Value]], attributes: Dict[str, AttributeValue], **more: Any
) -> List[str]:
    """All outputs of an operation, and what it taught about the inputs, if anything."""
    step = stepped(op, inputs, attributes, **more)
    found = [told(value) for value in RULES[op](step)]
    if step.letters:
        found.append(taught(step.letters))
    return found


def meant(
    op: str,
    inputs: Sequence[Optional[Value]],
    attributes: Dict[str, AttributeValue],
    index: int = 0,
    **more: Any,
) -> Tuple[Kind, Optional[int]]:
    """What an output's numbers mean."""
    meaning = meaning_of(stepped(op, inputs, attributes, **more), index)
    return meaning.kind, meaning.classes


def taught(letters: Dict[Source, str]) -> str:
    """What is known of inputs, such as ``x: NC``."""
    names = sorted({name for name, _ in letters})
    return "; ".join(
        f"{name}: {''.join(letter for (one, _), letter in sorted(letters.items()) if one == name)}"
        for name in names
    )


def told(value: Value) -> str:
    """A value as text.

    For each axis its length and letter, ``~`` where it is reduced, ``.2`` where it is the third of
    an input, and ``@2+1/4`` where its pixels are 2 input pixels wide, begin at 1 and come in
    periods of 4; then whether it is constant, the axes that it looks at from end to end, and its
    numbers.
    """
    kind = value.data_type or "?"
    if value.shape is None:
        return f"{kind} of any shape" + (" constant" if value.constant else "")
    axes = []
    for size, axis in zip(value.shape, value.axes):
        text = ("?" if size is None else str(size)) + ("" if axis.letter == "?" else axis.letter)
        text += "~" if axis.reduced else ""
        text += f".{axis.source[1]}" if axis.source is not None else ""
        if axis.footprint is not None:
            place = axis.footprint
            text += f"@{place.scale}{'' if place.start < 0 else '+'}{place.start}"
            text += f"|{'?' if place.alignment is None else place.alignment}"
        axes.append(text)
    parts = [kind, f"({' '.join(axes)})"]
    parts += ["constant"] if value.constant else []
    parts += ["whole " + ",".join(str(axis) for _, axis in sorted(value.whole))] * bool(value.whole)
    if value.numbers is not None:
        parts.append(" ".join("?" if one is None else str(one) for one in value.numbers) or "empty")
    return " ".join(parts)
