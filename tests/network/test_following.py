"""Networks that are followed without being lowered: what is known, and what is left unknown."""

from __future__ import annotations

from typing import Optional, Sequence

import pytest

from dl2ecd_core.network.following import Following, NotFollowedError
from dl2ecd_core.network.shapes import Dims

SIZE = 64


def image(
    shape: Optional[Dims] = (None, 3, None, None), letters: Optional[str] = "NCHW"
) -> Following:
    following = Following(SIZE)
    following.input("image", shape, "float32", letters)
    return following


def refuse() -> Sequence[str]:
    raise NotFollowedError


class TestSizes:
    def test_rows_and_columns_that_are_free_have_a_length(self) -> None:
        assert image().shape("image") == (1, 3, SIZE, SIZE)
        assert image((None, None, 5), "HWC").shape("image") == (SIZE, SIZE, 5)

    def test_all_axes_but_the_first_where_no_letter_is_known(self) -> None:
        assert image((None, None, 8), None).shape("image") == (None, SIZE, 8)
        assert image((None, None, 8), "???").shape("image") == (None, SIZE, 8)
        assert image((None, None), "NCHW").shape("image") == (None, SIZE)
        assert image((None, None, None), "NC?").shape("image") == (1, SIZE, SIZE)

    def test_a_size_that_is_stated_stays(self) -> None:
        assert image((2, 3, 40, None)).shape("image") == (2, 3, 40, SIZE)

    def test_of_an_unknown_rank_nothing_is_known(self) -> None:
        following = image(None)
        with pytest.raises(NotFollowedError):
            following.shape("image")

    def test_numbers_that_are_worked_out_of_sizes_are_known(self) -> None:
        following = image()
        shape = following.add("Shape", ["image"])
        (half,) = following.add_several("Div", [shape, following.numbers([1, 1, 2, 2])], 1)
        assert following.value(half).integers() == (1, 3, SIZE // 2, SIZE // 2)
        following = image((None, None, 3), None)
        half = following.add("Shape", ["image"])
        with pytest.raises(NotFollowedError):
            following.known(half)
        assert following.known(following.numbers([4, 5])) == (4, 5)


class TestLayers:
    def test_results_have_the_names_of_the_file(self) -> None:
        following = image()
        following.layer(
            ["image"],
            {"one": None, "two": None},
            lambda: following.add_several("Split", ["image"], 2, axis=2),
        )
        assert following.shape("one") == following.shape("two") == (1, 3, SIZE // 2, SIZE)

    def test_what_is_not_followed_may_look_at_all_that_goes_in(self) -> None:
        following = image()
        following.layer(["image"], {"mixed": (1, 3, 8, 8)}, refuse)
        value = following.value("mixed")
        assert value.shape == (None,) * 4
        assert value.whole == {("image", axis) for axis in range(4)}
        following.layer(["mixed"], {"more": None}, lambda: [following.add("Relu", ["mixed"])])
        assert following.value("more").whole == value.whole

    def test_outputs_that_are_not_made_are_unknown(self) -> None:
        following = image()
        following.layer(["image"], {"one": None, "two": None}, lambda: ["image"])
        assert following.shape("one") == (1, 3, SIZE, SIZE)
        assert following.value("two").shape is None
        assert ("image", 2) in following.value("two").whole

    def test_of_constants_alone_sizes_are_believed(self) -> None:
        following = image()
        following.constant("weights", (5, 3, 3, 3), "float16")
        following.layer(["weights"], {"wider": (5, 3, 3, 3)}, refuse)
        assert following.value("wider").constant
        assert following.shape("wider") == (5, 3, 3, 3)

    def test_what_is_made_of_nothing_is_no_constant(self) -> None:
        following = image()
        following.layer([], {"chance": (1, 3)}, refuse)
        assert not following.value("chance").constant


class TestMultiples:
    def test_tiles_are_moved_by_as_many_pixels(self) -> None:
        following = image()
        made = following.value(following.in_multiples("image", {2: 3, 3: 2}))
        before = following.value("image")
        assert (made.shape, made.letters) == (before.shape, before.letters)
        assert [axis.footprint and axis.footprint.alignment for axis in made.axes] == [1, 1, 3, 2]

    def test_what_is_not_followed_stays_so(self) -> None:
        following = image()
        following.layer(["image"], {"mixed": (1, 3, 8, 8)}, refuse)
        name = following.in_multiples("mixed", {2: 3})
        assert following.value(name) == following.value("mixed")


class TestOutlook:
    def test_of_a_convolution(self) -> None:
        following = image()
        kernel = following.weights((5, 3, 3, 3))
        scores = following.add("Conv", ["image", kernel], pads=(1, 1, 1, 1))
        outlook = following.outlook([("scores", scores)])
        value = outlook.output("scores")
        assert value is not None
        assert (value.shape, value.letters) == ((1, 5, SIZE, SIZE), "NCHW")
        assert outlook.letters == {"image": "NCHW"}
        rows = value.axes[2].footprint
        assert rows is not None
        assert rows.halo() == (1, 1)

    def test_an_axis_that_two_call_by_other_names_has_none(self) -> None:
        following = image(letters="NHWC")
        scores = following.add("Conv", ["image", following.weights((5, 3, 3, 3))])
        assert following.outlook([("scores", scores)]).letters == {"image": "N???"}
