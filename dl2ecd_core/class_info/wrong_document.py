"""Other documents of the trade that are given where class information belongs."""

from __future__ import annotations

from typing import Mapping, Optional

from ..findings import Finding
from ..findings.rules import finding
from ..findings.wording import quoted
from ..json_text import Places
from .keys import DOCUMENT_KEYS
from .values import is_placeholder

# The signatures of the .ecd family (https://developers.arcgis.com/rest/services-reference/
# enterprise/classify) and the keys that only a model definition has.
_ECD = {
    "EsriClassifierDefinitionFile": "a classifier definition (.ecd): what the conversion writes",
    "EsriEndmemberDefinitionFile": "an endmember definition (.ecd) for spectral unmixing",
}
_EMD = ("ModelFile", "Framework", "InferenceFunction", "ModelConfiguration", "ModelType")
_OWN = tuple(key.name for key in DOCUMENT_KEYS if key.required and key.name != "Version")


def other_document(root: Mapping[str, object], places: Places) -> Optional[Finding]:
    """What the document is, where it is plainly not class information."""
    for signature, kind in _ECD.items():
        if signature in root:
            return finding(
                "document-is-ecd",
                f"This is {kind}, not the class information that is read here.",
                hint="Choose the JSON document that describes the classes.",
                where=places.at([signature], of_key=True),
            )
    given = [name for name in _EMD if name in root]
    if not given or any(name in root for name in _OWN if name != "Classes"):
        return None
    if len(given) == 1 and "Classes" not in root:
        return None
    return finding(
        "document-is-emd",
        "This is a model definition (.emd), not class information.",
        hint=_how_to_turn(root),
        where=places.at([given[0]], of_key=True),
    )


def _how_to_turn(root: Mapping[str, object]) -> str:
    """What of the .emd goes where in class information."""
    framework, bands = root.get("Framework"), root.get("ExtractBands")
    lines = ['"ImportDeepLearningModelToEsriExtraInfo": 0, "Version": 1']
    if isinstance(framework, str) and framework.strip() and not is_placeholder(framework):
        lines.append(f'"Classifier": {quoted(framework, 40)}'.replace("'", '"'))
    else:
        lines.append('"Classifier": the framework')
    if isinstance(bands, list) and bands:
        lines.append(f'"NumberRasterBands": {len(bands)}')
    else:
        lines.append('"NumberRasterBands": the number of bands')
    return (
        f"Class information starts with {{{', '.join(lines)}, and then lists the same Classes. "
        "To convert the definition itself: dl2ecd convert FILE.emd FILE.ecd."
    )
