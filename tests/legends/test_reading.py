"""Legends that people have already: what is read from each kind, told apart by content."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, List, Optional, Tuple

import pytest

from dl2ecd_core import convert
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.legends import Legend, read_legend

Row = Tuple[int, Optional[str], Optional[Tuple[int, int, int]]]
CLASSES = [
    {"Value": 100, "Name": "Impervious", "Color": [204, 204, 204]},
    {"Value": 200, "Name": " Other (Pervious)", "Color": [56, 168, 0]},
]
ROWS: List[Row] = [
    (100, "Impervious", (204, 204, 204)),
    (200, " Other (Pervious)", (56, 168, 0)),
]


def read(folder: Path, content: str, encoding: str = "utf-8") -> Legend:
    """The legend in a file whose name says nothing about it."""
    path = folder / "legend.bin"
    path.write_bytes(content.encode(encoding))
    return read_legend(path)


def rows(legend: Legend) -> List[Row]:
    return [(item.value, item.name, item.color) for item in legend.classes]


def refusal(folder: Path, content: str) -> str:
    with pytest.raises(Dl2EcdError) as error:
        read(folder, content)
    (item,) = error.value.findings
    return f"{item.rule}: {item.message}"


class TestJson:
    def test_class_information(self, tmp_path: Path) -> None:
        legend = read(
            tmp_path,
            json.dumps(
                {"ImportDeepLearningModelToEsriExtraInfo": 0, "Version": 1, "Classes": CLASSES}
            ),
        )
        assert (rows(legend), legend.kind, legend.findings) == (ROWS, "class information", ())

    def test_model_definitions(self, tmp_path: Path) -> None:
        legend = read(tmp_path, json.dumps({"Framework": "CNTK", "Classes": CLASSES}))
        assert (rows(legend), legend.kind) == (ROWS, "model definition")

    def test_the_exporters_color_of_minus_1_is_none(self, tmp_path: Path) -> None:
        listed = [{"Value": 1, "Name": "a", "Color": [-1, -1, -1]}]
        legend = read(tmp_path, json.dumps({"Framework": "CNTK", "Classes": listed}))
        assert rows(legend) == [(1, "a", None)]

    def test_the_other_vocabulary(self, tmp_path: Path) -> None:
        listed = [{"ClassValue": 1, "ClassName": "a", "Red": 1, "Green": 2, "Blue": 3}]
        assert rows(read(tmp_path, json.dumps({"Classes": listed}))) == [(1, "a", (1, 2, 3))]

    def test_classifier_definitions_with_a_model_inside(self, tmp_path: Path) -> None:
        unpack(tmp_path)
        convert(tmp_path / MODEL, tmp_path / CLASS_INFO, tmp_path / "a.ecd")
        legend = read_legend(tmp_path / "a.ecd")
        assert legend.kind == "classifier definition"
        assert rows(legend) == rows(read_legend(tmp_path / CLASS_INFO))

    def test_classic_classifier_definitions(self, tmp_path: Path) -> None:
        entry = {"ClassValue": 3, "ClassName": "Urban", "Red": 255, "Green": 0, "Blue": 0}
        document = {
            "EsriClassifierDefinitionFile": 0,
            "FileVersion": 1,
            "Definitions": [{"Classifier": "MaximumLikelihood", "Classes": [entry]}],
        }
        assert rows(read(tmp_path, json.dumps(document))) == [(3, "Urban", (255, 0, 0))]

    @pytest.mark.parametrize("text", ['["a", "b"]', '{"0": "a", "1": "b"}'])
    def test_plain_names(self, tmp_path: Path, text: str) -> None:
        assert rows(read(tmp_path, text)) == [(0, "a", None), (1, "b", None)]

    def test_entries_that_are_no_objects_are_left_out_and_said(self, tmp_path: Path) -> None:
        legend = read(tmp_path, json.dumps({"Classes": [*CLASSES, "Wald", 7]}))
        assert rows(legend) == ROWS
        assert "'Wald' and '7'" in legend.findings[0].message

    @pytest.mark.parametrize("value", ["", " ", "7a", "1" * 41, "1_000", "\u0664", 1.5, None, True])
    def test_without_a_single_value_there_is_no_legend(self, tmp_path: Path, value: Any) -> None:
        listed = [{"Value": value, "Name": "a"}]
        assert refusal(tmp_path, json.dumps({"Framework": "CNTK", "Classes": listed})) == (
            f"legend-not-recognised: '{tmp_path / 'legend.bin'}' (model definition) has no entry "
            "with a whole number as its value."
        )

    def test_a_classifier_definition_without_classes(self, tmp_path: Path) -> None:
        document = {"EsriClassifierDefinitionFile": 0, "Definitions": [{"Classes": []}]}
        assert "holds no classes" in refusal(tmp_path, json.dumps(document))

    def test_no_classes(self, tmp_path: Path) -> None:
        assert refusal(tmp_path, '{"a": 1}').startswith("legend-not-recognised: The JSON text")

    def test_a_mistake_in_the_json_is_said_with_its_place(self, tmp_path: Path) -> None:
        with pytest.raises(Dl2EcdError) as error:
            read(tmp_path, '{"Classes": [\n{"Value" 1}]}')
        assert error.value.findings[0].where.line == 2


class TestColorMap:
    @pytest.mark.parametrize(
        "text",
        [
            "100 204 204 204\n200 56 168 0\n",
            "# made by hand\r\n\r\n100\t204  204 204\r\n200 56 168 0",
            "100.0 204 204 204\n200.000 56 168 0\n",
        ],
    )
    def test_clr(self, tmp_path: Path, text: str) -> None:
        legend = read(tmp_path, text)
        assert rows(legend) == [(100, None, (204, 204, 204)), (200, None, (56, 168, 0))]
        assert legend.kind == "color map"

    def test_as_qgis_exports_it(self, tmp_path: Path) -> None:
        text = (
            "# QGIS Generated Color Map Export File\nINTERPOLATION:EXACT\n"
            "100,204,204,204,255,Impervious\n200,56,168,0,255,Wald, licht\n"
        )
        assert rows(read(tmp_path, text)) == [
            (100, "Impervious", (204, 204, 204)),
            (200, "Wald, licht", (56, 168, 0)),
        ]

    def test_with_names_behind_the_opacity(self, tmp_path: Path) -> None:
        assert rows(read(tmp_path, "5 1 2 3 255 Wald & Wiese\n")) == [
            (5, "Wald & Wiese", (1, 2, 3))
        ]

    def test_a_value_between_whole_numbers_is_left_out(self, tmp_path: Path) -> None:
        legend = read(tmp_path, "0.5 1 2 3\n1 4 5 6\n")
        assert rows(legend) == [(1, None, (4, 5, 6))]
        (item,) = legend.findings
        assert (item.rule, "1 entry" in item.message) == ("legend-entry-skipped", True)

    def test_a_wrong_line_is_named(self, tmp_path: Path) -> None:
        lines = ["1 2 3 4\n"] * 30 + ["no color\n"]
        with pytest.raises(Dl2EcdError, match="Line 31") as error:
            read(tmp_path, "".join(lines))
        assert error.value.findings[0].rule == "legend-damaged"
        assert error.value.findings[0].where.line == 31

    def test_a_channel_ends_at_255(self, tmp_path: Path) -> None:
        assert "from 0 to 255" in str(_error(tmp_path, "1 2 3 256\n"))

    def test_a_value_listed_twice_is_said(self, tmp_path: Path) -> None:
        legend = read(tmp_path, "1 2 3 4\n1 5 6 7\n")
        assert rows(legend) == [(1, None, (2, 3, 4))]
        assert "another entry has already: '1'" in legend.findings[0].message


def _error(folder: Path, content: str) -> Dl2EcdError:
    with pytest.raises(Dl2EcdError) as error:
        read(folder, content)
    return error.value


class TestQgis:
    PALETTED = (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.22.16" styleCategories="AllStyleCategories"><pipe>\n'
        '<rasterrenderer nodataColor="" alphaBand="-1" band="1" type="paletted" opacity="1">\n'
        "<colorPalette>"
        '<paletteEntry alpha="255" value="100" color="#cccccc" label="Impervious"/>'
        '<paletteEntry alpha="255" value="200" color="#38a800" label=" Other (Pervious)"/>'
        "</colorPalette></rasterrenderer></pipe></qgis>\n"
    )

    def test_paletted(self, tmp_path: Path) -> None:
        legend = read(tmp_path, self.PALETTED)
        assert (rows(legend), legend.kind) == (ROWS, "QGIS style")

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_in_other_encodings(self, tmp_path: Path, encoding: str) -> None:
        assert rows(read(tmp_path, self.PALETTED, encoding)) == ROWS

    def test_exact_pseudocolor(self, tmp_path: Path) -> None:
        text = (
            '<qgis><pipe><rasterrenderer type="singlebandpseudocolor"><rastershader>'
            '<colorrampshader colorRampType="{}">'
            '<item value="1" color="1,2,3,255" label="a"/>'
            "</colorrampshader></rastershader></rasterrenderer></pipe></qgis>"
        )
        assert rows(read(tmp_path, text.format("EXACT"))) == [(1, "a", (1, 2, 3))]
        assert "lists no values" in refusal(tmp_path, text.format("INTERPOLATED"))

    def test_a_style_for_vectors(self, tmp_path: Path) -> None:
        assert "lists no values of a raster" in refusal(tmp_path, "<qgis><renderer-v2/></qgis>")


class TestGdal:
    TABLE = (
        '<GDALRasterAttributeTable tableType="thematic">'
        '<FieldDefn index="0"><Name>OID</Name><Type>0</Type><Usage>0</Usage></FieldDefn>'
        '<FieldDefn index="1"><Name>{0}</Name><Type>0</Type><Usage>{1}</Usage></FieldDefn>'
        '<FieldDefn index="2"><Name>Class</Name><Type>2</Type><Usage>{2}</Usage></FieldDefn>'
        '<FieldDefn index="3"><Name>Red</Name><Type>0</Type><Usage>6</Usage></FieldDefn>'
        '<FieldDefn index="4"><Name>Green</Name><Type>0</Type><Usage>7</Usage></FieldDefn>'
        '<FieldDefn index="5"><Name>Blue</Name><Type>0</Type><Usage>8</Usage></FieldDefn>'
        '<Row index="0"><F>1</F><F>100</F><F>Impervious</F><F>204</F><F>204</F><F>204</F></Row>'
        '<Row index="1"><F>2</F><F>200</F><F> Other (Pervious)</F><F>56</F><F>168</F><F>0</F></Row>'
        "</GDALRasterAttributeTable>"
    )
    NAMES = "<CategoryNames><Category/><Category>a</Category><Category>b</Category></CategoryNames>"
    COLORS = (
        '<ColorTable><Entry c1="0" c2="0" c3="0" c4="0"/><Entry c1="1" c2="2" c3="3" c4="255"/>'
        '<Entry c1="4" c2="5" c3="6" c4="255"/><Entry c1="7" c2="8" c3="9" c4="255"/></ColorTable>'
    )

    def read(self, folder: Path, inside: str) -> Legend:
        return read(
            folder,
            f'<PAMDataset><PAMRasterBand band="1"><Metadata/></PAMRasterBand>'
            f'<PAMRasterBand band="2">{inside}</PAMRasterBand></PAMDataset>',
        )

    def test_the_attribute_table(self, tmp_path: Path) -> None:
        legend = self.read(tmp_path, self.TABLE.format("Gridcode", 5, 2))
        assert (rows(legend), legend.kind) == (ROWS, "GDAL side file")

    def test_fields_without_usages_go_by_their_names(self, tmp_path: Path) -> None:
        assert rows(self.read(tmp_path, self.TABLE.format("VALUE", 0, 0))) == ROWS

    def test_a_table_on_its_own(self, tmp_path: Path) -> None:
        assert rows(read(tmp_path, self.TABLE.format("Value", 5, 2))) == ROWS

    def test_category_names_with_their_colors(self, tmp_path: Path) -> None:
        assert rows(self.read(tmp_path, self.COLORS + self.NAMES)) == [
            (1, "a", (1, 2, 3)),
            (2, "b", (4, 5, 6)),
        ]

    def test_a_color_table_alone(self, tmp_path: Path) -> None:
        legend = self.read(tmp_path, self.COLORS)
        assert rows(legend) == [(1, None, (1, 2, 3)), (2, None, (4, 5, 6)), (3, None, (7, 8, 9))]

    def test_a_table_without_colors_is_completed(self, tmp_path: Path) -> None:
        table = (
            "<GDALRasterAttributeTable><FieldDefn><Name>Value</Name></FieldDefn>"
            "<Row><F>2</F></Row></GDALRasterAttributeTable>"
        )
        legend = self.read(tmp_path, table + self.COLORS + self.NAMES)
        assert rows(legend) == [(2, "b", (4, 5, 6))]

    def test_a_table_without_values_leaves_the_word_to_the_others(self, tmp_path: Path) -> None:
        table = (
            "<GDALRasterAttributeTable><FieldDefn><Name>Count</Name></FieldDefn>"
            "<Row><F>2</F></Row></GDALRasterAttributeTable>"
        )
        legend = self.read(tmp_path, table + self.NAMES)
        assert rows(legend) == [(1, "a", None), (2, "b", None)]

    @pytest.mark.parametrize(("before", "known"), [(999, True), (1000, False)])
    def test_a_thousand_fields_are_looked_at(
        self, tmp_path: Path, before: int, known: bool
    ) -> None:
        table = (
            f"<GDALRasterAttributeTable>{'<FieldDefn><Name>x</Name></FieldDefn>' * before}"
            f"<FieldDefn><Name>Value</Name></FieldDefn><Row>{'<F/>' * before}<F>7</F></Row>"
            "</GDALRasterAttributeTable>"
        )
        if known:
            assert rows(self.read(tmp_path, table)) == [(7, None, None)]
        else:
            assert "without an attribute table" in refusal(tmp_path, table)

    def test_statistics_alone(self, tmp_path: Path) -> None:
        assert "without an attribute table" in refusal(
            tmp_path, "<PAMDataset><PAMRasterBand><Metadata/></PAMRasterBand></PAMDataset>"
        )


class TestLabels:
    def test_one_name_a_line(self, tmp_path: Path) -> None:
        legend = read(tmp_path, "background\r\nWald & Wiese\r\n裸地\r\n\r\n")
        assert rows(legend) == [
            (0, "background", None),
            (1, "Wald & Wiese", None),
            (2, "裸地", None),
        ]
        assert legend.kind == "list of class names, one a line"

    def test_an_index_without_a_class_keeps_its_place(self, tmp_path: Path) -> None:
        assert rows(read(tmp_path, "???\na\n\nb\n")) == [
            (1, "a", None),
            (2, None, None),
            (3, "b", None),
        ]

    def test_label_maps(self, tmp_path: Path) -> None:
        text = (
            "# a remark\n"
            "item {\n  id: 1\n  name: 'water \\'deep\\''\n}\n"
            'item: <name: "/m/01" id: 3 display_name: "W\\303\\244lder">\n'
            'item { id: 7 name: "a" keypoints { id: 9 name: "no class" } }\n'
        )
        legend = read(tmp_path, text)
        assert rows(legend) == [(1, "water 'deep'", None), (3, "Wälder", None), (7, "a", None)]
        assert legend.kind == "TensorFlow label map"

    def test_an_item_without_id_is_left_out(self, tmp_path: Path) -> None:
        legend = read(tmp_path, 'item { name: "a" } item { id: 1 name: "b" }')
        assert rows(legend) == [(1, "b", None)]
        assert "'a'" in legend.findings[0].message

    def test_a_broken_label_map(self, tmp_path: Path) -> None:
        assert "ends inside 'item'" in refusal(tmp_path, "item {\n  id: 1\n")

    def test_prose_is_no_list(self, tmp_path: Path) -> None:
        assert "no list of class names" in refusal(tmp_path, "word " * 300)


class TestSld:
    MAP = (
        '<sld:StyledLayerDescriptor xmlns:sld="http://www.opengis.net/sld" version="1.0.0">'
        "<sld:RasterSymbolizer><sld:ColorMap{}>"
        '<sld:ColorMapEntry color="#CCCCCC" quantity="100" label="Impervious"/>'
        '<sld:ColorMapEntry color="#38A800" quantity="200" label=" Other (Pervious)"/>'
        "</sld:ColorMap></sld:RasterSymbolizer></sld:StyledLayerDescriptor>"
    )

    def test_values(self, tmp_path: Path) -> None:
        legend = read(tmp_path, self.MAP.format(' type="values"'))
        assert (rows(legend), legend.kind) == (ROWS, "styled layer descriptor")

    def test_shades_are_no_classes(self, tmp_path: Path) -> None:
        assert "no ColorMap of type 'values'" in refusal(tmp_path, self.MAP.format(""))


class TestLyrx:
    def layer(self, color: object, kind: str = "CIMRasterUniqueValueColorizer") -> str:
        entry = {"values": ["1", "2"], "label": "Water", "color": color}
        colorizer = {"type": kind, "groups": [{"classes": [entry]}]}
        return json.dumps(
            {
                "type": "CIMLayerDocument",
                "layerDefinitions": [{"type": "CIMGroupLayer"}, {"colorizer": colorizer}],
            }
        )

    def test_each_value_of_a_class_is_one(self, tmp_path: Path) -> None:
        color = {"type": "CIMRGBColor", "values": [1, 1.6, 254.9, 100]}
        legend = read(tmp_path, self.layer(color))
        assert rows(legend) == [(1, "Water", (1, 2, 255)), (2, "Water", (1, 2, 255))]
        assert legend.kind == "ArcGIS Pro layer file"

    def test_colors_of_a_model_without_one_meaning_are_said(self, tmp_path: Path) -> None:
        color = {"type": "CIMLABColor", "values": [1, 2, 3, 100]}
        legend = read(tmp_path, self.layer(color))
        assert rows(legend)[0] == (1, "Water", None)
        assert legend.findings[0].rule == "legend-color-unread"
        assert "CIMLABColor" in legend.findings[0].message

    def test_a_layer_without_classes_is_passed_over(self, tmp_path: Path) -> None:
        empty = {"colorizer": {"type": "CIMRasterUniqueValueColorizer", "groups": []}}
        document = json.loads(self.layer(None))
        document["layerDefinitions"] = [empty, 5, None, *document["layerDefinitions"]]
        assert [row[0] for row in rows(read(tmp_path, json.dumps(document)))] == [1, 2]

    def test_other_layers(self, tmp_path: Path) -> None:
        assert "no raster layer with unique values" in refusal(
            tmp_path, self.layer(None, "CIMRasterStretchColorizer")
        )
