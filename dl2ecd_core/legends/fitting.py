"""A legend beside a model: what the class information takes from it, and how far the two fit."""

from __future__ import annotations

from typing import Dict, List, Sequence, Tuple

from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import counted, quoted
from ..fit.class_output import classes_of, find_class_output
from ..models import ModelDescription
from ..palette import colors_for
from .description import Legend, LegendClass


def findings_about(model: ModelDescription, legend: Legend) -> Tuple[Finding, ...]:
    """What the person must know when the legend's classes become the model's."""
    findings = list(legend.findings)
    place = Place(file=legend.file)
    count, known = len(legend.classes), classes_of(model)
    values = [item.value for item in legend.classes]
    if known is not None and find_class_output(model, values) is None:
        findings.append(
            finding(
                "legend-count-differs",
                f"{quoted(legend.file, 400)} ({legend.kind}) lists "
                f"{counted(count, 'class', 'classes')}, but the model tells {known} apart.",
                hint="The document has the legend's classes: add or remove some, so that they are "
                "the model's, in the order of its outputs.",
                where=place,
            )
        )
    unnamed = sum(item.name is None for item in legend.classes)
    uncolored = sum(item.color is None for item in legend.classes)
    if unnamed or uncolored:
        missing = [
            text
            for number, text in (
                (unnamed, f"no name to {counted(unnamed, 'class', 'classes')}"),
                (uncolored, f"no color to {counted(uncolored, 'class', 'classes')}"),
            )
            if number
        ]
        findings.append(
            finding(
                "legend-completed",
                f"{quoted(legend.file, 400)} ({legend.kind}) gives {' and '.join(missing)}.",
                hint="The document has numbered names or the palette's colors there: change them "
                "as you like.",
                where=place,
            )
        )
    return tuple(findings)


def completed(classes: Sequence[LegendClass]) -> List[Dict[str, object]]:
    """Entries of Classes, with numbered names and the palette's colors where there are none."""
    missing = [place for place, item in enumerate(classes) if item.color is None]
    taken = [item.color for item in classes if item.color is not None]
    chosen = iter(colors_for(missing, taken))
    return [
        {
            "Value": item.value,
            "Name": f"Class {item.value}" if item.name is None else item.name,
            "Color": list(next(chosen) if item.color is None else item.color),
        }
        for item in classes
    ]
