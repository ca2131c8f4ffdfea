"""The parts of a JSON text, one after the other, mended where what is meant can be told.

Grammar: RFC 8259. Whatever a person's hand or another program writes differently (single or
curly quotes, comments, Python's words, Windows paths) becomes a part all the same, and a finding.
"""

from __future__ import annotations

import json
import math
import re
from typing import Iterable, List, Optional

from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import counted, printable, quoted
from .mends import Mend, in_quotes, without_comment
from .parts import UNREADABLE, Part
from .places import Lines
from .strings import meaning_of, quoted_end

#: So many problems are listed; then reading stops.
MOST_PROBLEMS = 100
#: Longest number, in characters.
LONGEST_NUMBER = 1000


_PLAIN = re.compile(
    r'[ \t\n\r]*(?:([{}\[\],:])|"([^"\\\x00-\x1f]*)"'
    r"|(-?(?:0|[1-9][0-9]{0,17}))(?![\w.+\-])|(true|false|null)(?![\w.+\-]))"
)
_BLANKS = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z")
_NUMBER_LIKE = re.compile(
    r"[+-]?(?:[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z"
)
_WORD_END = re.compile(r"[\s,:{}\[\]\"'“”„]")
_NUMBER_START = frozenset("0123456789+-.")
_REST_OF_TEXT = re.compile(r"[^,{}\[\]\"\n\r]*")
_COMMENT_IN_TEXT = re.compile(r"\s(?://|/\*|#)")
_LINE_COMMENT = re.compile(r"[^\n\r]*")
_ODD = re.compile(r"[\s\x00-\x1f\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060\ufeff\ufffd]+")
_CURLY_OPEN = frozenset("“”„‟«»″")
_CURLY_END = re.compile('[“”‟«»″"]')
_SINGLE_OPEN = frozenset("'‘’‚`´")
_CURLY_SINGLE_END = re.compile("[‘’'`´]")
_LITERALS = {"true": True, "false": False, "null": None}
_MISSPELT_LITERALS = {"none": "null", "nil": "null", "undefined": "null", "yes": "true"}
_NOT_A_NUMBER = frozenset({"nan", "inf", "infinity", "+inf", "-inf", "-infinity", "+infinity"})
_HEX = re.compile(r"[+-]?0[xX][0-9a-fA-F]{1,15}\Z")


class TooManyProblems(Exception):
    """Enough has been listed."""


