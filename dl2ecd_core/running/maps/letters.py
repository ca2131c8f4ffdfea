"""Letters as small pictures, seven rows of five pixels, for legends in places without fonts."""

from __future__ import annotations

import unicodedata
from typing import Dict, List

#: Rows from the top, each five bits, the leftmost the highest.
_ROWS: Dict[str, str] = {
    "A": "0E 11 11 1F 11 11 11", "B": "1E 11 11 1E 11 11 1E", "C": "0E 11 10 10 10 11 0E",
    "D": "1E 11 11 11 11 11 1E", "E": "1F 10 10 1E 10 10 1F", "F": "1F 10 10 1E 10 10 10",
    "G": "0E 11 10 17 11 11 0F", "H": "11 11 11 1F 11 11 11", "I": "0E 04 04 04 04 04 0E",
    "J": "07 02 02 02 02 12 0C", "K": "11 12 14 18 14 12 11", "L": "10 10 10 10 10 10 1F",
    "M": "11 1B 15 15 11 11 11", "N": "11 19 15 13 11 11 11", "O": "0E 11 11 11 11 11 0E",
    "P": "1E 11 11 1E 10 10 10", "Q": "0E 11 11 11 15 12 0D", "R": "1E 11 11 1E 14 12 11",
    "S": "0F 10 10 0E 01 01 1E", "T": "1F 04 04 04 04 04 04", "U": "11 11 11 11 11 11 0E",
    "V": "11 11 11 11 11 0A 04", "W": "11 11 11 15 15 1B 11", "X": "11 11 0A 04 0A 11 11",
    "Y": "11 11 0A 04 04 04 04", "Z": "1F 01 02 04 08 10 1F", "0": "0E 11 13 15 19 11 0E",
    "1": "04 0C 04 04 04 04 0E", "2": "0E 11 01 06 08 10 1F", "3": "1F 02 04 02 01 11 0E",
    "4": "02 06 0A 12 1F 02 02", "5": "1F 10 1E 01 01 11 0E", "6": "06 08 10 1E 11 11 0E",
    "7": "1F 01 02 04 08 08 08", "8": "0E 11 11 0E 11 11 0E", "9": "0E 11 11 0F 01 02 0C",
    " ": "00 00 00 00 00 00 00", "-": "00 00 00 0E 00 00 00", "_": "00 00 00 00 00 00 1F",
    ".": "00 00 00 00 00 0C 0C", ",": "00 00 00 00 0C 04 08", "(": "02 04 08 08 08 04 02",
    ")": "08 04 02 02 02 04 08", "/": "01 01 02 04 08 10 10", "%": "19 1A 02 04 08 0B 13",
    "&": "0C 12 14 08 15 12 0D", "+": "00 04 04 1F 04 04 00", "'": "04 04 08 00 00 00 00",
    ":": "00 0C 0C 00 0C 0C 00", "<": "02 04 08 10 08 04 02", ">": "08 04 02 01 02 04 08",
}  # fmt: skip
_UNKNOWN = "1F 11 11 11 11 11 1F"

HEIGHT, WIDTH = 7, 6


def picture_of(text: str) -> List[List[bool]]:
    """A text as rows of pixels; letters are capitals without marks, and a box for all others.

    Examples
    --------
    >>> for row in picture_of("Hi"): print("".join(" #"[pixel] for pixel in row).rstrip())
    #   #  ###
    #   #   #
    #   #   #
    #####   #
    #   #   #
    #   #   #
    #   #  ###
    """
    rows: List[List[bool]] = [[] for _ in range(HEIGHT)]
    for letter in _capitals(text):
        for row, bits in zip(rows, _ROWS.get(letter, _UNKNOWN).split()):
            value = int(bits, 16)
            row += [bool(value >> place & 1) for place in range(4, -1, -1)]
            row.append(False)
    return rows


def _capitals(text: str) -> str:
    """A text in the letters that there are pictures of, as far as it can be."""
    parts = unicodedata.normalize("NFKD", text.upper())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
