"""What is wrong before a run starts, in the words of the pane."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable, Hashable, List, Optional, Sequence, Tuple

from ..ecd.content import Ecd
from ..ecd.earlier import ECD
from ..ecd.reader import examine_ecd
from ..examination import examine
from ..files.output import check_target
from ..files.replacing import check_replaceable
from ..findings import Finding, errors_in
from ..findings.errors import ConversionRefused
from ..pane.background import Background
from ..pane.speech import tooltip
from ..running.extras import not_installed
from ..running.opening import is_ecd
from ..running.sessions.opening import RUNTIMES as RUNTIMES_OF_FORMATS
from .reporting import in_qgis, with_advice
from .requirements import RUNTIMES, is_there

#: How long the window may stand still, in seconds. The run looks at everything anyway.
PATIENCE = 2.0

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
    return _problem(
        "This can't be converted:",
        (model, class_info, output),
        lambda: _of_conversion(model, class_info, output),
        patience,
    )


def definition_problem(
    definition: str, output: str = "", patience: float = PATIENCE, needs: Sequence[str] = ()
) -> Optional[str]:
    """Why a definition's model would not be run; None when nothing is known to be wrong.

    Looked at are an .ecd's document, what QGIS needs to run its model, and the output's place. Of
    other definitions, the run finds out.

    Parameters
    ----------
    needs
        Libraries that are needed whatever the model is.
    """
    return _problem(
        "This can't be run:",
        (definition, output, *needs),
        lambda: _of_definition(definition, output, needs),
        patience,
    )


def _problem(
    heading: str,
    key: Hashable,
    find: Callable[[], Sequence[Finding]],
    patience: float,
) -> Optional[str]:
    """The errors that are found in time, below a heading.

    QGIS takes a text with a tag in its first line for HTML, so names from files never stand there.
    """
    deadline = time.monotonic() + patience

    def errors() -> Tuple[Finding, ...]:
        try:
            return errors_in(find())
        except Exception:
            # The run meets it again, and says so where there is room for it.
            return ()

    found = _background.begin(key, errors).outcome(deadline)
    if not found:
        return None
    return f"{heading}\n{in_qgis(tooltip([with_advice(item) for item in found]))}"


def _of_conversion(model: str, class_info: str, output: str) -> List[Finding]:
    examination = examine(model, class_info)
    files = examination.model.files if examination.model else ()
    inputs = [Path(class_info), *(part.location for part in files)]
    findings = [*examination.findings]
    if output:
        findings += _refused(lambda: check_replaceable(Path(output), ECD, inputs))
    return findings


def _of_definition(definition: str, output: str, needs: Sequence[str]) -> List[Finding]:
    findings: List[Finding] = []
    for library in needs:
        findings += _missing(library)
    if is_ecd(definition):
        ecd, found = examine_ecd(definition)
        findings += found
        if ecd is not None:
            findings += _missing_runtime(ecd)
    if output:
        findings += _refused(lambda: check_target(output, [Path(definition)]))
    return findings


def _missing_runtime(ecd: Ecd) -> Sequence[Finding]:
    return _missing(RUNTIMES_OF_FORMATS.get(str(ecd.model.get("Format")), ""))


def _missing(library: str) -> Sequence[Finding]:
    runtime = RUNTIMES.get(library)
    if runtime is None or is_there(runtime.module):
        return ()
    return not_installed(library, "run", "run this model").findings


def _refused(check: Callable[[], None]) -> Sequence[Finding]:
    try:
        check()
    except ConversionRefused as error:
        return error.findings
    return ()
