"""Runs a package as ArcGIS does, where nothing is installed but NumPy and ONNX Runtime.

``python -I run_alone.py JOB.json`` in any environment; this file and arcgis.py beside it are all
that is needed. The job names the package's folder, a scene (.npz) and arguments; the result is
written beside it. What else is installed can't be imported.
"""

from __future__ import annotations

import importlib.machinery
import json
import sys
import sysconfig
from pathlib import Path
from typing import Any, Optional, Sequence

HERE = Path(__file__).absolute().parent
#: Of what is installed, what ArcGIS's deep learning libraries bring; ONNX Runtime takes flatbuffers
#: and the rest along.
ALLOWED = {"numpy", "onnxruntime", "coloredlogs", "flatbuffers", "google", "humanfriendly",
           "mpmath", "packaging", "sympy", "_distutils_hack", "arcgis"}  # fmt: skip


class NothingElse:
    """Refuses to find whatever else is installed."""

    def __init__(self) -> None:
        paths = sysconfig.get_paths()
        self.installed = {Path(paths[key]).resolve() for key in ("purelib", "platlib")}

    def find_spec(self, name: str, path: Optional[Sequence[str]] = None, target: Any = None) -> Any:
        """Nothing, so that the usual finders look on; or an error."""
        if path is None and name not in ALLOWED:
            found = importlib.machinery.PathFinder.find_spec(name)
            if found is None and name not in sys.builtin_module_names:
                return None
            origin = Path(getattr(found, "origin", None) or "/").resolve()
            if name == "dl2ecd_core" or self.installed & set(origin.parents):
                raise ImportError(f"{name} is not installed here", name=name)
        return None


def refused(function: Any, model: str, bands: int, *, detect: bool) -> None:
    """What a function must refuse with a sentence: no model, and another number of bands."""
    import numpy as np

    function.initialize(device=-1)
    for wrong in (function.getParameterInfo, lambda: function.initialize(model=f"{model}.none")):
        try:
            wrong()
        except RuntimeError as error:
            assert str(error)
            continue
        raise AssertionError("was not refused")
    function.initialize(model=model)
    function.getConfiguration()
    block = {"raster_pixels": np.zeros((bands + 1, 9, 9), "u1")}
    try:
        if detect:
            function.vectorize(**block)
        else:
            function.updatePixels((0, 0), (9, 9), {"pixelType": "i4"}, **block)
    except ValueError as error:
        assert f"gives {bands + 1} bands, the model takes {bands}" in str(error)
        return
    raise AssertionError("was not refused")


def main(job: Path) -> None:
    """Run a job."""
    told = json.loads(job.read_text())
    sys.path[:] = [one for one in sys.path if not one.endswith("dl2ecd")]
    sys.meta_path[:] = [one for one in sys.meta_path if "editable" not in repr(one).lower()]
    sys.meta_path.insert(0, NothingElse())  # type: ignore[arg-type]
    sys.path.insert(0, str(HERE))
    import arcgis
    import numpy as np

    for name in ("rasterio", "dl2ecd_core", "shapely", "onnx"):
        try:
            __import__(name)
        except ImportError:
            continue
        raise AssertionError(f"{name} can be imported")
    (function,) = Path(told["folder"]).glob("Ecd*.py")
    (model,) = Path(told["folder"]).glob("*.emd")
    with np.load(told["scene"]) as arrays:
        scene = arcgis.Scene(arrays["pixels"], arrays["valid"])
    refused(arcgis.loaded(str(function)), str(model), len(scene.pixels), detect=told["detect"])
    driver = arcgis.Driver(str(function), str(model), **told["arguments"])
    size = told.get("size") and tuple(told["size"])
    if told["detect"]:
        objects = driver.objects(scene, size=size)
        job.with_suffix(".out").write_text(json.dumps(objects))
    else:
        values, seen = driver.classified(scene, size=size)
        np.savez(job.with_suffix(".npz"), values=values, seen=seen)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
