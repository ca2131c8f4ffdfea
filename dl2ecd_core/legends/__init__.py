"""Class names and colors from files that people have already: legends, styles, label lists."""

from __future__ import annotations

from .description import Legend, LegendClass
from .reading import read_legend

__all__ = ["Legend", "LegendClass", "read_legend"]
