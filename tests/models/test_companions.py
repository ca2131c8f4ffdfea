"""The files beside a model: none may lie outside its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models.companions import MOST_COMPANIONS, parts_of
from dl2ecd_core.models.description import (
    ClassNames,
    Evidence,
    ModelDescription,
    ModelPart,
    Role,
    Tensor,
)
from dl2ecd_core.wire.source import ByteSource


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "m.bin").write_bytes(b"model")
    return folder / "m.bin"


def test_what_is_there_is_a_part_and_what_is_not_is_missing(model: Path) -> None:
    (model.parent / "w").mkdir()
    (model.parent / "w" / "a.bin").write_bytes(b"weights")
    with ByteSource(model) as source:
        found, missing = parts_of(source, ["w/a.bin", "./w/a.bin", "w/b.bin", "w"])
    assert [(part.path, part.size) for part in found] == [
        ("m.bin", 5),
        ("w/a.bin", 7),
        ("w/a.bin", 7),
    ]
    assert missing == ("w/b.bin", "w")


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../m.bin", "a/../../b", "a\\b", "C:a", "a\0b", "a" * 1025]
)
def test_paths_that_lead_elsewhere_are_refused(path: str, model: Path) -> None:
    with ByteSource(model) as source, pytest.raises(ModelFileError) as caught:
        parts_of(source, [path])
    assert caught.value.finding.rule == "model-file-outside"


def test_a_link_that_leads_elsewhere_is_refused(model: Path) -> None:
    (model.parent.parent / "secret").write_bytes(b"secret")
    try:
        (model.parent / "w.bin").symlink_to(model.parent.parent / "secret")
    except OSError:
        pytest.skip("links can't be made here")
    with ByteSource(model) as source, pytest.raises(ModelFileError, match=r"'w\.bin'") as caught:
        parts_of(source, ["w.bin"])
    assert caught.value.finding.rule == "model-file-outside"


def test_a_model_of_very_many_files_is_refused(model: Path) -> None:
    names = [f"{number}" for number in range(MOST_COMPANIONS + 1)]
    with ByteSource(model) as source, pytest.raises(ModelFileError) as caught:
        parts_of(source, names)
    assert caught.value.finding.rule == "model-too-complex"


def test_letters_must_name_every_dimension() -> None:
    with pytest.raises(ValueError, match="do not name the dimensions"):
        Tensor("a", (1, 2), "NCH")
    with pytest.raises(ValueError, match="do not name the dimensions"):
        Tensor("a", (1, 2))
    assert Tensor("a", (1, 2), "NC").size_of("C") == 2
    assert Tensor("a").size_of("C") is None
    assert Tensor("a", (1, 2), "N?").size_of("C") is None


def test_a_description_tells_all_its_parts_to_programs(model: Path) -> None:
    part = ModelPart("m.bin", model, 5)
    output = Tensor("a", (None, 3), "NC", "float32", Evidence.INFERRED, Role.LOSS)
    described = ModelDescription(
        "mxnet",
        "MXNet",
        (part,),
        outputs=(output, Tensor(None)),
        missing_files=("w.bin",),
        class_names=(ClassNames(("water", "forest"), "here"),),
    )
    told = described.as_dict()
    assert told["files"] == [{"path": "m.bin", "size": 5}, {"path": "w.bin", "size": None}]
    assert told["class_names"] == [["water", "forest"]]
    assert told["outputs"] == [
        {
            "name": "a",
            "shape": [None, 3],
            "axes": "NC",
            "data_type": "float32",
            "evidence": "inferred",
            "role": "loss",
            "content": None,
        },
        {
            "name": None,
            "shape": None,
            "axes": None,
            "data_type": None,
            "evidence": None,
            "role": "data",
            "content": None,
        },
    ]
