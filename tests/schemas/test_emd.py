"""The JSON Schema of the model definition (.emd)."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from dl2ecd_core import schemas
from dl2ecd_core.class_info.schema import EMD_NAME, build_emd_schema
from dl2ecd_core.json_text import read_json


def test_the_shipped_schema_is_the_one_that_the_keys_make() -> None:
    text = schemas.path(EMD_NAME).read_text(encoding="utf-8")
    assert text == json.dumps(build_emd_schema(), indent=2) + "\n"
    jsonschema.Draft202012Validator.check_schema(schemas.load(EMD_NAME))


def test_placeholders_are_not_valid() -> None:
    document = {"Framework": "CNTK", "ModelConfiguration": "x", "ImageHeight": 256}
    validator = jsonschema.Draft202012Validator(schemas.load(EMD_NAME))
    assert validator.is_valid(document)
    assert not validator.is_valid({**document, "ImageHeight": "e.g. 256"})
    assert not validator.is_valid({"ImageHeight": 256})


@pytest.mark.shared_models
def test_published_model_definitions_are_valid(shared_models: Path) -> None:
    paths = sorted((shared_models / "esri_emd").glob("*.emd"))
    assert paths
    for path in paths:
        text = read_json(path)
        assert text.findings == ()
        jsonschema.Draft202012Validator(schemas.load(EMD_NAME)).validate(text.value)