class Scanner:
    """Walks a text part by part, and collects what is wrong with it.

    Parameters
    ----------
    lines
        The text.
    most
        So many problems are listed.
    """

    def __init__(self, lines: Lines, most: int = MOST_PROBLEMS) -> None:
        self.lines = lines
        self.most = most
        self.text = lines.text
        self.position = 0
        # The text ends inside the string that was read last.
        self.cut_string = False
        self.findings: List[Finding] = []
        self.mends: List[Mend] = []

    def report(
        self,
        rule: str,
        message: str,
        start: int,
        end: Optional[int] = None,
        *,
        hint: str = "",
        path: Optional[str] = None,
        mends: Iterable[Mend] = (),
    ) -> None:
        """List a problem, and what mends it where that is certain.

        Raises
        ------
        TooManyProblems
            After so many.
        """
        place: Place = self.lines.place(start, end, path=path)
        self.findings.append(finding(rule, message, hint=hint, where=place))
        self.mends.extend(mends)
        if len(self.findings) >= self.most:
            raise TooManyProblems

    def next(self, *, key: bool = False) -> Part:
        """The next part.

        Parameters
        ----------
        key
            A key of an object may stand here: a bare word ends at a colon.
        """
        while True:
            match = _PLAIN.match(self.text, self.position)
            if match is not None:
                self.position = match.end()
                group = match.lastindex
                if group == 1:
                    return Part(match.group(1), match.start(1), match.end())
                if group == 2:
                    return Part("string", match.start(2) - 1, match.end(), match.group(2))
                if group == 3:
                    return Part("value", match.start(3), match.end(), int(match.group(3)))
                return Part("value", match.start(4), match.end(), _LITERALS[match.group(4)])
            blanks = _BLANKS.match(self.text, self.position)
            start = self.position if blanks is None else blanks.end()
            if start >= len(self.text):
                self.position = len(self.text)
                return Part("end", self.position, self.position)
            part = self._uncommon(start, key)
            if part is not None:
                return part

    def _uncommon(self, start: int, key: bool) -> Optional[Part]:
        """What is not of the plain kind; None for what was skipped."""
        letter = self.text[start]
        if letter == '"':
            return self._string(start, key)
        if letter in _SINGLE_OPEN:
            return self._single_quoted(start)
        if letter in _CURLY_OPEN:
            return self._curly_quoted(start)
        if letter == "#" or self.text.startswith(("//", "/*"), start):
            self._comment(start)
            return None
        if letter in ";=":
            return self._other_separator(start, letter)
        odd = _ODD.match(self.text, start)
        if odd is not None:
            self._odd_characters(start, start + len(odd.group().rstrip(" \t\n\r")))
            return None
        return self._word(start, key)

    def _string(self, start: int, key: bool) -> Part:
        meaning = meaning_of(self.text, start, key=key)
        self.position = meaning.end
        self.cut_string = meaning.end == len(self.text) and self.text[-1] != '"'
        for problem in meaning.problems:
            self.report(
                problem.rule,
                problem.message,
                problem.start,
                problem.end,
                hint=problem.hint,
                mends=problem.mends,
            )
        return Part("string", start, meaning.end, meaning.value)

    def _single_quoted(self, start: int) -> Part:
        # Other marks that open are closed by others yet.
        ended = quoted_end(self.text, start) if self.text[start] == "'" else None
        closed = True
        if ended is not None:
            value, end = self.text[start + 1 : ended - 1].replace("\\'", "'"), ended
        else:
            stop = self.lines.end_of_line(start)
            closing = _CURLY_SINGLE_END.search(self.text, start + 1, stop)
            if closing is None:
                stop = _end_of_item(self.text, start + 1, stop)
                value, end, closed = self.text[start + 1 : stop], stop, False
            else:
                value, end = self.text[start + 1 : closing.start()], closing.end()
        self.report(
            "json-single-quotes",
            f"The text {quoted(value)} is in single quotes.",
            start,
            end,
            hint='JSON wants double quotes: ".',
            mends=_quotes(value, start, end) if closed else (),
        )
        self.position = end
        return Part("string", start, end, value)

    def _curly_quoted(self, start: int) -> Part:
        stop = self.lines.end_of_line(start)
        closing = _CURLY_END.search(self.text, start + 1, stop)
        if closing is None:
            inside = end = _end_of_item(self.text, start + 1, stop)
        else:
            inside, end = closing.start(), closing.end()
        value = self.text[start + 1 : inside]
        self.report(
            "json-curly-quotes",
            f"The text {quoted(value)} is in curly quotes, as word processors make them.",
            start,
            end,
            hint='Type straight quotes (") in a plain text editor.',
            mends=() if closing is None else _quotes(value, start, end),
        )
        self.position = end
        return Part("string", start, end, value)

    def _comment(self, start: int) -> None:
        if self.text.startswith("/*", start):
            stop = self.text.find("*/", start + 2)
            if stop < 0:
                self.position = len(self.text)
                self.report(
                    "json-comment",
                    "A comment starts here and never ends; everything after it is lost.",
                    start,
                    start + 2,
                    hint="JSON has no comments: remove it.",
                )
                return
            end = stop + 2
        else:
            match = _LINE_COMMENT.match(self.text, start)
            end = start if match is None else match.end()
        self.position = end
        self.report(
            "json-comment",
            "This is a comment, and JSON has none.",
            start,
            min(end, self.lines.end_of_line(start)),
            hint='Remove it, or make it a text of its own, for example "Description": "...".',
            mends=[without_comment(self.text, start, end)],
        )

    def _other_separator(self, start: int, letter: str) -> Part:
        self.position = start + 1
        rule, kind, name = (
            ("json-missing-comma", ",", "comma")
            if letter == ";"
            else ("json-missing-colon", ":", "colon")
        )
        self.report(
            rule,
            f"There is a '{letter}' where a {name} belongs.",
            start,
            hint=f"Write a {name}: {kind}",
            mends=[Mend(start, start + 1, kind)],
        )
        return Part(kind, start, start + 1)

    def _odd_characters(self, start: int, end: int) -> None:
        self.position = end
        code = ord(self.text[start])
        many = counted(end - start, "character")
        if code == 0:
            self.report(
                "json-control-character",
                f"There {'is a NUL character' if end - start == 1 else f'are {many} such as NUL'} "
                "here, which text files never hold.",
                start,
                end,
                hint="The file is damaged, or is not a text file. Save it again as UTF-8.",
            )
            return
        self.report(
            "json-stray-character",
            f"There is an invisible character here that is no plain blank (U+{code:04X}).",
            start,
            end,
            hint="It often comes along when text is pasted from a web page or a document: "
            "delete it and type a blank.",
            mends=[Mend(start, end, " ")],
        )

    def _word(self, start: int, key: bool) -> Part:
        # What has a meaning of its own can't start here, so a word has a first character.
        match = _WORD_END.search(self.text, start + 1)
        end = len(self.text) if match is None else match.start()
        word = self.text[start:end]
        comment = min((at for at in (word.find("//"), word.find("/*")) if at > 0), default=0)
        if comment and not key and ":" not in word:
            word, end = word[:comment], start + comment
        self.position = end
        if word[0] in _NUMBER_START:
            number = self._number(word, start, end)
            if number is not None:
                return number
        if key:
            return Part("word", start, end, word)
        return self._literal(word, start, end) or self._bare_text(start)

    def _number(self, word: str, start: int, end: int) -> Optional[Part]:
        if len(word) > LONGEST_NUMBER and _NUMBER_LIKE.match(word):
            self.report(
                "json-number-too-large",
                f"This number has {len(word)} characters.",
                start,
                end,
                hint="Write the number that was meant.",
            )
            return Part("value", start, end, UNREADABLE)
        if _NUMBER.match(word):
            whole = all(letter.isdigit() or letter == "-" for letter in word)
            value = int(word) if whole else float(word)
            if not whole and math.isinf(value):
                self.report(
                    "json-number-too-large",
                    f"The number {quoted(word)} is larger than any computer number.",
                    start,
                    end,
                    hint="Write the number that was meant.",
                )
                return Part("value", start, end, UNREADABLE)
            return Part("value", start, end, value)
        if len(word) <= LONGEST_NUMBER and (_NUMBER_LIKE.match(word) or _HEX.match(word)):
            return self._odd_number(word, start, end)
        if word.lower() in _NOT_A_NUMBER:
            return self._literal(word, start, end)
        return None

    def _odd_number(self, word: str, start: int, end: int) -> Part:
        if _HEX.match(word):
            value: float = int(word, 16)
        else:
            plain = word.replace("_", "")
            value = float(plain) if any(letter in ".eE" for letter in plain) else int(plain)
        # Whole numbers may be longer than a float can hold.
        endless = isinstance(value, float) and math.isinf(value)
        part = Part("value", start, end, UNREADABLE if endless else value)
        meant = "" if endless else f" Is {printable(str(value), 40)} meant?"
        self.report(
            "json-number-form",
            f"{quoted(word)} is not how JSON writes a number.",
            start,
            end,
            hint="Write it without leading zeros, plus signs or separators, and with a digit "
            f"on both sides of the point.{meant}",
            mends=() if endless else [Mend(start, end, json.dumps(value))],
        )
        return part

    def _literal(self, word: str, start: int, end: int) -> Optional[Part]:
        low = word.lower()
        if low in _NOT_A_NUMBER:
            self.report(
                "json-not-a-number",
                f"{quoted(word)} is not a number that JSON knows.",
                start,
                end,
                hint="Write a finite number, or leave the key out.",
            )
            return Part("value", start, end, UNREADABLE)
        meant = low if low in _LITERALS else _MISSPELT_LITERALS.get(low)
        if meant is None:
            return None
        self.report(
            "json-literal",
            f"{quoted(word)} is not a word that JSON knows.",
            start,
            end,
            hint=f"JSON writes {meant}, in small letters.",
            mends=[Mend(start, end, meant)],
        )
        return Part("value", start, end, _LITERALS[meant])

    def _bare_text(self, start: int) -> Part:
        match = _REST_OF_TEXT.match(self.text, start)
        text = "" if match is None else match.group()
        comment = _COMMENT_IN_TEXT.search(text)
        text = (text if comment is None else text[: comment.start()]).rstrip()
        end = start + max(1, len(text))
        value = self.text[start:end]
        if self.text.startswith('"', end):
            self.position = end + 1
            self.report(
                "json-missing-quote",
                f"The text {quoted(value)} has a quote at its end, but none at its start.",
                start,
                end + 1,
                hint="Put a double quote before it.",
                mends=[Mend(start, start, '"')],
            )
        else:
            self.position = end
            self.report(
                "json-unquoted-text",
                f"The text {quoted(value)} is not in quotes.",
                start,
                end,
                hint="Put it in double quotes.",
                mends=_quotes(value, start, end),
            )
        return Part("string", start, end, value)


def _quotes(value: str, start: int, end: int) -> List[Mend]:
    """A text in JSON's quotes; backslashes meant what only its writer knows."""
    return [] if "\\" in value else [Mend(start, end, in_quotes(value))]


def _end_of_item(text: str, start: int, stop: int) -> int:
    """Where a text that was never closed probably ends: before the commas and brackets."""
    inside = text[start:stop]
    return start + len(inside.rstrip(" \t,}]"))
