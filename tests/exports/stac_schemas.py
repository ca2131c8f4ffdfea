"""Validation of STAC Items without a network: the published schemas lie beside this file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

from jsonschema import Draft7Validator

_FOLDER = Path(__file__).parent / "schemas"
_CORE = "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/"
_EXTENSIONS = "https://stac-extensions.github.io/"


def _read(name: str) -> Dict[str, Any]:
    schema: Dict[str, Any] = json.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return schema


def _published() -> Dict[str, Dict[str, Any]]:
    """The schemas by address."""
    schemas = {}
    for path in sorted(_FOLDER.glob("stac-*-v1.1.0.json")):
        name = path.name[len("stac-") : -len("-v1.1.0.json")]
        schemas[f"{_CORE}{name}.json"] = _read(path.name)
    for name in ("Feature", "Geometry"):
        schemas[f"https://geojson.org/schema/{name}.json"] = _read(f"geojson-{name}.json")
    for path in sorted(_FOLDER.glob("*-v*.json")):
        extension, _, version = path.stem.rpartition("-")
        if not path.name.startswith("stac-"):
            schemas[f"{_EXTENSIONS}{extension}/{version}/schema.json"] = _read(path.name)
    # What is published as classification 1.1.0 calls itself 1.0.0.
    older = schemas[f"{_EXTENSIONS}classification/v1.1.0/schema.json"]
    schemas[f"{_EXTENSIONS}classification/v1.0.0/schema.json"] = older
    return schemas


PUBLISHED = _published()


def _validator(schema: Dict[str, Any]) -> Draft7Validator:
    try:
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT7
    except ImportError:  # jsonschema before 4.18
        from jsonschema import RefResolver

        resolver = RefResolver.from_schema(schema, store=dict(PUBLISHED))
        return Draft7Validator(schema, resolver=resolver)
    resources = [
        (address, Resource.from_contents(known, default_specification=DRAFT7))
        for address, known in PUBLISHED.items()
    ]
    return Draft7Validator(schema, registry=Registry().with_resources(resources))


_VALIDATORS = {
    address: _validator(PUBLISHED[address])
    for address in PUBLISHED
    if address == f"{_CORE}item.json" or address.startswith(_EXTENSIONS)
}


def problems(item: Dict[str, Any]) -> List[str]:
    """What the schemas of STAC and of the extensions that the item names find wrong with it."""
    found = []
    for address in (f"{_CORE}item.json", *item["stac_extensions"]):
        found += [
            f"{address}: {error.json_path}: {error.message[:300]}"
            for error in _VALIDATORS[address].iter_errors(item)
        ]
    return found
