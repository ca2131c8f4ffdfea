"""Objects on their way from a worker: numbers and texts alone."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from ..objects.found import Objects


def plain_objects(objects: Objects) -> Dict[str, Any]:
    """For the client; outlines as hexadecimal well-known binary."""
    import shapely

    outlines = objects.outlines
    return {
        "corners": objects.corners.astype("float64").tolist(),
        "scores": objects.scores.astype("float64").tolist(),
        "labels": objects.labels.astype("int64").tolist(),
        "turned": bool(objects.turned),
        "outlines": None if outlines is None else shapely.to_wkb(outlines, hex=True).tolist(),
    }


def objects_of(plain: Mapping[str, Any]) -> Objects:
    """As they come back."""
    import numpy
    import shapely

    outlines = plain["outlines"]
    return Objects(
        numpy.array(plain["corners"], "float64").reshape(-1, 4, 2),
        numpy.array(plain["scores"], "float64"),
        numpy.array(plain["labels"], "int64"),
        plain["turned"],
        outlines=None if outlines is None else shapely.from_wkb(numpy.array(outlines, object)),
    )
