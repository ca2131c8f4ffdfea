"""Where the parts of a text lie: lines, columns, excerpts with carets, JSON paths."""

from __future__ import annotations

import json
import re
import unicodedata
from array import array
from functools import lru_cache
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from ..findings import Place
from .strings import quoted_end

#: One step of a JSON path: a key of an object or an index of a list.
Step = Union[str, int]

#: Where the parts of a container start: per key (key, value), or per item.
Marks = Union[Dict[str, Tuple[int, int]], "array[int]"]

#: Columns of an excerpt: it has to fit a terminal together with an indentation.
WIDTH = 76
_TAB = "    "
_BLOCK = 64 * 1024

_LINE_END = re.compile(r"\r\n|\n|\r")
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[([0-9]{1,18})\]|\['")
# Pieces of a key in quotes: a regular expression takes memory for each of a group's turns.
_KEY_PIECES = re.compile(r"(?:[^'\\]+|\\.){1,256}", re.DOTALL)
_DECODER = json.JSONDecoder(strict=False)
_WORD = re.compile(r'[^\s,:{}\[\]"]+')


def json_path(steps: Sequence[Step]) -> str:
    """Steps as people write them.

    Examples
    --------
    >>> json_path(["Classes", 3, "Name"]), json_path(["odd key"])
    ('$.Classes[3].Name', "$['odd key']")
    """
    parts = ["$"]
    for step in steps:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif _PLAIN_KEY.match(step):
            parts.append(f".{step}")
        else:
            escaped = step.replace("\\", "\\\\").replace("'", "\\'")
            parts.append(f"['{escaped}']")
    return "".join(parts)


def steps_of(path: str) -> Tuple[Step, ...]:
    """The inverse of :func:`json_path`; what can't be read ends the steps."""
    steps: List[Step] = []
    position = 1
    while True:
        match = _STEP.match(path, position)
        if match is None:
            return tuple(steps)
        key, index = match.groups()
        position = match.end()
        if index is not None:
            steps.append(int(index))
        elif key is not None:
            steps.append(key)
        else:
            end = _end_of_key(path, position)
            if end is None:
                return tuple(steps)
            # Between two backslashes that stand for one, each other escapes what is behind it.
            pieces = path[position:end].split("\\\\")
            steps.append("\\".join(piece.replace("\\", "") for piece in pieces))
            position = end + 2


def _end_of_key(path: str, position: int) -> Optional[int]:
    """Where a key in quotes ends; None when it does not."""
    match = _KEY_PIECES.match(path, position)
    while match is not None:
        position = match.end()
        match = _KEY_PIECES.match(path, position)
    return position if path.startswith("']", position) else None


class Lines:
    """A text that can say in which line and column an offset lies.

    Parameters
    ----------
    text
        The whole text, without a byte order mark.
    file
        The path as the user gave it.
    """

    def __init__(self, text: str, file: Optional[str] = None) -> None:
        self.text = text
        self.file = file
        # Line ends before each block: few numbers even for a text of line ends alone.
        self._before_block: Optional[List[int]] = None

    def _line_ends(self, start: int, end: int) -> int:
        text = self.text
        pairs = text.count("\r\n", start, min(end + 1, len(text)))
        return text.count("\n", start, end) + text.count("\r", start, end) - pairs

    def position(self, offset: int) -> Tuple[int, int]:
        """1-based line and column of a character; a tab counts as one column."""
        if self._before_block is None:
            counts = [0]
            for start in range(0, len(self.text), _BLOCK):
                counts.append(counts[-1] + self._line_ends(start, start + _BLOCK))
            self._before_block = counts
        block, inside = divmod(offset, _BLOCK)
        line = 1 + self._before_block[block] + self._line_ends(offset - inside, offset)
        start = 1 + max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset))
        return line, offset - start + 1

    def line_number(self, offset: int) -> int:
        """1-based line of a character."""
        return self.position(offset)[0]

    def end_of_line(self, offset: int) -> int:
        """Offset of the line end at or after a character."""
        match = _LINE_END.search(self.text, offset)
        return len(self.text) if match is None else match.start()

    def place(self, start: int, end: Optional[int] = None, *, path: Optional[str] = None) -> Place:
        """The place of the characters from `start` to `end`, with an excerpt."""
        line, column = self.position(start)
        return Place(
            file=self.file,
            line=line,
            column=column,
            path=path,
            excerpt=self.excerpt(start, start + 1 if end is None else end),
        )

    def excerpt(self, start: int, end: int) -> str:
        """The line of `start` and carets under `start` to `end`, cut to :data:`WIDTH`."""
        column = self.position(start)[1]
        first = start - column + 1
        # Twice the width to either side is enough to cut from, however long the line is.
        window = self.text[max(first, start - 2 * WIDTH) : start + 2 * WIDTH]
        head = window[: start - max(first, start - 2 * WIDTH)]
        tail = _LINE_END.split(window[len(head) :], maxsplit=1)[0]
        marked = tail[: max(1, end - start)]
        before, under, after = (_cells(part) for part in (head, marked, tail[len(marked) :]))
        cut_before = first < start - 2 * WIDTH
        cut_after = len(head) + len(tail) == len(window) and start + 2 * WIDTH < len(self.text)
        if not cut_before:
            while before and before[0].isspace():
                del before[0]
        under_width = max(1, min(_width(under), WIDTH // 2))
        if cut_before or _width(before) > WIDTH // 2:
            before = ["...", *_last(before, WIDTH // 2 - 3)]
        room = WIDTH - _width(before)
        shown = under + after
        if cut_after or _width(shown) > room:
            shown = [*_first(shown, room - 3), "..."]
        source = "".join(before + shown).rstrip()
        return f"{source}\n{' ' * _width(before)}{'^' * under_width}"


def _cells(text: str) -> List[str]:
    """Each character as a terminal may show it."""
    return [_cell(letter) for letter in text]


@lru_cache(maxsize=1024)
def _cell(letter: str) -> str:
    if letter == "\t":
        return _TAB
    if letter == " " or (letter.isprintable() and unicodedata.category(letter) != "Co"):
        return letter
    return "?"


def _width(cells: Sequence[str]) -> int:
    """Columns of a terminal: wide characters take two, combining ones none."""
    return sum(map(_columns, cells))


@lru_cache(maxsize=1024)
def _columns(cell: str) -> int:
    if len(cell) > 1 or cell.isascii():
        return len(cell)
    if unicodedata.category(cell) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(cell) in "WF" else 1


def _first(cells: Sequence[str], room: int) -> List[str]:
    """As many cells from the start as fit into so many columns."""
    kept: List[str] = []
    for cell in cells:
        room -= _width((cell,))
        if room < 0:
            break
        kept.append(cell)
    return kept


def _last(cells: Sequence[str], room: int) -> List[str]:
    """As many cells from the end as fit into so many columns."""
    return _first(cells[::-1], room)[::-1]


class Places:
    """Where each value of a parsed document lies in its text.

    Parameters
    ----------
    lines
        The text.
    value
        What was read from it.
    start
        Where the root value starts.
    marks
        Per container, by its ``id``, where its parts start.
    """

    def __init__(self, lines: Lines, value: object, start: int, marks: Mapping[int, Marks]) -> None:
        self.lines = lines
        self._value = value
        self._start = start
        self._marks = marks

    def at(self, path: Union[str, Sequence[Step]], *, of_key: bool = False) -> Place:
        """The place of a value, or of its nearest parent that is in the document.

        Parameters
        ----------
        path
            ``$.Classes[3].Name`` or its steps.
        of_key
            Point at the key instead of the value.
        """
        steps = steps_of(path) if isinstance(path, str) else tuple(path)
        value, start = self._value, self._start
        for number, step in enumerate(steps):
            marks = self._marks.get(id(value))
            if isinstance(value, dict) and isinstance(marks, dict):
                # A key is marked before its value is read, which may not come any more.
                if not isinstance(step, str) or step not in marks or step not in value:
                    break
                last = number == len(steps) - 1
                start = marks[step][0] if of_key and last else marks[step][1]
                value = value[step]
            elif isinstance(value, list) and isinstance(marks, array):
                if not isinstance(step, int) or not 0 <= step < len(marks):
                    break
                start = marks[step]
                value = value[step]
            else:
                break
        return self.lines.place(start, self._end(start), path=json_path(steps))

    def span(self, steps: Sequence[Step], *, of_key: bool = False) -> Optional[Tuple[int, int]]:
        """Where a value, or its key with the quotes, starts and ends.

        None where its syntax is not right.
        """
        value: Any = self._value
        start = self._start
        for number, step in enumerate(steps):
            marks: Any = self._marks[id(value)]
            mark = marks[step]
            if isinstance(value, dict):
                start = mark[0] if of_key and number == len(steps) - 1 else mark[1]
            else:
                start = mark
            value = value[step]
        try:
            _, end = _DECODER.raw_decode(self.lines.text, start)
        except ValueError:
            return None
        return start, end

    def has(self, steps: Sequence[Step]) -> bool:
        """Whether there is a value at these steps."""
        value = self._value
        for step in steps:
            inside: Any = value
            try:
                value = inside[step]
            except (LookupError, TypeError):
                return False
        return True

    def _end(self, start: int) -> int:
        text = self.lines.text
        if text.startswith('"', start):
            return quoted_end(text, start) or start + 1
        match = _WORD.match(text, start)
        return start + 1 if match is None else match.end()
