"""Checks: a model's description against the class information -> findings.

Only what is certain is an error; what is likely is a warning; what can't be told is said once.
"""

from __future__ import annotations

from typing import Iterator, Tuple

from ..class_info import ClassInfo
from ..findings import Finding, in_order
from ..models import ModelDescription
from .bands import check_bands, check_extract_bands
from .classes import check_classes, check_names, check_values
from .frameworks import check_framework
from .tiles import check_batch, check_padding, check_tile_size
from .uses import check_configuration, check_leftovers, check_model_type

__all__ = ["check_fit"]

_CHECKS = (
    check_framework,
    check_bands,
    check_extract_bands,
    check_classes,
    check_names,
    check_values,
    check_batch,
    check_tile_size,
    check_padding,
    check_model_type,
    check_leftovers,
    check_configuration,
)


def check_fit(model: ModelDescription, info: ClassInfo) -> Tuple[Finding, ...]:
    """Everything about a model and its class information that does not go together.

    Keys of the class information that could not be used are passed over: they have findings of
    their own.
    """

    def findings() -> Iterator[Finding]:
        for check in _CHECKS:
            yield from check(model, info)

    return in_order(findings())
