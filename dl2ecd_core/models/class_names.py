"""Lists of class names that models carry, and what is said of those that can't be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Iterable, List, Optional, Tuple, Union

from ..class_names import (
    LONGEST_TEXT,
    Form,
    NamedClasses,
    YamlMissing,
    classes_in,
    classes_in_lines,
    classes_of,
)
from ..findings import Finding
from ..findings.rules import finding
from .description import ClassNames

#: A list of names, what kept one from being read, or nothing.
Found = Union[ClassNames, Finding, None]

# Values of properties that hold names elsewhere: switches, counts and nothing at all.
_NO_NAMES = frozenset({"", "none", "null", "true", "false", "{}", "[]", "()", "nan"})


def names_in(text: str, source: str) -> Found:
    """The class names in a text that should hold some, in whatever form they are written.

    Parameters
    ----------
    source
        Where the text stands, for a person: ``metadata property 'names'``.

    Returns
    -------
    ClassNames, Finding or None
        A finding where there is a text that is no list of names; None for numbers and the like,
        which mean something else.

    Examples
    --------
    >>> names_in("{1: 'water', 2: 'forest'}", "here").numbers
    (1, 2)
    """
    if len(text) > LONGEST_TEXT:
        return unreadable(source, f"it has more than {LONGEST_TEXT} characters")
    if text.strip().casefold() in _NO_NAMES or _is_number(text):
        return None
    try:
        found = classes_in(text)
    except YamlMissing:
        return unreadable(source, "it is YAML, and the Python package PyYAML is not installed")
    if found is None:
        return unreadable(source, "it is in no form that lists of names are known to have")
    return list_of(found, source)


def names_in_document(text: str, source: str) -> Optional[ClassNames]:
    """The class names in a text that may hold other things altogether; None without any."""
    found = names_in(text, source)
    return found if isinstance(found, ClassNames) else None


def names_in_lines(text: str, source: str) -> Found:
    """The names in a label file: a line each, numbered or not.

    Empty lines and those that stand for no class keep the others' places.
    """
    found = classes_in_lines(text)
    if found is None:
        return unreadable(source, "its lines are no names")
    lists = list_of(found, source)
    return replace(lists, names=tuple(name.strip() for name in lists.names))


def names_of(value: Any) -> Optional[Tuple[str, ...]]:
    """Class names in a value that came from JSON; None when it holds none."""
    found = classes_of(value)
    if found is None:
        return None
    return found.by_value if found.form is Form.OBJECTS else found.by_index


def names_of_value(value: Any, source: str) -> Found:
    """The class names in lists and dictionaries that should hold some."""
    if isinstance(value, str):
        return names_in(value, source)
    if not isinstance(value, (list, dict)) or not value or not _holds_text(value):
        return None
    found = classes_of(value)
    if found is None:
        return unreadable(source, "it is in no form that lists of names are known to have")
    return list_of(found, source)


def list_of(found: NamedClasses, source: str) -> ClassNames:
    """The names in the order of their numbers; these too, where they are not 0, 1, 2 ..."""
    ordered = sorted(found.classes, key=lambda item: item.value)
    numbers = tuple(item.value for item in ordered)
    plain = numbers == tuple(range(len(numbers)))
    return ClassNames(tuple(item.name for item in ordered), source, () if plain else numbers)


def unreadable(source: str, why: str) -> Finding:
    """What is said of names that can't be read."""
    return finding(
        "class-names-unreadable",
        f"The class names in the {source} can't be read: {why.rstrip('.')}.",
        hint="The classes' names are taken from the class information alone.",
    )


def sorted_out(found: Iterable[Found]) -> Tuple[Tuple[ClassNames, ...], Tuple[Finding, ...]]:
    """The lists, each once, and the findings."""
    lists: List[ClassNames] = []
    findings: List[Finding] = []
    for one in found:
        if isinstance(one, Finding):
            findings.append(one)
        elif one is not None and all(
            (one.names, one.numbers) != (other.names, other.numbers) for other in lists
        ):
            lists.append(one)
    return tuple(lists), tuple(findings)


def _is_number(text: str) -> bool:
    try:
        float(text[:64])
    except ValueError:
        return False
    return True


def _holds_text(value: Any, depth: int = 0) -> bool:
    """Whether a list or dictionary has any text in it, two levels down."""
    if isinstance(value, str):
        return True
    if depth > 2:
        return False
    if isinstance(value, dict):
        return any(_holds_text(item, depth + 1) for pair in value.items() for item in pair)
    return isinstance(value, list) and any(_holds_text(item, depth + 1) for item in value)
