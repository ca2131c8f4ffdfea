"""Which lines of the package a run reached for the first time, where Python can tell cheaply.

``sys.monitoring`` (Python 3.12 and later) reports a line once and is then told to be silent about
it, so that watching costs nothing after the first runs.
"""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any

_TOOL = 4


class NewLines:
    """Counts lines of the package reached for the first time since it was last asked."""

    def __init__(self, wanted: bool = True) -> None:
        self._new = 0
        monitoring: Any = getattr(sys, "monitoring", None) if wanted else None
        self.works = monitoring is not None
        if not self.works:
            return
        monitoring.use_tool_id(_TOOL, "dl2ecd-fuzz")

        def line(code: CodeType, _: int) -> object:
            if "dl2ecd_core" in code.co_filename:
                self._new += 1
            return monitoring.DISABLE

        monitoring.register_callback(_TOOL, monitoring.events.LINE, line)
        monitoring.set_events(_TOOL, monitoring.events.LINE)

    def count(self) -> int:
        """Lines reached for the first time since the last call."""
        new, self._new = self._new, 0
        return new

    def close(self) -> None:
        """Stop watching."""
        if self.works:
            monitoring: Any = sys.monitoring  # type: ignore[attr-defined]
            monitoring.set_events(_TOOL, 0)
            monitoring.free_tool_id(_TOOL)
