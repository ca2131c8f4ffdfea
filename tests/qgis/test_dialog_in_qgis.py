"""The dialog for class information, at work in QGIS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.demo import CLASS_INFO, MODEL
from tests.qgis.installed import Qgis

pytestmark = pytest.mark.qgis

#: Opens the dialog as the menu does, in a window that is no more than the few calls it gets.
OPENED = """
import time
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QFileDialog, QMessageBox, QWidget, QPushButton
from dl2ecd.dl2ecd_core.qgis.desktop.plugin import Plugin
from pathlib import Path

class Window:
    def __init__(self):
        self.window, self.layer, self.menu = QWidget(), None, []
    def mainWindow(self): return self.window
    def activeLayer(self): return self.layer
    def addPluginToRasterMenu(self, name, action): self.menu.append((name, action))
    def removePluginRasterMenu(self, name, action): self.menu.remove((name, action))

plugin.unload()
iface = Window()
own = Plugin(iface, Path("nowhere"))
own.initGui()
asked, answers = [], []
def answer(*given, **more):
    asked.append([str(item) for item in given[1:]])
    return answers.pop(0)
QFileDialog.getOpenFileName = QFileDialog.getSaveFileName = answer
QMessageBox.question = answer
QMessageBox.exec = lambda box: asked.append([box.text()])
conversions = []
processing.execAlgorithmDialog = lambda algorithm, given: conversions.append([algorithm, given])
iface.menu[0][1].trigger()
dialog = own.show_class_information()

def passing(done=lambda: True):
    for _ in range(400):
        app.processEvents()
        if done() and not dialog._timer.isActive() and not dialog._looking.isActive():
            return
        time.sleep(0.01)
    raise AssertionError("it took too long")

def press(text):
    next(b for b in dialog.findChildren(QPushButton) if b.text() == text).click()
    passing()

def table():
    shown = dialog._table
    return [
        [shown.item(at, 0).text(), shown.item(at, 1).text(),
         list(shown.cellWidget(at, 2).color().getRgb()[:3]), shown.item(at, 3).text()]
        for at in range(shown.rowCount())
    ]

def below():
    return [dialog._findings._list.item(at).text() for at in range(dialog._findings._list.count())]
"""
CLOSED = """
dialog.setWindowModified(False)
dialog.reject()
own.unload()
assert iface.menu == []
plugin.initProcessing()
"""


def told(qgis: Qgis, code: str, *arguments: object) -> Any:
    """What code tells that works on the open dialog."""
    return qgis.script(OPENED + code + CLOSED, *arguments)


def test_from_a_model_to_the_conversion(qgis: Qgis, demo: Path) -> None:
    answers: Dict[str, Any] = told(
        qgis,
        """
model, target = arguments
dialog.open_model(model)
passing(lambda: dialog._table.rowCount())
first = table()
dialog._table.item(0, 1).setText("Water")
dialog._table.item(1, 0).setText("7")
dialog._table.cellWidget(2, 2).setColor(QColor(9, 8, 7))
passing()
modified = dialog.isWindowModified()
answers += [(target, "")]
press("Convert\\u2026")
tell({"about": dialog._about.text(), "first": first, "then": table(), "asked": asked,
      "modified": [modified, dialog.isWindowModified()], "conversions": conversions,
      "tally": dialog._findings._tally.text()})
""",
        demo / MODEL,
        demo / "mine.json",
    )
    assert answers["about"].startswith("Model: CNTK (cntk-v2), input 'image' of 4 x 64 x 64")
    assert [row[:2] for row in answers["first"]] == [[str(at), f"Class {at}"] for at in range(3)]
    assert answers["then"][0][1] == "Water"
    assert answers["then"][2][2] == [9, 8, 7]
    assert answers["modified"] == [True, False]
    assert answers["tally"] in ("Nothing is wrong.", "1 warning to look at.")
    assert answers["conversions"] == [
        [
            "dl2ecd:deeplearningmodeltoecd",
            {
                "in_deep_learning_model": str(demo / MODEL),
                "in_classification_info_json": str(demo / "mine.json"),
            },
        ]
    ]
    saved = json.loads((demo / "mine.json").read_text())
    assert saved["Classifier"] == "CNTK"
    assert [item["Value"] for item in saved["Classes"]] == [0, 7, 2]
    assert saved["Classes"][2]["Color"] == [9, 8, 7]


def test_what_is_wrong_stands_beside_its_row(qgis: Qgis, demo: Path) -> None:
    rows, below, tally, mended, without_sign = told(
        qgis,
        """
