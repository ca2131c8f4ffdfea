"""Colors of classes: red, green and blue from 0 to 255, from and to the ways they are written."""

from __future__ import annotations

import colorsys
import re
from typing import Any, List, Optional, Sequence, Tuple

from .color_text import channels_of

#: Red, green and blue, 0 to 255.
Color = Tuple[int, int, int]

_NUMBER = re.compile(
    r"[-+]?(?:[0-9]{1,18}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE][-+]?[0-9]{1,3})?"
)
_DECIMAL_COMMA = re.compile(r"[01],[0-9]{1,20}")
#: What other programs put between the channels, fractions among them, and what QGIS puts behind.
_PARTS = re.compile(
    r"[(\[{]?\s*([\d.]{1,22})\s*[,;:/\s-]\s*([\d.]{1,22})\s*[,;:/\s-]\s*([\d.]{1,22})"
    r"(?:\s*[,;:/\s-]\s*[\d.]{1,22}%?)?(?:,rgb:[\d.,]{1,80})?\s*[)\]}]?"
)
_LONGEST = 160
#: The colors that GRASS and gdaldem know by name, which others use as well.
NAMED_COLORS = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "magenta": (255, 0, 255),
    "cyan": (0, 255, 255),
    "aqua": (0, 191, 191),
    "grey": (191, 191, 191),
    "gray": (191, 191, 191),
    "orange": (255, 127, 0),
    "brown": (191, 127, 63),
    "purple": (127, 0, 255),
    "violet": (127, 0, 255),
    "indigo": (0, 127, 255),
}


def hex_of(color: Color) -> str:
    """A color in six digits, as QGIS, SLD, CSS and SVG write it.

    Examples
    --------
    >>> hex_of((1, 2, 255))
    '#0102ff'
    """
    return "#" + bytes(color).hex()


def color_from(value: object) -> Optional[Color]:
    """A color however it is written; None when it is none, or left open as [-1, -1, -1].

    Examples
    --------
    >>> color_from("#0102ff"), color_from("rgb(1, 2, 255)"), color_from([1, 2, 255, 128])
    ((1, 2, 255), (1, 2, 255), (1, 2, 255))
    >>> color_from("230-000-077"), color_from([0.0, 0.5, 1.0]), color_from("mauve")
    ((230, 0, 77), (0, 128, 255), None)
    """
    if isinstance(value, str):
        return _from_text(value.strip())
    if isinstance(value, (list, tuple)) and len(value) in (3, 4):
        return from_channels(value[:3])
    if isinstance(value, dict):
        for names in (("r", "g", "b"), ("red", "green", "blue"), ("Red", "Green", "Blue")):
            if all(name in value for name in names):
                return from_channels([value[name] for name in names])
    return None


def _from_text(text: str) -> Optional[Color]:
    told = channels_of(text[2:] if text[:2].lower() == "0x" else text)
    if told is not None:
        return told[0], told[1], told[2]
    found = _PARTS.fullmatch(text) if len(text) <= _LONGEST else None
    if found is not None:
        return from_channels(found.groups())
    return NAMED_COLORS.get(text.lower())


def from_channels(
    channels: Sequence[object], *, fractions: Optional[bool] = None
) -> Optional[Color]:
    """A color of three channels, numbers or their texts; None when one of them is none.

    Parameters
    ----------
    fractions
        Whether 1 is the brightest. When not told, it is taken to be so where a channel has
        decimals and none is above 1.
    """
    numbers = [number_from(channel) for channel in channels]
    plain = [number for number in numbers if number is not None]
    if len(plain) < 3:
        return None
    if fractions is None:
        fractions = are_fractions(plain)
    scaled = [number * 255 for number in plain] if fractions else plain
    if not all(0 <= number <= 255 for number in scaled):
        return None
    # Half a step goes up, as in every drawing program.
    red, green, blue = (int(number + 0.5) for number in scaled)
    return red, green, blue


def are_fractions(numbers: Sequence[float]) -> bool:
    """Whether channels go from 0 to 1: none is above, and one lies between."""
    return all(0 <= number <= 1 for number in numbers) and any(0 < number < 1 for number in numbers)


def number_from(value: object) -> Optional[float]:
    """A number or the number that a short text is; None for others.

    Examples
    --------
    >>> number_from("12.5"), number_from(" 7 "), number_from("0,25"), number_from(True)
    (12.5, 7.0, 0.25, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value) if -1e18 < value < 1e18 else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    if _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    return float(text) if _NUMBER.fullmatch(text) else None


def from_hsv(hue: float, saturation: float, brightness: float) -> Color:
    """From degrees and two percentages.

    Examples
    --------
    >>> from_hsv(120, 100, 50)
    (0, 128, 0)
    """
    return _of_fractions(colorsys.hsv_to_rgb(hue % 360 / 360, saturation / 100, brightness / 100))


def from_hsl(hue: float, saturation: float, lightness: float) -> Color:
    """From degrees and two percentages.

    Examples
    --------
    >>> from_hsl(240, 100, 50)
    (0, 0, 255)
    """
    return _of_fractions(colorsys.hls_to_rgb(hue % 360 / 360, lightness / 100, saturation / 100))


def from_cmyk(cyan: float, magenta: float, yellow: float, black: float) -> Color:
    """From percentages of ink.

    Examples
    --------
    >>> from_cmyk(100, 100, 0, 0)
    (0, 0, 255)
    """
    light = 1 - black / 100
    return _of_fractions([(1 - ink / 100) * light for ink in (cyan, magenta, yellow)])


def _of_fractions(channels: Sequence[Any]) -> Color:
    steps: List[int] = [int(min(1.0, max(0.0, float(part))) * 255 + 0.5) for part in channels]
    return steps[0], steps[1], steps[2]
