"""A folder with a real model and class information that fits it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable

import pytest

from dl2ecd_core.demo import CLASS_INFO, unpack


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    unpack(tmp_path)
    return tmp_path


@pytest.fixture
def change(demo: Path) -> Callable[..., None]:
    """Change the demo's class information."""

    def run(**changes: object) -> None:
        path = demo / CLASS_INFO
        document = {**json.loads(path.read_text(encoding="utf-8")), **changes}
        path.write_text(json.dumps(document), encoding="utf-8")

    return run
