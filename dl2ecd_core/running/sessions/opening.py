"""Which runtime runs which format."""

from __future__ import annotations

from pathlib import Path
from typing import Tuple

from ...findings import Finding
from ...findings.rules import finding
from ...models import ModelDescription
from ..extras import RunningRefused
from . import Session
from .onnx_session import OnnxSession

#: Formats that hold weights without a network.
_WEIGHTS = frozenset(("pytorch-state-dict", "safetensors", "keras-weights"))


def open_session(model: ModelDescription, primary: Path, *, device: str = "cpu") -> Session:
    """A session for a model.

    Parameters
    ----------
    model
        What its file says of itself.
    primary
        Its file, in a folder with its companions and nothing else.
    device
        ``cpu``, ``cuda``, or ``auto`` for CUDA where it is there.

    Raises
    ------
    RunningRefused
        ``model-not-runnable`` with what to do; or as the runtime refuses it.
    """
    if model.format == "onnx":
        return OnnxSession(primary, model.inputs, model.outputs, device=device)
    raise RunningRefused([_not_runnable(model)])


def _not_runnable(model: ModelDescription) -> Finding:
    return finding(
        "model-not-runnable",
        f"There is no runtime here for models of the format {model.format}.",
        hint="Export the model to ONNX with its framework, and convert that.",
    )


RUNNABLE: Tuple[str, ...] = ("onnx",)
