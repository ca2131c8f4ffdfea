"""The folder of an .mlpackage: which of its files is the model.

https://github.com/apple/coremltools/blob/main/modelpackage/src/ModelPackage.hpp
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Optional

from ..files.plain_files import is_plain
from ..wire.json_data import whole_number

#: The file that makes a folder a package.
MANIFEST = "Manifest.json"
_LONGEST_MANIFEST = 1 << 20


def root_model(folder: Path) -> Optional[Path]:
    """The model that a package's Manifest.json names; None when there is none inside the folder."""
    manifest = folder / MANIFEST
    try:
        if not is_plain(manifest) or manifest.stat().st_size > _LONGEST_MANIFEST:
            return None
        content = json.loads(manifest.read_bytes(), parse_int=whole_number)
        path = content["itemInfoEntries"][content["rootModelIdentifier"]]["path"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(path, str) or "\\" in path or ":" in path or "\0" in path:
        return None
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts:
        return None
    model = folder / "Data" / pure
    return model if is_plain(model) else None


def package_of(model: Path) -> Optional[Path]:
    """The package whose model this file is; None when it lies in none."""
    for folder in list(model.absolute().parents)[:4]:
        found = root_model(folder)
        if found is not None and found.absolute() == model.absolute():
            return model.parents[len(model.absolute().relative_to(folder).parts) - 1]
    return None
