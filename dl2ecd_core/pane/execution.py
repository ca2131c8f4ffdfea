"""The tool's execute: convert, speak as the pane speaks, and let the person cancel."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable, Optional, Sequence, Set, TypeVar

from ..findings import Finding, Severity
from ..findings.errors import Cancelled, Dl2EcdError
from ..progress import Listener
from .arcgis import Arcpy, Messages, Parameter, text_of
from .speech import CANCELLED, model_line, sentence, surprise

Made = TypeVar("Made")

#: Between two questions whether to cancel, in seconds: asking ArcGIS is not free.
_ASK_EVERY = 0.05


class PaneListener(Listener):
    """Passes findings and progress on to the pane and Cancel back from it."""

    def __init__(
        self,
        arcpy: Arcpy,
        messages: Messages,
        parameters: Sequence[Parameter],
        wording: Callable[[Finding], str] = sentence,
    ) -> None:
        self._arcpy = arcpy
        self._messages = messages
        self._wording = wording
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
            self._messages.addErrorMessage(self._wording(finding))
        elif finding.severity is Severity.WARNING:
            self._messages.addWarningMessage(self._wording(finding))
        else:
            self._messages.addMessage(self._wording(finding))

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

    def work() -> bool:
        return _run(arcpy, parameters, messages)

    return watched(arcpy, messages, work, _READING, lambda error: surprise(error, "The conversion"))


_READING = "Reading the model and the class information"


def watched(
    arcpy: Arcpy,
    messages: Messages,
    work: Callable[[], bool],
    first: str,
    said_of: Callable[[Exception], str],
) -> bool:
    """Do the work of a tool with a progress bar and a Cancel that leaves nothing behind.

    Parameters
    ----------
    first
        What the progress bar says at first.
    said_of
        What to say of an exception that nobody expected.
    """
    automatic = arcpy.env.autoCancelling
    # Otherwise ArcGIS would end the run without a chance to take the temporary file away.
    arcpy.env.autoCancelling = False
    try:
        arcpy.SetProgressor("step", first, 0, 100, 1)
        return work()
    except Exception as error:
        messages.addErrorMessage(said_of(error))
        return False
    finally:
        arcpy.ResetProgressor()
        arcpy.env.autoCancelling = automatic


def said_done(
    arcpy: Arcpy,
    parameters: Sequence[Parameter],
    messages: Messages,
    output: Parameter,
    work: Callable[[PaneListener, bool], Made],
    wording: Callable[[Finding], str] = sentence,
) -> Optional[Made]:
    """What the work makes; None when it is refused or cancelled, which has been said then.

    Parameters
    ----------
    work
        Is given who listens, and whether what is there may be replaced.
    wording
        How findings are said.
    """
    path = text_of(output)
    if not arcpy.env.overwriteOutput and Path(path).exists():
        # Validation has looked already, but the file may have appeared since.
        messages.addIDMessage("ERROR", 725, output.displayName, path)
        return None
    listener = PaneListener(arcpy, messages, parameters, wording)
    try:
        # The environment setting is the person's word for it, and ArcGIS has warned them.
        return work(listener, bool(arcpy.env.overwriteOutput))
    except Cancelled:
        messages.addErrorMessage(CANCELLED)
    except Dl2EcdError as error:
        for item in error.findings:
            # Those that stop a run half-way come with the exception alone.
            listener.found(item)
    return None


def _run(arcpy: Arcpy, parameters: Sequence[Parameter], messages: Messages) -> bool:
    from ..conversion import convert

    model, info, output = (text_of(item) for item in parameters)
    conversion = said_done(
        arcpy,
        parameters,
        messages,
        parameters[2],
        lambda listener, overwrite: convert(
            model, info, output, overwrite=overwrite, messages=listener
        ),
    )
    if conversion is None:
        return False
    # Whatever was converted has a model; the type alone leaves that open.
    if conversion.examination.model is not None:  # pragma: no branch
        messages.addMessage(model_line(conversion.examination.model))
    messages.addMessage(f"Written: {conversion}")
    return True
