"""Rules about writing the output."""

from __future__ import annotations

from typing import Tuple

from ..findings import Rule, Severity

_ERROR, _WARNING, _INFORMATION = Severity.ERROR, Severity.WARNING, Severity.INFORMATION

RULES: Tuple[Rule, ...] = ()
