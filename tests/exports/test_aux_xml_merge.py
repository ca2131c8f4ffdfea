"""A side file that is there keeps everything but what shows the classes."""

from __future__ import annotations

from pathlib import Path
from typing import List, Sequence

import pytest
from lxml import etree

from dl2ecd_core.ecd.content import EcdClass
from dl2ecd_core.exports import export
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.legends import read_legend
from tests.exports.definitions import ecd_with, named

#: As GDAL and ArcGIS leave it: statistics, a histogram, domains, a table with counts.
THERE = """\
<PAMDataset>
  <SRS dataAxisToSRSAxisMapping="1,2">EPSG:32632</SRS>
  <Metadata>
    <MDI key="TIFFTAG_SOFTWARE">mine</MDI>
  </Metadata>
  <Metadata domain="Esri" format="xml"><deep a="1"><!-- kept --></deep></Metadata>
  <PAMRasterBand band="2">
    <ColorInterp>Green</ColorInterp>
  </PAMRasterBand>
  <PAMRasterBand band="1">
    <NoDataValue>255</NoDataValue>
    <ColorInterp>Gray</ColorInterp>
    <CategoryNames>
      <Category>old</Category>
    </CategoryNames>
    <Histograms><HistItem><HistCounts>1|2</HistCounts></HistItem></Histograms>
    <GDALRasterAttributeTable tableType="thematic">
      <FieldDefn index="0"><Name>OID</Name><Type>0</Type><Usage>0</Usage></FieldDefn>
      <FieldDefn index="1"><Name>Value</Name><Type>1</Type><Usage>5</Usage></FieldDefn>
      <FieldDefn index="2"><Name>Count</Name><Type>1</Type><Usage>1</Usage></FieldDefn>
      <FieldDefn index="3"><Name>Class</Name><Type>2</Type><Usage>2</Usage></FieldDefn>
      <FieldDefn index="4"><Name>Remark</Name><Type>2</Type><Usage>0</Usage></FieldDefn>
      <Row index="0"><F>0</F><F>1.0</F><F>500</F><F>old</F><F>wet</F></Row>
      <Row index="1"><F>1</F><F>9</F><F>7</F><F>gone</F><F>dry</F></Row>
      <Row index="2"><F>2</F><F>odd</F><F>7</F></Row>
      <Row index="3"><F>3</F></Row>
    </GDALRasterAttributeTable>
    <Metadata>
      <MDI key="STATISTICS_MEAN">1.5</MDI>
    </Metadata>
  </PAMRasterBand>
</PAMDataset>
"""


@pytest.fixture
def there(tmp_path: Path) -> Path:
    path = tmp_path / "lc.tif.aux.xml"
    path.write_text(THERE, encoding="utf-8")
    return path


def merged(path: Path, names: Sequence[str] = ("Water", "Wood"), **options: bool) -> etree._Element:
    export(ecd_with(named(names)), "aux-xml", path, **options)
    return etree.fromstring(path.read_bytes())


def band(root: etree._Element, number: int = 1) -> etree._Element:
    return root.find(f"PAMRasterBand[@band='{number}']")


def table(root: etree._Element) -> List[List[str]]:
    rows = band(root).iterfind("GDALRasterAttributeTable/Row")
    return [[cell.text or "" for cell in row] for row in rows]


def test_what_is_the_rasters_stays(there: Path) -> None:
    root = merged(there)
    assert root.findtext("SRS") == "EPSG:32632"
    assert root.findtext("Metadata/MDI") == "mine"
    assert b'<deep a="1"><!-- kept --></deep>' in there.read_bytes()
    assert band(root, 2).findtext("ColorInterp") == "Green"
    assert band(root).findtext("NoDataValue") == "255"
    assert band(root).findtext("Histograms/HistItem/HistCounts") == "1|2"
    assert band(root).findtext("Metadata/MDI[@key='STATISTICS_MEAN']") == "1.5"


