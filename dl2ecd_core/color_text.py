"""Colors written as text, as style sheets and other programs write them."""

from __future__ import annotations

import re
from typing import List, Optional

#: #ccc, #38a800 and, with the opacity at its end, #38a800ff; the sign may be missing.
_HEX = re.compile(r"#?([0-9A-Fa-f]{6})(?:[0-9A-Fa-f]{2})?|#([0-9A-Fa-f]{3})[0-9A-Fa-f]?")
#: rgb(56, 168, 0), rgba(56 168 0 / 50%), [56, 168, 0], 56;168;0.
_CHANNELS = re.compile(
    r"(?:rgba?\s*)?[(\[]?\s*(\d{1,3})(%?)\s*[\s,;]\s*(\d{1,3})\2\s*[\s,;]\s*(\d{1,3})\2\s*"
    r"(?:[,;/]\s*[\d.]{1,6}%?\s*)?[)\]]?",
    re.IGNORECASE,
)
#: No color's text is longer: what is may be anything.
_LONGEST = 64


def channels_of(text: str) -> Optional[List[int]]:
    """Red, green and blue of a color's text, 0 to 255; opacity is left out.

    Returns
    -------
    list of int or None
        None when the text is no color of these forms.

    Examples
    --------
    >>> channels_of("#ccc"), channels_of("rgb(56, 168, 0)"), channels_of("56,168,0")
    ([204, 204, 204], [56, 168, 0], [56, 168, 0])
    >>> channels_of("rgb(100%, 50%, 0%)"), channels_of("56,168,256"), channels_of("green")
    ([255, 128, 0], None, None)
    """
    if len(text) > _LONGEST:
        return None
    match = _HEX.fullmatch(text.strip())
    if match is not None:
        code = match[1] or "".join(2 * digit for digit in match[2])
        return [int(code[at : at + 2], 16) for at in (0, 2, 4)]
    match = _CHANNELS.fullmatch(text.strip())
    if match is None:
        return None
    highest = 100 if match[2] else 255
    numbers = [int(match[group]) for group in (1, 3, 4)]
    if max(numbers) > highest:
        return None
    # Half a step up, in whole numbers.
    return [(2 * number * 255 + highest) // (2 * highest) for number in numbers]
