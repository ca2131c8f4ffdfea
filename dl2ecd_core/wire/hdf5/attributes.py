"""Attributes: small named values at a group or dataset.

Chapters IV.A.2.m (attribute message) and IV.A.2.v (attribute info message) of the specification.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterator, List, Optional, Tuple

from .btree2 import records
from .fractal_heap import FractalHeap
from .frame import Cursor, Frame
from .global_heap import GlobalHeap
from .types import DataType, read_space, read_type

_BY_NAME = 8
_SHARED_TYPE, _SHARED_SPACE = 1, 2
_STORED_ELSEWHERE = 2

#: Finds the datatype that a shared message refers to.
TypeFinder = Callable[[Cursor], DataType]


@dataclass(frozen=True)
class Attribute:
    """One attribute, its value still undecoded.

    Attributes
    ----------
    shape
        Empty for a single value; None for no value at all.
    """

    name: str
    type: DataType
    shape: Optional[Tuple[int, ...]]
    _data: Cursor
    _heap: GlobalHeap

    def texts(self) -> Optional[Tuple[str, ...]]:
        """The value as strings, however many; None when it is something else.

        Raises
        ------
        ModelFileError
            When the value is damaged.
        """
        if self.shape is None:
            return ()
        count = 1
        for size in self.shape:
            count *= size
        if self.type.kind not in ("text", "string"):
            # An empty list of names is stored as an empty list of numbers.
            return () if count == 0 else None
        self._data.place = 0
        if not self.type.size or count * self.type.size > self._data.left:
            if count == 0:
                return ()
            raise self._data.wrong("is shorter than it says")
        frame = self._data.frame
        frame.spend(count)
        return tuple(self._texts(count))

    def text(self) -> Optional[str]:
        """The value as one string; None when it is something else."""
        values = self.texts()
        return values[0] if values is not None and len(values) == 1 else None

    def _texts(self, count: int) -> Iterator[str]:
        data = self._data
        for _ in range(count):
            if self.type.kind == "string":
                piece = data.take(self.type.size).rstrip(b"\0")
                data.frame.spend_text(len(piece))
            else:
                entry = data.part(self.type.size, "a text")
                length = entry.unsigned(4)
                heap = entry.location()
                piece = self._heap.value(heap, entry.unsigned(4), length).rstrip(b"\0")
            yield piece.decode("utf-8", "replace")


def read_attribute(body: Cursor, heap: GlobalHeap, shared_type: TypeFinder) -> Attribute:
    """The attribute that a message holds."""
    version = body.version(1, 2, 3)
    flags = body.unsigned(1)
    sizes: List[int] = [body.unsigned(2) for _ in range(3)]
    if version == 3:
        body.take(1)  # whether the name is ASCII or UTF-8: the same to us
    parts = []
    for size in sizes:
        parts.append(body.part(size, "an attribute"))
        if version == 1:
            body.take(min(-size % 8, body.left))
    name = parts[0].data.split(b"\0")[0].decode("utf-8", "replace")
    shared = flags if version > 1 else 0
    type_ = shared_type(parts[1]) if shared & _SHARED_TYPE else read_type(parts[1])
    if shared & _SHARED_SPACE:
        raise body.wrong("shares its dataspace, which no model is known to do")
    return Attribute(name, type_, read_space(parts[2]), body.part(body.left, "an attribute"), heap)


def dense_attributes(frame: Frame, info: Cursor) -> Iterator[Cursor]:
    """The attribute messages that an attribute info message leads to."""
    info.version(0)
    if info.unsigned(1) & 1:
        info.take(2)
    heap_address, tree = info.location(), info.location()
    if heap_address is None or tree is None:
        return
    heap = FractalHeap(frame, heap_address)
    for record in records(frame, tree, _BY_NAME):
        if len(record) < 9:
            raise info.wrong("has records that are too short")
        if record[8] & _STORED_ELSEWHERE:
            continue  # shared between objects, which must be asked for and no Keras does
        data, address = heap.value(record[:8])
        yield Cursor(frame, data, address, "an attribute")
