"""Reads the primitives of a CNTK v1 file one after the other.

Strings are UTF-16LE with a terminating NUL, ``size_t`` is 8 bytes, all little-endian
(https://github.com/microsoft/CNTK/blob/master/Source/Common/File.cpp); shapes as in
Source/Math/TensorShape.h, matrices as in Source/Math/Matrix.h.
"""

from __future__ import annotations

import struct
from typing import Any, List, NamedTuple, Optional, Tuple

from ...findings.errors import ModelFileError
from ...findings.wording import quoted
from ...network.weights import stored
from ...wire.source import ByteSource
from .model_graph import LARGEST_SIZE, MOST_AXES, Numbers, Shape

_LONGEST_TEXT = 8192
_CHUNK = 256


_WIDTHS = {2: "float16", 4: "float32", 8: "float64"}


class Matrix(NamedTuple):
    """A matrix whose values were stepped over.

    Attributes
    ----------
    width
        Bytes of each value.
    scalar
        The value of a single one.
    """

    rows: int
    columns: int
    width: int
    scalar: Optional[float]
    stored: Numbers


class Cursor:
    """A place in the file that moves on with every read.

    Attributes
    ----------
    version
        Of the format, once it is read.
    double
        Whether nodes that don't tell their precision (before version 7) compute in double.
    """

    __slots__ = ("_source", "double", "position", "version")

    def __init__(self, source: ByteSource, position: int = 0) -> None:
        self._source = source
        self.position = position
        self.version = 1
        self.double = False

    def damaged(self, what: str) -> ModelFileError:
        """An error at this place, for the caller to raise."""
        return self._source.damaged(self.position, what)

    def unsupported(self, what: str, hint: str) -> ModelFileError:
        """An error about something that is well formed but not read here."""
        return ModelFileError(
            "model-unsupported", what, hint=hint, file=self._source.name, offset=self.position
        )

    @property
    def left(self) -> int:
        """Bytes up to the end of the file."""
        return self._source.size - self.position

    def _unpack(self, layout: str, length: int, what: str) -> Any:
        value = struct.unpack(layout, self._source.read(self.position, length, what))[0]
        self.position += length
        return value

    def byte(self, what: str = "a flag") -> int:
        """One unsigned byte."""
        return int(self._unpack("<B", 1, what))

    def flag(self, what: str = "a flag") -> bool:
        """A ``bool``: one byte, 0 or 1."""
        value = self.byte(what)
        if value > 1:
            self.position -= 1
            raise self.damaged(f"The file holds {value} where {what} (0 or 1) was expected.")
        return bool(value)

    def int32(self, what: str = "a number") -> int:
        """A signed 32-bit number."""
        return int(self._unpack("<i", 4, what))

    def uint32(self, what: str = "a number") -> int:
        """An unsigned 32-bit number."""
        return int(self._unpack("<I", 4, what))

    def int64(self, what: str = "a number") -> int:
        """A signed 64-bit number."""
        return int(self._unpack("<q", 8, what))

    def size(self, what: str = "a number") -> int:
        """A ``size_t``."""
        return int(self._unpack("<Q", 8, what))

    def count(self, what: str, smallest: int) -> int:
        """A ``size_t`` that counts things of at least `smallest` bytes each."""
        value = self.size(what)
        if value * smallest > self.left:
            self.position -= 8
            raise self.damaged(f"The file announces {value} of {what}, more than it has room for.")
        return value

    def number(self, double: bool, what: str = "a number") -> float:
        """A ``float`` or ``double``."""
        return float(self._unpack("<d", 8, what) if double else self._unpack("<f", 4, what))

    def text(self, what: str = "a name") -> str:
        """A string."""
        pieces: List[bytes] = []
        start = self.position
        while len(pieces) * _CHUNK < _LONGEST_TEXT:
            piece = self._source.read_up_to(self.position, _CHUNK)
            end = _terminator(piece)
            if end is not None:
                pieces.append(piece[:end])
                self.position += end + 2
                return b"".join(pieces).decode("utf-16-le", "replace")
            if len(piece) < _CHUNK:
                break
            pieces.append(piece)
            self.position += _CHUNK
        self.position = start
        raise self.damaged(f"The file holds no text where {what} was expected.")

    def marks(self, mark: str) -> bool:
        """Whether a mark stands here; moves on when it does."""
        wanted = (mark + "\0").encode("utf-16-le")
        if self._source.read_up_to(self.position, len(wanted)) != wanted:
            return False
        self.position += len(wanted)
        return True

    def expect(self, mark: str) -> None:
        """Move over a mark that must stand here."""
        if not self.marks(mark):
            found = self._source.read_up_to(self.position, 16).hex(" ")
            raise self.damaged(f"The mark '{mark}' was expected, the file holds {quoted(found)}.")

    def shape(self, old: bool = False) -> Shape:
        """A tensor's sizes, column-major.

        Parameters
        ----------
        old
            Whether it may be in the oldest layout: channels, width, height as ``size_t``.
        """
        rank = self.uint32("a number of axes")
        if rank == 0:
            return ()
        if old and self._source.read_up_to(self.position, 4) == b"\0\0\0\0":
            self.position += 4
            width, height = self.size("a width"), self.size("a height")
            return self._checked((height, rank, width))
        if rank > MOST_AXES:
            self.position -= 4
            raise self.damaged(f"The file announces a shape of {rank} axes.")
        sizes = struct.unpack(
            f"<{rank}I", self._source.read(self.position, 4 * rank, "the sizes of a tensor")
        )
        self.position += 4 * rank
        return tuple(sizes)

    def _checked(self, shape: Shape) -> Shape:
        if any(size > LARGEST_SIZE for size in shape):
            raise self.damaged("The file holds a tensor's size that no memory could hold.")
        return shape

    def flags(self) -> List[bool]:
        """A vector of ``bool``."""
        return [self.flag() for _ in range(self.count("flags", 1))]

    def sizes(self) -> List[int]:
        """A vector of ``size_t``."""
        return [self.size() for _ in range(self.count("numbers", 8))]

    def texts(self) -> Tuple[str, ...]:
        """A vector of strings."""
        return tuple(self.text() for _ in range(self.count("names", 2)))

    def matrix(self) -> Matrix:
        """A matrix, and where its values lie."""
        kind = self.byte("the kind of a matrix")
        if kind != ord("d"):
            self.position -= 1
            if kind == ord("s"):
                raise self.unsupported(
                    "The model holds a sparse matrix of weights, which this program can't read.",
                    "Convert the model to the CNTK v2 format with CNTK 2.7: load_model, then save.",
                )
            raise self.damaged("The file holds no matrix where one was expected.")
        self.expect("BMAT")
        width = self.size("the size of a value")
        if width not in _WIDTHS:
            self.position -= 8
            raise self.damaged(f"The file announces values of {width} bytes each.")
        self.text("the name of a matrix")
        self.int32("the layout of a matrix")
        rows, columns = self.size("a number of rows"), self.size("a number of columns")
        length = rows * columns * width
        if length > self.left:
            raise self.damaged(
                f"The file ends inside a matrix: {length} bytes of weights are announced, "
                f"{self.left} are left."
            )
        scalar = None
        if rows * columns == 1 and width > 2:
            raw = self._source.read(self.position, width, "a value")
            scalar = float(struct.unpack("<f" if width == 4 else "<d", raw)[0])
        values = Numbers(stored(self._source.path, self.position, length), _WIDTHS[width])
        self.position += length
        self.expect("EMAT")
        return Matrix(rows, columns, width, scalar, values)


def _terminator(piece: bytes) -> Optional[int]:
    """Where the first NUL character of UTF-16 text lies."""
    end = piece.find(b"\0\0")
    while end != -1 and end % 2:
        end = piece.find(b"\0\0", end + 1)
    return None if end == -1 else end
