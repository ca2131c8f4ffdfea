"""Texts of the geoprocessing messages that have a number.

Only ids whose text is known from published tool output or Esri's message pages are here
(https://pro.arcgis.com/en/pro-app/latest/tool-reference/tool-errors-and-warnings/); any other is
refused, so that no text is made up.
"""

from __future__ import annotations

import string
from typing import Dict, Tuple

TEXTS: Dict[int, str] = {
    12: "{0} already exists",
    210: "Cannot create output {0}",
    258: "Output {0} already exists",
    582: "Error occurred during execution.",
    622: "Failed to execute ({0}). Parameters are not valid.",
    725: "{0}: Dataset {1} already exists",
    732: "{0}: Dataset {1} does not exist or is not supported",
    735: "{0}: Value is required",
    800: "The value is not a member of {0}",
    824: "The tool is not licensed.",
    840: "The value is not a {0}.",
    875: "{0}: {1}'s workspace is an invalid output workspace.",
    999999: "Something unexpected caused the tool to fail.",
}

INFORMATIVE, WARNING, ERROR = 0, 1, 2

_KINDS = {
    "ERROR": (ERROR, "ERROR {0:06d}: "),
    "WARNING": (WARNING, "WARNING {0:06d}: "),
    "INFORMATIVE": (INFORMATIVE, ""),
}


def numbered(kind: str, number: int, *arguments: object) -> Tuple[int, str]:
    """Severity and text of a message with a number.

    Parameters
    ----------
    kind
        ``"ERROR"``, ``"WARNING"`` or ``"INFORMATIVE"``, in any case.
    arguments
        What the text mentions; None stands for an argument that was not given.

    Raises
    ------
    ValueError
        For an unknown kind or number, or too few arguments.
    TypeError
        When the number is not an integer.
    """
    if not isinstance(kind, str) or kind.upper() not in _KINDS:
        raise ValueError(f"message type {kind!r} is none of ERROR, WARNING, INFORMATIVE")
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"a message id is an integer, not {type(number).__name__}")
    if number not in TEXTS:
        raise ValueError(f"the text of message {number:06d} is not known to the headless arcpy")
    text = TEXTS[number]
    wanted = sum(1 for _, field, _, _ in string.Formatter().parse(text) if field is not None)
    given = [argument for argument in arguments if argument is not None]
    if len(given) < wanted:
        raise ValueError(f"message {number:06d} mentions {wanted} things, {len(given)} were given")
    severity, prefix = _KINDS[kind.upper()]
    return severity, prefix.format(number) + text.format(*given)
