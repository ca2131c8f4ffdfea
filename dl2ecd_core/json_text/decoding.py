"""Bytes of a text file become text: UTF-8, or UTF-16 and UTF-32 where they say so.

Sources: RFC 8259 section 8.1 (UTF-8, byte order marks may be ignored),
RFC 4627 section 3 (how the first bytes of a JSON text tell its encoding).
"""

from __future__ import annotations

import codecs
import re
from typing import List, Optional, Tuple

from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import counted
from .places import Lines

# UTF-32 first: its little-endian mark starts with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
# What a JSON text can start with, for UTF-16 without a mark.
_STARTS = b' \t\r\n{["-0123456789tfn'
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


def decoded(data: bytes, file: Optional[str]) -> Tuple[str, List[Finding]]:
    """The text, as far as it can be told, and what is wrong with its encoding.

    Latin-1 (Windows "ANSI") bytes are an error, but they are read as what they probably mean, so
    that everything else in the file can still be checked.
    """
    encoding, name, skip = encoding_of(data)
    if encoding != "utf-8":
        return _decoded_wide(data[skip:], encoding, name, file)
    body = data[skip:]
    try:
        return body.decode("utf-8"), []
    except UnicodeDecodeError as error:
        return _decoded_damaged(body, error.start, skip, file)


def encoding_of(data: bytes) -> Tuple[str, str, int]:
    """Codec, name for people, and length of the byte order mark."""
    for mark, encoding, name in _MARKS:
        if data.startswith(mark):
            return encoding, name, len(mark)
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8", "UTF-8", len(codecs.BOM_UTF8)
    start = data[:4]
    if len(data) % 2 == 0 and len(start) >= 2:
        low, high = start[0::2], start[1::2]
        if not any(high) and all(low) and low[0] in _STARTS:
            return "utf-16-le", "UTF-16", 0
        if not any(low) and all(high) and high[0] in _STARTS:
            return "utf-16-be", "UTF-16", 0
    return "utf-8", "UTF-8", 0


def _decoded_wide(
    body: bytes, encoding: str, name: str, file: Optional[str]
) -> Tuple[str, List[Finding]]:
    try:
        return body.decode(encoding), []
    except UnicodeDecodeError as error:
        text = body.decode(encoding, "ignore")
        before = len(body[: error.start].decode(encoding, "ignore"))
        place = Lines(text, file).place(min(before, len(text)))
        problem = finding(
            "json-encoding",
            f"The file is {name} text, but it has bytes that no {name} text can have.",
            hint="The file is damaged or cut short. Save it again as UTF-8.",
            where=_with_offset(place, error.start + (4 if name == "UTF-32" else 2)),
        )
        return text, [problem]


def _decoded_damaged(
    body: bytes, start: int, skip: int, file: Optional[str]
) -> Tuple[str, List[Finding]]:
    escaped = body.decode("utf-8", "surrogateescape")
    wrong = len(_ESCAPED_BYTE.findall(escaped))
    letters = {0xDC00 + byte: _as_windows_1252(byte) for byte in range(0x80, 0x100)}
    text = escaped.translate(letters)
    place = Lines(text, file).place(len(body[:start].decode("utf-8")))
    byte = body[start]
    more = "" if wrong == 1 else f" {counted(wrong, 'byte')} of the file are like that."
    problem = finding(
        "json-encoding",
        f"The byte 0x{byte:02X} is not UTF-8. In Latin-1 (Windows 'ANSI') it would be "
        f"'{letters[0xDC00 + byte]}': the file was probably saved in that encoding.{more}",
        hint="Save the file again as UTF-8: in Notepad under 'Save as', Encoding 'UTF-8'.",
        where=_with_offset(place, skip + start),
    )
    return text, [problem]


def _as_windows_1252(byte: int) -> str:
    letter = bytes([byte]).decode("cp1252", "ignore") or chr(byte)
    return letter if letter.isprintable() else "?"


def _with_offset(place: Place, offset: int) -> Place:
    return Place(place.file, place.line, place.column, offset=offset, excerpt=place.excerpt)
