"""The geoprocessing pane's door: what the tool in DeepLearningTools.pyt hands its work to.

Nothing here imports arcpy: the tool passes on what ArcGIS gave it.
"""

from __future__ import annotations

from .dialog import update_messages, update_parameters
from .execution import run

__all__ = ["run", "update_messages", "update_parameters"]
