"""Mistakes that a program made all over a text: said once, with their number."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Iterable, List

from ..findings import Finding

#: Whoever replaced one quote replaced them all.
_MANY: Dict[str, str] = {
    "json-curly-quotes": "{} texts are in curly quotes, as word processors make them; this is the "
    "first.",
    "json-single-quotes": "{} texts are in single quotes; this is the first.",
}


def said_once(findings: Iterable[Finding]) -> List[Finding]:
    """The findings, those of a replaced quote told together at the first of them."""
    kept: List[Finding] = []
    first: Dict[str, int] = {}
    number: Dict[str, int] = {}
    for item in findings:
        number[item.rule] = number.get(item.rule, 0) + 1
        if item.rule not in _MANY:
            kept.append(item)
        elif item.rule not in first:
            first[item.rule] = len(kept)
            kept.append(item)
    for rule, at in first.items():
        if number[rule] > 1:
            kept[at] = replace(kept[at], message=_MANY[rule].format(number[rule]))
    return kept
