"""Live validation: what the tool's updateParameters and updateMessages do.

Both run after every change in the dialog and must neither take long nor raise.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import PurePosixPath, PureWindowsPath
from typing import List, Optional, Sequence

from ..findings import Finding, Severity, in_order
from .arcgis import Parameter, text_of
from .preview import Examined, Known, examiner
from .proposal import proposed_output
from .speech import NOT_YET_CHECKED, NOT_YET_COMPARED, surprise, tooltip


class _Proposals:
    """Names that were proposed in this session; module state, as tools are made anew each time."""

    most = 64
    made: OrderedDict[str, None] = OrderedDict()

    @classmethod
    def remember(cls, name: str) -> None:
        cls.made[name] = None
        while len(cls.made) > cls.most:
            cls.made.popitem(last=False)


def update_parameters(parameters: Sequence[Parameter]) -> None:
    """Propose the output's name from the model's, as long as the person has set none.

    A name that is still the proposal follows when another model is chosen. In a scripted call all
    parameters are new at once: there a missing output stays missing, and a given one is never
    taken for a proposal.
    """
    try:
        model, info, output = parameters
        propose(model, info, output, proposed_output(text_of(model)))
    except Exception:
        # A proposal is a convenience: without it the person types a name.
        return


def propose(
    source: Parameter, other: Parameter, output: Parameter, proposal: Optional[str]
) -> None:
    """Propose an output whose name comes from a source, unless a script gives `other` as well."""
    source_is_new = not source.hasBeenValidated
    scripted = source_is_new and bool(text_of(other)) and not other.hasBeenValidated
    if scripted or proposal is None:
        return
    present = text_of(output)
    if not present or (source_is_new and present in _Proposals.made):
        output.value = proposal
        _Proposals.remember(proposal)


def update_messages(parameters: Sequence[Parameter]) -> None:
    """Show beside the parameters what is wrong with the files, as far as it is known by now."""
    model, info, output = parameters
    try:
        if not text_of(model) and not text_of(info):
            examiner.prepare()
        examined = examiner.examine(readable(model), _readable_info(info))
        _show_model(model, examined)
        _show_info(info, examined)
        _show_output(output)
    except Exception as error:
        say(model, Severity.WARNING, surprise(error, "Checking the parameters"))


def readable(parameter: Parameter) -> str:
    """The path to examine; empty when ArcGIS itself has found that it can't be read."""
    return "" if parameter.hasError() else text_of(parameter)


def _readable_info(parameter: Parameter) -> str:
    """The path of the class information; also of a file that is refused for its extension alone.

    People give an .emd or .ecd by mistake, and examining it says so in plainer words than the
    filter does.
    """
    path = text_of(parameter)
    return path if not path.lower().endswith(".json") else readable(parameter)


def _show_model(parameter: Parameter, examined: Examined) -> None:
    if readable(parameter):
        show(parameter, examined.model, [], "" if examined.model else NOT_YET_CHECKED)


def _show_info(parameter: Parameter, examined: Examined) -> None:
    if not _readable_info(parameter):
        return
    if examined.info is None:
        show(parameter, None, [], NOT_YET_CHECKED)
        return
    further: List[Finding] = []
    outstanding = ""
    if examined.fit is not None:
        further += examined.fit.findings
        outstanding = examined.fit.surprise
    elif examined.model is not None:
        outstanding = NOT_YET_COMPARED
    show(parameter, examined.info, further, outstanding)


def show(
    parameter: Parameter,
    known: Optional[Known[object]],
    further: Sequence[Finding],
    outstanding: str,
) -> None:
    """Errors and warnings beside a parameter; what is only information is left to the run."""
    findings: List[Finding] = list(further)
    remarks: List[str] = []
    if known is not None:
        findings = [*known.findings, *further]
        remarks.append(known.surprise)
    remarks = [text for text in (*remarks, outstanding) if text]
    shown = [
        item for item in in_order(findings) if item.severity is not Severity.INFORMATION
    ]  # fmt: skip
    if not shown and not remarks:
        return
    heaviest = shown[0].severity if shown else Severity.WARNING
    if parameter.hasError():
        if heaviest is not Severity.ERROR:
            return
        remarks.append(parameter.message)
    say(parameter, heaviest, tooltip(shown, remarks))


def _show_output(parameter: Parameter) -> None:
    path = text_of(parameter)
    if not path:
        return
    pure = PureWindowsPath(path) if PureWindowsPath(path).drive else PurePosixPath(path)
    if pure.suffix.lower() != ".ecd":
        stem = pure.stem or "landcover"
        say(
            parameter,
            Severity.ERROR,
            f"The output's name must end in .ecd, for example '{stem}.ecd'.",
        )


def say(parameter: Parameter, severity: Severity, text: str) -> None:
    if severity is Severity.ERROR:
        parameter.setErrorMessage(text)
    elif not parameter.hasError():
        parameter.setWarningMessage(text)
