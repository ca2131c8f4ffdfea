"""The JSON Schema of the class information document."""

from __future__ import annotations

import copy
import json
from typing import Any, Dict

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core import schemas
from dl2ecd_core.class_info import examine_class_info
from dl2ecd_core.class_info.classes import plain_entry
from dl2ecd_core.class_info.keys import (
    CHANNELS,
    CLASS_KEYS,
    CLASS_NAMES,
    DOCUMENT_KEYS,
    EMD_KEYS,
    OBSERVED_EMD_KEYS,
    UNUSED_EMD_KEYS,
    markdown_table,
)
from dl2ecd_core.class_info.schema import EXAMPLE, NAME, build_schema


def test_the_shipped_schema_is_the_one_that_the_keys_make() -> None:
    assert schemas.load(NAME) == build_schema()
    text = schemas.path(NAME).read_text(encoding="utf-8")
    assert text == json.dumps(build_schema(), indent=2) + "\n"


def test_the_schema_is_valid_and_helps_an_editor() -> None:
    schema = schemas.load(NAME)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"]
    assert schema["title"]
    for name, part in schema["properties"].items():
        assert part["description"], name
    for key in DOCUMENT_KEYS:
        assert schema["properties"][key.name]["examples"] == [key.example]


def test_every_example_is_valid() -> None:
    schema = schemas.load(NAME)
    jsonschema.Draft202012Validator(schema).validate(EXAMPLE)
    for key in (*DOCUMENT_KEYS, *EMD_KEYS):
        document = {**EXAMPLE, key.name: key.example}
        jsonschema.Draft202012Validator(schema).validate(document)


@pytest.mark.parametrize(
    ("change", "valid"),
    [
        ({"Version": 1.0}, True),
        ({"Version": True}, False),
        ({"Version": 2}, False),
        ({"NumberRasterBands": "4"}, False),
        ({"NumberRasterBands": 0}, False),
        ({"Classes": []}, False),
        ({"Classes": [{"ClassValue": 1, "ClassName": "a", "Red": 1, "Green": 2, "Blue": 3}]}, True),
        ({"Classes": [{"Value": 1, "Name": "a", "Color": [-1, -1, -1]}]}, True),
        ({"Classes": [{"Value": 1, "Name": "a", "Color": [-1, 0, 0]}]}, False),
        ({"Classes": [{"Name": "a"}]}, False),
        ({"Classes": [{"Value": 2**31, "Name": "a"}]}, False),
        ({"ModelStorage": "referenced"}, True),
        ({"ModelStorage": "elsewhere"}, False),
        ({"ModelConfiguration": {"Name": "MaskRCNN", "Config": "x"}}, True),
        ({"ExtractBands": ["red", 1]}, True),
        ({"SomethingElse": [1]}, True),
    ],
)
def test_what_the_schema_says(change: Dict[str, Any], valid: bool) -> None:
    document = {**copy.deepcopy(EXAMPLE), **change}
    assert jsonschema.Draft202012Validator(schemas.load(NAME)).is_valid(document) is valid


def test_no_key_is_listed_twice() -> None:
    names = [key.name for key in (*DOCUMENT_KEYS, *EMD_KEYS)]
    names += [*OBSERVED_EMD_KEYS, *UNUSED_EMD_KEYS]
    assert len(names) == len(set(names))
    assert len(CLASS_NAMES) == len(set(CLASS_NAMES))


def test_the_table_for_the_readme_names_every_key() -> None:
    table = markdown_table()
    for key in (*DOCUMENT_KEYS, *CLASS_KEYS, *EMD_KEYS):
        assert f"{key.name}`" in table
    assert all(line.count("|") == 6 for line in table.splitlines())


_CHANNEL = st.sampled_from([-2, -1, 0, 7, 255, 256, 1.0, True, "1", None])
_PART = {
    "Value": st.sampled_from([0, 300, -5, 2**31, True, "1", 1.5, 2.0, None]),
    "ClassValue": st.sampled_from([0, "1"]),
    "Name": st.sampled_from(["a", "", "  ", 3, None]),
    "ClassName": st.sampled_from(["a", ""]),
    "Color": st.lists(_CHANNEL, max_size=4) | st.just([-1, -1, -1]) | st.just([1, 2, 3]),
    **{key.name: _CHANNEL for key in CHANNELS},
}


@given(st.fixed_dictionaries({}, optional=_PART))
def test_what_is_plainly_right_is_right_by_the_schema(item: Dict[str, object]) -> None:
    if plain_entry(0, item) is not None:
        validator = jsonschema.Draft202012Validator(schemas.load(NAME)["$defs"]["class"])
        validator.validate(item)


@given(st.fixed_dictionaries({}, optional=_PART))
def test_what_is_wrong_by_the_schema_is_an_error(
    tmp_path_factory: pytest.TempPathFactory, item: Dict[str, object]
) -> None:
    path = tmp_path_factory.getbasetemp() / "class_information.json"
    document = {**EXAMPLE, "Classes": [item]}
    path.write_text(json.dumps(document), encoding="utf-8")
    valid = jsonschema.Draft202012Validator(schemas.load(NAME)).is_valid(document)
    errors = [one for one in examine_class_info(path).findings if one.severity.value == "error"]
    if not valid:
        assert errors
