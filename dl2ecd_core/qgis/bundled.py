"""The packages that the plugin carries, for a QGIS whose Python has no jsonschema.

They are other people's, so they are not kept here: they are taken when the zip is packed, from
the Python that packs it if it has the very versions (``pip install 'dl2ecd[qgis]'``), else from a
folder with their wheels. Nothing is downloaded here.

jsonschema 4.17.3 is the last one that is Python alone; later ones need a compiled part, which
would have to be one for every system and version of Python.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Dict, NamedTuple, Optional


class Bundled(NamedTuple):
    """A package, as the wheel for every system that PyPI has of it."""

    name: str
    version: str
    sha256: str

    @property
    def wheel(self) -> str:
        """The wheel's file name."""
        return f"{self.name}-{self.version}-py3-none-any.whl"


BUNDLED = (
    Bundled("attrs", "23.2.0", "99b87a485a5820b23b879f04c2305b44b951b502fd64be915879d77a7e8fc6f1"),
    Bundled(
        "jsonschema", "4.17.3", "a870ad254da1a8ca84b6a2905cac29d265f805acc57af304784962a2aa6508f6"
    ),
    Bundled(
        "pyrsistent", "0.20.0", "c55acc4733aad6560a7f5f818466631f07efc001fd023f34a6c203f8b6df0f0b"
    ),
)

#: Left out: tests, types, what pip writes, and compiled parts, which these packages do without.
_LEFT_OUT = re.compile(
    r"(^|/)(tests|benchmarks|__pycache__)/|^\.\.|\.(pyi|pyc|so|pyd)$|py\.typed$"
    r"|\.dist-info/(?!METADATA$|licenses/|LICEN[CS]E|COPYING)"
)


class BundleError(Exception):
    """The packages can't be had; says what to do."""


def bundled_files(wheels: Optional[Path] = None) -> Dict[str, bytes]:
    """Names and contents of all of them, their licences among them.

    Parameters
    ----------
    wheels
        A folder with the wheels of those that this Python does not have.

    Raises
    ------
    BundleError
        When this Python has other versions, and the folder not the very wheels.
    """
    files: Dict[str, bytes] = {}
    missing = []
    for package in BUNDLED:
        found = _installed(package)
        if found is None and wheels is not None:
            found = _from_wheel(wheels / package.wheel, package)
        if found is None:
            missing.append(f"{package.name}=={package.version}")
        else:
            files.update(found)
    if missing:
        raise BundleError(
            f"The plugin carries {', '.join(missing)}, which this Python does not have. Either "
            "pack with one that has: pip install 'dl2ecd[qgis]'. Or get the wheels into a folder, "
            f"and name it after the zip: pip download --no-deps --only-binary=:all: --platform any "
            f"--dest wheels {' '.join(missing)}"
        )
    return files


def _installed(package: Bundled) -> Optional[Dict[str, bytes]]:
    """The files of an installed package; None where this Python has not the very version."""
    try:
        found: Distribution = distribution(package.name)
    except PackageNotFoundError:
        return None
    if found.version != package.version:
        return None
    files = {}
    for path in found.files or ():
        name = path.as_posix()
        if not _LEFT_OUT.search(name):
            files[name] = Path(str(found.locate_file(path))).read_bytes()
    return files or None


def _from_wheel(wheel: Path, package: Bundled) -> Optional[Dict[str, bytes]]:
    """The files of a wheel; None where it is not there."""
    if not wheel.is_file():
        return None
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != package.sha256:
        raise BundleError(f"{wheel} is not the file that this version of dl2ecd knows.")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        return {name: archive.read(name) for name in names if not _LEFT_OUT.search(name)}
