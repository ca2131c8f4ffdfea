"""Loading a Python toolbox and making its tools callable, as ``arcpy.ImportToolbox`` does."""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Callable, Dict, Iterator, List, Optional, Type, Union

from ._documentation import documentation
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
    sys.modules["arcpy"] = package
    try:
        yield
    finally:
        if sys.modules.get("arcpy") is package:
            del sys.modules["arcpy"]


class LoadedToolbox:
    """A toolbox's label, alias and tool classes, checked as ArcGIS checks them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        namespace: Dict[str, object] = {
            "__name__": "__main__",
            "__file__": str(path),
        }  # as in ArcGIS Pro
        with standing_in():
            exec(compile(path.read_bytes(), str(path), "exec"), namespace)
            toolbox_class = namespace.get("Toolbox")
            if not isinstance(toolbox_class, type):
                raise RuntimeError(f"{path.name} has no class called Toolbox")
            toolbox = toolbox_class()
            self.label: str = _text_of(toolbox, "label", path.name)
            self.alias: str = _text_of(toolbox, "alias", path.name)
            self.tools: List[Type[object]] = _tools_of(toolbox, path.name)
            _check_name(self.alias, "alias")
            for tool in self.tools:
                _check_tool(tool)

    def tool(self, name: str) -> Type[object]:
        """The tool class of this name."""
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


def _check_name(name: str, what: str) -> None:
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", name) is None:
        raise RuntimeError(
            f"the {what} '{name}' must start with a letter and hold only letters and digits"
        )


def _check_tool(tool: Type[object]) -> None:
    _check_name(tool.__name__, "tool class name")
    if "__init__" not in vars(tool) or not callable(getattr(tool, "execute", None)):
        raise RuntimeError(f"{tool.__name__} needs the methods __init__ and execute")
    instance = tool()
    for attribute in ("label", "description"):
        if not isinstance(getattr(instance, attribute, None), str):
            raise RuntimeError(f"{tool.__name__}.__init__ sets no {attribute}")
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
        For a toolbox that ArcGIS would show with an error icon.
    ImportError
        When ArcGIS's own arcpy is on this machine.
    """
    path = Path(input_file).absolute()
    if path.suffix.lower() != ".pyt" or not path.is_file():
        raise OSError(f"The toolbox file {path} was not found.")
    toolbox = LoadedToolbox(path)
    alias = toolbox.alias if module_name is None else module_name
    _check_name(alias, "module name")
    package = sys.modules[_PACKAGE]
    module = _Registered.modules.get(alias)
    if module is None:
        if hasattr(package, alias):
            raise RuntimeError(f"arcpy.{alias} exists already and is not a toolbox")
        module = ModuleType(alias, f"Tools of {path.name}.")
        _Registered.modules[alias] = module
        setattr(package, alias, module)
    for tool in toolbox.tools:
        function = _function(tool, toolbox)
        setattr(module, tool.__name__, function)
        setattr(package, f"{tool.__name__}_{alias}", function)
    return module


def _function(tool: Type[object], toolbox: LoadedToolbox) -> Callable[..., Result]:
    name = tool.__name__
    with standing_in():
        names = [item.name for item in parameters_of(tool) if item.parameterType != "Derived"]
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
                _fill(parameter, bound.arguments.get(parameter.name))
            return run(tool, parameters)

    call.__name__ = call.__qualname__ = name
    call.__module__ = toolbox.alias
    call.__doc__ = documentation(toolbox.path, name, names)
    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


def _fill(parameter: Parameter, given: object) -> None:
    if not is_nothing(given):
        parameter._assign(os.fspath(given) if isinstance(given, os.PathLike) else given)
