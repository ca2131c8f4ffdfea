"""The legend: every class with its color."""

from __future__ import annotations

from typing import Any, Optional

from ...color import hex_of
from ...ecd.content import Ecd, EcdClass
from ...findings.wording import counted
from .colors import color_of, text_on
from .elements import foreign, section, tag

#: From so many classes on, rows are low.
_MANY = 40


def legend(ecd: Ecd) -> Any:
    """The table of classes, in the order of the definition."""
    indexed = any(item.index is not None for item in ecd.classes) or ecd.background is not None
    if not ecd.classes:
        return section("Legend", "legend", tag("p", "The definition lists no classes."))
    head = tag(
        "tr",
        _head("Color"),
        _head("Value", number=True),
        _head("Output", number=True) if indexed else None,
        _head("Name"),
    )
    rows = [_row(item, indexed) for item in ecd.classes]
    if ecd.background is not None:
        rows.append(_background_row(ecd.background))
    words = counted(len(ecd.classes), "class", "classes")
    if indexed:
        words += ". \u201cValue\u201d is what a pixel of the result holds, \u201cOutput\u201d the "
        words += "place of the class in the model\u2019s output, counted from 0."
    body = tag("tbody", *rows, class_="dense" if len(ecd.classes) >= _MANY else None)
    return section(
        "Legend", "legend", tag("table", tag("caption", words), tag("thead", head), body)
    )


def _head(text: str, *, number: bool = False) -> Any:
    return tag("th", text, scope="col", class_="number" if number else None)


def _number(value: Optional[int]) -> Any:
    return tag("td", "\u2013" if value is None else str(value), class_="number")


def _row(item: EcdClass, indexed: bool) -> Any:
    name = foreign(item.name) if item.name.strip() else tag("span", "(no name)", class_="soft")
    return tag(
        "tr",
        tag("td", _swatch(item), class_="color"),
        _number(item.value),
        _number(item.index) if indexed else None,
        tag("th", name, scope="row", class_="text"),
    )


def _background_row(index: int) -> Any:
    return tag(
        "tr",
        tag("td", _empty_swatch("no class"), class_="color"),
        _number(None),
        _number(index),
        tag("th", "Background", scope="row", class_="soft"),
    )


def _swatch(item: EcdClass) -> Any:
    # Colors are attributes of the drawing: no style attribute, and printed as they are.
    color = color_of(item)
    if color is None:
        return _empty_swatch("no color")
    code = hex_of(color)
    return tag("svg", _field(fill=code), _label(code, fill=hex_of(text_on(color))), class_="swatch")


def _empty_swatch(words: str) -> Any:
    return tag("svg", _field(class_="none"), _label(words), class_="swatch")


def _field(**attributes: str) -> Any:
    return tag("rect", width="100%", height="100%", rx="6", **attributes)


def _label(words: str, **attributes: str) -> Any:
    return tag(
        "text",
        words,
        x="50%",
        y="50%",
        text_anchor="middle",
        dominant_baseline="central",
        **attributes,
    )
