"""Findings in a list, the errors first, with a line that counts them."""

from __future__ import annotations

from typing import Any, Sequence

from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import (
    QApplication,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from ...findings import Finding, Severity, in_order
from ..draft import tally, words_of

_ICONS = {
    Severity.ERROR: QStyle.StandardPixmap.SP_MessageBoxCritical,
    Severity.WARNING: QStyle.StandardPixmap.SP_MessageBoxWarning,
    Severity.INFORMATION: QStyle.StandardPixmap.SP_MessageBoxInformation,
}


def icon_of(findings: Sequence[Finding]) -> Any:
    """The sign of the heaviest finding; none where nothing is wrong."""
    if not findings:
        return QIcon()
    return QApplication.style().standardIcon(_ICONS[in_order(findings)[0].severity])


class FindingsList(QWidget):
    """What is wrong with the document as a whole."""

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        # Where there is nothing to list, the room is the table's.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._tally = QLabel()
        self._list = QListWidget()
        self._list.setWordWrap(True)
        self._list.setIconSize(QSize(16, 16))
        layout.addWidget(self._tally)
        layout.addWidget(self._list)

    def show_findings(self, general: Sequence[Finding], every: Sequence[Finding]) -> None:
        """Show these, and how many there are in all."""
        self._tally.setText(tally(every))
        self._list.clear()
        self.add(general)

    def add(self, findings: Sequence[Finding]) -> None:
        """Show further ones, until the next change."""
        for item in findings:
            entry = QListWidgetItem(icon_of([item]), words_of(item))
            self._list.addItem(entry)
        self._list.setVisible(self._list.count() > 0)
