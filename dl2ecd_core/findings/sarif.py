"""Findings as SARIF 2.1.0, the log that code scanners of GitHub, GitLab and Azure show.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; what GitHub needs of it:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, Collection, Dict, Iterable, List, Tuple
from urllib.parse import quote

from ..version import __version__
from .finding import Finding, Rule, Severity
from .rules import CATALOGUE

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFORMATION: "note"}
_WEIGHT = {
    Severity.ERROR: "An error: nothing is converted until it is mended.",
    Severity.WARNING: "A warning: a likely mistake. --strict refuses for it, --allow lets it pass.",
    Severity.INFORMATION: "For information: it refuses nothing.",
}


def sarif_log(
    found: Iterable[Tuple[str, Finding]], *, allowed: Collection[str] = (), exit_code: int = 0
) -> Dict[str, Any]:
    """One log of one run.

    Parameters
    ----------
    found
        Findings, each with the file it was made about, for those that name none themselves.
    allowed
        Rules that were let pass: their results are suppressed.
    exit_code
        What the run ends with.
    """
    pairs = list(found)
    rules = list(dict.fromkeys(item.rule for _, item in pairs))
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "dl2ecd",
                        "version": __version__,
                        "semanticVersion": __version__,
                        "rules": [_rule(CATALOGUE[name]) for name in rules],
                    }
                },
                "invocations": [{"executionSuccessful": True, "exitCode": exit_code}],
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(item, about, rules.index(item.rule), item.rule in allowed)
                    for about, item in pairs
                ],
            }
        ],
    }


def _rule(rule: Rule) -> Dict[str, Any]:
    help_text = f"Checked: {rule.meaning} {_WEIGHT[rule.severity]}"
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.split("-")),
        "shortDescription": {"text": rule.meaning},
        "fullDescription": {"text": rule.meaning},
        "help": {"text": help_text, "markdown": f"**{rule.id}**: {help_text}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(item: Finding, about: str, index: int, allowed: bool) -> Dict[str, Any]:
    file = uri_reference(item.where.file or about) if item.where.file or about else ""
    text = f"{item.message} {item.hint}".strip()
    parts = (item.rule, file, item.where.path or "", item.where.tensor or "", text)
    result: Dict[str, Any] = {
        "ruleId": item.rule,
        "ruleIndex": index,
        "level": _LEVELS[item.severity],
        "message": {"text": text},
        "locations": [_location(item, file)] if file else [],
        "partialFingerprints": {
            "dl2ecd/v1": hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
        },
    }
    if item.where.offset is not None:
        result["properties"] = {"byteOffset": item.where.offset}
    if allowed:
        result["suppressions"] = [{"kind": "external", "justification": "allowed by --allow"}]
    return result


def _location(item: Finding, file: str) -> Dict[str, Any]:
    place = item.where
    # Code scanners show nothing without a line, also where a file has none.
    region: Dict[str, int] = {"startLine": place.line or 1}
    if place.line is not None and place.column is not None:
        region["startColumn"] = place.column
        region["endColumn"] = place.column + max(1, (place.excerpt or "").count("^"))
    location: Dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": file}, "region": region}
    }
    logical: List[Dict[str, str]] = []
    if place.path is not None:
        logical.append({"fullyQualifiedName": place.path, "kind": "value"})
    if place.tensor is not None:
        logical.append({"name": place.tensor, "kind": "tensor"})
    if logical:
        location["logicalLocations"] = logical
    return location


def uri_reference(file: str) -> str:
    """A path as SARIF has it: below the current folder if it lies there, else as an address.

    Examples
    --------
    >>> uri_reference("models/land cover.onnx")
    'models/land%20cover.onnx'
    """
    path = Path(relative(file))
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))


def relative(file: str) -> str:
    """A path without detours, relative where it lies below the current folder.

    Code scanners and annotations know the files of a repository by such paths.
    """
    path = Path(os.path.normpath(file))
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
