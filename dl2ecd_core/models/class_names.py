"""Names of classes in texts that models carry: JSON, or what Python prints for a dictionary."""

from __future__ import annotations

import json
from typing import Any, Optional, Tuple

from ..class_names import LONGEST_TEXT, Form, NamedClasses, classes_of, python_classes
from ..wire.json_data import whole_number


def names_in(text: str) -> Optional[Tuple[str, ...]]:
    """Class names in the order of their indices, from JSON or from Python's way to print.

    Understood are a list of names, an object from index to name (indices 0, 1, 2 ...), and a list
    of objects with a name and perhaps an index.

    Returns
    -------
    tuple of str or None
        None when the text is something else, or has gaps in its indices.

    Examples
    --------
    >>> names_in('{"0": "water", "1": "forest"}'), names_in("{0: 'water', 1: 'forest'}")
    (('water', 'forest'), ('water', 'forest'))
    """
    if len(text) > LONGEST_TEXT:
        return None
    text = text.strip()
    try:
        return names_of(json.loads(text, parse_int=whole_number))
    except (ValueError, RecursionError):
        return _by_index(python_classes(text))


def names_of(value: Any) -> Optional[Tuple[str, ...]]:
    """Class names in a value that came from JSON; None when it holds none."""
    return _by_index(classes_of(value))


def _by_index(found: Optional[NamedClasses]) -> Optional[Tuple[str, ...]]:
    if found is None:
        return None
    return found.by_value if found.form is Form.OBJECTS else found.by_index
