"""Reading an .ecd's JSON without its embedded bytes.

The text is read block by block. Where a key ``Data`` begins a string, the string is left out: its
length follows from the ``Size`` before it, so a model of many gigabytes is passed over by seeking;
where that does not hold, the string's end is looked for. What is left is small and parsed whole.
"""

from __future__ import annotations

import json
import math
import os
import re
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Dict, List, Mapping, Sequence, Set, Tuple

from ..files.plain_files import open_plain
from ..findings import Finding, Place
from ..findings.errors import EcdFileError
from ..findings.rules import finding
from ..findings.wording import printable, quoted, where_missing
from ..json_text import parse
from ..json_text.scanning import LONGEST_NUMBER

#: Most text that an .ecd may hold beside its embedded bytes.
LARGEST_METADATA = 64 * 1024 * 1024

_BLOCK = 64 * 1024
# Nothing inside a JSON string looks so: its quotes are escaped.
_DATA = re.compile(rb'(?<=[{,\s])"Data"\s*:\s*"')
_SIZE = re.compile(rb'"Size"\s*:\s*(\d{1,18})\s*[,}]')
#: How far before a string its Size may stand, at least; how much of its ends is looked at.
_NEAR = 4096
#: Longest string under a key Data that is no file's bytes.
_LONGEST_TEXT = 1024 * 1024
#: A block is read anew behind each string that is left out.
_MOST_HOLES = 12_000
#: Objects and lists, and values, in the text beside the bytes. Class information of a million parts
#: becomes an .ecd of a quarter of a million objects and lists, in both vocabularies and verbatim.
MOST_CONTAINERS = 300_000
MOST_VALUES = 1_500_000
#: Deeper than anything that class information may hold; what is read is also written again.
_DEEPEST = 128


@dataclass(frozen=True)
class Hole:
    """A string that was left out: where its content begins, and how long it is."""

    offset: int
    length: int


@dataclass(frozen=True)
class Scanned:
    """An .ecd without its embedded bytes.

    Attributes
    ----------
    document
        The JSON object; in it, a left-out string is the mark that `holes` is keyed by.
    holes
        By mark.
    """

    document: Dict[str, Any]
    holes: Dict[str, Hole]


def scan(path: Path, name: str) -> Scanned:
    """Read the JSON of an .ecd but for its embedded bytes.

    Raises
    ------
    EcdFileError
        ``file-not-found``, ``file-unreadable``, ``ecd-not-readable``, or what is wrong with the
        JSON text.
    """
    try:
        with open_plain(path, buffering=-1) as handle:
            # The system's own files say they have no bytes, and may give them without an end.
            empty = os.fstat(handle.fileno()).st_size == 0
            text, holes = (b"", {}) if empty else _without_data(handle, name)
    except FileNotFoundError as error:
        raise _error(
            "file-not-found", f"There is no file {quoted(name, 400)}.", name, where_missing(name)
        ) from error
    except OSError as error:
        reason = printable(error.strerror or str(error))
        raise _error(
            "file-unreadable",
            f"The file {quoted(name, 400)} can't be read: {reason}.",
            name,
            "Check that it is a file, that you may read it, and that no other program holds it.",
        ) from error
    document = _parsed(text, name, tuple(holes))
    files = file_entries(document)
    _put_back(document, holes, {id(entry) for entry in files}, path, name)
    return Scanned(document, holes)


