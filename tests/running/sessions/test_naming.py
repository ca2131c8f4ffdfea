"""Tensors as a runtime names them, and as the file describes them."""

from __future__ import annotations

from dl2ecd_core.models import Tensor
from dl2ecd_core.running.sessions.naming import matched


class TestNames:
    def test_of_tensorflow_have_more_to_them(self) -> None:
        described = (Tensor("image"), Tensor("mask"))
        names = [["mask:0"], ["serving_default_image:0", "x"]]
        assert [one and one.name for one in matched(names, described)] == ["mask", "image"]

    def test_that_are_made_up_go_by_their_order(self) -> None:
        described = (Tensor("a"), Tensor("b"))
        assert matched([["x"], ["y"]], described) == described

    def test_of_too_few_are_unknown(self) -> None:
        assert matched([["x"], ["y"]], (Tensor("a"),)) == (None, None)


def test_a_tensor_of_another_rank_than_is_described_has_no_axes() -> None:
    from dl2ecd_core.models import Tensor as Described
    from dl2ecd_core.running.sessions.naming import tensor_of

    known = Described("a", (None, 3), "NC", "float32")
    assert tensor_of("x", (1, 2, 3), "float32", None).axes == "???"
    assert tensor_of("x", (1, 2, 3), "float32", known).axes == "???"
    assert tensor_of("x", (None, 3), "float32", known).axes == "NC"
