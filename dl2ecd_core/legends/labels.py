"""Lists of class names: TensorFlow label maps, and one name a line.

A label map gives each class an id, which is its pixel value here:
string_int_label_map.proto in
https://github.com/tensorflow/models/tree/master/research/object_detection/protos
In a list, the line's number from 0 is the model's output index unless the lines say their numbers.
"""

from __future__ import annotations

import re
from typing import Dict, List, Optional

from ..class_names import comma_names
from ..class_names.lines import (
    LONGEST_NAME,
    NO_CLASS,
    is_remark,
    lines_of,
    numbered_lines,
    share_numbered,
)
from ..class_names.named import MOST_NAMES
from ..findings.wording import printable, quoted
from ..wire.part import MemorySource
from ..wire.prototext import END, SCALAR, START, events
from .candidate import Candidate
from .entries import Entries

_ITEM = re.compile(r"(?:\s|#[^\n]*\n)*item\s*:?\s*[{<]")
_STRANGE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CURLY = re.compile(r":\s*([‘’‚“”„«»])")
_KIND = "list of class names, one a line"

_LETTER = re.compile(r"[^\W\d_]")
#: What a line is that is no name.
_NO_NAMES = (
    (re.compile(r"\s*[\w.-]+\s*=\s*\S.*"), "a setting"),
    (re.compile(r".*\.(?:jpe?g|png|tiff?|bmp|gif|txt|xml|json|csv|npy)\s*", re.I), "a file's name"),
    (re.compile(r"\s*(?:https?|ftp|s3)://.*", re.I), "an address"),
    (re.compile(r"(?=.*[.!?]\s*$)(?:\S+\s+){6,}\S+\s*"), "a sentence"),
    (re.compile(r"\s*(?:```|import |from \w+ import |def |class \w+[(:]).*"), "a program's line"),
    (re.compile(r"\s*#[0-9a-fA-F]{3,8}\s*"), "a color without a name"),
    (re.compile(r"\s*-?\d{1,9}\s*[,;|].*"), "the row of a table that can't be read"),
    (re.compile(r"\s*\[\w[\w .-]*\]\s*"), "the head of a section"),
    (re.compile(r"\s*\"?\w+\"?\s*:\s*[\[{].*"), "a part of a data file"),
)  # fmt: skip


def recognises_map(candidate: Candidate) -> bool:
    """Whether the text begins with an item of a label map."""
    return _ITEM.match(candidate.start) is not None


def read_map(candidate: Candidate) -> Entries:
    """The items of a label map; display names come before names, which may be codes."""
    text = candidate.text
    _refuse_curly_quotes(candidate, text)
    found = Entries("TensorFlow label map")
    depth = 0
    item: Dict[str, str] = {}
    source = MemorySource(candidate.source, "the label map", 0, text.encode("utf-8", "replace"))
    for event in events(source, "the label map"):
        if event.kind == START:
            depth += 1
            if depth == 1:
                item = {}
        elif event.kind == END:
            depth -= 1
            if depth == 0 and event.name == "item":
                found.add(item.get("id"), _name(item), None)
        elif event.kind == SCALAR and depth == 1:
            value = event.value
            told = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
            item[event.name] = told
    return found


def _refuse_curly_quotes(candidate: Candidate, text: str) -> None:
    """Say the line: the text format's own reader would only find the file damaged."""
    for number, line in enumerate(lines_of(text), 1):
        curly = _CURLY.search(line)
        if curly is not None:
            raise candidate.damaged(
                f"Line {number} of the label map has a curly quote ({curly.group(1)}), as word "
                f"processors make them: '{printable(line.strip())}'.",
                "Type straight quotes (') in a plain text editor.",
                line=number,
            )


def _name(item: Dict[str, str]) -> Optional[str]:
    return item.get("display_name") or item.get("name") or None


def recognises_lines(candidate: Candidate) -> bool:
    """Whether it is plain text at all: what no other reader knows may be a list of names."""
    start = candidate.start
    if not start.strip() or _STRANGE.search(start[:-1]) or start.lstrip()[0] == "<":
        return False
    # Letters of another encoding are few among those of every one.
    return start.count("\ufffd") * 3 <= len(start)


def read_numbered(candidate: Candidate) -> Optional[Entries]:
    """Lines that all say a number and a name; None when they don't."""
    lines = [line for line in lines_of(candidate.text) if line.strip() and not is_remark(line)]
    named = numbered_lines(lines) if 0 < len(lines) <= MOST_NAMES else None
    if named is None:
        return None
    found = Entries("list of class names with numbers")
    for item in named.classes:
        if item.name != NO_CLASS:
            found.add(item.value, item.name, None)
    return found


def read_lines(candidate: Candidate) -> Entries:
    """One name a line, when every line is plainly one.

    Raises
    ------
    Dl2EcdError
        ``legend-not-recognised`` with the line that is none.
    """
    lines = lines_of(candidate.text)
    kept = [line for line in lines if not is_remark(line)]
    if len(kept) == 1:
        in_commas = comma_names(kept[0].strip())
        if in_commas is not None and len(in_commas.classes) > 2:
            kept = [item.name for item in in_commas.classes]
    _refuse_what_is_no_list(candidate, lines, kept)
    found = Entries(_KIND)
    for index, line in enumerate(kept):
        if line.strip() != NO_CLASS:
            found.add(index, line if line.strip() else None, None)
    found.counted_from_0()
    return found


def _refuse_what_is_no_list(candidate: Candidate, lines: List[str], kept: List[str]) -> None:
    name = quoted(candidate.name, 400)
    longest = max(map(len, kept), default=0)
    if not any(line.strip() for line in kept):
        raise candidate.unknown(f"{name} holds nothing but comments.")
    if len(kept) > MOST_NAMES or longest > LONGEST_NAME:
        raise candidate.unknown(
            f"{name} is a text, but no list of class names: it has {len(lines)} lines, the longest "
            f"of {longest} letters."
        )
    filled = [line for line in kept if line.strip()]
    share = share_numbered(filled)
    for number, line in enumerate(lines, 1):
        if not line.strip() or is_remark(line) or line.strip() == NO_CLASS or line not in kept:
            continue
        why = _why_no_name(line, share)
        if why:
            raise candidate.unknown(
                f"{name} is a text, but no list of class names: line {number} is "
                f"'{printable(line.strip(), 60)}', which is {why}.",
                "Give a list with one name a line, or a table with a header such as "
                "Value,Name,Color.",
                line=number,
            )


def _why_no_name(line: str, share: float) -> str:
    """Why a line is no plain name; empty when it is one."""
    if not _LETTER.search(line):
        return "no name: it has no letter"
    for pattern, what in _NO_NAMES:
        if pattern.fullmatch(line):
            return what
    if "\t" in line.strip():
        return "parted by a tab: a table whose columns can't be told"
    if share == 1:
        return "numbered, but another line has the same number"
    if share > 0.5 and not share_numbered([line]):
        return "without a number, which most of the others have"
    return ""
