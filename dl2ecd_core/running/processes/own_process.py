"""Whether this process was started for one command, so that its memory may be limited."""

from __future__ import annotations

import os

#: Says so to a process, in its environment.
MARK = "DL2ECD_INSIDE"


def is_own_process() -> bool:
    """Whether this process is nobody else's: no ArcGIS, no QGIS, no notebook."""
    return MARK in os.environ
