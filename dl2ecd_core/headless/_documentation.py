"""A tool function's docstring, from the help file beside the toolbox."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import List, Optional, Sequence
from xml.etree import ElementTree


class _Words(HTMLParser):
    """Collects the words of the small HTML that help files hold, a line for each paragraph."""

    _BREAKS = ("p", "li", "br", "div")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: List[str] = [""]

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in self._BREAKS and self.lines[-1]:
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        self.lines[-1] += " ".join(data.split()) if not data.isspace() else " "


def _words(element: Optional[ElementTree.Element]) -> List[str]:
    if element is None or not element.text:
        return []
    reader = _Words()
    reader.feed(element.text)
    reader.close()
    return [line.strip() for line in reader.lines if line.strip()]


def documentation(toolbox: Path, tool: str, names: Sequence[str]) -> str:
    """The docstring of a tool's function; only its call when there is no help file.

    A parameter's text is its pythonReference, else its dialogReference.
    """
    lines = [f"{tool}({', '.join(names)})"]
    file = toolbox.with_name(f"{toolbox.stem}.{tool}.pyt.xml")
    try:
        root = ElementTree.parse(file).getroot()
    except (OSError, ElementTree.ParseError):
        return lines[0]
    lines += ["", *(f"    {line}" for line in _words(root.find("tool/summary")))]
    for direction, title in (("Input", "INPUTS:"), ("Output", "OUTPUTS:")):
        found = [
            item for item in root.iterfind("tool/parameters/param")
            if item.get("direction") == direction
        ]  # fmt: skip
        if found:
            lines += ["", title]
        for item in found:
            lines.append(f"    {item.get('name')} ({item.get('datatype')}):")
            texts = _words(item.find("pythonReference")) or _words(item.find("dialogReference"))
            lines += [f"        {line}" for line in texts]
    return "\n".join(lines)
