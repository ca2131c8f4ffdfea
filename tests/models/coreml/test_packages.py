"""The folder of an .mlpackage: only a manifest that names a model inside it makes it a model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.mlpackage import MANIFEST, package_of
from tests.conftest import FIXTURES

MODEL = FIXTURES / "coreml" / "network.mlmodel"


def package(folder: Path, manifest: Any) -> Path:
    """A package with a model at Data/m.mlmodel."""
    data = folder / "x.mlpackage" / "Data"
    data.mkdir(parents=True)
    shutil.copy(MODEL, data / "m.mlmodel")
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    (data.parent / MANIFEST).write_text(text, encoding="utf-8")
    return data.parent


def named(path: Any) -> Any:
    return {"itemInfoEntries": {"1": {"path": path}}, "rootModelIdentifier": "1"}


def test_the_named_model_is_read_and_the_manifest_belongs_to_it(tmp_path: Path) -> None:
    folder = package(tmp_path, named("m.mlmodel"))
    model = inspect_model(folder)
    assert [part.path for part in model.files] == ["Data/m.mlmodel", MANIFEST]
    assert package_of(folder / "Data" / "m.mlmodel") == folder
    assert package_of(MODEL) is None


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "[" * 100_000,
        "[]",
        {"itemInfoEntries": {}, "rootModelIdentifier": "1"},
        {"itemInfoEntries": [], "rootModelIdentifier": "1"},
        named("lost.mlmodel"),
        named(""),
        named("a\0b"),
        named("a\\b"),
        named({}),
        '{"rootModelIdentifier": ' + "9" * 900_000 + ', "itemInfoEntries": {}}',
        " " * (1 << 20) + json.dumps(named("m.mlmodel")),
    ],
    ids=range(12),
)
def test_other_manifests_name_no_model(manifest: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError) as caught:
        inspect_model(package(tmp_path, manifest))
    assert caught.value.finding.rule == "model-is-folder"
