"""The schemas that ship: of what is read, of what is written, and of what every command prints."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any, Dict

import jsonschema
import pytest

from dl2ecd_core import schemas
from dl2ecd_core.cli import COMMANDS
from dl2ecd_core.cli.reporting import SCHEMA_VERSION, headed
from dl2ecd_core.schemas import generating
from tests.cli.conftest import Call, call, demo

__all__ = ["call", "demo"]


@pytest.mark.parametrize("name", sorted(generating.generated()))
def test_the_shipped_ones_are_those_of_the_code(name: str) -> None:
    text = schemas.path(name).read_text(encoding="utf-8")
    assert text == generating.text_of(generating.generated()[name]), (
        "run python -m dl2ecd_core.schemas"
    )


@pytest.mark.parametrize("name", schemas.names())
def test_each_is_a_schema_that_explains_itself(name: str) -> None:
    schema = schemas.load(schemas.file_of(name))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"]


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"demo", "schema"}))
def test_what_a_command_prints_has_a_schema(command: str) -> None:
    assert command in schemas.names(), (
        "describe the document of --json in dl2ecd_core/schemas/documents.py, then "
        "run python -m dl2ecd_core.schemas"
    )
    document: Dict[str, Any] = headed({"ok": False, "findings": []})
    validator = jsonschema.Draft202012Validator(schemas.load(schemas.file_of(command)))
    validator.validate(document)
    assert not validator.is_valid({**document, "schema_version": SCHEMA_VERSION + 1})
    assert not validator.is_valid({**document, "tool": "another"})


def test_they_are_written_to_their_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = {name: schemas.path(name).read_bytes() for name in generating.generated()}
    monkeypatch.setattr(schemas, "path", tmp_path.joinpath)
    runpy.run_module("dl2ecd_core.schemas", run_name="__main__")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == shipped


class TestCommand:
    def test_lists_them(self, call: Call) -> None:
        lines = call("schema").out.splitlines()
        assert [line.split()[0] for line in lines] == list(schemas.names())

    @pytest.mark.parametrize("name", schemas.names())
    def test_prints_one(self, call: Call, name: str) -> None:
        done = call("schema", name)
        assert done.code == 0
        assert json.loads(done.out) == schemas.load(schemas.file_of(name))
