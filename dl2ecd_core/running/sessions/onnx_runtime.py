"""ONNX Runtime, which reports to nobody.

From version 1.29 on, its builds for Linux and macOS, too, tell their maker over the network what is
run (names and digests of models among it), unless a variable of the environment says otherwise
before the library is loaded; older ones for Windows write to the system's own log.

https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md
"""

from __future__ import annotations

import os
from typing import Any

#: What runs a model on a graphics card.
CUDA_PROVIDER = "CUDAExecutionProvider"
#: Says so; what a person sets stays.
_SILENCE = "ORT_DISABLE_TELEMETRY"


def onnx_runtime() -> Any:
    """The library.

    Raises
    ------
    ImportError
        When it is not installed.
    """
    silent = os.environ.setdefault(_SILENCE, "1") != "0"
    import onnxruntime

    if silent:
        # Where something else has loaded it before.
        onnxruntime.disable_telemetry_events()
    return onnxruntime
