"""Convolutions and poolings: sizes, axes, and where their pixels lie."""

from __future__ import annotations

from typing import Any, List

import pytest

from .values import ANY, best, image, run, scalar, weights, whole


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "more", "found"),
    [
        ("Conv", [image(1, 4, 8, 9), weights(5, 4, 3, 3)], {}, {},
         ["float32 (1N 5C 6H@1+1|1 7W@1+1|1)", "x: NCHW"]),
        ("Conv", [image(1, 4, 9), weights(5, 4, 3)], {}, {}, ["float32 (1N 5C 7@1+1|1)", "x: NC"]),
        ("Conv", [
             image(1, 4, 8, 9, 7), weights(5, 4, 3, 2, 1)
        ], {"strides": (2, 1, 1), "dilations": (1, 2, 1), "pads": (1, 2, 0, 3, 4, 0)}, {},
         ["float32 (1N 5C 5@2-1/2|2 13@1-1|1 7@1+0|1)", "x: NC"]),
        ("Conv", [image(1, 4, 8, 9), weights(5, 4, 3, 3)], {"pads": (1, 1, 1)}, {},
         ["float32 of any shape", "x: NCHW"]),
        ("Conv", [image(1, 4, 8, 9), weights(5, 4, 3)], {}, {},
         ["float32 of any shape", "x: NCHW"]),
        ("Conv", [image(1, 4), weights(5, 4)], {}, {}, ["float32 of any shape"]),
        ("Conv", [image(4), weights(5)], {}, {}, ["float32 of any shape"]),
        ("Conv", [ANY, weights(5, 4, 3, 3)], {}, {}, ["? of any shape"]),
        ("Conv", [image(1, 4, 8, 9), ANY], {"kernel_shape": (3, 2)}, {},
         ["float32 (1N ?C 6H@1+1|1 8W@1+1/2|1)", "x: NCHW"]),
        ("Conv", [image(1, 4, 8, 9), ANY], {}, {}, ["float32 of any shape", "x: NCHW"]),
        ("Conv", [image(1, 4, 8, 9), weights(5, 4, None, 3)], {}, {},
         ["float32 (1N 5C ?H 7W@1+1|1)", "x: NCHW"]),
        ("Conv", [
             image(1, 4, 8, 9), weights(5, 4, 3, 3)
        ], {"strides": (2,), "dilations": (2, 2, 2)}, {},
         ["float32 of any shape", "x: NCHW"]),
        ("Conv", [image(1, 4, 8, 9), weights(5, 4, 3, 3)], {"strides": (0, 1)}, {},
         ["float32 of any shape", "x: NCHW"]),
        ("Conv", [
             image(1, 4, 9, 9), weights(5, 4, 2, 2)
        ], {"strides": (2, 2), "auto_pad": "SAME_UPPER"}, {},
         ["float32 (1N 5C 5H@2+0|2 5W@2+0|2)", "x: NCHW"]),
        ("Conv", [image(1, 4, 9, 9), weights(5, 4, 2, 2)], {"auto_pad": "SAME_LOWER"}, {},
         ["float32 (1N 5C 9H@1-1/2|1 9W@1-1/2|1)", "x: NCHW"]),
        ("Conv", [
             image(1, 4, 9, 9), weights(5, 4, 3, 3)
        ], {"auto_pad": "VALID", "pads": (1, 1, 1, 1)}, {},
         ["float32 (1N 5C 7H@1+1|1 7W@1+1|1)", "x: NCHW"]),
        ("Conv", [
             image(1, 4, 9, 9), weights(5, 4, 3, 3)
        ], {"auto_pad": "ODD", "pads": (1, 1, 1, 1)}, {},
         ["float32 (1N 5C 9H@1+0|1 9W@1+0|1)", "x: NCHW"]),
        ("Conv", [weights(1, 4, 8, 9), weights(5, 4, 3, 3)], {}, {},
         ["float32 (1N 5C 6H 7W) constant"]),
        ("Conv", [best(1, 1, 8, 9), weights(5, 1, 3, 3)], {}, {}, ["float32 (1N 5C 6H 7W)"]),
        ("Conv", [image(1, 4, 8, 9), weights(5, 4, 3, 3)], {"channels_last": 1}, {},
         ["float32 (1N 5C 6H@1+1|1 7W@1+1|1)", "x: NCHW"]),
        ("FusedConv", [
             image(1, 8, 9, 4), weights(5, 4, 3, 3)
        ], {"channels_last": 1}, {"domain": "com.microsoft"},
         ["float32 of any shape"]),
        ("FusedConv", [image(1, 4, 8, 9), weights(5, 4, 3, 3)], {}, {"domain": "com.microsoft"},
         ["float32 (1N 5C 6H@1+1|1 7W@1+1|1)", "x: NCHW"]),
        ("ConvInteger", [image(1, 4, 8, 9), weights(5, 4, 3, 3)], {}, {},
         ["int32 (1N 5C 6H@1+1|1 7W@1+1|1)", "x: NCHW"]),
        ("QLinearConv", [
             image(1, 4, 8, 9), scalar(1.0), scalar(0, "int8"), weights(5, 4, 3, 3), scalar(1.0),
             scalar(0, "int8"), scalar(1.0), scalar(0, "uint8"), weights(5, data_type="int32")
        ], {}, {},
         ["uint8 (1N 5C 6H@1+1|1 7W@1+1|1)", "x: NCHW"]),
        ("QLinearConv", [
             image(1, 4, 8, 9), scalar(1.0), scalar(0, "int8"), weights(5, 4, 3, 3)
        ], {}, {},
         ["float32 (1N 5C 6H@1+1|1 7W@1+1|1)", "x: NCHW"]),
        ("ConvTranspose", [image(1, 4, 5, 6), weights(4, 3, 2, 2)], {"strides": (2, 3)}, {},
         ["float32 (1N 3C 10H@1/2+0|1 17W@1/3+1/6|1)", "x: NCHW"]),
        ("ConvTranspose", [
             image(1, 4, 5, 6), weights(4, 3, 2, 2)
        ], {"strides": (2, 3), "group": 2, "pads": (1, 0, 0, 1), "output_padding": (1, 0)}, {},
         ["float32 (1N 6C 10H@1/2+1/2|1 16W@1/3+1/6|1)", "x: NCHW"]),
        ("ConvTranspose", [image(1, 4, 5, 6), weights(4, 3, 2, 2)], {"output_padding": (1,)}, {},
         ["float32 (1N 3C 6H@1-1/2|1 7W@1-1/2|1)", "x: NCHW"]),
        ("ConvTranspose", [image(1, 4, 5, 6), weights(4, 3, 2, 2)], {"group": "2"}, {},
         ["float32 (1N ?C 6H@1-1/2|1 7W@1-1/2|1)", "x: NCHW"]),
        ("ConvTranspose", [image(1, 4, 5, 6), weights(4, None, 2, 2)], {}, {},
         ["float32 (1N ?C 6H@1-1/2|1 7W@1-1/2|1)", "x: NCHW"]),
        ("ConvTranspose", [image(1, 4, 5), weights(4, 3, 2)], {"strides": (2,)}, {},
         ["float32 (1N 3C 10@1/2+0|1)", "x: NC"]),
        ("ConvTranspose", [
             image(1, 4, 5, 6, 7), weights(4, 3, 2, 2, 3)
        ], {"strides": (2, 1, 1)}, {},
         ["float32 (1N 3C 10@1/2+0|1 7@1-1/2|1 9@1-1|1)", "x: NC"]),
        ("ConvTranspose", [image(1, 4, 5, 6), weights(4, 3, 2)], {}, {}, ["float32 of any shape"]),
        ("ConvTranspose", [image(1, 4), weights(4, 3)], {}, {}, ["float32 of any shape"]),
        ("ConvTranspose", [ANY, weights(4, 3, 2, 2)], {}, {}, ["? of any shape"]),
        ("ConvTranspose", [image(1, 4, 5, 6), ANY], {}, {}, ["float32 of any shape"]),
        ("ConvTranspose", [image(1, 4, 5, 6), weights(4, 3, 2, 2)], {"strides": (0, 1)}, {},
         ["float32 of any shape", "x: NCHW"]),
        ("ConvTranspose", [weights(1, 4, 5, 6), weights(4, 3, 2, 2)], {}, {},
         ["float32 (1N 3C 6H 7W) constant"]),
        ("ConvTranspose", [
             image(1, 4, 5, 6), weights(4, 3, 3, 3)
        ], {"strides": (2, 2), "output_shape": (10, 12)}, {},
         ["float32 (1N 3C 10H 12W)", "x: NCHW"]),
        ("ConvTranspose", [
             image(1, 4, 5, 6), weights(4, 3, 3, 3)
        ], {"strides": (2, 2), "output_shape": (1, 3, 11, 12)}, {},
         ["float32 (1N 3C 11H@1/2-1/4|1 12W)", "x: NCHW"]),
        ("ConvTranspose", [
             image(1, 4, 5, 6), weights(4, 3, 3, 3)
        ], {"strides": (2, 2), "output_shape": (11,)}, {},
         ["float32 (1N 3C ?H ?W)", "x: NCHW"]),
        ("ConvTranspose", [
             image(1, 4, 5, 6), weights(4, 3, 3, 3)
        ], {"strides": (2, 2), "auto_pad": "SAME_UPPER"}, {},
         ["float32 (1N 3C 10H 12W)", "x: NCHW"]),
        ("MaxPool", [image(1, 4, 8, 9)], {"kernel_shape": (2, 3), "strides": (2, 3)}, {},
         ["float32 (1N 4C 4H@2+0|2 3W@3+0|3)", "int64 (1N 4C 4H@2+0|2 3W@3+0|3)", "x: NCHW"]),
        ("MaxPool", [
             image(1, 4, 9, 9)
        ], {"kernel_shape": (2, 2), "strides": (2, 2), "ceil_mode": 1}, {},
         ["float32 (1N 4C 5H@2+0|2 5W@2+0|2)", "int64 (1N 4C 5H@2+0|2 5W@2+0|2)", "x: NCHW"]),
        ("MaxPool", [
             image(1, 4, 8, 9)
        ], {"kernel_shape": (2, 3), "strides": (2, 3), "rounding": "ceil-always"}, {},
         ["float32 (1N 4C 4H@2+0|2 3W@3+0|3)", "int64 (1N 4C 4H@2+0|2 3W@3+0|3)", "x: NCHW"]),
        ("MaxPool", [image(1, 4, 9)], {"kernel_shape": (2,)}, {},
         ["float32 (1N 4C 8@1+1/2|1)", "int64 (1N 4C 8@1+1/2|1)", "x: NC"]),
        ("MaxPool", [image(1, 4, 8, 9)], {"kernel_shape": (2,)}, {},
         ["float32 of any shape", "int64 of any shape", "x: NCHW"]),
        ("MaxPool", [image(1, 4, 8, 9)], {}, {},
         ["float32 of any shape", "int64 of any shape", "x: NCHW"]),
        ("MaxPool", [best(1, 1, 8, 9)], {"kernel_shape": (2, 2)}, {},
         ["float32 (1N 1~ 7H 8W)", "int64 (1N 1~ 7H 8W)"]),
        ("MaxPool", [weights(1, 4, 8, 9)], {"kernel_shape": (2, 2)}, {},
         ["float32 (1N 4C 7H 8W) constant", "int64 (1N 4C 7H 8W) constant"]),
        ("MaxPool", [ANY], {"kernel_shape": (2, 2)}, {}, ["? of any shape", "int64 of any shape"]),
        ("MaxUnpool", [
             image(1, 4, 4, 5), image(1, 4, 4, 5, name="i")
        ], {"kernel_shape": (2, 3), "strides": (2, 3)}, {},
         ["float32 (1N 4C 8H@1/2+0|1 15W@1/3+0|1)"]),
        ("MaxUnpool", [
             image(1, 4, 4, 5), image(1, 4, 4, 5, name="i")
        ], {"kernel_shape": (3, 3), "strides": (2, 2), "pads": (1, 0, 0, 1)}, {},
         ["float32 (1N 4C 8H@1/2+1/4|1 10W@1/2-1/4|1)"]),
        ("MaxUnpool", [
             image(1, 4, 4, 5), ANY, whole(1, 4, 9, 15)
        ], {"kernel_shape": (2, 3), "strides": (2, 3)}, {},
         ["float32 (1N 4C 9H@1/2+0|1 15W@1/3+0|1)"]),
        ("MaxUnpool", [
             image(1, 4, 4, 5), ANY, whole(9, 15)
        ], {"kernel_shape": (2, 3), "strides": (2, 3)}, {},
         ["float32 of any shape"]),
        ("MaxUnpool", [image(1, 4, 4), ANY], {"kernel_shape": (2,), "strides": (2,)}, {},
         ["float32 (1N 4C 8@1/2+0|1)"]),
        ("MaxUnpool", [
             image(1, 4, 4), ANY, whole(1, 4, 9)
        ], {"kernel_shape": (2,), "strides": (2,)}, {},
         ["float32 (1N 4C 9@1/2+0|1)"]),
        ("MaxUnpool", [
             image(1, 4, 4, 5, 6), ANY
        ], {"kernel_shape": (2, 3, 1), "strides": (2, 3, 1)}, {},
         ["float32 (1N 4C 8@1/2+0|1 15@1/3+0|1 6@1+0|1)"]),
        ("MaxUnpool", [image(1, 4), ANY], {"kernel_shape": ()}, {}, ["float32 of any shape"]),
        ("MaxUnpool", [ANY, ANY], {"kernel_shape": (2, 2)}, {}, ["? of any shape"]),
        ("MaxUnpool", [image(1, 4, 4, 5), ANY], {}, {}, ["float32 of any shape"]),
        ("MaxUnpool", [best(1, 1, 4, 5), ANY], {"kernel_shape": (2, 2), "strides": (2, 2)}, {},
         ["float32 (1N 1~ 8H 10W)"]),
        ("MaxUnpool", [weights(1, 4, 4, 5), ANY], {"kernel_shape": (2, 2), "strides": (2, 2)}, {},
         ["float32 (1N 4C 8H 10W) constant"]),
        ("GlobalAveragePool", [image(None, 4, 8, 9)], {}, {}, ["float32 (?N 4C 1H 1W)", "x: NCHW"]),
        ("GlobalAveragePool", [image(3, 4)], {}, {}, ["float32 (3N 4C)", "x: NC"]),
        ("GlobalAveragePool", [image(3)], {}, {}, ["float32 of any shape"]),
        ("GlobalAveragePool", [ANY], {}, {}, ["? of any shape"]),
        ("GlobalAveragePool", [best(1, 1, 8, 9)], {}, {}, ["float32 (1N 1~ 1H 1W)"]),
        ("GlobalAveragePool", [weights(1, 4, 8, 9)], {}, {}, ["float32 (1N 4C 1H 1W) constant"]),
        ("QLinearGlobalAveragePool", [
             image(1, 8, 9, 4)
        ], {"channels_last": 1}, {"domain": "com.microsoft"},
         ["float32 of any shape"]),
        ("Conv", [image(1, 4, 8, 9)], {}, {}, ["float32 of any shape", "x: NCHW"]),
        ("Conv", [image(1, 4, 8, 9), weights(5, 4, 3, 3)], {"strides": (2,)}, {},
         ["float32 of any shape", "x: NCHW"]),
        ("Conv", [image(1, 4, 8, 9), weights(5, 4, 3, 3)], {"dilations": (2, 2, 2)}, {},
         ["float32 of any shape", "x: NCHW"]),
    ],
)  # fmt: skip
def test_windows_move_over_the_axes_behind_the_channels(
    op: str, inputs: List[Any], attributes: Any, more: Any, found: List[str]
) -> None:
    assert run(op, inputs, attributes, **more) == found
