"""Classifier definitions with any classes, for tests of what is made from them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Tuple

from hypothesis import settings
from hypothesis import strategies as st

from dl2ecd_core.ecd.content import Ecd, EcdClass, Kind
from dl2ecd_core.exports import export
from dl2ecd_core.findings import Finding

#: Each example writes and synchronises files, which may take a moment on a busy disk.
FEW = settings(max_examples=30)

#: Names that a careless writer breaks or is broken by.
NAMES = (
    " Other (Pervious)",
    'Wald & "Wiese" <b>it\'s</b>',
    "裸地 / 草地",
    "أرض قاحلة",
    "מים רדודים",
    "Gewässer ß",
    "two\nlines\tand a tab",
    "=cmd|' /C calc'!A0",
    "]]> <!-- &amp; %s {0}",
    "\U0001f333 tree",
)
#: Names as nobody should write them, but files may hold.
ANY_NAME = st.text(st.characters(blacklist_categories=()), max_size=12)
CHANNEL = st.integers(0, 255)
COLOR = st.tuples(CHANNEL, CHANNEL, CHANNEL)
VALUE = st.integers(-(2**31), 2**31 - 1)


@st.composite
def classes(draw: Any, values: st.SearchStrategy[int] = VALUE) -> Tuple[EcdClass, ...]:
    """Classes with different values and their index in the list."""
    drawn = draw(st.lists(values, unique=True, min_size=1, max_size=6))
    return tuple(
        EcdClass(value, draw(ANY_NAME), draw(COLOR), index) for index, value in enumerate(drawn)
    )


def ecd_with(
    listed: Sequence[EcdClass],
    *,
    kind: Kind = Kind.DEEP_LEARNING,
    background: Optional[int] = None,
    document: Optional[Mapping[str, Any]] = None,
) -> Ecd:
    """A definition of these classes; it has no files."""
    return Ecd(
        "maps/land cover.ecd",
        kind,
        document or {},
        "CNTK",
        tuple(listed),
        4,
        background,
    )


def named(names: Sequence[str] = NAMES, first_value: int = 1) -> Tuple[EcdClass, ...]:
    """A class for each name, in colors that differ."""
    return tuple(
        EcdClass(first_value + place, name, (place * 20, 255 - place, 7), place)
        for place, name in enumerate(names)
    )


def place(folder: Path, format_name: str, stem: str = "a") -> Path:
    """A file in a folder with the ending of a format."""
    module = import_module("dl2ecd_core.exports." + format_name.replace("-", "_"))
    return folder / f"{stem}{module.ENDINGS[0]}"


def exported(ecd: Ecd, format_name: str, target: Path) -> Tuple[bytes, Tuple[Finding, ...]]:
    """The bytes of an export and what was said about it."""
    target.unlink(missing_ok=True)
    findings = export(ecd, format_name, target)
    return target.read_bytes(), findings


def said(findings: Sequence[Finding], rule: str) -> str:
    """All sentences of a rule."""
    return " ".join(item.message for item in findings if item.rule == rule)
