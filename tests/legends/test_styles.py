"""Styles of GIS programs: colors in every model, several layers, what only looks like classes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, List, Optional

import pytest

from dl2ecd_core.findings.errors import Dl2EcdError
from tests.legends.test_inputs import Row, read, rows, rules

A: Row = (1, "a", (0, 0, 255))
B: Row = (2, "b", (0, 128, 0))


def refused(folder: Path, content: Any) -> str:
    with pytest.raises(Dl2EcdError) as error:
        read(folder, content if isinstance(content, str) else json.dumps(content))
    return error.value.findings[0].message


def layer(colorizer: Any, name: str = "lc", key: str = "colorizer") -> Any:
    return {"type": "CIMRasterLayer", "name": name, key: colorizer}


def lyrx(*layers: Any) -> str:
    return json.dumps({"type": "CIMLayerDocument", "layerDefinitions": list(layers)})


def unique(*entries: Any, kind: str = "CIMRasterUniqueValueColorizer") -> Any:
    return {"type": kind, "groups": [{"classes": list(entries)}]}


def color(kind: str, *values: Any) -> Any:
    return {"type": f"CIM{kind}Color", "values": list(values)}


class TestLyrx:
    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            (color("RGB", 1, 2, 255, 100), (1, 2, 255)),
            (color("RGB", 0.4, 127.5, 255, 100), (0, 128, 255)),
            (color("RGB", 0.2, 0.4, 1, 100), (0, 0, 1)),
            (color("HSV", 240, 100, 100, 100), (0, 0, 255)),
            (color("HSV", 120.0, 100, 50.2, 100), (0, 128, 0)),
            (color("HSL", 240, 100, 50, 100), (0, 0, 255)),
            (color("CMYK", 100, 0, 100, 50, 100), (0, 128, 0)),
            (color("CMYK", 0, 0, 0, 100, 100), (0, 0, 0)),
            (color("Gray", 204, 100), (204, 204, 204)),
        ],
    )
    def test_colors_of_every_model(
        self, tmp_path: Path, written: Any, expected: Optional[Any]
    ) -> None:
        entry = {"values": ["1"], "label": "a", "color": written}
        legend = read(tmp_path, lyrx(layer(unique(entry))))
        assert (rows(legend), rules(legend)) == ([(1, "a", expected)], [])

    @pytest.mark.parametrize(
        "written",
        [
            color("LAB", 1, 2, 3, 100),
            color("RGB", 1, 2),
            color("RGB", "x", 2, 3),
            color("Gray"),
            color("RGB", 1, 2, 300),
        ],
    )
    def test_colors_that_can_not_be_read_are_said(self, tmp_path: Path, written: Any) -> None:
        entry = {"values": ["1"], "label": "a", "color": written}
        legend = read(tmp_path, lyrx(layer(unique(entry))))
        assert (rows(legend), rules(legend)) == ([(1, "a", None)], ["legend-color-unread"])

    def test_several_values_of_a_class(self, tmp_path: Path) -> None:
        entry = {"values": ["1", "2"], "label": "a", "color": color("RGB", 0, 0, 255)}
        assert rows(read(tmp_path, lyrx(layer(unique(entry))))) == [A, (2, "a", (0, 0, 255))]

    def test_polygons_with_unique_values(self, tmp_path: Path) -> None:
        def entry(value: str, name: str, *channels: int) -> Any:
            line = {"type": "CIMSolidStroke", "color": color("RGB", 9, 9, 9)}
            fill = {"type": "CIMSolidFill", "color": color("RGB", *channels, 100)}
            symbol = {"type": "CIMPolygonSymbol", "symbolLayers": [line, fill]}
            values = [{"type": "CIMUniqueValue", "fieldValues": [value]}]
            return {"label": name, "values": values, "symbol": {"symbol": symbol}}

        renderer = unique(
            entry("1", "a", 0, 0, 255), entry("2", "b", 0, 128, 0), kind="CIMUniqueValueRenderer"
        )
        assert rows(read(tmp_path, lyrx(layer(renderer, key="renderer")))) == [A, B]

    def test_a_color_map_whose_labels_are_its_values_has_no_names(self, tmp_path: Path) -> None:
        colorizer = {
            "type": "CIMRasterColorMapColorizer",
            "values": [1, 2, 3],
            "colors": [color("RGB", 0, 0, 255), color("RGB", 0, 128, 0)],
            "labels": ["1", "b"],
        }
        assert rows(read(tmp_path, lyrx(layer(colorizer)))) == [
            (1, None, (0, 0, 255)), B, (3, None, None),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("kind", "why"),
        [
            ("CIMRasterClassifyColorizer", "its colors go for ranges of values (Classify)"),
            ("CIMRasterStretchColorizer", "its colors are shades (Stretch)"),
            ("CIMRasterRGBColorizer", "shows an image in its own colors"),
            ("CIMUnheardOf", "no raster layer with unique values or a color map."),
        ],
    )
    def test_others_are_refused_for_what_they_are(
        self, tmp_path: Path, kind: str, why: str
    ) -> None:
        assert why in refused(tmp_path, lyrx(layer({"type": kind, "classBreaks": []})))

    def test_several_layers_are_a_question(self, tmp_path: Path) -> None:
        one = unique({"values": ["1"], "label": "a"})
        assert "2 layers with classes: 'old (1 class)' and 'without a name (1 class)'" in refused(
            tmp_path, lyrx(layer(one, "old"), layer(one, ""))
        )

    def test_values_that_are_texts(self, tmp_path: Path) -> None:
        entry = {"values": ["Water"], "label": "Water"}
        assert "unique values that are texts ('Water')" in refused(
            tmp_path, lyrx(layer(unique(entry)))
        )

    def test_nothing_of_the_kind(self, tmp_path: Path) -> None:
        odd = {"type": 5, "groups": [{"classes": [{"values": [{}, {"fieldValues": []}]}, 7]}]}
        assert "no raster layer" in refused(tmp_path, lyrx(layer(odd), 3))
        deep: Any = color("RGB", 1, 2, 3)
        for _ in range(20):
            deep = {"symbol": deep}
        entry = {"values": ["1"], "label": "a", "symbol": deep}
        assert rows(read(tmp_path, lyrx(layer(unique(entry))))) == [(1, "a", None)]


PALETTE = (
    '<rasterrenderer type="paletted"><colorPalette>'
    '<paletteEntry value="1" label="a" color="#0000ff" alpha="255"/>'
    '<paletteEntry value="2" label="b" color="{}" alpha="255"/>'
    "</colorPalette></rasterrenderer>"
)


class TestQgis:
    @pytest.mark.parametrize("code", ["#008000", "0,128,0,255", "0,128,0,255,rgb:0,0.5,0,1"])
    @pytest.mark.parametrize(
        "text",
        [
            "<qgis><pipe>{}</pipe></qgis>",
            "<qgis><projectlayers><maplayer><layername>x</layername><renderer-v2/></maplayer>"
            "<maplayer><layername>lc</layername><pipe>{}</pipe></maplayer></projectlayers></qgis>",
            '<!DOCTYPE qgis-layer-definition>\n<qlr><layer-tree-group/><maplayers><maplayer type="'
            'raster"><pipe>{}</pipe></maplayer></maplayers></qlr>',
        ],
    )
    def test_style_project_and_layer_definition(self, tmp_path: Path, text: str, code: str) -> None:
        legend = read(tmp_path, text.format(PALETTE.format(code)))
        assert (rows(legend), rules(legend)) == ([A, B], [])

    def test_the_layers_of_a_project_are_named(self, tmp_path: Path) -> None:
        one = f"<maplayer><layername>{{}}</layername>{PALETTE.format('#008000')}</maplayer>"
        assert "'old (2 classes)' and 'new (2 classes)'" in refused(
            tmp_path, f"<qgis>{one.format('old')}{one.format('new')}</qgis>"
        )

    @pytest.mark.parametrize(
        ("kind", "why"),
        [
            (' colorRampType="INTERPOLATED"', "shades between its values"),
            (' colorRampType="DISCRETE"', "for all values up to its own"),
            ("", "shades between its values"),
        ],
    )
    def test_shades_and_ranges_are_refused_as_such(
        self, tmp_path: Path, kind: str, why: str
    ) -> None:
        item = '<item value="1" color="1,2,3,255" label="a"/>'
        assert why in refused(
            tmp_path, f"<qgis><colorrampshader{kind}>{item}</colorrampshader></qgis>"
        )

    @pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252"])
    def test_xml_in_the_encoding_that_it_declares(self, tmp_path: Path, encoding: str) -> None:
        text = (
            f"<?xml version='1.0' encoding='{encoding}'?><qgis>{PALETTE.format('#008000')}</qgis>"
        )
        legend = read(tmp_path, text.replace('"a"', '"Wälder"'), encoding)
        assert (legend.classes[0].name, rules(legend)) == ("Wälder", [])

    def test_xml_in_an_encoding_that_does_not_exist(self, tmp_path: Path) -> None:
        text = f"<?xml version='1.0' encoding='cp1259'?><qgis>{PALETTE.format('#008000')}</qgis>"
        assert rows(read(tmp_path, text)) == [A, B]


class TestSld:
    def sld(self, inside: str) -> str:
        return f"<StyledLayerDescriptor><RasterSymbolizer>{inside}</RasterSymbolizer></StyledLayerDescriptor>"  # noqa: E501

    MAP = (
        '<ColorMap{}><ColorMapEntry color="#0000ff" quantity="1" label="a"/>'
        '<ColorMapEntry color="#008000" quantity="2.0" label="b"/></ColorMap>'
    )

    def test_values(self, tmp_path: Path) -> None:
        assert rows(read(tmp_path, self.sld(self.MAP.format(' type="values"')))) == [A, B]

    @pytest.mark.parametrize(
        ("inside", "why"),
        [
            (MAP.format(""), "shades between its quantities (type 'ramp')"),
            (MAP.format(' type="ramp"'), "shades between its quantities (type 'ramp')"),
            (MAP.format(' type="intervals"'), "for all values below its quantity"),
            (MAP.format(' type="values"') * 2, "has 2 color maps of type 'values'"),
            ("<ColorMap><Categorize/></ColorMap>", "up to a threshold (Categorize)"),
            ("<ColorMap><Interpolate/></ColorMap>", "shades between its values (Interpolate)"),
            ("<PolygonSymbolizer/>", "a style for vectors or for images"),
        ],
    )
    def test_others_are_refused_for_what_they_are(
        self, tmp_path: Path, inside: str, why: str
    ) -> None:
        assert why in refused(tmp_path, self.sld(inside))


def table(fields: List[str], rows_of: List[List[str]], attributes: str = "") -> str:
    """A raster attribute table; each field is "name type usage"."""
    described = ""
    for one in fields:
        name, kind, usage = one.split(" ")
        described += (
            f"<FieldDefn><Name>{name}</Name><Type>{kind}</Type><Usage>{usage}</Usage></FieldDefn>"
        )
    cells = ["".join(f"<F>{cell}</F>" for cell in row) for row in rows_of]
    inside = "".join(f'<Row index="{at}">{row}</Row>' for at, row in enumerate(cells))
    return (
        f"<PAMDataset><PAMRasterBand><GDALRasterAttributeTable{attributes}>{described}{inside}"
        "</GDALRasterAttributeTable></PAMRasterBand></PAMDataset>"
    )


class TestGdal:
    COLORS = ("R 0 6", "G 0 7", "B 0 8")

    def test_binning_gives_the_values(self, tmp_path: Path) -> None:
        text = table(
            ["Class_Names 2 2", *self.COLORS],
            [["a", "0", "0", "255"], ["b", "0", "128", "0"]],
            ' Row0Min="10" BinSize="5"',
        )
        assert rows(read(tmp_path, text)) == [(10, *A[1:]), (15, *B[1:])]

    def test_rows_that_no_pixel_has_and_nobody_named_are_none(self, tmp_path: Path) -> None:
        text = table(
            ["Histogram 1 1", "Name 2 2"],
            [["0", ""], ["7", "a"], ["9", ""], ["0", "b"]],
            ' Row0Min="0" BinSize="1"',
        )
        assert rows(read(tmp_path, text)) == [(1, "a", None), (2, None, None), (3, "b", None)]

    def test_lowest_and_highest_that_are_the_same(self, tmp_path: Path) -> None:
        text = table(
            ["From 1 3", "To 1 4", "Label 2 0"],
            [["1", "1", "a"], ["2", "2", "b"], ["3", "9", "c"]],
        )
        legend = read(tmp_path, text)
        assert rows(legend) == [(1, "a", None), (2, "b", None)]
        assert "'c (3 to 9)'" in legend.findings[0].message

    def test_the_lowest_alone(self, tmp_path: Path) -> None:
        assert rows(read(tmp_path, table(["From 0 3"], [["4"]]))) == [(4, None, None)]

    def test_ranges_are_refused_as_such(self, tmp_path: Path) -> None:
        text = table(["From 1 3", "To 1 4"], [["0", "5"], ["5", "10"]])
        assert "rows are ranges of values" in refused(tmp_path, text)

    def test_the_only_text_is_the_name(self, tmp_path: Path) -> None:
        text = table(["VALUE 0 0", "COUNT 0 0", "EVT_LF 2 0"], [["1", "5", "a"], ["2", "6", "b"]])
        assert rows(read(tmp_path, text)) == [(1, "a", None), (2, "b", None)]

    @pytest.mark.parametrize(
        ("kind", "one", "expected"), [("1", "1", (0, 0, 255)), ("0", "1", (0, 0, 1))]
    )
    def test_reals_up_to_1_are_fractions(
        self, tmp_path: Path, kind: str, one: str, expected: Any
    ) -> None:
        fields = ["Value 0 5", f"Red {kind} 6", f"Green {kind} 7", f"Blue {kind} 8"]
        assert rows(read(tmp_path, table(fields, [["1", "0", "0", one]]))) == [(1, None, expected)]

    def test_a_color_that_is_none_is_said(self, tmp_path: Path) -> None:
        legend = read(tmp_path, table(["Value 0 5", *self.COLORS], [["1", "0", "0", "999"]]))
        assert rules(legend) == ["legend-color-unread"]

    def test_a_virtual_raster(self, tmp_path: Path) -> None:
        text = (
            '<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand dataType="Byte" band="1">'
            "<CategoryNames><Category></Category><Category>a</Category></CategoryNames><ColorTable>"
            '<Entry c1="0" c2="0" c3="0" c4="0"/><Entry c1="0" c2="0" c3="255" c4="255"/>'
            "</ColorTable></VRTRasterBand></VRTDataset>"
        )
        assert rows(read(tmp_path, text)) == [A]


class TestOthers:
    def test_envi(self, tmp_path: Path) -> None:
        text = (
            "ENVI\r\ndescription = {\r\n  made = here}\r\nclasses = 3\r\nclass names = {\r\n"
            " Unclassified, a,\r\n  b }\r\nclass lookup = {0,0,0, 0,0,255,\r\n 0,128,0}\r\n"
        )
        legend = read(tmp_path, text)
        assert (rows(legend), rules(legend)) == ([(0, "Unclassified", (0, 0, 0)), A, B], [])

    def test_envi_with_values_of_its_own(self, tmp_path: Path) -> None:
        text = "ENVI\nclass values = {7, 9}\nclass names = {a, b}\nclass lookup = {1,2,3, 4,5,600}"
        legend = read(tmp_path, text)
        assert rows(legend) == [(7, "a", (1, 2, 3)), (9, "b", None)]
        assert rules(legend) == ["legend-color-unread"]

    def test_envi_with_another_number_of_names(self, tmp_path: Path) -> None:
        legend = read(tmp_path, "ENVI\nclasses = 2\nclass names = {a, b, c}\n")
        assert "says that there are 2 classes, but names 3" in legend.findings[0].message

    @pytest.mark.parametrize("inside", ["bands = 3", "class names = {}", "class names = x"])
    def test_envi_of_an_image(self, tmp_path: Path, inside: str) -> None:
        assert "that of an image" in refused(tmp_path, f"ENVI\n{inside}\n")

    def test_cvat(self, tmp_path: Path) -> None:
        text = (
            "<?xml version='1.0'?><annotations><meta><task><labels><label><name>a</name><color>"
            "#0000ff</color><attributes><attribute><name>no class</name></attribute></attributes>"
            "</label><label><name>b</name><color>#008000</color></label></labels></task></meta>"
            "</annotations>"
        )
        legend = read(tmp_path, text)
        assert rows(legend) == [(0, *A[1:]), (1, *B[1:])]
        assert rules(legend) == ["legend-values-counted"]
        assert "lists no labels" in refused(
            tmp_path, "<annotations><meta><x><label></label></x></meta></annotations>"
        )

    @pytest.mark.parametrize("quote", ["‘", "“", "„"])
    def test_curly_quotes_in_label_maps(self, tmp_path: Path, quote: str) -> None:
        assert "Line 2 of the label map has a curly quote" in refused(
            tmp_path, f"item {{\n name: {quote}a{quote}\n}}\n"
        )
