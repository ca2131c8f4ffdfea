"""Pack the plugin: ``python -m dl2ecd_core.qgis dl2ecd.zip``, and a folder of wheels if need be."""

from __future__ import annotations

import sys
from pathlib import Path

from ..findings.errors import Dl2EcdError
from .archive import write_archive
from .bundled import BundleError

if not 2 <= len(sys.argv) <= 3 or sys.argv[1].startswith("-"):
    sys.exit("Give the plugin's file: python -m dl2ecd_core.qgis dl2ecd.zip [folder with wheels]")
try:
    write_archive(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) == 3 else None)
except (BundleError, Dl2EcdError) as error:
    sys.exit(str(error))
