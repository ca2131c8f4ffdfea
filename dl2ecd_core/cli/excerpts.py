"""A line of a document with carets under a part of it, on terminals too narrow for it."""

from __future__ import annotations

from rich.cells import cell_len

#: What stands for the part of a line that is left out.
_CUT = "..."
#: Narrower than this nothing can be shown; the terminal's own wrapping may do its worst.
_NARROWEST = 4 * len(_CUT)


def narrowed(excerpt: str, width: int) -> str:
    """An excerpt in so many columns, with its carets still under what they point at.

    Parameters
    ----------
    excerpt
        A line of a document and a line of carets below it.
    width
        Columns of the terminal that there are for it; wide characters take two.

    Examples
    --------
    >>> narrowed("Value: 1, Name: Water, Color: 5" + chr(10) + 30 * " " + "^", 24).splitlines()
    ['..., Color: 5', '            ^']
    """
    line, _, carets = excerpt.partition("\n")
    width = max(width, _NARROWEST)
    if max(_width(line), len(carets)) <= width:
        return excerpt
    start = len(carets) - len(carets.lstrip())
    under = len(carets) - start
    # As much of what is pointed at as there is room for, and something before it.
    first = max(len(_CUT), min(width // 2, width - len(_CUT) - under))
    if start > first:
        line = _CUT + _from(line, start - first + len(_CUT))
        carets = carets[start - first :]
    if _width(line) > width:
        line = _up_to(line, width - len(_CUT)) + _CUT
    return f"{line}\n{carets[:width]}"


def _width(text: str) -> int:
    """Columns of a text, letter by letter as the excerpt counted them."""
    return sum(map(cell_len, text))


def _from(text: str, column: int) -> str:
    """The text from a column on; half a wide character becomes a blank."""
    place = at = 0
    # Marks that take no column belong to the letter before them.
    while place < len(text) and (at < column or not cell_len(text[place])):
        at += cell_len(text[place])
        place += 1
    return " " * (at - column) + text[place:]


def _up_to(text: str, columns: int) -> str:
    """As much of a wider text as so many columns hold."""
    place = 0
    while columns >= cell_len(text[place]):
        columns -= cell_len(text[place])
        place += 1
    return text[:place]
