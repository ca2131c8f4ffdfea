"""Classes in JSON: class information, model definitions (.emd), and every other document.

Texts that Python printed (``{0: 'water'}``) are read where JSON's own rules fail.
"""

from __future__ import annotations

import re
from typing import Any, Mapping, Optional

from ..class_names import LONGEST_TEXT, YamlMissing, YamlUnreadable, load_yaml, python_classes
from ..findings import errors_in, in_order
from ..findings.errors import Dl2EcdError
from ..findings.wording import quoted
from ..json_text import parse
from .candidate import Candidate
from .columns import is_empty
from .entries import Entries
from .structures import classes_in_document, names_alone, which

_SECTION = re.compile(r"\[[A-Za-z_][\w .-]*\]\s*\n")


def recognises(candidate: Candidate) -> bool:
    """Whether the text begins like JSON, and not with the head of a section."""
    start = candidate.start.lstrip()
    return start[:1] in ("{", "[") and not _SECTION.match(start)


def document_of(candidate: Candidate) -> Any:
    """The value of a JSON text.

    Raises
    ------
    Dl2EcdError
        With everything that is wrong with it.
    """
    text = parse(candidate.text, candidate.name)
    if errors_in(text.findings):
        raise Dl2EcdError(in_order(text.findings))
    return text.value


def read(candidate: Candidate) -> Entries:
    """The classes of a JSON document of any kind that is known."""
    try:
        root = document_of(candidate)
    except Dl2EcdError:
        other = _as_python_prints(candidate) or _as_yaml(candidate)
        if other is None:
            raise
        return other
    return entries_in(candidate, root, "JSON")


def entries_in(candidate: Candidate, root: Any, language: str) -> Entries:
    """The classes of what a text in JSON or YAML says.

    Raises
    ------
    Dl2EcdError
        ``legend-not-recognised`` when it lists none, or several lists of different classes.
    """
    if isinstance(root, dict) and isinstance(root.get("Classes"), list):
        found = _of_esri(root, root["Classes"])
        if found:
            found.definition.update(root)
            return found
    if isinstance(root, dict) and _has(root, "classification:bitfields"):
        raise candidate.no_classes(
            "STAC",
            "describes bit fields: each pixel value holds several statements, so it is no class.",
            "Give the classes of a classified raster.",
        )
    kind = _kind_of(root, language)
    documents = classes_in_document(root, kind)
    if len(documents) > 1:
        raise candidate.no_classes(
            kind,
            f"lists classes in {len(documents)} places that differ: {which(documents)}.",
            "Save the list that is meant in a file of its own.",
        )
    if documents:
        return documents[0].entries
    alone = names_alone(root, kind)
    if alone:
        return alone
    raise candidate.unknown(f"The {language} text {quoted(candidate.name, 400)} lists no classes.")


def _as_python_prints(candidate: Candidate) -> Optional[Entries]:
    text = candidate.text
    named = python_classes(text) if len(text) <= LONGEST_TEXT else None
    if named is None:
        return None
    found = Entries("class names as Python prints them")
    for item in named.classes:
        found.add(item.value, item.name or None, None)
    if not named.numbered:
        found.counted_from_0()
    return found


def _as_yaml(candidate: Candidate) -> Optional[Entries]:
    """What YAML makes of brackets without quotes, or with a comma too many."""
    try:
        return entries_in(candidate, load_yaml(candidate.text), "YAML")
    except (YamlMissing, YamlUnreadable, Dl2EcdError):
        return None


def _of_esri(root: Mapping[str, Any], listed: Any) -> Entries:
    """``Classes`` of class information, a model definition, or whoever took over the key."""
    found = Entries(_kind_of(root, "JSON"))
    for entry in listed:
        if not isinstance(entry, dict):
            found.skipped.append(str(entry)[:200])
            continue
        name = _either(entry, "Name", "ClassName", "name", "label", "title")
        value = _either(entry, "Value", "ClassValue", "value", "id")
        text = name if isinstance(name, str) and name else None
        color = _either(entry, "Color", "color")
        if color is None and "Red" in entry:
            color = [entry.get(channel) for channel in ("Red", "Green", "Blue")]
        found.add_written(value, text, None if is_empty(color) else color)
    # Names alone are counted by those who know lists of them.
    return found if found.classes or "Framework" in root else Entries("", skipped=[])


def _kind_of(root: Any, language: str) -> str:
    if isinstance(root, dict):
        if "ImportDeepLearningModelToEsriExtraInfo" in root:
            return "class information"
        if "Classes" in root and ("Framework" in root or "ModelFile" in root):
            return "model definition"
        for key, kind in _KINDS.items():
            if key in root:
                return kind
    return f"{language} list of classes"


_KINDS = {
    "stac_version": "STAC",
    "classification:classes": "STAC",
    "annotations": "COCO",
    "categories": "COCO",
    "id2label": "Hugging Face configuration",
    "label2id": "Hugging Face configuration",
    "class_indices": "Keras class indices",
    "MetaDataMode": "statistics of training data",
    "names": "YOLO data set",
    "features": "features of training samples",
}


def _either(entry: Mapping[str, Any], *keys: str) -> Any:
    return next((entry[key] for key in keys if key in entry), None)


def _has(value: Any, key: str, depth: int = 0) -> bool:
    """Whether a key stands anywhere in a document, and no list of classes does."""
    if depth > 8 or not isinstance(value, (dict, list)):
        return False
    if isinstance(value, dict):
        if "classification:classes" in value:
            return False
        if key in value:
            return True
    inside = value.values() if isinstance(value, dict) else value[:100]
    return any(_has(one, key, depth + 1) for one in inside)
