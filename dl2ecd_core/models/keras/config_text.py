"""The JSON in which Keras describes a model, parsed within limits."""

from __future__ import annotations

import json
from typing import Any, Dict

from ...findings.errors import ModelFileError
from ...wire.source import ByteSource

#: Longest description: networks of a thousand layers need about a megabyte.
LONGEST_CONFIG = 8 * 1024 * 1024
_MOST_CONTAINERS = 250_000
_MOST_VALUES = 1_000_000
_LONGEST_NUMBER = 20


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
    if text.count(",") > _MOST_VALUES:
        raise _too_complex(source, what)
    try:
        value = json.loads(text, parse_int=_whole)
    except RecursionError as error:
        raise _too_complex(source, what) from error
    except ValueError as error:
        raise _damaged(source, what) from error
    if not isinstance(value, dict):
        raise _damaged(source, what)
    return value


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
