"""A class information document to fill in: written for a model, with the classes of a legend."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

from .class_info.keys import EMD_KEYS, OBSERVED_EMD_KEYS, SCHEMA_ID
from .class_info.values import is_placeholder
from .ecd.layout import readable_text_of
from .examination import AnyPath
from .files.output import refused, whole_file
from .files.replacing import DOCUMENT, check_replaceable
from .findings import Finding, in_order
from .findings.wording import printable
from .fit.template import (
    class_information_for,
    leaves_scaling_open,
    scaling_keys,
    tile_keys,
)
from .legends import read_legend
from .legends.fitting import completed, findings_about
from .models import ModelDescription, inspect_model
from .scaling.statistics import SCALING, STATISTICS

#: Keys of a definition that class information may have as well.
_KEPT = (*(key.name for key in EMD_KEYS), *OBSERVED_EMD_KEYS)


@dataclass(frozen=True)
class Template:
    """A class information document to fill in.

    Attributes
    ----------
    document
        The JSON document; what nobody told but readers need is a placeholder that starts with
        "e.g.", which is refused until it is filled in.
    findings
        Warnings and information about the model and the legend.
    inputs
        The files it was made from.
    scaling_open
        Whether nothing says how pixel values become what the model takes. Then InputScaling is
        left out: no number would be better than any other.
    """

    document: Mapping[str, Any]
    findings: Tuple[Finding, ...]
    inputs: Tuple[Path, ...]
    scaling_open: bool = False

    @property
    def text(self) -> str:
        """The document as it is written."""
        return readable_text_of(self.document)

    @property
    def to_fill_in(self) -> Tuple[str, ...]:
        """The keys that hold placeholders, beside those in Classes."""
        return tuple(name for name, value in self.document.items() if is_placeholder(value))


def template(model: AnyPath, *, legend: Optional[AnyPath] = None) -> Template:
    """A class information document for a model, without writing it.

    Parameters
    ----------
    model
        The model's file, or the folder of a format that is one.
    legend
        A file that names the classes: an .emd, a style, a list of names and the like.

    Raises
    ------
    Dl2EcdError
        When the model or the legend can't be read.

    Examples
    --------
    >>> template("landcover.onnx").document["NumberRasterBands"]  # doctest: +SKIP
    4
    """
    description = inspect_model(model)
    inputs = [part.location for part in description.files]
    findings = description.findings
    classes: Optional[List[Dict[str, object]]] = None
    told: Mapping[str, object] = {}
    if legend is not None:
        inputs.append(Path(legend))
        read = read_legend(legend)
        findings = (*findings, *findings_about(description, read))
        classes = completed(read.classes)
        told = read.definition
    document = _completed(
        {"$schema": SCHEMA_ID, **class_information_for(description, classes)},
        {**tile_keys(description), **_scaling_keys(description, told)},
        told,
    )
    scaling_open = leaves_scaling_open(description, document)
    return Template(document, in_order(findings), tuple(inputs), scaling_open)


def _scaling_keys(model: ModelDescription, told: Mapping[str, object]) -> Dict[str, object]:
    """What the model says of its scaling, unless the definition that it came with says it."""
    return {} if {SCALING, STATISTICS} & set(told) else scaling_keys(model)


def _completed(
    document: Dict[str, object], tiles: Mapping[str, object], told: Mapping[str, object]
) -> Dict[str, object]:
    """The document with what the model tells of its tiles, and what a definition tells besides.

    Where both tell, the model is right.
    """
    kept = {name: told[name] for name in _KEPT if name in told and not is_placeholder(told[name])}
    batch = kept.pop("BatchSize", None)
    if document["MiniBatchSize"] == 1 and isinstance(batch, int):
        document["MiniBatchSize"] = batch
    bands = kept.get("ExtractBands")
    if is_placeholder(document["NumberRasterBands"]) and isinstance(bands, list) and bands:
        document["NumberRasterBands"] = len(bands)
    classes = document.pop("Classes")
    for name, value in tiles.items():
        document[name] = kept.pop(name, value) if is_placeholder(value) else value
        kept.pop(name, None)
    return {**document, **kept, "Classes": classes}


def write_template(
    model: AnyPath,
    class_info: AnyPath,
    *,
    legend: Optional[AnyPath] = None,
    overwrite: bool = False,
) -> Template:
    """Write a class information document for a model to fill in.

    Parameters
    ----------
    model, legend
        As in :func:`template`.
    class_info
        Where to write.
    overwrite
        Replace a file that is there already.

    Raises
    ------
    Dl2EcdError
        When something can't be read, or the output can't be written; nothing is written then.
    """
    made = template(model, legend=legend)
    target = os.fspath(class_info)
    check_replaceable(Path(target), DOCUMENT, made.inputs, overwrite=True)
    if Path(target).exists() and not overwrite:
        raise refused(
            "output-exists",
            f"The file '{printable(target, 400)}' exists already.",
            "Give another name, or --overwrite to replace it.",
            target,
        )
    with whole_file(target) as output:
        output.write(made.text.encode("utf-8"))
    return made
