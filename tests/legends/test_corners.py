"""Corners of the readers of tables, lists and colors: what is odd is read, left out or said."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, List

import pytest

from dl2ecd_core.color import color_from, from_channels, number_from
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.legends import read_legend
from dl2ecd_core.wire import xml
from dl2ecd_core.wire.xml import TooMuch, elements
from tests.legends.test_inputs import Row, read, rows, rules


def refused(folder: Path, content: Any) -> str:
    with pytest.raises(Dl2EcdError) as error:
        read(folder, content)
    return error.value.findings[0].message


class TestColors:
    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ({"r": 1, "g": 2, "b": 3}, (1, 2, 3)),
            ({"red": 1, "green": 2, "blue": 3, "alpha": 4}, (1, 2, 3)),
            ({"hue": 1}, None),
            ("0x0102ff", (1, 2, 255)),
            ("0.0:0.5:1", (0, 128, 255)),
            ("Orange", (255, 127, 0)),
            ("1,2", None),
            ("1,2,3" * 100, None),
            ([1, 2], None),
            (7, None),
        ],
    )
    def test_in_other_forms(self, written: object, expected: object) -> None:
        assert color_from(written) == expected

    @pytest.mark.parametrize("value", [None, [], True, 1e30, "", "2,5", "1" * 30, "٤"])
    def test_what_is_no_number(self, value: object) -> None:
        assert number_from(value) is None

    def test_fractions_when_that_is_told(self) -> None:
        assert from_channels([0, 1, 0], fractions=True) == (0, 255, 0)
        assert from_channels([0, 1, 0], fractions=False) == (0, 1, 0)


class TestTables:
    @pytest.mark.parametrize(
        ("text", "expected", "said"),
        [
            # Both Color and channels: the channels count.
            ("Value,Name,Color,R,G,B\n1,a,#000001,1,2,3\n", [(1, "a", (1, 2, 3))], []),
            ("Value;Name;Zz\n1;a;5\n2;b;7\n", [(1, "a", None), (2, "b", None)], []),
            # All -1: no color was chosen.
            ("Value,Name,R,G,B\n1,a,-1,-1,-1\n2,b,1,2,3\n",
             [(1, "a", None), (2, "b", (1, 2, 3))], []),
            ("Value,Name,R,G,B\n1,a,1,2,\n2,b,1,2,3\n",
             [(1, "a", None), (2, "b", (1, 2, 3))], ["legend-color-unread"]),
            ("Value,Name,R,G,B\n1,a,0.0,0.0,1.0\n2,b,1.0,0.0,0.0\n",
             [(1, "a", (0, 0, 255)), (2, "b", (255, 0, 0))], []),
            ("Value,Name\n1,a\n,\n2,b\n", [(1, "a", None), (2, "b", None)], []),
            # Two columns that may be values: the first, and that is said.
            ("1;10;a\n2;20;b\n", [(1, "a", None), (2, "b", None)], ["legend-columns-guessed"]),
            # Opacity behind the channels.
            ('"1";"a";0;0;255;255\n"2";"b";0;128;0;0\n',
             [(1, "a", (0, 0, 255)), (2, "b", (0, 128, 0))], []),
            # More numbers than channels: none of them are colors.
            ("1;2;3;4;5;6;a\n2;2;3;4;5;6;b\n", [(1, "a", None), (2, "b", None)],
             ["legend-columns-guessed"]),
            ("Value\n3\n5\n", [(3, None, None), (5, None, None)], []),
            ("Value,Name,(other)\n1,a,\n", [(1, "a", None)], []),
            (f"Value,Name,{'x' * 80}\n1,a,b\n", [(1, "a", None)], []),
            ("1 0 0 255 # deep\n2 0 128 0\n",
             [(1, "deep", (0, 0, 255)), (2, None, (0, 128, 0))], []),
        ],
    )  # fmt: skip
    def test_odd_ones(
        self, tmp_path: Path, text: str, expected: List[Row], said: List[str]
    ) -> None:
        legend = read(tmp_path, text)
        assert (rows(legend), rules(legend)) == (expected, said)

    @pytest.mark.parametrize(
        "text",
        [
            # A quote that never ends.
            'Value,Name\n1,"a\n' + "2,b\n" * 40_000,
            "sep=;\n",
            "Value,Name,Color\n",
            "a" * 5000 + ",b\n1,2\n",
            "#0000ff\n#00ff00\n",
        ],
        ids=["endless quote", "separator alone", "header alone", "long line", "colors alone"],
    )
    def test_what_is_none_is_refused(self, tmp_path: Path, text: str) -> None:
        assert refused(tmp_path, text)

    def test_a_color_map_longer_than_its_beginning(self, tmp_path: Path) -> None:
        lines = [f"{n} 1 2 {n % 250}" for n in range(8000)]
        assert len(rows(read(tmp_path, "\n".join(lines)))) == 8000


class TestObjects:
    def test_empty_ones_and_colors_under_another_key(self, tmp_path: Path) -> None:
        listed = [
            {"value": 1, "name": "a", "shade": [1, 2, 3]},
            {"value": None, "name": None, "shade": None},
            {"value": 2, "name": "b", "shade": {"r": 4, "g": 5, "b": 6}},
        ]
        legend = read(tmp_path, json.dumps(listed))
        assert rows(legend) == [(1, "a", (1, 2, 3)), (2, "b", (4, 5, 6))]
        assert rules(legend) == ["legend-columns-guessed"]

    def test_a_symbol_without_a_color(self, tmp_path: Path) -> None:
        symbol = {"symbol": {"symbolLayers": [{"type": "CIMPictureFill"}]}}
        entry = {"values": ["1"], "label": "a", "symbol": symbol}
        colorizer = {"type": "CIMRasterUniqueValueColorizer", "groups": [{"classes": [entry]}]}
        layer = {"type": "CIMRasterLayer", "colorizer": colorizer}
        document = {"type": "CIMLayerDocument", "layerDefinitions": [layer]}
        assert rows(read(tmp_path, json.dumps(document))) == [(1, "a", None)]


class TestLists:
    def test_a_number_without_a_class(self, tmp_path: Path) -> None:
        assert rows(read(tmp_path, "0: a\n1: ???\n2: b\n")) == [(0, "a", None), (2, "b", None)]

    def test_nothing_but_esris_empty_list(self, tmp_path: Path) -> None:
        assert "lists no classes" in refused(tmp_path, json.dumps({"Classes": []}))

    def test_a_document_of_many_lists_is_looked_at_so_far(self, tmp_path: Path) -> None:
        deep: Any = {"Classes": [1]}
        document = {"a": [[{"b": [deep]}] * 50] * 50}
        assert "lists no classes" in refused(tmp_path, json.dumps(document))


class TestBinaries:
    def test_a_table_with_too_many_fields_is_none(self, tmp_path: Path) -> None:
        head = struct.pack("<4BIHH20x", 3, 124, 5, 6, 0, 32 + 300 * 32 + 1, 301)
        field = struct.pack("<11sc4xB15x", b"A", b"N", 1)
        assert "no legend" in refused(tmp_path, head + field * 300 + b"\r" + bytes(100))

    def test_a_header_without_its_end_is_none(self, tmp_path: Path) -> None:
        head = struct.pack("<4BIHH20x", 3, 124, 5, 6, 0, 32 + 2 * 32, 3)
        field = struct.pack("<11sc4xB15x", b"A", b"N", 1)
        assert "no legend" in refused(tmp_path, head + field * 2 + bytes(100))

    def test_a_zip_archive_that_is_damaged(self, tmp_path: Path) -> None:
        assert "a ZIP archive" in refused(tmp_path, b"PK\x03\x04" + bytes(100))

    def test_too_large_to_be_a_list(self, tmp_path: Path) -> None:
        with (tmp_path / "a").open("wb") as file:
            file.write(b"1,a\n" * (5 << 20))
        with pytest.raises(Dl2EcdError, match="are not read"):
            read_legend(tmp_path / "a")


class TestEncodings:
    def test_utf_16_that_breaks_off(self, tmp_path: Path) -> None:
        assert "UTF-16 text, but it has bytes" in refused(
            tmp_path, b"\xff\xfe" + "1,a".encode("utf-16-le") + b"\xd8"
        )

    def test_xml_with_letters_that_its_encoding_does_not_have(self, tmp_path: Path) -> None:
        head = b"<?xml version='1.0' encoding='windows-1253'?>"
        entry = b"<qgis><paletteEntry value='1' color='#000001' label='\xd2'/></qgis>"
        legend = read(tmp_path, head + entry)
        assert (legend.classes[0].name, rules(legend)) == ("Ò", ["legend-encoding"])


class TestXml:
    def test_names_lose_their_prefixes(self) -> None:
        (inner, outer) = elements(b'<a:b xmlns:a="x" a:c="1"><a:d/>t</a:b>')
        assert (inner.path, inner.parent, outer.parent) == (("b", "d"), "b", "")
        assert (outer.get("c"), outer.get("e"), outer.text) == ("1", None, "t")

    def test_beginnings_are_told_where_they_are_asked_for(self) -> None:
        told = [(one.tag, one.begins) for one in elements(b"<a><b/></a>", frozenset("a"))]
        assert told == [("a", True), ("b", False), ("a", False)]

    def test_limits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(TooMuch, match="levels deep"):
            list(elements(b"<a>" * 70))
        monkeypatch.setattr(xml, "MOST_ELEMENTS", 2)
        with pytest.raises(TooMuch, match="more than 2 elements"):
            list(elements(b"<a><b/><b/></a>"))
