"""The toolbox's help: one source of text, written as the metadata files that ArcGIS reads.

``python -m dl2ecd_core.help`` writes them beside the toolbox.
"""

from __future__ import annotations

from .metadata import help_files

__all__ = ["help_files"]
