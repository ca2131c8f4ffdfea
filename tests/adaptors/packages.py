"""Packages that are exported, unpacked elsewhere, and run where this project is not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.exports import export
from dl2ecd_core.findings import Finding
from tests.adaptors.arcgis import Scene

#: Further interpreters with NumPy and ONNX Runtime alone, parted as paths are.
PYTHONS = [one for one in os.environ.get("DL2ECD_PRO_PYTHONS", "").split(os.pathsep) if one]


def unpacked(ecd: Path, folder: Path) -> Tuple[Path, Tuple[Finding, ...]]:
    """The package of a definition in a folder of its own, and what was said of it."""
    folder.mkdir(exist_ok=True)
    package = folder.with_suffix(".dlpk")
    findings = export(read_ecd(ecd), "dlpk", package, as_onnx=True)
    with zipfile.ZipFile(package) as packed:
        packed.extractall(folder)
    return folder, findings


def definition_in(folder: Path) -> Path:
    """The one model definition of a package."""
    (found,) = folder.glob("*.emd")
    return found


def changed(folder: Path, **changes: Any) -> Path:
    """The definition of a package with other values of these keys; of ``told`` those within."""
    path = definition_in(folder)
    document = json.loads(path.read_text())
    document["Dl2Ecd"].update(changes.pop("told", {}))
    document.update(changes)
    path.write_text(json.dumps(document))
    return path


def run_alone(
    package: Path,
    scene: Scene,
    work: Path,
    *,
    python: str = sys.executable,
    detect: bool = False,
    size: Optional[Tuple[int, int]] = None,
    **arguments: Any,
) -> Any:
    """What a package gives for a scene in a process that knows nothing of this project."""
    work.mkdir(exist_ok=True)
    for name in ("arcgis.py", "run_alone.py"):
        shutil.copy(Path(__file__).with_name(name), work)
    valid = np.ones(scene.pixels.shape[1:], bool) if scene.valid is None else scene.valid
    np.savez(work / "scene.npz", pixels=scene.pixels, valid=valid)
    job: Dict[str, Any] = {
        "folder": str(package),
        "scene": str(work / "scene.npz"),
        "arguments": arguments,
        "detect": detect,
        "size": size,
    }
    (work / "job.json").write_text(json.dumps(job))
    command: List[str] = [python, "-I", "run_alone.py", "job.json"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    if detect:
        return json.loads((work / "job.out").read_text())
    with np.load(work / "job.npz") as arrays:
        return arrays["values"], arrays["seen"]
