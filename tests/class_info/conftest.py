"""Every test here looks words up anew, and examines documents that lie in a folder of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dl2ecd_core.class_info import ClassInfo, examine_class_info
from dl2ecd_core.class_info.schema import EXAMPLE
from dl2ecd_core.class_info.values import lookalike

from .examined import GOOD_CLASSES, Examine


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    lookalike.cache_clear()


@pytest.fixture
def examine(tmp_path: Path) -> Examine:
    """Examine a document given as text, as bytes, or as changes to a good one."""

    def run(source: object = None, **changes: object) -> ClassInfo:
        path = tmp_path / "class_info.json"
        if source is None:
            good = {**EXAMPLE, "Classes": GOOD_CLASSES, **changes}
            source = {key: value for key, value in good.items() if value is not ...}
        if not isinstance(source, (str, bytes)):
            source = json.dumps(source, indent=1)
        path.write_bytes(source.encode() if isinstance(source, str) else source)
        return examine_class_info(path)

    return run
