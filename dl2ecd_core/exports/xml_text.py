"""XML files with names in them that come from elsewhere.

Names reach the file through lxml alone, which escapes markup. XML 1.0 has no way at all to write
most control characters (https://www.w3.org/TR/xml/#charsets): they are made visible instead.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional

from lxml import etree

from ..ecd.content import Ecd
from ..files.output import whole_file
from ..findings import Finding
from ..findings.wording import listed
from .legend import adjusted

# lxml's elements; it ships no types.
Element = Any

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    r"""The text with characters that XML can't hold written as escapes.

    Examples
    --------
    >>> xml_text("a\x01b & c")
    'a\\x01b & c'
    """
    return _NOT_IN_XML.sub(visible, text)


def visible(match: re.Match[str]) -> str:
    """A character as its escape in Python, such as ``\\x01``."""
    return match.group().encode("unicode_escape").decode("ascii")


def said_of(ecd: Ecd, names: Iterable[str]) -> List[Finding]:
    """What to say when names hold such characters."""
    changed = [name for name in names if _NOT_IN_XML.search(name)]
    if not changed:
        return []
    return [
        adjusted(
            ecd,
            f"XML can't hold control characters; they are escaped in {listed(changed)}.",
        )
    ]


def root_element(
    tag: str, *, prefixes: Optional[Dict[Optional[str], str]] = None, **attributes: str
) -> Element:
    """A root; `prefixes` names the namespaces, None that of names without a prefix."""
    # None is no key for every description of lxml's types.
    options: Any = {"nsmap": prefixes}
    return etree.Element(tag, attributes, **options)


def child(parent: Element, tag: str, text: Optional[str] = None, **attributes: str) -> Element:
    """A new last child; `text` must be fit for XML."""
    element = etree.SubElement(parent, tag, attributes)
    element.text = text
    return element


def write_xml(
    root: Element,
    target: Path,
    *,
    doctype: Optional[str] = None,
    declaration: bool = True,
    indent: bool = True,
) -> None:
    """Write a document in UTF-8, indented, whole or not at all."""
    if indent:
        etree.indent(root, "  ")
    options: Dict[str, Any] = {
        "encoding": "UTF-8",
        "xml_declaration": declaration,
        "doctype": doctype,
    }
    written: Any = etree.tostring(root, **options)
    with whole_file(target) as output:
        output.write(written + b"\n")
