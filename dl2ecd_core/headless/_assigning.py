"""What the attributes of a parameter may be set to."""

from __future__ import annotations

import re
from typing import Any, Dict

from ._datatypes import BY_NAME, DATATYPES, VALUE_TABLE
from ._errors import NotPlayedValue


def checked(name: str, value: object) -> object:
    """The value as the attribute keeps it.

    Raises
    ------
    ValueError
        Where arcpy refuses it.
    NotPlayedValue
        Where arcpy takes it, and this stand-in does not play it.
    """
    if name == "datatype":
        return _checked_type(value)
    if name == "columns":
        return _checked_columns(value)
    fits: Dict[str, bool] = {
        "direction": value in ("Input", "Output"),
        "parameterType": value in ("Required", "Optional", "Derived"),
        "name": isinstance(value, str) and re.fullmatch(r"[A-Za-z]\w*( \w+)*", value) is not None,
        "enabled": isinstance(value, bool),
        "multiValue": isinstance(value, bool),
        "parameterDependencies": isinstance(value, (list, tuple))
        and all(isinstance(item, str) for item in value),
    }
    if not fits.get(name, isinstance(value, str)):
        raise ValueError(
            f"ParameterObject: Invalid input value for {name[0].upper() + name[1:]} property"
        )
    return value


def _checked_type(value: object) -> object:
    named = value if isinstance(value, list) else [value]
    if not named or not all(isinstance(item, str) and item for item in named):
        raise ValueError("ParameterObject: Invalid input value for DataType property")
    types = [BY_NAME.get(str(item), str(item)) for item in named]
    for item in types:
        if item not in DATATYPES:
            raise NotPlayedValue(f"The data type '{item}'")
    if VALUE_TABLE in types and len(types) > 1:
        raise NotPlayedValue("A value table among other data types")
    return value


def _checked_columns(value: object) -> object:
    fits = isinstance(value, (list, tuple)) and all(
        isinstance(item, (list, tuple)) and len(item) >= 2 for item in value
    )
    if not fits:
        raise ValueError("ParameterObject: Invalid input value for Columns property")
    rows: Any = value
    columns = [[str(item[0]), str(item[1])] for item in rows]
    for datatype, _ in columns:
        _checked_type(datatype)
    keywords = [BY_NAME.get(column[0], column[0]) for column in columns]
    return [[keyword, column[1]] for keyword, column in zip(keywords, columns)]
