"""What a result is the result of: an unfinished one is gone on with only where all is alike."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Dict, Optional, Sequence

from ...examination import AnyPath
from ...scaling.steps import Scaling
from ...version import __version__
from ..classifier import Classifier
from ..opening import OpenedModel
from ..rasters.raster import Window
from ..rasters.scene import Scene
from ..tiles.placement import Placement


def scene_key(scene: AnyPath, reader: Scene) -> Dict[str, Any]:
    """Which scene it is of."""
    return {
        "scene": [os.path.realpath(scene), reader.height, reader.width],
        "changed": reader.stamps.key(),
    }


def model_key(opened: OpenedModel, bands: Sequence[int], scaling: Scaling) -> Dict[str, Any]:
    """Which model it is of, and what went into it."""
    document = json.dumps(opened.ecd.document, sort_keys=True, default=str)
    files = []
    for part in opened.model.files:
        digest = hashlib.sha256()
        with part.location.open("rb") as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                digest.update(piece)
        files.append([part.path, digest.hexdigest()])
    return {
        "version": __version__,
        "document": hashlib.sha256(document.encode()).hexdigest(),
        "files": files,
        "bands": list(bands),
        "scaling": [step.as_dict() for step in scaling.steps],
    }


def work_key(
    opened: OpenedModel, classifier: Classifier, window: Window, aoi: Optional[AnyPath]
) -> Dict[str, Any]:
    """What a map is the result of beside its scene."""
    fitted = classifier.fitted
    return {
        **model_key(opened, classifier.bands, classifier.scaling),
        "values": str(classifier.values),
        "window": str(window),
        "tiles": [_lying(fitted.rows), _lying(fitted.columns)],
        "aoi": area_key(aoi),
    }


def _lying(placement: Placement) -> str:
    """How a model's output lies over its tiles.

    Of tiles that are put side by side the size is no matter: it is larger where more memory is
    free, and the result is the same.
    """
    if not placement.step:
        return str(placement)
    return f"scale {placement.scale}, start {placement.start}, stride {placement.stride}"


def area_key(aoi: Optional[AnyPath]) -> Optional[str]:
    """Which area of interest; None without one."""
    return None if aoi is None else hashlib.sha256(Path(aoi).read_bytes()).hexdigest()
