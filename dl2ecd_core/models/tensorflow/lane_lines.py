"""An operation on its way through the lane rules, and how lanes meet."""

from __future__ import annotations

from typing import List, Optional, Sequence

from ...network.footprints import merged
from ..description import Dims
from .known import Known, Lane, Lanes, Letters, Operation, Unclear

# A tensor made of more inputs than this is not an image with a few layers of data beside it.
_MOST_ORIGINS = 8


class Lines:
    """An operation on its way through the lane rules.

    Parameters
    ----------
    letters
        What is known of the dimensions of the model's inputs; the rules add to it.
    shape
        The shape of the first output.
    """

    __slots__ = ("letters", "operation", "shape")

    def __init__(self, operation: Operation, shape: Optional[Dims], letters: Letters) -> None:
        self.operation = operation
        self.shape = shape
        self.letters = letters

    def lanes(self, index: int = 0) -> Lanes:
        """The lanes of an input, empty ones where nothing is known."""
        known = self.operation.input(index)
        if known.lanes is not None:
            return known.lanes
        return (Lane(),) * (0 if known.shape is None else len(known.shape))

    def of_rank(self, rank: int, index: int = 0) -> Lanes:
        """The lanes of an input that must have this rank."""
        known = self.operation.input(index)
        if known.lanes is None:
            return (Lane(),) * rank
        if len(known.lanes) != rank:
            raise Unclear
        return known.lanes

    def name(self, lane: Lane, letter: str) -> Lane:
        """The lane with its letter; an input that it comes from learns the letter too."""
        if letter == "?":
            return lane
        if lane.letter in (None, letter):
            for origin in lane.origins:
                self.letters.setdefault(origin, letter)
        return lane if lane.letter == letter else lane._replace(letter=letter)

    def named(self, lanes: Lanes, letters: str) -> List[Lane]:
        """Every lane with its letter."""
        return [self.name(lane, letter) for lane, letter in zip(lanes, letters)]


def combined(operands: Sequence[Known], rank: int) -> List[Lane]:
    """The lanes of operands that meet element by element."""
    columns: List[List[Lane]] = [[] for _ in range(rank)]
    spread: List[List[Lane]] = [[] for _ in range(rank)]
    for known in operands:
        if known.shape is None or len(known.shape) > rank:
            raise Unclear
        lanes = known.lanes or (Lane(),) * len(known.shape)
        for at, (lane, size) in enumerate(zip(lanes, known.shape), rank - len(known.shape)):
            if size == 1:
                spread[at].append(Lane(lane.letter))
            else:
                columns[at].append(lane)
    return [meeting(wide or thin) for wide, thin in zip(columns, spread)]


def meeting(column: List[Lane]) -> Lane:
    """One dimension of several operands; where one lies nobody knows where, nor does the whole."""
    known = {lane.letter for lane in column if lane.letter is not None}
    letter = known.pop() if len(known) == 1 else None
    origins = tuple(dict.fromkeys(origin for lane in column for origin in lane.origins))
    if len(origins) > _MOST_ORIGINS:
        return Lane(letter)
    footprint = merged(lane.footprint for lane in column) if len(origins) == 1 else None
    return Lane(letter, origins, footprint)
