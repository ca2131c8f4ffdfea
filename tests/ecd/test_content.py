"""What an .ecd says, key by key: where it says it, and where it says nothing or nonsense."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from dl2ecd_core.ecd.content import Ecd, EcdClass, Kind
from dl2ecd_core.ecd.reader import examine_ecd, read_ecd
from dl2ecd_core.findings import Place

DIGEST = "0123456789abcdef" * 4


def deep_learning(files: List[Any], **changes: Any) -> Dict[str, Any]:
    """A document that says little; `changes` go to the root, ... takes a key out."""
    definition = {"NumberClasses": 0, "Model": {"Storage": "referenced", "Files": files}}
    whole = {
        "EsriClassifierDefinitionFile": 0,
        "Generator": {"DeepLearningFormat": 1},
        "Definitions": [definition],
        **changes,
    }
    return {key: value for key, value in whole.items() if value is not ...}


def entry(path: object = "a.model", size: object = 3, digest: object = DIGEST) -> Dict[str, object]:
    return {"Path": path, "Size": size, "SHA256": digest}


def examined(folder: Path, document: Dict[str, Any]) -> Any:
    (folder / "a.ecd").write_text(json.dumps(document), encoding="utf-8")
    return examine_ecd(folder / "a.ecd")


def read(folder: Path, document: Dict[str, Any]) -> Ecd:
    (folder / "a.ecd").write_text(json.dumps(document), encoding="utf-8")
    return read_ecd(folder / "a.ecd")


@pytest.mark.parametrize(
    ("model_file", "paths", "places"),
    [
        ("a.model", ["a.model"], ["a.model"]),
        (..., ["a.model"], ["a.model"]),
        (5, ["v/a.model", "b"], ["v/a.model", "b"]),
        ("other.model", ["a.model", "b"], ["other.model", "b"]),
        ("/m/a.model", ["a.model"], ["m/a.model"]),
        ("../m/a.model", ["a.model", "b/c.bin"], ["../m/a.model", "../m/b/c.bin"]),
        ("..\\m\\a.model", ["a.model", "b/c.bin"], ["../m/a.model", "../m/b/c.bin"]),
        ("../m/v/a.pb", ["v/a.pb", "c"], ["../m/v/a.pb", "../m/c"]),
        ("v/a.pb", ["v/a.pb", "c"], ["v/a.pb", "c"]),
        ("m/u/v/a.pb", ["u/v/a.pb", "c"], ["m/u/v/a.pb", "m/c"]),
        ("m/xv/a.pb", ["v/a.pb", "c"], ["m/xv/a.pb", "m/xv/c"]),
    ],
)
def test_referenced_files_lie_where_the_model_does(
    tmp_path: Path, model_file: Any, paths: List[str], places: List[str]
) -> None:
    document = deep_learning([entry(path) for path in paths], ModelFile=model_file)
    found = read(tmp_path, document).files
    assert [item.path for item in found] == paths
    assert [item.source for item in found] == [tmp_path / place for place in places]
    assert {(item.size, item.sha256) for item in found} == {(3, DIGEST)}


@pytest.mark.parametrize(
    "wrong",
    [
        entry(path=None),
        entry(path=5),
        entry(size="3"),
        entry(size=True),
        entry(size=None),
        entry(size=-1),
        entry(size=1 << 63),
        entry(digest=None),
        entry(digest=5),
        entry(digest=DIGEST.upper()),
        entry(digest=DIGEST[:-1]),
        entry(digest=DIGEST + "0"),
        entry(digest=DIGEST + "\n"),
        {},
    ],
)
def test_a_file_without_path_size_or_digest_is_no_file_but_the_next_is(
    tmp_path: Path, wrong: Dict[str, Any]
) -> None:
    content, found = examined(tmp_path, deep_learning([wrong, entry("b")]))
    assert [item.path for item in content.files] == ["b"]
    (item,) = found
    assert item.rule == "ecd-not-valid"
    assert item.where == Place(file=str(tmp_path / "a.ecd"), path="$.Definitions[0].Model.Files")


def test_bytes_that_are_no_text_are_none(tmp_path: Path) -> None:
    content = read(tmp_path, deep_learning([{**entry(), "Data": []}]))
    assert content.files[0].source == tmp_path / "a.model"


def test_a_file_outside_is_no_file_but_the_next_is(tmp_path: Path) -> None:
    content, found = examined(tmp_path, deep_learning([entry("../a"), entry("b"), entry("B")]))
    assert [item.path for item in content.files] == ["b"]
    assert [item.rule for item in found] == ["ecd-path-outside"] * 2
    assert "'../a'" in found[0].message
    assert "'B'" in found[1].message
    assert found[0].where == Place(
        file=str(tmp_path / "a.ecd"), path="$.Definitions[0].Model.Files"
    )


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (
            {"ClassValue": 7, "ClassName": "a", "Red": 1, "Green": 2, "Blue": 3, "ClassIndex": 4},
            EcdClass(7, "a", (1, 2, 3), 4),
        ),
        ({"ClassValue": 0}, EcdClass(0, "", None)),
        ({"ClassValue": 7, "Red": 0, "Green": 0, "Blue": 0}, EcdClass(7, "", (0, 0, 0))),
        ({"ClassValue": 7, "Green": 2, "Blue": 3}, EcdClass(7, "", None)),
        ({"ClassValue": 7, "Red": 1, "Blue": 3}, EcdClass(7, "", None)),
        ({"ClassValue": 7, "Red": 1, "Green": 2}, EcdClass(7, "", None)),
        ({"ClassValue": 7, "Red": 1, "Green": 2, "Blue": "3"}, EcdClass(7, "", None)),
        ({"ClassValue": 7, "ClassName": 5, "ClassIndex": True}, EcdClass(7, "", None)),
        ({"ClassValue": True}, None),
        ({"ClassValue": "7"}, None),
        ({"ClassName": "a"}, None),
        (5, None),
    ],
)
def test_classes_are_those_with_a_value(
    tmp_path: Path, listed: Any, expected: Optional[EcdClass]
) -> None:
    definition = {"Classifier": "RandomTrees", "Classes": [listed, {"ClassValue": 99}]}
    document = {"EsriClassifierDefinitionFile": 0, "Definitions": [definition]}
    content = read(tmp_path, document)
    assert content.kind is Kind.CLASSIC
    assert content.classes == tuple(
        item for item in (expected, EcdClass(99, "", None)) if item is not None
    )


@pytest.mark.parametrize(
    "definitions", [..., 5, [], [5], [[]], [{}], [{"Classes": 5, "NumberBands": True}]]
)
def test_a_classic_definition_that_says_nothing(tmp_path: Path, definitions: Any) -> None:
    document = {"EsriClassifierDefinitionFile": 0, "Definitions": definitions}
    content = read(tmp_path, {key: value for key, value in document.items() if value is not ...})
    assert (content.kind, content.classes) == (Kind.CLASSIC, ())
    assert (content.classifier, content.band_count, content.background) == (None, None, None)
    assert (content.storage, content.files, content.model) == (None, (), {})


@pytest.mark.parametrize(
    ("generator", "kind"),
    [
        ({"DeepLearningFormat": 1}, Kind.DEEP_LEARNING),
        ({"DeepLearningFormat": 0}, Kind.DEEP_LEARNING),
        ({"DeepLearningFormat": True}, Kind.CLASSIC),
        ({"DeepLearningFormat": "1"}, Kind.CLASSIC),
        ({}, Kind.CLASSIC),
        (5, Kind.CLASSIC),
        (..., Kind.CLASSIC),
    ],
)
def test_the_generator_or_else_a_models_file_makes_it_one_for_deep_learning(
    tmp_path: Path, generator: Any, kind: Kind
) -> None:
    assert read(tmp_path, deep_learning([], Generator=generator)).kind is kind
    content = read(tmp_path, deep_learning([entry()], Generator=generator))
    assert content.kind is Kind.DEEP_LEARNING


@pytest.mark.parametrize(
    ("said", "background"), [(0, 0), (3, 3), (None, None), (True, None), ("0", None)]
)
def test_the_background(tmp_path: Path, said: Any, background: Optional[int]) -> None:
    document = deep_learning([])
    document["Definitions"][0].update(BackgroundIndex=said, NumberBands=4, Classifier="CNTK")
    content = read(tmp_path, document)
    assert content.background == background
    assert (content.band_count, content.classifier, content.storage) == (4, "CNTK", "referenced")
    assert content.definition == document["Definitions"][0]
    assert content.model == {"Storage": "referenced", "Files": []}


def test_what_the_first_definition_says_counts(tmp_path: Path) -> None:
    second = {"Classifier": "second", "Model": {"Files": []}}
    document = deep_learning([entry()])
    document["Definitions"].append(second)
    content = read(tmp_path, document)
    assert content.definition["NumberClasses"] == 0
    assert content.classifier is None


@pytest.mark.parametrize("definitions", [None, 5, [], [5]])
@pytest.mark.parametrize("model", [None, 5, []])
def test_content_without_definition_or_model_is_empty(definitions: Any, model: Any) -> None:
    content = Ecd("a.ecd", Kind.CLASSIC, {"Definitions": definitions}, None, ())
    assert (content.definition, content.model) == ({}, {})
    content = Ecd("a.ecd", Kind.CLASSIC, {"Definitions": [{"Model": model}]}, None, ())
    assert content.model == {}


@pytest.mark.parametrize(
    "document",
    [
        {},
        deep_learning([], Generator={"DeepLearningFormat": 3}),
        {"EsriClassifierDefinitionFile": 0},
        {"EsriEndmemberDefinitionFile": 0},
    ],
    ids=["another", "newer", "classic", "endmembers"],
)
def test_a_name_is_said_whole_up_to_400_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: Dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.ecd", "aa.ecd"):
        Path(name).write_text(json.dumps(document), encoding="utf-8")
    whole, longer = "./" * 197 + "aa.ecd", "./" * 198 + "a.ecd"
    assert (len(whole), len(longer)) == (400, 401)
    (item,) = examine_ecd(whole)[1]
    assert f"'{whole}'" in item.message
    assert item.where.file == whole
    (item,) = examine_ecd(longer)[1]
    assert longer not in item.message
    assert item.where.file == longer
