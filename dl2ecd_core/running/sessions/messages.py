"""Arrays from one process to another: a line of JSON that says what follows, then their bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, List, Optional

if TYPE_CHECKING:
    from . import Array

#: Longest line, in bytes; and most bytes of an array.
_LONGEST_LINE = 1 << 20
_LARGEST = 1 << 32


@dataclass(frozen=True)
class Message:
    """Arrays, or why there are none."""

    arrays: List[Array]
    error: Optional[str] = None
    about: Optional[str] = None


def write_message(stream: BinaryIO, message: Message) -> None:
    """Write a message and see that it leaves."""
    import numpy

    arrays = [numpy.asarray(array) for array in message.arrays]
    head = {
        "arrays": [{"shape": list(one.shape), "type": one.dtype.str} for one in arrays],
        "error": message.error,
        "about": message.about,
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
    head = json.loads(line)
    arrays: List[Array] = []
    for entry in head["arrays"]:
        kind = numpy.dtype(str(entry["type"]))
        shape = tuple(int(size) for size in entry["shape"])
        size = kind.itemsize
        for length in shape:
            size *= length
        if kind.hasobject or not 0 <= size <= _LARGEST:
            raise ValueError("an array that no message holds")
        content = stream.read(size)
        if len(content) < size:
            return None
        arrays.append(numpy.frombuffer(bytearray(content), kind).reshape(shape))
    return Message(arrays, head.get("error"), head.get("about"))