def file_entries(document: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """The entries of the model's files, as far as the document has them where they belong."""
    definitions = document.get("Definitions")
    entries: List[Dict[str, Any]] = []
    for definition in definitions if isinstance(definitions, list) else []:
        model = definition.get("Model") if isinstance(definition, dict) else None
        files = model.get("Files") if isinstance(model, dict) else None
        for entry in files if isinstance(files, list) else []:
            if isinstance(entry, dict):
                entries.append(entry)
    return entries


def _put_back(
    document: Dict[str, Any], holes: Mapping[str, Hole], files: Set[int], path: Path, name: str
) -> None:
    """Restore strings under a key Data that are no file's bytes: the source document's own."""
    pending: List[Tuple[Any, int]] = [(document, 0)]
    while pending:
        value, depth = pending.pop()
        if depth > _DEEPEST:
            raise _error(
                "ecd-not-readable",
                f"{quoted(name, 400)} nests its objects and lists more than {_DEEPEST} deep.",
                name,
            )
        within = value if isinstance(value, list) else value.values()
        pending += [(item, depth + 1) for item in within if isinstance(item, (dict, list))]
        if isinstance(value, list):
            continue
        mark = value.get("Data")
        if not isinstance(mark, str) or mark not in holes or id(value) in files:
            continue
        hole = holes[mark]
        if hole.length > _LONGEST_TEXT:
            raise _error(
                "ecd-not-readable",
                f"{quoted(name, 400)} holds a text of {hole.length} bytes outside the model's "
                "files.",
                name,
            )
        with open_plain(path, buffering=-1) as handle:
            handle.seek(hole.offset)
            raw = handle.read(hole.length)
        value["Data"] = _parsed(b'{"Data": "' + raw + b'"}', name)["Data"]


def _error(rule: str, message: str, name: str, hint: str = "") -> EcdFileError:
    return EcdFileError([finding(rule, message, hint=hint, where=Place(file=name))])


def _without_data(handle: BinaryIO, name: str) -> Tuple[bytes, Dict[str, Hole]]:
    nonce = secrets.token_hex(8)
    holes: Dict[str, Hole] = {}
    kept: List[bytes] = []
    kept_size = 0
    window = b""  # text from `start` on that is not decided yet
    start = 0
    while True:
        handle.seek(start + len(window))
        block = handle.read(_BLOCK)
        window += block
        found = _DATA.search(window)
        if found is None:
            # A key may be cut in two by the block's end: keep enough to see it whole, and its Size.
            done = len(window) if not block else max(0, len(window) - _NEAR)
            kept.append(window[:done])
            kept_size += done
            window = window[done:]
            start += done
        else:
            before = window[: found.end()]
            hole = _hole(handle, start + found.end(), before)
            mark = f"{nonce}:{len(holes)}"
            holes[mark] = hole
            kept += [before, mark.encode("ascii")]
            kept_size += len(before)
            start = hole.offset + hole.length
            window = b""
        if len(holes) > _MOST_HOLES:
            raise _error(
                "ecd-not-readable",
                f"{quoted(name, 400)} has more than {_MOST_HOLES} keys 'Data'; no model has "
                "as many files.",
                name,
            )
        if kept_size > LARGEST_METADATA:
            raise _error(
                "ecd-not-readable",
                f"{quoted(name, 400)} holds more than {LARGEST_METADATA >> 20} MiB beside "
                "embedded files: no classifier definition is that large.",
                name,
            )
        if found is None and not block:
            return b"".join(kept), holes


def _hole(handle: BinaryIO, offset: int, before: bytes) -> Hole:
    """The string whose content begins at `offset`, up to its closing quote."""
    sizes = _SIZE.findall(before)
    if sizes:
        length = (int(sizes[-1]) + 2) // 3 * 4
        # Sizes may lie, and there are places that no file can have.
        handle.seek(min(offset + length, os.fstat(handle.fileno()).st_size))
        if handle.read(1) == b'"' and _may_be_base64(handle, offset, length):
            return Hole(offset, length)
    length = 0
    odd = False  # whether an odd number of backslashes came last
    while True:
        handle.seek(offset + length)
        block = handle.read(_BLOCK)
        end = _closing_quote(block, odd)
        if end >= 0 or not block:
            return Hole(offset, length + max(end, 0))
        length += len(block)
        backslashes = _backslashes_before(block, len(block))
        odd = (backslashes + (odd and backslashes == len(block))) % 2 == 1


def _closing_quote(text: bytes, odd: bool) -> int:
    """Where a string ends in `text`; -1 when it goes on."""
    place = text.find(b'"')
    while place >= 0:
        backslashes = _backslashes_before(text, place)
        if (backslashes + (odd and backslashes == place)) % 2 == 0:
            return place
        place = text.find(b'"', place + 1)
    return -1


def _backslashes_before(text: bytes, place: int) -> int:
    start = place
    while start > 0 and text[start - 1] == 0x5C:
        start -= 1
    return place - start


def _may_be_base64(handle: BinaryIO, offset: int, length: int) -> bool:
    """Whether a string ends with the quote after `length` bytes, as far as its ends can tell.

    A backslash may stand before that quote, and base64 has none.
    """
    for start in (0, max(0, length - _NEAR)):
        handle.seek(offset + start)
        text = handle.read(min(length, _NEAR))
        if b'"' in text or b"\\" in text:
            return False
    return True


def _parsed(text: bytes, name: str, marks: Sequence[str] = ()) -> Dict[str, Any]:
    _bounded(text, name)
    try:
        value = json.loads(
            text.decode("utf-8-sig"),
            object_pairs_hook=_no_doubles,
            parse_int=_short_number,
            parse_float=_finite_number,
            parse_constant=_finite_number,
        )
    except (ValueError, RecursionError) as error:
        # The careful reader says what is wrong and where; the quick one only that something is.
        within = bool(marks) and text.endswith(marks[-1].encode("ascii"))
        for mark in marks:
            # Nobody has written the mark: it must not be quoted.
            text = text.replace(mark.encode("ascii"), b"...")
        findings = [item for item in parse(text, name).findings if item.severity == "error"]
        if findings:
            raise EcdFileError([_cut_short(item, within=within) for item in findings]) from error
        raise _error(
            "ecd-not-readable", f"{quoted(name, 400)} is not JSON text in UTF-8.", name
        ) from error
    if not isinstance(value, dict):
        raise _error("ecd-not-an-ecd", f"{quoted(name, 400)} is JSON, but not an object.", name)
    return value


def _cut_short(item: Finding, *, within: bool) -> Finding:
    """A finding; of an end that is missing it says what to do: nobody closes an .ecd by hand."""
    if item.rule != "json-truncated":
        return item
    message = "The file ends within the bytes of the model." if within else item.message
    hint = "It was cut short, as by a download that broke off: fetch it again, or make it anew."
    return replace(item, message=message, hint=hint)


def _bounded(text: bytes, name: str) -> None:
    """Refuse what takes hundreds of MiB once it is taken apart; marks inside texts count, too."""
    containers = text.count(b"[") + text.count(b"{")
    if containers > MOST_CONTAINERS or containers + text.count(b",") > MOST_VALUES:
        raise _error(
            "ecd-not-readable",
            f"{quoted(name, 400)} has more than {MOST_CONTAINERS:,} objects and lists, or more "
            f"than {MOST_VALUES:,} values: no classifier definition has as many.",
            name,
        )


def _short_number(digits: str) -> int:
    # Older versions of Python take time that grows with the square of the digits.
    if len(digits) > LONGEST_NUMBER:
        raise ValueError
    return int(digits)


def _finite_number(text: str) -> float:
    # Infinity and NaN are no JSON; what is read is also written again.
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _no_doubles(pairs: Sequence[Tuple[str, Any]]) -> Dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError
    return value
