"""The superblock: where the file begins, how wide its addresses are, where the root group is.

Chapter II.A of the specification. The superblock stands at byte 0, or after a user block at byte
512, 1024, 2048 ...
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ...findings.errors import ModelFileError
from ..source import ByteSource
from .frame import Cursor, Frame

SIGNATURE = b"\x89HDF\r\n\x1a\n"
# A user block longer than this is not looked for: it would cost a read per doubling of any file.
_FARTHEST = 1 << 20


@dataclass(frozen=True)
class Superblock:
    """What the superblock says.

    Attributes
    ----------
    version
        0 to 3.
    root
        Address of the root group's object header.
    frame
        How the rest of the file is to be read.
    """

    version: int
    root: int
    frame: Frame


def find(source: ByteSource) -> Optional[int]:
    """Where the signature stands; None when the file is not HDF5."""
    offset = 0
    while offset <= _FARTHEST and offset + len(SIGNATURE) <= source.size:
        if source.read(offset, len(SIGNATURE)) == SIGNATURE:
            return offset
        offset = offset * 2 or 512
    return None


def read(source: ByteSource) -> Superblock:
    """The superblock of a file.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when there is none, it is of an unknown version, or the file is shorter
        than it says.
    """
    base = find(source)
    if base is None:
        raise source.damaged(0, f"'{source.name}' has no HDF5 signature.")
    head = source.read_up_to(base, 128)
    version = head[8] if len(head) > 8 else -1
    if version in (0, 1):
        sizes = head[13:15]
    elif version in (2, 3):
        sizes = head[9:11]
    else:
        raise ModelFileError(
            "model-damaged" if version < 0 else "model-unsupported",
            f"'{source.name}' is an HDF5 file whose superblock has the unknown version {version}.",
            hint="The file is damaged, or newer than this reader: save the model again.",
            file=source.name,
            offset=base + 8,
        )
    if len(sizes) < 2 or sizes[0] not in (2, 4, 8) or sizes[1] not in (2, 4, 8):
        raise source.damaged(
            base + 9, f"'{source.name}' is a damaged HDF5 file: its addresses have no known size."
        )
    frame = Frame(source, base, sizes[0], sizes[1])
    cursor = Cursor(frame, head, 0, "the superblock")
    if version < 2:
        cursor.take(24 if version == 0 else 28)
        stored_base, _, end, _ = (cursor.location() for _ in range(4))
        cursor.take(frame.address_size)  # name of the root group, which has none
        root = cursor.location()
    else:
        cursor.take(12)
        stored_base, _, end, root = (cursor.location() for _ in range(4))
    if root is None or stored_base is None or end is None:
        raise cursor.wrong("names no root group")
    _check_end(source, base, end + (base - stored_base))
    return Superblock(version, root, frame)


def _check_end(source: ByteSource, base: int, end: int) -> None:
    """The file is as long as it says: else a download or a copy broke off."""
    if end > source.size:
        raise source.damaged(
            source.size,
            f"'{source.name}' is an HDF5 file of {end} bytes of which only {source.size} are "
            "there.",
            hint="The file is cut short: fetch or save it again.",
        )
