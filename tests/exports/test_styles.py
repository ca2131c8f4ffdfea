"""Styles for maps: QGIS, OGC and ArcGIS Pro."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from lxml import etree

from dl2ecd_core.ecd.content import EcdClass
from dl2ecd_core.exports.xml_text import xml_text
from dl2ecd_core.legends import read_legend
from tests.exports.definitions import FEW, NAMES, classes, ecd_with, exported, named, said
from tests.exports.sld_schema import sld_schema

SLD = "{http://www.opengis.net/sld}"
#: Esri's own example: sparse values, a leading blank.
EXAMPLE = ecd_with(
    [
        EcdClass(100, "Impervious", (204, 204, 204), 0),
        EcdClass(200, " Other (Pervious)", (56, 168, 0), 1),
    ]
)


class TestQml:
    def test_the_whole_file(self, tmp_path: Path) -> None:
        content, findings = exported(EXAMPLE, "qml", tmp_path / "a.qml")
        assert findings == ()
        assert content.decode() == (
            "<?xml version='1.0' encoding='UTF-8'?>\n"
            "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
            '<qgis version="3.22.0" styleCategories="Symbology">\n'
            "  <pipe>\n"
            '    <rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1" '
            'nodataColor="">\n'
            "      <colorPalette>\n"
            '        <paletteEntry value="100" color="#cccccc" alpha="255" label="Impervious"/>\n'
            '        <paletteEntry value="200" color="#38a800" alpha="255" '
            'label=" Other (Pervious)"/>\n'
            "      </colorPalette>\n"
            "    </rasterrenderer>\n"
            "  </pipe>\n"
            "  <blendMode>0</blendMode>\n"
            "</qgis>\n"
        )

    def test_names_are_text_never_markup(self, tmp_path: Path) -> None:
        content, findings = exported(ecd_with(named()), "qml", tmp_path / "a.qml")
        labels = [entry.get("label") for entry in etree.fromstring(content).iter("paletteEntry")]
        assert labels == list(NAMES)
        assert findings == ()

    def test_control_characters_become_visible_and_that_is_said(self, tmp_path: Path) -> None:
        listed = named(["a\x00b\x1b[31m\ud800\uffff"])
        content, findings = exported(ecd_with(listed), "qml", tmp_path / "a.qml")
        (entry,) = etree.fromstring(content).iter("paletteEntry")
        assert entry.get("label") == "a\\x00b\\x1b[31m\\ud800\\uffff"
        assert "control characters" in said(findings, "export-adjusted")

    @FEW
    @given(classes())
    def test_comes_back_through_the_reader(
        self, tmp_path_factory: pytest.TempPathFactory, listed: tuple[EcdClass, ...]
    ) -> None:
        target = tmp_path_factory.getbasetemp() / "any.qml"
        exported(ecd_with(listed), "qml", target)
        assert [(item.value, item.name, item.color) for item in read_legend(target).classes] == [
            (item.value, xml_text(item.name) or None, item.color) for item in listed
        ]


class TestSld:
    def test_every_class_is_an_entry_of_its_value(self, tmp_path: Path) -> None:
        content, findings = exported(EXAMPLE, "sld", tmp_path / "a.sld")
        assert findings == ()
        root = etree.fromstring(content)
        assert (root.tag, root.get("version")) == (f"{SLD}StyledLayerDescriptor", "1.0.0")
        assert [dict(entry.attrib) for entry in root.iter(f"{SLD}ColorMapEntry")] == [
            {"color": "#cccccc", "quantity": "100", "label": "Impervious", "opacity": "1"},
            {"color": "#38a800", "quantity": "200", "label": " Other (Pervious)", "opacity": "1"},
        ]

    def test_values_between_classes_are_not_shaded(self, tmp_path: Path) -> None:
        content, _ = exported(EXAMPLE, "sld", tmp_path / "a.sld")
        (color_map,) = etree.fromstring(content).iter(f"{SLD}ColorMap")
        assert color_map.get("type") == "values"

    @pytest.mark.parametrize("listed", [EXAMPLE.classes, named(), named(["\x00"], -5)])
    def test_the_schema_of_the_ogc_objects_to_that_alone(
        self, tmp_path: Path, listed: tuple[EcdClass, ...]
    ) -> None:
        content, _ = exported(ecd_with(listed), "sld", tmp_path / "a.sld")
        schema = sld_schema()
        document = etree.fromstring(content)
        assert not schema.validate(document)
        (error,) = schema.error_log
        assert "attribute 'type'" in error.message
        (color_map,) = document.iter(f"{SLD}ColorMap")
        del color_map.attrib["type"]
        schema.assertValid(document)

    @FEW
    @given(classes())
    def test_comes_back_through_the_reader(
        self, tmp_path_factory: pytest.TempPathFactory, listed: tuple[EcdClass, ...]
    ) -> None:
        target = tmp_path_factory.getbasetemp() / "any.sld"
        exported(ecd_with(listed), "sld", target)
        assert [(item.value, item.name, item.color) for item in read_legend(target).classes] == [
            (item.value, xml_text(item.name) or None, item.color) for item in listed
        ]


class TestLyrx:
    def test_the_layer_is_a_raster_with_unique_values(self, tmp_path: Path) -> None:
        content, findings = exported(EXAMPLE, "lyrx", tmp_path / "a.lyrx")
        document = json.loads(content)
        (layer,) = document["layerDefinitions"]
        colorizer = layer["colorizer"]
        assert document["type"] == "CIMLayerDocument"
        assert document["layers"] == [layer["uRI"]]
        assert layer["type"] == "CIMRasterLayer"
        assert colorizer["type"] == "CIMRasterUniqueValueColorizer"
        assert colorizer["resamplingType"] == "NearestNeighbor"
        (group,) = colorizer["groups"]
        assert [(item["values"], item["label"], item["color"]) for item in group["classes"]] == [
            (["100"], "Impervious", {"type": "CIMRGBColor", "values": [204, 204, 204, 100]}),
            (["200"], " Other (Pervious)", {"type": "CIMRGBColor", "values": [56, 168, 0, 100]}),
        ]
        assert "can't know the classified raster" in said(findings, "export-incomplete")

    def test_the_raster_is_looked_for_beside_it(self, tmp_path: Path) -> None:
        content, _ = exported(EXAMPLE, "lyrx", tmp_path / "a.lyrx")
        connection = json.loads(content)["layerDefinitions"][0]["dataConnection"]
        assert connection == {
            "type": "CIMStandardDataConnection",
            "workspaceConnectionString": "DATABASE=.",
            "workspaceFactory": "Raster",
            "dataset": "land cover.tif",
            "datasetType": "esriDTRasterDataset",
        }

    @FEW
    @given(classes())
    def test_names_survive_whatever_they_are(
        self, tmp_path_factory: pytest.TempPathFactory, listed: tuple[EcdClass, ...]
    ) -> None:
        content, _ = exported(ecd_with(listed), "lyrx", tmp_path_factory.getbasetemp() / "any.lyrx")
        (group,) = json.loads(content.decode("ascii"))["layerDefinitions"][0]["colorizer"]["groups"]
        assert [item["label"] for item in group["classes"]] == [item.name for item in listed]

    def test_comes_back_through_the_reader(self, tmp_path: Path) -> None:
        exported(ecd_with(named()), "lyrx", tmp_path / "a.lyrx")
        assert [
            (item.value, item.name, item.color) for item in read_legend(tmp_path / "a.lyrx").classes
        ] == [(item.value, item.name, item.color) for item in named()]
