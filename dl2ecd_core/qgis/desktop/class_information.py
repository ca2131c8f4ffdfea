"""The dialog in which class information is filled in, with what is wrong beside each class."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, List, Optional

from qgis.core import QgsSettings
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
)

from ...findings.errors import Dl2EcdError
from ...fit.framework_names import FRAMEWORKS
from ...help.text import CONVERT
from ...legends import read_legend
from ...legends.fitting import findings_about
from ...models import ModelDescription
from ...pane.preview import Examiner
from ...pane.speech import sentence, surprise
from ..draft import Draft, draft_for, judged, opened, saved
from ..requirements import REINSTALL
from ..work import model_lines
from .class_table import ClassTable
from .findings_list import FindingsList
from .layer_legend import legend_of_layer

_FOLDER = "dl2ecd/folder"
#: Between two looks at a model that takes long to read, in milliseconds.
_LOOK_AGAIN = 200
#: After a keystroke, before everything is judged again, in milliseconds.
_PAUSE = 150


class ClassInformationDialog(QDialog):
    """Pick a model, fill in its classes, save the JSON, and go on to the conversion.

    Parameters
    ----------
    iface
        QGIS's window, for its active layer.
    convert
        Opens the conversion with the model and the saved document.
    """

    def __init__(self, iface: Any, convert: Callable[[str, str], None]) -> None:
        super().__init__(iface.mainWindow())
        self._iface, self._convert = iface, convert
        self._examiner = Examiner()
        self._model: Optional[ModelDescription] = None
        self._path = ""
        self._draft = Draft()
        self._saved_text = self._draft.text()
        self._loading = False
        self.setWindowTitle("Class Information[*]")
        self.resize(860, 680)
        self._build()
        self._show()

    # -- what is to be seen ---------------------------------------------------------------------

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.addLayout(self._form())
        self._table = ClassTable(self._table_changed)
        layout.addLayout(self._table_buttons())
        layout.addWidget(self._table, 3)
        self._findings = FindingsList()
        layout.addWidget(self._findings, 1)
        layout.addWidget(self._buttons())
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._judge)
        self._looking = QTimer(self)
        self._looking.setSingleShot(True)
        self._looking.timeout.connect(self._look_at_model)

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        self._file = QgsFileWidget()
        self._file.setDialogTitle(CONVERT.parameters[0].label)
        self._file.setDefaultRoot(QgsSettings().value(_FOLDER, ""))
        self._file.fileChanged.connect(self._model_chosen)
        form.addRow("Model", self._file)
        self._about = QLabel()
        self._about.setTextFormat(Qt.TextFormat.PlainText)
        self._about.setWordWrap(True)
        form.addRow("", self._about)
        self._classifier = QComboBox()
        self._classifier.setEditable(True)
        self._classifier.addItems([item.classifiers[0] for item in FRAMEWORKS])
        self._classifier.currentTextChanged.connect(self._form_changed)
        self._bands, self._batch = self._count("not filled in"), self._count("not filled in")
        self._bands.valueChanged.connect(self._form_changed)
        self._batch.valueChanged.connect(self._form_changed)
        line = QHBoxLayout()
        for label, widget in (("Bands", self._bands), ("Tiles at once", self._batch)):
            line.addSpacing(12)
            line.addWidget(QLabel(label))
            line.addWidget(widget)
        line.insertWidget(0, self._classifier, 1)
        form.addRow("Framework", line)
        return form

    @staticmethod
    def _count(when_none: str) -> QSpinBox:
        box = QSpinBox()
        box.setRange(0, 2**31 - 1)
        box.setSpecialValueText(when_none)
        return box

    def _table_buttons(self) -> QHBoxLayout:
        line = QHBoxLayout()
        for text, tip, action in (
            ("Add", "One more class", self._add),
            ("Remove", "Take the selected classes out", self._remove),
            ("Up", "The order is that of the model's outputs", lambda: self._move(-1)),
            ("Down", "The order is that of the model's outputs", lambda: self._move(1)),
            ("From Model", "What the model tells of its classes", self._from_model),
            ("From Layer", "The classes of the active layer's symbology", self._from_layer),
            ("From File\u2026", "A legend, style or list of names", self._from_file),
        ):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.setAutoDefault(False)
            button.clicked.connect(action)
            line.addWidget(button)
        line.insertStretch(4)
        return line

    def _buttons(self) -> QDialogButtonBox:
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        box.rejected.connect(self.reject)
        for text, action in (
            ("Open\u2026", self._open),
            ("Save", self._save),
            ("Save As\u2026", self._save_as),
            ("Convert\u2026", self._go_on),
        ):
            button = box.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
            button.setAutoDefault(False)
            button.clicked.connect(action)
        return box

    def _show(self) -> None:
        """Show the whole draft anew."""
        self._loading = True
        self._classifier.setEditText(self._draft.classifier)
        self._bands.setValue(self._draft.bands or 0)
        self._batch.setValue(self._draft.batch or 0)
        self._table.show_rows(self._draft.rows)
        self._loading = False
        self._judge()

    def _judge(self) -> None:
        judgement = judged(self._draft, self._model)
        self._table.show_findings(judgement.of_rows)
        self._findings.show_findings(judgement.general, judgement.all)
        self.setWindowModified(self._draft.text() != self._saved_text)

    def _set(self, draft: Draft) -> None:
        self._draft = draft
        self._show()

    # -- what the person does -------------------------------------------------------------------

    def _form_changed(self, _value: object) -> None:
        if self._loading:
            return
        self._draft = Draft(
            self._classifier.currentText(),
            self._bands.value() or None,
            self._batch.value() or None,
            self._draft.rows,
            self._draft.further,
        )
        self._timer.start(_PAUSE)

    def _table_changed(self, place: int, **changes: object) -> None:
        self._draft = self._draft.with_row_changed(place, **changes)
        self._timer.start(_PAUSE)

    def _add(self) -> None:
        self._set(self._draft.with_added_row())
        self._table.select(len(self._draft.rows) - 1)

    def _remove(self) -> None:
        self._set(self._draft.without_rows(self._table.selected()))

    def _move(self, by: int) -> None:
        selected = self._table.selected()
        if len(selected) == 1:
            self._set(self._draft.with_row_moved(selected[0], by))
            self._table.select(min(max(selected[0] + by, 0), len(self._draft.rows) - 1))

    def _from_model(self) -> None:
        if self._model is not None:
            self._set(self._draft.with_rows(draft_for(self._model).rows))

    def _from_layer(self) -> None:
        layer = self._iface.activeLayer()
        if layer is None:
            self._say(["No layer is active. Select one in the panel Layers first."])
            return
        with self._told("Reading the layer's symbology"):
            self._take_legend(legend_of_layer(layer))

    def _from_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Classes From File", self._folder())
        if path:
            with self._told("Reading the legend"):
                self._take_legend(read_legend(path))

    def _take_legend(self, legend: Any) -> None:
        self._set(self._draft.with_legend(legend.classes))
        about = findings_about(self._model, legend) if self._model else legend.findings
        self._findings.add(about)

    def _model_chosen(self, path: str) -> None:
        self._model = None
        if path:
            QgsSettings().setValue(_FOLDER, str(Path(path).parent))
        self._about.setText("Reading the model\u2026" if path else "")
        self._look_at_model()

    def _look_at_model(self) -> None:
        path = self._file.filePath()
        if not path:
            return
        known = self._examiner.examine(path, "").model
        if known is None:
            self._looking.start(_LOOK_AGAIN)
            return
        if known.subject is None:
            said = [known.surprise] if known.surprise else []
            if not Path(path).exists():
                said = [f"There is no file '{path}'."]
            self._about.setText("\n".join([*said, *(str(item.message) for item in known.findings)]))
            return
        self._model = known.subject
        self._about.setText("\n".join(model_lines(known.subject)[:4]))
        if self._draft == Draft():
            self._set(draft_for(known.subject))
        else:
            self._judge()

    def _open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "Open Class Information", self._folder(), "Class information (*.json)"
        )
        if path:
            self.open_document(path)

    def open_document(self, path: str) -> None:
        """Show a document for mending."""
        with self._told("Opening the class information"):
            draft = opened(path)
            self._path = path
            self._saved_text = draft.text()
            self._set(draft)

    def open_model(self, path: str) -> None:
        """Choose a model, as if by hand."""
        self._file.setFilePath(path)

    def _save(self) -> bool:
        return self._save_to(self._path) if self._path else self._save_as()

    def _save_to(self, path: str) -> bool:
        with self._told("Saving"):
            saved(self._draft, path, self._model)
            self._path = path
            self._saved_text = self._draft.text()
            self._judge()
            return True
        return False

    def _save_as(self) -> bool:
        model = self._file.filePath()
        proposed = str(Path(model).with_name(f"{Path(model).stem}_classes.json")) if model else ""
        path, _ = QFileDialog.getSaveFileName(
            self,
            "Save Class Information",
            self._path or proposed or self._folder(),
            "Class information (*.json)",
        )
        if not path:
            return False
        return self._save_to(path if Path(path).suffix else f"{path}.json")

    def _go_on(self) -> None:
        if (self._path and not self.isWindowModified()) or self._save():
            self._convert(self._file.filePath(), self._path)

    def reject(self) -> None:
        """Close, unless changes would be lost that the person wants to keep."""
        if self.isWindowModified():
            answer = QMessageBox.question(
                self,
                "Class Information",
                "The class information has changes that are not saved. Close it all the same?",
            )
            if answer != QMessageBox.StandardButton.Yes:
                return
        super().reject()

    # -- saying ---------------------------------------------------------------------------------

    def _folder(self) -> str:
        return str(QgsSettings().value(_FOLDER, ""))

    def _say(self, lines: List[str]) -> None:
        box = QMessageBox(QMessageBox.Icon.Warning, "Class Information", "\n".join(lines))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.exec()

    def _told(self, doing: str) -> _Told:
        return _Told(self._say, doing)


class _Told:
    """Says what goes wrong in a block, instead of letting it go further."""

    def __init__(self, say: Callable[[List[str]], None], doing: str) -> None:
        self._say, self._doing = say, doing

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, error: Optional[BaseException], _trace: object) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        if isinstance(error, Dl2EcdError):
            self._say([sentence(item) for item in error.findings])
        else:
            self._say([surprise(error, self._doing, REINSTALL)])
        return True
