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
    """One parameter: the text beside it in the pane, and the one for scripts."""

    name: str
    label: str
    direction: str
    in_dialog: Tuple[Block, ...]
    in_python: Tuple[Block, ...]


@dataclass(frozen=True)
class Sample:
    """A piece of code with what it shows."""

    title: str
    explanation: str
    code: str


@dataclass(frozen=True)
class ToolHelp:
    """A tool's page."""

    name: str
    label: str
    summary: Tuple[Block, ...]
    usage: Tuple[Block, ...]
    parameters: Tuple[ParameterHelp, ...]
    samples: Tuple[Sample, ...]


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
