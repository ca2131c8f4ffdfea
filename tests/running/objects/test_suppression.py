"""Suppression gives what the plain rule gives, and compares far fewer pairs."""

from __future__ import annotations

from typing import List

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.running.objects import suppression
from dl2ecd_core.running.objects.found import Objects, boxes, joined, turned_boxes
from dl2ecd_core.running.objects.suppression import suppressed, suppressed_across


def some_boxes(count: int, spread: float, seed: int, classes: int = 2) -> Objects:
    random = np.random.default_rng(seed)
    start = random.uniform(0, spread, (count, 2))
    size = random.uniform(5, 40, (count, 2))
    scores = random.integers(1, 100, count) / 100
    return boxes(np.hstack([start, start + size]), scores, random.integers(0, classes, count))


def plain(objects: Objects, iou: float) -> List[int]:
    """The rule as it is written: the best first, each compared with all that stay."""
    polygons = shapely.polygons(objects.corners)
    stay: List[int] = []
    for place in sorted(range(len(objects)), key=lambda one: -objects.scores[one]):
        for other in stay:
            if objects.labels[place] != objects.labels[other]:
                continue
            shared = polygons[place].intersection(polygons[other]).area
            union = polygons[place].area + polygons[other].area - shared
            if shared > iou * union:
                break
        else:
            stay.append(place)
    return stay


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 120),
    st.floats(1, 300),
    st.integers(0, 1000),
    st.sampled_from([0.0, 0.3, 0.5, 0.9]),
)
def test_is_the_plain_rule(count: int, spread: float, seed: int, iou: float) -> None:
    objects = some_boxes(count, spread, seed)
    assert suppressed(objects, iou).tolist() == plain(objects, iou)


def test_is_the_plain_rule_in_several_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression, "_FIRST", 7)
    monkeypatch.setattr(suppression, "_PAIRS", 20)
    objects = some_boxes(200, 60, 3)
    assert suppressed(objects, 0.3).tolist() == plain(objects, 0.3)


@pytest.mark.parametrize("seed", range(5))
def test_is_the_plain_rule_for_turned_boxes(seed: int) -> None:
    random = np.random.default_rng(seed)
    centers = np.hstack([random.uniform(0, 80, (60, 2)), random.uniform(5, 40, (60, 2))])
    angles = random.uniform(-4, 4, 60)
    scores, labels = random.uniform(0, 1, 60), random.integers(0, 2, 60)
    objects = turned_boxes(centers, angles, scores, labels)
    assert suppressed(objects, 0.4).tolist() == plain(objects, 0.4)


@pytest.mark.parametrize(("count", "spread"), [(5_000, 50), (50_000, 10_000)])
def test_compares_few_of_all_pairs(
    monkeypatch: pytest.MonkeyPatch, count: int, spread: float
) -> None:
    compared: List[int] = []
    whole = suppression.overlaps

    def counting(objects: Objects, these: np.ndarray, those: np.ndarray) -> object:
        compared.append(len(these))
        return whole(objects, these, those)

    monkeypatch.setattr(suppression, "overlaps", counting)
    objects = some_boxes(count, spread, 1)
    assert len(suppressed(objects, 0.5))
    assert sum(compared) < count * count / 2 / 10


def test_tiles_leave_their_own_objects_alone() -> None:
    objects = boxes(np.array([[0, 0, 10, 10]] * 2), np.array([0.9, 0.8]), np.array([0, 0]))
    nothing = np.zeros(2, bool)
    assert suppressed_across(objects, np.array([0, 0]), nothing, 0.5).tolist() == [0, 1]
    assert suppressed_across(objects, np.array([0, 1]), nothing, 0.5).tolist() == [0]


def test_a_whole_object_comes_before_a_better_piece_of_it() -> None:
    sides = np.array([[0, 0, 10, 10], [0, 0, 100, 10]])
    objects = boxes(sides, np.array([0.9, 0.5]), np.array([0, 0]))
    tiles, cut = np.array([0, 1]), np.array([True, False])
    assert suppressed_across(objects, tiles, cut, 0.5).tolist() == [1]
    # Two whole ones of which one lies in the other are two objects.
    assert suppressed_across(objects, tiles, np.zeros(2, bool), 0.5).tolist() == [0, 1]


def test_of_nothing_nothing_stays() -> None:
    assert suppressed(joined(()), 0.5).tolist() == []
