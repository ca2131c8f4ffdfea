"""What QGIS's own Python may lack, and how to get it: nothing is installed by the plugin itself."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import NamedTuple, Optional

#: What to do when a part of the plugin can't be loaded.
REINSTALL = (
    "Install the plugin again from its zip (Plugins > Manage and Install Plugins > Install from "
    "ZIP), then restart QGIS."
)


class Runtime(NamedTuple):
    """A library that runs models.

    Attributes
    ----------
    package
        Its name on PyPI.
    module
        What it is imported as.
    """

    package: str
    module: str


#: What runs models, and what finds objects, by the names that people know.
RUNTIMES = {
    "ONNX Runtime": Runtime("onnxruntime", "onnxruntime"),
    "OpenVINO": Runtime("openvino", "openvino"),
    "LiteRT": Runtime("ai-edge-litert", "ai_edge_litert"),
    "shapely": Runtime("shapely", "shapely"),
}


def use_bundled(packages: Path) -> None:
    """Let Python find the packages that the plugin carries, where QGIS has no jsonschema.

    They come last on the path: nothing that QGIS has is ever replaced by them.
    """
    if is_there("jsonschema") or str(packages) in sys.path:
        return
    sys.path.append(str(packages))


def is_there(name: str) -> bool:
    """Whether a module can be imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def how_to_install(
    package: str, platform: Optional[str] = None, numpy: Optional[str] = None
) -> str:
    """How a person gets a package into QGIS's Python.

    Parameters
    ----------
    package
        Its name on PyPI.
    platform
        As ``sys.platform``; this system's by default.
    numpy
        The version of NumPy that QGIS has: what is installed must not replace it.
    """
    wanted = f"{package} numpy=={numpy}" if numpy else package
    system = platform or sys.platform
    if system == "win32":
        return (
            "In the start menu, open the OSGeo4W Shell that lies beside QGIS and type: "
            f"python -m pip install {wanted} - then restart QGIS."
        )
    if system == "darwin":
        return (
            "In Terminal, type: /Applications/QGIS.app/Contents/MacOS/bin/python3 -m pip install "
            f"{wanted} - then restart QGIS."
        )
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return (
        "In a terminal, make an environment of its own, since Debian's pip leaves the system's "
        "alone: python3 -m venv --system-site-packages ~/qgis-packages && "
        f"~/qgis-packages/bin/pip install {wanted} - then start QGIS with "
        f"PYTHONPATH=~/qgis-packages/lib/{version}/site-packages qgis (or give that path, "
        "in full, as PYTHONPATH in Settings > Options > System > Environment)."
    )


def numpy_version() -> Optional[str]:
    """The version of QGIS's NumPy; None where it has none."""
    try:
        import numpy
    except ImportError:
        return None
    return str(numpy.__version__)
