"""The help files are the source's text, and say what the tool is."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import List

import pytest
from lxml import etree

import dl2ecd_core.headless as arcpy
from dl2ecd_core.headless._loading import LoadedToolbox, standing_in
from dl2ecd_core.headless._running import parameters_of
from dl2ecd_core.help import help_files
from dl2ecd_core.help.metadata import html

from ..toolboxes import REAL, TOOL, fresh_arcpy, needs_no_arcgis

__all__ = ["fresh_arcpy"]

TOOL_FILE = f"DeepLearningTools.{TOOL}.pyt.xml"
RUN_TOOLS = ("ClassifyRasterUsingEcd", "DetectObjectsUsingEcd")
FILES = [f"DeepLearningTools.{name}.pyt.xml" for name in (TOOL, *RUN_TOOLS)]
TOOLBOX_FILE = "DeepLearningTools.pyt.xml"


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: List[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def text_of(markup: str) -> str:
    reader = _Text()
    reader.feed(markup)
    reader.close()
    assert reader.open == []
    return reader.words


@pytest.fixture(scope="module")
def page() -> etree._Element:
    return etree.fromstring(help_files()[TOOL_FILE])


@pytest.mark.parametrize("name", [*FILES, TOOLBOX_FILE])
def test_committed_files_are_the_generated_ones(name: str) -> None:
    committed = (REAL.parent / name).read_bytes().replace(b"\r\n", b"\n")
    assert committed == help_files()[name], "run: python -m dl2ecd_core.help"


def test_there_are_no_other_help_files() -> None:
    assert {path.name for path in REAL.parent.glob("*.pyt.xml")} == set(help_files())


def test_command_writes_them(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "dl2ecd_core.help", str(tmp_path)], check=True, cwd=REAL.parent
    )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == help_files()


@needs_no_arcgis
class TestAgreement:
    @pytest.mark.parametrize("place", range(3))
    def test_parameters(self, place: int, fresh_arcpy: None) -> None:
        page = etree.fromstring(help_files()[FILES[place]])
        with standing_in():
            tool = LoadedToolbox(REAL).tools[place]
            parameters = parameters_of(tool)
        attributes = ("name", "displayname", "type", "direction", "datatype", "expression")
        assert [
            tuple(param.get(name) for name in attributes) for param in page.iterfind(".//param")
        ] == [
            (
                item.name,
                item.displayName,
                item.parameterType,
                item.direction,
                item.datatype,
                item.name,
            )
            for item in parameters
        ]

    @pytest.mark.parametrize("place", range(3))
    def test_names(self, place: int) -> None:
        page = etree.fromstring(help_files()[FILES[place]])
        toolbox = LoadedToolbox(REAL)
        tool_class = toolbox.tools[place]
        with standing_in():
            label = tool_class().label
        tool = page.find("tool")
        assert tool.get("name") == tool_class.__name__
        assert tool.get("displayname") == label == page.findtext(".//resTitle")
        assert tool.get("toolboxalias") == toolbox.alias
        other = etree.fromstring(help_files()[TOOLBOX_FILE])
        assert other.find("toolbox").get("name") == REAL.stem
        assert other.find("toolbox").get("alias") == toolbox.alias
        assert other.findtext(".//resTitle") == toolbox.label

    def test_docstring_of_the_function(self, fresh_arcpy: None) -> None:
        arcpy.ImportToolbox(REAL)
        text = arcpy.deeplearningtools.DeepLearningModelToEcd.__doc__
        assert text.startswith(f"{TOOL}(in_deep_learning_model, in_classification_info_json, ")
        assert "legacy workflow" in text
        assert "out_classifier_definition (File):" in text
        assert "<" not in text


class TestContent:
    def test_is_in_arcgis_own_shape(self, page: etree._Element) -> None:
        assert page.tag == "metadata"
        assert [child.tag for child in page] == [
            "Esri",
            "tool",
            "dataIdInfo",
            "distInfo",
            "mdHrLv",
            "mdDateSt",
        ]
        assert page.findtext("Esri/ArcGISFormat") == "1.0"
        assert page.findtext("distInfo/distributor/distorFormat/formatName") == "ArcToolbox Tool"
        assert page.find("mdHrLv/ScopeCd").get("value") == "005"

    @pytest.mark.parametrize("file", FILES)
    def test_texts_are_whole_html(self, file: str) -> None:
        page = etree.fromstring(help_files()[file])
        for name in ("dialogReference", "pythonReference", "summary", "usage", "para", "idAbs"):
            found = list(page.iter(name))
            assert found
            for element in found:
                assert len(element) == 0
                assert text_of(element.text)

    def test_says_that_the_workflow_is_legacy_and_what_replaced_it(
        self, page: etree._Element
    ) -> None:
        for name in ("summary", "usage"):
            text = text_of(page.findtext(f"tool/{name}"))
            assert "legacy workflow" in text
            assert "Export Training Data For Deep Learning" in text
            assert ".emd" in text

    def test_says_what_needs_a_framework(self, page: etree._Element) -> None:
        usage = text_of(page.findtext("tool/usage"))
        assert "Converting needs no deep learning framework. Using the .ecd does" in usage
        assert "No licence is needed" in usage

    def test_shows_the_sample_for_the_python_window(self, page: etree._Element) -> None:
        codes = [element.text for element in page.iter("code")]
        assert codes[0] == (
            "from dl2ecd_core import *\n\nDeepLearningModelToEcd("
            '"c:/test/cntk.model", "c:/test/classInfo.json", "c:/test/cntk.ecd")\n'
        )
        assert "arcpy.ImportToolbox(" in codes[1]

    @pytest.mark.parametrize("number", [0, 1])
    def test_samples_are_python(self, page: etree._Element, number: int) -> None:
        compile(list(page.iter("code"))[number].text, "sample", "exec")

    @pytest.mark.parametrize("name", RUN_TOOLS)
    def test_run_tools_say_what_they_need_and_show_a_sample(self, name: str) -> None:
        page = etree.fromstring(help_files()[f"DeepLearningTools.{name}.pyt.xml"])
        usage = text_of(page.findtext("tool/usage"))
        assert "ArcGIS Pro does not bring" in usage
        assert "No licence is needed" in usage
        (code,) = [element.text for element in page.iter("code")]
        assert f"arcpy.deeplearningtools.{name}(" in code
        compile(code, "sample", "exec")

    def test_the_sample_document_is_right(self, page: etree._Element, tmp_path: Path) -> None:
        from dl2ecd_core.class_info import examine_class_info
        from dl2ecd_core.findings import errors_in

        path = tmp_path / "classInfo.json"
        path.write_text(list(page.iter("code"))[2].text, encoding="utf-8")
        assert examine_class_info(path).findings == ()
        assert errors_in(examine_class_info(path).findings) == ()

    def test_names_no_path_of_a_machine_but_the_samples(self) -> None:
        for content in help_files().values():
            text = content.decode()
            assert set(re.findall(r"[a-zA-Z]:[/\\]\w+", text)) <= {"c:/test"}
            assert "/home" not in text


def test_html_escapes_what_is_not_markup() -> None:
    assert html(("a < b & c",)) == (
        '<DIV STYLE="text-align:Left;"><DIV><P><SPAN>a &lt; b &amp; c</SPAN></P></DIV></DIV>'
    )
