"""A JSON text becomes a value, the places of its parts, and everything that is wrong with it.

One run lists every problem that can be told apart: after a mistake reading goes on where it is
clear again. Nothing recurses, and the time grows with the length of the text alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import FrozenSet, List, Optional, Tuple, Union

from ..findings import Finding
from .decoding import decoded
from .foreign import not_json
from .grammar import Parser
from .mends import Mend
from .parts import UNREADABLE
from .places import Lines, Places
from .repeated import said_once
from .scanning import MOST_PROBLEMS


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
    mends
        What mends the syntax where it is certain.
    """

    value: object
    findings: Tuple[Finding, ...]
    places: Places
    incomplete: FrozenSet[int]
    mends: Tuple[Mend, ...] = ()

    def is_complete(self, container: object) -> bool:
        """Whether all of an object or list was read."""
        return id(container) not in self.incomplete


def parse(
    source: Union[str, bytes], file: Optional[str] = None, *, most: int = MOST_PROBLEMS
) -> JsonText:
    """Read a JSON text; whatever is wrong with it is a finding, never an exception.

    Parameters
    ----------
    source
        The text, or the bytes of its file.
    file
        The path as the user gave it, for the findings.
    most
        So many problems are listed; then reading stops.

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
    parser = Parser(Lines(text, file), most)
    parser.run()
    built = parser.building
    places = Places(parser.lines, built.root, built.root_start, built.marks)
    found = (*problems, *said_once(parser.scanner.findings))
    mends = tuple(parser.scanner.mends)
    return JsonText(built.root, found, places, frozenset(built.incomplete), mends)


def parsed_nothing(file: Optional[str], problem: Finding) -> JsonText:
    """The result for a file of which nothing could be read."""
    places = Places(Lines("", file), UNREADABLE, 0, {})
    return JsonText(UNREADABLE, (problem,), places, frozenset())
