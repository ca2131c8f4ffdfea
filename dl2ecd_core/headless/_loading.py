"""Loading a Python toolbox and making its tools callable, as ``arcpy.ImportToolbox`` does."""

from __future__ import annotations

import importlib.util
import inspect
import keyword
import os
import re
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Callable, Dict, Iterator, List, Optional, Type, Union

from ._documentation import documentation
from ._errors import ExecuteError
from ._not_played import MODULES, module
from ._parameter import Parameter
from ._result import Result
from ._running import parameters_of, run
from ._values import is_nothing

_PACKAGE = __package__ or "dl2ecd_core.headless"


class _Registered:
    """Modules that ImportToolbox made, by alias: only these may be extended."""

    modules: Dict[str, ModuleType] = {}


@contextmanager
def standing_in() -> Iterator[None]:
    """Let ``import arcpy`` find this package, for as long as a toolbox is at work.

    Raises
    ------
    ImportError
        When ArcGIS's own arcpy is there: it must never be shadowed.
    """
    package = sys.modules[_PACKAGE]
    present = sys.modules.get("arcpy")
    if present is package:
        yield
        return
    if present is not None or importlib.util.find_spec("arcpy") is not None:
        raise ImportError(
            "ArcGIS's own arcpy is on this machine; use it instead of dl2ecd_core.headless."
        )
    standing = {"arcpy": package, **{f"arcpy.{name}": module(name) for name in MODULES}}
    sys.modules.update(standing)
    try:
        yield
    finally:
        for name, stand_in in standing.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


class LoadedToolbox:
    """A toolbox's label, alias and tool classes, checked as ArcGIS checks them.

    Attributes
    ----------
    broken
        What keeps a tool from being played, by its name; the other tools are played all the same.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        namespace: Dict[str, object] = {
            "__name__": "__main__",
            "__file__": str(path),
        }  # as in ArcGIS Pro
        self.broken: Dict[str, Exception] = {}
        if str(path.parent) not in sys.path:
            # A toolbox may import the modules beside it, now and when a tool runs.
            sys.path.insert(0, str(path.parent))
        with standing_in():
            exec(compile(path.read_bytes(), str(path), "exec"), namespace)
            toolbox_class = namespace.get("Toolbox")
            if not isinstance(toolbox_class, type):
                raise RuntimeError(f"{path.name} has no class called Toolbox")
            toolbox = toolbox_class()
            self.label: str = _text_of(toolbox, "label", path.name)
            self.alias = str(getattr(toolbox, "alias", ""))
            self.tools: List[Type[object]] = _tools_of(toolbox, path.name)
            for tool in self.tools:
                try:
                    _check_tool(tool)
                except Exception as error:
                    self.broken[tool.__name__] = error
        if self.tools and len(self.broken) == len(self.tools):
            raise self.broken[self.tools[0].__name__]

    def tool(self, name: str) -> Type[object]:
        """The tool class of this name."""
        if name in self.broken:
            raise self.broken[name]
        for tool in self.tools:
            if tool.__name__ == name:
                return tool
        raise RuntimeError(f"{self.path.name} has no tool called {name}")


def _text_of(toolbox: object, attribute: str, file: str) -> str:
    text = getattr(toolbox, attribute, None)
    if not isinstance(text, str) or not text:
        raise RuntimeError(f"{file}: Toolbox.__init__ sets no {attribute}")
    return text


def _tools_of(toolbox: object, file: str) -> List[Type[object]]:
    tools = getattr(toolbox, "tools", None)
    if not isinstance(tools, list) or not all(isinstance(tool, type) for tool in tools):
        raise RuntimeError(f"{file}: Toolbox.tools is not a list of classes")
    return tools


def _check_alias(alias: str) -> None:
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", alias) is None:
        raise RuntimeError(
            f"the alias '{alias}' must start with a letter and hold only letters and digits; give "
            "ImportToolbox a module_name in its place"
        )


def _check_tool(tool: Type[object]) -> None:
    if "__init__" not in vars(tool) or not callable(getattr(tool, "execute", None)):
        raise RuntimeError(f"{tool.__name__} needs the methods __init__ and execute")
    instance = tool()
    if not isinstance(getattr(instance, "label", None), str):
        raise RuntimeError(f"{tool.__name__}.__init__ sets no label")
    licensed = getattr(instance, "isLicensed", None)
    if licensed is not None and not isinstance(licensed(), bool):
        raise RuntimeError(f"{tool.__name__}.isLicensed does not return True or False")
    parameters_of(tool)


def ImportToolbox(
    input_file: Union[str, os.PathLike[str]], module_name: Optional[str] = None
) -> ModuleType:
    """Load a .pyt; its tools become ``arcpy.<alias>.<Tool>`` and ``arcpy.<Tool>_<alias>``.

    Parameters
    ----------
    input_file
        The toolbox.
    module_name
        Takes the place of the toolbox's alias.

    Raises
    ------
    OSError
        When there is no such file.
    RuntimeError
        For a toolbox that ArcGIS would show with an error icon; a tool with such an icon fails
        when it is called, and does not keep the others from being played.
    ImportError
        When ArcGIS's own arcpy is on this machine.
    """
    path = Path(input_file).absolute()
    if path.suffix.lower() != ".pyt" or not path.is_file():
        raise OSError(f"The toolbox file {path} was not found.")
    toolbox = LoadedToolbox(path)
    alias = module_name or toolbox.alias
    _check_alias(alias)
    package = sys.modules[_PACKAGE]
    tools = _Registered.modules.get(alias)
    if tools is None:
        if hasattr(package, alias):
            raise RuntimeError(f"arcpy.{alias} exists already and is not a toolbox")
        tools = ModuleType(alias, f"Tools of {path.name}.")
        _Registered.modules[alias] = tools
        setattr(package, alias, tools)
    for tool in toolbox.tools:
        error = toolbox.broken.get(tool.__name__)
        function = _function(tool, toolbox) if error is None else _failing(tool.__name__, error)
        setattr(tools, tool.__name__, function)
        setattr(package, f"{tool.__name__}_{alias}", function)
    return tools


def _failing(name: str, error: Exception) -> Callable[..., Result]:
    """What a tool is called that can't be played: each call says why."""

    def call(*arguments: object, **keywords: object) -> Result:
        raise ExecuteError(f"{name} can't be played here: {error}") from error

    call.__name__ = call.__qualname__ = name
    return call


