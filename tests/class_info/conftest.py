"""Every test here looks words up anew."""

from __future__ import annotations

import pytest

from dl2ecd_core.class_info.values import lookalike


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    lookalike.cache_clear()
