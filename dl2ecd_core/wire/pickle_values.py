"""What a pickle would build, as data that can do nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, FrozenSet, List, Optional, Tuple


class Global:
    """A name that loading would import; one object for each name of a pickle."""

    __slots__ = ("module", "name")

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    @property
    def path(self) -> str:
        """Module and name as people write them: ``collections.OrderedDict``."""
        return f"{self.module}.{self.name}"

    @property
    def is_plausible(self) -> bool:
        """Whether there can be such a name: what text or raw numbers give by accident is none."""
        return all(
            part.isprintable() and not any(map(str.isspace, part)) and bool(part)
            for part in (self.module, self.name)
        )


class PickledDict:
    """A dictionary: entries with text keys by name, the others in a row."""

    __slots__ = ("others", "text")

    def __init__(self) -> None:
        self.text: Dict[str, object] = {}
        self.others: Optional[List[Tuple[object, object]]] = None

    def put(self, key: object, value: object) -> None:
        """Set an entry."""
        # Only text is used as a key: its hash is seeded, so nobody can make keys collide, and it
        # is not nested, so hashing it does not recurse.
        if isinstance(key, str):
            self.text[key] = value
        elif self.others is None:
            self.others = [(key, value)]
        else:
            self.others.append((key, value))


class Made:
    """What calling something would give: never called, only noted.

    Attributes
    ----------
    callee
        A :class:`Global`, or a value that loading would have computed.
    args
        As the pickle gives them; a tuple in every honest one.
    state
        What ``__setstate__`` would get; None when there is none.
    entries, items
        What would be put into it if it is a dictionary or a list.
    """

    __slots__ = ("args", "callee", "entries", "items", "state")

    def __init__(self, callee: object, args: object) -> None:
        self.callee = callee
        self.args = args
        self.state: object = None
        self.entries: Optional[PickledDict] = None
        self.items: Optional[List[object]] = None


class Persistent:
    """Something kept outside the pickle, by its id: a tensor's storage in PyTorch files."""

    __slots__ = ("id",)

    def __init__(self, identity: object) -> None:
        self.id = identity


class Unordered:
    """A set."""

    __slots__ = ("items",)

    def __init__(self, items: List[object]) -> None:
        self.items = items


class EncodedText(str):
    """Text of Python 2 beyond ASCII: which letters it has depends on what its loader is told."""

    __slots__ = ()


class Unread:
    """A long text or byte string that was skipped."""

    __slots__ = ("length", "offset")

    def __init__(self, offset: int, length: int) -> None:
        self.offset = offset
        self.length = length


@dataclass(frozen=True)
class Walk:
    """What walking over a pickle found.

    Attributes
    ----------
    value
        What it would build; None when the walk did not come to the end.
    end
        The offset behind its last byte, or where the walk stopped.
    imports
        Every global it would import, in order of appearance, those of pickles in its byte strings
        included.
    called
        Paths of those globals that it would call.
    problem
        Why the walk can't tell everything; None when it can.
    broken
        Whether the bytes are no well-formed pickle (else a limit or a rare feature stopped it).
    complete
        Whether the walk came to the opcode that ends a pickle.
    """

    value: object
    end: int
    imports: Tuple[Global, ...] = ()
    called: FrozenSet[str] = field(default_factory=frozenset)
    problem: Optional[str] = None
    broken: bool = False
    complete: bool = False

    @property
    def is_plausible(self) -> bool:
        """Whether it imports something that can exist: random bytes and text hardly do."""
        return any(item.is_plausible for item in self.imports)


def text_entries(value: object) -> Optional[Dict[str, object]]:
    """The entries with text keys of a dictionary or of an object that is one; None for others."""
    if isinstance(value, PickledDict):
        return value.text
    if isinstance(value, Made) and value.entries is not None:
        return value.entries.text
    if isinstance(value, Made) and _makes_dict(value):
        return _given_entries(value.args)
    return None


def _given_entries(args: object) -> Dict[str, object]:
    """Entries that a dictionary is made with: Python 2 pickles an OrderedDict as its pairs."""
    pairs = args[0] if isinstance(args, tuple) and len(args) == 1 else None
    entries: Dict[str, object] = {}
    for pair in pairs if isinstance(pairs, list) else ():
        if isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[0], str):
            entries[pair[0]] = pair[1]
    return entries


def _makes_dict(value: Made) -> bool:
    return isinstance(value.callee, Global) and value.callee.path in (
        "collections.OrderedDict",
        "collections.defaultdict",
    )


def class_path(value: object) -> Optional[str]:
    """The class of a made object, as far as the pickle names it."""
    if not isinstance(value, Made) or not isinstance(value.callee, Global):
        return None
    path = value.callee.path
    if path in ("copyreg._reconstructor", "copy_reg._reconstructor", "copyreg.__newobj__"):
        first = value.args[0] if isinstance(value.args, tuple) and value.args else None
        return first.path if isinstance(first, Global) else None
    return path
