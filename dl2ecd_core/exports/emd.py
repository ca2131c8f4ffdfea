"""Esri's model definition (.emd), with the model's files beside it.

https://github.com/Esri/raster-deep-learning/blob/master/docs/writing_model_definition.md
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

from ..class_info.definitions import is_definition
from ..ecd.content import Ecd
from ..ecd.layout import text_of
from ..files.output import real_path
from ..files.output_set import output_set
from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import quoted
from ..progress import Listener
from .earlier import json_object
from .placing import place_files, require_model

ENDINGS = (".emd",)
#: What a packed raster function was told when the definition was made.
KEY = "Dl2Ecd"
#: Keys that only a definition with a packed function has.
_OF_A_FUNCTION = frozenset({KEY, "InferenceFunction"})
#: Root keys of an .ecd that no model definition has.
_NOT_IN_DEFINITIONS = frozenset(
    {
        "EsriClassifierDefinitionFile",
        "FileVersion",
        "NumberDefinitions",
        "ExtraInfo",
        "Generator",
        "Definitions",
    }
)


def is_earlier(path: Path, ecd: Ecd) -> bool:
    """Whether a file is a model definition without a key that the new one lacks."""
    older = json_object(path)
    document, _ = emd_document(ecd)
    return (
        older is not None and is_definition(older) and set(older) - _OF_A_FUNCTION <= set(document)
    )


def write(ecd: Ecd, target: Path, listener: Listener, *, overwrite: bool) -> Tuple[Finding, ...]:
    """Write the definition to `target` and the model's files beside it."""
    document, findings = emd_document(ecd)
    with output_set(target.parent) as outputs:
        place_files(ecd, target, outputs, listener, overwrite=overwrite)
        with outputs.file(real_path(target)) as output:
            output.write(text_of(document).encode("ascii"))
    return findings


def emd_document(ecd: Ecd) -> Tuple[Dict[str, Any], Tuple[Finding, ...]]:
    """The definition, and what is missing in it.

    An .ecd that was made from an .emd gives back that .emd with every key; only ModelFile is
    written anew when it named another place.

    Raises
    ------
    Dl2EcdError
        ``export-not-possible`` for a definition without a model.
    """
    require_model(ecd, "emd")
    model_file = ecd.files[0].path
    source = ecd.document.get("ExtraInfo")
    if isinstance(source, dict) and is_definition(source):
        document = dict(source)
        if _plain(source.get("ModelFile")) != model_file:
            document["ModelFile"] = model_file
    else:
        document = {
            key: value for key, value in ecd.document.items() if key not in _NOT_IN_DEFINITIONS
        }
        document["ModelFile"] = model_file
    return document, tuple(_missing(ecd, document))


def _plain(model_file: object) -> str:
    path = str(model_file).replace("\\", "/")
    return path[2:] if path.startswith("./") else path


def _missing(ecd: Ecd, document: Mapping[str, Any]) -> List[Finding]:
    findings = []
    where = Place(file=ecd.name)
    if "ModelConfiguration" not in document and "InferenceFunction" not in document:
        findings.append(
            finding(
                "export-incomplete",
                "The model definition names neither ModelConfiguration nor InferenceFunction: "
                "ArcGIS does not know how to run this "
                f"{quoted(str(document.get('Framework')))} model.",
                hint="Write a Python raster function for it and name it as InferenceFunction, or "
                "name a ModelConfiguration that fits.",
                where=where,
            )
        )
    absent = [key for key in ("ImageHeight", "ImageWidth", "ModelType") if key not in document]
    if absent:
        findings.append(
            finding(
                "export-incomplete",
                f"The model definition lacks {', '.join(absent)}, which the model does not tell.",
                hint="Add them by hand: ArcGIS asks for them.",
                where=where,
            )
        )
    return findings
