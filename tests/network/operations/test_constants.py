"""Constants, and the sizes of values."""

from __future__ import annotations

import struct
from typing import Any, List

import pytest

from dl2ecd_core.network.graph import Initializer
from dl2ecd_core.network.operations import constants, learned, reshaping
from dl2ecd_core.network.value import shaped
from dl2ecd_core.network.weights import Literal

from .values import ANY, image, run, scalar, stepped, weights, whole


def tensor(*numbers: int) -> Initializer:
    """A constant in an attribute."""
    content = Literal(struct.pack(f"<{len(numbers)}q", *numbers))
    return Initializer("n", (len(numbers),), "int64", content)


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "more", "found"),
    [
        ("Shape", [image(2, None, 4)], {}, {}, ["int64 (3) constant 2 ? 4"]),
        ("Shape", [image(2, 3, 4)], {"start": 1}, {}, ["int64 (2) constant 3 4"]),
        ("Shape", [image(2, 3, 4)], {"start": -2, "end": -1}, {}, ["int64 (1) constant 3"]),
        ("Shape", [image(2, 3, 4)], {"start": "1"}, {}, ["int64 (?) constant"]),
        ("Shape", [image(2, 3, 4)], {"end": "1"}, {}, ["int64 (?) constant"]),
        ("Shape", [ANY], {}, {}, ["int64 (?) constant"]),
        ("Shape", [scalar(1.0)], {}, {}, ["int64 (0) constant empty"]),
        ("Size", [image(2, 3, 4)], {}, {}, ["int64 () constant 24"]),
        ("Size", [image(2, None)], {}, {}, ["int64 () constant ?"]),
        ("Size", [ANY], {}, {}, ["int64 () constant ?"]),
        ("Constant", [], {"value_int": 7}, {}, ["int64 () constant 7"]),
        ("Constant", [], {"value_float": 0.5}, {}, ["float32 () constant 0.5"]),
        ("Constant", [], {"value_ints": (1, 2)}, {}, ["int64 (2) constant 1 2"]),
        ("Constant", [], {"value_floats": (0.5, 1.5)}, {}, ["float32 (2) constant 0.5 1.5"]),
        ("Constant", [], {"value_string": "a"}, {}, ["string () constant"]),
        ("Constant", [], {"value_strings": ("a", "b")}, {}, ["string (2) constant"]),
        ("Constant", [], {"value_strings": ()}, {}, ["string (?) constant"]),
        ("Constant", [], {"value": tensor(5, 6)}, {}, ["int64 (2) constant 5 6"]),
        ("Constant", [], {}, {}, ["? of any shape constant"]),
        ("ConstantOfShape", [whole(2, 3)], {}, {}, ["float32 (2 3) constant 0 0 0 0 0 0"]),
        ("ConstantOfShape", [whole(2, None)], {}, {}, ["float32 (2 ?) constant"]),
        ("ConstantOfShape", [whole(16, 17)], {}, {}, ["float32 (16 17) constant"]),
        ("ConstantOfShape", [whole(1 << 40)], {}, {}, ["float32 (1099511627776) constant"]),
        ("ConstantOfShape", [whole()], {}, {}, ["float32 () constant 0"]),
        ("ConstantOfShape", [shaped((65,), "int64")], {}, {}, ["float32 of any shape constant"]),
        ("ConstantOfShape", [ANY], {}, {}, ["float32 of any shape constant"]),
        ("ConstantOfShape", [whole(2)], {"value": tensor(5)}, {}, ["int64 (2) constant 5 5"]),
        ("ConstantOfShape", [whole(2)], {"value": tensor(5, 6)}, {}, ["int64 (2) constant"]),
        ("ConstantOfShape", [whole(2)], {"value": Initializer("n", (1,), "float16")}, {},
         ["float16 (2) constant"]),
    ],
)  # fmt: skip
def test_constants_do_not_depend_on_inputs(
    op: str, inputs: List[Any], attributes: Any, more: Any, found: List[str]
) -> None:
    assert run(op, inputs, attributes, **more) == found


@pytest.mark.parametrize(("rank", "known"), [(64, True), (65, False)])
def test_a_rank_that_no_tensor_has_is_not_taken(rank: int, known: bool) -> None:
    (found,) = constants.constant_of_shape(
        stepped("ConstantOfShape", [shaped((rank,), "int64")], {})
    )
    assert (found.shape == (None,) * 64) is known
    (found,) = reshaping.reshape(stepped("Reshape", [weights(2), shaped((rank,), "int64")], {}))
    assert (found.shape == (None,) * 64) is known


@pytest.mark.parametrize("count", [256, 257])
def test_only_few_numbers_are_remembered(count: int) -> None:
    (found,) = constants.constant_of_shape(stepped("ConstantOfShape", [whole(count)], {}))
    assert found.numbers == ((0,) * 256 if count == 256 else None)
    numbers = [scalar(number, "int64") for number in (3, count + 3, 1)]
    (found,) = learned.range_(stepped("Range", numbers, {}))
    assert found.numbers == (tuple(range(3, 259)) if count == 256 else None)
    assert found.shape == (count,)
