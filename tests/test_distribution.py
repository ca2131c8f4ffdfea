"""What is packed: a wheel with the toolbox where ArcGIS Pro looks, and sources that are whole."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Dict, List, Set

import pytest

pytest.importorskip("setuptools", reason="packing is what setuptools does")

ROOT = Path(__file__).parents[1]
#: What belongs to the project at its top, where there may be anything else beside it.
TOP = (
    "*.cfg", "*.in", "*.md", "*.py", "*.pyt", "*.pyt.xml", "*.toml", "LICENSE",
    ".pre-commit-hooks.yaml", ".ruff.toml",
)  # fmt: skip
FOLDERS = ("dl2ecd_core", "tests", ".ci", ".github")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.py[cod]", ".*_cache", "toolboxes")
BUILD = "from setuptools import build_meta; build_meta.build_{}('out')"


def sources(root: Path) -> List[Path]:
    files = [path for pattern in TOP for path in root.glob(pattern)]
    for folder in FOLDERS:
        files += [path for path in (root / folder).rglob("*") if path.is_file()]
    return sorted(path.relative_to(root) for path in files)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, with its packages in the folder ``out``."""
    copy = tmp_path_factory.mktemp("project")
    for folder in FOLDERS:
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, copy / folder, ignore=_LEFT_OUT)
    for pattern in TOP:
        for path in ROOT.glob(pattern):
            shutil.copy(path, copy)
    for kind in ("sdist", "wheel"):
        command = [sys.executable, "-c", BUILD.format(kind)]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return copy


@pytest.fixture(scope="module")
def wheel(project: Path) -> Dict[str, bytes]:
    (path,) = (project / "out").glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def sdist(project: Path) -> Set[str]:
    (path,) = (project / "out").glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def test_the_wheel_has_the_toolbox_where_arcgis_pro_looks_for_it(wheel: Dict[str, bytes]) -> None:
    place = "dl2ecd_core/esri/toolboxes/"
    packed = {name[len(place) :]: data for name, data in wheel.items() if name.startswith(place)}
    files = {path.name: path.read_bytes() for path in ROOT.glob("DeepLearningTools*.pyt*")}
    assert len(files) == 5
    assert packed == files


def test_the_wheel_has_every_file_of_the_package(project: Path, wheel: Dict[str, bytes]) -> None:
    package = [path.as_posix() for path in sources(project) if path.parts[0] == "dl2ecd_core"]
    assert [name for name in package if name not in wheel] == []
    assert not [name for name in wheel if name.startswith(("tests", "setup"))]


def test_the_sources_are_whole(project: Path, sdist: Set[str]) -> None:
    missing = [path.as_posix() for path in sources(project) if path.as_posix() not in sdist]
    kept = [name for name in missing if not name.startswith(("out/", "build/"))]
    assert kept == []


def test_the_toolbox_is_committed_once(project: Path) -> None:
    assert not (project / "dl2ecd_core" / "esri").exists()
