"""What is wrong before a run starts, in the words of the pane."""

from __future__ import annotations

import time
from pathlib import Path
from typing import List, Optional, Tuple

from ..ecd.earlier import ECD
from ..examination import examine
from ..files.replacing import check_replaceable
from ..findings import Finding, errors_in
from ..findings.errors import ConversionRefused
from ..pane.background import Background
from ..pane.speech import tooltip
from .reporting import in_qgis

#: How long the window may stand still, in seconds. The run looks at everything anyway.
PATIENCE = 2.0

#: QGIS takes a text with a tag in its first line for HTML, so names from files never stand there.
_HEADING = "This can't be converted:"

_background: Background[Tuple[Finding, ...]] = Background()


def conversion_problem(
    model: str, class_info: str, output: str, patience: float = PATIENCE
) -> Optional[str]:
    """Why a conversion would be refused; None when nothing is known to be wrong.

    Parameters
    ----------
    output
        Empty where it is QGIS that chooses a temporary file.
    """
    deadline = time.monotonic() + patience

    def errors() -> Tuple[Finding, ...]:
        try:
            return _errors(model, class_info, output)
        except Exception:
            # The run meets it again, and says so where there is room for it.
            return ()

    found = _background.begin((model, class_info, output), errors).outcome(deadline)
    return f"{_HEADING}\n{in_qgis(tooltip(found))}" if found else None


def _errors(model: str, class_info: str, output: str) -> Tuple[Finding, ...]:
    examination = examine(model, class_info)
    findings: List[Finding] = [*examination.findings]
    files = examination.model.files if examination.model else ()
    if output:
        try:
            check_replaceable(
                Path(output), ECD, [Path(class_info), *(part.location for part in files)]
            )
        except ConversionRefused as error:
            findings += error.findings
    return errors_in(findings)
