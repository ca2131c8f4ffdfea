"""The versions that an ONNX file states, and whether they had been released.

https://github.com/onnx/onnx/blob/main/docs/Versioning.md
"""

from __future__ import annotations

from typing import List

from ...findings import Finding
from ...findings.rules import finding
from .document import Document

#: The newest versions in onnx 1.23 (September 2026).
NEWEST_IR = 14
NEWEST_OPSET = 28


def versions_of(document: Document) -> str:
    """The versions as people read them: ``IR 8, opset 17``.

    Operators of other sets than the standard ones are named with theirs.
    """
    others = sorted(domain for domain in document.opsets if domain not in ("", "ai.onnx"))
    sets = [f"opset {document.opset}"]
    sets += [f"{domain[:40]} {document.opsets[domain]}" for domain in others[:4]]
    return ", ".join([f"IR {document.ir_version}", *sets])


def newer_versions(document: Document) -> List[Finding]:
    """What is said of versions that no runtime may know yet."""
    newer = [
        f"{what} {version} (the newest known is {newest})"
        for what, version, newest in (
            ("IR version", document.ir_version, NEWEST_IR),
            ("opset", document.opset, NEWEST_OPSET),
        )
        if version > newest
    ]
    if not newer:
        return []
    return [
        finding(
            "model-version-unknown",
            f"The model says that it is of {' and '.join(newer)}: onnxruntime refuses versions "
            "newer than itself.",
            hint="Export it for an opset that your runtime has, or install a newer runtime.",
        )
    ]
