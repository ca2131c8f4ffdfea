"""The grammar of JSON, walked without recursion, that goes on after every mistake.

Grammar: RFC 8259. What stands in the wrong place is reported once, and reading goes on where it
is clear again what belongs where: at the next part, or in the next line.
"""

from __future__ import annotations

import re

from ..findings import Place
from ..rules import finding
from ..wording import quoted
from .building import Building, Level
from .parts import UNREADABLE, Part, shown
from .places import Lines, json_path
from .scanning import Scanner, TooManyProblems

#: Objects and lists inside each other.
DEEPEST = 64
#: Brackets, commas, keys and values of one document.
MOST_PARTS = 1_000_000
_CHUNK = 4096

_COLON_NEXT = re.compile(r"[ \t\n\r]*:")
# A word right before a quoted key, with nothing that would make it part of that key.
_STRAY = re.compile(r'"[^"\n\r]{1,200}"[ \t\n\r]*:')
_OPEN_LIST = "Is a key, or an opening bracket '[', missing before it?"
_CLOSER = {"{": "}", "[": "]"}
_OPENER = {"}": "{", "]": "["}


class Parser:
    """The state of one run: what is open, and what may come next."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.scanner = Scanner(lines)
        self.building = Building()
        self.parts = 0
        # After a part that fits nowhere, the next comma more or less is no news.
        self.forgiving = False
        # After it, brackets may be without their partners.
        self.lost = False
        # One bracket too many or too few was reported already.
        self.lopsided = False
        self.pending_colon = False

    def run(self) -> None:
        """Read the whole text, as far as it can be read."""
        try:
            if self._begin():
                while self.building.levels:
                    if self.building.in_object:
                        self._member()
                    else:
                        self._item()
                self._after_end()
        except TooManyProblems:
            self.building.give_up()
            self.scanner.findings.append(
                finding(
                    "json-too-many-problems",
                    "There are more problems in this file than are listed here.",
                    hint="Solve these first, then check again.",
                    where=self.lines.place(min(self.scanner.position, len(self.lines.text))),
                )
            )
        except _Stopped:
            self.building.give_up()

    def _begin(self) -> bool:
        """Read what the document starts with; False when it is no JSON text at all."""
        first = self._next(key=True)
        if first.kind == "end":
            where = Place(file=self.lines.file)
            self.scanner.findings.append(
                finding("document-empty", "The document is empty.", where=where)
            )
            return False
        if first.kind not in ("{", "[", "string", "value"):
            self._report(
                "document-not-json",
                f"This is not a JSON text: it starts with {shown(first)}.",
                first,
                "A JSON document starts with { and ends with }.",
            )
            return False
        if first.kind == "string" and _COLON_NEXT.match(self.lines.text, self.scanner.position):
            self._report(
                "json-bracket-mismatch",
                "The document does not start with '{'.",
                first,
                "Put a { before the first key.",
            )
            self.building.open("{", first.start)
            self._key(first)
            return True
        self._value(first)
        return True

    def _next(self, *, key: bool = False) -> Part:
        self.parts += 1
        if self.parts > MOST_PARTS:
            self.scanner.report(
                "json-too-many-values",
                f"The document has more than {MOST_PARTS:,} parts; reading stops here.",
                self.scanner.position,
                hint="Check that it is the right file.",
            )
            raise _Stopped
        return self.scanner.next(key=key)

    def _report(self, rule: str, message: str, part: Part, hint: str = "") -> None:
        self.scanner.report(
            rule, message, part.start, part.end, hint=hint, path=json_path(self.building.steps())
        )

    # -- values ---------------------------------------------------------------------------------

    def _value(self, part: Part) -> None:
        """Put a value where one belongs; a container is opened."""
        kind = part.kind
        if kind in ("string", "value"):
            self.building.put(part.value, part.start)
        elif kind in ("{", "["):
            self._open(part)
        else:
            self.building.put(UNREADABLE, part.start)
            if kind == "end":
                self._truncated(part)
            if not self.forgiving:
                self._report(
                    "json-missing-value",
                    "A value is missing here.",
                    part,
                    hint="Fill it in, or remove the key.",
                )
            self._again(part)

    def _open(self, part: Part) -> None:
        if len(self.building.levels) >= DEEPEST:
            self.building.put(UNREADABLE, part.start)
            self._report(
                "json-nested-too-deeply",
                f"Objects and lists nest more than {DEEPEST} deep here; reading stops.",
                part,
                hint="No class information needs that. Check that it is the right file.",
            )
            raise _Stopped
        self.building.open(part.kind, part.start)

    # -- lists ----------------------------------------------------------------------------------

    def _item(self) -> None:
        """The next item of the innermost list, or its end."""
        level = self.building.innermost
        part = self._next()
        if part.kind in ("]", "}", "end"):
            self._close(part)
        elif part.kind == ",":
            self._comma(part)
        elif part.kind == ":":
            self._key_in_list(part)
        elif level.container:
            self._missing_comma(part)
        else:
            self._value(part)
        self.forgiving = self.forgiving and part.kind not in ("{", "[", "]", "}")

    def _comma(self, comma: Part) -> None:
        """A comma, and what follows it."""
        if not self.building.innermost.container:
            self._report(
                "json-missing-value",
                "A comma stands here with nothing before it.",
                comma,
                hint="Remove it, or fill in what is missing.",
            )
            return
        part = self._next(key=self.building.in_object)
        if part.kind in ("]", "}"):
            self._report(
                "json-trailing-comma",
                "There is a comma after the last item.",
                comma,
                hint="Remove the comma.",
            )
            self._close(part)
        elif part.kind == ",":
            self._report(
                "json-missing-value",
                "Two commas stand here with nothing between them.",
                part,
                hint="Remove one of them, or fill in what is missing.",
            )
            self._again(part)
        elif self.building.in_object:
            self._key(part)
        else:
            self._value(part)

    def _key_in_list(self, part: Part) -> None:
        self._unexpected(
            part,
            "A key stands in a list, where only values belong.",
            "Put braces { } around the keys and values of one item.",
        )

    def _missing_comma(self, part: Part) -> None:
        if not self.forgiving:
            before = self._before(part.start)
            if part.kind in ("word",) or (
                part.start == before and self.lines.text[before - 1 : before] == '"'
            ):
                self._unexpected(
                    part,
                    f"After the text before it, {shown(part)} has no place here.",
                    "Is a quote or a comma missing before it?",
                )
                return
            self.scanner.report(
                "json-missing-comma",
                f"A comma is missing before {shown(part)}.",
                before,
                before + 1,
                hint="Put a comma after the item before.",
                path=json_path(self.building.steps()),
            )
        if self.building.in_object:
            self._key(part)
        else:
            self._value(part)

    def _before(self, start: int) -> int:
        """Where the item before ends."""
        while start > 0:
            chunk = self.lines.text[max(0, start - _CHUNK) : start]
            kept = len(chunk.rstrip(" \t\n\r"))
            start -= len(chunk) - kept
            if kept:
                break
        return start

    # -- objects --------------------------------------------------------------------------------

    def _member(self) -> None:
        """The next key and value of the innermost object, or its end."""
        level = self.building.innermost
        part = self._next(key=True)
        if part.kind in ("}", "]", "end"):
            self._close(part)
        elif part.kind == ",":
            self._comma(part)
        elif level.container:
            if part.kind == ":":
                self._unexpected(part, "A colon has no place here.", "Is a key missing before it?")
            else:
                self._missing_comma(part)
        else:
            self._key(part)

    def _key(self, part: Part) -> None:
        if part.kind == "string" and isinstance(part.value, str):
            key = self._closed_key(part, part.value)
        elif part.kind == "value" and not _COLON_NEXT.match(self.lines.text, part.end):
            self._unexpected(part, f"A key belongs here, not {shown(part)}.", _OPEN_LIST)
            return
        elif part.kind == "word" and _STRAY.match(self.lines.text, part.end):
            self._report(
                "json-unexpected",
                f"{shown(part).capitalize()} has no place here.",
                part,
                "Remove it.",
            )
            self._key(self._next(key=True))
            return
        elif part.kind in ("word", "value"):
            key = self._bare_key(part)
        elif part.kind == "{" and len(self.building.levels) > 1:
            self._next_item(part)
            return
        elif part.kind == "end":
            self._close(part)
            return
        else:
            self._unexpected(part, f"A key belongs here, not {shown(part)}.")
            return
        self._begin_member(key, part)
        if self.pending_colon:
            self.pending_colon = False
            self._value(self._next())
            return
        colon = self._next()
        if colon.kind == ":":
            # A key and its colon: it is clear again what belongs where.
            self.forgiving = False
        else:
            if colon.kind in ("string", "value", "{", "["):
                self._report(
                    "json-missing-colon",
                    f"A colon is missing between the key {quoted(key)} and its value.",
                    colon,
                    hint="Put a colon after the key.",
                )
                self._value(colon)
                return
            self._value(colon)
            return
        self._value(self._next())

    def _next_item(self, part: Part) -> None:
        """A brace where a key belongs: the item before it was not closed."""
        self._mismatched(part, self.building.innermost)
        self.building.close("{")
        self._again(part)
        self.forgiving = True

    def _closed_key(self, part: Part, key: str) -> str:
        """A key, mended where its closing quote is missing: ``"Name: "Water"``."""
        stripped = key.rstrip()
        following = self.lines.text[part.end : part.end + 1]
        if not stripped.endswith(":") or following in (":", "", " ", "\n", "\r", "\t", ","):
            return key
        self.scanner.position = part.end - 1
        mended = stripped[:-1].rstrip()
        self.scanner.report(
            "json-missing-quote",
            f"The key {quoted(mended)} has no closing quote.",
            part.start,
            part.start + 1 + len(mended),
            hint="Put a double quote after the key, before the colon.",
        )
        self.pending_colon = True
        return mended

    def _bare_key(self, part: Part) -> str:
        key = self.lines.text[part.start : part.end]
        if self.lines.text.startswith('"', part.end):
            self.scanner.position = part.end + 1
            self._report(
                "json-missing-quote",
                f"The key {quoted(key)} has a quote at its end, but none at its start.",
                part,
                hint="Put a double quote before it.",
            )
        else:
            self._report(
                "json-unquoted-key",
                f"The key {quoted(key)} is not in quotes.",
                part,
                hint="Put it in double quotes.",
            )
        return key

    def _begin_member(self, key: str, part: Part) -> None:
        level = self.building.innermost
        if isinstance(level.marks, dict) and key in level.marks:
            first = self.lines.line_number(level.marks[key][0])
            self.scanner.report(
                "json-duplicate-key",
                f"The key {quoted(key)} is given twice in the same object, first in line {first}.",
                part.start,
                part.end,
                hint="Remove one of the two: programs differ in which one they take.",
                path=json_path([*self.building.steps(), key]),
            )
        self.building.begin_member(key, part.start)

    # -- ends -----------------------------------------------------------------------------------

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

    def _truncated(self, part: Part) -> None:
        if self.lost:
            # The rest of a line was passed over, its closing brackets with it.
            raise _Stopped
        if self.scanner.cut_string:
            # Its missing quote is part of the same news.
            self.scanner.findings.pop()
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
        raise _Stopped

    def _after_end(self) -> None:
        part = self._next()
        if part.kind == "end":
            return
        self.building.incomplete.add(id(self.building.root))
        if self.lost or self.lopsided:
            return
        self._report(
            "json-text-after-end",
            f"The document has ended, but {shown(part)} follows.",
            part,
            hint="Remove it, or the closing bracket too many before it.",
        )

    def _unexpected(self, part: Part, message: str, hint: str = "") -> None:
        """A part with no place: report it, and go on with the next line."""
        self.building.incomplete.add(id(self.building.innermost.container))
        if not self.forgiving:
            self._report("json-unexpected", message, part, hint)
        self.forgiving = self.lost = True
        self.scanner.position = self.lines.end_of_line(part.end)

    def _again(self, part: Part) -> None:
        """Let the next step see this part once more."""
        self.scanner.position = part.start


class _Stopped(Exception):
    """Nothing more can be read."""
