"""A table of the classes (.csv): a header, then Value, Name, Red, Green and Blue of each class.

RFC 4180, with line feeds; UTF-8 with a byte order mark, without which Excel takes a file for the
locale's encoding. Spreadsheets take what begins with =, +, - or @ for a formula: such names stay
as they are, in quotes, which doesn't keep every spreadsheet from it, so it is said.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import List, Tuple

from ..ecd.content import Ecd
from ..files.output import whole_file
from ..findings import Finding
from ..findings.wording import listed
from ..progress import Listener
from .earlier import head_of
from .legend import adjusted, legend_of
from .xml_text import visible

ENDINGS = (".csv",)
HEADER = ("Value", "Name", "Red", "Green", "Blue")
_NOT_IN_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_FORMULA = re.compile(r"\s*[=+\-@]")


def is_earlier(path: Path, ecd: Ecd) -> bool:
    """Whether a file begins with our header, byte for byte: programs save it in other ways."""
    del ecd  # Of any classes.
    return head_of(path).startswith(f"{','.join(HEADER)}\n".encode("utf-8-sig"))


def write(ecd: Ecd, target: Path, listener: Listener, *, overwrite: bool) -> Tuple[Finding, ...]:
    """Write the table to `target`, classes in the order of the definition."""
    del listener, overwrite  # Over in an instant; nothing lies beside it.
    legend = legend_of(ecd, "csv")
    text = io.StringIO(newline="")
    plain = csv.writer(text, lineterminator="\n")
    plain.writerow(HEADER)
    # Names in quotes, so that none looks like a number or a color.
    rows = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    for row in legend.rows:
        rows.writerow((row.value, _NOT_IN_TEXT.sub(visible, row.name), *row.color))
    with whole_file(target) as output:
        output.write(text.getvalue().encode("utf-8-sig"))
    return (*legend.findings, *_said(ecd, [row.name for row in legend.rows]))


def _said(ecd: Ecd, names: List[str]) -> List[Finding]:
    findings = []
    changed = [name for name in names if _NOT_IN_TEXT.search(name)]
    if changed:
        findings.append(
            adjusted(ecd, f"Characters that a text can't hold are escaped in {listed(changed)}.")
        )
    formulas = [name for name in names if _FORMULA.match(name)]
    if formulas:
        findings.append(
            adjusted(
                ecd,
                f"Spreadsheets may take {listed(formulas)} for formulas.",
                "Import such a table as text, or rename the classes.",
            )
        )
    return findings
