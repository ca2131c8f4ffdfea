"""The JSON in which Keras describes a model, parsed within limits."""

from __future__ import annotations

import json
import re
from typing import Any, Dict

from ...errors import ModelFileError
from ..wire.source import ByteSource

#: Longest description: networks of a thousand layers need about a megabyte.
LONGEST_CONFIG = 8 * 1024 * 1024
_MOST_CONTAINERS = 250_000
_MOST_VALUES = 1_000_000
_DEEPEST = 120
_LONGEST_NUMBER = 20

_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def parse_config(source: ByteSource, text: str, what: str) -> Dict[str, Any]:
    """A JSON object out of a model file.

    Parameters
    ----------
    what
        What it is, for messages: "the model's description".

    Raises
    ------
    ModelFileError
        ``model-damaged`` when it is no JSON object, ``model-too-complex`` when it is larger or
        deeper than any model's.
    """
    containers = text.count("{") + text.count("[")
    if len(text) > LONGEST_CONFIG or containers > _MOST_CONTAINERS:
        raise _too_complex(source, what)
    if text.count(",") > _MOST_VALUES or (containers > _DEEPEST and _depth(text) > _DEEPEST):
        raise _too_complex(source, what)
    try:
        value = json.loads(text, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise _damaged(source, what) from error
    if not isinstance(value, dict):
        raise _damaged(source, what)
    return value


def _depth(text: str) -> int:
    """How deep brackets lie in each other, those in strings left out."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", _STRINGS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _whole(digits: str) -> float:
    # Numbers longer than any size are kept out of int(), whose time grows with their square.
    return int(digits) if len(digits) <= _LONGEST_NUMBER else float("inf")


def _too_complex(source: ByteSource, what: str) -> ModelFileError:
    return ModelFileError(
        "model-too-complex",
        f"In '{source.name}', {what} is larger or deeper than that of any known network.",
        hint="Save the model again with Keras.",
        file=source.name,
    )


def _damaged(source: ByteSource, what: str) -> ModelFileError:
    return ModelFileError(
        "model-damaged",
        f"In '{source.name}', {what} is not the JSON that Keras writes.",
        hint="The file is damaged: fetch it or save it again.",
        file=source.name,
    )
