"""What one class says, and the list of what is wrong with all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from ..color import Color
from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import counted
from ..json_text import JsonText, Step
from .keys import Key

#: Of one rule so many findings are shown one by one, the rest counted.
MOST_OF_A_RULE = 20


@dataclass(frozen=True)
class Entry:
    """What one class says; None for what it doesn't say, or says wrongly.

    Attributes
    ----------
    index
        Its position in the list, counted from 0.
    value, name, color
        As the document has them; the name is empty where there is none.
    without_color
        The author left the color open: missing or -1, not wrong.
    """

    index: int
    value: Optional[int]
    name: str
    color: Optional[Color]
    without_color: bool


class Report:
    """Findings about classes, each with its place, and not ten thousand times the same.

    Parameters
    ----------
    text
        The document.
    steps
        Where the list of classes lies in it.
    """

    def __init__(self, text: JsonText, steps: Tuple[Step, ...]) -> None:
        self.text = text
        self.steps = steps
        self._found: List[Finding] = []
        self._counts: Dict[str, int] = {}
        self._first_unlisted: Dict[str, Place] = {}

    def add(
        self, rule: str, message: str, inner: Tuple[Step, ...], hint: str, *, of_key: bool = False
    ) -> None:
        """List a finding about what lies at `inner` within the list of classes."""
        count = self._counts[rule] = self._counts.get(rule, 0) + 1
        if count > MOST_OF_A_RULE + 1:
            return
        where = self.text.places.at((*self.steps, *inner), of_key=of_key)
        if count <= MOST_OF_A_RULE:
            self._found.append(finding(rule, message, hint=hint, where=where))
        else:
            self._first_unlisted[rule] = where

    def name_of(self, index: int, key: Key) -> str:
        """Under which of its names a class gives a key."""
        names = (key.name, *key.aliases)
        given = (name for name in names if self.text.places.has((*self.steps, index, name)))
        return next(given, key.name)

    def findings(self) -> List[Finding]:
        """Everything found; of what was found too often the rest is counted."""
        found = list(self._found)
        for rule, where in self._first_unlisted.items():
            others = self._counts[rule] - MOST_OF_A_RULE - 1
            message = "The same is wrong here"
            if others:
                message += f" and in {counted(others, 'other place')}"
            hint = "Solve those above first, then check again."
            found.append(finding(rule, f"{message}.", hint=hint, where=where))
        return found
