"""What is known of a value: its numbers, its axes, and how axes meet."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from itertools import permutations
from typing import Any, List, Optional, Sequence, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.network.footprints import Footprint, at_input, merged
from dl2ecd_core.network.graph import Initializer
from dl2ecd_core.network.value import (
    MOST_KNOWN_VALUES,
    NO_MEANING,
    SCORES,
    UNKNOWN,
    Axis,
    Kind,
    Value,
    combined,
    constant_of,
    image_letters,
    input_value,
    lettered,
    looking_along,
    picked_numbers,
    shaped,
    together,
    transposed_numbers,
)
from dl2ecd_core.network.weights import Literal

np = pytest.importorskip("numpy")

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)


def counted(shape: Sequence[int]) -> Value:
    """A value whose elements are 0, 1, 2 ..."""
    return shaped(tuple(shape), "int64", numbers=range(int(np.prod(shape))))


@given(SHAPES, st.data())
def test_numbers_follow_their_axes(shape: Tuple[int, ...], data: st.DataObject) -> None:
    value, array = counted(shape), np.arange(int(np.prod(shape))).reshape(shape)
    order = data.draw(st.sampled_from(list(permutations(range(len(shape))))))
    assert transposed_numbers(value, order) == array.transpose(order).ravel().tolist()
    axis = data.draw(st.integers(0, len(shape) - 1))
    indices = data.draw(st.lists(st.integers(0, shape[axis] - 1), max_size=4))
    assert picked_numbers(value, axis, indices) == np.take(array, indices, axis).ravel().tolist()


def test_numbers_that_are_not_known_are_not_moved() -> None:
    for value in (UNKNOWN, shaped((2, 3)), replace(counted((2,)), shape=None)):
        assert transposed_numbers(value, (0,)) is None
        assert picked_numbers(value, 0, (0,)) is None


def test_no_numbers_stay_no_numbers() -> None:
    for shape in ((0, 2), (2, 0)):
        value = shaped(shape, "int64", numbers=[])
        assert transposed_numbers(value, (1, 0)) == []
        assert picked_numbers(value, shape.index(2), (0, 1)) == []


@pytest.mark.parametrize(
    ("numbers", "integers", "known"),
    [
        (None, None, None),
        ((), (), ()),
        ((1, 2.0, -3), (1, 2, -3), (1, 2, -3)),
        ((1, None), (1, None), None),
        ((float("nan"), float("inf"), 1), (None, None, 1), None),
        (((1 << 63) - 1, -(1 << 63) + 1), ((1 << 63) - 1, -(1 << 63) + 1),
         ((1 << 63) - 1, -(1 << 63) + 1)),
        ((1 << 63, -(1 << 63)), (None, None), None),
        ((0,), (0,), (0,)),
    ],
)  # fmt: skip
def test_whole_numbers_are_those_that_fit_64_bits(numbers: Any, integers: Any, known: Any) -> None:
    value = Value((len(numbers or ()),), numbers=numbers)
    assert value.integers() == integers
    assert value.known_integers() == known


def test_a_shape_that_can_not_be_one_is_unknown() -> None:
    kept = (shaped((3, 0)), shaped((None, 2)), shaped((1,) * 64))
    assert [value.shape for value in kept] == [(3, 0), (None, 2), (1,) * 64]
    for shape in (None, (1,) * 65, (3, -1), (-1, None)):
        value = shaped(shape, "float32", [Axis("N")], numbers=[1], constant=True)
        assert value == Value(None, "float32", (), constant=True)
        assert (value.rank, value.letters) == (None, None)


def test_as_many_axes_and_numbers_as_the_shape_has() -> None:
    letters = [Axis("N"), Axis("C")]
    assert shaped((2, 3), axes=letters).letters == "NC"
    assert shaped((2, 3)).letters == shaped((2, 3), axes=letters[:1]).letters == "??"
    assert shaped((2, 3)).rank == 2
    assert shaped((2,), numbers=[5, None]).numbers == (5, None)
    assert shaped((3,), numbers=[5, None]).numbers is None
    assert shaped((None,), numbers=[5]).numbers is None
    most = MOST_KNOWN_VALUES
    assert shaped((most,), numbers=range(most)).numbers == tuple(range(most))
    assert shaped((most + 1,), numbers=range(most + 1)).numbers is None
    assert not shaped((2,)).constant
    assert shaped((2,), constant=True).constant


def test_a_length_of_an_axis_from_in_front_and_behind() -> None:
    value = shaped((2, None, 4))
    assert [value.size(axis) for axis in (-4, -3, -2, -1, 0, 1, 2, 3)] == [
        None, 2, None, 4, 2, None, 4, None,
    ]  # fmt: skip
    assert UNKNOWN.size(0) is None


@pytest.mark.parametrize("count", [3, MOST_KNOWN_VALUES, MOST_KNOWN_VALUES + 1])
def test_a_constant_has_its_numbers_where_they_are_few(count: int) -> None:
    content = Literal(np.arange(count, dtype="<i8").tobytes())
    value = constant_of(Initializer("n", (count,), "int64", content))
    assert (value.shape, value.data_type, value.constant) == ((count,), "int64", True)
    assert value.numbers == (tuple(range(count)) if count <= MOST_KNOWN_VALUES else None)


def test_each_axis_of_an_input_begins_at_itself() -> None:
    value = input_value("x", (None, 3), "float32")
    assert value.axes == tuple(Axis("?", at_input(("x", n)), ("x", n)) for n in (0, 1))
    assert (value.shape, value.data_type, value.constant) == ((None, 3), "float32", False)
    assert input_value("x", None, "int8") == Value(None, "int8")
    assert (value.meaning, value.whole) == (NO_MEANING, frozenset())
    assert (NO_MEANING.kind, SCORES.kind) == (Kind.UNKNOWN, Kind.SCORES)


def image(name: str, letters: str, *sizes: Optional[int]) -> Value:
    value = input_value(name, sizes, "float32")
    return replace(value, axes=lettered(value, letters))


def test_operands_meet_from_the_end() -> None:
    both = combined([image("x", "NCHW", 1, 3, 8, 9), image("y", "HW", 8, 9)], "float32")
    assert (both.shape, both.letters, both.data_type) == ((1, 3, 8, 9), "NCHW", "float32")
    sources = [axis.footprint.sources for axis in both.axes if axis.footprint is not None]
    assert sources == [{("x", 0)}, {("x", 1)}, {("x", 2), ("y", 0)}, {("x", 3), ("y", 1)}]
    assert [axis.source for axis in both.axes] == [("x", axis) for axis in range(4)]


def test_what_is_spread_or_constant_or_shorter_says_nothing_of_an_axis() -> None:
    x = image("x", "NCHW", 1, 3, 8, 9)
    even = [Axis(even=True)] * 4
    constant = shaped((1, 3, 8, 9), axes=even, constant=True)
    spread = image("y", "N???", 1, 3, 1, 1)
    fives = shaped((8, 1), numbers=[5] * 8, constant=True)
    for other in (spread, constant, fives, shaped((3, 1, 1), constant=True)):
        for pair in ([x, other], [other, x]):
            found = combined(pair)
            assert found.axes[2:] == x.axes[2:]
            assert not found.constant
    assert combined([constant, constant]).constant
    # One pixel beside one pixel is no spread.
    one, other = image("x", "HW", 1, 1), shaped((1, 1), axes=[Axis("H"), Axis("C")])
    assert combined([one, other]).axes[0].footprint is None
    assert combined([one, other]).letters == "H?"
    # A pixel that has no place makes the place of all unknown.
    assert combined([x, shaped((1, 3, 8, 9))]).axes[2] == Axis("H", None, ("x", 2))


def test_a_constant_that_is_not_the_same_everywhere_makes_the_place_matter() -> None:
    """What is learned of each place, or counts the rows: tiles can't be moved without it."""
    x = image("x", "NCHW", 1, 3, 8, 9)
    rows = combined([x, shaped((8, 1), numbers=range(8), constant=True)])
    assert rows.axes[2] == Axis("H", None, ("x", 2))
    assert rows.axes[3] == x.axes[3]
    assert combined([x, shaped((1, 3, 8, 9), constant=True)]).axes[3].footprint is None