model, info = arguments
dialog.open_model(model)
passing(lambda: dialog._model)
dialog.open_document(info)
dialog._table.item(1, 0).setText(dialog._table.item(0, 0).text())
dialog._table.item(2, 1).setText(" blank")
dialog._bands.setValue(3)
passing()
wrong = [table(), below(), dialog._findings._tally.text()]
dialog._table.item(2, 1).setText("mended")
passing()
tell([*wrong, table()[2][3], dialog._table.item(2, 3).icon().isNull()])
""",
        demo / MODEL,
        demo / CLASS_INFO,
    )
    assert rows[0][3] == ""
    assert rows[1][3].startswith("[class-value-duplicate]")
    assert rows[2][3].startswith("[class-name-blanks]")
    assert [text.split("]")[0] for text in below] == ["[band-count-mismatch"]
    assert tally == "2 errors and 1 warning to look at."
    assert (mended, without_sign) == ("", True)


def test_rows_come_go_and_move(qgis: Qgis, demo: Path) -> None:
    names: List[List[str]] = told(
        qgis,
        """
told_names = []
def note():
    told_names.append([row[1] for row in table()])
for name in ("Add", "Add", "Add"):
    press(name)
note()
press("Up")
note()
press("Down")
note()
dialog._table.select(0)
press("Remove")
note()
dialog._table.clearSelection()
press("Up")
note()
tell(told_names)
""",
    )
    assert names == [
        ["Class 0", "Class 1", "Class 2"],
        ["Class 0", "Class 2", "Class 1"],
        ["Class 0", "Class 1", "Class 2"],
        ["Class 1", "Class 2"],
        ["Class 1", "Class 2"],
    ]


def test_classes_come_from_layers_files_and_the_model(qgis: Qgis, demo: Path) -> None:
    raster, vector, legend = demo / "map.asc", demo / "map.geojson", demo / "a.clr"
    raster.write_text(
        "ncols 3\nnrows 1\nxllcorner 0\nyllcorner 0\ncellsize 1\nNODATA_value -9999\n11 21 11\n"
    )
    vector.write_text(
        json.dumps({"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {"class": 3},
             "geometry": {"type": "Point", "coordinates": [0, 0]}}]})
    )  # fmt: skip
    legend.write_text("5 10 20 30\n6 40 50 60\n")
    answers: Dict[str, Any] = told(
        qgis,
        """
model, raster, vector, legend = arguments
told_tables = {}
press("From Layer")
layer = iface.layer = QgsRasterLayer(raster, "map")
press("From Layer")
layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, [
    QgsPalettedRasterRenderer.Class(11, QColor(1, 2, 3), "Water"),
    QgsPalettedRasterRenderer.Class(21, QColor(4, 5, 6), "Built"),
]))
press("From Layer")
told_tables["raster"] = table()
layer = iface.layer = QgsVectorLayer(vector, "points")
press("From Layer")
symbol = QgsMarkerSymbol.createSimple({"color": "9,8,7"})
layer.setRenderer(QgsCategorizedSymbolRenderer("class", [
    QgsRendererCategory(3, symbol.clone(), "Three"),
    QgsRendererCategory("4", symbol.clone(), ""),
    QgsRendererCategory(None, symbol.clone(), "all others"),
]))
press("From Layer")
told_tables["vector"] = table()
layer.setRenderer(QgsCategorizedSymbolRenderer("class", [
    QgsRendererCategory("text", symbol.clone(), "no number")]))
press("From Layer")
answers += [("", ""), (legend, ""), (model, "")]
press("From File\\u2026")
press("From File\\u2026")
told_tables["file"] = table()
told_tables["below"] = below()
press("From File\\u2026")
press("From Model")
told_tables["still"] = table()
dialog.open_model(model)
passing(lambda: dialog._model)
press("From Model")
told_tables["model"] = table()
told_tables["asked"] = [lines[0] for lines in asked if len(lines) == 1]
tell(told_tables)
iface.layer = layer = None
""",
        demo / MODEL, raster, vector, legend,
    )  # fmt: skip
    assert [row[:3] for row in answers["raster"]] == [
        ["11", "Water", [1, 2, 3]],
        ["21", "Built", [4, 5, 6]],
    ]
    assert [row[:3] for row in answers["vector"]] == [
        ["3", "Three", [9, 8, 7]],
        ["4", "Class 4", [9, 8, 7]],
    ]
    assert [row[:3] for row in answers["file"]] == [
        ["5", "Class 5", [10, 20, 30]],
        ["6", "Class 6", [40, 50, 60]],
    ]
    assert answers["still"] == answers["file"]
    assert len(answers["model"]) == 3
    no_layer, map_layer, points, categories, no_legend = answers["asked"]
    assert no_layer == "No layer is active. Select one in the panel Layers first."
    assert map_layer.startswith("[legend-not-recognised] The layer 'map' is neither")
    assert points == categories
    assert no_legend.startswith("[legend-not-recognised]")


def test_documents_are_opened_saved_and_not_lost(qgis: Qgis, demo: Path) -> None:
    answers: Dict[str, Any] = told(
        qgis,
        """
