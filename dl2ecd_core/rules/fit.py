"""Rules about a model and its class information together."""

from __future__ import annotations

from typing import Tuple

from ..findings import Rule, Severity

_ERROR, _WARNING, _INFORMATION = Severity.ERROR, Severity.WARNING, Severity.INFORMATION

RULES: Tuple[Rule, ...] = ()
