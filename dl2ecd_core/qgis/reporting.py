"""Talking through Processing's feedback: findings, progress, and Cancel."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Iterable, Protocol, Sequence, Set

from ..findings import Finding, Severity, errors_in, in_order
from ..help.qgis_run_tools import CLASSIFY, DETECT
from ..pane.speech import sentence
from ..progress import Listener
from .requirements import RUNTIMES, how_to_install, numpy_version

#: The command line's options, which findings name, and the parameters that are called otherwise.
_OPTION = re.compile(
    r"--(activation|aoi|background|bands|boxes|classes|extent|first-label|head|iou|masks|nodata"
    r"|overlap|overwrite|scale|score|threshold|units)\b"
)
_LABELS = {item.name: item.label for item in (*DETECT.parameters, *CLASSIFY.parameters)}
_LABELS["scale"] = _LABELS["scaling"]
_LABELS["first-label"] = _LABELS["first_label"]

#: Only rasters have a parameter for that.
_OVERWRITE = re.compile(
    r", (remove the file first), or have it replaced with --overwrite \(in Python overwrite=True\)"
)


class Feedback(Protocol):
    """The few methods of QgsProcessingFeedback that are used."""

    def isCanceled(self) -> bool:  # noqa: N802
        """Whether the person pressed Cancel."""

    def setProgress(self, progress: float) -> None:  # noqa: N802
        """Move the progress bar; in percent."""

    def setProgressText(self, text: str) -> None:  # noqa: N802
        """Say what is going on."""

    def pushInfo(self, info: str) -> None:  # noqa: N802
        """Say something."""

    def pushWarning(self, warning: str) -> None:  # noqa: N802
        """Say a warning."""


class Failure(Exception):
    """A run ends without its result; the text says why, for the person.

    The door makes QGIS's own exception of it, which is what ends qgis_process with 1 and a model's
    run at its step.
    """


class FeedbackListener(Listener):
    """Passes findings and progress on to Processing, and Cancel back from it.

    Errors are not told: they end the run, and their text comes with the exception, once.
    """

    def __init__(self, feedback: Feedback) -> None:
        self._feedback = feedback
        self._told: Set[Finding] = set()
        self._doing, self._percent = "", -1

    def found(self, finding: Finding) -> None:
        """Say a warning or an information, once."""
        if finding in self._told:
            return
        self._told.add(finding)
        if finding.severity is Severity.WARNING:
            self._feedback.pushWarning(in_qgis(sentence(finding)))
        elif finding.severity is Severity.INFORMATION:
            self._feedback.pushInfo(in_qgis(sentence(finding)))

    def all_found(self, findings: Iterable[Finding]) -> None:
        """Say all warnings and all information, the warnings first."""
        for item in in_order(findings):
            self.found(item)

    def progressed(self, done: int, total: int, doing: str) -> None:
        """Move the progress bar, only when that is to be seen."""
        percent = 100 if total <= 0 else max(0, min(100, done * 100 // total))
        if doing != self._doing:
            self._doing = doing
            self._feedback.setProgressText(doing)
        if percent != self._percent:
            self._percent = percent
            self._feedback.setProgress(percent)

    def cancelled(self) -> bool:
        """Whether Cancel was pressed."""
        return bool(self._feedback.isCanceled())


def failure(findings: Sequence[Finding]) -> Failure:
    """The errors among findings, each on a line of its own."""
    lines = (sentence(with_advice(item)) for item in in_order(errors_in(findings)))
    return Failure(in_qgis("\n".join(lines)))


def with_advice(item: Finding) -> Finding:
    """A finding that says what to do in QGIS, where that is not what the command line says."""
    if item.rule == "model-is-program":
        advice = (
            "Such models run on the command line alone, if you know where they come from: dl2ecd "
            "classify --trust-model. Or export it to ONNX where it was made."
        )
        return replace(item, hint=advice)
    if item.rule != "runtime-missing":
        return item
    runtimes = (it for library, it in RUNTIMES.items() if item.message.startswith(library))
    runtime = next(runtimes, None)
    if runtime is None:
        return item
    return replace(item, hint=how_to_install(runtime.package, numpy=numpy_version()))


def in_qgis(text: str) -> str:
    """A text with the labels of QGIS's dialog in place of the command line's options.

    Examples
    --------
    >>> in_qgis("Ask whoever trained the model, and give --scale.")
    'Ask whoever trained the model, and give Scaling.'
    """
    text = _OVERWRITE.sub(r", or \1", text)
    return _OPTION.sub(lambda found: _LABELS[found.group(1)], text)
