"""The plugin as the zip that QGIS installs: one folder, the package inside, and what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Mapping, Optional, Union

from ..files.zipped import PACKAGE, package_files, write_zip
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

#: Files of this folder that QGIS looks for beside the plugin's code.
_BESIDE = ("LICENSE", "icon.svg", "metadata.txt")
#: QGIS's installer takes the folder of a second metadata.txt for the plugin's; and nobody looks at
#: the picture there.
_ONCE = ("qgis/metadata.txt", "qgis/in_qgis.png")


def write_archive(
    target: Union[str, Path], wheels: Optional[Path] = None, *, overwrite: bool = False
) -> None:
    """Write the plugin's zip, whole or not at all; the same content gives the same bytes.

    Parameters
    ----------
    wheels
        A folder with the wheels of the packages that belong into it, where this Python does not
        have them.
    overwrite
        Replace whatever file is there, not only an earlier zip.

    Raises
    ------
    BundleError
        When the packages that belong into it are not to be had.
    Dl2EcdError
        When it can't be written.
    """
    write_zip(target, archive_files(bundled_files(wheels)), overwrite=overwrite)


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
    for path, data in package_files().items():
        if path not in _ONCE:
            files[f"{PLUGIN}/{PACKAGE.name}/{path}"] = data
    for path, data in bundled.items():
        files[f"{PLUGIN}/packages/{path}"] = data
    return files
