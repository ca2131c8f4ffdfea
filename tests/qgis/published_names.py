"""Names of QGIS's and Qt's published API that the plugin uses.

Those of Qt are in the type stubs of PyQt6 6.12 as well as in PyQt5 5.15. Those of QGIS are in 3.22
(https://api.qgis.org/api/3.22/), where a test looks for them. Members of enumerations that later
versions moved to the class Qgis are used by the names that QGIS keeps for them
(python/core/auto_additions and python/PyQt6/core/auto_additions in its sources).
"""

from __future__ import annotations

from typing import Dict, FrozenSet

PUBLISHED: Dict[str, FrozenSet[str]] = {
    "qgis.core": frozenset(
        """
        QgsApplication QgsApplication.processingRegistry
        QgsCategorizedSymbolRenderer QgsFeatureRequest
        QgsProcessing QgsProcessing.TypeVectorPolygon
        QgsProcessingAlgorithm QgsProcessingException QgsProcessingProvider
        QgsProcessingLayerPostProcessorInterface
        QgsProcessingOutputLayerDefinition QgsProcessingOutputNumber QgsProcessingOutputString
        QgsProcessingParameterBoolean QgsProcessingParameterEnum QgsProcessingParameterExtent
        QgsProcessingParameterFeatureSource QgsProcessingParameterVectorDestination
        QgsProcessingParameterFile QgsProcessingParameterFileDestination
        QgsProcessingParameterNumber QgsProcessingParameterNumber.Double
        QgsProcessingParameterRasterDestination QgsProcessingParameterRasterLayer
        QgsProcessingParameterString
        QgsProcessingParameterDefinition QgsProcessingParameterDefinition.FlagAdvanced
        QgsProviderRegistry QgsProviderRegistry.instance
        QgsRasterLayer QgsSettings QgsVectorLayer
        """.split()  # noqa: SIM905
    ),
    "qgis.gui": frozenset(("QgsColorButton", "QgsFileWidget")),
    "qgis.PyQt.QtCore": frozenset(
        """
        QSize QTimer Qt
        Qt.AlignmentFlag.AlignRight Qt.AlignmentFlag.AlignVCenter
        Qt.ItemFlag.ItemIsEnabled Qt.ItemFlag.ItemIsSelectable
        Qt.TextFormat.PlainText
        """.split()  # noqa: SIM905
    ),
    "qgis.PyQt.QtGui": frozenset(("QColor", "QIcon")),
    "qgis.PyQt.QtWidgets": frozenset(
        """
        QAbstractItemView QAbstractItemView.SelectionBehavior.SelectRows
        QAction QApplication QApplication.style QComboBox QDialog
        QDialogButtonBox QDialogButtonBox.ButtonRole.ActionRole
        QDialogButtonBox.StandardButton.Close
        QFileDialog QFileDialog.getOpenFileName QFileDialog.getSaveFileName
        QFormLayout QHBoxLayout QHeaderView QHeaderView.ResizeMode.Interactive
        QLabel QListWidget QListWidgetItem
        QMessageBox QMessageBox.Icon.Warning QMessageBox.StandardButton.Yes QMessageBox.question
        QPushButton
        QSizePolicy QSizePolicy.Policy.Maximum QSizePolicy.Policy.Preferred
        QSpinBox
        QStyle QStyle.StandardPixmap.SP_MessageBoxCritical
        QStyle.StandardPixmap.SP_MessageBoxInformation QStyle.StandardPixmap.SP_MessageBoxWarning
        QTableWidget QTableWidgetItem QVBoxLayout QWidget
        """.split()  # noqa: SIM905
    ),
}
