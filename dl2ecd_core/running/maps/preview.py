"""A small picture of a map with its legend, as PNG (https://www.w3.org/TR/png-3/)."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Iterator, List, Sequence, Tuple

from ...exports.legend import LegendRow
from ...files.output import whole_file
from ...files.replacing import OutputKind
from .letters import HEIGHT, picture_of

if TYPE_CHECKING:
    from ..sessions import Array

#: Longest side of the map in the picture.
LONGEST = 900
_GAP, _LINE = 8, 12
_INK, _PAPER = (40, 40, 40), (255, 255, 255)
#: Of a legend, so many rows are drawn.
_MOST_ROWS = 40
_LONGEST_NAME = 36


#: Says in a picture what made it.
_OURS = b"Software\0dl2ecd"


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return _OURS in file.read(256)


PREVIEW = OutputKind("preview", (".png",), _is_ours)


def every_nth(height: int, width: int) -> int:
    """Of how many rows and columns one is drawn."""
    return max(-(-max(height, width) // LONGEST), 1)


def write_preview(
    target: Path, strips: Iterator[Array], size: Tuple[int, int], legend: Sequence[LegendRow]
) -> None:
    """Draw a map.

    Parameters
    ----------
    strips
        Rows of values ``(rows, layers, columns)`` from the top to the bottom.
    size
        Rows and columns of the map.
    legend
        Its classes; other values are left white.
    """
    import numpy

    step = every_nth(*size)
    picked: List[Array] = []
    top = 0
    for strip in strips:
        # A mere view would keep the whole strip in memory.
        picked.append(strip[-top % step :: step, 0, ::step].copy())
        top += strip.shape[0]
    values = numpy.concatenate(picked)
    picture = numpy.full((*values.shape, 3), 255, "uint8")
    for row in legend:
        picture[values == row.value] = row.color
    write_picture(target, picture, _most_seen(legend, values))


def _most_seen(legend: Sequence[LegendRow], values: Array) -> List[LegendRow]:
    """The rows of a legend; of one too long to be drawn, those first that most pixels have."""
    import numpy

    if len(legend) <= _MOST_ROWS:
        return list(legend)
    seen = dict(zip(*(found.tolist() for found in numpy.unique(values, return_counts=True))))
    return sorted(legend, key=lambda row: -seen.get(row.value, 0))


def write_picture(target: Path, picture: Array, legend: Sequence[LegendRow]) -> None:
    """Write a picture ``(rows, columns, 3)`` with a legend beside it."""
    with whole_file(target) as output:
        output.write(png(_beside(picture, _legend_picture(legend))))


def _legend_picture(legend: Sequence[LegendRow]) -> Array:
    """Swatches with the names of classes."""
    import numpy

    shown = list(legend[:_MOST_ROWS])
    names = [_label(row) for row in shown]
    if len(legend) > len(shown):
        names.append(f"AND {len(legend) - len(shown)} MORE")
    # A letter may become two, such as the German sharp s.
    words = [numpy.array(picture_of(name), bool) for name in names]
    width = max(word.shape[1] for word in words) + _LINE + 2 * _GAP
    picture = numpy.full((len(names) * _LINE + _GAP, width, 3), 255, "uint8")
    for place, pixels in enumerate(words):
        top = place * _LINE + _GAP // 2
        if place < len(shown):
            picture[top : top + HEIGHT + 1, 1 : _LINE - 2] = shown[place].color
        here = picture[top : top + HEIGHT, _LINE : _LINE + pixels.shape[1]]
        here[pixels] = _INK
    return picture


def _label(row: LegendRow) -> str:
    name = " ".join(row.name.split())
    if len(name) > _LONGEST_NAME:
        name = f"{name[: _LONGEST_NAME - 3]}..."
    return f"{row.value} {name}"


def _beside(left: Array, right: Array) -> Array:
    """Two pictures side by side on white."""
    import numpy

    height = max(left.shape[0], right.shape[0]) + 2 * _GAP
    width = left.shape[1] + right.shape[1] + 3 * _GAP
    picture = numpy.full((height, width, 3), _PAPER, "uint8")
    picture[_GAP : _GAP + left.shape[0], _GAP : _GAP + left.shape[1]] = left
    first = left.shape[1] + 2 * _GAP
    picture[_GAP : _GAP + right.shape[0], first : first + right.shape[1]] = right
    return picture


def png(picture: Array) -> bytes:
    """A picture ``(rows, columns, 3)`` as the bytes of a PNG file."""
    import numpy

    height, width = picture.shape[:2]
    lines = numpy.zeros((height, 1 + width * 3), "uint8")
    lines[:, 1:] = picture.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", header),
            _chunk(b"tEXt", _OURS),
            _chunk(b"IDAT", zlib.compress(lines.tobytes(), 6)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
