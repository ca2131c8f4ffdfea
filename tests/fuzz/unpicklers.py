"""CPython's own unpicklers, with stand-ins for all that a pickle could reach: the child process.

``find_class`` and ``persistent_load`` are overridden: nothing is imported, nothing of a pickle's
choice is called. A pickle that takes too long (hashing tuples that double) ends the process.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import resource
import signal
import sys
import warnings
from pathlib import Path
from typing import Any, BinaryIO, Callable, List, Set, Tuple

from .child import pieces

_MOST_MEMORY = 700 * 1024 * 1024
_MOST_SECONDS = 0.5


class _Kind(type):
    """What a stand-in for a class does when a pickle changes the class itself."""

    def __setitem__(cls, key: object, value: object) -> None:
        """Nothing."""

    def append(cls, *_: object) -> None:
        """Nothing."""

    extend = add = update = append


class Inert(metaclass=_Kind):
    """Stands for everything that is looked up, and for all that calling it would give."""

    def __new__(cls, *_: object, **__: object) -> Inert:
        """One more."""
        return object.__new__(cls)

    def __call__(self, *_: object, **__: object) -> Inert:
        """One more."""
        return Inert()

    def __setitem__(self, key: object, value: object) -> None:
        """Nothing."""

    def append(self, *_: object) -> None:
        """Nothing."""

    extend = add = update = append

    def __setstate__(self, state: object) -> None:
        """Nothing."""


#: What the unpicklers looked up since it was last emptied.
_LOOKED_UP: Set[Tuple[str, str]] = set()


def _watched(kind: Any) -> Any:
    class Watched(kind):  # type: ignore[misc]
        def find_class(self, module: str, name: str) -> Any:
            _LOOKED_UP.add((module, name))
            return Inert

        def persistent_load(self, identity: object) -> Inert:
            return Inert()

    return Watched


def _with_peek(data: bytes) -> BinaryIO:
    # A small buffer makes it read ahead in other places than a large one.
    size = 16 if len(data) % 2 else 8192
    return io.BufferedReader(io.BytesIO(data), size)  # type: ignore[arg-type]


_C = _watched(pickle.Unpickler)
_PYTHON = _watched(pickle._Unpickler)  # type: ignore[attr-defined]
_READERS: Tuple[Tuple[Any, Callable[[bytes], BinaryIO]], ...] = (
    (_C, io.BytesIO),
    (_C, _with_peek),
    (_PYTHON, io.BytesIO),
)


def look_up(data: bytes) -> Tuple[List[Tuple[str, str]], bool]:
    """The globals that any unpickler looks up, and whether any of them comes to the end."""
    _LOOKED_UP.clear()
    loaded = False
    for kind, opened in _READERS:
        try:
            kind(opened(data)).load()
            loaded = True
        except Exception:
            # Whatever it is: what was looked up before counts.
            continue
    return sorted(_LOOKED_UP), loaded


def main() -> None:
    """Answer until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        for data in pieces(Path(line.rstrip("\n"))):
            # Nothing catches this signal, so it ends the process, even inside of C.
            signal.setitimer(signal.ITIMER_VIRTUAL, _MOST_SECONDS)
            answer = look_up(data)
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            # At once: what has been said stays said when the next pickle ends the process.
            os.write(1, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main()
