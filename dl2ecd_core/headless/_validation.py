"""What ArcGIS checks of its own between ``updateParameters`` and ``updateMessages``."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Optional, Sequence, Tuple

from ._environment import env
from ._parameter import Parameter, Stage
from ._texts import ERROR, numbered
from ._values import DATATYPES, PATHS, type_problem

Problem = Tuple[int, str]


def validate(tool: Callable[[], object], parameters: Sequence[Parameter]) -> None:
    """One round of validation, as after every change in the pane and before every run.

    Each method is called on a new instance of the tool: ArcGIS promises no other, so a tool that
    keeps its state in ``self`` fails here.
    """
    update = getattr(tool(), "updateParameters", None)
    if update is not None:
        _in_stage(parameters, Stage.UPDATING)
        update(list(parameters))
    for parameter in parameters:
        severity, message = _problem(parameter) or (0, "")
        parameter._set_message(severity, message, internal=True)
        parameter._mark_validated()
    judge = getattr(tool(), "updateMessages", None)
    if judge is not None:
        _in_stage(parameters, Stage.JUDGING)
        judge(list(parameters))


def _in_stage(parameters: Sequence[Parameter], stage: Stage) -> None:
    for parameter in parameters:
        parameter._enter(stage)


def _problem(parameter: Parameter) -> Optional[Problem]:
    if parameter.parameterType == "Derived":
        return None
    value = parameter.value
    if value is None:
        if parameter.parameterType == "Required":
            return numbered("ERROR", 735, parameter.displayName)
        return None
    wrong_type = type_problem(value, parameter._datatype)
    if wrong_type is not None:
        return ERROR, wrong_type
    if parameter._datatype not in PATHS:
        return _not_a_member(parameter, value)
    if parameter.direction == "Output":
        return _output_problem(parameter) or _wrong_extension(parameter)
    return _input_problem(parameter) or _wrong_extension(parameter)


def _input_problem(parameter: Parameter) -> Optional[Problem]:
    path = Path(str(parameter.value))
    try:
        exists, is_folder = path.exists(), path.is_dir()
    except (OSError, ValueError):
        exists, is_folder = False, False
    if not exists:
        return numbered("ERROR", 732, parameter.displayName, str(parameter.value))
    if is_folder != (parameter._datatype == "DEFolder"):
        return numbered("ERROR", 840, DATATYPES[parameter._datatype])
    return None


def _output_problem(parameter: Parameter) -> Optional[Problem]:
    path = Path(str(parameter.value))
    try:
        if not path.is_absolute():
            # ArcGIS looks for a workspace that a bare name lies in; this is how that ended for
            # people who gave one.
            return numbered("ERROR", 210, str(path))
        if not path.parent.is_dir():
            return numbered("ERROR", 875, parameter.displayName, str(parameter.value))
        if path.is_dir() and parameter._datatype == "DEFile":
            return numbered("ERROR", 840, DATATYPES[parameter._datatype])
        if path.exists():
            kind = "WARNING" if env.overwriteOutput else "ERROR"
            return numbered(kind, 725, parameter.displayName, str(parameter.value))
    except (OSError, ValueError):
        return numbered("ERROR", 210, str(path))
    return None


def _wrong_extension(parameter: Parameter) -> Optional[Problem]:
    accepted = [str(item).lower() for item in parameter.filter.list]
    if not accepted or Path(str(parameter.value)).suffix[1:].lower() in accepted:
        return None
    # Which number ArcGIS gives here is not known; the text is that of any filter.
    return numbered("ERROR", 800, " | ".join(str(item) for item in parameter.filter.list))


def _not_a_member(parameter: Parameter, value: object) -> Optional[Problem]:
    accepted = parameter.filter.list
    if not accepted or value in accepted:
        return None
    return numbered("ERROR", 800, " | ".join(str(item) for item in accepted))
