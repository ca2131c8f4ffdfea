"""A JSON text becomes a value, the places of its parts, and everything that is wrong with it.

One run lists every problem that can be told apart: after a mistake reading goes on where it is
clear again. Nothing recurses, and the time grows with the length of the text alone.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Dict, FrozenSet, List, Optional, Set, Tuple, Union

from ..findings import Finding, Place
from ..rules import finding
from ..wording import quoted
from .decoding import decoded
from .foreign import not_json
from .places import Lines, Marks, Places, Step, json_path
from .scanning import UNREADABLE, Part, Scanner, TooManyProblems

#: Objects and lists inside each other.
DEEPEST = 64
#: Brackets, commas, keys and values of one document.
MOST_PARTS = 2_000_000
_CHUNK = 4096


@dataclass(frozen=True)
class JsonText:
    """What a JSON text says.

    Attributes
    ----------
    value
        As the standard library's ``json`` gives it; ``UNREADABLE`` stands for values that could
        not be read.
    findings
        Everything wrong with the text, in its order.
    places
        Where each value lies.
    incomplete
        ``id`` of each object and list of `value` of which something may be missing, because the
        text there could not be read.
    """

    value: object
    findings: Tuple[Finding, ...]
    places: Places
    incomplete: FrozenSet[int]

    def is_complete(self, container: object) -> bool:
        """Whether all of an object or list was read."""
        return id(container) not in self.incomplete


def parse(source: Union[str, bytes], file: Optional[str] = None) -> JsonText:
    """Read a JSON text; whatever is wrong with it is a finding, never an exception.

    Parameters
    ----------
    source
        The text, or the bytes of its file.
    file
        The path as the user gave it, for the findings.

    Examples
    --------
    >>> text = parse('{"a": [1, 2,]}')
    >>> text.value, text.findings[0].rule
    ({'a': [1, 2]}, 'json-trailing-comma')
    """
    problems: List[Finding] = []
    if isinstance(source, bytes):
        foreign = not_json(source, file)
        if foreign is not None:
            return parsed_nothing(file, foreign)
        text, problems = decoded(source, file)
    else:
        text = source
    parser = _Parser(Lines(text, file))
    parser.run()
    found = problems + parser.scanner.findings
    places = Places(parser.scanner.lines, parser.root, parser.root_start, parser.marks)
    return JsonText(parser.root, tuple(found), places, frozenset(parser.incomplete))


def parsed_nothing(file: Optional[str], problem: Finding) -> JsonText:
    """The result for a file of which nothing could be read."""
    places = Places(Lines("", file), UNREADABLE, 0, {})
    return JsonText(UNREADABLE, (problem,), places, frozenset())


@dataclass
class _Open:
    """A container that is being read."""

    container: Union[Dict[str, object], List[object]]
    marks: Marks
    start: int
    opener: str
    step: Step = 0


_CLOSER = {"{": "}", "[": "]"}
_OPENER = {"}": "{", "]": "["}
_NAME = {"{": "brace", "[": "bracket"}


class _Parser:
    """The state of one run: what is open, and what may come next."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.scanner = Scanner(lines)
        self.root: object = UNREADABLE
        self.root_start = 0
        self.marks: Dict[int, Marks] = {}
        self.incomplete: Set[int] = set()
        self.stack: List[_Open] = []
        self.parts = 0
        # After a part that fits nowhere, the next comma more or less is no news.
        self.forgiving = False
        self.pending_colon = False

    def run(self) -> None:
        """Read the whole text, as far as it can be read."""
        try:
            first = self._next()
            if first.kind == "end":
                where = Place(file=self.lines.file)
                self.scanner.findings.append(
                    finding("document-empty", "The document is empty.", where=where)
                )
                return
            self.root_start = first.start
            self._value(first)
            while self.stack:
                if isinstance(self.stack[-1].container, dict):
                    self._member()
                else:
                    self._item()
            self._after_end()
        except TooManyProblems:
            self._give_up()
            self.scanner.findings.append(
                finding(
                    "json-too-many-problems",
                    "There are more problems in this file than are listed here.",
                    hint="Solve these first, then check again.",
                    where=self.lines.place(min(self.scanner.position, len(self.lines.text))),
                )
            )
        except _Stopped:
            self._give_up()

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
            rule, message, part.start, part.end, hint=hint, path=json_path(self._steps())
        )

    def _steps(self) -> List[Step]:
        return [level.step for level in self.stack[:-1]]

    def _give_up(self) -> None:
        self.incomplete.update(id(level.container) for level in self.stack)
        self.incomplete.add(id(self.root))

    # -- values ---------------------------------------------------------------------------------

    def _value(self, part: Part) -> None:
        """Put a value where one belongs; a container is opened."""
        kind = part.kind
        if kind in ("string", "value"):
            self._put(part.value, part.start)
        elif kind in ("{", "["):
            self._open(part)
        else:
            self._put(UNREADABLE, part.start)
            if kind == "end":
                self._truncated(part)
            if not self.forgiving:
                self._report(
                    "json-missing-value",
                    "A value is missing here.",
                    part,
                    hint="Fill it in, or remove the key." if self.stack else "",
                )
            self._again(part)

    def _put(self, value: object, start: int) -> None:
        if not self.stack:
            self.root = value
            return
        level = self.stack[-1]
        container, marks = level.container, level.marks
        if isinstance(container, list):
            level.step = len(container)
            container.append(value)
            if isinstance(marks, array):
                marks.append(start)
        elif isinstance(level.step, str) and isinstance(marks, dict):
            container[level.step] = value
            marks[level.step] = (marks[level.step][0], start)

    def _open(self, part: Part) -> None:
        if len(self.stack) >= DEEPEST:
            self._put(UNREADABLE, part.start)
            self._report(
                "json-nested-too-deeply",
                f"Objects and lists nest more than {DEEPEST} deep here; reading stops.",
                part,
                hint="No class information needs that. Check that it is the right file.",
            )
            raise _Stopped
        container: Union[Dict[str, object], List[object]] = {} if part.kind == "{" else []
        marks: Marks = {} if part.kind == "{" else array("q")
        self.marks[id(container)] = marks
        self._put(container, part.start)
        self.stack.append(_Open(container, marks, part.start, part.kind))

    # -- lists ----------------------------------------------------------------------------------

    def _item(self) -> None:
        """The next item of the innermost list, or its end."""
        level = self.stack[-1]
        part = self._next()
        if part.kind in ("]", "}", "end"):
            self._close(part)
        elif level.container and part.kind == ",":
            self._after_comma()
        elif part.kind == ":":
            self._key_in_list(part)
        elif level.container:
            self._missing_comma(part)
        else:
            self._value(part)
        self.forgiving = self.forgiving and part.kind not in ("{", "[", "]", "}")

    def _after_comma(self) -> None:
        comma = Part(",", self.scanner.position - 1, self.scanner.position)
        self.forgiving = False
        part = self._next(key=isinstance(self.stack[-1].container, dict))
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
        elif isinstance(self.stack[-1].container, dict):
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
                    f"After the text before it, {_shown(part)} has no place here.",
                    "Is a quote or a comma missing before it?",
                )
                return
            self.scanner.report(
                "json-missing-comma",
                f"A comma is missing before {_shown(part)}.",
                before,
                before + 1,
                hint="Put a comma after the item before.",
                path=json_path(self._steps()),
            )
        self.forgiving = False
        if isinstance(self.stack[-1].container, dict):
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
        level = self.stack[-1]
        part = self._next(key=True)
        if part.kind in ("}", "]", "end"):
            self._close(part)
        elif level.container and part.kind == ",":
            self._after_comma()
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
        elif part.kind in ("word", "value"):
            key = self._bare_key(part)
        elif part.kind == "end":
            self._close(part)
            return
        else:
            self._unexpected(part, f"A key belongs here, not {_shown(part)}.")
            return
        self._begin_member(key, part)
        if self.pending_colon:
            self.pending_colon = False
            self._value(self._next())
            return
        colon = self._next()
        if colon.kind != ":":
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
        level = self.stack[-1]
        if not isinstance(level.marks, dict):
            return
        if key in level.marks:
            first = self.lines.line_number(level.marks[key][0])
            self.scanner.report(
                "json-duplicate-key",
                f"The key {quoted(key)} is given twice in the same object, first in line {first}.",
                part.start,
                part.end,
                hint="Remove one of the two: programs differ in which one they take.",
                path=json_path([*self._steps(), key]),
            )
        level.step = key
        level.marks[key] = (part.start, part.end)

    # -- ends -----------------------------------------------------------------------------------

    def _close(self, part: Part) -> None:
        if part.kind == "end":
            self._truncated(part)
        level = self.stack[-1]
        opener = _OPENER[part.kind]
        if level.opener != opener:
            self._mismatched(part, level, opener)
            if any(below.opener == opener for below in self.stack):
                while self.stack[-1].opener != opener:
                    self.stack.pop()
        self.stack.pop()

    def _mismatched(self, part: Part, level: _Open, opener: str) -> None:
        if self.forgiving:
            return
        line = self.lines.line_number(level.start)
        closer = _CLOSER[level.opener]
        self._report(
            "json-bracket-mismatch",
            f"The '{level.opener}' opened in line {line} is not closed before this "
            f"'{_CLOSER[opener]}'.",
            part,
            hint=f"Put a '{closer}' before it, or in its place.",
        )

    def _truncated(self, part: Part) -> None:
        if self.forgiving:
            # The rest of the last line was passed over, its closing brackets with it.
            raise _Stopped
        inner = self.stack[-1] if self.stack else None
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
            + "".join(_CLOSER[level.opener] for level in reversed(self.stack)),
            path=json_path(self._steps()),
        )
        raise _Stopped

    def _after_end(self) -> None:
        part = self._next()
        if part.kind == "end":
            return
        self._report(
            "json-text-after-end",
            f"The document has ended, but {_shown(part)} follows.",
            part,
            hint="Remove it, or the closing bracket too many before it.",
        )
        self.incomplete.add(id(self.root))

    def _unexpected(self, part: Part, message: str, hint: str = "") -> None:
        """A part with no place: report it, and go on with the next line."""
        self.incomplete.add(id(self.stack[-1].container))
        if not self.forgiving:
            self._report("json-unexpected", message, part, hint)
        self.forgiving = True
        self.scanner.position = self.lines.end_of_line(part.end)

    def _again(self, part: Part) -> None:
        """Let the next step see this part once more."""
        self.scanner.position = part.start


class _Stopped(Exception):
    """Nothing more can be read."""


def _shown(part: Part) -> str:
    if part.kind in ("{", "}", "[", "]", ",", ":"):
        return f"'{part.kind}'"
    if isinstance(part.value, str):
        return f"the text {quoted(part.value, 40)}"
    if part.value is UNREADABLE:
        return "this value"
    if part.value is None or isinstance(part.value, bool):
        return {None: "null", True: "true", False: "false"}[part.value]
    return f"the number {part.value}"
