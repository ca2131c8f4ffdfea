"""A model's facts as people read them, beside its inputs and outputs."""

from __future__ import annotations

from typing import List, Optional, Tuple

from ..findings.wording import counted, printable
from .description import ModelDescription


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
        (found.source, ", ".join(printable(name, 40) for name in found.names[:40]))
        for found in model.class_names
    ]
