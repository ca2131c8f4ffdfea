"""Operators' names, written as people read them."""

from __future__ import annotations

from typing import Dict, FrozenSet


def operators(names: str) -> FrozenSet[str]:
    """The names in a text, separated by blanks.

    Examples
    --------
    >>> sorted(operators("Relu Add"))
    ['Add', 'Relu']
    """
    return frozenset(names.split())


def called(names: str) -> Dict[str, str]:
    """What a framework's operators are called among ONNX's: the same where nothing else is said.

    Examples
    --------
    >>> called("Add Multiply=Mul")
    {'Add': 'Add', 'Multiply': 'Mul'}
    """
    pairs = (name.partition("=") for name in names.split())
    return {own: onnx or own for own, _, onnx in pairs}
