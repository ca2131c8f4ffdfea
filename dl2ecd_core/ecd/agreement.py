"""Whether an .ecd is as its schema says, and its two vocabularies say the same."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping, Sequence, Union

from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import counted, printable
from ..json_text import json_path
from ..schemas import load

_MOST = 20


def schema_findings(document: Mapping[str, Any], name: str) -> List[Finding]:
    """What of a document is not as the format's schema says, at most twenty of them."""
    from jsonschema import Draft202012Validator

    findings: List[Finding] = []
    for error in Draft202012Validator(load("ecd.schema.json")).iter_errors(document):
        if len(findings) == _MOST:
            break
        findings.append(
            finding(
                "ecd-not-valid",
                f"The document is not as its format says at {_path(error.absolute_path)}: "
                f"{printable(error.message, 200)}.",
                hint="Don't use this .ecd: it was changed by hand, or not made by this tool.",
                where=Place(file=name, path=_path(error.absolute_path)),
            )
        )
    return findings


def _path(steps: Sequence[Union[str, int]]) -> str:
    return json_path(tuple(steps))


def disagreements(
    document: Mapping[str, Any], definition: Mapping[str, Any], name: str
) -> List[Finding]:
    """Where the root of a document and its definition say different things of the classes."""
    found: List[Finding] = []

    def differ(path: str, what: str) -> None:
        found.append(
            finding(
                "ecd-vocabularies-differ",
                f"The root of the document and its definition disagree: {what}.",
                hint="Don't use this .ecd: one half was changed and the other was not.",
                where=Place(file=name, path=path),
            )
        )

    ours = [_root_class(entry) for entry in _entries(document)]
    theirs = [_translated(entry) for entry in _entries(definition)]
    count = definition.get("NumberClasses")
    if not len(ours) == len(theirs) == count:
        differ(
            "$.Definitions[0].Classes",
            f"{counted(len(ours), 'class', 'classes')} there, {len(theirs)} here, and "
            f"NumberClasses is {_shown(count)}",
        )
    for position, (one, other) in enumerate(zip(ours, theirs)):
        for key in one:
            if one[key] != other[key] and len(found) < _MOST:
                differ(
                    f"$.Classes[{position}].{key}",
                    f"class {position} has {key} {_shown(one[key])} there and "
                    f"{_shown(other[key])} here",
                )
    batches = document.get("BatchSize"), definition.get("MiniBatchSize")
    if batches[0] != batches[1]:
        differ(
            "$.BatchSize",
            f"BatchSize is {_shown(batches[0])}, MiniBatchSize {_shown(batches[1])}",
        )
    return found


def _shown(value: object) -> str:
    """A value as the document has it."""
    return printable(json.dumps(value, ensure_ascii=False))


def _entries(holder: Mapping[str, Any]) -> List[Mapping[str, Any]]:
    listed = holder.get("Classes")
    return [
        entry if isinstance(entry, dict) else {}
        for entry in (listed if isinstance(listed, list) else [])
    ]


def _root_class(entry: Mapping[str, Any]) -> Dict[str, Any]:
    return {key: entry.get(key) for key in ("Value", "Name", "Color")}


def _translated(entry: Mapping[str, Any]) -> Dict[str, Any]:
    return {
        "Value": entry.get("ClassValue"),
        "Name": entry.get("ClassName"),
        "Color": [entry.get(channel) for channel in ("Red", "Green", "Blue")],
    }
