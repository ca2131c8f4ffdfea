"""Class information as a model definition (.emd) states it.

The keys of Esri's model definition:
https://github.com/Esri/raster-deep-learning/blob/master/docs/writing_model_definition.md
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, Mapping, Optional

from ..findings import Finding
from ..json_text import JsonText
from .description import ClassInfo
from .examination import examine_text

# Only class information has it; with it a document is none of Esri's definitions.
_SIGNATURE = "ImportDeepLearningModelToEsriExtraInfo"
#: What class information calls what, and a definition.
_OWN_WORDS = (("Classifier", "Framework"), ("NumberRasterBands", "ExtractBands"))
#: Rules of class information that don't hold for a definition.
_NOT_OF_DEFINITIONS = frozenset({"class-info-band-list"})


def is_definition(document: Mapping[str, object]) -> bool:
    """Whether a document is a model definition rather than class information or an .ecd."""
    return not {_SIGNATURE, "EsriClassifierDefinitionFile"} & set(document) and (
        "Framework" in document or "ModelFile" in document
    )


def examine_definition(
    text: JsonText, file: str, *, bands: Optional[int], framework: str
) -> ClassInfo:
    """What a model definition says about classes and bands; places are those in its own text.

    Parameters
    ----------
    bands
        How many bands the model takes, for definitions that list none; None when unknown.
    framework
        The model's framework, for definitions that name none.
    """
    root = text.value if isinstance(text.value, dict) else {}
    told = _as_class_information(root, bands, framework)
    info = examine_text(replace(text, value=told), file)
    emd_keys = dict(info.emd_keys)
    if isinstance(root.get("Version"), str):
        # The model's own version ("2019.02"); class information has a key of that name too.
        emd_keys["Version"] = root["Version"]
    return replace(
        info,
        document=root,
        emd_keys=emd_keys,
        findings=tuple(
            _in_own_words(item, text)
            for item in info.findings
            if item.rule not in _NOT_OF_DEFINITIONS
        ),
    )


def _in_own_words(item: Finding, text: JsonText) -> Finding:
    """A finding that calls keys what a definition calls them, and points at those."""
    message, hint, where = item.message, item.hint, item.where
    for ours, theirs in _OWN_WORDS:
        pattern = rf"\b{ours}\b"
        if re.search(pattern, message) and isinstance(text.value, dict) and theirs in text.value:
            where = text.places.at([theirs])
        message, hint = (re.sub(pattern, theirs, part) for part in (message, hint))
    return replace(item, message=message, hint=hint, where=where)


def _as_class_information(
    root: Mapping[str, object], bands: Optional[int], framework: str
) -> Dict[str, object]:
    """The same statements in the words of class information."""
    told: Dict[str, object] = {
        _SIGNATURE: 0,
        "Version": 1,
        "Classifier": root.get("Framework", framework),
        "NumberRasterBands": _raster_bands(root.get("ExtractBands"), bands),
    }
    for key, value in root.items():
        if key not in {"Framework", "ModelFile", "Version"}:
            told[key] = value
    return told


def _raster_bands(extract: object, bands: Optional[int]) -> Optional[int]:
    """As many bands as the list needs: its last one must exist."""
    if not isinstance(extract, list) or not extract:
        return bands
    numbers = [band for band in extract if isinstance(band, int)]
    return max([len(extract), *(number + 1 for number in numbers)])
