"""Help as QGIS shows it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import List

import pytest

from dl2ecd_core.help.content import Bullets, ToolHelp
from dl2ecd_core.help.further_tools import EXPORT, INSPECT, VERIFY
from dl2ecd_core.help.qgis_run_tools import CLASSIFY, DETECT
from dl2ecd_core.help.text import CONVERT
from dl2ecd_core.qgis.help_text import short_help

TOOLS = (CONVERT, INSPECT, VERIFY, EXPORT, CLASSIFY, DETECT)


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


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_everything_is_said(tool: ToolHelp) -> None:
    text = text_of(short_help(tool))
    (usage,) = tool.usage_in_qgis
    assert isinstance(usage, Bullets)
    for words in (*tool.summary, *usage.points):
        assert words in text
    for parameter in tool.parameters:
        assert parameter.label in text
        assert all(block in text for block in parameter.in_dialog)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_nothing_is_said_that_only_arcgis_does(tool: ToolHelp) -> None:
    text = text_of(short_help(tool))
    assert "ArcGIS Pro" not in text
    assert "geoprocessing" not in text
    assert "while the dialog is filled in" not in text


def test_a_tool_may_have_nothing_more_to_say() -> None:
    assert short_help(ToolHelp("Try", "Try", ("a < b",), ())) == "<p>a &lt; b</p>"


def test_names_and_labels_are_one_each() -> None:
    for tool in TOOLS:
        names = [parameter.name for parameter in tool.parameters]
        assert len(names) == len(set(names))
        assert tool.name == tool.label.replace(" ", "")
