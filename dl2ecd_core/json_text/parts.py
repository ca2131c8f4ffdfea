"""The parts that a JSON text consists of."""

from __future__ import annotations

from typing import NamedTuple

from ..findings.wording import printable, quoted


class Unreadable:
    """Stands in a value for what was there but could not be read."""

    def __repr__(self) -> str:
        return "<unreadable>"


UNREADABLE = Unreadable()


class Part(NamedTuple):
    """One part of the text.

    Attributes
    ----------
    kind
        One of ``{ } [ ] , :``, or ``string``, ``value``, ``word``, ``end``.
    start, end
        Where in the text.
    value
        Of a string or value; the text itself of a word.
    """

    kind: str
    start: int
    end: int
    value: object = None


def shown(part: Part) -> str:
    """A part as a sentence names it."""
    if part.kind in ("{", "}", "[", "]", ",", ":"):
        return f"'{part.kind}'"
    if isinstance(part.value, str):
        return f"the text {quoted(part.value, 40)}"
    if part.value is UNREADABLE:
        return "this value"
    if part.value is None or isinstance(part.value, bool):
        return {None: "null", True: "true", False: "false"}[part.value]
    return f"the number {printable(str(part.value), 40)}"