model, info, copy = arguments
notes = {}
answers += [("", ""), (model, ""), (info, ""), (copy.removesuffix(".json"), ""), (model, ""),
            ("", ""), QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
press("Open\\u2026")
press("Open\\u2026")
press("Open\\u2026")
notes["opened"] = [len(table()), dialog.isWindowModified(), dialog._classifier.currentText()]
dialog._batch.setValue(5)
passing()
press("Save")
press("Save As\\u2026")
dialog.open_model(model)
passing(lambda: dialog._model)
notes["rows kept"] = table()[0][1]
dialog._path = ""
press("Save")
press("Save")
dialog._classifier.setEditText("ONNX")
passing()
press("Close")
notes["still there"] = dialog.isVisible()
press("Close")
notes["gone"] = not dialog.isVisible()
notes["asked"] = asked
tell(notes)
""",
        demo / MODEL, demo / CLASS_INFO, demo / "copy.json",
    )  # fmt: skip
    before = json.loads((demo / CLASS_INFO).read_text())
    assert answers["opened"] == [3, False, "CNTK"]
    assert before["MiniBatchSize"] == 5
    assert json.loads((demo / "copy.json").read_text()) == before
    assert answers["rows kept"] == before["Classes"][0]["Name"]
    assert answers["still there"]
    assert answers["gone"]
    said = [lines[0].split("]")[0] for lines in answers["asked"] if len(lines) == 1]
    assert said == ["[document-not-json", "[output-is-input"]


def test_a_model_that_takes_long_is_looked_at_again(qgis: Qgis, demo: Path) -> None:
    answers = told(
        qgis,
        """
from dl2ecd.dl2ecd_core.pane.preview import Examined
real, calls = dialog._examiner, []
class Slow:
    def examine(self, model, info):
        calls.append(model)
        return Examined() if len(calls) < 3 else real.examine(model, info)
dialog._examiner = Slow()
dialog.open_model(arguments[0])
first = dialog._about.text()
passing(lambda: dialog._model)
tell([first, len(calls), dialog._about.text()])
""",
        demo / MODEL,
    )
    assert answers[0] == "Reading the model\u2026"
    assert answers[1] >= 3
    assert answers[2].startswith("Model: CNTK")


def test_converting_waits_for_a_name(qgis: Qgis, demo: Path) -> None:
    assert (
        told(
            qgis,
            """
dialog.open_model(arguments[0])
passing(lambda: dialog._model)
answers.append(("", ""))
press("Convert\\u2026")
tell(conversions)
""",
            demo / MODEL,
        )
        == []
    )


def test_a_model_that_is_none_is_said(qgis: Qgis, demo: Path) -> None:
    folder: List[str]
    *said, folder = told(
        qgis,
        """
info, missing = arguments
dialog.open_model(info)
passing(lambda: "Reading" not in dialog._about.text())
first = dialog._about.text()
dialog.open_model(missing)
passing(lambda: "Reading" not in dialog._about.text())
second = dialog._about.text()
dialog.open_model("")
passing()
tell([first, second, dialog._about.text(), dialog._folder()])
""",
        demo / CLASS_INFO,
        demo / "none.model",
    )
    assert "is a class information document, not a model" in said[0]
    assert said[1:] == [f"There is no file '{demo / 'none.model'}'.", ""]
    assert folder == str(demo)


def test_a_surprise_is_a_sentence(qgis: Qgis, demo: Path) -> None:
    said = told(
        qgis,
        """
import dl2ecd.dl2ecd_core.qgis.desktop.class_information as module
real = module.opened
def surprising(path):
    raise ZeroDivisionError("by 0")
module.opened = surprising
dialog.open_document(arguments[0])
module.opened = real
tell(asked)
""",
        demo / CLASS_INFO,
    )
    assert said[0][0].startswith("Opening the class information failed unexpectedly (ZeroDivision")
