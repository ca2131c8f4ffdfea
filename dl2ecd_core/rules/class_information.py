"""Rules about the class information document."""

from __future__ import annotations

from typing import Tuple

from ..findings import Rule

RULES: Tuple[Rule, ...] = ()