def test_constants_that_are_the_same_everywhere_are_so_together() -> None:
    even = shaped((1, 8), axes=[Axis(), Axis(even=True)], constant=True)
    assert combined([even, shaped((), constant=True)]).axes[1].even
    assert not combined([even, shaped((8,), constant=True)]).axes[1].even
    assert not combined([even, shaped((8,))]).axes[1].even


def test_operands_that_do_not_go_together_are_of_no_shape() -> None:
    for one, other in ((shaped((2,)), shaped((3,))), (shaped((2,)), UNKNOWN)):
        assert combined([one, other], "int8") == Value(None, "int8")
    constants = [shaped((2,), constant=True), shaped((3,), constant=True)]
    assert combined(constants).constant


@pytest.mark.parametrize(
    ("letters", "reduced", "letter", "is_reduced"),
    [
        ("HH", (False, False), "H", False),
        ("H?", (True, True), "H", True),
        ("HC", (True, False), "?", False),
        ("??", (False, True), "?", False),
        ("", (), "?", False),
    ],
)
def test_axes_that_meet_keep_what_they_agree_in(
    letters: str, reduced: Tuple[bool, ...], letter: str, is_reduced: bool
) -> None:
    met = together(Axis(one, reduced=less) for one, less in zip(letters, reduced))
    assert met == Axis(letter, reduced=is_reduced)


