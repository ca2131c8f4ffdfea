"""Drawings: what goes in, the model, what comes out. Decoration is in the style sheet."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple

from ...color import Color, hex_of
from ...findings.wording import counted
from ..tensors import StoredTensor
from .elements import tag

_FIELD = (160, 152)
_SIDE = 108
_MOST_SHEETS = 5
_STEP = 9
_CELLS = 6
_MOST_BARS = 8
_MARGIN = 12
#: Longest side over shortest that a tile is drawn with.
_MOST_OBLONG = 2.5


def input_drawing(tensor: StoredTensor) -> Any:
    """The tile that goes in, a sheet for each band."""
    bands = tensor.size_of("C")
    if not tensor.is_spatial:
        return _bars([], bands, "The values that go in")
    sheets = max(1, min(bands or 1, _MOST_SHEETS))
    width, height = _tile(tensor)
    spread = _STEP * (sheets - 1)
    parts = []
    for sheet in range(sheets - 1, 0, -1):
        shift = _STEP * sheet
        parts.append(_box(4 + shift, 4 + spread - shift, width, height, "sheet"))
    parts.append(_box(4, 4 + spread, width, height, "sheet front"))
    parts += _pixels(4, 4 + spread, width, height)
    many = "a tile" if bands is None else f"a tile of {counted(bands, 'band')}"
    return _svg(width + spread + 8, height + spread + 8, f"Drawing of {many} that goes in", parts)


def model_drawing() -> Any:
    """A small network, the same for every model."""
    columns = [(16, (30, 66, 102)), (70, (12, 48, 84, 120)), (124, (30, 66, 102))]
    parts = []
    for (left, ones), (right, others) in zip(columns, columns[1:]):
        parts += [
            tag("line", x1=str(left), y1=str(one), x2=str(right), y2=str(other), class_="link")
            for one in ones
            for other in others
        ]
    parts += [
        tag("circle", cx=str(x), cy=str(y), r="8", class_="node") for x, ys in columns for y in ys
    ]
    return _svg(140, 132, "Drawing of a neural network, which stands for the model", parts)


def output_drawing(tensor: StoredTensor, colors: Sequence[Color], padding: Optional[int]) -> Any:
    """What comes out: a map in the classes' colors, within the border that is cropped."""
    if not tensor.is_spatial:
        return _bars(colors, tensor.size_of("C"), "The values that come out")
    width, height = _tile(tensor)
    margin = _MARGIN if padding else 0
    parts: List[Any] = []
    words = "Drawing of the map that comes out"
    if padding:
        parts.append(_box(4, 4, width + 2 * margin, height + 2 * margin, "cropped"))
        words += f", smaller than the tile by {counted(padding, 'pixel')} on each side"
    left, top = 4 + margin, 4 + margin
    parts.append(_box(left, top, width, height, "sheet front"))
    parts += _patches(left, top, width, height, colors) if colors else []
    full = 2 * margin + 8
    return _svg(width + full, height + full, words, parts)


def arrow_drawing() -> Any:
    """An arrow from one drawing to the next."""
    return tag(
        "svg",
        tag("path", d="M2 12h40m-10 -9l10 9l-10 9"),
        class_="arrow",
        viewBox="0 0 46 24",
        width="46",
        height="24",
        aria_hidden="true",
    )


def color_strip(colors: Sequence[Color]) -> Any:
    """The classes' colors side by side."""
    step = 1000 / max(1, len(colors))
    parts = [
        tag(
            "rect",
            x=f"{position * step:.2f}",
            width=f"{step + 0.5:.2f}",
            height="10",
            fill=hex_of(color),
        )
        for position, color in enumerate(colors)
    ]
    return tag(
        "svg",
        *parts,
        class_="strip",
        viewBox="0 0 1000 10",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _svg(width: int, height: int, words: str, parts: Sequence[Any]) -> Any:
    """A drawing in the middle of a field that is the same for all, so that they line up."""
    left, top = (width - _FIELD[0]) / 2, (height - _FIELD[1]) / 2
    return tag(
        "svg",
        tag("title", words),
        *parts,
        role="img",
        viewBox=f"{left:g} {top:g} {_FIELD[0]} {_FIELD[1]}",
        width=str(_FIELD[0]),
        height=str(_FIELD[1]),
    )


def _tile(tensor: StoredTensor) -> Tuple[int, int]:
    """Width and height of a tile's drawing, in its proportions."""
    rows, columns = tensor.size_of("H"), tensor.size_of("W")
    if not rows or not columns or rows == columns:
        return _SIDE, _SIDE
    ratio = min(max(columns / rows, 1 / _MOST_OBLONG), _MOST_OBLONG)
    return (_SIDE, round(_SIDE / ratio)) if ratio > 1 else (round(_SIDE * ratio), _SIDE)


def _box(x: int, y: int, width: int, height: int, kind: str) -> Any:
    return tag(
        "rect",
        x=str(x),
        y=str(y),
        width=str(width),
        height=str(height),
        rx="4",
        class_=kind,
    )


def _cells(x: int, y: int, width: int, height: int) -> List[Tuple[int, int, str, str, str, str]]:
    across, down = width / _CELLS, height / _CELLS
    return [
        (
            row,
            column,
            f"{x + column * across:.2f}",
            f"{y + row * down:.2f}",
            f"{across:.2f}",
            f"{down:.2f}",
        )
        for row in range(_CELLS)
        for column in range(_CELLS)
    ]


def _pixels(x: int, y: int, width: int, height: int) -> List[Any]:
    """A raster's pixels in shades of one color."""
    return [
        tag(
            "rect",
            x=left,
            y=top,
            width=across,
            height=down,
            class_="pixel",
            fill_opacity=f"0.{1 + (row * 3 + column * 5 + (row ^ column) * (row + 2)) % 7}",
        )
        for row, column, left, top, across, down in _cells(x, y, width, height)
    ]


def _patches(x: int, y: int, width: int, height: int, colors: Sequence[Color]) -> List[Any]:
    """Patches of land, as a map of such classes might show them."""
    chosen = [colors[position * len(colors) // _CELLS] for position in range(_CELLS)]
    chosen = list(dict.fromkeys(chosen))
    parts = []
    for row, column, left, top, across, down in _cells(x, y, width, height):
        place = (2 * row + 3 * column + (row * column) % 4) * len(chosen) // (5 * _CELLS)
        fill = hex_of(chosen[min(place, len(chosen) - 1)])
        parts.append(tag("rect", x=left, y=top, width=across, height=down, fill=fill))
    return parts


def _bars(colors: Sequence[Color], count: Optional[int], words: str) -> Any:
    """Values without a place: a bar for each, as far as there is room."""
    bars = max(1, min(count or len(colors) or 3, _MOST_BARS))
    parts = []
    for bar in range(bars):
        fill = hex_of(colors[bar * len(colors) // bars]) if colors else None
        parts.append(
            tag(
                "rect",
                x="4",
                y=str(4 + 16 * bar),
                width=str(48 + (bar * 37 + 20) % 60),
                height="11",
                rx="3",
                class_=None if fill else "pixel",
                fill=fill,
            )
        )
    return _svg(116, 16 * bars + 4, f"Drawing: {words}", parts)
