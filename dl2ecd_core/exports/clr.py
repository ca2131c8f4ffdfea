"""Esri's color map file (.clr): a line ``value red green blue`` for each class, in ASCII.

https://pro.arcgis.com/en/pro-app/latest/tool-reference/data-management/add-colormap.htm
QGIS loads the same file as a color table.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Tuple

from ..ecd.content import Ecd
from ..files.output import whole_file
from ..findings import Finding
from ..progress import Listener
from .earlier import head_of
from .legend import adjusted, legend_of

ENDINGS = (".clr",)
_ONE_LINE = re.compile(rb"[ \t]*-?\d{1,10}(?:[ \t]+\d{1,3}){3}[ \t]*\r?")


def is_earlier(path: Path, ecd: Ecd) -> bool:
    """Whether a file is a color map: nothing but lines of four numbers."""
    del ecd  # Any classes.
    lines = head_of(path).split(b"\n")
    # The last one may be cut short.
    return all(_ONE_LINE.fullmatch(line) for line in lines[:-1]) and len(lines) > 1


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
