"""Sets of operator names, written as people read them."""

from __future__ import annotations

from typing import FrozenSet


def operators(names: str) -> FrozenSet[str]:
    """The names in a text, separated by blanks.

    Examples
    --------
    >>> sorted(operators("Relu Add"))
    ['Add', 'Relu']
    """
    return frozenset(names.split())
