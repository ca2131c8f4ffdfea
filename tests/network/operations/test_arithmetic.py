"""Operations element by element."""

from __future__ import annotations

from typing import Any, List

import pytest

from dl2ecd_core.network.value import shaped

from .values import ANY, image, real, run, scalar, weights, whole


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "more", "found"),
    [
        ("Relu", [image(1, 4, 8, letters="NCH")], {}, {}, ["float32 (1N.0 4C.1 8H.2@1+0|1)"]),
        ("Relu", [whole(1, 2)], {}, {}, ["int64 (2) constant"]),
        ("LayerNormalization", [image(1, 4, 8)], {}, {}, ["float32 (1.0 4.1 8.2@1+0|1) whole 2"]),
        ("LayerNormalization", [image(1, 4, 8)], {"axis": 2}, {},
         ["float32 (1.0 4.1 8.2@1+0|1) whole 2"]),
        ("LayerNormalization", [whole(1, 2)], {}, {}, ["int64 (2) constant"]),
        ("LayerNormalization", [image(1, 4, 8)], {"axis": 7}, {},
         ["float32 (1.0 4.1 8.2@1+0|1) whole 2"]),
        ("Hardmax", [image(1, 4, 8, 9)], {"axis": 2}, {},
         ["float32 (1.0 4.1 8.2@1+0|1 9.3@1+0|1) whole 2"]),
        ("Hardmax", [image(1, 4, 8, 9)], {}, {}, ["float32 (1.0 4.1 8.2@1+0|1 9.3@1+0|1) whole 3"]),
        ("Hardmax", [image(1, 4, 8, 9)], {"axis": 4}, {},
         ["float32 (1.0 4.1 8.2@1+0|1 9.3@1+0|1) whole 2,3"]),
        ("CumSum", [image(1, 4, 8, 9), whole(2)], {}, {},
         ["float32 (1.0 4.1 8.2@1+0|1 9.3@1+0|1) whole 2,3"]),
        ("CumSum", [image(1, 4, 8, 9), whole(2)], {"axis": 2}, {},
         ["float32 (1.0 4.1 8.2@1+0|1 9.3@1+0|1) whole 2,3"]),
        ("Identity", [whole(1, 2)], {}, {}, ["int64 (2) constant 1 2"]),
        ("Not", [whole(1, 0, data_type="bool")], {}, {}, ["bool (2) constant"]),
        ("CastLike", [whole(1, 2), real(1.0)], {}, {}, ["float32 (2) constant"]),
        ("RandomNormalLike", [whole(1, 2)], {}, {}, ["int64 (2) constant"]),
        ("RandomNormalLike", [whole(1, 2)], {"dtype": 0}, {}, ["int64 (2) constant"]),
        ("RandomNormalLike", [whole(1, 2)], {"dtype": 1}, {}, ["float32 (2) constant"]),
        ("RandomNormalLike", [whole(1, 2)], {"dtype": 11}, {}, ["float64 (2) constant"]),
        ("RandomNormalLike", [whole(1, 2)], {"dtype": 999}, {}, ["? (2) constant"]),
        ("Dropout", [whole(1, 2), scalar(0.5)], {}, {},
         ["int64 (2) constant 1 2", "bool (2) constant"]),
        ("Sum", [image(1, 4, 8, letters="NCH"), image(4, 1, name="y"), weights(1)], {}, {},
         ["float32 (1N.0 4C.1 8H.2@1+0|1)"]),
        ("Sum", [image(1, 4, 8, letters="NCH"), image(4, 1, name="y"), weights(8)], {}, {},
         ["float32 (1N.0 4C.1 8H.2)"]),
        ("Equal", [image(1, 4), image(4, name="y")], {}, {}, ["bool (1.0 4.1)"]),
        ("Where", [whole(1, 0, 1, data_type="bool"), whole(1, 2, 3), whole(4, 5, 6)], {}, {},
         ["int64 (3) constant 1 5 3"]),
        ("Where", [whole(1, 0, None, data_type="bool"), whole(1, 2, 3), whole(4, 5, 6)], {}, {},
         ["int64 (3) constant"]),
        ("Where", [whole(1, 0, data_type="bool"), whole(1, 2), whole(3)], {}, {},
         ["int64 (2) constant"]),
        ("Where", [whole(1, data_type="bool"), whole(1, 2), whole(3, 4)], {}, {},
         ["int64 (2) constant"]),
        ("Where", [ANY, whole(1), whole(2)], {}, {}, ["int64 of any shape"]),
        ("Where", [whole(1, data_type="bool"), ANY, whole(2)], {}, {}, ["? of any shape"]),
        ("Where", [whole(1, data_type="bool"), whole(1), ANY], {}, {}, ["int64 of any shape"]),
        ("Where", [
             whole(1, 1, data_type="bool"), weights(2, data_type="int64"), whole(3, 4)
        ], {}, {},
         ["int64 (2) constant"]),
        ("Where", [
             shaped((1, 2), "bool", numbers=[1, 0]), whole(1, 2),
             shaped((2, 1), "int64", numbers=[3, 4])
        ], {}, {},
         ["int64 (2 2)"]),
        ("Where", [image(1, 4, name="c"), image(1, 4), weights(4, data_type="int32")], {}, {},
         ["float32 (1.0 4.1)"]),
        ("Add", [whole(1, 2), whole(3, None)], {}, {}, ["int64 (2) constant 4 ?"]),
        ("Sub", [whole(5, 2), whole(3)], {}, {}, ["int64 (2) constant 2 -1"]),
        ("Sub", [whole(5), whole(3, 7)], {}, {}, ["int64 (2) constant 2 -2"]),
        ("Mul", [whole(10 ** 9), whole(10 ** 9, 10 ** 9 - 1, -10 ** 9)], {}, {},
         ["int64 (3) constant ? 999999999000000000 ?"]),
        ("Div", [whole(7, -7, 7, -7, 0), whole(2, 2, -2, -2, 3)], {}, {},
         ["int64 (5) constant 3 -3 -3 3 0"]),
        ("Div", [whole(0, 5, 1), whole(-4, 0, -1)], {}, {}, ["int64 (3) constant 0 ? -1"]),
        ("Div", [real(7.0), real(2.0)], {}, {}, ["float32 (1) constant 3.5"]),
        ("Div", [shaped((1,), None, numbers=[7]), shaped((1,), None, numbers=[2])], {}, {},
         ["? (1) 3.5"]),
        ("Div", [whole(7, data_type="float32"), whole(2)], {}, {}, ["float32 (1) constant 3.5"]),
        ("Max", [whole(1, 5), whole(3)], {}, {}, ["int64 (2) constant 3 5"]),
        ("Min", [whole(1, 5), whole(3)], {}, {}, ["int64 (2) constant 1 3"]),
        ("Add", [whole(1, 2), whole(3, 4, 5)], {}, {}, ["int64 of any shape constant"]),
        ("Add", [whole(1, 2), whole(3), whole(4)], {}, {}, ["int64 (2) constant"]),
        ("Add", [whole(1, 2)], {}, {}, ["int64 (2) constant"]),
        ("Max", [whole(1, 2), whole(3), whole(9)], {}, {}, ["int64 (2) constant"]),
        ("Add", [whole(1, 2), weights(2, data_type="int64")], {}, {}, ["int64 (2) constant"]),
        ("Add", [weights(2, data_type="int64"), whole(1, 2)], {}, {}, ["int64 (2) constant"]),
        ("Add", [
             shaped((2, 1), "int64", numbers=[1, 2]), shaped((1, 2), "int64", numbers=[3, 4])
        ], {}, {},
         ["int64 (2 2)"]),
        ("Add", [shaped((1, 1), "int64", numbers=[1]), whole(3, 4)], {}, {}, ["int64 (1 2) 4 5"]),
        ("Add", [whole(), whole(1)], {}, {}, ["int64 (0) constant"]),
        ("Add", [image(1, 4, 8, letters="NCH"), scalar(2.0)], {}, {},
         ["float32 (1N.0 4C.1 8H.2@1+0|1)"]),
        ("Floor", [real(1.5, -1.5, 1e18, -1e18, float("inf"), float("nan"))], {}, {},
         ["float32 (6) constant 1 -2 ? ? ? ?"]),
        ("Ceil", [real(1.5, -1.5)], {}, {}, ["float32 (2) constant 2 -1"]),
        ("Neg", [whole(3, -4, None)], {}, {}, ["int64 (3) constant -3 4 ?"]),
        ("Abs", [real(-2.5, 3.0)], {}, {}, ["float32 (2) constant 2.5 3.0"]),
        ("Floor", [image(2, 3)], {}, {}, ["float32 (2.0 3.1)"]),
        ("QuantizeLinear", [real(1.0, 2.0), scalar(0.5), scalar(0, "int8")], {}, {},
         ["int8 (2) constant"]),
        ("QuantizeLinear", [real(1.0, 2.0), scalar(0.5)], {}, {}, ["uint8 (2) constant"]),
        ("DequantizeLinear", [
             whole(1, 2, data_type="uint8"), scalar(0.5, "float16"), scalar(0, "uint8")
        ], {}, {},
         ["float16 (2) constant"]),
        ("DynamicQuantizeLinear", [real(1.0, 2.0)], {}, {},
         ["uint8 (2) constant", "float32 ()", "uint8 ()"]),
        ("QLinearAdd", [
             image(1, 4, 8), scalar(1.0), scalar(0, "int8"), image(4, 1, name="y"), scalar(1.0),
             scalar(0, "int8"), scalar(1.0), scalar(0, "int8")
        ], {}, {},
         ["float32 (1.0 4.1 8.2@1+0|1)"]),
        ("QLinearConcat", [
             scalar(1.0), scalar(0, "int8"), image(1, 4), scalar(1.0), scalar(0, "int8"),
             image(1, 5, name="y"), scalar(1.0), scalar(0, "int8")
        ], {"axis": 1}, {},
         ["float32 (1.0 9.1)"]),
        ("QLinearConcat", [
             scalar(1.0), scalar(0, "int8"), image(1, 4), scalar(1.0), scalar(0, "int8")
        ], {"axis": 1}, {},
         ["float32 (1.0 4.1)"]),
        ("PRelu", [image(1, 4, 8), weights(4, 1)], {}, {}, ["float32 (1.0 4.1 8.2@1+0|1)"]),
        ("Not", [whole(1, 0)], {}, {}, ["bool (2) constant"]),
        ("Pow", [image(2, 3), whole(2)], {}, {}, ["float32 (2.0 3.1)"]),
        ("Div", [whole(-1, -1, 1), whole(-1, 1, -1)], {}, {}, ["int64 (3) constant 1 -1 -1"]),
        ("Add", [
             shaped((2, 3), "int64", numbers=[1, 2, 3, 4, 5, 6]),
             shaped((2, 1), "int64", numbers=[10, 20])
        ], {}, {},
         ["int64 (2 3)"]),
        ("Add", [whole(None, 2), whole(3, 4)], {}, {}, ["int64 (2) constant ? 6"]),
        ("QLinearAdd", [
             shaped((1, 4), "int8"), scalar(1.0), scalar(0, "int8"), shaped((2, 1), "int8"),
             scalar(1.0), scalar(0, "int8"), scalar(1.0), scalar(0, "int8")
        ], {}, {},
         ["int8 (2 4)"]),
    ],
)  # fmt: skip
def test_elements_are_computed(
    op: str, inputs: List[Any], attributes: Any, more: Any, found: List[str]
) -> None:
    assert run(op, inputs, attributes, **more) == found
