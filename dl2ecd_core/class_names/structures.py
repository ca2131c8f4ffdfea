"""Names of classes in what JSON or YAML makes of a text: lists, mappings, objects."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from ..wire.json_data import whole_number
from .named import Form, NamedClasses, listed_names, number_of, numbered_names

#: Keys of an object that describes one class, in the order in which they are tried.
NAME_KEYS = ("Name", "name", "ClassName", "class_name", "label", "title")
VALUE_KEYS = ("Value", "value", "ClassValue", "id", "index")
#: Keys of a document under which its classes stand.
LIST_KEYS = (
    "Classes",
    "classes",
    "classification:classes",
    "class_names",
    "names",
    "labels",
    "id2label",
    "label2id",
    "class_indices",
    "categories",
)
_DEEPEST = 2


def classes_of(value: Any, depth: int = 0) -> Optional[NamedClasses]:
    """Class names in a value that came from JSON or YAML; None when it holds none.

    Understood are a list of names, a mapping from number to name or from name to number, a list
    of such pairs, and a list of objects with a name and perhaps a number.

    Examples
    --------
    >>> [(item.value, item.name) for item in classes_of({"water": 1, "forest": 2}).classes]
    [(1, 'water'), (2, 'forest')]
    """
    if isinstance(value, str) and depth == 0 and value[:1] in "[{":
        # Some writers put the JSON text of the names into JSON once more.
        try:
            return classes_of(json.loads(value, parse_int=whole_number), 1)
        except (ValueError, RecursionError):
            return None
    if isinstance(value, list):
        if value and all(isinstance(item, dict) for item in value):
            return _of_objects(value)
        return listed_names(value)
    if isinstance(value, dict):
        for key in LIST_KEYS:
            if isinstance(value.get(key), (list, dict)) and depth < _DEEPEST:
                return classes_of(value[key], depth + 1)
        return _of_mapping(value)
    return None


def _of_mapping(mapping: Dict[Any, Any]) -> Optional[NamedClasses]:
    """Numbers and their names, or names and their numbers; never a mix of both."""
    if all(number_of(key) is not None for key in mapping):
        return numbered_names((number_of(key), _name_of(name)) for key, name in mapping.items())
    return numbered_names(
        (None if isinstance(value, str) else number_of(value), name)
        for name, value in mapping.items()
    )


def _name_of(described: Any) -> Any:
    """A name, or that of an object in its place."""
    if isinstance(described, dict):
        return next((described[key] for key in NAME_KEYS if key in described), None)
    return described


def _of_objects(classes: List[Dict[Any, Any]]) -> Optional[NamedClasses]:
    """Objects that each describe a class; numbered when all of them have a number."""
    if all(len(one) == 1 and number_of(next(iter(one))) is not None for one in classes):
        # A list of pairs: [{0: "water"}, {1: "forest"}].
        pairs = [next(iter(one.items())) for one in classes]
        return numbered_names((number_of(key), name) for key, name in pairs)
    names = [_name_of(one) for one in classes]
    values = [
        next((number_of(one[key]) for key in VALUE_KEYS if key in one), None) for one in classes
    ]
    if None in values:
        return listed_names(names)
    return numbered_names(zip(values, names), Form.OBJECTS)
