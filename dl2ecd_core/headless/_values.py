"""The values that parameters hold."""

from __future__ import annotations

from datetime import date
from typing import List, Optional, Sequence, Union

from ._datatypes import DATATYPES, PATHS, Holds
from ._texts import numbered
from ._value_table import ValueTable, quoted, rows_of, table_of


class GPValue:
    """The *geoprocessing value object* that a parameter's ``value`` is for paths."""

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

    def __fspath__(self) -> str:
        return self._text

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<geoprocessing value object object at {id(self):#x}>"


Value = Union[GPValue, str, int, float, bool]
#: What a parameter of several values holds: values, or rows of them.
Values = List[Union[Value, List[Value]]]


def is_nothing(given: object) -> bool:
    """Whether an argument means "use the default"."""
    return given is None or (isinstance(given, str) and given in ("", "#"))


def as_value(given: object, datatypes: Sequence[str]) -> Optional[Value]:
    """What a parameter of these types holds after something was assigned to it.

    Of several types the first that the value fits counts. Text that fits none is kept as text:
    validation then says what is wrong, as in the pane.

    Raises
    ------
    ValueError
        For an object that no parameter can hold.
    """
    if is_nothing(given):
        return None
    if isinstance(given, GPValue):
        given = str(given)
    if isinstance(given, date):
        given = given.strftime("%Y-%m-%d %H:%M:%S")
    if not isinstance(given, (str, int, float)):
        raise ValueError("ParameterObject: error in setting parameter value")
    values = [_as_one(given, DATATYPES[name].holds) for name in datatypes]
    fitting = (
        value for value, name in zip(values, datatypes) if type_problem(value, [name]) is None
    )
    return next(fitting, values[0])


def _as_one(given: Union[str, int, float], holds: Holds) -> Value:
    if holds in PATHS:
        return GPValue(str(given))
    return _parsed(given, holds) if isinstance(given, str) else given


def as_values(given: object, datatypes: Sequence[str]) -> Optional[Values]:
    """The same for a parameter of several values.

    Parameters
    ----------
    given
        A list, or a text with semicolons between the values.
    """
    if is_nothing(given):
        return None
    if isinstance(given, str):
        table = ValueTable()
        table.loadFromString(given)
        given = [row[0] for row in table]
    items = given if isinstance(given, (list, tuple, ValueTable)) else [given]
    flat = [item[0] if isinstance(item, (list, tuple)) else item for item in items]
    values = [as_value(item, datatypes) for item in flat]
    return [value for value in values if value is not None] or None


def as_rows(given: object, columns: Sequence[str]) -> Optional[Values]:
    """The same for a value table, whose columns have data types of their own."""
    if is_nothing(given):
        return None
    rows = given
    if isinstance(given, str):
        rows = rows_of(given)
    elif not isinstance(given, (list, tuple, ValueTable)):
        raise ValueError("ParameterObject: error in setting parameter value")
    table = ValueTable(len(columns))
    for row in rows:  # type: ignore[attr-defined]
        table.addRow(row)
    found: Values = []
    for cells in table:
        values = [as_value(cell, [name]) for cell, name in zip(cells, columns)]
        found.append(["" if value is None else value for value in values])
    return found or None


def text_of(value: object) -> Optional[str]:
    """A value, or several, as text; None when empty."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        rows = [row if isinstance(row, list) else [row] for row in value]
        return ";".join(" ".join(quoted(text_of(cell) or "") for cell in row) for row in rows)
    return str(value)


def shown_table(values: Values, columns: int) -> ValueTable:
    """Several values as the table that ``value`` is."""
    cells = [
        [text_of(cell) or "" for cell in row] if isinstance(row, list) else text_of(row)
        for row in values
    ]
    return table_of(cells, columns)


def _parsed(text: str, holds: Holds) -> Value:
    try:
        if holds is Holds.LONG:
            return int(text)
        if holds is Holds.DOUBLE:
            return float(text)
    except ValueError:
        return text
    if holds is Holds.BOOLEAN and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text


def type_problem(value: Value, datatypes: Sequence[str]) -> Optional[str]:
    """The message for a value that is of none of the types; None when it is of one."""
    if any(_fits(value, DATATYPES[name].holds) for name in datatypes):
        return None
    return numbered("ERROR", 840, DATATYPES[datatypes[0]].name)[1]


def _fits(value: Value, holds: Holds) -> bool:
    if holds is Holds.LONG:
        return isinstance(value, int) and not isinstance(value, bool)
    if holds is Holds.DOUBLE:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if holds is Holds.BOOLEAN:
        return isinstance(value, bool)
    return isinstance(value, str if holds is Holds.TEXT else GPValue)
