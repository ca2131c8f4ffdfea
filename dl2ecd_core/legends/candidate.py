"""A file that may be a legend: its beginning, and its text within a fixed limit."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import List, Optional

from ..findings import Place
from ..findings.errors import Dl2EcdError
from ..findings.rules import finding
from ..findings.wording import quoted
from ..json_text import LARGEST_TEXT
from ..json_text.decoding import decoded
from ..wire.source import ByteSource
from .entries import Note

_HEAD = 64 * 1024
_DECLARED = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,30})[\"']")
#: Encodings of one byte a letter in which XML files come; what they declare is taken at its word.
_XML_ENCODINGS = re.compile(r"(?:iso-?8859-?\d{1,2}|windows-?125\d|cp125\d|latin-?1)", re.I)


class Candidate:
    """A file on its way to the reader that knows it.

    Parameters
    ----------
    source
        The file.
    known
        The kinds that there are, for a hint.
    """

    def __init__(self, source: ByteSource, known: str) -> None:
        self.source = source
        self.known = known
        self.path: Path = source.path
        self.name = source.name
        self.head = source.read_up_to(0, _HEAD)
        #: What is to be said of the file whatever its kind.
        self.notes: List[Note] = []
        self._text: Optional[str] = None

    @property
    def start(self) -> str:
        """The beginning as text, for recognising; what is no text becomes a question mark."""
        if self.head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return self.head.decode("utf-16", "replace")
        if self._is_wide():
            return self.head.decode("utf-16-le", "replace")
        return self.head.decode("utf-8-sig", "replace")

    @property
    def data(self) -> bytes:
        """All bytes.

        Raises
        ------
        Dl2EcdError
            ``file-too-large``.
        """
        if self.source.size > LARGEST_TEXT:
            raise Dl2EcdError(
                [
                    finding(
                        "file-too-large",
                        f"{quoted(self.name, 400)} has {self.source.size / 2**20:,.1f} MiB. Lists "
                        f"of classes of more than {LARGEST_TEXT // 2**20} MiB are not read.",
                        hint="A legend takes a few KB: was another file chosen in its place?",
                        where=Place(file=self.name),
                    )
                ]
            )
        return self.source.read(0, self.source.size)

    @property
    def text(self) -> str:
        """The whole text. Bytes that are no UTF-8 are taken for Windows' "ANSI", which is said.

        Raises
        ------
        Dl2EcdError
            ``file-too-large``, or ``legend-damaged`` when it breaks off inside UTF-16 or UTF-32.
        """
        if self._text is None:
            self._text = self._decoded()
        return self._text

    def _decoded(self) -> str:
        data = self.data
        declared = _DECLARED.match(data.lstrip()[:200])
        if declared is not None and _XML_ENCODINGS.fullmatch(declared.group(1).decode("ascii")):
            try:
                return data.decode(declared.group(1).decode("ascii"))
            except (LookupError, UnicodeDecodeError):
                pass
        if self._is_wide():
            data = codecs.BOM_UTF16_LE + data
        text, problems = decoded(data, self.name)
        for problem in problems:
            if "Latin-1" not in problem.message:
                raise self.damaged(problem.message, problem.hint)
            self.notes.append(
                Note(
                    "legend-encoding",
                    f"{{file}}: {problem.message[0].lower()}{problem.message[1:]} It was read so.",
                    "Look whether the names are right. " + problem.hint,
                )
            )
        return text

    def _is_wide(self) -> bool:
        """Whether it is UTF-16 without its mark: every second byte of the first letters is 0."""
        start = self.head[:8]
        return len(start) == 8 and not any(start[1::2]) and all(start[0::2])

    def damaged(self, message: str, hint: str = "", line: Optional[int] = None) -> Dl2EcdError:
        """An error for the caller to raise."""
        hint = hint or "Export the file again, or give another one."
        place = Place(file=self.name, line=line)
        return Dl2EcdError([finding("legend-damaged", message, hint=hint, where=place)])

    def unknown(self, message: str, hint: str = "", line: Optional[int] = None) -> Dl2EcdError:
        """An error about a file that is no legend, for the caller to raise."""
        return Dl2EcdError(
            [
                finding(
                    "legend-not-recognised",
                    message,
                    hint=hint or f"Give {self.known}.",
                    where=Place(file=self.name, line=line),
                )
            ]
        )

    def no_classes(self, kind: str, why: str, hint: str = "") -> Dl2EcdError:
        """An error about a file of a known kind in which no classes stand."""
        return self.unknown(f"{quoted(self.name, 400)} ({kind}) {why}", hint)
