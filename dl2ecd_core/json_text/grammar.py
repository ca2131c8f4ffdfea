"""The grammar of JSON, walked without recursion, that goes on after every mistake.

Grammar: RFC 8259. What stands in the wrong place is reported once, and reading goes on where it
is clear again what belongs where: at the next part, or in the next line.
"""

from __future__ import annotations

import re
from typing import List

from ..findings import Place
from ..findings.rules import finding
from ..findings.wording import REMOVE_ONE, given_twice, quoted
from .mends import Mend, in_quotes
from .parts import UNREADABLE, Part, shown
from .places import json_path
from .scanning import TooManyProblems
from .walking import Stopped, Walk

#: Objects and lists inside each other.
DEEPEST = 64

_COLON_NEXT = re.compile(r"[ \t\n\r]*:")
# A word right before a quoted key, with nothing that would make it part of that key.
_STRAY = re.compile(r'"[^"\n\r]{1,200}"[ \t\n\r]*:')
#: What values start with that need no mending themselves.
_PLAIN_STARTS = '"[{-0123456789tfn'
_OPEN_LIST = "Is a key, or an opening bracket '[', missing before it?"


class Parser(Walk):
    """What may come next, and what is said when something else does."""

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
        except Stopped:
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
                [Mend(first.start, first.start, "{")],
            )
            self.building.open("{", first.start)
            self._key(first)
            return True
        self._value(first)
        return True

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
                hint="Neither class information nor an .ecd needs that. Check that it is the right "
                "file.",
            )
            raise Stopped
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
                mends=[Mend(comma.start, comma.end, "")],
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
                mends=[Mend(before, before, ",")],
            )
        if self.building.in_object:
            self._key(part)
        else:
            self._value(part)

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
            self._truncated(part)
        else:
            self._unexpected(part, f"A key belongs here, not {shown(part)}.")
            return
        self._begin_member(key, part)
        if self.pending_colon:
            self.pending_colon = False
            self._value(self._next())
            return
        key_end = self.scanner.position
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
                    mends=self._colon(key_end, colon.start),
                )
                self._value(colon)
                return
            self._value(colon)
            return
        self._value(self._next())

    def _colon(self, key_end: int, start: int) -> List[Mend]:
        """A colon between a key and a plain value, where blanks or brackets part the two."""
        text = self.lines.text
        parted = key_end < start or text[start] in "[{"
        return [Mend(key_end, key_end, ":")] if parted and text[start] in _PLAIN_STARTS else []

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
            mends=[Mend(part.start + 1 + len(mended), part.start + 1 + len(mended), '"')],
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
                mends=[Mend(part.start, part.start, '"')],
            )
        else:
            self._report(
                "json-unquoted-key",
                f"The key {quoted(key)} is not in quotes.",
                part,
                hint="Put it in double quotes.",
                mends=() if "\\" in key else [Mend(part.start, part.end, in_quotes(key))],
            )
        return key

    def _begin_member(self, key: str, part: Part) -> None:
        level = self.building.innermost
        if isinstance(level.marks, dict) and key in level.marks:
            first = self.lines.line_number(level.marks[key][0])
            self.scanner.report(
                "json-duplicate-key",
                given_twice(key, first),
                part.start,
                part.end,
                hint=REMOVE_ONE,
                path=json_path([*self.building.steps(), key]),
            )
        self.building.begin_member(key, part.start)

    # -- ends -----------------------------------------------------------------------------------

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
