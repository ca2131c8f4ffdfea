"""The geoprocessing pane's door: what the tool in DeepLearningTools.pyt hands its work to.

Nothing here imports arcpy: the tool passes on what ArcGIS gave it.
"""

from __future__ import annotations

from .dialog import update_messages, update_parameters
from .execution import run
from .model_runs import CLASSIFY, DETECT, run_model, update_run_messages, update_run_parameters

__all__ = [
    "CLASSIFY",
    "DETECT",
    "run",
    "run_model",
    "update_messages",
    "update_parameters",
    "update_run_messages",
    "update_run_parameters",
]
