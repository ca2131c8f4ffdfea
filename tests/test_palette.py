"""Colors for classes that were given none."""

from __future__ import annotations

from dl2ecd_core.palette import PALETTE, color_at, colors_for


def test_the_first_colors_are_the_published_ones() -> None:
    assert colors_for([0, 1, 15], []) == [(230, 159, 0), (86, 180, 233), (170, 68, 153)]
    assert len(set(PALETTE)) == 16


def test_thousands_of_colors_are_all_different() -> None:
    assert len({color_at(position) for position in range(7000)}) == 7000
    assert len(set(colors_for(range(7000), []))) == 7000


def test_colors_are_channels() -> None:
    assert all(0 <= channel <= 255 for position in range(8100) for channel in color_at(position))


def test_the_color_depends_on_the_position_not_on_the_others() -> None:
    assert colors_for([5], []) == colors_for([0, 5], [])[1:]


def test_a_color_that_another_class_has_is_not_given_again() -> None:
    taken = [(230, 159, 0), (86, 180, 233)]
    chosen = colors_for([0, 1, 2], taken)
    assert len({*taken, *chosen}) == 5


def test_more_classes_than_colors_still_get_one_each() -> None:
    assert len(colors_for(range(9000), [])) == 9000


def test_neighbours_in_the_list_differ_to_the_eye() -> None:
    def distance(position: int) -> int:
        here, there = color_at(position), color_at(position + 1)
        return sum(abs(one - other) for one, other in zip(here, there))

    assert min(distance(position) for position in range(1000)) > 60
