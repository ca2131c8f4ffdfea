"""What only runs inside QGIS: the plugin, its provider and algorithms, and its dialog.

Kept to what QGIS's classes ask for. What the algorithms do, and what the dialog knows, lies in the
modules above, which need no QGIS.
"""
