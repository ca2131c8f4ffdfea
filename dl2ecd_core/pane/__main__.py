"""Pack the toolbox: ``python -m dl2ecd_core.pane DeepLearningTools.zip``."""

from __future__ import annotations

import sys

from ..findings.errors import Dl2EcdError
from .archive import write_archive

if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
    sys.exit("Give the zip to write: python -m dl2ecd_core.pane DeepLearningTools.zip")
try:
    write_archive(sys.argv[1])
except Dl2EcdError as error:
    sys.exit(str(error))
