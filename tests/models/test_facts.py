"""A model's facts as people read them."""

from __future__ import annotations

from dl2ecd_core.models import ClassNames
from dl2ecd_core.models.facts import names_of
from tests.documents import description


def test_names_are_shown_with_numbers_that_do_not_count_from_0() -> None:
    plain = ClassNames(("roof", "pool"), "property 'names'")
    numbered = ClassNames(("notice", "stop"), "file 'a.txt'", (2, 5))
    model = description(class_names=(plain, numbered))
    assert names_of(model) == [
        ("property 'names'", "roof, pool"),
        ("file 'a.txt'", "2 notice, 5 stop"),
    ]
    assert model.as_dict()["class_values"] == [[0, 1], [2, 5]]


def test_of_very_many_names_the_first_are_shown() -> None:
    many = ClassNames(tuple(f"c{number}" for number in range(50)), "here")
    ((_, names),) = names_of(description(class_names=(many,)))
    assert names.endswith("c39")
