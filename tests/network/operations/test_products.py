"""Products of matrices, sums over named axes, recurrent cells."""

from __future__ import annotations

from typing import Any, List

import pytest

from dl2ecd_core.network.value import Value

from .values import ANY, image, run, scalar, weights, whole


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "more", "found"),
    [
        ("MatMul", [image(7, 6), weights(6, 3)], {}, {}, ["float32 (7N.0 3C)", "x: NC"]),
        ("MatMul", [image(7, 6), image(6, 3, name="y")], {}, {}, ["float32 (7 3)"]),
        ("MatMul", [image(2, 7, 6, letters="N?C"), weights(6, 3)], {}, {},
         ["float32 (2N.0 7.1 3C)"]),
        ("MatMul", [image(2, 7, 6, letters="NH?"), weights(6, 3)], {}, {},
         ["float32 (2N.0 7H.1 3)"]),
        ("MatMul", [image(2, 7, 6, letters="N?C"), weights(2, 6, 3)], {}, {},
         ["float32 (2N.0 7.1 3C)"]),
        ("MatMul", [image(7, 6, letters="?C"), weights(2, 6, 3)], {}, {},
         ["float32 (2 7 3)", "x: NC"]),
        ("MatMul", [image(2, 7, 6), image(2, 6, 3, name="y")], {}, {}, ["float32 (2 7 3)"]),
        ("MatMul", [image(2, 7, 6), image(3, 6, 3, name="y")], {}, {}, ["float32 of any shape"]),
        ("MatMul", [weights(2, 7, 6), weights(3, 6, 3)], {}, {}, ["float32 of any shape constant"]),
        ("MatMul", [image(2, 7, 6, letters="NCH"), weights(6)], {}, {}, ["float32 (2N.0 7C.1)"]),
        ("MatMul", [image(6, letters="C"), weights(6, 3)], {}, {}, ["float32 (3)"]),
        ("MatMul", [image(6, letters="C"), weights(2, 6, 3)], {}, {}, ["float32 (2 3)"]),
        ("MatMul", [image(6), weights(6)], {}, {}, ["float32 ()"]),
        ("MatMul", [image(7, 6), weights(6)], {}, {}, ["float32 (7.0)", "x: NC"]),
        ("MatMul", [weights(7, 6), weights(6, 3)], {}, {}, ["float32 (7 3) constant"]),
        ("MatMul", [weights(7, 6), image(6, 3)], {}, {}, ["float32 (7 3)"]),
        ("MatMul", [image(7, 6), scalar(1.0)], {}, {}, ["float32 of any shape", "x: NC"]),
        ("MatMul", [scalar(1.0), weights(6, 3)], {}, {}, ["float32 of any shape constant"]),
        ("MatMul", [ANY, weights(6, 3)], {}, {}, ["? of any shape"]),
        ("MatMul", [image(7, 6), ANY], {}, {}, ["float32 of any shape"]),
        ("MatMul", [weights(7, 6), Value(None, constant=True)], {}, {},
         ["float32 of any shape constant"]),
        ("MatMulInteger", [image(7, 6), weights(6, 3, data_type="int8")], {}, {},
         ["int32 (7.0 3)"]),
        ("QLinearMatMul", [
             image(2, 7, 6, letters="N?C"), scalar(1.0), scalar(0, "int8"), weights(6, 3),
             scalar(1.0), scalar(0, "int8"), scalar(1.0), scalar(0, "uint8")
        ], {}, {},
         ["uint8 (2N.0 7.1 3C)"]),
        ("Gemm", [image(7, 6), weights(6, 3), weights(3)], {}, {}, ["float32 (7N 3C)", "x: NC"]),
        ("Gemm", [image(6, 7), weights(3, 6)], {"transA": 1, "transB": 1}, {}, ["float32 (7N 3C)"]),
        ("Gemm", [image(7, 6), weights(3, 6)], {"transB": 1}, {}, ["float32 (7N 3C)", "x: NC"]),
        ("Gemm", [image(7, 6), weights(6, 3)], {"transA": "1"}, {}, ["float32 (? ?)"]),
        ("Gemm", [image(2, 7, 6), weights(6, 3)], {}, {}, ["float32 (2N 3C)"]),
        ("Gemm", [weights(7, 6), weights(6, 3)], {}, {}, ["float32 (7N 3C) constant"]),
        ("Gemm", [ANY, ANY], {}, {}, ["? (?N ?C)"]),
        ("Einsum", [
             image(2, 3, letters="NC"), image(3, 4, name="y")
        ], {"equation": "ij, jk -> ik"}, {},
         ["float32 (2 4)"]),
        ("Einsum", [image(2, 1), image(3, 4, name="y")], {"equation": "ij,jk->ijk"}, {},
         ["float32 (2 3 4)"]),
        ("Einsum", [image(2, None), image(3, 4, name="y")], {"equation": "ij,jk->j"}, {},
         ["float32 (3)"]),
        ("Einsum", [image(3, 4), image(1, 4, name="y")], {"equation": "ij,ij->ij"}, {},
         ["float32 (3 4)"]),
        ("Einsum", [image(5, 4), image(2, 4, name="y")], {"equation": "ij,ij->ij"}, {},
         ["float32 (5 4)"]),
        ("Einsum", [image(2, 3), image(3, 4, name="y")], {"equation": "ij,jk"}, {},
         ["float32 of any shape"]),
        ("Einsum", [image(2, 3)], {"equation": "...i->i"}, {}, ["float32 of any shape"]),
        ("Einsum", [image(2, 3)], {"equation": "ij,jk->ik"}, {}, ["float32 of any shape"]),
        ("Einsum", [image(2, 3)], {"equation": "ijk->ik"}, {}, ["float32 of any shape"]),
        ("Einsum", [ANY], {"equation": "ij->ji"}, {}, ["? of any shape"]),
        ("Einsum", [image(2, 3)], {"equation": "ij->ik"}, {}, ["float32 of any shape"]),
        ("Einsum", [image(2, 3)], {"equation": "ij->" + "i" * 508}, {}, ["float32 of any shape"]),
        ("Einsum", [image(2, 3)], {"equation": "ij->" + "i" * 509}, {}, ["float32 of any shape"]),
        ("Einsum", [image(2, 3)], {"equation": "ij->" + "i" * 60}, {},
         [
             "float32 (2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 "
             "2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2)",
         ]),
        ("Einsum", [weights(2, 3)], {"equation": "ij->ji"}, {}, ["float32 (3 2) constant"]),
        ("Einsum", [weights(2, 3), image(3)], {"equation": "ij,j->i"}, {}, ["float32 (2)"]),
        ("LSTM", [image(5, 2, 4), weights(1, 12, 4), weights(1, 12, 3)], {"hidden_size": 3}, {},
         ["float32 (5 1 2 3)", "float32 (1 2 3)", "float32 (1 2 3)"]),
        ("LSTM", [
             image(5, 2, 4), weights(2, 12, 4), weights(2, 12, 3)
        ], {"direction": "bidirectional"}, {},
         ["float32 (5 2 2 3)", "float32 (2 2 3)", "float32 (2 2 3)"]),
        ("GRU", [
             image(5, 2, 4), weights(1, 9, 4), weights(1, 9, 3)
        ], {"layout": 1, "hidden_size": 3}, {},
         ["float32 (5 2 1 3)", "float32 (5 1 3)", "float32 (5 1 3)"]),
        ("RNN", [image(5, 2), weights(1, 9, 4), weights(1, 9, 3)], {"hidden_size": 3}, {},
         ["float32 of any shape", "float32 of any shape", "float32 of any shape"]),
        ("RNN", [image(5, 2, 4), ANY, ANY], {}, {},
         ["float32 (5 1 2 ?)", "float32 (1 2 ?)", "float32 (1 2 ?)"]),
        ("Einsum", [image(2, 3), whole(1, 2, 3)], {"equation": "ij,j->i"}, {}, ["float32 (2)"]),
        ("Einsum", [image(2, 3, 4, 5)], {"equation": "...i->i"}, {}, ["float32 of any shape"]),
        ("Einsum", [image(2, 3)], {"equation": "ij,jk->ij"}, {}, ["float32 of any shape"]),
        ("Einsum", [image(2, 3)], {"equation": "ijk->ij"}, {}, ["float32 of any shape"]),
    ],
)  # fmt: skip
def test_products_have_the_axes_of_both(
    op: str, inputs: List[Any], attributes: Any, more: Any, found: List[str]
) -> None:
    assert run(op, inputs, attributes, **more) == found


@pytest.mark.parametrize(("first", "found"), [("i", "float32 (2)"), ("ij", "float32 of any shape")])
def test_only_equations_up_to_512_letters_are_read(first: str, found: str) -> None:
    terms = [first, *["i"] * 254]
    inputs = [image(2, 3)] + [image(2)] * 254 if first == "ij" else [image(2)] * 255
    equation = ",".join(terms) + "->i"
    assert len(equation) in (512, 513)
    assert run("Einsum", inputs, {"equation": equation}) == [found]
