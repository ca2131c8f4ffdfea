"""Where pickles lie: at the start of a file, in arrays, in archives and in archives in those.

Names tell nothing: a loader takes a pickle from whatever it is given. Protocols 2 and later begin
with their number; older ones can begin with any opcode: only walking tells them from other bytes.
"""

from __future__ import annotations

import re
from typing import Callable, List, NamedTuple, Sequence, Tuple

from ..findings import Finding, Place
from ..findings.errors import ModelFileError
from ..findings.rules import finding
from ..findings.wording import quoted
from ..wire.part import MemorySource
from ..wire.pickle import new_budget, starts_as_pickle, walk_pickle, walk_pickles
from ..wire.pickle_stack import Budget
from ..wire.pickle_values import Walk
from ..wire.source import ByteSource
from ..wire.zip import Archive
from ..wire.zip_directory import LOCAL_HEADER
from .pickles import not_walked, pickle_findings

_MOST_ENTRIES = 2000
_LONGEST_UNPACKED = 8 * 1024 * 1024
_MOST_UNPACKED = 64 * 1024 * 1024
_NAMES = (".pkl", ".pickle", ".joblib", ".dill")
#: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
_ARRAY = b"\x93NUMPY"
_LONGEST_HEADER = 64 * 1024
_PLAIN_ELEMENTS = re.compile(r"\s*\{\s*'descr':\s*'[<>|=]?[bBcfiuSUVmM?]\d*(\[[\w ]+\])?'\s*,")


class Found(NamedTuple):
    """What a search found.

    Attributes
    ----------
    walks
        Over every pickle.
    unread
        Names of entries that could not be looked into.
    """

    walks: Sequence[Walk]
    unread: Sequence[str]


NOTHING = Found((), ())


def is_marked(start: bytes) -> bool:
    """Whether bytes begin as a pickle of a protocol that begins with its number."""
    return start[:1] == b"\x80" and len(start) > 1 and start[1] <= 5


def pickles_of(source: ByteSource, budget: Budget) -> Tuple[Walk, ...]:
    """Walks over the pickles that a file consists of, one after the other; none for other files.

    Bytes count as a pickle when a loader would come to its end or import something on the way.
    """
    start = source.read_up_to(0, 2)
    if not start or (start[:1] == b"\x80" and not is_marked(start)):
        return ()
    walks, end = walk_pickles(source, budget=budget)
    first = walks[0]
    if any(walk.is_plausible for walk in walks):
        return walks
    whole = is_marked(start) or first.problem is not None or end == source.size
    return walks if whole and not first.broken else ()


def walks_to_end(source: ByteSource) -> Tuple[Walk, ...]:
    """Walks over the pickle of a file of which a loader takes the first, and over what follows."""
    walks, end = walk_pickles(source)
    if walks[0].broken or end == source.size:
        return walks
    return (*walks, Walk(None, end, problem="bytes follow the pickle"))


def is_array(source: ByteSource) -> bool:
    """Whether a file is a NumPy array (.npy)."""
    return source.read_up_to(0, len(_ARRAY)) == _ARRAY


def array_pickles(source: ByteSource, budget: Budget) -> Tuple[Walk, ...]:
    """The pickle that holds the elements of an array of objects; none for an array of numbers."""
    wide = source.read_up_to(6, 1) > b"\1"
    start = 12 if wide else 10
    length = int.from_bytes(source.read_up_to(8, start - 8), "little")
    header = source.read_up_to(start, min(length, _LONGEST_HEADER)).decode("latin-1")
    if _PLAIN_ELEMENTS.match(header) and header.count("'descr'") == 1 and "\\" not in header:
        return ()
    walk = walk_pickle(source, min(start + length, source.size), budget=budget)
    # Records of numbers are no pickle.
    return (walk,) if walk.is_plausible or not walk.broken or "O" in header else ()


def archive_pickles(
    archive: Archive,
    *,
    passed_over: Callable[[str], bool] = lambda _: False,
    most: int = _MOST_ENTRIES,
) -> Found:
    """The pickles in an archive, those in archives in it included.

    Parameters
    ----------
    passed_over
        Whether an entry of the archive holds raw numbers, or is walked elsewhere.
    most
        So many pickles are looked at.
    """
    search = _Search(new_budget(), most)
    waiting: List[Tuple[Archive, bool]] = [(archive, False)]
    try:
        while waiting:
            inner, nested = waiting.pop()
            for name in inner.names():
                if nested or not passed_over(name):
                    waiting += [(found, True) for found in search.look_at(inner, name)]
    except _Enough:
        pass
    return Found(search.walks, search.unread)


class _Enough(Exception):
    """More than is looked at."""


class _Search:
    """What was found so far, and what may still be looked at."""

    def __init__(self, budget: Budget, most: int) -> None:
        self.walks: List[Walk] = []
        self.unread: List[str] = []
        self._budget = budget
        self._most = most
        self._entries = _MOST_ENTRIES
        self._unpacked = _MOST_UNPACKED
        self._pickles = 0

    def look_at(self, archive: Archive, name: str) -> Tuple[Archive, ...]:
        """Walk over an entry if it is a pickle; the archive in it if it is one."""
        entry = archive.entry(name)
        self._entries -= 1
        if self._entries < 0:
            self.unread.append(name)
            raise _Enough
        if entry.is_folder or not entry.size:
            return ()
        try:
            start = archive.read_up_to(name, len(_ARRAY))
            # Whatever its name: PyTorch's .pt and .bin files are archives too.
            if start.startswith(LOCAL_HEADER):
                return (Archive(self._inside(archive, name)),)
            named = name.lower().endswith(_NAMES)
            if named or start == _ARRAY or starts_as_pickle(start):
                self._add(self._walks_over(self._inside(archive, name), start, named))
        except ModelFileError:
            self.unread.append(name)
        return ()

    def _inside(self, archive: Archive, name: str) -> ByteSource:
        inside = archive.source(name, min(_LONGEST_UNPACKED, self._unpacked))
        if isinstance(inside, MemorySource):
            self._unpacked -= inside.size
        return inside

    def _walks_over(self, inside: ByteSource, start: bytes, named: bool) -> Tuple[Walk, ...]:
        if start == _ARRAY:
            return array_pickles(inside, self._budget)
        walks = pickles_of(inside, self._budget)
        # Not what its name says: what a loader makes of it can't be told.
        return walks if walks or not named else (walk_pickle(inside, budget=self._budget),)

    def _add(self, walks: Sequence[Walk]) -> None:
        if walks and self._pickles == self._most:
            self.walks.append(not_walked(self._most))
            raise _Enough
        self._pickles += bool(walks)
        self.walks += walks


def search_findings(
    source: ByteSource,
    found: Found,
    walks: Sequence[Walk] = (),
    *,
    also_known: Callable[[str, str], bool] = lambda module, name: False,
) -> Tuple[Finding, ...]:
    """What to say about the pickles of a file and those that a search found in it.

    Parameters
    ----------
    walks
        Over pickles that were looked at before.
    also_known
        As for :func:`~.pickles.pickle_findings`.
    """
    together = [*walks, *found.walks]
    findings = list(pickle_findings(source, together, also_known=also_known)) if together else []
    if found.unread:
        findings = [item for item in findings if item.rule != "pickle-known-globals"]
        findings.append(
            finding(
                "pickle-not-analysed",
                f"The entry {quoted(found.unread[0])} of the archive can't be looked into, so what "
                "it would do on loading can't be told.",
                hint="Load the model only if you know where it comes from.",
                where=Place(file=source.name),
            )
        )
    return tuple(findings)
