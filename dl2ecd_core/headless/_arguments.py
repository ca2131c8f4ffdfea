"""The running tool's parameters by number, as scripts of older toolboxes ask for them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator, List, Optional, Sequence, Union

from ._parameter import Parameter

_Index = Union[int, str]


class _Running:
    """The parameters of the tools at work, the innermost last."""

    stack: List[Sequence[Parameter]] = []


@contextmanager
def at_work(parameters: Sequence[Parameter]) -> Iterator[None]:
    """Let these be the parameters that are asked for."""
    _Running.stack.append(parameters)
    try:
        yield
    finally:
        _Running.stack.pop()


def _parameter(index: _Index) -> Parameter:
    if not _Running.stack:
        raise RuntimeError("no tool is running, so there is no parameter to ask for")
    parameters = _Running.stack[-1]
    if isinstance(index, str):
        named = {parameter.name: parameter for parameter in parameters}
        if index not in named:
            raise RuntimeError(f"Object: Error in getting parameter '{index}'")
        return named[index]
    if not 0 <= index < len(parameters):
        raise RuntimeError(f"Object: Error in getting parameter {index}")
    return parameters[index]


def GetArgumentCount() -> int:
    """How many parameters the running tool has."""
    return len(_Running.stack[-1]) if _Running.stack else 0


def GetParameter(index: _Index) -> object:
    """The value of a parameter of the running tool."""
    return _parameter(index).value


def GetParameterAsText(index: _Index) -> str:
    """The value of a parameter as text; empty when there is none."""
    return _parameter(index).valueAsText or ""


def GetParameterInfo(tool_name: Optional[str] = None) -> List[Parameter]:
    """The parameters of the running tool."""
    if tool_name is not None or not _Running.stack:
        raise RuntimeError("only the running tool's parameters are known")
    return [*_Running.stack[-1]]


def SetParameter(index: _Index, value: object) -> None:
    """Set a parameter of the running tool, above all a derived output."""
    _parameter(index)._assign(value)


def SetParameterAsText(index: _Index, text: str) -> None:
    """Set a parameter of the running tool from text."""
    _parameter(index)._assign(str(text))
