"""The same tools in QGIS: a plugin with a Processing provider, and the command that packs it.

Everything here imports outside QGIS but what lies in :mod:`~dl2ecd_core.qgis.desktop`.
``python -m dl2ecd_core.qgis dl2ecd.zip`` packs the plugin.
"""

from __future__ import annotations

#: The plugin's folder in QGIS, and the id of its provider.
PLUGIN = "dl2ecd"
