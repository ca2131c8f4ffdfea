"""What ONNX's operations do to shapes, axes and meaning, one rule an operation.

Operations: https://github.com/onnx/onnx/blob/main/docs/Operators.md and Operators-ml.md, those of
onnxruntime: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
What an operation does to sizes that the file leaves free, or that only running tells, stays
unknown.
"""

from __future__ import annotations

from typing import Callable, Dict, Sequence

from ..value import Value
from . import (
    arithmetic,
    arranging,
    constants,
    learned,
    products,
    reductions,
    reshaping,
    spatial,
)
from .step import Step

RULES: Dict[str, Callable[[Step], Sequence[Value]]] = {
    **spatial.RULES,
    **arranging.RULES,
    **reshaping.RULES,
    **constants.RULES,
    **arithmetic.RULES,
    **products.RULES,
    **reductions.RULES,
    **learned.RULES,
}

#: Domains whose operations the rules are about; ONNX's own is empty.
DOMAINS = frozenset(("", "ai.onnx.ml", "com.microsoft"))


def has_rule(op: str) -> bool:
    """Whether an operation is one of the common ones that there is a rule for."""
    return op in RULES
