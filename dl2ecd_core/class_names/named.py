"""Classes as a text names them, with the numbers that it gives or implies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Iterable, List, Optional, Sequence, Tuple

#: No list of class names is longer.
MOST_NAMES = 100_000
_LARGEST = 2**63


class Form(Enum):
    """How a text relates names and numbers."""

    LIST = "a list of names, counted from 0"
    MAPPING = "numbers and their names"
    OBJECTS = "a list of objects that each describe a class"


@dataclass(frozen=True)
class NamedClass:
    """One class.

    Attributes
    ----------
    value
        The number that the text gives it, or its place counted from 0.
    name
        As written.
    """

    value: int
    name: str


@dataclass(frozen=True)
class NamedClasses:
    """All classes of a text, in its order.

    Attributes
    ----------
    numbered
        Whether the text states the numbers; otherwise they are places, counted from 0.
    form
        How names and numbers stand in it.
    """

    classes: Tuple[NamedClass, ...]
    numbered: bool
    form: Form

    @property
    def by_index(self) -> Optional[Tuple[str, ...]]:
        """The names in the order of the numbers, where these are 0, 1, 2 ...; else None."""
        ordered = sorted(self.classes, key=lambda item: item.value)
        if [item.value for item in ordered] != list(range(len(ordered))):
            return None
        return tuple(item.name for item in ordered)

    @property
    def by_value(self) -> Tuple[str, ...]:
        """The names in ascending order of the numbers, gaps or not."""
        return tuple(item.name for item in sorted(self.classes, key=lambda item: item.value))


def listed_names(names: Sequence[object]) -> Optional[NamedClasses]:
    """Names counted from 0; None when there are none, too many, or others than texts."""
    texts = [name for name in names if isinstance(name, str)]
    if not names or len(texts) < len(names) or len(names) > MOST_NAMES:
        return None
    classes = tuple(NamedClass(place, name) for place, name in enumerate(texts))
    return NamedClasses(classes, False, Form.LIST)


def numbered_names(
    pairs: Iterable[Tuple[Optional[int], object]], form: Form = Form.MAPPING
) -> Optional[NamedClasses]:
    """Names with their numbers; None when one is missing or a number comes twice."""
    classes: List[NamedClass] = []
    for value, name in pairs:
        if value is None or not isinstance(name, str) or len(classes) >= MOST_NAMES:
            return None
        classes.append(NamedClass(value, name))
    if not classes or len({item.value for item in classes}) < len(classes):
        return None
    return NamedClasses(tuple(classes), True, form)


def number_of(value: object) -> Optional[int]:
    """The whole number that a value or its text is.

    Examples
    --------
    >>> number_of("11"), number_of(2.0), number_of("a"), number_of(True)
    (11, 2, None, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        sign, digits = (text[:1], text[1:]) if text[:1] in "+-" else ("", text)
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
            return None
        return int(sign + digits)
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST:
        return int(value)
    return value if isinstance(value, int) and abs(value) < _LARGEST else None
