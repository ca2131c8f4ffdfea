"""A layer's settings, each read as what it should be or else as nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional, Tuple

from .config import Layer, whole


@dataclass(frozen=True)
class Settings:
    """A layer's settings, each read as what it should be or else as None."""

    layer: Layer
    values: Mapping[str, Any]

    def whole(self, name: str) -> Optional[int]:
        """A whole number that is not negative."""
        return whole(self.values.get(name))

    def text(self, name: str, default: Optional[str] = None) -> Optional[str]:
        """A string."""
        value = self.values.get(name, default)
        return value if isinstance(value, str) else None

    def flag(self, name: str) -> bool:
        """Whether a setting is on."""
        return self.values.get(name) is True

    def sizes(self, name: str, count: int, default: Any = None) -> Optional[Tuple[int, ...]]:
        """One whole number per axis; a single one stands for all."""
        value = self.values.get(name)
        value = default if value is None else value
        return sizes(value, count)

    @property
    def channels_first(self) -> Optional[bool]:
        """Whether the channels come before rows and columns; None when that is not said."""
        data_format = self.values.get("data_format", "channels_last")
        return {"channels_first": True, "channels_last": False}.get(str(data_format))


def sizes(value: Any, count: int) -> Optional[Tuple[int, ...]]:
    """One whole number per axis; a single one stands for all."""
    if isinstance(value, list):
        numbers = [whole(item) for item in value]
    else:
        numbers = [whole(value)] * count
    known = tuple(number for number in numbers if number is not None)
    return known if len(known) == len(numbers) == count else None


def axis(value: Any, rank: int) -> Optional[int]:
    """An axis, counted from the front, a list of one too; None when there is no such axis."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, int) or isinstance(value, bool) or not -rank <= value < rank:
        return None
    return value % rank


def activation_name(value: Any) -> Optional[str]:
    """The name that Keras has for an activation function; None when it is not one of Keras' own.

    Parameters
    ----------
    value
        As it stands in a layer's settings, and is something.
    """
    if isinstance(value, dict):
        inner = value.get("config")
        named = inner.get("name") if isinstance(inner, dict) else inner
        if value.get("module") not in ("keras.activations", "keras.layers", "builtins", None):
            return None
        if value.get("class_name") != "function" and value.get("registered_name") is not None:
            return None
        value = named if value.get("class_name") == "function" else value.get("class_name")
        value = value.lower() if isinstance(value, str) else value
    return value if isinstance(value, str) else None
