"""What ArcGIS checks of its own between ``updateParameters`` and ``updateMessages``."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator, Optional, Sequence, Tuple

from ._datasets import in_geodatabase, located
from ._datatypes import DATATYPES, PATHS, Holds
from ._environment import env
from ._filter import Filter
from ._parameter import Parameter
from ._stage import Stage
from ._texts import ERROR, numbered
from ._values import GPValue, Value, Values, type_problem

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
    value = parameter._value
    if value is None:
        if parameter.parameterType == "Required":
            return numbered("ERROR", 735, parameter.displayName)
        return None
    if not isinstance(value, list):
        return _problem_of(parameter, value, parameter._datatypes, parameter.filter)
    return next(filter(None, _problems_of_several(parameter, value)), None)


def _problems_of_several(parameter: Parameter, values: Values) -> Iterator[Optional[Problem]]:
    """What is wrong with each value of a list, or with each cell of a table."""
    for item in values:
        if isinstance(item, list):
            for cell, (datatype, _), accepted in zip(item, parameter.columns, parameter.filters):
                if cell != "":
                    yield _problem_of(parameter, cell, [datatype], accepted)
        else:
            yield _problem_of(parameter, item, parameter._datatypes, parameter.filter)


def _problem_of(
    parameter: Parameter, value: Value, datatypes: Sequence[str], accepted: Filter
) -> Optional[Problem]:
    wrong_type = type_problem(value, datatypes)
    if wrong_type is not None:
        return ERROR, wrong_type
    if not isinstance(value, GPValue):
        return _not_accepted(accepted, value)
    holds = [DATATYPES[name].holds for name in datatypes if DATATYPES[name].holds in PATHS]
    find = _output_problem if parameter.direction == "Output" else _input_problem
    return find(parameter, str(value), datatypes[0], holds) or _wrong_extension(accepted, value)


def _input_problem(
    parameter: Parameter, given: str, datatype: str, holds: Sequence[Holds]
) -> Optional[Problem]:
    path = located(given)
    try:
        exists, is_folder = path.exists(), path.is_dir()
    except (OSError, ValueError):
        exists, is_folder = False, False
    if not exists and not (Holds.DATASET in holds and in_geodatabase(path)):
        return numbered("ERROR", 732, parameter.displayName, given)
    if Holds.DATASET not in holds and is_folder != (Holds.FOLDER in holds):
        return numbered("ERROR", 840, DATATYPES[datatype].name)
    return None


def _output_problem(
    parameter: Parameter, given: str, datatype: str, holds: Sequence[Holds]
) -> Optional[Problem]:
    path = located(given)
    try:
        if not path.is_absolute():
            # ArcGIS looks for a workspace that a bare name lies in; this is how that ended for
            # people who gave one.
            return numbered("ERROR", 210, given)
        if not path.parent.is_dir():
            return numbered("ERROR", 875, parameter.displayName, given)
        if path.is_dir() and Holds.FILE in holds:
            return numbered("ERROR", 840, DATATYPES[datatype].name)
        if path.exists():
            kind = "WARNING" if env.overwriteOutput else "ERROR"
            return numbered(kind, 725, parameter.displayName, given)
    except (OSError, ValueError):
        return numbered("ERROR", 210, given)
    return None


def _wrong_extension(accepted: Filter, value: GPValue) -> Optional[Problem]:
    if accepted.type != "File":
        # What kind of features or workspace a path holds, only ArcGIS can tell.
        return None
    extensions = [str(item).lower() for item in accepted.list]
    if not extensions or Path(str(value)).suffix[1:].lower() in extensions:
        return None
    # Which number ArcGIS gives here is not known; the text is that of any filter.
    return numbered("ERROR", 800, " | ".join(map(str, accepted.list)))


def _not_accepted(accepted: Filter, value: Value) -> Optional[Problem]:
    items = accepted.list
    if accepted.type == "Range":
        low, high = (float(str(end)) for end in items or ("-inf", "inf"))
        if low <= float(str(value)) <= high:
            return None
        return ERROR, f"The value {value} is not between {items[0]} and {items[1]}"
    if accepted.type != "ValueList" or not items or value in items:
        return None
    return numbered("ERROR", 800, " | ".join(map(str, items)))
