"""Mending a class information document: what is certain, and nothing else.

The checker knows for most mistakes of syntax and form what should stand there. Everything that was
right stays byte for byte; after each round the mended text is read again, and a mend after which
it says something else is taken back.
"""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, List, Optional, Sequence, Tuple

from .class_info.definitions import examine_definition, is_definition
from .class_info.examination import examine_text
from .class_info.value_mends import value_mends
from .examination import AnyPath
from .files.output import check_target, refused, whole_file
from .files.plain_files import open_plain
from .findings import Finding, errors_in, in_order
from .findings.errors import ClassInfoError
from .findings.wording import printable
from .json_text import LARGEST_TEXT, JsonText, parse, read_json
from .json_text.decoding import decoded, encoding_of
from .json_text.mends import Mend, mended

#: Mistakes in one text; with more it is none that a person would mend.
_MOST_MISTAKES = 20_000
#: Mends that are tried one by one, where all of them at once would say something else.
_MOST_ONE_BY_ONE = 100
_MUCH = 1 << 30
#: Something in the line has no place: what is read there may be something else.
_UNCLEAR = frozenset({"json-unexpected", "json-text-after-end"})
#: Errors, and everything that was found.
_Score = Tuple[int, int]


@dataclass(frozen=True)
class Fixed:
    """A document and what became of it.

    Attributes
    ----------
    file
        The path as it was given.
    before
        Its text, as it was read.
    after
        The mended text.
    content
        The bytes to write: those of the file where nothing was to mend.
    findings
        What is still wrong, and left to its author.
    """

    file: str
    before: str
    after: str
    content: bytes
    reencoded: bool
    findings: Tuple[Finding, ...]

    @property
    def changed(self) -> bool:
        """Whether there was something to mend."""
        return self.reencoded or self.before != self.after

    @property
    def diff(self) -> str:
        """What changed, as a unified diff; empty where only the encoding did."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            self.file,
            f"{self.file} (mended)",
        )
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def fixed(class_info: AnyPath) -> Fixed:
    """Mend a class information document, without writing it.

    Raises
    ------
    ClassInfoError
        When the file can't be read, or is no JSON text at all.

    Examples
    --------
    >>> fixed("classes.json").diff  # doctest: +SKIP
    """
    file = os.fspath(class_info)
    data = _content(file)
    before, problems = decoded(data, file)
    after = _rounds(before, file)
    text = parse(after, file)
    findings = in_order(_examined(text, file))
    # Bytes of another encoding were read as what they probably mean; a question mark is no guess.
    certain = not problems or _is_windows_text(data)
    reencoded = bool(problems) and certain
    if problems and not certain:
        findings = in_order((*problems, *findings))
    content = data
    if reencoded:
        content = after.encode("utf-8", "surrogatepass")
    elif before != after and not problems:
        encoding, _, mark = encoding_of(data)
        content = data[:mark] + after.encode(encoding, "surrogatepass")
    else:
        after = before
    return Fixed(file, before, after, content, reencoded, findings)


def write_fixed(
    class_info: AnyPath, out: Optional[AnyPath] = None, *, overwrite: bool = False
) -> Fixed:
    """Write the mended document.

    Parameters
    ----------
    out
        Where to write; in place of the document itself where it is not given.
    overwrite
        Replace another file that is there already.

    Raises
    ------
    Dl2EcdError
        When the document can't be read, or the output can't be written.
    """
    done = fixed(class_info)
    target = done.file if out is None else os.fspath(out)
    if out is not None:
        check_target(target, [Path(done.file)])
        if Path(target).exists() and not overwrite:
            raise refused(
                "output-exists",
                f"The file '{printable(target, 400)}' exists already.",
                "Give another name, or --overwrite to replace it.",
                target,
            )
    if out is not None or done.changed:
        with whole_file(target) as output:
            output.write(done.content)
    return done


def _content(file: str) -> bytes:
    """The document's bytes; what keeps it from being one is raised."""
    text = read_json(file)
    if not text.places.lines.text:
        raise ClassInfoError(text.findings)
    with open_plain(file, buffering=-1) as source:
        return source.read(LARGEST_TEXT)


def _is_windows_text(data: bytes) -> bool:
    """Whether each byte that is no UTF-8 is a letter in Windows' "ANSI"."""
    if encoding_of(data)[0] != "utf-8":
        return False
    escaped = data.decode("utf-8", "surrogateescape")
    foreign = "".join(letter for letter in escaped if "\udc80" <= letter <= "\udcff")
    return "?" not in decoded(foreign.encode("utf-8", "surrogateescape"), None)[0]


def _rounds(text: str, file: str) -> str:
    """The syntax first, then values and keys; what one mend uncovers is mended in the next."""
    # It ends, since each round leaves less to mend.
    while True:
        after = _round(text, file)
        if after == text:
            return text
        text = after


def _round(text: str, file: str) -> str:
    read = parse(text, file, most=_MOST_MISTAKES)
    if any(item.rule == "json-too-many-problems" for item in read.findings):
        return text

    def syntax(attempt: str) -> _Score:
        """How much there is to mend; a lot when the text says something else than before."""
        after = parse(attempt, most=_MOST_MISTAKES)
        return (len(after.mends), 0) if after.value == read.value else (_MUCH, 0)

    def values(attempt: str) -> _Score:
        found = _examined(parse(attempt, file), file)
        return len(errors_in(found)), len(found)

    after = _with(text, _sound(read), syntax)
    return after if after != text else _with(text, value_mends(read), values)


def _sound(read: JsonText) -> List[Mend]:
    """The mends outside the lines in which it is not clear what belongs where."""
    lines = read.places.lines
    unclear = {item.where.line for item in read.findings if item.rule in _UNCLEAR}
    return [mend for mend in read.mends if lines.line_number(mend.start) not in unclear]


def _with(text: str, mends: Sequence[Mend], score: Callable[[str], _Score]) -> str:
    """The text with all mends, or with those that one by one make it better: the score falls."""
    best = score(text)
    after = mended(text, mends)
    if not mends or score(after) < best:
        return after
    kept: List[Mend] = []
    for mend in mends[:_MOST_ONE_BY_ONE]:
        reached = score(mended(text, [*kept, mend]))
        if reached < best:
            best = reached
            kept.append(mend)
    return mended(text, kept)


def _examined(text: JsonText, file: str) -> Tuple[Finding, ...]:
    """What is wrong with class information, or with a model definition, which says it too."""
    root = text.value
    if isinstance(root, dict) and is_definition(root):
        return examine_definition(text, file, bands=None, framework="unknown").findings
    return examine_text(text, file).findings
