"""JSON out of model files, parsed within limits."""

from __future__ import annotations

import json
from typing import Union

from ..findings.errors import ModelFileError
from .source import ByteSource

#: The graph of a network with thousands of layers takes a few megabytes.
LONGEST_JSON = 8 * 1024 * 1024
_MOST_VALUES = 400_000
_LONGEST_NUMBER = 20

Json = Union[None, bool, int, float, str, list, dict]  # type: ignore[type-arg]


def parse_json(source: ByteSource, raw: bytes, what: str) -> Json:
    """The value of a JSON text.

    Parameters
    ----------
    what
        What it is, for messages: "the header".

    Raises
    ------
    ModelFileError
        ``model-damaged`` when it is no JSON, ``model-too-complex`` when it is larger than that of
        any known network.
    """
    if (
        len(raw) > LONGEST_JSON
        or raw.count(b",") + raw.count(b"[") + raw.count(b"{") > _MOST_VALUES
    ):
        raise ModelFileError(
            "model-too-complex",
            f"In '{source.name}', {what} is larger than that of any known network.",
            file=source.name,
        )
    try:
        value: Json = json.loads(raw.decode("utf-8"), parse_int=whole_number)
    except (ValueError, RecursionError) as error:
        raise source.damaged(0, f"{what[:1].upper()}{what[1:]} is not JSON.") from error
    return value


def whole_number(digits: str) -> Union[int, float]:
    """A whole number of a JSON text; infinity where it has too many digits to mean anything.

    For ``json.loads(..., parse_int=whole_number)``: int() takes time that grows with the square of
    the digits.
    """
    return int(digits) if len(digits) <= _LONGEST_NUMBER else float("inf")
