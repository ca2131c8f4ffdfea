"""What ArcGIS and a Python raster function say to each other, as plain values.

https://github.com/Esri/raster-functions/wiki/PythonRasterFunction and
https://github.com/Esri/raster-deep-learning/tree/master/docs
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, List, Sequence, Tuple

#: ``getGeometryType``: polygons.
POLYGON = 4
#: ``inheritProperties``: no data, dimensions and resampling, not the pixel type.
INHERITED = 2 | 4 | 8
#: What ArcGIS calls the types of pixels.
PIXEL_TYPES = {"uint8": "u1", "uint16": "u2", "int16": "i2", "uint32": "u4", "int32": "i4"}
#: ``invalidateProperties``: statistics and histogram, which are those of the input.
INVALIDATED = 2 | 4
#: The lowest score of Esri's own detectors.
SCORE_THRESHOLD = 0.6

#: Name: type, label and text of each parameter, and its value where it has one.
_PARAMETERS: Dict[str, Tuple[Any, ...]] = {
    "raster": ("raster", "Raster", "Input Raster"),
    "model": (
        "string",
        "Input Model Definition (EMD) File",
        "Input model definition (EMD) JSON file",
    ),
    "device": ("numeric", "Device ID", "Device ID"),
    "padding": ("numeric", "Padding", "Padding", 0),
    "score_threshold": (
        "numeric",
        "Confidence Score Threshold [0.0, 1.0]",
        "Confidence score threshold value [0.0, 1.0]",
        SCORE_THRESHOLD,
    ),
    "batch_size": ("numeric", "Batch Size", "Batch Size", 1),
    "scaling": (
        "string",
        "Scaling",
        "How pixel values become what the model takes: min-max 0 255, scale 10000, or none",
        "",
    ),
}
_REQUIRED = ("raster", "model")
_NUMBER, _TEXT = "esriFieldTypeInteger", "esriFieldTypeString"


def parameters(*names: str) -> List[Dict[str, Any]]:
    """The parameters of these names, for ``getParameterInfo``.

    Examples
    --------
    >>> [(entry["name"], entry["required"]) for entry in parameters("raster", "device")]
    [('raster', True), ('device', False)]
    """
    listed = []
    for name in names:
        kind, label, text, *value = _PARAMETERS[name]
        entry = {"name": name, "dataType": kind, "required": name in _REQUIRED}
        entry.update({"displayName": label, "description": text})
        listed.append({**entry, "value": value[0]} if value else entry)
    return listed


def attribute_table(classes: Iterable[Tuple[int, str, Sequence[int]]]) -> str:
    """A raster attribute table of classes (value, name, color), for ``updateRasterInfo``."""
    names = ("Value", "Class", "Red", "Green", "Blue")
    rows = [
        dict(zip(("OID", *names), (number, value, name, *color)))
        for number, (value, name, color) in enumerate(classes, 1)
    ]
    kinds = {name: _TEXT if name == "Class" else _NUMBER for name in names}
    return _record_set({"OID": "esriFieldTypeOID", **kinds}, [{"attributes": row} for row in rows])


def data_type_of(pixel_type: str) -> str:
    """NumPy's name of a type of pixels; a few bits a pixel come as bytes."""
    return {"t": "uint8", "i": "int", "u": "uint", "f": "float"}[pixel_type[0]] + (
        "" if pixel_type[0] == "t" else str(8 * int(pixel_type[1:]))
    )


def fitting_types(values: Sequence[int]) -> List[str]:
    """The types of pixels that hold these values."""
    ends = {"f4": (-(1 << 24), 1 << 24), "f8": (-(1 << 53), 1 << 53)}
    for bits in (8, 16, 32):
        ends[f"u{bits // 8}"] = (0, (1 << bits) - 1)
        ends[f"i{bits // 8}"] = (-(1 << bits - 1), (1 << bits - 1) - 1)
    return [name for name, (low, high) in ends.items() if low <= min(values) <= max(values) <= high]


def object_fields() -> str:
    """The fields of the objects that ``vectorize`` gives, for ``getFields``."""
    kinds = {"OID": "esriFieldTypeOID", "Class": _TEXT, "Confidence": "esriFieldTypeDouble"}
    return json.dumps({"fields": _fields({**kinds, "Shape": "esriFieldTypeGeometry"})})


def objects(found: Iterable[Tuple[List[List[List[float]]], str, float]]) -> str:
    """Objects (rings of column and row, class, score) in image space, for ``vectorize``."""
    kinds = {"FID": "esriFieldTypeOID", "Class": _TEXT, "Confidence": "esriFieldTypeDouble"}
    features = [
        {
            "attributes": {"OID": number, "Class": name, "Confidence": score},
            "geometry": {"rings": rings},
        }
        for number, (rings, name, score) in enumerate(found, 1)
    ]
    return _record_set(kinds, features, geometryType="esriGeometryPolygon")


def _record_set(kinds: Dict[str, str], features: List[Dict[str, Any]], **more: str) -> str:
    told = {"displayFieldName": "", "fieldAliases": {name: name for name in kinds}}
    return json.dumps({**told, **more, "fields": _fields(kinds), "features": features})


def _fields(kinds: Dict[str, str]) -> List[Dict[str, str]]:
    return [{"name": name, "type": kind, "alias": name} for name, kind in kinds.items()]
