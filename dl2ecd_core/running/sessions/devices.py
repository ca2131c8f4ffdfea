"""Which device a model will run on: told before its session is made.

What there is to know then is what the runtime was built for, and whether the system has a card.
Both may be so and the card be of no use all the same (an old driver, a library that is missing);
that shows when the session is made.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .onnx_runtime import CUDA_PROVIDER, onnx_runtime

CPU, CUDA = "cpu", "cuda"
#: What the driver of NVIDIA puts among the devices of Linux, as patterns: of a card, in the Windows
#: Subsystem for Linux, on a Jetson.
_CARDS = ("nvidia[0-9]*", "dxg", "nvhost-gpu", "nvmap")
_DEVICES = Path("/dev")
#: The driver on Windows.
_DRIVER = "System32/nvcuda.dll"
#: What people write to hide all cards.
_NONE = frozenset(("", "-1"))


def device_of(runtime: str, asked: str) -> str:
    """The device on which a session will probably run; ``cpu`` is certain.

    Parameters
    ----------
    runtime
        As :data:`~dl2ecd_core.running.sessions.opening.RUNTIMES` has it.
    asked
        ``cpu``, ``cuda`` or ``auto``.
    """
    if asked == CPU or not has_card():
        return CPU
    if runtime.startswith("ONNX Runtime"):
        return CUDA if _onnx_runtime_has_cuda() else CPU
    # PyTorch says in its own process what it takes; others know no card.
    return CUDA if runtime.startswith("PyTorch") else CPU


def has_card() -> bool:
    """Whether the system has a graphics card of NVIDIA, or the driver of one."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in _NONE:
        return False
    if sys.platform == "win32":
        return Path(os.environ.get("SYSTEMROOT", "C:/Windows"), _DRIVER).exists()
    return any(True for pattern in _CARDS for _ in _DEVICES.glob(pattern))


def _onnx_runtime_has_cuda() -> bool:
    try:
        return CUDA_PROVIDER in onnx_runtime().get_available_providers()
    except ImportError:
        # Whoever makes the session says how to get it.
        return False
