"""The README says what the code does."""

from __future__ import annotations

import doctest
import importlib
import json
import pkgutil
import re

import pytest

import dl2ecd_core
from dl2ecd_core.class_info import examine_class_info
from dl2ecd_core.findings.rules import CATALOGUE, SUBJECTS
from dl2ecd_core.models import registry
from dl2ecd_core.models.formats import FORMATS
from tests.readme_tables import README, filled


def test_the_tables_are_those_of_the_code() -> None:
    text = README.read_text(encoding="utf-8")
    assert filled(text) == text, "run python -m tests.readme_tables"


def test_the_example_of_class_information_is_right(tmp_path) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "classes.json"
    path.write_text(example, encoding="utf-8")
    assert examine_class_info(path).findings == ()
    assert json.loads(example)["Classifier"] == "CNTK"


def test_rule_ids_are_unique_and_in_kebab_case() -> None:
    ids = [rule.id for _, rules in SUBJECTS for rule in rules]
    assert len(ids) == len(set(ids)) == len(CATALOGUE)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule) for rule in ids)


def test_every_rule_is_used() -> None:
    package = README.parent / "dl2ecd_core"
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in package.rglob("*.py")
        if path.parent.name != "rules"
    )
    unused = [rule for rule in CATALOGUE if f'"{rule}"' not in sources]
    assert unused == []


def test_formats_are_listed_once() -> None:
    ids = [item.id for item in FORMATS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("module", registry.MODULES)
def test_a_reader_offers_both_functions(module: str) -> None:
    reader = importlib.import_module(f"dl2ecd_core.models.{module}")
    assert callable(reader.recognise)
    assert callable(reader.read)


MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages(dl2ecd_core.__path__, "dl2ecd_core.")
    if not info.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_right(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