def test_axes_that_meet_lie_where_both_do() -> None:
    place, apart = at_input(("x", 2)), Footprint(start=Fraction(2))
    one = Axis("H", place, ("x", 2))
    assert together([one, Axis("H", place)]) == one
    assert together([Axis("H", place), one]).source == ("x", 2)
    assert together([one, Axis("H", apart)]).footprint == merged([place, apart])


def test_whoever_looks_along_an_axis_looks_at_all_of_its_image() -> None:
    x = image("x", "NCHW", 1, 3, 8, 9)
    assert looking_along(x, (2,)).whole == {("x", 2)}
    assert looking_along(x, (-1, 1)).whole == {("x", 3), ("x", 1)}
    assert looking_along(x).whole == {("x", axis) for axis in range(4)}
    assert looking_along(looking_along(x, (2,)), (3,)).whole == {("x", 2), ("x", 3)}
    assert looking_along(shaped((2, 3))).whole == frozenset()
    assert looking_along(x, ()).whole == frozenset()


def test_an_axis_gets_a_letter_once() -> None:
    axes: List[Axis] = [Axis("N"), Axis(), Axis("W"), Axis(reduced=True)]
    value = shaped((1, 2, 3, 4), axes=axes)
    assert [axis.letter for axis in lettered(value, "NCHW")] == ["N", "C", "W", "?"]
    assert lettered(value, "NC") == value.axes


def test_an_image_has_rows_and_columns_and_a_volume_has_no_letters() -> None:
    assert [image_letters(rank) for rank in (3, 4, 5)] == ["NC?", "NCHW", "NC???"]


def test_what_is_known_is_a_fact_that_nobody_changes() -> None:
    for fact in (UNKNOWN, Axis(), NO_MEANING):
        assert len({fact, fact}) == 1
        with pytest.raises(FrozenInstanceError):
            fact.shape = None  # type: ignore[union-attr,misc]


def test_nothing_is_picked_from_what_has_no_elements() -> None:
    for shape, axis in (((0, 2), 1), ((2, 0), 0), ((2, 0, 3), 0), ((2, 3, 0), 1)):
        value = shaped(shape, numbers=())
        assert picked_numbers(value, axis, (0, 1)) == []
        assert transposed_numbers(value, tuple(range(len(shape)))[::-1]) == []
