"""Tool parameters: what can be read, what can be set, and when."""

from __future__ import annotations

import re
from enum import Enum
from typing import List, NoReturn, Optional, Sequence

from ._texts import ERROR, WARNING, numbered
from ._values import DATATYPES, Value, as_value


class Stage(Enum):
    """Which of a tool's methods holds the parameter."""

    DEFINING = "getParameterInfo"
    UPDATING = "updateParameters"
    JUDGING = "updateMessages"
    RUNNING = "execute"


_FIXED = ("name", "displayName", "datatype", "direction", "parameterType")
_READ_ONLY = ("altered", "hasBeenValidated", "message", "valueAsText", "schema", "filter")
_TEXTS = ("category", "symbology")
_WRITABLE = ("enabled", "value", *_TEXTS, "multiValue")


def unsupported(name: str, owner: object) -> NoReturn:
    """Raise what arcpy raises when a read-only attribute is set."""
    raise NameError(
        f"The attribute '{name}' is not supported on this instance of {type(owner).__name__}."
    )


class Filter:
    """Which values a parameter accepts: ``type`` and ``list`` may be set."""

    __slots__ = ("_list", "_owner", "_type")
    _list: List[object]
    _owner: Parameter
    _type: str

    def __init__(self, owner: Parameter) -> None:
        object.__setattr__(self, "_owner", owner)
        object.__setattr__(self, "_type", "File" if owner._datatype == "DEFile" else "ValueList")
        object.__setattr__(self, "_list", [])

    @property
    def type(self) -> str:
        """``File`` for files, ``ValueList`` for the rest."""
        return self._type

    @property
    def list(self) -> List[object]:
        """A copy of the accepted values; for files, extensions without the dot."""
        return [*self._list]

    def __setattr__(self, name: str, value: object) -> None:
        if name not in ("type", "list"):
            raise AttributeError(f"'Filter' object has no attribute '{name}'")
        if self._owner._stage in (Stage.JUDGING, Stage.RUNNING):
            unsupported(name, self)
        if name == "type":
            if value != self._type:
                raise ValueError("FilterObject: illegal filter type")
            return
        if not isinstance(value, (list, tuple)) or not all(self._accepts(item) for item in value):
            raise ValueError("FilterObject: illegal list value")
        object.__setattr__(self, "_list", [*value])

    def _accepts(self, item: object) -> bool:
        if self._type != "File":
            return isinstance(item, (str, int, float)) and item != ""
        # Extensions: no dot, blank or wildcard; ["*"] would be read as an extension named "*".
        return isinstance(item, str) and re.fullmatch(r"[A-Za-z0-9_]+", item) is not None


class Schema:
    """The schema of an output; nothing about it can be asked or set for files."""

    __slots__ = ()


