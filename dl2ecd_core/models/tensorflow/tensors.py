"""From what a walk knows of a tensor to the words of a model's description."""

from __future__ import annotations

from typing import List, Optional

from ...network.footprints import Footprint, model_padding
from ..description import Dims, Evidence, Tensor
from .known import Known, Lanes, Letters


def tensor_of(
    name: Optional[str],
    known: Known,
    data_type: Optional[str],
    letters: Letters,
    *,
    declared: bool = False,
) -> Tensor:
    """A tensor with its shape, axes and where the knowledge comes from."""
    if known.shape is None:
        return Tensor(name, data_type=data_type)
    evidence = Evidence.DECLARED if declared or known.declared else Evidence.INFERRED
    return Tensor(
        name, known.shape, axes_of(known.shape, known.lanes, letters), data_type, evidence
    )


def axes_of(shape: Dims, lanes: Optional[Lanes], letters: Letters) -> str:
    """One letter per dimension, ``?`` where the graph does not show it."""
    if lanes is None or len(lanes) != len(shape):
        return "?" * len(shape)
    found: List[str] = []
    for lane in lanes:
        letter = lane.letter
        if letter is None and lane.origins:
            letter = letters.get(lane.origins[0])
        found.append(letter or "?")
    # A letter that stands twice tells nothing.
    return "".join("?" if found.count(letter) > 1 else letter for letter in found)


def padding_of(source: Tensor, output: Known, letters: Letters) -> Optional[int]:
    """Pixels that a model crops from each side of an input tile; None unless certain."""
    before: List[Optional[int]] = []
    after: List[Optional[int]] = []
    footprints: List[Optional[Footprint]] = []
    for letter in "HW":
        for lane, size in zip(output.lanes or (), output.shape or ()):
            if len(lane.origins) != 1 or lane.origins[0][0] != source.name:
                continue
            if letters.get(lane.origins[0]) == letter:
                before.append(source.size_of(letter))
                after.append(size)
                footprints.append(lane.footprint)
    return model_padding(before, after, footprints) if len(before) == 2 else None
