"""The plugin as the zip that QGIS installs: one folder, the package inside, and what it needs."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Dict, Mapping, Optional, Union

from ..files.output import check_target, whole_file
from . import PLUGIN
from .bundled import bundled_files

#: What QGIS imports as the plugin; everything else is imported from here, relatively, so that
#: another dl2ecd_core on Python's path is never taken for this one.
_ENTRY = '''\
"""Deep Learning Tools: models and class information become classifier definitions (.ecd)."""

from pathlib import Path


def classFactory(iface):
    """Called by QGIS when it loads the plugin."""
    from .dl2ecd_core.qgis.desktop.plugin import Plugin

    return Plugin(iface, Path(__file__).parent / "packages")
'''

_PACKAGE = Path(__file__).parents[1]
#: Files of this folder that QGIS looks for beside the plugin's code.
_BESIDE = ("LICENSE", "icon.svg", "metadata.txt")
#: No zip can say an earlier date. Always the same, so that the same content gives the same bytes.
_DATE = (1980, 1, 1, 0, 0, 0)


def write_archive(target: Union[str, Path], wheels: Optional[Path] = None) -> None:
    """Write the plugin's zip, whole or not at all; the same content gives the same bytes.

    Parameters
    ----------
    wheels
        A folder with the wheels of the packages that belong into it, where this Python does not
        have them.

    Raises
    ------
    BundleError
        When the packages that belong into it are not to be had.
    Dl2EcdError
        When it can't be written.
    """
    check_target(target)
    content = archive_files(bundled_files(wheels))
    with whole_file(target) as output, zipfile.ZipFile(output, "w") as archive:
        for name, data in sorted(content.items()):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)


def archive_files(bundled: Mapping[str, bytes]) -> Dict[str, bytes]:
    """Names and contents of the zip.

    Parameters
    ----------
    bundled
        Names and contents of what goes into its folder of packages.
    """
    files = {f"{PLUGIN}/__init__.py": _ENTRY.encode("ascii")}
    for name in _BESIDE:
        files[f"{PLUGIN}/{name}"] = (Path(__file__).parent / name).read_bytes()
    for path, data in _package_files().items():
        files[f"{PLUGIN}/{_PACKAGE.name}/{path}"] = data
    for path, data in bundled.items():
        files[f"{PLUGIN}/packages/{path}"] = data
    return files


def _package_files() -> Dict[str, bytes]:
    """This package, from wherever it is installed, without what Python compiled."""
    files = {}
    for folder, folders, names in os.walk(_PACKAGE):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in names:
            path = Path(folder, name)
            files[path.relative_to(_PACKAGE).as_posix()] = path.read_bytes()
    return files
