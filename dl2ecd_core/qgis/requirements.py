"""What QGIS's own Python may lack, and how to get it: nothing is installed by the plugin itself."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

#: What to do when a part of the plugin can't be loaded.
REINSTALL = (
    "Install the plugin again from its zip (Plugins > Manage and Install Plugins > Install from "
    "ZIP), then restart QGIS."
)


def use_bundled(packages: Path) -> None:
    """Let Python find the packages that the plugin carries, where QGIS has no jsonschema.

    They come last on the path: nothing that QGIS has is ever replaced by them.
    """
    if _is_there("jsonschema") or str(packages) in sys.path:
        return
    sys.path.append(str(packages))


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
