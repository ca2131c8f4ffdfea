"""Classes in JSON: class information, model definitions (.emd), classifier definitions (.ecd)."""

from __future__ import annotations

from typing import Any, Mapping, Optional

from ..ecd.reader import read_ecd
from ..findings import errors_in, in_order
from ..findings.errors import Dl2EcdError
from ..findings.wording import quoted
from ..json_text import read_json
from ..models.class_names import names_of
from .candidate import Candidate, Entries, color_of
from .description import Color

_SIGNATURE = '"EsriClassifierDefinitionFile"'


def recognises_ecd(candidate: Candidate) -> bool:
    """Whether the signature is among the first keys, where every writer puts it."""
    return candidate.start.lstrip()[:1] == "{" and _SIGNATURE in candidate.start


def read_definition(candidate: Candidate) -> Entries:
    """The classes of an .ecd, whatever the size of the model in it."""
    found = Entries("classifier definition")
    for item in read_ecd(candidate.path).classes:
        color = None if item.color is None else color_of(*item.color)
        found.add(item.value, item.name or None, color)
    if not found.classes:
        raise candidate.unknown(f"{quoted(candidate.name, 400)} holds no classes.")
    return found


def recognises_json(candidate: Candidate) -> bool:
    """Whether the text begins like JSON."""
    return candidate.start.lstrip()[:1] in ("{", "[") and bool(candidate.start.strip())


def read_classes(candidate: Candidate) -> Entries:
    """``Classes`` of class information or a model definition; else a plain list of names."""
    text = read_json(candidate.path)
    if errors_in(text.findings):
        raise Dl2EcdError(in_order(text.findings))
    root: Any = text.value
    listed = root.get("Classes") if isinstance(root, dict) else None
    found = Entries(_kind_of(root))
    if isinstance(listed, list):
        for entry in listed:
            if isinstance(entry, dict):
                found.add(_either(entry, "Value", "ClassValue"), _name_of(entry), _color_of(entry))
            else:
                found.skipped.append(str(entry)[:200])
    else:
        for index, name in enumerate(names_of(root) or ()):
            found.add(index, name or None, None)
    if not found.classes and not found.skipped:
        raise candidate.unknown(f"The JSON text {quoted(candidate.name, 400)} lists no classes.")
    return found


def _kind_of(root: Any) -> str:
    if not isinstance(root, dict) or "Classes" not in root:
        return "JSON list of class names"
    if "ImportDeepLearningModelToEsriExtraInfo" in root:
        return "class information"
    return "model definition" if "Framework" in root or "ModelFile" in root else "JSON list"


def _either(entry: Mapping[str, Any], *keys: str) -> Any:
    return next((entry[key] for key in keys if key in entry), None)


def _name_of(entry: Mapping[str, Any]) -> Optional[str]:
    name = _either(entry, "Name", "ClassName")
    return name if isinstance(name, str) and name else None


def _color_of(entry: Mapping[str, Any]) -> Optional[Color]:
    color = entry.get("Color")
    if isinstance(color, list) and len(color) in (3, 4):
        return color_of(*color[:3])
    return color_of(entry.get("Red"), entry.get("Green"), entry.get("Blue"))
