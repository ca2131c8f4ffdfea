"""Padding, resizing, blocks of pixels, and images cut out of others."""

from __future__ import annotations

from typing import Any, List

import pytest

from dl2ecd_core.network.value import Axis, shaped

from .values import ANY, best, image, real, run, weights, whole


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "more", "found"),
    [
        ("Pad", [image(1, 4, 8, 9, letters="NCHW"), whole(0, 0, 1, 2, 0, 0, 3, 4)], {}, {},
         ["float32 (1N.0 4C.1 12H.2@1-1|1 15W.3@1-2|1)"]),
        ("Pad", [image(1, 4, 8, 9), whole(0, 0, 1, 0, 0, 0, 0, 4)], {}, {},
         ["float32 (1.0 4.1 9.2@1-1|1 13.3@1+0|1)"]),
        ("Pad", [image(1, 4, 8, None), whole(0, 0, None, 1, 0, 0, 3, None)], {}, {},
         ["float32 (1.0 4.1 ?.2 ?.3@1-1|1)"]),
        ("Pad", [image(1, 4, 8, 9), whole(0, 0, 1, 2, 0, 0, None, 4)], {}, {},
         ["float32 (1.0 4.1 ?.2@1-1|1 15.3@1-2|1)"]),
        ("Pad", [image(1, 4, 8, 9, letters="NCHW"), whole(1, 2)], {}, {},
         ["float32 (?N ?C ?H ?W)"]),
        ("Pad", [image(1, 4, 8, 9, letters="NCHW"), ANY], {}, {}, ["float32 (?N ?C ?H ?W)"]),
        ("Pad", [image(1, 4, 8, 9), whole(1, 2), None, whole(-1)], {}, {},
         ["float32 (1.0 4.1 8.2@1+0|1 12.3@1-1|1)"]),
        ("Pad", [image(1, 4, 8, 9), whole(1, 2, 3, 4), None, whole(2, 3)], {}, {},
         ["float32 (1.0 4.1 12.2@1-1|1 15.3@1-2|1)"]),
        ("Pad", [image(1, 4, 8, 9), whole(1, 2), None, whole(-4)], {}, {},
         ["float32 (4.0 4.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("Pad", [image(1, 4, 8, 9), whole(1, 2), None, whole(-5)], {}, {},
         ["float32 of any shape"]),
        ("Pad", [image(1, 4, 8, 9), whole(1, 2), None, whole(4)], {}, {}, ["float32 of any shape"]),
        ("Pad", [image(1, 4, 8, 9), whole(1, 2), None, ANY], {}, {}, ["float32 (? ? ? ?)"]),
        ("Pad", [image(1, 4, 8, 9)], {"pads": (0, 0, 1, 1, 0, 0, 1, 1)}, {"opset": 10},
         ["float32 (1.0 4.1 10.2@1-1|1 11.3@1-1|1)"]),
        ("Pad", [image(1, 4, 8, 9)], {"paddings": (0, 0, 1, 1, 0, 0, 1, 1)}, {"opset": 1},
         ["float32 (1.0 4.1 10.2@1-1|1 11.3@1-1|1)"]),
        ("Pad", [image(1, 4, 8, 9)], {}, {}, ["float32 (? ? ? ?)"]),
        ("Pad", [weights(2, 3), whole(1, 0, 0, 1)], {}, {}, ["float32 (3 4) constant"]),
        ("Pad", [ANY, whole(1, 1)], {}, {}, ["? of any shape"]),
        ("Resize", [image(1, 4, 8, 9, letters="NCHW"), None, real(1.0, 1.0, 2.0, 0.5)], {}, {},
         ["float32 (1N.0 4C.1 16H@1/2+0|1 4W@2-1/2|2)"]),
        ("Resize", [image(1, 4, 8, 9), None, real(1.0, 1.0, 2.0, 0.5)], {"mode": "linear"}, {},
         ["float32 (1.0 4.1 16@1/2+0|1 4@2+0|2)"]),
        ("Resize", [
             image(1, 4, 8, 9), None, real(1.0, 1.0, 2.0, 2.0)
        ], {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}, {},
         ["float32 (1.0 4.1 16@1/2+0|1 18@1/2+0|1)"]),
        ("Resize", [image(1, 4, 8, 9), real(1.0, 1.0, 2.0, 2.0)], {"mode": "linear"}, {"opset": 10},
         ["float32 (1.0 4.1 16@1/2+1/4|1 18@1/2+1/4|1)"]),
        ("Resize", [
             image(1, 4, 8, 9), None, real(1.0, 1.0, 2.0, 2.0)
        ], {"mode": "linear"}, {"opset": 11},
         ["float32 (1.0 4.1 16@1/2+0|1 18@1/2+0|1)"]),
        ("Resize", [
             image(1, 4, 8, 9), None, real(1.0, 1.0, 2.0, 2.0)
        ], {"mode": "linear"}, {"opset": 12},
         ["float32 (1.0 4.1 16@1/2+0|1 18@1/2+0|1)"]),
        ("Resize", [image(1, 4, 8, 9), None, None, whole(1, 4, 16, 9)], {}, {},
         ["float32 (1.0 4.1 16@1/2+0|1 9.3@1+0|1)"]),
        ("Resize", [image(1, 4, 8, 9), None, shaped((0,), "float32"), whole(1, 4, 16, 3)], {}, {},
         ["float32 (1.0 4.1 16@1/2+0|1 3@3+0|3)"]),
        ("Resize", [image(1, 4, 8, None), None, None, whole(1, 4, None, 3)], {}, {},
         ["float32 (1.0 4.1 ? 3)"]),
        ("Resize", [image(1, 4, 8, 9), None, None, whole(16, 3)], {"axes": (2, 3)}, {},
         ["float32 (1.0 4.1 16@1/2+0|1 3@3+0|3)"]),
        ("Resize", [image(1, 4, 8, 9), None, None, whole(16, 3)], {"axes": (-2, -1)}, {},
         ["float32 (1.0 4.1 16@1/2+0|1 3@3+0|3)"]),
        ("Resize", [image(1, 4, 8, 9), None, None, whole(16, 3)], {"axes": (2, 4)}, {},
         ["float32 of any shape"]),
        ("Resize", [image(1, 4, 8, 9), None, None, whole(2, 3)], {"axes": (-4, 3)}, {},
         ["float32 (2 4.1 8.2@1+0|1 3@3+0|3)"]),
        ("Resize", [image(1, 4, 8, 9), None, None, whole(2, 3)], {"axes": (-5, 3)}, {},
         ["float32 of any shape"]),
        ("Resize", [image(1, 4, 8, 9), None, None, whole(16, 3)], {}, {}, ["float32 (? ? ? ?)"]),
        ("Resize", [image(1, 4, 8, 9), None, real(2.0, 3.0)], {}, {}, ["float32 (? ? ? ?)"]),
        ("Resize", [image(1, 4, 8, 9), None, real(1.0, 1.0, 0.0, 1e6)], {}, {},
         ["float32 (1.0 4.1 ? ?)"]),
        ("Resize", [image(1, 4, 8, 9), None, real(1.0, 1.0, -0.5, 999999.0)], {}, {},
         ["float32 (1.0 4.1 ? 8999991@1/999999+0|?)"]),
        ("Resize", [
             image(1, 1, 40001, 100003), None, real(1.0, 1.0, 7 / 40001, 1 / 100003)
        ], {}, {},
         ["float32 (1.0 1.1 7@40001/7+0|40001 1@65536-1/2|65536)"]),
        ("Resize", [
             image(1, 4, 8, 9), None, real(1.0, 1.0, 2.0, 0.3)
        ], {"keep_aspect_ratio_policy": "not_larger"}, {},
         ["float32 (? ? ? ?)"]),
        ("Resize", [
             image(1, 4, 8, 9), None, real(1.0, 1.0, 2.0, 2.0)
        ], {"mode": "linear", "antialias": 1}, {},
         ["float32 (1.0 4.1 16@1/2+0|? 18@1/2+0|?)"]),
        ("Resize", [image(1, 4, 8, 9)], {}, {}, ["float32 (? ? ? ?)"]),
        ("Resize", [
             shaped((1, 4, 8, 9), "float32", [Axis(letter) for letter in "NCHW"]), None,
             real(1.0, 1.0, 2.0, 2.0)
        ], {}, {},
         ["float32 (1N 4C 16H 18W)"]),
        ("Resize", [weights(1, 4, 8, 9), None, real(1.0, 1.0, 2.0, 2.0)], {}, {},
         ["float32 (1 4 16 18) constant"]),
        ("Resize", [ANY, None, real(1.0, 1.0, 2.0, 2.0)], {}, {}, ["? of any shape"]),
        ("Upsample", [
             image(1, 4, 8, 9)
        ], {"scales": (1.0, 1.0, 2.0, 3.0), "mode": "nearest"}, {"opset": 7},
         ["float32 (1.0 4.1 16@1/2+0|1 27@1/3+0|1)"]),
        ("Upsample", [
             image(1, 4, 8, 9), real(1.0, 1.0, 2.0, 3.0)
        ], {"mode": "linear"}, {"opset": 9},
         ["float32 (1.0 4.1 16@1/2+1/4|1 27@1/3+1/3|1)"]),
        ("DepthToSpace", [image(1, 8, 3, None)], {"blocksize": 2}, {},
         ["float32 (1N 2C 6H@1/2+0|1 ?W@1/2+0|1)", "x: NCHW"]),
        ("DepthToSpace", [image(1, None, 3, 5)], {"blocksize": 3}, {},
         ["float32 (1N ?C 9H@1/3+0|1 15W@1/3+0|1)", "x: NCHW"]),
        ("DepthToSpace", [image(1, 8, 3, 5)], {"blocksize": 1}, {},
         ["float32 (1N 8C 3H@1+0|1 5W@1+0|1)", "x: NCHW"]),
        ("DepthToSpace", [image(1, 8, 3, 5)], {"blocksize": 0}, {}, ["float32 of any shape"]),
        ("DepthToSpace", [image(1, 8, 3, 5)], {"blocksize": -1}, {}, ["float32 of any shape"]),
        ("DepthToSpace", [image(1, 1 << 32, 3, 5)], {"blocksize": 65535}, {},
         ["float32 (1N 1C 196605H@1/65535+0|? 327675W@1/65535+0|?)", "x: NCHW"]),
        ("DepthToSpace", [image(1, 1 << 32, 3, 5)], {"blocksize": 65536}, {},
         ["float32 of any shape"]),
        ("DepthToSpace", [image(1, 8, 3, 5)], {}, {}, ["float32 of any shape"]),
        ("DepthToSpace", [image(1, 8, 3)], {"blocksize": 2}, {}, ["float32 of any shape"]),
        ("DepthToSpace", [ANY], {"blocksize": 2}, {}, ["? of any shape"]),
        ("DepthToSpace", [weights(1, 8, 3, 5)], {"blocksize": 2}, {},
         ["float32 (1N 2C 6H 10W) constant"]),
        ("SpaceToDepth", [image(1, 2, 6, None)], {"blocksize": 2}, {},
         ["float32 (1N 8C 3H@2+0|2 ?W@2+0|2)", "x: NCHW"]),
        ("SpaceToDepth", [image(1, None, 7, 9)], {"blocksize": 3}, {},
         ["float32 (1N ?C 2H@3+0|3 3W@3+0|3)", "x: NCHW"]),
        ("GridSample", [image(1, 2, 6, 7), image(1, 4, 5, 2, name="g")], {}, {},
         ["float32 (1N 2C 4H 5W)"]),
        ("GridSample", [image(1, 2, 6, 7, 8), image(1, 3, 4, 5, 3, name="g")], {}, {},
         ["float32 (1N 2C 3 4 5)"]),
        ("GridSample", [image(1, 2, 6, 7), image(1, 3, 4, 5, 3, name="g")], {}, {},
         ["float32 of any shape"]),
        ("GridSample", [ANY, image(1, 4, 5, 2, name="g")], {}, {}, ["? of any shape"]),
        ("GridSample", [image(1, 2, 6, 7), ANY], {}, {}, ["float32 of any shape"]),
        ("RoiAlign", [
             image(1, 3, 6, 7), image(9, 4, name="r"), ANY
        ], {"output_height": 2, "output_width": 5}, {},
         ["float32 (9 3 2 5)"]),
        ("RoiAlign", [image(2, 3, 6, 7), image(9, 4, name="r"), image(8, name="b")], {}, {},
         ["float32 (9 3 1 1)"]),
        ("CenterCropPad", [image(1, 4, 8, 9, letters="NCHW"), whole(1, 4, 10, 3)], {}, {},
         ["float32 (1N 4C 10H 3W)"]),
        ("CenterCropPad", [image(1, 4, 8, 9, letters="NCHW"), whole(10, 3)], {"axes": (2, -1)}, {},
         ["float32 (1N 4C 10H 3W)"]),
        ("CenterCropPad", [image(1, 4, 8, 9), whole(10, 3)], {"axes": (-4, 3)}, {},
         ["float32 (10 4 8 3)"]),
        ("CenterCropPad", [image(1, 4, 8, 9), whole(10, 3)], {"axes": (-5, 3)}, {},
         ["float32 of any shape"]),
        ("CenterCropPad", [image(1, 4, 8, 9), whole(10, 3)], {"axes": (2, 4)}, {},
         ["float32 of any shape"]),
        ("CenterCropPad", [image(1, 4, 8, 9), whole(10,)], {"axes": (2, 3)}, {},
         ["float32 (1 4 ? ?)"]),
        ("CenterCropPad", [image(1, 4, 8, 9), ANY], {"axes": (2, 3)}, {}, ["float32 (1 4 ? ?)"]),
        ("CenterCropPad", [ANY, whole(1, 4)], {}, {}, ["? of any shape"]),
        ("Pad", [best(1, 1, 8, 9), whole(0, 0, 0, 1, 0, 0, 0, 0)], {}, {},
         ["float32 (1N 1~ 8H 10W)"]),
        ("Pad", [image(1, 4, None, 9), whole(0, 0, 1, 0, 0, 0, 1, 0)], {}, {},
         ["float32 (1.0 4.1 ?.2@1-1|1 9.3@1+0|1)"]),
        ("Resize", [image(1, 4, None, 9), None, None, whole(1, 4, None, 3)], {}, {},
         ["float32 (1.0 4.1 ? 3@3+0|3)"]),
    ],
)  # fmt: skip
def test_images_change_their_size(
    op: str, inputs: List[Any], attributes: Any, more: Any, found: List[str]
) -> None:
    assert run(op, inputs, attributes, **more) == found
