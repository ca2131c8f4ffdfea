"""Of a map of one class alone it is said what to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Optional, Tuple

import numpy as np
import pytest

from dl2ecd_core.findings import Severity
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.maps.one_class import said_of_one_class
from dl2ecd_core.running.maps.report import ClassCount
from tests.running.scenes import pixels, write_scene
from tests.running.test_classify import BYTES, Place, place

__all__ = ["place"]


def classes(*pixels: float) -> List[ClassCount]:
    return [
        ClassCount(value, f"Class {value}", None, int(count), None)
        for value, count in enumerate(pixels, 1)
    ]


@pytest.mark.parametrize(
    ("counts", "background", "said"),
    [
        ((0, 9), None, "is the class 'Class 2' (2)."),
        ((0, 9), (7, 0), "is the class 'Class 2' (2)."),
        ((0, 0), (7, 9_000), "is the background (7)."),
        ((1, 8), None, None),
        ((0, 0.5), None, None),
        ((0, 8), (7, 1), None),
        ((0, 0), None, None),
        # A definition that has no other.
        ((9,), None, None),
    ],
)
def test_all_of_one_value_is_told(
    counts: Tuple[float, ...], background: Optional[Tuple[int, int]], said: Optional[str]
) -> None:
    found = said_of_one_class("a.tif", classes(*(one * 1_000 for one in counts)), background)
    assert len(found) == (said is not None)
    for item in found:
        assert (item.rule, item.severity) == ("map-of-one-class", Severity.INFORMATION)
        assert item.message == f"All that has data in the map of 'a.tif' {said}"
        assert "--scale" in str(item.hint)


def told(place: Place, scene: np.ndarray, options: Options) -> Dict[str, str]:
    write_scene(place.scene, scene)
    done = classify(place.scene, place.ecd, place.out, options=options)
    return {item.rule: item.message for item in done.findings}


def test_a_map_of_several_says_nothing_and_one_of_one_does(place: Place, tmp_path: Path) -> None:
    assert told(place, pixels(90, 70), BYTES) == {}
    squeezed = Options(scale=["min-max 0 65535"])
    assert {"scaling-unlikely", "map-of-one-class"} <= set(told(place, pixels(90, 70), squeezed))
