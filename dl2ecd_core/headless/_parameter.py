"""Tool parameters: what can be read, what can be set, and when."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple, Union

from ._assigning import checked
from ._datatypes import BY_NAME, DATATYPES, VALUE_TABLE
from ._errors import NotPlayedAttribute
from ._filter import Filter
from ._stage import Stage, unsupported
from ._texts import ERROR, WARNING, numbered
from ._value_table import ValueTable
from ._values import Value, Values, as_rows, as_value, as_values, shown_table, text_of

_FIXED = ("name", "displayName", "datatype", "direction", "parameterType")
_READ_ONLY = ("altered", "hasBeenValidated", "message", "valueAsText", "schema", "filter")
_TEXTS = ("category", "symbology", "defaultEnvironmentName", "controlCLSID")
_LISTS = ("parameterDependencies", "columns")
_WRITABLE = ("enabled", "value", "values", *_TEXTS, *_LISTS, "multiValue")


class Schema:
    """The schema of an output: what is set is kept, for a tool that asks for it."""

    def __init__(self) -> None:
        vars(self).update(dict.fromkeys(_SCHEMA))

    def __setattr__(self, name: str, value: object) -> None:
        if name not in _SCHEMA:
            raise NotPlayedAttribute(f"The schema's {name}")
        vars(self)[name] = value


_SCHEMA = (
    "additionalFields", "cellSize", "cellSizeRule", "clone", "extent", "extentRule",
    "featureType", "featureTypeRule", "fieldsRule", "geometryType", "geometryTypeRule",
    "rasterFormatRule", "rasterRule", "type",
)  # fmt: skip


class Parameter:
    """``arcpy.Parameter`` for the types in :data:`._datatypes.DATATYPES`.

    Raises
    ------
    ValueError
        ``ParameterObject: Invalid input value for ... property`` for what a property can't be.
    """

    __slots__ = (
        "_altered",
        "_category",
        "_columns",
        "_controlCLSID",
        "_datatype",
        "_datatypes",
        "_defaultEnvironmentName",
        "_direction",
        "_displayName",
        "_enabled",
        "_filter",
        "_filters",
        "_internal",
        "_message",
        "_multiValue",
        "_name",
        "_parameterDependencies",
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
    _columns: List[List[str]]
    _controlCLSID: Optional[str]
    _datatype: Union[str, List[str]]
    _datatypes: Tuple[str, ...]
    _defaultEnvironmentName: Optional[str]
    _direction: str
    _displayName: str
    _enabled: bool
    _filter: Filter
    _filters: List[Filter]
    _internal: bool
    _message: str
    _multiValue: bool
    _name: str
    _parameterDependencies: List[str]
    _parameterType: str
    _schema: Schema
    _severity: int
    _stage: Stage
    _symbology: Optional[str]
    _validated: bool
    _value: Union[Value, Values, None]

    def __init__(
        self,
        name: Optional[str] = None,
        displayName: Optional[str] = None,
        direction: Optional[str] = None,
        datatype: Union[str, List[str], None] = None,
        parameterType: Optional[str] = None,
        enabled: Optional[bool] = None,
        category: Optional[str] = None,
        symbology: Optional[str] = None,
        multiValue: Optional[bool] = None,
    ) -> None:
        start = {
            "_name": "", "_displayName": "", "_direction": "Input", "_datatype": "GPString",
            "_parameterType": "Required", "_enabled": True, "_category": None, "_symbology": None,
            "_multiValue": False, "_controlCLSID": None, "_defaultEnvironmentName": None,
            "_datatypes": ("GPString",), "_parameterDependencies": [], "_columns": [],
            "_filters": [], "_value": None, "_altered": False, "_validated": False,
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
        self._set_types()

    def __setattr__(self, name: str, value: object) -> None:
        if name in _READ_ONLY:
            unsupported(name, self)
        if name in _FIXED:
            if self._stage is not Stage.DEFINING:
                unsupported(name, self)
            object.__setattr__(self, f"_{name}", checked(name, value))
            if name == "datatype":
                self._set_types()
            return
        if name not in _WRITABLE:
            raise NotPlayedAttribute(f"Parameter.{name}")
        if self._stage is Stage.JUDGING:
            unsupported(name, self)
        if name in ("value", "values"):
            self._assign(value)
        else:
            object.__setattr__(self, f"_{name}", checked(name, value))
            if name == "columns":
                self._set_types()

    def _set_types(self) -> None:
        """Types and filters anew, after the data type or the columns of a table changed."""
        named = self._datatype
        given = [named] if isinstance(named, str) else named
        types = tuple(BY_NAME.get(item, item) for item in given)
        object.__setattr__(self, "_datatypes", types)
        object.__setattr__(self, "_filter", Filter(self, types[0]))
        filters = [Filter(self, name) for name, _ in self._columns]
        object.__setattr__(self, "_filters", filters)

    @property
    def _holds_several(self) -> bool:
        return self._multiValue or VALUE_TABLE in self._datatypes

    def _assign(self, given: object) -> None:
        value: Union[Value, Values, None]
        if VALUE_TABLE in self._datatypes:
            value = as_rows(given, [name for name, _ in self._columns])
        elif self._multiValue:
            value = as_values(given, self._datatypes)
        else:
            value = as_value(given, self._datatypes)
        if text_of(value) != text_of(self._value):
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
        """The type's name as dialogs show it; of several types the first one's."""
        return DATATYPES[self._datatypes[0]].name

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
        """Whether it takes a list of values."""
        return self._multiValue

    @property
    def value(self) -> Union[Value, ValueTable, None]:
        """A value object for paths, a table for several values; None when empty."""
        if isinstance(self._value, list):
            return shown_table(self._value, max(1, len(self._columns)))
        return self._value

    @property
    def values(self) -> Optional[Values]:
        """The list of several values, or of a table's rows; None when empty.

        Raises
        ------
        NameError
            For a parameter of one value.
        """
        if not self._holds_several:
            unsupported("values", self)
        return [*self._value] if isinstance(self._value, list) else None

    @property
    def valueAsText(self) -> Optional[str]:
        """The value as text, several parted by semicolons; None when empty."""
        return text_of(self._value)

    @property
    def filter(self) -> Filter:
        """Which values are accepted."""
        return self._filter

    @property
    def filters(self) -> List[Filter]:
        """The filters of a value table's columns."""
        return self._filters

    @property
    def columns(self) -> List[List[str]]:
        """Data type and heading of each column of a value table."""
        return [[*column] for column in self._columns]

    @property
    def parameterDependencies(self) -> List[str]:
        """The names of the parameters that this one depends on."""
        return [*self._parameterDependencies]

    @property
    def defaultEnvironmentName(self) -> Optional[str]:
        """The environment setting that gives the default."""
        return self._defaultEnvironmentName

    @property
    def controlCLSID(self) -> Optional[str]:
        """The control that the pane shows."""
        return self._controlCLSID

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
