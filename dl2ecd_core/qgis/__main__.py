"""Pack the plugin: ``python -m dl2ecd_core.qgis dl2ecd.zip``, and a folder of wheels if need be."""

from __future__ import annotations

import sys
from pathlib import Path

from ..files.packing import packer, written
from ..findings.errors import Dl2EcdError
from .archive import write_archive
from .bundled import BundleError

parser = packer(
    "dl2ecd_core.qgis",
    "Pack the plugin for QGIS, which installs it from the zip.",
    "for example dl2ecd.zip",
)
parser.add_argument(
    "wheels",
    nargs="?",
    type=Path,
    help="a folder with wheels of the packages that belong into it, where this Python lacks them",
)
given = parser.parse_args()
try:
    write_archive(given.zip, given.wheels, overwrite=given.overwrite)
except (BundleError, Dl2EcdError) as error:
    sys.exit(str(error))
sys.stdout.write(written(given.zip))
