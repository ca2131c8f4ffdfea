"""Rules about turning a model's network into another format."""

from __future__ import annotations

from typing import Tuple

from ..finding import Rule, Severity

RULES: Tuple[Rule, ...] = (
    Rule(
        "network-operation-unknown",
        Severity.ERROR,
        "Every layer that the outputs need is of a kind that is known here.",
    ),
    Rule(
        "network-not-convertible",
        Severity.ERROR,
        "Every layer that the outputs need can be said exactly in ONNX's operators.",
    ),
)
