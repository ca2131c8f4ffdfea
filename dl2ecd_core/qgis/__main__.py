"""Pack the plugin: ``python -m dl2ecd_core.qgis dl2ecd.zip``."""

from __future__ import annotations

import sys

from ..findings.errors import Dl2EcdError
from .archive import write_archive
from .bundled import BundleError

if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
    sys.exit("Give the plugin's file: python -m dl2ecd_core.qgis dl2ecd.zip")
try:
    write_archive(sys.argv[1])
except (BundleError, Dl2EcdError) as error:
    sys.exit(str(error))
