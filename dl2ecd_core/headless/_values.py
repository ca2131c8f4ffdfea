"""Data types of parameters, and the values they hold."""

from __future__ import annotations

from typing import Dict, Optional, Union

from ._texts import numbered

#: Keyword in code -> name in dialogs, help and messages; only types that are fully played here.
DATATYPES: Dict[str, str] = {
    "DEFile": "File",
    "DEFolder": "Folder",
    "GPString": "String",
    "GPLong": "Long",
    "GPDouble": "Double",
    "GPBoolean": "Boolean",
}
PATHS = ("DEFile", "DEFolder")


class GPValue:
    """The *geoprocessing value object* that a file or folder parameter's ``value`` is."""

    __slots__ = ("_text",)
    _text: str

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "_text", text)

    @property
    def value(self) -> str:
        """The path."""
        return self._text

    @property
    def isEmpty(self) -> bool:
        """Whether there is no path; an empty parameter's value is None instead."""
        return not self._text

    def __setattr__(self, name: str, value: object) -> None:
        raise NameError(f"The attribute '{name}' is not supported on this instance of value.")

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<geoprocessing value object object at {id(self):#x}>"


Value = Union[GPValue, str, int, float, bool]


def is_nothing(given: object) -> bool:
    """Whether an argument means "use the default"."""
    return given is None or (isinstance(given, str) and given in ("", "#"))


def as_value(given: object, datatype: str) -> Optional[Value]:
    """What a parameter of this type holds after something was assigned to it.

    Text that does not fit is kept as text: validation then says what is wrong, as in the pane.

    Raises
    ------
    ValueError
        For an object that no parameter can hold.
    """
    if is_nothing(given):
        return None
    if isinstance(given, GPValue):
        given = str(given)
    if not isinstance(given, (str, int, float)):
        raise ValueError("ParameterObject: error in setting parameter value")
    if datatype in PATHS:
        return GPValue(str(given))
    if isinstance(given, str):
        return _parsed(given, datatype)
    return given


def _parsed(text: str, datatype: str) -> Value:
    try:
        if datatype == "GPLong":
            return int(text)
        if datatype == "GPDouble":
            return float(text)
    except ValueError:
        return text
    if datatype == "GPBoolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text


def type_problem(value: Value, datatype: str) -> Optional[str]:
    """The message for a value that is not of the type; None when it is."""
    fits = {
        "GPLong": isinstance(value, int) and not isinstance(value, bool),
        "GPDouble": isinstance(value, (int, float)) and not isinstance(value, bool),
        "GPBoolean": isinstance(value, bool),
        "GPString": isinstance(value, str),
    }.get(datatype, isinstance(value, GPValue))
    return None if fits else numbered("ERROR", 840, DATATYPES[datatype])[1]
