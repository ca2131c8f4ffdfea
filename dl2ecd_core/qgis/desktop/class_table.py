"""The table of classes: value, name, color, and what is wrong with each."""

from __future__ import annotations

from typing import Any, Callable, List, Mapping, Sequence, Tuple

from qgis.gui import QgsColorButton
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from ...findings import Finding
from ..draft import Row, typed_value, words_of
from .findings_list import icon_of

_VALUE, _NAME, _COLOR, _WRONG = range(4)
_HEADINGS = ("Value", "Name", "Color", "What to mend")


class ClassTable(QTableWidget):
    """Shows rows, and says what a person changes in them.

    Parameters
    ----------
    changed
        Called with the row's place, and its new ``value``, ``name`` or ``color``.
    """

    def __init__(self, changed: Callable[..., None]) -> None:
        super().__init__(0, len(_HEADINGS))
        self._changed = changed
        self._showing = False
        self.setHorizontalHeaderLabels(_HEADINGS)
        header = self.horizontalHeader()
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        for column, width in ((_VALUE, 80), (_NAME, 220), (_COLOR, 90)):
            self.setColumnWidth(column, width)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setWordWrap(True)
        self.setIconSize(QSize(16, 16))
        self.cellChanged.connect(self._edited)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these classes, in the order of the model's outputs; findings count them from 1."""
        self._showing = True
        self.setRowCount(len(rows))
        for place, row in enumerate(rows):
            value = QTableWidgetItem(str(row.value))
            value.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(place, _VALUE, value)
            self.setItem(place, _NAME, QTableWidgetItem(row.name))
            self.setCellWidget(place, _COLOR, self._button(place, row.color))
            wrong = QTableWidgetItem()
            wrong.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            self.setItem(place, _WRONG, wrong)
        self._showing = False

    def show_findings(self, of_rows: Mapping[int, Tuple[Finding, ...]]) -> None:
        """Show what is wrong beside the rows."""
        self._showing = True
        for place in range(self.rowCount()):
            found = of_rows.get(place, ())
            item = self.item(place, _WRONG)
            text = "\n".join(map(words_of, found))
            if item.text() != text:
                item.setText(text)
                item.setIcon(icon_of(found))
                self.resizeRowToContents(place)
        self._showing = False

    def selected(self) -> List[int]:
        """The places of the selected rows."""
        return sorted({index.row() for index in self.selectedIndexes()})

    def select(self, place: int) -> None:
        """Select one row, and show it."""
        self.selectRow(place)
        self.scrollToItem(self.item(place, _VALUE))

    def _button(self, place: int, color: Any) -> QgsColorButton:
        button = QgsColorButton()
        button.setAllowOpacity(False)
        button.setShowNull(False)
        button.setColor(QColor(*color) if color is not None else QColor())
        button.colorChanged.connect(lambda chosen: self._colored(place, chosen))
        return button

    def _colored(self, place: int, color: QColor) -> None:
        self._changed(place, color=(color.red(), color.green(), color.blue()))

    def _edited(self, place: int, column: int) -> None:
        if self._showing:
            return
        text = self.item(place, column).text()
        if column == _VALUE:
            self._changed(place, value=typed_value(text))
        else:
            # The name: nothing else can be typed into.
            self._changed(place, name=text)