def _function(tool: Type[object], toolbox: LoadedToolbox) -> Callable[..., Result]:
    name = tool.__name__
    with standing_in():
        told = [item.name for item in parameters_of(tool) if item.parameterType != "Derived"]
    names = [_keyword(name) for name in told]
    signature = inspect.Signature(
        [
            inspect.Parameter(item, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None)
            for item in names
        ]
    )

    def call(*arguments: object, **keywords: object) -> Result:
        try:
            bound = signature.bind(*arguments, **keywords)
        except TypeError as error:
            raise TypeError(f"{name}() {error}") from None
        with standing_in():
            parameters = parameters_of(tool)
            for parameter in parameters:
                _fill(parameter, bound.arguments.get(_keyword(parameter.name)))
            return run(tool, parameters)

    call.__name__ = call.__qualname__ = name
    call.__module__ = toolbox.alias
    call.__doc__ = documentation(toolbox.path, name, names)
    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


def _fill(parameter: Parameter, given: object) -> None:
    if not is_nothing(given):
        parameter._assign(_without_paths(given))


def _without_paths(given: object) -> object:
    """What was given with text in place of path objects, in lists too."""
    if isinstance(given, (list, tuple)):
        return [_without_paths(item) for item in given]
    return os.fspath(given) if isinstance(given, os.PathLike) else given


def _keyword(name: str) -> str:
    """A parameter's name as Python lets one write it: ``from`` and ``in file`` can't be."""
    usable = re.sub(r"\W", "_", name)
    return f"{usable}_" if keyword.iskeyword(usable) else usable
