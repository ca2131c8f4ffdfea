"""Classify, as ArcGIS loads it: a Python raster function in a file of the class's name.

Keep the folder ``dl2ecd_core`` around this file whole.
"""

from __future__ import annotations

import sys
from pathlib import Path

_HOME = str(Path(__file__).absolute().parents[2])
if _HOME not in sys.path:
    # ArcGIS loads this file alone: the package around it must be found.
    sys.path.append(_HOME)

from dl2ecd_core.adaptors.classifying import Classification  # noqa: E402


class Classify(Classification):
    """Classifies each pixel with the model of an .ecd, .emd or .dlpk."""
