"""The free memory of a Windows machine, by the one call of the system's that tells it."""

from __future__ import annotations

import ctypes
from typing import Any, Optional


class _Status(ctypes.Structure):
    """https://learn.microsoft.com/en-us/windows/win32/api/sysinfoapi/ns-sysinfoapi-memorystatusex"""

    _fields_ = [
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total", ctypes.c_uint64),
        ("free", ctypes.c_uint64),
        ("total_page_file", ctypes.c_uint64),
        ("free_page_file", ctypes.c_uint64),
        ("total_addresses", ctypes.c_uint64),
        ("free_addresses", ctypes.c_uint64),
        ("reserved", ctypes.c_uint64),
    ]


def free_memory() -> Optional[int]:
    """Bytes of memory that are free; None where Windows does not tell."""
    status = _Status(length=ctypes.sizeof(_Status))
    asked: Any = getattr(ctypes, "windll").kernel32.GlobalMemoryStatusEx  # noqa: B009
    return int(status.free) if asked(ctypes.byref(status)) else None
