"""What is said through Processing's feedback, kept; stricter than QGIS, which takes anything."""

from __future__ import annotations

from typing import List, Optional, Tuple


class Recorded:
    """Stands in for QgsProcessingFeedback.

    Parameters
    ----------
    cancel_at
        The percent from which on the person has pressed Cancel; None never.
    """

    def __init__(self, cancel_at: Optional[float] = None) -> None:
        self.said: List[Tuple[str, str]] = []
        self.positions: List[float] = []
        self._cancel_at = cancel_at

    def isCanceled(self) -> bool:  # noqa: N802
        at = self.positions[-1] if self.positions else 0
        return self._cancel_at is not None and at >= self._cancel_at

    def setProgress(self, progress: float) -> None:  # noqa: N802
        assert 0 <= progress <= 100
        self.positions.append(progress)

    def setProgressText(self, text: str) -> None:  # noqa: N802
        self._say("doing", text)

    def pushInfo(self, info: str) -> None:  # noqa: N802
        self._say("info", info)

    def pushWarning(self, warning: str) -> None:  # noqa: N802
        self._say("warning", warning)

    def _say(self, how: str, text: str) -> None:
        assert isinstance(text, str)
        assert text
        self.said.append((how, text))

    def texts(self, how: str) -> List[str]:
        """What was said in one way."""
        return [text for kind, text in self.said if kind == how]
