"""Help pages as ArcGIS item metadata: the XML files beside a Python toolbox.

ArcGIS shows them in the pane and in the function's docstring. It looks for
``<Toolbox>.pyt.xml`` and ``<Toolbox>.<Tool>.pyt.xml``; texts in them are HTML, escaped.
Format: https://pro.arcgis.com/en/pro-app/latest/arcpy/geoprocessing_and_python/
documenting-a-tool-in-a-python-toolbox.htm
"""

from __future__ import annotations

from typing import Any, Dict, Sequence

from lxml import etree

from .content import Block, Bullets, ParameterHelp, ToolboxHelp, ToolHelp
from .text import TOOLBOX

#: Constants, so that the same text gives the same bytes.
_DATE, _TIME = "20260901", "12000000"

# lxml's elements; it ships no types.
Element = Any


def help_files(toolbox: ToolboxHelp = TOOLBOX) -> Dict[str, bytes]:
    """Names and contents of the help files of a toolbox.

    Examples
    --------
    >>> sorted(help_files())  # doctest: +NORMALIZE_WHITESPACE
    ['DeepLearningTools.ClassifyRasterUsingEcd.pyt.xml',
     'DeepLearningTools.DeepLearningModelToEcd.pyt.xml',
     'DeepLearningTools.DetectObjectsUsingEcd.pyt.xml',
     'DeepLearningTools.pyt.xml']
    """
    files = {f"{toolbox.name}.pyt.xml": _written(_toolbox_page(toolbox))}
    for tool in toolbox.tools:
        files[f"{toolbox.name}.{tool.name}.pyt.xml"] = _written(_tool_page(tool, toolbox))
    return files


def _written(root: Element) -> bytes:
    etree.indent(root, "  ")
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"


def _toolbox_page(toolbox: ToolboxHelp) -> Element:
    root = _metadata()
    page = _child(root, "toolbox", name=toolbox.name, alias=toolbox.alias)
    _child(page, "arcToolboxHelpPath")
    _child(page, "toolsets")
    _identification(root, toolbox.label, toolbox.summary, toolbox)
    _closing(root, "ArcToolbox Toolbox")
    return root


def _tool_page(tool: ToolHelp, toolbox: ToolboxHelp) -> Element:
    root = _metadata()
    page = _child(
        root, "tool", name=tool.name, displayname=tool.label, toolboxalias=toolbox.alias
    )  # fmt: skip
    _child(page, "arcToolboxHelpPath")
    parameters = _child(page, "parameters")
    for parameter in tool.parameters:
        _parameter(parameters, parameter)
    _child(page, "summary", html(tool.summary))
    _child(page, "usage", html(tool.usage))
    samples = _child(page, "scriptExamples")
    for sample in tool.samples:
        example = _child(samples, "scriptExample")
        _child(example, "title", sample.title)
        _child(example, "para", html((sample.explanation,)))
        _child(example, "code", sample.code)
    _identification(root, tool.label, tool.summary, toolbox)
    _closing(root, "ArcToolbox Tool")
    return root


def _parameter(parameters: Element, parameter: ParameterHelp) -> None:
    described = _child(
        parameters,
        "param",
        name=parameter.name,
        displayname=parameter.label,
        type="Required" if parameter.required else "Optional",
        direction=parameter.direction,
        datatype=parameter.datatype,
        expression=parameter.name,
    )
    _child(described, "dialogReference", html((*parameter.in_dialog, *parameter.in_arcgis)))
    _child(described, "pythonReference", html(parameter.in_python))


def _metadata() -> Element:
    root = etree.Element("metadata", {f"{{{_XML}}}lang": "en"})
    esri = _child(root, "Esri")
    _child(esri, "CreaDate", _DATE)
    _child(esri, "CreaTime", _TIME)
    _child(esri, "ArcGISFormat", "1.0")
    _child(esri, "SyncOnce", "TRUE")
    _child(esri, "ModDate", _DATE)
    _child(esri, "ModTime", _TIME)
    scales = _child(esri, "scaleRange")
    _child(scales, "minScale", "150000000")
    _child(scales, "maxScale", "5000")
    _child(esri, "ArcGISProfile", "ItemDescription")
    return root


_XML = "http://www.w3.org/XML/1998/namespace"


def _identification(
    root: Element, title: str, summary: Sequence[Block], toolbox: ToolboxHelp
) -> None:
    identification = _child(root, "dataIdInfo")
    _child(_child(identification, "idCitation"), "resTitle", title)
    _child(identification, "idAbs", html(summary))
    _child(identification, "idCredit", toolbox.credit)
    _child(identification, "idPurp", str(summary[0]))
    keywords = _child(identification, "searchKeys")
    for keyword in toolbox.keywords:
        _child(keywords, "keyword", keyword)
    limits = _child(_child(identification, "resConst"), "Consts")
    _child(limits, "useLimit", html(toolbox.use_limits))


def _closing(root: Element, format_name: str) -> None:
    distributor = _child(_child(root, "distInfo"), "distributor")
    _child(_child(distributor, "distorFormat"), "formatName", format_name)
    _child(_child(root, "mdHrLv"), "ScopeCd", value="005")
    _child(root, "mdDateSt", _DATE, Sync="TRUE")


def html(blocks: Sequence[Block]) -> str:
    """Paragraphs and lists in the small HTML that ArcGIS writes itself."""
    outer = etree.Element("DIV", STYLE="text-align:Left;")
    inner = _child(outer, "DIV")
    for block in blocks:
        if isinstance(block, Bullets):
            points = _child(inner, "UL")
            for point in block.points:
                _paragraph(_child(points, "LI"), point)
        else:
            _paragraph(inner, block)
    written: str = etree.tostring(outer, encoding="unicode")
    return written


def _paragraph(parent: Element, text: str) -> None:
    _child(_child(parent, "P"), "SPAN", text)


def _child(parent: Element, tag: str, text: str = "", /, **attributes: str) -> Element:
    element = etree.SubElement(parent, tag, attributes)
    if text:
        element.text = text
    return element
