"""The plugin: its provider, and in QGIS's window its menu."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from qgis.core import QgsApplication

from ..requirements import use_bundled
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
        use_bundled(packages)

    def initProcessing(self) -> None:
        """Add the provider; all that qgis_process asks for."""
        self._provider = Provider()
        QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self) -> None:
        """Add everything."""
        self.initProcessing()

    def unload(self) -> None:
        """Take everything away."""
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None
