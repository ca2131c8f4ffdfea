"""Colors for classes that were given none: fixed, and apart for color-blind eyes.

The first seven are the colored ones of the set by M. Okabe and K. Ito, "Color Universal Design
(CUD): How to make figures and presentations that are friendly to colorblind people" (2002, revised
2008, https://jfly.uni-koeln.de/color/), which people with any of the common color vision
deficiencies tell apart. Its black is left out: rasters often show it where there is no data.
The next nine are those of P. Tol's "muted" scheme ("Colour Schemes", SRON/EPS/TN/09-002, issue 3.2,
2021, https://sronpersonalpages.nl/~pault/), made for the same end.

More colors than these no eye tells apart reliably. Further ones are still all different: they
walk the color cube in steps that share no divisor with its size, so that neighbours in the list
differ much and none comes back within 8,000.
"""

from __future__ import annotations

from typing import Collection, Iterator, List, Tuple

from .color import Color

OKABE_ITO: Tuple[Color, ...] = (
    (230, 159, 0),  # orange
    (86, 180, 233),  # sky blue
    (0, 158, 115),  # bluish green
    (240, 228, 66),  # yellow
    (0, 114, 178),  # blue
    (213, 94, 0),  # vermillion
    (204, 121, 167),  # reddish purple
)

TOL_MUTED: Tuple[Color, ...] = (
    (51, 34, 136),  # indigo
    (136, 204, 238),  # cyan
    (68, 170, 153),  # teal
    (17, 119, 51),  # green
    (153, 153, 51),  # olive
    (221, 204, 119),  # sand
    (204, 102, 119),  # rose
    (136, 34, 85),  # wine
    (170, 68, 153),  # purple
)

#: The published colors, in the order in which they are given out.
PALETTE: Tuple[Color, ...] = OKABE_ITO + TOL_MUTED

# Twenty levels per channel, none near black or white: 8,000 colors.
_LEVELS = tuple(24 + 11 * level for level in range(20))
_STEP = 4_943  # about 8,000 over the golden ratio; prime, so it shares no divisor with 8,000


def color_at(position: int) -> Color:
    """The color of a position in the list of classes, counted from 0.

    Examples
    --------
    >>> color_at(0)
    (230, 159, 0)
    """
    if position < len(PALETTE):
        return PALETTE[position]
    size = len(_LEVELS)
    walked = (position - len(PALETTE)) * _STEP % size**3
    # The three channels take the digits in an order that changes lightness early.
    rest, blue = divmod(walked, size)
    red, green = divmod(rest, size)
    return _LEVELS[red], _LEVELS[green], _LEVELS[blue]


def colors_for(positions: Collection[int], taken: Collection[Color]) -> List[Color]:
    """A color for each position, none of them taken or given twice while there are others.

    Parameters
    ----------
    positions
        Where in the list of classes the colors are missing.
    taken
        The colors that other classes were given.
    """
    used = set(taken)
    further = _after(max(positions, default=0))
    chosen = []
    for position in positions:
        color = color_at(position)
        if color in used:
            color = next((other for other in further if other not in used), color)
        used.add(color)
        chosen.append(color)
    return chosen


def _after(position: int) -> Iterator[Color]:
    """Every color once, those of the published sets first, then those behind a position."""
    yield from PALETTE
    for number in range(len(_LEVELS) ** 3):
        yield color_at(max(position + 1, len(PALETTE)) + number)
