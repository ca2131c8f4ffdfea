"""Colors of classes on the page, and which text can be read on them."""

from __future__ import annotations

from typing import Optional

from ...color import Color
from ...ecd.content import EcdClass


def color_of(item: EcdClass) -> Optional[Color]:
    """A class's color; None where there is none that can be shown."""
    if item.color is None or not all(0 <= channel <= 255 for channel in item.color):
        return None
    return item.color


def luminance(color: Color) -> float:
    """Relative luminance, 0 to 1: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in color)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Color, other: Color) -> float:
    """Contrast ratio, 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_on(color: Color) -> Color:
    """Black or white, whichever can be read better; the contrast is always over 4.5."""
    black, white = (0, 0, 0), (255, 255, 255)
    return max((black, white), key=lambda text: contrast(color, text))
