"""What is said of an .ecd whose halves, or whose document and schema, do not agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List

from dl2ecd_core.ecd.agreement import disagreements, schema_findings
from dl2ecd_core.ecd.reader import examine_ecd
from tests.ecd.conftest import rewrite


def messages(path: Path) -> List[str]:
    return [item.message for item in examine_ecd(path)[1]]


def test_the_batch_size_is_in_both_halves(fresh: Path) -> None:
    rewrite(fresh, lambda document: document.update(BatchSize=5))
    (item,) = examine_ecd(fresh)[1]
    assert item.rule == "ecd-vocabularies-differ"
    assert item.message == (
        "The root of the document and its definition disagree: BatchSize is 5, MiniBatchSize 16."
    )
    assert item.hint == "Don't use this .ecd: one half was changed and the other was not."
    assert (item.where.file, item.where.path) == (str(fresh), "$.BatchSize")


def test_what_a_class_is_called_there_and_here(fresh: Path) -> None:
    rewrite(fresh, lambda document: document["Classes"][1].update(Name="Sea"))
    (item,) = examine_ecd(fresh)[1]
    assert item.message == (
        'The root of the document and its definition disagree: class 1 has Name "Sea" there and '
        '"Vegetation" here.'
    )
    assert item.where.path == "$.Classes[1].Name"


def test_how_many_classes_there_are(fresh: Path) -> None:
    def change(document: Dict[str, Any]) -> None:
        document["Classes"].pop()
        document["Definitions"][0]["NumberClasses"] = 4

    rewrite(fresh, change)
    (item,) = examine_ecd(fresh)[1]
    assert item.message.endswith("disagree: 2 classes there, 3 here, and NumberClasses is 4.")
    assert item.where.path == "$.Definitions[0].Classes"


def test_many_classes_that_differ_are_not_said_one_by_one() -> None:
    ours = [{"Value": value, "Name": "a", "Color": [0, 0, 0]} for value in range(100)]
    theirs = [
        {"ClassValue": -value - 1, "ClassName": "a", "Red": 0, "Green": 0, "Blue": 0}
        for value in range(100)
    ]
    found = disagreements({"Classes": ours}, {"Classes": theirs, "NumberClasses": 100}, "a.ecd")
    assert len(found) == 20
    assert found[19].where.path == "$.Classes[19].Value"


def test_lists_of_classes_that_are_none_count_as_empty() -> None:
    assert disagreements({"Classes": 5}, {"Classes": None, "NumberClasses": 0}, "a.ecd") == []
    (item,) = disagreements({"Classes": [7]}, {"Classes": [], "NumberClasses": 1}, "a.ecd")
    assert "1 class there, 0 here" in item.message


def test_at_most_twenty_things_that_the_schema_forbids() -> None:
    document = {"Classes": [{"Value": "x", "Name": 5} for _ in range(50)]}
    found = schema_findings(document, "a.ecd")
    assert len(found) == 20
    assert {item.rule for item in found} == {"ecd-not-valid"}
    assert all(item.where.file == "a.ecd" for item in found)


def test_where_the_document_is_not_as_the_schema_says() -> None:
    (item,) = [
        item
        for item in schema_findings({"Classes": [{"Value": "x", "Name": "a"}]}, "a.ecd")
        if item.where.path == "$.Classes[0].Value"
    ]
    assert item.message == (
        "The document is not as its format says at $.Classes[0].Value: 'x' is not of type "
        "'integer'."
    )
    assert item.hint.startswith("Don't use this .ecd: it was changed by hand")


def test_what_the_schema_says_is_said_up_to_200_characters() -> None:
    around = len("'' is not of type 'integer'")
    for length, whole in ((200, True), (201, False)):
        value = "x" * (length - around)
        (item,) = [
            item
            for item in schema_findings({"Classes": [{"Value": value, "Name": "a"}]}, "a.ecd")
            if item.where.path == "$.Classes[0].Value"
        ]
        assert (f"'{value}' is not of type 'integer'." in item.message) is whole


def test_names_are_said_as_they_are_read() -> None:
    (item,) = disagreements(
        {"Classes": [{"Value": 1, "Name": "Äcker"}]},
        {
            "Classes": [{"ClassValue": 1, "ClassName": "Wälder", "Red": None}],
            "NumberClasses": 1,
        },
        "a.ecd",
    )[:1]
    assert item.message.endswith('class 0 has Name "Äcker" there and "Wälder" here.')
