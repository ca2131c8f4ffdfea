"""A model's facts as people read them, beside its inputs and outputs."""

from __future__ import annotations

from typing import List, Optional, Tuple

from ..findings.wording import counted, printable
from .description import ClassNames, ModelDescription


def facts_of(model: ModelDescription) -> List[Tuple[str, str]]:
    """Names and values of what is known, ready to show."""
    facts: List[Tuple[str, Optional[str]]] = [
        ("Made by", model.producer),
        ("Framework version", model.framework_version),
        ("Parameters", None if model.parameters is None else f"{model.parameters:,}"),
        ("Cropped border", None if model.padding is None else counted(model.padding, "pixel")),
    ]
    return [(name, printable(value)) for name, value in facts if value is not None]


def names_of(model: ModelDescription) -> List[Tuple[str, str]]:
    """Where class names were found in the model, and the first of them."""
    return [
        (found.source, ", ".join(_named(found, place) for place in range(len(found.names[:40]))))
        for found in model.class_names
    ]


def _named(found: ClassNames, place: int) -> str:
    """A name, with its number where the file counts otherwise than from 0."""
    name = printable(found.names[place], 40)
    return f"{found.numbers[place]} {name}" if found.numbers else name
