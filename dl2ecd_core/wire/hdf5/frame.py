"""What every structure of an HDF5 file is read through: addresses, field sizes, an allowance."""

from __future__ import annotations

from typing import Optional

from ...findings.errors import ModelFileError
from ..source import ByteSource

#: Messages, links, records and heap objects that are looked at in one file before giving up:
#: a network of a thousand layers needs about twenty thousand.
MOST_PIECES = 100_000
#: That many in any file, and one more for each of its bytes: in whole files a piece takes about a
#: hundred, so that only structures that lead back to each other come to an end here.
FEWEST_PIECES = 5_000
#: Bytes of attribute values and names taken from one file.
MOST_TEXT = 24 * 1024 * 1024
#: One object header, one heap or tree node.
LONGEST_BLOCK = 8 * 1024 * 1024


class Frame:
    """Positioned reads relative to the superblock, and the allowance for one file.

    Parameters
    ----------
    source
        The file, or the part of an archive that is one.
    base
        Where the superblock stands; all addresses count from there.
    address_size, length_size
        Bytes of an address and of a length: 2, 4 or 8.
    """

    def __init__(self, source: ByteSource, base: int, address_size: int, length_size: int) -> None:
        self.source = source
        self.base = base
        self.address_size = address_size
        self.length_size = length_size
        self._undefined = (1 << 8 * address_size) - 1
        self._most_pieces = min(MOST_PIECES, FEWEST_PIECES + source.size)
        self._pieces = self._most_pieces
        self._text = MOST_TEXT

    def spend(self, pieces: int = 1) -> None:
        """Pay for pieces of structure.

        Raises
        ------
        ModelFileError
            ``model-too-complex`` when the allowance is used up.
        """
        self._pieces -= pieces
        if self._pieces < 0:
            raise self.too_complex(f"more than {self._most_pieces} pieces of structure")

    def spend_text(self, length: int) -> None:
        """Pay for bytes of attribute values; raises as :meth:`spend` does."""
        self._text -= length
        if self._text < 0:
            raise self.too_complex(f"more than {MOST_TEXT} bytes of attributes")

    def too_complex(self, what: str) -> ModelFileError:
        """An error about a limit, for the caller to raise."""
        return ModelFileError(
            "model-too-complex",
            f"'{self.source.name}' is an HDF5 file with {what}; that is not a model.",
            hint="Save the model again with Keras.",
            file=self.source.name,
        )

    def damaged(self, address: int, what: str) -> ModelFileError:
        """An error about an address relative to the superblock, for the caller to raise."""
        offset = min(max(0, self.base + address), self.source.size)
        return self.source.damaged(offset, f"'{self.source.name}' is a damaged HDF5 file: {what}.")

    def read(self, address: int, length: int, what: str) -> bytes:
        """Exactly `length` bytes of structure at an address."""
        if length > LONGEST_BLOCK:
            raise self.damaged(address, f"{what} claims {length} bytes")
        return self.source.read(self.base + address, length, f"{what} of an HDF5 file")

    def cursor(self, address: int, length: int, what: str) -> Cursor:
        """The same, to be read field by field."""
        return Cursor(self, self.read(address, length, what), address, what)

    def defined(self, address: int) -> Optional[int]:
        """The address, or None when it is the one that stands for "nowhere"."""
        return None if address == self._undefined else address


class Cursor:
    """Fields of one block, one after the other; never beyond the block's end."""

    def __init__(self, frame: Frame, data: bytes, address: int, what: str) -> None:
        self.frame = frame
        self.data = data
        self.place = 0
        self._address = address
        self._what = what

    @property
    def left(self) -> int:
        """Bytes that are still to be read."""
        return len(self.data) - self.place

    @property
    def address(self) -> int:
        """Where in the file the next field stands."""
        return self._address + self.place

    def wrong(self, what: str) -> ModelFileError:
        """An error about this block, for the caller to raise."""
        return self.frame.damaged(self.address, f"{self._what} {what}")

    def take(self, length: int) -> bytes:
        """The next bytes."""
        end = self.place + length
        if length < 0 or end > len(self.data):
            raise self.wrong("ends too early")
        piece = self.data[self.place : end]
        self.place = end
        return piece

    def skip(self, length: int) -> None:
        """Leave out the next bytes."""
        if length > len(self.data) - self.place:
            raise self.wrong("ends too early")
        self.place += length

    def part(self, length: int, what: str) -> Cursor:
        """The next bytes as a block of their own."""
        address = self.address
        return Cursor(self.frame, self.take(length), address, what)

    def unsigned(self, length: int) -> int:
        """A little-endian whole number of `length` bytes."""
        return int.from_bytes(self.take(length), "little")

    def location(self) -> Optional[int]:
        """An address; None when undefined."""
        return self.frame.defined(self.unsigned(self.frame.address_size))

    def length(self) -> int:
        """A length in bytes."""
        return self.unsigned(self.frame.length_size)

    def signature(self, expected: bytes) -> None:
        """Four letters that tell what a block is."""
        if self.take(4) != expected:
            self.place -= 4
            raise self.wrong(f"does not start with {expected.decode('ascii')!r}")

    def version(self, *known: int) -> int:
        """A version byte, one of those known."""
        version = self.unsigned(1)
        if version not in known:
            raise self.wrong(f"has the unknown version {version}")
        return version
