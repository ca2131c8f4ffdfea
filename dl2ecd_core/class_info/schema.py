"""The JSON Schema of the class information document, made from the table of its keys.

Schema dialect: JSON Schema Draft 2020-12, https://json-schema.org/draft/2020-12.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Dict, Tuple

from .. import schemas
from ..scaling.steps import STEPS
from .keys import (
    CHANNELS,
    CLASS_KEYS,
    DOCUMENT_KEYS,
    EMD_KEYS,
    SCHEMA_ID,
    UNUSED_EMD_KEYS,
    Key,
    Kind,
)

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

#: File name of the schema of the class information document.
NAME = "class_information.schema.json"
#: File name of the schema of the model definition.
EMD_NAME = "emd.schema.json"

_Schema = Dict[str, Any]

EXAMPLE: _Schema = {
    "ImportDeepLearningModelToEsriExtraInfo": 0,
    "Version": 1,
    "Classifier": "CNTK",
    "NumberRasterBands": 4,
    "MiniBatchSize": 16,
    "Classes": [
        {"Value": 0, "Name": "Impervious", "Color": [204, 204, 204]},
        {"Value": 1, "Name": "Other (Pervious)", "Color": [56, 168, 0]},
    ],
}


def build_schema() -> _Schema:
    """The schema as the table of keys makes it; the shipped file is equal to it."""
    properties = {key.name: _property(key) for key in (*DOCUMENT_KEYS, *EMD_KEYS)}
    for name, reason in UNUSED_EMD_KEYS.items():
        properties[name] = {"description": f"Not used: {reason}.", "deprecated": True}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Class information for a deep-learning model",
        "description": "What Deep Learning Model To Ecd needs to know beside the model: "
        "framework, bands and classes. Other keys are allowed and kept.",
        "type": "object",
        "required": [key.name for key in DOCUMENT_KEYS if key.required],
        "properties": properties,
        "examples": [EXAMPLE],
        "$defs": {"class": _class_schema(), "scale": _SCALE},
    }


def build_emd_schema() -> _Schema:
    """The schema of the model definition (.emd), from the same keys; a file equal to it ships.

    Which keys are required: published .emd files name either a framework with a model
    configuration or an inference function of their own
    (https://github.com/Esri/raster-deep-learning).
    """
    framework = {"title": "Framework", "description": "The framework that made the model."}
    model = {"title": "ModelFile", "description": "Path of the model, relative to the .emd."}
    text = {"type": "string", "pattern": r"\S"}
    classes = next(key for key in DOCUMENT_KEYS if key.kind is Kind.CLASSES)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:dl2ecd:schema:emd:1",
        "title": "Model definition (.emd)",
        "description": "The keys of Esri's model definition that are known here. Other keys are "
        "allowed and kept.",
        "type": "object",
        "anyOf": [
            {"required": ["Framework", "ModelConfiguration"]},
            {"required": ["InferenceFunction"]},
        ],
        "properties": {
            "Framework": {**framework, **text},
            "ModelFile": {**model, **text},
            **{key.name: _property(key) for key in EMD_KEYS},
            "Version": {"title": "Version", "description": "Of the model: YYYY.MM.", **text},
            "Classes": _property(classes),
        },
        "$defs": {"class": _class_schema(), "scale": _SCALE},
    }


def _class_schema() -> _Schema:
    properties = {}
    for key in (*CLASS_KEYS, *CHANNELS):
        for name in (key.name, *key.aliases):
            properties[name] = _property(key)
    return {
        "title": "A class",
        "type": "object",
        "properties": properties,
        "allOf": [
            {"anyOf": [{"required": [name]} for name in (key.name, *key.aliases)]}
            for key in CLASS_KEYS
            if key.required
        ],
        "examples": EXAMPLE["Classes"],
    }


def _property(key: Key) -> _Schema:
    described: _Schema = {"title": key.name, "description": key.meaning}
    described.update(_of_kind(key))
    described["examples"] = [key.example]
    if key.default is not None:
        described["default"] = key.default
    return described


def _of_kind(key: Key) -> _Schema:
    kind = key.kind
    if kind is Kind.INTEGER:
        if key.constant is not None:
            return {"type": "integer", "const": key.constant}
        return {"type": "integer", **_limits(key)}
    if kind is Kind.TEXT:
        # Known but open choices are no rule for a schema: readers of other makers know more.
        choices = {"enum": list(key.choices)} if key.closed else {}
        return {"type": "string", "pattern": r"\S", **choices}
    return dict(_COMPOUND[kind])


def _limits(key: Key) -> _Schema:
    limits = {"minimum": key.minimum, "maximum": key.maximum}
    return {name: limit for name, limit in limits.items() if limit is not None}


#: A number of a step of scaling, or one for each band.
_SCALE: _Schema = {
    "anyOf": [
        {"type": "number"},
        {"type": "array", "minItems": 1, "items": {"type": "number"}},
    ]
}

_COMPOUND: Dict[Kind, _Schema] = {
    Kind.COLOR: {
        "anyOf": [
            {
                "type": "array",
                "items": {"type": "integer", "minimum": 0, "maximum": 255},
                "minItems": 3,
                "maxItems": 3,
            },
            {"const": [-1, -1, -1]},
        ]
    },
    Kind.CLASSES: {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/class"}},
    Kind.BANDS: {
        "type": "array",
        "minItems": 1,
        "items": {
            "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"\S"}]
        },
    },
    Kind.RANGE: {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    Kind.SCALING: {
        "type": "array",
        "items": {
            "anyOf": [
                {
                    "type": "object",
                    "required": ["type", *needed],
                    "properties": {
                        "type": {"const": kind},
                        **{name: {"$ref": "#/$defs/scale"} for name in needed},
                    },
                }
                for kind, needed in STEPS.items()
            ]
        },
    },
    Kind.CONFIGURATION: {
        "anyOf": [
            {"type": "string", "pattern": r"\S"},
            {
                "type": "object",
                "required": ["Name"],
                "properties": {"Name": {"type": "string", "pattern": r"\S"}},
            },
        ]
    },
    Kind.ANYTHING: {},
}


@lru_cache(maxsize=1)
def validators() -> Tuple[Validator, Validator]:
    """One for the document without its classes, one for a class.

    Classes are looked at one by one: most of ten thousand are plainly right, and a validator
    takes its time for each.
    """
    from jsonschema import Draft202012Validator

    whole = schemas.load(NAME)
    properties = dict(whole["properties"])
    properties["Classes"] = {
        name: part for name, part in properties["Classes"].items() if name != "items"
    }
    root = {**whole, "properties": properties}
    return Draft202012Validator(root), Draft202012Validator(whole["$defs"]["class"])
