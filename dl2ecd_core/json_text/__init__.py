"""JSON with positions: every problem of a text in one run, each with line, column and a hint.

The standard library's ``json`` stops at the first mistake, knows no duplicate keys and does not
say where a value lies; people who write class information by hand need all three.
"""

from __future__ import annotations

from .parsing import JsonText, parse
from .parts import UNREADABLE, Unreadable
from .places import Places, Step, json_path, steps_of
from .reading import LARGEST_TEXT, read_json

__all__ = [
    "LARGEST_TEXT",
    "UNREADABLE",
    "JsonText",
    "Places",
    "Step",
    "Unreadable",
    "json_path",
    "parse",
    "read_json",
    "steps_of",
]
