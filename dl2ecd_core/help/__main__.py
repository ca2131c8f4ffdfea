"""Write the help files beside the toolbox, or into the folder given."""

from __future__ import annotations

import sys
from pathlib import Path

from . import help_files

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2]
if len(sys.argv) == 1 and not (folder / "DeepLearningTools.pyt").is_file():
    sys.exit("DeepLearningTools.pyt is not beside the package: name the folder to write to.")
for name, content in help_files().items():
    (folder / name).write_bytes(content)
