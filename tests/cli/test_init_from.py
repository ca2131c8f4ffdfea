"""``dl2ecd init --from``: from a legend to class information, and round with every export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest
from click.testing import CliRunner

from dl2ecd_core import convert
from dl2ecd_core.class_info import examine_class_info
from dl2ecd_core.cli.init import init_command
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.exports import export


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """The demo with an .ecd of sparse values and a name in other letters."""
    unpack(tmp_path)
    path = tmp_path / CLASS_INFO
    document = json.loads(path.read_text(encoding="utf-8"))
    for entry, value, name in zip(
        document["Classes"], (3, 100, 255), ("Wald & <Wiese>", "裸地", "מים")
    ):
        entry.update(Value=value, Name=name)
    path.write_text(json.dumps(document), encoding="utf-8")
    convert(tmp_path / MODEL, path, tmp_path / "a.ecd")
    return tmp_path


def init(folder: Path, legend: str) -> Dict[str, Any]:
    """What the command says, as JSON; the document is new.json."""
    arguments = [
        str(folder / MODEL),
        str(folder / "new.json"),
        "--from",
        str(folder / legend),
        "--json",
    ]
    done = CliRunner().invoke(init_command, arguments)
    told: Dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == (0 if told["ok"] else 1)
    return told


def classes(folder: Path, name: str = "new.json") -> List[Dict[str, Any]]:
    listed: List[Dict[str, Any]] = json.loads((folder / name).read_text(encoding="utf-8"))[
        "Classes"
    ]
    return listed


def rules(told: Dict[str, Any]) -> List[str]:
    return [item["rule"] for item in told["findings"]]


@pytest.mark.parametrize(
    ("format_name", "target"),
    [
        ("qml", "b.qml"),
        ("sld", "b.sld"),
        ("lyrx", "b.lyrx"),
        ("aux-xml", "b.tif.aux.xml"),
        ("csv", "b.csv"),
        ("emd", "b.emd"),
        ("", "a.ecd"),
        ("", CLASS_INFO),
    ],
)
def test_what_was_exported_comes_back_whole(demo: Path, format_name: str, target: str) -> None:
    if format_name:
        export(read_ecd(demo / "a.ecd"), format_name, demo / target)
    assert rules(init(demo, target)) == []
    assert classes(demo) == classes(demo, CLASS_INFO)
    assert examine_class_info(demo / "new.json").findings == ()


def test_a_color_map_gives_values_and_colors(demo: Path) -> None:
    export(read_ecd(demo / "a.ecd"), "clr", demo / "b.clr")
    assert rules(init(demo, "b.clr")) == ["legend-completed"]
    assert classes(demo) == [
        {**entry, "Name": f"Class {entry['Value']}"} for entry in classes(demo, CLASS_INFO)
    ]


@pytest.mark.parametrize(
    ("target", "first", "said"), [("b.txt", 0, ["legend-values-counted"]), ("b.pbtxt", 1, [])]
)
def test_lists_of_names_give_names_in_order(
    demo: Path, target: str, first: int, said: List[str]
) -> None:
    export(read_ecd(demo / "a.ecd"), "labels", demo / target)
    assert rules(init(demo, target)) == [*said, "legend-completed"]
    assert [(entry["Value"], entry["Name"]) for entry in classes(demo)] == [
        (first + place, entry["Name"]) for place, entry in enumerate(classes(demo, CLASS_INFO))
    ]
    assert len({tuple(entry["Color"]) for entry in classes(demo)}) == 3


def test_another_number_of_classes_is_written_and_said(demo: Path) -> None:
    (demo / "b.txt").write_text("a\nb\n", encoding="utf-8")
    told = init(demo, "b.txt")
    assert rules(told) == ["legend-count-differs", "legend-values-counted", "legend-completed"]
    assert "lists 2 classes, but the model tells 3 apart" in told["findings"][0]["message"]
    assert [entry["Name"] for entry in classes(demo)] == ["a", "b"]


def test_one_class_less_may_leave_the_background(demo: Path) -> None:
    (demo / "b.pbtxt").write_text(
        'item { id: 1 name: "a" } item { id: 2 name: "b" }', encoding="utf-8"
    )
    assert rules(init(demo, "b.pbtxt")) == ["legend-completed"]


def test_nothing_is_written_when_the_legend_is_none(demo: Path) -> None:
    told = init(demo, MODEL)
    assert (told["ok"], rules(told)) == (False, ["legend-not-recognised"])
    assert not (demo / "new.json").exists()


def test_the_legend_itself_is_never_overwritten(demo: Path) -> None:
    (demo / "new.json").write_text('["a", "b", "c"]', encoding="utf-8")
    told = init(demo, "new.json")
    assert rules(told) == ["output-is-input"]
    assert (demo / "new.json").read_text(encoding="utf-8") == '["a", "b", "c"]'
