"""A tool's run from validation to result, as a scripted call and the pane's Run button do it."""

from __future__ import annotations

import time
import traceback
from typing import Callable, List, Sequence, Type

from . import _log
from ._arguments import at_work
from ._environment import Stopped, env
from ._errors import ExecuteError, ExecuteWarning
from ._log import Log, Messages
from ._parameter import Parameter, problems_of
from ._progressor import ResetProgressor, progressor
from ._result import FAILED, SUCCEEDED, Result
from ._stage import Stage
from ._texts import ERROR, INFORMATIVE, WARNING, numbered
from ._validation import validate

Tool = Callable[[], object]


class _Severity:
    """The severity from which a scripted call raises."""

    level = ERROR


def SetSeverityLevel(severity_level: int) -> None:
    """Raise for errors (2, the default), for warnings too (1), or never (0)."""
    if isinstance(severity_level, bool) or severity_level not in (0, 1, 2):
        raise ValueError(f"severity level {severity_level!r} is none of 0, 1, 2")
    _Severity.level = severity_level


def GetSeverityLevel() -> int:
    """The severity from which a scripted call raises."""
    return _Severity.level


def parameters_of(tool: Type[object]) -> List[Parameter]:
    """A new list of the tool's parameters.

    Raises
    ------
    RuntimeError
        When ``getParameterInfo`` gives what the pane can't show.
    """
    define = getattr(tool(), "getParameterInfo", None)
    given = [] if define is None else define()
    if given is None:
        given = []
    if not isinstance(given, list) or not all(isinstance(item, Parameter) for item in given):
        raise RuntimeError(f"{tool.__name__}.getParameterInfo does not return a list of Parameter")
    problems = problems_of(given)
    if problems:
        raise RuntimeError(f"{tool.__name__}: {'; '.join(problems)}")
    for parameter in given:
        parameter._keep_as_default()
    return given


def run(tool: Type[object], parameters: Sequence[Parameter]) -> Result:
    """Validate, execute, and return the result.

    Raises
    ------
    ExecuteError
        When there is an error message, at the default severity level.
    ExecuteWarning
        When there is a warning, at severity level 1.
    """
    log = _log.current.last = Log()
    _log.current.running.append(log)
    name = tool.__name__
    progressor.begin()
    started = time.monotonic()
    log.add(INFORMATIVE, f"Start Time: {time.strftime('%A, %B %d, %Y %I:%M:%S %p')}")
    try:
        if _may_run(tool, parameters, log):
            _execute(tool, parameters, log)
            if env._is_cancelled() and log.max_severity < ERROR:
                raise Stopped
    except Stopped:
        log.add(ERROR, f"Cancelled script {name}...")
    finally:
        ResetProgressor()
        env._cancelled(False)
        _log.current.running.pop()
        _log.current.last = log
    failed = log.max_severity == ERROR
    word = "Failed" if failed else "Succeeded"
    if failed:
        log.add(ERROR, f"Failed to execute ({name}).")
    log.add(
        INFORMATIVE,
        f"{word} at {time.strftime('%A, %B %d, %Y %I:%M:%S %p')} "
        f"(Elapsed Time: {time.monotonic() - started:.2f} seconds)",
    )
    if failed and _Severity.level:
        raise ExecuteError(log.text(ERROR) + "\n")
    if log.max_severity == WARNING and _Severity.level == WARNING:
        raise ExecuteWarning(log.text(WARNING) + "\n")
    return Result(parameters, log, FAILED if failed else SUCCEEDED)


def _may_run(tool: Type[object], parameters: Sequence[Parameter], log: Log) -> bool:
    licensed = getattr(tool(), "isLicensed", None)
    if licensed is not None and not licensed():
        log.add(*numbered("ERROR", 824))
        return False
    try:
        validate(tool, parameters)
    except Exception:
        log.add(ERROR, "Failed to execute. Parameters are not valid.")
        log.add(ERROR, traceback.format_exc())
        return False
    errors = [item.message for item in parameters if item.hasError()]
    if errors:
        log.add(ERROR, "Failed to execute. Parameters are not valid.")
    for text in errors:
        log.add(ERROR, text)
    if not errors:
        # Warnings of validation stay in the pane: a run that replaces an output says nothing of it.
        return True
    for parameter in parameters:
        if parameter.hasWarning():
            log.add(WARNING, parameter.message)
    return False


def _execute(tool: Type[object], parameters: Sequence[Parameter], log: Log) -> None:
    for parameter in parameters:
        parameter._enter(Stage.RUNNING)
    instance = tool()
    try:
        with at_work(parameters):
            instance.execute(list(parameters), Messages(log))  # type: ignore[attr-defined]
    except ExecuteError as error:
        if str(error):
            log.add(ERROR, str(error))
        elif log.max_severity < ERROR:
            # A bare raise without an error message before it: the traceback is all there is.
            log.add(ERROR, traceback.format_exc())
        return
    except Exception:
        log.add(ERROR, traceback.format_exc())
        return
    if log.max_severity < ERROR:
        after = getattr(tool(), "postExecute", None)
        if after is not None:
            after(list(parameters))