def test_what_shows_the_classes_is_exchanged(there: Path) -> None:
    root = merged(there)
    assert [item.text for item in band(root).findall("ColorInterp")] == ["Palette"]
    assert [item.text for item in band(root).iterfind("CategoryNames/Category")] == [
        None, "Water", "Wood",
    ]  # fmt: skip
    assert len(band(root).findall("GDALRasterAttributeTable")) == 1
    assert [(item.value, item.name) for item in read_legend(there).classes] == [
        (1, "Water"), (2, "Wood"),
    ]  # fmt: skip


def test_further_columns_of_the_table_stay_by_value(there: Path) -> None:
    root = merged(there)
    fields = band(root).findall("GDALRasterAttributeTable/FieldDefn")
    assert [(field.get("index"), field.findtext("Name")) for field in fields] == [
        ("0", "Value"), ("1", "Class"), ("2", "Red"), ("3", "Green"), ("4", "Blue"),
        ("5", "OID"), ("6", "Count"), ("7", "Remark"),
    ]  # fmt: skip
    assert [row[:2] + row[5:] for row in table(root)] == [
        ["1", "Water", "0", "500", "wet"],
        ["2", "Wood", "0", "0", ""],
    ]


def test_a_second_export_changes_nothing(there: Path) -> None:
    merged(there)
    first = there.read_bytes()
    merged(there)
    assert there.read_bytes() == first


@pytest.mark.parametrize(
    "fields",
    [
        "",
        "<FieldDefn index='0'><Name>Count</Name><Type>1</Type><Usage>1</Usage></FieldDefn>",
        "<FieldDefn index='0'><Name>VALUE</Name><Type>0</Type><Usage>0</Usage></FieldDefn>",
    ],
)
def test_a_table_without_values_or_more_is_exchanged(there: Path, fields: str) -> None:
    there.write_text(
        "<PAMDataset><PAMRasterBand band='1'><GDALRasterAttributeTable>"
        f"{fields}</GDALRasterAttributeTable></PAMRasterBand></PAMDataset>",
        encoding="utf-8",
    )
    assert all(len(row) == 5 for row in table(merged(there)))


def test_values_are_found_by_name_too(there: Path) -> None:
    there.write_text(THERE.replace("<Usage>5</Usage>", "<Usage>0</Usage>"), encoding="utf-8")
    assert [row[6] for row in table(merged(there))] == ["500", "0"]


def test_a_file_about_other_bands_gets_this_one(there: Path) -> None:
    there.write_text("<PAMDataset><PAMRasterBand band='3'/></PAMDataset>", encoding="utf-8")
    root = merged(there)
    assert [item.get("band") for item in root] == ["3", "1"]


def test_an_empty_file_is_none(there: Path) -> None:
    there.write_text("", encoding="utf-8")
    assert len(table(merged(there))) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"<PAMDataset>",
        b"<Other/>",
        b"<!DOCTYPE PAMDataset [<!ENTITY a 'b'>]><PAMDataset/>",
        b"<PAMDataset/>" + b" " * (16 << 20),
    ],
)
def test_what_can_not_be_added_to_is_replaced_only_when_told(there: Path, content: bytes) -> None:
    there.write_bytes(content)
    with pytest.raises(Dl2EcdError) as error:
        merged(there)
    assert [item.rule for item in error.value.findings] == ["output-is-another-file"]
    assert there.read_bytes() == content
    assert len(table(merged(there, overwrite=True))) == 2


def test_a_side_file_that_breaks_meanwhile_is_said(
    there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dl2ecd_core.exports import aux_xml

    monkeypatch.setattr(aux_xml, "is_earlier", lambda path, ecd: True)
    there.write_bytes(b"<PAMDataset>")
    with pytest.raises(Dl2EcdError) as error:
        merged(there)
    assert [item.rule for item in error.value.findings] == ["legend-damaged"]

    def unreadable(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(aux_xml, "existing", unreadable)
    with pytest.raises(Dl2EcdError) as error:
        merged(there)
    assert [item.rule for item in error.value.findings] == ["output-not-writable"]


def test_names_of_any_kind_reach_it(there: Path) -> None:
    export(ecd_with([EcdClass(1, "Wälder & <Wiesen>", (1, 2, 3))]), "aux-xml", there)
    assert read_legend(there).classes[0].name == "Wälder & <Wiesen>"
