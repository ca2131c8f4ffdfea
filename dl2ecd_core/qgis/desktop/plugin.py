"""The plugin: its provider, and in QGIS's window its menu."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from qgis.core import QgsApplication
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction

from ...help.text import CONVERT, TOOLBOX
from .. import PLUGIN
from ..requirements import use_bundled
from .algorithm import ICON
from .provider import Provider


class Plugin:
    """What QGIS loads.

    Parameters
    ----------
    iface
        QGIS's window; None in qgis_process.
    packages
        The folder of the packages that the plugin carries.
    """

    def __init__(self, iface: Any, packages: Path) -> None:
        self._iface = iface
        self._provider: Optional[Provider] = None
        self._action: Any = None
        self._dialog: Any = None
        use_bundled(packages)

    def initProcessing(self) -> None:
        """Add the provider; all that qgis_process asks for."""
        self._provider = Provider()
        QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self) -> None:
        """Add everything."""
        self.initProcessing()
        self._action = QAction(QIcon(ICON), "Class Information\u2026", self._iface.mainWindow())
        self._action.triggered.connect(self.show_class_information)
        self._iface.addPluginToRasterMenu(TOOLBOX.label, self._action)

    def unload(self) -> None:
        """Take everything away."""
        if self._action is not None:
            self._iface.removePluginRasterMenu(TOOLBOX.label, self._action)
            self._action = None
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None

    def show_class_information(self) -> Any:
        """Open the dialog, or show the one that is open already."""
        from .class_information import ClassInformationDialog

        if self._dialog is None:
            self._dialog = ClassInformationDialog(self._iface, self._open_conversion)
        self._dialog.show()
        self._dialog.raise_()
        return self._dialog

    def _open_conversion(self, model: str, class_info: str) -> None:
        import processing

        names = [item.name for item in CONVERT.parameters]
        given = {name: path for name, path in zip(names, (model, class_info)) if path}
        processing.execAlgorithmDialog(f"{PLUGIN}:{CONVERT.name.lower()}", given)
