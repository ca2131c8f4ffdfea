"""Class names and colors from files that people have already: legends, styles, label lists."""

from __future__ import annotations

from .description import Legend, LegendClass
from .reading import known_kinds, read_legend

__all__ = ["Legend", "LegendClass", "known_kinds", "read_legend"]
