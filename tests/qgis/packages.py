"""Small packages of the tests' own, as wheels in a folder."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Dict

from dl2ecd_core.qgis.bundled import Bundled


def wheel(folder: Path, name: str, version: str, files: Dict[str, str]) -> Bundled:
    """Write a wheel with these files and what belongs to every wheel."""
    about = f"{name}-{version}.dist-info"
    content = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/LICENSE": f"The licence of {name}.",
    }
    content[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in [*content, f"{about}/RECORD"])
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in content.items():
            archive.writestr(inner, text)
    return Bundled(name, version, hashlib.sha256(path.read_bytes()).hexdigest())


def unpacked(wheel_file: Path, folder: Path) -> None:
    """Install a wheel by hand."""
    with zipfile.ZipFile(wheel_file) as archive:
        archive.extractall(folder)
