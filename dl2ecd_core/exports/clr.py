"""Esri's color map file (.clr): a line ``value red green blue`` for each class, in ASCII.

https://pro.arcgis.com/en/pro-app/latest/tool-reference/data-management/add-colormap.htm
QGIS loads the same file as a color table.
"""

from __future__ import annotations

from pathlib import Path
from typing import Tuple

from ..ecd.content import Ecd
from ..files.output import whole_file
from ..findings import Finding
from ..progress import Listener
from .legend import adjusted, legend_of


def write(ecd: Ecd, target: Path, listener: Listener, *, overwrite: bool) -> Tuple[Finding, ...]:
    """Write the color map to `target`, classes in ascending order of their values."""
    del listener, overwrite  # Over in an instant; nothing lies beside it.
    legend = legend_of(ecd, "clr")
    rows = sorted(legend.rows, key=lambda row: row.value)
    lines = [f"{row.value} {' '.join(map(str, row.color))}\n" for row in rows]
    with whole_file(target) as output:
        output.write("".join(lines).encode("ascii"))
    return (
        *legend.findings,
        adjusted(ecd, "A .clr holds values and colors only: the classes' names are not in it."),
    )
