"""A page to look at: legend, model, findings and provenance in one file that needs nothing else.

The page loads and runs nothing, and its content security policy says so: even a mistake in it
could not. The policy allows one style sheet, by its digest.
https://www.w3.org/TR/CSP3/
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any, Tuple

from ..ecd.content import Ecd, Kind
from ..files.output import whole_file
from ..findings import Finding
from ..progress import Listener
from ..version import __version__
from .earlier import head_of
from .html_page.drawing import color_strip
from .html_page.elements import foreign, shown, tag
from .html_page.facts import base_name, facts, findings_section, footer, provenance, usage
from .html_page.legend import legend
from .html_page.model import class_colors, model_section
from .html_page.style import STYLE
from .html_page.words import summary

_KINDS = {
    Kind.DEEP_LEARNING: "Deep-learning classifier",
    Kind.CLASSIC: "Classifier definition",
    Kind.ENDMEMBERS: "Endmembers for unmixing",
}
ENDINGS = (".html", ".htm")
_GENERATOR = b'<meta name="generator" content="dl2ecd '
#: Most classes that the strip at the top shows one by one.
_MOST_STRIPES = 400


def is_earlier(path: Path, ecd: Ecd) -> bool:
    """Whether a page says that this tool made it."""
    del ecd  # Of anything.
    return _GENERATOR in head_of(path)


def write(ecd: Ecd, target: Path, listener: Listener, *, overwrite: bool) -> Tuple[Finding, ...]:
    """Write the page to `target`."""
    with whole_file(target) as output:
        output.write(page(ecd))
    return ()


def page(ecd: Ecd) -> bytes:
    """The page in UTF-8; the same content gives the same bytes."""
    from lxml import html as lxml_html

    title = _title(ecd)
    colors = class_colors(ecd)
    document = tag(
        "html",
        _head(title),
        tag(
            "body",
            color_strip(colors[:_MOST_STRIPES]) if colors else None,
            tag(
                "main",
                tag(
                    "header",
                    tag("p", _KINDS[ecd.kind], class_="over"),
                    tag("h1", foreign(title)),
                    tag("p", summary(ecd), class_="lead"),
                    facts(ecd),
                ),
                legend(ecd),
                model_section(ecd),
                usage(ecd),
                findings_section(ecd.findings),
                provenance(ecd),
            ),
            footer(),
        ),
        lang="en",
    )
    text = lxml_html.tostring(document, encoding="utf-8", doctype="<!DOCTYPE html>")
    return bytes(text) + b"\n"


def _title(ecd: Ecd) -> str:
    given = ecd.document.get("ModelName")
    return given if isinstance(given, str) and given.strip() else Path(base_name(ecd.name)).stem


def _head(title: str) -> Any:
    digest = base64.b64encode(hashlib.sha256(STYLE.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name_="color-scheme", content="light dark"),
        tag("meta", name_="referrer", content="no-referrer"),
        tag("meta", name_="generator", content=f"dl2ecd {__version__}"),
        tag("title", shown(title)),
        tag("style", STYLE),
    )
