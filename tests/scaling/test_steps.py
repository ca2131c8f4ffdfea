"""Steps as definitions, catalogues and people write them."""

from __future__ import annotations

import pytest

from dl2ecd_core.scaling.steps import Scaling, Step, WrongScaling, parse_step, read_steps


class TestNotation:
    @pytest.mark.parametrize(
        "text", ["min-max 0 255", "z-score 1,2 3,4", "offset 1000", "clip 0 1"]
    )
    def test_is_what_is_shown(self, text: str) -> None:
        (step,) = parse_step(text, 2)
        assert str(step) == text
        assert read_steps([step.as_dict()], 2) == (step,)

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "a step is"),
            ("divide 255", "a step is"),
            ("min-max 0", "a step is"),
            ("none 1", "a step is"),
            ("scale x", "no number"),
            ("scale inf", "no number"),
            ("scale 1,2,3", "3 numbers for 2 bands"),
            ("scale 0", "is 0"),
            ("z-score 1,2 1,0", "is 0"),
            ("min-max 5 5", "not below"),
            ("clip 0,9 5", "not below"),
        ],
    )
    def test_of_nothing_sensible_says_why(self, text: str, why: str) -> None:
        with pytest.raises(WrongScaling, match=why):
            parse_step(text, 2)

    @pytest.mark.parametrize("listed", [None, {}, ["min-max"], [{"type": "sqrt"}], [{"type": []}]])
    def test_lists_that_are_none(self, listed: object) -> None:
        with pytest.raises(WrongScaling):
            read_steps(listed, 2)

    def test_nothing_to_do(self) -> None:
        assert str(Scaling((), "test")) == "none"


def test_a_step_knows_its_own_form() -> None:
    assert Step("z-score", ((1.0, 2.0), 3.0)).as_dict() == {
        "type": "z-score",
        "mean": [1.0, 2.0],
        "stddev": 3.0,
    }
