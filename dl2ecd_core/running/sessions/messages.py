"""Arrays from one process to another: a line of JSON that says what follows, then their bytes."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, List, Optional

if TYPE_CHECKING:
    from . import Array

#: Longest line, in bytes; and most bytes of an array.
_LONGEST_LINE = 1 << 20
_LARGEST = 1 << 32


@dataclass(frozen=True)
class Message:
    """Arrays, or why there are none.

    Attributes
    ----------
    about
        What answers, for a person.
    number
        Of a question; its answer has the same.
    threads
        Cores that one run takes.
    """

    arrays: List[Array]
    error: Optional[str] = None
    about: Optional[str] = None
    number: int = 0
    threads: int = 1


def write_message(stream: BinaryIO, message: Message) -> None:
    """Write a message and see that it leaves."""
    import numpy

    arrays = [numpy.asarray(array) for array in message.arrays]
    head = {
        "arrays": [{"shape": list(one.shape), "type": one.dtype.str} for one in arrays],
        "error": message.error,
        "about": message.about,
        "number": message.number,
        "threads": message.threads,
    }
    stream.write(json.dumps(head).encode("ascii") + b"\n")
    for array in arrays:
        stream.write(array.tobytes())
    stream.flush()


def read_message(stream: BinaryIO) -> Optional[Message]:
    """The next message; None when the other side has gone.

    Raises
    ------
    ValueError
        When what comes is no message.
    """
    import numpy

    line = stream.readline(_LONGEST_LINE)
    if not line:
        return None
    try:
        head = json.loads(line)
        stated = [
            (numpy.dtype(str(entry["type"])), [int(length) for length in entry["shape"]])
            for entry in head["arrays"]
        ]
        number, threads = int(head.get("number", 0)), int(head.get("threads", 1))
        error, about = _text(head.get("error")), _text(head.get("about"))
    except (AttributeError, LookupError, OverflowError, RecursionError, TypeError) as wrong:
        raise ValueError("a line that begins no message") from wrong
    arrays: List[Array] = []
    for kind, shape in stated:
        size = math.prod(shape) * kind.itemsize
        if kind.hasobject or not all(0 <= length <= _LARGEST for length in (*shape, size)):
            raise ValueError("an array that no message holds")
        content = stream.read(size)
        if len(content) < size:
            return None
        arrays.append(numpy.frombuffer(bytearray(content), kind).reshape(shape))
    return Message(arrays, error, about, number, threads)


def _text(said: object) -> Optional[str]:
    return None if said is None else str(said)
