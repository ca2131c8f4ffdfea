"""The JSON documents that the commands print with ``--json``, as JSON Schemas.

``python -m dl2ecd_core.schemas`` writes them beside this file. A key that is here keeps its name,
place and meaning; new ones come beside it. What is not required is there only when asked for.
Schema dialect: JSON Schema Draft 2020-12, https://json-schema.org/draft/2020-12.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Sequence

from ..findings import Severity
from ..models import Content, Evidence, Role
from ..models.detectors.head import BoxCoding, HeadKind, Holds

_Schema = Dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _text(meaning: str) -> _Schema:
    return {"type": "string", "description": meaning}


def _number(meaning: str, minimum: Optional[int] = None) -> _Schema:
    lowest = {} if minimum is None else {"minimum": minimum}
    return {"type": "integer", "description": meaning, **lowest}


def _truth(meaning: str) -> _Schema:
    return {"type": "boolean", "description": meaning}


def _list(items: _Schema, meaning: str) -> _Schema:
    return {"type": "array", "items": items, "description": meaning}


def _or_null(schema: _Schema) -> _Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _object(
    properties: Mapping[str, _Schema], *, optional: Sequence[str] = (), meaning: str = ""
) -> _Schema:
    required = [name for name in properties if name not in optional]
    described = {"description": meaning} if meaning else {}
    return {"type": "object", **described, "properties": dict(properties), "required": required}


_PLACE = _object(
    {
        "file": _text("The file, as it was given."),
        "line": _number("Line of a text file, from 1.", 1),
        "column": _number("Column of a text file, from 1.", 1),
        "path": _text("JSON path of the value, such as $.Classes[3].Name."),
        "tensor": _text("Name of an input or output of the model."),
        "offset": _number("Byte of a binary file, from 0.", 0),
    },
    optional=("file", "line", "column", "path", "tensor", "offset"),
    meaning="Where it was found, as far as that applies.",
)
_FINDING = _object(
    {
        "rule": _text("Stable id of the rule, such as class-count-mismatch."),
        "severity": {
            "enum": [severity.value for severity in Severity],
            "description": "Errors refuse; warnings do with --strict; information never does.",
        },
        "message": _text("What is wrong, for people."),
        "hint": _text("What to do about it; empty where there is nothing to do."),
        "where": _PLACE,
    },
    meaning="One statement about the input.",
)
_FINDINGS = _list({"$ref": "#/$defs/finding"}, "Everything that was found, the errors first.")
_OK = _truth("Whether the command's job is done; the exit code is 0 then, else 1.")
_ALLOWED = _list(
    _text("A rule's id."), "Rules whose warnings --strict would refuse, and that were allowed."
)
_HEAD: Dict[str, _Schema] = {
    "tool": {"const": "dl2ecd", "description": "What printed the document."},
    "version": _text("The tool's version."),
    "schema_version": {
        "const": 1,
        "description": "Raised when a key changes its name, place or meaning.",
    },
}
_SIZE = _number("In bytes.", 0)
_TENSOR = _object(
    {
        "name": _or_null(_text("As the framework's Python API has it.")),
        "shape": {
            "type": ["array", "null"],
            "items": {"type": ["integer", "null"]},
            "description": "In the framework's order; null for what is not fixed or not known.",
        },
        "axes": _or_null(_text("A letter for each dimension: N, C, H, W or ?.")),
        "data_type": _or_null(_text("NumPy's name, or the format's own.")),
        "evidence": {
            "enum": [*(item.value for item in Evidence), None],
            "description": "Whether the file declares the shape or it was worked out.",
        },
        "role": {"enum": [item.value for item in Role], "description": "What it is for."},
        "content": {
            "enum": [*(item.value for item in Content), None],
            "description": "What an output's numbers are; null when that is not known.",
        },
    }
)
_SIGNATURE = _object(
    {
        "name": _text("As callers use it."),
        "inputs": _list({"$ref": "#/$defs/tensor"}, "What goes in."),
        "outputs": _list({"$ref": "#/$defs/tensor"}, "What comes out."),
    },
    meaning="One of several functions that a model offers.",
)
_COLUMNS = _object(
    {
        "holds": {"enum": [item.value for item in Holds], "description": "What the numbers are."},
        "count": _or_null(_number("How many they are.", 1)),
    }
)
_CELLS = _object(
    {
        "stretch": {
            "type": "number",
            "description": "Of places around the middle of their cell: Darknet's scale_x_y.",
        },
        "activated": _truth("Whether numbers come as shares: Darknet's new_coords."),
        "exclusive": _truth("Whether the scores of classes add up to 1, as YOLOv2 has them."),
    }
)
_DETECTOR = _object(
    {
        "kind": {
            "enum": [item.value for item in HeadKind],
            "description": "How far the network goes by itself from scores to objects.",
        },
        "class_count": _or_null(_number("Where names or the layout leave no choice.", 1)),
        "columns": _list(_COLUMNS, "What a row holds, in order."),
        "columns_axis": _or_null(_number("The output's axis along which the columns lie.", 0)),
        "anchors": _or_null(_number("Anchors of a cell.", 1)),
        "box_coding": {
            "enum": [*(item.value for item in BoxCoding), None],
            "description": "What the four numbers of a box are.",
        },
        "normalized": _or_null(_truth("Whether boxes are fractions of the tile.")),
        "task": _or_null(_text("detect, segment, pose or obb.")),
        "strides": _list(_number("Pixels.", 1), "Pixels of the tile for each cell."),
        "image_size": {
            "type": ["array", "null"],
            "items": {"type": "integer"},
            "description": "Rows and columns of the tile that the exporter notes.",
        },
        "anchor_sizes": {
            "type": "array",
            "items": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
            "description": "For each grid, width and height of its anchors in pixels of the tile.",
        },
        "cells": _list(
            _CELLS, "How the cells of each grid are read; empty where all are as YOLOv3's."
        ),
    },
    meaning="How objects are read from a detector's outputs.",
)
_MODEL_FILE = _object(
    {
        "path": _text("Relative to the model's folder, with forward slashes."),
        "size": _or_null({**_SIZE, "description": "In bytes; null when the file is missing."}),
        "sha256": _or_null(_text("With --sha256; null when it can't be read.")),
    },
    optional=("sha256",),
)
_CLASS = _object(
    {
        "index": _or_null(_number("Index of the model's output.")),
        "value": _number("Pixel value."),
        "name": _text("For people."),
        "color": {
            "type": ["array", "null"],
            "items": {"type": "integer"},
            "description": "Red, green and blue.",
        },
    }
)
_ECD_FILE = _object({"path": _text("Relative to the model's folder."), "size": _SIZE})

_INSPECT: Dict[str, _Schema] = {
    "ok": _truth("Whether the file is a model that can be read whole."),
    "format": _or_null(_text("Such as onnx or cntk-v2; null when it can't be read.")),
    "framework": _or_null(_text("Whose models they are.")),
    "framework_version": _or_null(_text("Where the file says it.")),
    "producer": _or_null(_text("What wrote the file, where it says so.")),
    "inputs": _list({"$ref": "#/$defs/tensor"}, "Empty when the file does not tell."),
    "outputs": _list({"$ref": "#/$defs/tensor"}, "Empty when the file does not tell."),
    "signatures": _list(_SIGNATURE, "The model's functions, where it offers several."),
    "parameters": _or_null(_number("Number of weights.", 0)),
    "padding": _or_null(_number("Pixels that the model crops from each side of a tile.", 0)),
    "class_names": _list(
        {"type": "array", "items": {"type": "string"}}, "Lists of names that the file carries."
    ),
    "class_values": _list(
        {"type": "array", "items": {"type": "integer"}},
        "The numbers of these names: the file's own, else their places counted from 0.",
    ),
    "detector": {"anyOf": [{"type": "null"}, _DETECTOR]},
    "files": _list(_MODEL_FILE, "The model's file first, then those that belong to it."),
}
_MAPPED_CLASS = _object(
    {
        "value": _number("Pixel value."),
        "name": _text("For people."),
        "color": _CLASS["properties"]["color"],
        "pixels": _number("How many pixels of the map are of this class.", 0),
        "area": {
            "type": ["number", "null"],
            "description": "In square units of the scene's coordinate system.",
        },
    }
)
_NODATA = _object(
    {
        "value": _number("The map's value for no data."),
        "pixels": _number("How many pixels have none.", 0),
    }
)
_BACKGROUND = _object(
    {
        "value": _number("The map's value for pixels of none of the classes."),
        "pixels": _number("How many are of none.", 0),
    }
)
_FOUND_CLASS = _object(
    {
        "value": _number("The field of the layer that tells the class."),
        "name": _text("For people."),
        "color": {
            "type": ["array", "null"],
            "items": {"type": "integer"},
            "description": "Red, green and blue.",
        },
        "objects": _number("How many there are.", 0),
        "scores": {
            "type": ["array", "null"],
            "items": {"type": "number"},
            "description": "The lowest and the highest; null without objects.",
        },
    }
)
_FOUND = (
    "layer", "preview", "objects", "classes", "runtime", "reading", "overlap", "tiles", "bands",
    "scene_bands", "scaling", "seconds",
)  # fmt: skip
_MAPPED = (
    "raster", "probabilities", "preview", "classes", "nodata", "background", "area_unit",
    "runtime", "halo", "bands", "scene_bands", "scaling", "seconds", "folder", "made", "unchanged",
    "failures", "failed", "scenes", "looked_at", "unreadable", "unread", "windows",
    "bytes_to_read", "worker_bytes", "threads", "window_seconds", "limit", "hours", "core_hours",
)  # fmt: skip
_FAILED = _object({"scene": _text("As it was found."), "findings": _FINDINGS})
_CLASS_INFO_PATH = _or_null(_text("The document that was written; null when none was."))
_ECD_PATH = _or_null(_text("The .ecd that was written; null when none was."))
_SHOWN = ("classifier", "bands", "background", "classes", "model", "storage", "files")

#: Keys by command, without those that every document has; and which are not always there.
_COMMANDS: Dict[str, Dict[str, _Schema]] = {
    "convert": {"ok": _OK, "ecd": _ECD_PATH},
    "check": {"ok": _OK, "ecd": {"type": "null"}, "allowed": _ALLOWED},
    "classify": {
        "ok": _OK,
        "raster": _text("The map that was written."),
        "probabilities": _or_null(_text("The raster of probabilities, where it was asked for.")),
        "preview": _or_null(_text("The picture with a legend, where it was asked for.")),
        "classes": _list(_MAPPED_CLASS, "In the definition's order."),
        "nodata": _NODATA,
        "background": _or_null(_BACKGROUND),
        "area_unit": _or_null(
            _text("Of areas: square metre, square degree; null where nobody says it.")
        ),
        "runtime": _text("What ran the model."),
        "halo": _or_null(_number("Input pixels that tiles overlap by; null: blended.", 0)),
        "bands": _list(_number("A band.", 1), "Those of the scene, in the model's order."),
        "scene_bands": _number("How many the scene has.", 1),
        "scaling": _text("How pixel values became what the model takes."),
        "seconds": {"type": "number", "description": "How long it took."},
        "folder": _text("Of many scenes: the folder of their maps."),
        "made": _number("Maps that were made.", 0),
        "unchanged": _number("Maps that were there already.", 0),
        "failures": _number("Scenes of which there is no map.", 0),
        "failed": _list(_FAILED, "The first thousand of them."),
        "scenes": _number("Of an estimate: how many scenes there are.", 0),
        "looked_at": _number("Of how many of them the sizes are known.", 0),
        "unreadable": _number("How many of those can't be read.", 0),
        "unread": _list(_text("As it was found."), "Those that can't be read."),
        "windows": _number("Tasks.", 0),
        "bytes_to_read": _number("Of the scenes' files.", 0),
        "worker_bytes": _or_null(_number("Memory of a worker process.", 0)),
        "threads": _number("Of all workers together.", 1),
        "window_seconds": {
            "type": "object",
            "additionalProperties": {"type": "number"},
            "description": "What a window takes of one thread, by what it goes to.",
        },
        "limit": _text("Which of these is the most."),
        "hours": {"type": "number", "description": "By the clock."},
        "core_hours": {"type": "number", "description": "Of all cores together."},
    },
    "detect": {
        "ok": _OK,
        "layer": _text("The layer of polygons that was written."),
        "preview": _or_null(_text("The picture with a legend, where it was asked for.")),
        "objects": _number("How many there are.", 0),
        "classes": _list(_FOUND_CLASS, "In the definition's order."),
        "runtime": _text("What ran the model."),
        "reading": _text("How objects were read from the model's outputs."),
        "overlap": _number("Pixels that neighbouring tiles shared.", 0),
        "tiles": _number("How many tiles there were.", 1),
        "bands": _list(_number("A band.", 1), "Those of the scene, in the model's order."),
        "scene_bands": _number("How many the scene has.", 1),
        "scaling": _text("How pixel values became what the model takes."),
        "seconds": {"type": "number", "description": "How long it took."},
    },
    "inspect": _INSPECT,
    "init": {"ok": _OK, "class_info": _CLASS_INFO_PATH},
    "fix": {
        "ok": _OK,
        "class_info": _or_null(_text("The document that was written; null when none was.")),
        "changed": {"type": "boolean", "description": "Whether there was something to mend."},
        "diff": _text("What changed, as a unified diff."),
    },
    "show": {
        "ok": _OK,
        "ecd": _text("The file, as it was given."),
        "kind": _or_null(_text("deep-learning, classic or endmembers.")),
        "classifier": _or_null(_text("The framework or method.")),
        "bands": _or_null(_number("Bands of the raster.")),
        "background": _or_null(_number("Output index of what is no class.")),
        "classes": _list(_CLASS, "In the definition's order."),
        "model": {"type": ["object", "null"], "description": "The definition's Model."},
        "storage": _or_null(_text("embedded or referenced.")),
        "files": _list(_ECD_FILE, "The model's files."),
    },
    "verify": {"ok": _OK, "ecd": _text("The file, as it was given."), "allowed": _ALLOWED},
    "extract": {"ok": _OK, "files": _list(_text("A path."), "What was written.")},
    "export": {"ok": _OK, "out": _or_null(_text("What was written; null when nothing was."))},
}
_OPTIONAL: Dict[str, Sequence[str]] = {
    "classify": _MAPPED,
    "detect": _FOUND,
    "fix": ("class_info", "changed", "diff"),
    "show": _SHOWN,
}
#: Commands that take several files in one call.
SEVERAL = ("check", "inspect", "show", "verify")


def build_documents() -> Dict[str, _Schema]:
    """Every schema by its name."""
    return {name: _document(name) for name in _COMMANDS}


def _document(command: str) -> _Schema:
    single = _object(
        {**_HEAD, **_COMMANDS[command], "findings": _FINDINGS},
        optional=_OPTIONAL.get(command, ()),
        meaning="The result for one file.",
    )
    # What ends early has no more to say than its findings.
    stopped = _object({**_HEAD, "ok": {"const": False}, "findings": _FINDINGS})
    schema: _Schema = {
        "$schema": _DIALECT,
        "title": f"What dl2ecd {command} --json prints",
        "anyOf": [{"$ref": "#/$defs/result"}, {"$ref": "#/$defs/stopped"}],
        "$defs": {"result": single, "stopped": stopped, "finding": _FINDING, "tensor": _TENSOR},
    }
    if command in SEVERAL:
        each = {
            "allOf": [
                {"$ref": "#/$defs/result"},
                _object({"file": _text("The file, as it was given.")}),
            ]
        }
        schema["$defs"]["results"] = _object(
            {**_HEAD, "ok": _truth("Whether all are."), "results": _list(each, "In their order.")},
            meaning="The results for several files.",
        )
        schema["anyOf"].insert(1, {"$ref": "#/$defs/results"})
    if command != "inspect":
        del schema["$defs"]["tensor"]
    return schema
