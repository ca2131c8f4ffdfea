"""The state of reading a JSON text: what is open, what was lost, and what is said about it."""

from __future__ import annotations

from typing import Iterable, NoReturn

from .building import Building, Level
from .mends import Mend
from .parts import Part
from .places import Lines, json_path
from .scanning import MOST_PROBLEMS, Scanner

#: Brackets, commas, keys and values of one document.
MOST_PARTS = 1_000_000
#: Parts in a wrong place, told or untold: after so many nothing will be clear again.
MOST_PASSED_OVER = 1000
_CHUNK = 4096

_CLOSER = {"{": "}", "[": "]"}
_OPENER = {"}": "{", "]": "["}


class Stopped(Exception):
    """Nothing more can be read."""


class Walk:
    """One run over a text, part by part.

    Parameters
    ----------
    lines
        The text.
    most
        So many problems are listed.
    """

    def __init__(self, lines: Lines, most: int = MOST_PROBLEMS) -> None:
        self.lines = lines
        self.scanner = Scanner(lines, most)
        self.building = Building()
        self.parts = 0
        # After a part that fits nowhere, the next comma more or less is no news.
        self.forgiving = False
        # After it, brackets may be without their partners.
        self.lost = False
        # One bracket too many or too few was reported already.
        self.lopsided = False
        self.passed_over = 0
        self.pending_colon = False

    def _next(self, *, key: bool = False) -> Part:
        self.parts += 1
        if self.parts > MOST_PARTS:
            self.scanner.report(
                "json-too-many-values",
                f"The document has more than {MOST_PARTS:,} parts; reading stops here.",
                self.scanner.position,
                hint="Check that it is the right file.",
            )
            raise Stopped
        return self.scanner.next(key=key)

    def _report(
        self, rule: str, message: str, part: Part, hint: str = "", mends: Iterable[Mend] = ()
    ) -> None:
        path = json_path(self.building.steps())
        self.scanner.report(rule, message, part.start, part.end, hint=hint, path=path, mends=mends)

    def _again(self, part: Part) -> None:
        """Let the next step see this part once more."""
        self.scanner.position = part.start

    def _unexpected(self, part: Part, message: str, hint: str = "") -> None:
        """A part with no place: report it, and go on with the next line."""
        self.building.incomplete.add(id(self.building.innermost.container))
        if not self.forgiving:
            self._report("json-unexpected", message, part, hint)
        self.forgiving = self.lost = True
        self.passed_over += 1
        if self.passed_over > MOST_PASSED_OVER:
            raise Stopped
        self.scanner.position = self.lines.end_of_line(part.end)

    def _before(self, start: int) -> int:
        """Where the item before ends."""
        kept = ""
        while start and not kept:
            chunk = self.lines.text[max(0, start - _CHUNK) : start]
            kept = chunk.rstrip(" \t\n\r")
            start -= len(chunk) - len(kept)
        return start

    def _close(self, part: Part) -> None:
        if part.kind == "end":
            self._truncated(part)
        level = self.building.innermost
        opener = _OPENER[part.kind]
        if level.opener != opener:
            if self.lost:
                # Its partner was passed over.
                return
            self._mismatched(part, level)
        self.building.close(opener)

    def _mismatched(self, part: Part, level: Level) -> None:
        self.lopsided = True
        line = self.lines.line_number(level.start)
        closer = _CLOSER[level.opener]
        self._report(
            "json-bracket-mismatch",
            f"The '{level.opener}' opened in line {line} is not closed before this '{part.kind}'.",
            part,
            hint=f"Put a '{closer}' before it, or in its place.",
        )

    def _truncated(self, part: Part) -> NoReturn:
        if self.lost:
            # The rest of a line was passed over, its closing brackets with it.
            raise Stopped
        if self.scanner.cut_string:
            # Its missing quote is part of the same news.
            self.scanner.findings.pop()
            del self.scanner.mends[-1:]
        inner = self.building.innermost if self.building.levels else None
        opened = (
            ""
            if inner is None
            else f" before the '{inner.opener}' of line {self.lines.line_number(inner.start)} is "
            "closed"
        )
        end = self._before(part.start)
        self.scanner.report(
            "json-truncated",
            f"The file ends{opened}.",
            end,
            hint="It was cut short, or closing brackets are missing at its end: "
            + "".join(_CLOSER[level.opener] for level in reversed(self.building.levels)),
            path=json_path(self.building.steps()),
        )
        raise Stopped
