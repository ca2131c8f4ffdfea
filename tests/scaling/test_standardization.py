"""What Deepness writes into a model of how its values are scaled."""

from __future__ import annotations

import numpy as np
import pytest

from dl2ecd_core.scaling.standardization import Standardization, standardization_in
from dl2ecd_core.scaling.steps import WrongScaling


def told(mean: str = "", deviation: str = "") -> object:
    return standardization_in({"standardization_mean": mean, "standardization_std": deviation})


def test_both_or_one_of_them() -> None:
    assert told("[0.5, 0.25]", "[1, 2]") == Standardization((0.5, 0.25), (1.0, 2.0))
    assert told("[0.5, 0.25]") == Standardization((0.5, 0.25))
    assert told("", "[2]") == Standardization((), (2.0,))
    assert standardization_in({}) is None


@pytest.mark.parametrize(
    "text",
    ["", "[", "3", "[]", '["1"]', "[true]", "[[1]]", "[null]", "[NaN]", "[Infinity]", "{}",
     f"[1{'0' * 400}]", "[" * 60_000, f"[{'1,' * 60_000}1]"],
)  # fmt: skip
def test_what_says_nothing(text: str) -> None:
    assert told(text, text) is None


def test_the_steps_are_done_after_division_by_255() -> None:
    scaling = Standardization((0.5, 0.25), (2.0,)).scaling(2)
    assert str(scaling) == "scale 255, then z-score 0.5,0.25 2"
    assert str(Standardization().scaling(2)) == "scale 255, then z-score 0 1"


def test_one_number_is_for_all_bands() -> None:
    pytest.importorskip("numpy")
    from dl2ecd_core.running.inputs.scaling import scaled

    scaling = Standardization((0.5,), (0.25,)).scaling(3)
    assert scaled(np.full((3, 1, 1), 255), scaling).tolist() == [[[2.0]]] * 3


@pytest.mark.parametrize(
    "wrong",
    [Standardization((1.0, 2.0)), Standardization((), (1.0,) * 4), Standardization((), (0,))],
)
def test_what_can_not_be(wrong: Standardization) -> None:
    with pytest.raises(WrongScaling):
        wrong.scaling(3)
