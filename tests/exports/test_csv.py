"""The table: what stands in it, and that it comes back whole."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given

from dl2ecd_core.ecd.content import EcdClass
from dl2ecd_core.legends import read_legend
from tests.exports.definitions import FEW, classes, ecd_with, exported, named, said


def test_a_header_and_a_row_for_each_class(tmp_path: Path) -> None:
    listed = (
        EcdClass(100, "Impervious", (204, 204, 204)),
        EcdClass(200, ' Other, "Pervious"', (56, 168, 0)),
    )
    data, findings = exported(ecd_with(listed), "csv", tmp_path / "a.csv")
    assert data.decode("utf-8-sig") == (
        "Value,Name,Red,Green,Blue\n"
        '100,"Impervious",204,204,204\n'
        '200," Other, ""Pervious""",56,168,0\n'
    )
    assert data.startswith(b"\xef\xbb\xbf")
    assert findings == ()


def test_the_standard_library_reads_it(tmp_path: Path) -> None:
    listed = named()
    data, findings = exported(ecd_with(listed), "csv", tmp_path / "a.csv")
    table = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [(int(row["Value"]), row["Name"]) for row in table] == [
        (item.value, item.name) for item in listed
    ]
    assert "'=cmd|' /C calc'!A0' for formulas" in said(findings, "export-adjusted")


def test_what_no_text_holds_is_escaped(tmp_path: Path) -> None:
    listed = (EcdClass(1, "a\x00\ud800", (1, 2, 3)),)
    data, findings = exported(ecd_with(listed), "csv", tmp_path / "a.csv")
    assert b"a\\x00\\ud800" in data
    assert "escaped" in said(findings, "export-adjusted")


@FEW
@given(classes())
def test_comes_back_through_the_reader(
    tmp_path_factory: pytest.TempPathFactory, listed: tuple[EcdClass, ...]
) -> None:
    target = tmp_path_factory.getbasetemp() / "any.csv"
    data, _ = exported(ecd_with(listed), "csv", target)
    with io.StringIO(data.decode("utf-8-sig"), newline="") as text:
        names = [row["Name"] for row in csv.DictReader(text)]
    assert [(item.value, item.name or "", item.color) for item in read_legend(target).classes] == [
        (item.value, name if name.strip() else "", item.color) for item, name in zip(listed, names)
    ]
