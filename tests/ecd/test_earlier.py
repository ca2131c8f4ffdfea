"""An .ecd that this tool wrote may be replaced; one that somebody trained may not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dl2ecd_core.ecd.earlier import is_ours
from dl2ecd_core.ecd.layout import text_of
from dl2ecd_core.findings.errors import EcdFileError

from .conftest import rewrite


def test_a_fresh_one_is(fresh: Path, referring: Path) -> None:
    assert is_ours(fresh)
    assert is_ours(referring)


def test_so_is_one_that_was_cut_short(fresh: Path) -> None:
    fresh.write_bytes(fresh.read_bytes()[:-500])
    assert is_ours(fresh)


def test_so_is_one_whose_mark_stands_behind_many_classes(fresh: Path) -> None:
    rewrite(fresh, lambda document: document.update(ExtraInfo={"Classes": ["c" * 100] * 2000}))
    document = json.loads(fresh.read_text(encoding="utf-8"))
    document["Generator"] = document.pop("Generator")
    fresh.write_text(text_of(document), encoding="utf-8")
    assert fresh.read_text(encoding="utf-8").index("Generator") > 64 * 1024
    assert is_ours(fresh)


@pytest.mark.parametrize(
    "document",
    [
        {"EsriClassifierDefinitionFile": 0, "Definitions": [{"Classifier": "MaximumLikelihood"}]},
        {"EsriClassifierDefinitionFile": 0, "Generator": {"Name": "mine"}},
        {"EsriClassifierDefinitionFile": 0, "Generator": "dl2ecd"},
        {"EsriEndmemberDefinitionFile": 0},
        {"Generator": {"Name": "dl2ecd"}},
    ],
)
def test_others_are_not(tmp_path: Path, document: object) -> None:
    (tmp_path / "a.ecd").write_text(json.dumps(document), encoding="utf-8")
    assert not is_ours(tmp_path / "a.ecd")


def test_what_can_not_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.ecd").write_text('{"EsriClassifierDefinitionFile": 0,', encoding="utf-8")
    with pytest.raises(EcdFileError):
        is_ours(tmp_path / "a.ecd")
    with pytest.raises(FileNotFoundError):
        is_ours(tmp_path / "none.ecd")
