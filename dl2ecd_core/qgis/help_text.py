"""Help as QGIS shows it beside an algorithm's parameters: the one source's text in its HTML."""

from __future__ import annotations

from html import escape
from typing import Iterator, Sequence

from ..help.content import Block, Bullets, ToolHelp


def short_help(tool: ToolHelp) -> str:
    """What the tool is for, its parameters, and what to know when using it.

    Examples
    --------
    >>> print(short_help(ToolHelp("Try", "Try", ("Tries a < b.",), ())))
    <p>Tries a &lt; b.</p>
    """
    parts = list(_html(tool.summary))
    for parameter in tool.parameters:
        parts.append(f"<h3>{escape(parameter.label, quote=False)}</h3>")
        parts += _html(parameter.in_dialog)
    if tool.usage_in_qgis:
        parts.append("<h3>Usage</h3>")
        parts += _html(tool.usage_in_qgis)
    return "\n".join(parts)


def _html(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Bullets):
            points = "".join(f"<li>{escape(point, quote=False)}</li>" for point in block.points)
            yield f"<ul>{points}</ul>"
        else:
            yield f"<p>{escape(block, quote=False)}</p>"
