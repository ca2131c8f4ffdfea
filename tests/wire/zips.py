"""Zip archives put together byte by byte, so that a test can lie in any field."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace
from typing import List, Optional, Tuple


@dataclass(frozen=True)
class Item:
    """An entry; fields left None are told truthfully."""

    name: str
    content: bytes = b""
    packed: Optional[bytes] = None
    method: int = 0
    flags: int = 0
    mode: int = 0
    size: Optional[int] = None
    crc: Optional[int] = None
    local_name: Optional[str] = None
    local_size: Optional[int] = None
    header: Optional[int] = None
    wide: bool = False
    streamed: bool = False
    hidden: bool = False

    def deflated(self) -> Item:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(self.content) + packer.flush()
        return replace(self, packed=packed, method=8)


def zip_bytes(*items: Item, comment: bytes = b"", count: Optional[int] = None) -> bytes:
    """An archive of the items, with a zip64 end record when one of them is wide."""
    body = bytearray()
    central: List[bytes] = []
    for item in items:
        at = len(body)
        data = item.content if item.packed is None else item.packed
        size = len(item.content) if item.size is None else item.size
        crc = zlib.crc32(item.content) if item.crc is None else item.crc
        name = item.name.encode()
        local = name if item.local_name is None else item.local_name.encode()
        flags = item.flags | (8 if item.streamed else 0) | (0 if item.name.isascii() else 0x800)
        local_size = size if item.local_size is None else item.local_size
        told = (0, 0, 0) if item.streamed else (crc, len(data), local_size)
        body += struct.pack(
            "<4sHHHHHLLLHH", b"PK\3\4", 20, flags, item.method, 0, 0, *told, len(local), 0
        )
        body += local + data
        if item.streamed:
            body += struct.pack("<4sLLL", b"PK\7\10", crc, len(data), size)
        if item.hidden:
            continue
        header = at if item.header is None else item.header
        narrow: Tuple[int, int, int] = (len(data), size, header)
        extra = b""
        if item.wide:
            extra = struct.pack("<HHQQQ", 1, 24, size, len(data), header)
            narrow = (0xFFFFFFFF,) * 3
        central.append(
            struct.pack(
                "<4sHHHHHHLLLHHHHHLL",
                *(b"PK\1\2", 0x0314, 20, flags, item.method, 0, 0, crc),
                *(narrow[0], narrow[1], len(name), len(extra), 0, 0, 0, item.mode << 16),
                narrow[2],
            )
            + name
            + extra
        )
    directory = b"".join(central)
    number = len(central) if count is None else count
    start = len(body)
    body += directory
    if any(item.wide for item in items):
        end = len(body)
        body += struct.pack(
            "<4sQHHLLQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, number, number, len(directory), start
        )
        body += struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
        ends = (0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    else:
        ends = (number, number, len(directory), start)
    body += struct.pack("<4sHHHHLLH", b"PK\5\6", 0, 0, *ends, len(comment)) + comment
    return bytes(body)