class Parameter:
    """``arcpy.Parameter`` for single values of the types in :data:`._values.DATATYPES`.

    Raises
    ------
    ValueError
        ``ParameterObject: Invalid input value for ... property`` for what a property can't be.
    """

    __slots__ = (
        "_altered",
        "_category",
        "_datatype",
        "_direction",
        "_displayName",
        "_enabled",
        "_filter",
        "_internal",
        "_message",
        "_multiValue",
        "_name",
        "_parameterType",
        "_schema",
        "_severity",
        "_stage",
        "_symbology",
        "_validated",
        "_value",
    )
    _altered: bool
    _category: Optional[str]
    _datatype: str
    _direction: str
    _displayName: str
    _enabled: bool
    _filter: Filter
    _internal: bool
    _message: str
    _multiValue: bool
    _name: str
    _parameterType: str
    _schema: Schema
    _severity: int
    _stage: Stage
    _symbology: Optional[str]
    _validated: bool
    _value: Optional[Value]

    def __init__(
        self,
        name: Optional[str] = None,
        displayName: Optional[str] = None,
        direction: Optional[str] = None,
        datatype: Optional[str] = None,
        parameterType: Optional[str] = None,
        enabled: Optional[bool] = None,
        category: Optional[str] = None,
        symbology: Optional[str] = None,
        multiValue: Optional[bool] = None,
    ) -> None:
        start = {
            "_name": "", "_displayName": "", "_direction": "Input", "_datatype": "GPString",
            "_parameterType": "Required", "_enabled": True, "_category": None, "_symbology": None,
            "_multiValue": False, "_value": None, "_altered": False, "_validated": False,
            "_message": "", "_severity": 0, "_internal": False, "_stage": Stage.DEFINING,
        }  # fmt: skip
        for key, default in start.items():
            object.__setattr__(self, key, default)
        given = {
            "name": name, "displayName": displayName, "direction": direction,
            "datatype": datatype, "parameterType": parameterType, "enabled": enabled,
            "category": category, "symbology": symbology, "multiValue": multiValue,
        }  # fmt: skip
        for key, value in given.items():
            if value is not None:
                setattr(self, key, value)
        object.__setattr__(self, "_schema", Schema())
        object.__setattr__(self, "_filter", Filter(self))

    def __setattr__(self, name: str, value: object) -> None:
        if name in _READ_ONLY:
            unsupported(name, self)
        if name in _FIXED:
            if self._stage is not Stage.DEFINING:
                unsupported(name, self)
            object.__setattr__(self, f"_{name}", _checked(name, value))
            if name == "datatype" and hasattr(self, "_filter"):
                object.__setattr__(self, "_filter", Filter(self))
            return
        if name not in _WRITABLE:
            raise AttributeError(f"'Parameter' object has no attribute '{name}'")
        if self._stage is Stage.JUDGING:
            unsupported(name, self)
        if name == "value":
            self._assign(value)
        else:
            object.__setattr__(self, f"_{name}", _checked(name, value))

    def _assign(self, given: object) -> None:
        value = as_value(given, self._datatype)
        if _text(value) != _text(self._value):
            object.__setattr__(self, "_validated", False)
            object.__setattr__(self, "_altered", value is not None)
        object.__setattr__(self, "_value", value)

    # What may be read --------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name that scripts use."""
        return self._name

    @property
    def displayName(self) -> str:
        """The label in the pane."""
        return self._displayName

    @property
    def direction(self) -> str:
        """``Input`` or ``Output``."""
        return self._direction

    @property
    def datatype(self) -> str:
        """The type's name as dialogs show it."""
        return DATATYPES[self._datatype]

    @property
    def parameterType(self) -> str:
        """``Required``, ``Optional`` or ``Derived``."""
        return self._parameterType

    @property
    def enabled(self) -> bool:
        """Whether the pane lets the person fill it in."""
        return self._enabled

    @property
    def category(self) -> Optional[str]:
        """The pane's group of parameters that this one is in."""
        return self._category

    @property
    def symbology(self) -> Optional[str]:
        """The layer file that draws the output."""
        return self._symbology

    @property
    def multiValue(self) -> bool:
        """Always False: lists of values are not played here."""
        return self._multiValue

    @property
    def value(self) -> Optional[Value]:
        """A geoprocessing value object for files and folders; None when empty."""
        return self._value

    @property
    def valueAsText(self) -> Optional[str]:
        """The value as text; None when empty."""
        return _text(self._value)

    @property
    def filter(self) -> Filter:
        """Which values are accepted."""
        return self._filter

    @property
    def schema(self) -> Schema:
        """The schema of an output."""
        return self._schema

    @property
    def altered(self) -> bool:
        """Whether a value was set since the parameter was last empty."""
        return self._altered

    @property
    def hasBeenValidated(self) -> bool:
        """Whether internal validation has seen the present value."""
        return self._validated

    @property
    def message(self) -> str:
        """The text of the parameter's error or warning."""
        return self._message

    # Messages ----------------------------------------------------------------------------------

    def hasError(self) -> bool:
        """Whether the parameter's message is an error."""
        return self._severity == ERROR

    def hasWarning(self) -> bool:
        """Whether the parameter's message is a warning."""
        return self._severity == WARNING

    def setErrorMessage(self, message: str) -> None:
        """Give the parameter an error; replaces the message it has."""
        self._say(ERROR, message)

    def setWarningMessage(self, message: str) -> None:
        """Give the parameter a warning; replaces the message it has."""
        self._say(WARNING, message)

    def setIDMessage(
        self,
        message_type: str,
        message_ID: int,
        add_argument1: object = None,
        add_argument2: object = None,
    ) -> None:
        """Give the parameter a message by its number."""
        self._say(*numbered(message_type, message_ID, add_argument1, add_argument2))

    def clearMessage(self) -> None:
        """Take the tool's own message away; one of the internal validation stays, as in a .pyt."""
        if not self._internal:
            self._set_message(0, "", internal=False)

    def _say(self, severity: int, message: str) -> None:
        if not isinstance(message, str):
            raise TypeError(f"a message is a string, not {type(message).__name__}")
        self._set_message(severity, message, internal=False)

    def _set_message(self, severity: int, message: str, *, internal: bool) -> None:
        object.__setattr__(self, "_severity", severity)
        object.__setattr__(self, "_message", message)
        object.__setattr__(self, "_internal", internal)

    def _enter(self, stage: Stage) -> None:
        object.__setattr__(self, "_stage", stage)

    def _keep_as_default(self) -> None:
        """What getParameterInfo sets is a default and no change."""
        object.__setattr__(self, "_altered", False)

    def _mark_validated(self) -> None:
        object.__setattr__(self, "_validated", True)


def _text(value: Optional[Value]) -> Optional[str]:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _checked(name: str, value: object) -> object:
    choices = {
        "datatype": tuple(DATATYPES),
        "direction": ("Input", "Output"),
        "parameterType": ("Required", "Optional", "Derived"),
    }
    if name in choices:
        fits = isinstance(value, str) and value in choices[name]
    elif name == "name":
        fits = isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", value) is not None
    elif name == "enabled":
        fits = isinstance(value, bool)
    elif name == "multiValue":
        fits = value is False
    else:
        fits = isinstance(value, str)
    if not fits:
        title = {"datatype": "DataType"}.get(name, name[0].upper() + name[1:])
        raise ValueError(f"ParameterObject: Invalid input value for {title} property")
    return value


def problems_of(parameters: Sequence[Parameter]) -> List[str]:
    """What is wrong with a tool's list of parameters as a whole, for its author."""
    problems = []
    names = [parameter.name.lower() for parameter in parameters]
    for parameter in parameters:
        if not parameter.name or not parameter.displayName:
            problems.append("a parameter has no name or no displayName")
        if names.count(parameter.name.lower()) > 1:
            problems.append(f"two parameters are called '{parameter.name}'")
        if parameter.parameterType == "Derived" and parameter.direction != "Output":
            problems.append(f"'{parameter.name}' is Derived but not an Output")
    return list(dict.fromkeys(problems))
