"""Tables of classes: color maps, GDAL side files, lists of names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from dl2ecd_core.ecd.content import EcdClass
from dl2ecd_core.exports import export
from dl2ecd_core.exports.xml_text import xml_text
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.legends import read_legend
from tests.exports.definitions import FEW, NAMES, classes, ecd_with, exported, named, said


class TestClr:
    def test_a_line_for_each_value_in_ascending_order(self, tmp_path: Path) -> None:
        listed = [EcdClass(200, "a", (56, 168, 0)), EcdClass(-3, "b", (1, 2, 3))]
        content, findings = exported(ecd_with(listed), "clr", tmp_path / "a.clr")
        assert content == b"-3 1 2 3\n200 56 168 0\n"
        assert "names are not in it" in said(findings, "export-adjusted")

    @FEW
    @given(classes())
    def test_comes_back_through_the_reader(
        self, tmp_path_factory: pytest.TempPathFactory, listed: tuple[EcdClass, ...]
    ) -> None:
        target = tmp_path_factory.getbasetemp() / "any.clr"
        exported(ecd_with(listed), "clr", target)
        back = [(item.value, item.name, item.color) for item in read_legend(target).classes]
        assert back == sorted((item.value, None, item.color) for item in listed)


class TestAuxXml:
    def test_the_table_has_a_row_for_each_class(self, tmp_path: Path) -> None:
        content, findings = exported(ecd_with(named()), "aux-xml", tmp_path / "a.tif.aux.xml")
        (table,) = etree.fromstring(content).iter("GDALRasterAttributeTable")
        assert table.get("tableType") == "thematic"
        assert [
            (field.findtext("Name"), field.findtext("Type"), field.findtext("Usage"))
            for field in table.iter("FieldDefn")
        ] == [
            ("Value", "0", "5"),
            ("Class", "2", "2"),
            ("Red", "0", "6"),
            ("Green", "0", "7"),
            ("Blue", "0", "8"),
        ]
        assert [[cell.text for cell in row] for row in table.iter("Row")] == [
            [str(item.value), item.name, *map(str, item.color or ())] for item in named()
        ]
        # The blank that a name begins with by its number, which GDAL does not drop.
        assert b"&#32;Other (Pervious)" in content
        assert not said(findings, "export-adjusted")

    def test_colors_and_names_are_listed_by_value(self, tmp_path: Path) -> None:
        listed = [EcdClass(3, "c", (7, 8, 9)), EcdClass(1, "a", (4, 5, 6))]
        content, findings = exported(ecd_with(listed), "aux-xml", tmp_path / "a.tif.aux.xml")
        root = etree.fromstring(content)
        assert root.findtext("PAMRasterBand/ColorInterp") == "Palette"
        assert [tuple(entry.attrib.values()) for entry in root.iter("Entry")] == [
            ("0", "0", "0", "0"),
            ("4", "5", "6", "255"),
            ("0", "0", "0", "0"),
            ("7", "8", "9", "255"),
        ]
        assert [entry.text for entry in root.iter("Category")] == [None, "a", None, "c"]
        assert findings == ()

    @pytest.mark.parametrize(
        ("value", "has_colors", "has_names"),
        [
            (255, True, True),
            (256, False, True),
            (65_535, False, True),
            (65_536, False, False),
            (-1, False, False),
        ],
    )
    def test_lists_by_value_end_where_the_format_ends(
        self, tmp_path: Path, value: int, has_colors: bool, has_names: bool
    ) -> None:
        listed = [EcdClass(value, "a", (1, 2, 3)), EcdClass(5, "b", (4, 5, 6))]
        content, findings = exported(ecd_with(listed), "aux-xml", tmp_path / "a.tif.aux.xml")
        root = etree.fromstring(content)
        assert bool(list(root.iter("ColorTable"))) is has_colors
        assert bool(list(root.iter("ColorInterp"))) is has_colors
        assert bool(list(root.iter("CategoryNames"))) is has_names
        assert bool(findings) is not (has_colors and has_names)
        assert [row[0].text for row in root.iter("Row")] == [str(value), "5"]

    def test_the_name_of_a_raster_gets_the_ending_that_gdal_looks_for(self, tmp_path: Path) -> None:
        findings = export(ecd_with(named(["a"])), "aux-xml", tmp_path / "a.tif")
        assert [path.name for path in tmp_path.iterdir()] == ["a.tif.aux.xml"]
        assert "Written as 'a.tif.aux.xml'" in said(findings, "output-ending-added")

    @FEW
    @given(classes(st.one_of(st.integers(0, 300), st.integers(-(2**31), 2**31 - 1))))
    def test_comes_back_through_the_reader(
        self, tmp_path_factory: pytest.TempPathFactory, listed: tuple[EcdClass, ...]
    ) -> None:
        target = tmp_path_factory.getbasetemp() / "any.tif.aux.xml"
        exported(ecd_with(listed), "aux-xml", target)
        assert [(item.value, item.name, item.color) for item in read_legend(target).classes] == [
            (item.value, xml_text(item.name) or None, item.color) for item in listed
        ]


class TestLabels:
    def test_one_name_a_line_by_output_index(self, tmp_path: Path) -> None:
        listed = [EcdClass(5, "b", None, 1), EcdClass(9, "a", None, 0)]
        content, findings = exported(ecd_with(listed), "labels", tmp_path / "a.txt")
        assert content == b"a\nb\n"
        assert [item.rule for item in findings] == ["export-adjusted"]

    def test_output_0_may_be_the_background(self, tmp_path: Path) -> None:
        listed = [EcdClass(5, "a", None, 1), EcdClass(9, "b", None, 2)]
        content, findings = exported(ecd_with(listed, background=0), "labels", tmp_path / "a.txt")
        assert content == b"background\na\nb\n"
        assert "first line is 'background'" in said(findings, "export-adjusted")

    def test_outputs_without_a_class_keep_their_line(self, tmp_path: Path) -> None:
        listed = [EcdClass(5, "a", None, 0), EcdClass(9, "b", None, 3)]
        content, findings = exported(ecd_with(listed), "labels", tmp_path / "a.txt")
        assert content == b"a\n???\n???\nb\n"
        assert "2 outputs without a class" in said(findings, "export-adjusted")

    def test_a_name_stays_one_line(self, tmp_path: Path) -> None:
        listed = named(["a\nb", "c\u2028d", "", " "])
        content, findings = exported(ecd_with(listed), "labels", tmp_path / "a.txt")
        assert content.decode() == "a\\nb\nc\\u2028d\nClass 3\nClass 4\n"
        assert "must be one line" in said(findings, "export-adjusted")

    @pytest.mark.parametrize("indices", [(0, 0), (-1, 0)])
    def test_indices_without_order_are_refused(
        self, tmp_path: Path, indices: tuple[int, int]
    ) -> None:
        listed = [EcdClass(place, "a", None, index) for place, index in enumerate(indices)]
        with pytest.raises(Dl2EcdError, match="no order"):
            export(ecd_with(listed), "labels", tmp_path / "a.txt")

    def test_an_index_far_away_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(Dl2EcdError, match="nearly all gaps"):
            export(ecd_with([EcdClass(1, "a", None, 10**9)]), "labels", tmp_path / "a.txt")

    def test_a_label_map_keeps_id_0_for_the_background(self, tmp_path: Path) -> None:
        content, findings = exported(ecd_with(named(["a", "b"])), "labels", tmp_path / "a.pbtxt")
        assert content == b'item {\n  id: 1\n  name: "a"\n}\nitem {\n  id: 2\n  name: "b"\n}\n'
        assert "indices plus 1" in said(findings, "export-adjusted")

    def test_with_a_background_the_ids_are_the_indices(self, tmp_path: Path) -> None:
        listed = [EcdClass(5, "a", None, 1)]
        content, findings = exported(ecd_with(listed, background=0), "labels", tmp_path / "a.pbtxt")
        assert content == b'item {\n  id: 1\n  name: "a"\n}\n'
        assert "plus 1" not in said(findings, "export-adjusted")

    def test_what_utf_8_can_not_hold_is_escaped_in_a_label_map_and_said(
        self, tmp_path: Path
    ) -> None:
        listed = named(["a", "b\ud800"])
        content, findings = exported(ecd_with(listed), "labels", tmp_path / "a.pbtxt")
        assert b'name: "b\\\\ud800"' in content
        assert "UTF-8 can't hold are escaped in 'b\\ud800'" in said(findings, "export-adjusted")

    def test_names_in_a_label_map_stay_in_their_quotes(self, tmp_path: Path) -> None:
        target = tmp_path / "a.pbtxt"
        exported(ecd_with(named([*NAMES, '"} item { id: 99', "\\"])), "labels", target)
        assert [item.name for item in read_legend(target).classes] == [
            *NAMES, '"} item { id: 99', "\\",
        ]  # fmt: skip

    @FEW
    @given(classes())
    def test_a_label_map_comes_back_through_the_reader(
        self, tmp_path_factory: pytest.TempPathFactory, listed: tuple[EcdClass, ...]
    ) -> None:
        target = tmp_path_factory.getbasetemp() / "any.pbtxt"
        exported(ecd_with(listed), "labels", target)
        expected = [
            (place + 1, _without_surrogates(item.name) or None) for place, item in enumerate(listed)
        ]
        assert [(item.value, item.name) for item in read_legend(target).classes] == expected

    @FEW
    @given(classes())
    def test_a_list_has_as_many_lines_as_classes_for_any_reader(
        self, tmp_path_factory: pytest.TempPathFactory, listed: tuple[EcdClass, ...]
    ) -> None:
        target = tmp_path_factory.getbasetemp() / "any.txt"
        exported(ecd_with(listed), "labels", target)
        assert len(target.read_text(encoding="utf-8").splitlines()) == len(listed)


def _without_surrogates(name: str) -> str:
    return "".join(
        letter.encode("unicode_escape").decode() if "\ud800" <= letter <= "\udfff" else letter
        for letter in name
    )
