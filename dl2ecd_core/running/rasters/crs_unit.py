"""The unit in which a coordinate system counts, as its text tells.

Well-known text of both kinds: https://docs.ogc.org/is/18-010r7/18-010r7.html and the older one.
"""

from __future__ import annotations

import re
from typing import List, Optional

_PARTS = re.compile(r'"((?:[^"]|"")*)"|(\w+)\s*[\[(]|([\])])')
#: Around the system of the map plane there may be these.
_AROUND = frozenset(("COMPD_CS", "COMPOUNDCRS", "BOUNDCRS", "SOURCECRS"))
_UNITS = frozenset(("UNIT", "LENGTHUNIT", "ANGLEUNIT"))
#: Far more than a text that means something has.
_LONGEST = 100_000


def unit_of(crs: str) -> Optional[str]:
    """The unit's name; None where the text names none.

    Parameters
    ----------
    crs
        Well-known text.

    Examples
    --------
    >>> unit_of('LOCAL_CS["Plant",UNIT["US survey foot",0.3048006]]')
    'US survey foot'
    """
    inside: List[str] = []
    for text, opened, closed in _PARTS.findall(crs[:_LONGEST]):
        if opened:
            inside.append(opened.upper())
        elif closed:
            del inside[-1:]
        elif _is_of_the_plane([word for word in inside if word not in _AROUND]):
            return str(text)
    return None


def _is_of_the_plane(inside: List[str]) -> bool:
    """Whether it is the unit of the system itself or of its axes, not of what it is made from."""
    return len(inside) > 1 and inside[-1] in _UNITS and inside[1:-1] in ([], ["AXIS"])
