"""Class information as a model definition (.emd) states it.

The keys of Esri's model definition:
https://github.com/Esri/raster-deep-learning/blob/master/docs/writing_model_definition.md
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Mapping, Optional

from ..findings import Finding
from ..json_text import JsonText
from ..rules import finding
from .description import ClassInfo
from .examination import examine_text

#: Keys that only class information has; with them a document is none of Esri's definitions.
_SIGNATURE = "ImportDeepLearningModelToEsriExtraInfo"
_TOLD = {"Framework": "Classifier", "ModelFile": None}


def is_definition(document: Mapping[str, object]) -> bool:
    """Whether a document is a model definition rather than class information."""
    return _SIGNATURE not in document and ("Framework" in document or "ModelFile" in document)


def examine_definition_text(text: JsonText, file: str, bands: Optional[int]) -> ClassInfo:
    """What a model definition says about classes and bands, with its own text for the places.

    Parameters
    ----------
    bands
        How many bands the model takes, used where the definition lists none; None when unknown.
    """
    root = text.value if isinstance(text.value, dict) else {}
    info = examine_text(replace(text, value=_as_class_information(root, bands)), file)
    findings: List[Finding] = list(info.findings)
    if root.get("Framework") is None:
        findings.append(_no_framework(info))
    return replace(info, document=root, findings=tuple(findings))


def _as_class_information(root: Mapping[str, object], bands: Optional[int]) -> Dict[str, object]:
    """The same statements in the words of class information."""
    extract = root.get("ExtractBands")
    count = len(extract) if isinstance(extract, list) and extract else bands
    told: Dict[str, object] = {_SIGNATURE: 0}
    told["Classifier"] = root.get("Framework") or "unknown"
    told["NumberRasterBands"] = _raster_bands(extract, count)
    told.update((key, value) for key, value in root.items() if key not in _TOLD)
    # Here Version is the model's own ("2019.02"), not that of a document format.
    told["Version"] = 1
    return told


def _raster_bands(extract: object, count: Optional[int]) -> object:
    """At least as many bands as the last one that is extracted needs."""
    numbers = [band for band in extract if isinstance(band, int)] if isinstance(extract, list) else []
    if numbers and len(set(numbers)) == len(numbers) and max(numbers) + 1 > (count or 0):
        return max(numbers) + 1
    return count if count is not None else "unknown"


def _no_framework(info: ClassInfo) -> Finding:
    return finding(
        "definition-no-framework",
        "The model definition names no Framework, so what runs the model is not known from it.",
        hint="Add Framework, for example \"Framework\": \"PyTorch\".",
        where=info.where("$"),
    )
