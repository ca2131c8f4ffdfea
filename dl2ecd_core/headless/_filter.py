"""Which values a parameter accepts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, List

from ._datatypes import DATATYPES
from ._stage import Stage, unsupported

if TYPE_CHECKING:
    from ._parameter import Parameter


class Filter:
    """``type`` and ``list`` may be set, until the parameter is judged or the tool runs."""

    __slots__ = ("_list", "_owner", "_type", "_types")
    _list: List[object]
    _owner: Parameter
    _type: str
    _types: tuple[str, ...]

    def __init__(self, owner: Parameter, datatype: str) -> None:
        types = DATATYPES[datatype].filters
        object.__setattr__(self, "_owner", owner)
        object.__setattr__(self, "_types", types)
        object.__setattr__(self, "_type", types[0])
        object.__setattr__(self, "_list", [])

    @property
    def type(self) -> str:
        """``ValueList``, ``Range``, ``File``, ``Field``, ``Workspace`` or ``Feature Class``."""
        return self._type

    @property
    def list(self) -> List[object]:
        """A copy of the accepted values: of a range the two ends, of files the extensions."""
        return [*self._list]

    def __setattr__(self, name: str, value: object) -> None:
        if name not in ("type", "list"):
            raise AttributeError(f"'Filter' object has no attribute '{name}'")
        if self._owner._stage in (Stage.JUDGING, Stage.RUNNING):
            unsupported(name, self)
        if name == "type":
            if value not in self._types:
                raise ValueError("FilterObject: illegal filter type")
            object.__setattr__(self, "_type", value)
            return
        if not isinstance(value, (list, tuple)) or not self._accepts(value):
            raise ValueError("FilterObject: illegal list value")
        object.__setattr__(self, "_list", [*value])

    def _accepts(self, items: tuple[object, ...] | List[object]) -> bool:
        if self._type == "Range":
            return len(items) == 2 and all(isinstance(item, (int, float)) for item in items)
        if self._type == "File":
            # Extensions: no dot, blank or wildcard; ["*"] would be an extension named "*".
            return all(
                isinstance(item, str) and re.fullmatch(r"[A-Za-z0-9_]+", item) for item in items
            )
        return all(isinstance(item, (str, int, float)) and item != "" for item in items)
