"""Sessions of fixtures, and pixels for them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from dl2ecd_core.models import inspect_model
from dl2ecd_core.running.sessions import Session
from dl2ecd_core.running.sessions.opening import open_session
from tests.conftest import FIXTURES

#: The same arithmetic in another order.
CLOSE = 5e-6


def session_of(folder: Path, *names: str, **more: Any) -> Session:
    """A session for a fixture: the first file, with the others beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [Path(shutil.copy(FIXTURES / name, folder)) for name in names]
    return open_session(inspect_model(paths[0]), paths[0], **more)


def tile(*shape: int, data_type: str = "float32") -> np.ndarray:
    random = np.random.default_rng(5).random(shape)
    return (random * (1 if data_type.startswith("float") else 200)).astype(data_type)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max() / np.abs(one).max())
