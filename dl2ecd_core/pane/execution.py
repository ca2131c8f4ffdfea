"""The tool's execute: convert, speak as the pane speaks, and let the person cancel."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Sequence, Set

from ..findings import Finding, Severity
from ..findings.errors import Cancelled, Dl2EcdError
from ..progress import Listener
from .arcgis import Arcpy, Messages, Parameter, text_of
from .speech import CANCELLED, model_line, sentence, surprise

#: Between two questions whether to cancel, in seconds: asking ArcGIS is not free.
_ASK_EVERY = 0.05


class PaneListener(Listener):
    """Passes findings and progress on to the pane and Cancel back from it."""

    def __init__(self, arcpy: Arcpy, messages: Messages, parameters: Sequence[Parameter]) -> None:
        self._arcpy = arcpy
        self._messages = messages
        self._labels = {text_of(item): item.displayName for item in parameters}
        self._told: Set[Finding] = set()
        self._asked = 0.0
        self._label, self._percent = "", -1

    def found(self, finding: Finding) -> None:
        """Say a finding, once."""
        if finding in self._told:
            return
        self._told.add(finding)
        path = finding.where.file or ""
        if finding.rule == "file-not-found" and path in self._labels:
            self._messages.addIDMessage("ERROR", 732, self._labels[path], path)
        elif finding.severity is Severity.ERROR:
            self._messages.addErrorMessage(sentence(finding))
        elif finding.severity is Severity.WARNING:
            self._messages.addWarningMessage(sentence(finding))
        else:
            self._messages.addMessage(sentence(finding))

    def progressed(self, done: int, total: int, doing: str) -> None:
        """Move the progress bar, only when that is to be seen."""
        percent = 100 if total <= 0 else max(0, min(100, done * 100 // total))
        if doing != self._label:
            self._label = doing
            self._arcpy.SetProgressorLabel(doing)
        if percent != self._percent:
            self._percent = percent
            self._arcpy.SetProgressorPosition(percent)

    def cancelled(self) -> bool:
        """Whether Cancel was pressed."""
        now = time.monotonic()
        if now - self._asked < _ASK_EVERY:
            return False
        self._asked = now
        return bool(self._arcpy.env.isCancelled)


def run(arcpy: Arcpy, parameters: Sequence[Parameter], messages: Messages) -> bool:
    """Convert, and say all that there is to say.

    Parameters
    ----------
    arcpy
        The module, for progress, Cancel and overwriteOutput.

    Returns
    -------
    bool
        False when there is no output; the reason has been said, and the tool should raise
        arcpy.ExecuteError.
    """
    automatic = arcpy.env.autoCancelling
    # Otherwise ArcGIS would end the run without a chance to take the temporary file away.
    arcpy.env.autoCancelling = False
    try:
        arcpy.SetProgressor("step", "Reading the model and the class information", 0, 100, 1)
        return _run(arcpy, parameters, messages)
    except Exception as error:
        messages.addErrorMessage(surprise(error, "The conversion"))
        return False
    finally:
        arcpy.ResetProgressor()
        arcpy.env.autoCancelling = automatic


def _run(arcpy: Arcpy, parameters: Sequence[Parameter], messages: Messages) -> bool:
    from ..conversion import convert

    model, info, output = (text_of(item) for item in parameters)
    if not arcpy.env.overwriteOutput and Path(output).exists():
        # Validation has looked already, but the file may have appeared since.
        messages.addIDMessage("ERROR", 725, parameters[2].displayName, output)
        return False
    listener = PaneListener(arcpy, messages, parameters)
    try:
        # The environment setting is the person's word for it, and ArcGIS has warned them.
        overwrite = bool(arcpy.env.overwriteOutput)
        conversion = convert(model, info, output, overwrite=overwrite, messages=listener)
    except Cancelled:
        messages.addErrorMessage(CANCELLED)
        return False
    except Dl2EcdError as error:
        for item in error.findings:
            # Those that stop a conversion half-way come with the exception alone.
            listener.found(item)
        return False
    # Whatever was converted has a model; the type alone leaves that open.
    if conversion.examination.model is not None:  # pragma: no branch
        messages.addMessage(model_line(conversion.examination.model))
    messages.addMessage(f"Written: {conversion}")
    return True
