"""Toolboxes for tests: the real one, and small ones written on the spot, wrong where wanted."""

from __future__ import annotations

import importlib.util
import sys
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent, indent
from typing import Iterator

import pytest

import dl2ecd_core.headless as arcpy
from dl2ecd_core.headless._loading import _Registered

REAL = Path(__file__).parents[1] / "DeepLearningTools.pyt"
TOOL = "DeepLearningModelToEcd"

needs_no_arcgis = pytest.mark.skipif(
    importlib.util.find_spec("arcpy") is not None, reason="ArcGIS's own arcpy is here"
)

#: What the toolbox asks for: every ArcGIS Pro since 3.1 has it, Debian 12 with its QGIS has not.
needs_what_pro_brings = pytest.mark.skipif(
    tuple(map(int, version("jsonschema").split(".")[:2])) < (4, 16),
    reason="the toolbox needs jsonschema 4.16",
)

#: Two file parameters, as a list for getParameterInfo.
FILES = """
a = arcpy.Parameter(name="in_file", displayName="In File", datatype="DEFile")
b = arcpy.Parameter(
    name="out_file", displayName="Out File", datatype="DEFile", direction="Output"
)
b.filter.list = ["txt"]
return [a, b]
"""


@pytest.fixture
def fresh_arcpy() -> Iterator[None]:
    """Whatever a test changes of the stand-in is as before afterwards."""
    before = set(vars(arcpy))
    yield
    for name in set(vars(arcpy)) - before:
        delattr(arcpy, name)
    _Registered.modules.clear()
    arcpy.env.autoCancelling = True
    arcpy.env.overwriteOutput = False
    arcpy.env._cancelled(False)
    arcpy.SetSeverityLevel(2)
    assert "arcpy" not in sys.modules


def write_toolbox(
    folder: Path,
    *,
    name: str = "Try.pyt",
    top: str = "",
    alias: str = "tryout",
    tools: str = "[Tool]",
    parameters: str = FILES,
    licensed: str = "return True",
    update: str = "return",
    judge: str = "return",
    execute: str = "return",
    after: str = "return",
) -> Path:
    """A .pyt with one tool whose methods have the given bodies."""

    def body(code: str) -> str:
        return indent(dedent(code).strip(), " " * 8)

    path = folder / name
    path.write_text(
        f"""\
import arcpy
{dedent(top)}

class Toolbox:
    def __init__(self):
        self.label = "Try"
        self.alias = {alias!r}
        self.tools = {tools}


class Tool:
    def __init__(self):
        self.label = "Tool"
        self.description = "Tries things out."

    def getParameterInfo(self):
{body(parameters)}

    def isLicensed(self):
{body(licensed)}

    def updateParameters(self, parameters):
{body(update)}

    def updateMessages(self, parameters):
{body(judge)}

    def execute(self, parameters, messages):
{body(execute)}

    def postExecute(self, parameters):
{body(after)}
""",
        encoding="utf-8",
    )
    return path
