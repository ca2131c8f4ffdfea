"""What exporters note about a model beside its graph: its task, its stride, the size of its tile.

The keys are those that ultralytics writes, as texts or as YAML, into every format that it exports
to: https://docs.ultralytics.com/modes/export/. Others have taken some of them over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Mapping, Optional, Tuple

_TASKS = frozenset({"detect", "segment", "classify", "pose", "obb", "semantic"})
_LONGEST = 1 << 16
_MOST_PIXELS = 1 << 20
_NUMBER = re.compile(r"\d{1,9}")
_SUPPRESSES = re.compile(r"['\"]?nms['\"]?\s*:\s*true", re.IGNORECASE)


@dataclass(frozen=True)
class ExportNotes:
    """An exporter's notes, as far as they tell how outputs are read.

    Attributes
    ----------
    task
        ``detect``, ``segment``, ``classify``, ``pose``, ``obb`` or ``semantic``.
    stride
        Pixels of the tile for a cell of the coarsest grid.
    image_size
        Rows and columns of the tile.
    keypoints
        Points of an object and numbers of a point.
    end_to_end
        Whether the network suppresses overlapping boxes itself, or needs no suppression.
    """

    task: Optional[str] = None
    stride: Optional[int] = None
    image_size: Optional[Tuple[int, int]] = None
    keypoints: Optional[Tuple[int, int]] = None
    end_to_end: bool = False


def notes_in(properties: Mapping[str, object]) -> Optional[ExportNotes]:
    """The notes among properties, whose values are texts or what JSON or YAML made of them.

    Examples
    --------
    >>> notes_in({"task": "detect", "stride": "32", "imgsz": "[640, 640]"}).image_size
    (640, 640)
    """
    task = properties.get("task")
    if not isinstance(task, str) or task not in _TASKS:
        return None
    stride = _numbers(properties.get("stride"))
    return ExportNotes(
        task,
        max(stride, default=None),
        _pair(properties.get("imgsz"), doubled=True),
        _pair(properties.get("kpt_shape")),
        _said(properties.get("end2end")) or bool(_SUPPRESSES.search(_text(properties.get("args")))),
    )


def _text(value: object) -> str:
    return str(value)[:_LONGEST] if isinstance(value, (str, int, bool, list, dict)) else ""


def _said(value: object) -> bool:
    return value is True or _text(value).strip().casefold() == "true"


def _numbers(value: object) -> Tuple[int, ...]:
    """Whole numbers in a value or its text, at most four of them."""
    if isinstance(value, list):
        value = value[:4]
    found = [int(text) for text in _NUMBER.findall(_text(value)[:64])]
    return tuple(number for number in found[:4] if 0 < number <= _MOST_PIXELS)


def _pair(value: object, *, doubled: bool = False) -> Optional[Tuple[int, int]]:
    numbers = _numbers(value)
    if len(numbers) == 1 and doubled:
        return numbers[0], numbers[0]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None
