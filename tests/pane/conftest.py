"""Every test here leaves the stand-in as it found it."""

from __future__ import annotations

import pytest

from ..toolboxes import fresh_arcpy

__all__ = ["fresh_arcpy"]


@pytest.fixture(autouse=True)
def _as_before(fresh_arcpy: None) -> None:
    return
