"""Pack the toolbox: ``python -m dl2ecd_core.pane DeepLearningTools.zip``."""

from __future__ import annotations

import sys

from ..files.packing import packer, written
from ..findings.errors import Dl2EcdError
from .archive import write_archive

parser = packer(
    "dl2ecd_core.pane",
    "Pack the toolbox for ArcGIS Pro with the package that it needs: unpacked anywhere, it can be "
    "added to a project.",
    "for example DeepLearningTools.zip",
)
given = parser.parse_args()
try:
    write_archive(given.zip, overwrite=given.overwrite)
except Dl2EcdError as error:
    sys.exit(str(error))
sys.stdout.write(written(given.zip))
