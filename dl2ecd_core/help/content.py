"""What a help page consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple, Union


@dataclass(frozen=True)
class Bullets:
    """A list of points."""

    points: Tuple[str, ...]


#: A paragraph, or a list of points.
Block = Union[str, Bullets]


@dataclass(frozen=True)
class ParameterHelp:
    """One parameter: the text beside it in a dialog, and the one for scripts.

    Attributes
    ----------
    in_arcgis
        Further text for ArcGIS's dialog, which answers while it is filled in.
    required, datatype
        As ArcGIS calls them.
    """

    name: str
    label: str
    direction: str
    in_dialog: Tuple[Block, ...]
    in_python: Tuple[Block, ...]
    in_arcgis: Tuple[Block, ...] = ()
    required: bool = True
    datatype: str = "File"


@dataclass(frozen=True)
class Sample:
    """A piece of code with what it shows."""

    title: str
    explanation: str
    code: str


@dataclass(frozen=True)
class ToolHelp:
    """A tool's page.

    Attributes
    ----------
    usage
        What to know when using it in ArcGIS.
    usage_in_qgis
        The same for QGIS, whose settings are others.
    """

    name: str
    label: str
    summary: Tuple[Block, ...]
    parameters: Tuple[ParameterHelp, ...]
    usage: Tuple[Block, ...] = ()
    usage_in_qgis: Tuple[Block, ...] = ()
    samples: Tuple[Sample, ...] = ()


@dataclass(frozen=True)
class ToolboxHelp:
    """A toolbox's page and those of its tools."""

    name: str
    alias: str
    label: str
    summary: Tuple[Block, ...]
    keywords: Tuple[str, ...]
    credit: str
    use_limits: Tuple[Block, ...]
    tools: Tuple[ToolHelp, ...]
