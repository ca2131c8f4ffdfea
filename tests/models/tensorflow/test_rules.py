"""What does not fit together is unknown, and said so; what still can be told is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional, Tuple

import pytest

from dl2ecd_core.models import Role
from tests.models.tensorflow.graphs import Shape, branch, const, fed, inspected, node

IMAGE = (1, 8, 8, 4)
PLANE = {"strides": [1, 1, 1, 1], "padding": "VALID"}

# Operation, what it takes (tuples are fed, lists are constants), attributes.
Case = Tuple[str, Tuple[Any, ...], Dict[str, Any]]

FITS_NOT: Tuple[Case, ...] = (
    ("Reshape", ((2, 3), [5, -1]), {}),
    ("Transpose", ((2, 3), [0, 0]), {}),
    ("ExpandDims", ((2, 3), 4), {}),
    ("Squeeze", ((2, 3),), {"squeeze_dims": [0]}),
    ("Pad", ((2, 3), [[0, 0]]), {}),
    ("SpaceToBatchND", (IMAGE, [2, 2], [[0, 0]]), {}),
    ("SpaceToBatchND", ((2, 4), [2, 2], [[0, 0], [0, 0]]), {}),
    ("SpaceToBatchND", ((2, 5, 4, 1), [2, 2], [[0, 0], [0, 0]]), {}),
    ("BatchToSpaceND", ((4, 4), [2, 2], [[0, 0], [0, 0]]), {}),
    ("BatchToSpaceND", ((3, 4, 4, 1), [2, 2], [[0, 0], [0, 0]]), {}),
    ("DepthToSpace", (IMAGE,), {}),
    ("SpaceToDepth", (IMAGE,), {}),
    ("ExtractImagePatches", (IMAGE,), {"ksizes": [1, 3, 3, 1], "strides": [1, 1]}),
    ("Dilation2D", (IMAGE, (3, 3, 4)), {"strides": [1, 0, 1, 1], "rates": [1, 1, 1, 1]}),
    ("ResizeBilinear", ((8, 8, 4), [4, 4]), {}),
    ("AddV2", ((2, 3), (2, 4)), {}),
    ("AddV2", ((2, 3),), {}),
    ("AddN", ((2, 3), (2, 3, 1)), {}),
    ("ArgMax", ((2, 3), 2), {}),
    ("MatMul", ((2, 3), (4, 5)), {}),
    ("BatchMatMulV2", ((3,), (3, 4)), {}),
    ("Einsum", ((2, 3),), {"equation": "ab"}),
    ("Einsum", ((2, 3),), {"equation": "abc->a"}),
    ("Einsum", ((2, 3),), {"equation": "a->a"}),
    ("Einsum", ((2, 3),), {"equation": "ab->c"}),
    ("BiasAdd", ((), (3,)), {}),
    ("StridedSlice", ((2, 3), [0, 0], [1, 1], [1, 1]), {"ellipsis_mask": 3}),
    ("StridedSlice", ((2,), [0, 0], [1, 1], [1, 1]), {}),
    ("StridedSlice", ((2, 3), [0, 0], [1, 1], [0, 1]), {}),
    ("Slice", ((2, 3), [0], [1]), {}),
    ("Slice", ((2, 3), [0, 4], [1, -1]), {}),
    ("ConcatV2", ((2, 3), (2, 3, 4), 0), {}),
    ("Split", (1, (2, 3)), {}),
    ("Split", (1, (2, 3)), {"num_split": 2}),
    ("SplitV", ((2, 3), [1, 2], 1), {}),
    ("Pack", ((2, 3), (2, 4)), {}),
    ("Unpack", ((2, 3),), {"num": -1}),
    ("GatherV2", ((2, 3, 4), (2, 3), 0), {"batch_dims": 1}),
    ("GatherNd", ((2, 3), (5, 3)), {}),
    ("Tile", ((2, 3), [2]), {}),
    ("Conv2D", (IMAGE, (3, 3, 4, 5)), {**PLANE, "data_format": "HWCN"}),
    ("Conv2D", (IMAGE, (3, 3, 4, 5)), {**PLANE, "strides": [1, 1]}),
    ("Conv2D", (IMAGE, (3, 3, 4, 5)), {**PLANE, "strides": [1, 0, 1, 1]}),
    ("Conv2D", (IMAGE, (3, 3, 4, 5)), {**PLANE, "padding": "ODD"}),
    ("Conv2D", (IMAGE, (3, 3, 4, 5)), {**PLANE, "padding": "EXPLICIT"}),
    ("Conv2D", (IMAGE, (9, 9, 4, 5)), PLANE),
    ("Conv2D", ((8, 8, 4), (3, 3, 4, 5)), PLANE),
    ("Conv2DBackpropInput", ([1, 8, 8], (3, 3, 4, 5), IMAGE), PLANE),
    ("MaxPool", (IMAGE,), PLANE),
    ("MaxPool", (IMAGE,), {**PLANE, "ksize": [2, 2, 2, 1]}),
    ("MaxPoolV2", (IMAGE, [1, 2, 2, 1], [1, 2]), {"padding": "VALID"}),
    ("CombinedNonMaxSuppression", ((1, 2), (1, 2), 3, 4), {}),
)


@pytest.mark.parametrize(("op", "inputs", "attributes"), FITS_NOT)
def test_what_does_not_fit_together_is_unknown(
    op: str, inputs: Tuple[Any, ...], attributes: Dict[str, Any], tmp_path: Path
) -> None:
    model = inspected(tmp_path, branch(op, inputs, attributes))
    assert [output.shape for output in model.outputs if output.name == "y"] == [None]
    assert "model-shape-unknown" in [finding.rule for finding in model.findings]


def test_a_loss_of_what_does_not_fit_together_is_still_a_loss(tmp_path: Path) -> None:
    text = branch("SoftmaxCrossEntropyWithLogits", ((2, 3), (2, 4)), {})
    (loss,) = inspected(tmp_path, text).outputs
    assert (loss.shape, loss.role) == (None, Role.LOSS)


TOLD: Tuple[Tuple[str, Tuple[Any, ...], Dict[str, Any], Shape], ...] = (
    # Attributes that newer programs don't write, and operations that they don't use.
    ("TopK", ((2, 9),), {"k": 4}, (2, 4)),
    ("Conv2D", (IMAGE, (3, 3, 4, 5)), {"padding": "VALID"}, (1, 6, 6, 5)),
    ("Squeeze", ((2, 1, 3, 1),), {"axis": [1]}, (2, 3, 1)),
    ("SparseMatMul", ((2, 3), (3, 4)), {}, (2, 4)),
    ("NonMaxSuppressionV2", ((9, 4), (9,), 3, 1), {}, (None,)),
    # Along a dimension in the middle.
    ("ConcatV2", ((2, 3, 4), (2, 5, 4), 1), {}, (2, 8, 4)),
    ("Split", (1, (2, 6, 4)), {"num_split": 3}, (2, 2, 4)),
    ("SplitV", ((2, 6, 4), [1, 5], 1), {"num_split": 2}, (2, 1, 4)),
    ("GatherV2", ((2, 3, 4), [0, 1], 1), {}, (2, 2, 4)),
    ("Pack", ((2, 4), (2, 4)), {"axis": 1}, (2, 2, 4)),
    ("Unpack", ((2, 3, 4),), {"num": 3, "axis": 1}, (2, 4)),
    ("ArgMax", ((2, 3, 4), 1), {}, (2, 4)),
    ("Sum", ((2, 3, 4), [1]), {"keep_dims": True}, (2, 1, 4)),
    ("ExpandDims", ((2, 4), 1), {}, (2, 1, 4)),
    ("OneHot", ((2, 4), 3), {"axis": 1}, (2, 3, 4)),
    # Free dimensions stay free, and what they meet is kept.
    ("AddV2", ((None, 3), (2, 1)), {}, (2, 3)),
    ("SplitV", ((2, 6), [1, 2, 3], 1), {"num_split": 3}, (2, 1)),
    ("SplitV", ((2, 6), [-1, 2, -1], 1), {"num_split": 3}, (2, None)),
    ("Slice", ((None, 6), [0, 2], [-1, -1]), {}, (None, 4)),
    ("Einsum", ((2, 3), (3,)), {"equation": "ab,b->a"}, (2,)),
)


@pytest.mark.parametrize(("op", "inputs", "attributes", "shape"), TOLD)
def test_what_can_be_told_is_told(
    op: str, inputs: Tuple[Any, ...], attributes: Dict[str, Any], shape: Shape, tmp_path: Path
) -> None:
    outputs = {t.name: t.shape for t in inspected(tmp_path, branch(op, inputs, attributes)).outputs}
    assert outputs["y"] == shape


# Numbers that don't become sizes: the operation, what it takes, attributes.
NO_SIZES: Tuple[Case, ...] = (
    ("Pack", tuple(range(300)), {}),
    ("Pack", ([[1, 2]], [[3, 4]]), {"axis": 1}),
    ("ConcatV2", ([[1, 2]], [[3, 4]], 1), {}),
    ("Slice", ([4, 5, 6], [-1], [1]), {}),
    ("GatherV2", ([[4, 5], [6, 7]], [0], 0), {}),
    ("GatherV2", ([4, 5], [7], 0), {}),
    ("AddV2", ([4, 5], [1, 2, 3]), {}),
    ("AddV2", ([[4, 5]], [1, 2]), {}),
    ("FloorDiv", ([4, 5], 0), {}),
    ("Mul", ([1 << 62, 4], 4), {"T": "DT_INT64"}),
    ("Mul", ([1 << 30, 4], 4), {"T": "DT_INT32"}),
    ("Prod", ([1 << 30, 4], [0]), {"T": "DT_INT32"}),
    ("AddV2", ([4, 5], [1, 2, 3]), {"_output_shapes": [(2,)]}),
    ("ConcatV2", ([1] * 200, [1] * 200, 0), {}),
    ("StridedSlice", ([4, 5, 6], [0], [2], (1,)), {}),
    ("StridedSlice", ([4, 5, 6], (1,), [2], [1]), {}),
    ("StridedSlice", ([4, 5, 6], [0, 0], [0, 2], [1, 1]), {"new_axis_mask": 1}),
    ("Sum", ([[4, 5]], [0]), {}),
    ("Sum", ([4, 5], (1,)), {}),
    ("Range", (0, 3000, 1), {}),
    ("Fill", ([300], 4), {}),
    ("Neg", ((2,),), {}),
    ("RealDiv", ([4.0, 5.0], 0.0), {}),
)


@pytest.mark.parametrize(("op", "inputs", "attributes"), NO_SIZES)
def test_numbers_that_can_not_be_followed_are_no_sizes(
    op: str, inputs: Tuple[Any, ...], attributes: Dict[str, Any], tmp_path: Path
) -> None:
    model = inspected(
        tmp_path,
        branch(op, inputs, attributes, "sizes"),
        const("zero", 0),
        node("y", "Fill", "sizes", "zero", T="DT_INT32"),
    )
    (shape,) = [output.shape for output in model.outputs if output.name == "y"]
    assert shape is None or set(shape) <= {None}


def chain(
    *steps: Tuple[str, Dict[str, Any], Tuple[Any, ...]], shape: Shape = (1, 32, 32, 4)
) -> str:
    """An image that goes through operations one after another."""
    text, before = fed("image", shape), "image"
    for index, (op, attributes, more) in enumerate(steps):
        name = f"step{index}"
        others = []
        for number, given in enumerate(more):
            if given == "before":
                others.append(before)
                continue
            others.append(f"{name}_{number}")
            text += (
                const(others[-1], given)
                if isinstance(given, (int, list))
                else fed(others[-1], given)
            )
        if "before" not in more:
            others.insert(0, before)
        text += node(name, op, *others, T="DT_FLOAT", **attributes)
        before = name
    return text


def conv(size: int = 3, padding: str = "VALID", into: int = 4, **more: Any) -> Any:
    return "Conv2D", {"padding": padding, "strides": [1, 1, 1, 1], **more}, ((size, size, into, 4),)


NCHW = {"data_format": "NCHW"}
EIGHT = [[0, 0], [1, 1], [1, 1], [0, 0]]

# Steps, axes of input and output, pixels cropped from each side.
LANES: Tuple[Tuple[Tuple[Any, ...], str, str, Optional[int]], ...] = (
    ((conv(5),), "NHWC", "NHWC", 2),
    ((("Pad", {}, (EIGHT,)), conv(7)), "NHWC", "NHWC", 2),
    ((("Pad", {}, ((4, 2),)), conv(7)), "NHWC", "NHWC", None),
    ((("Slice", {}, ([0, 4, 4, 0], [1, 24, 24, 4])), conv()), "NHWC", "NHWC", 5),
    ((("Slice", {}, ((4,), (4,))), conv()), "NHWC", "NHWC", None),
    (
        (("StridedSlice", {}, ([0, 2, 2], [1, -2, -2], [1, 1, 1])), conv()),
        "NHWC",
        "NHWC",
        3,
    ),
    (
        (("StridedSlice", {}, ([0, 0, 0], [1, 32, 32], [1, 2, 2])), conv()),
        "NHWC",
        "NHWC",
        None,
    ),
    ((("Transpose", {}, ([0, 3, 1, 2],)), conv(5, **NCHW)), "NHWC", "NCHW", 2),
    ((conv(5), ("Transpose", {}, ([0, 3, 1, 2],))), "NHWC", "NCHW", 2),
    ((conv(5), ("Transpose", {}, ((4,),))), "NHWC", "????", None),
    ((conv(5), ("ArgMax", {}, (3,))), "NHWC", "NHW", 2),
    ((conv(5), ("ArgMax", {}, ((),))), "NHWC", "???", None),
    ((conv(5), ("ArgMax", {}, (3,)), ("ExpandDims", {}, (3,))), "NHWC", "NHW?", 2),
    ((conv(5), ("ArgMax", {}, (3,)), ("ExpandDims", {}, ((),))), "NHWC", "????", None),
    ((conv(5), ("Unpack", {"num": 1}, ())), "NHWC", "HWC", 2),
    ((conv(5), ("Squeeze", {"squeeze_dims": [0]}, ())), "NHWC", "HWC", 2),
    ((conv(5), ("Pack", {"axis": 0}, ())), "NHWC", "?NHWC", 2),
    ((conv(5), ("ConcatV2", {}, ("before", (1, 28, 28, 2), 3))), "NHWC", "NHWC", None),
    ((conv(5), ("ConcatV2", {}, ("before", "before", 3))), "NHWC", "NHWC", 2),
    ((conv(5), ("ConcatV2", {}, ("before", None, 3))), "NHWC", "NHWC", None),
    ((conv(5), ("ConcatV2", {}, ("before", (1, 28, 28, 2), ()))), "NHWC", "????", None),
    ((conv(5), ("Split", {"num_split": 2}, (3, "before"))), "NHWC", "NHWC", 2),
    ((conv(5), ("Split", {"num_split": 2}, ((), "before"))), "NHWC", "????", None),
    ((conv(5), ("SplitV", {"num_split": 2}, ("before", [1, 3], 3))), "NHWC", "NHWC", 2),
    ((conv(5), ("AddV2", {}, ((4,),))), "NHWC", "NHWC", 2),
    ((conv(5), ("AddN", {}, ("before", "before"))), "NHWC", "NHWC", 2),
    ((conv(5), ("SelectV2", {}, ((1, 28, 28, 4), "before", "before"))), "NHWC", "NHWC", 2),
    ((conv(5), ("Mean", {"keep_dims": True}, ([1, 2],))), "NHWC", "NHWC", None),
    ((conv(5), ("Mean", {}, ([1, 2],))), "NHWC", "NC", None),
    ((conv(5), ("Mean", {"keep_dims": True}, ((2,),))), "NHWC", "????", None),
    ((conv(5), ("Reshape", {}, ([1, 28 * 28, 4],))), "NHWC", "N?C", None),
    ((conv(5), ("Reshape", {}, ([1, 28 * 28 * 4],))), "NHWC", "N?", None),
    ((conv(5), ("Reshape", {}, ([28, 28, 4],))), "NHWC", "HWC", 2),
    ((conv(5), ("Softmax", {}, ())), "NHWC", "NHWC", 2),
    ((conv(5), ("BiasAdd", {}, ((4,),))), "NHWC", "NHWC", 2),
    ((conv(5), ("ResizeBilinear", {}, ([28, 28],))), "NHWC", "NHWC", 2),
    ((conv(5), ("ResizeBilinear", {}, ((2,),))), "NHWC", "NHWC", None),
    ((conv(5), ("ResizeArea", {}, ([28, 28],))), "NHWC", "NHWC", 2),
    ((conv(5), ("ScaleAndTranslate", {}, ([28, 28], (2,), (2,)))), "NHWC", "NHWC", None),
    (
        (conv(5), ("SpaceToDepth", {"block_size": 2}, ()), ("DepthToSpace", {"block_size": 2}, ())),
        "NHWC",
        "NHWC",
        2,
    ),
    (
        (
            ("SpaceToBatchND", {}, ([2, 2], [[0, 0], [0, 0]])),
            conv(),
            ("BatchToSpaceND", {}, ([2, 2], [[0, 0], [0, 0]])),
        ),
        "NHWC",
        "NHWC",
        2,
    ),
    ((("SpaceToBatchND", {}, ((2,), [[0, 0], [0, 0]])), conv()), "????", "NHWC", None),
    (
        (
            conv(),
            ("MaxPool", {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID"}, ()),
            (
                "Conv2DBackpropInput",
                {"strides": [1, 2, 2, 1], "padding": "VALID"},
                ([1, 30, 30, 4], (2, 2, 4, 4), "before"),
            ),
        ),
        "NHWC",
        "NHWC",
        1,
    ),
    (
        (
            conv(),
            ("MaxPool", {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID"}, ()),
            (
                "Conv2DBackpropInput",
                {"strides": [1, 2, 2, 1], "padding": "SAME"},
                ((4,), (3, 3, 4, 4), "before"),
            ),
        ),
        "NHWC",
        "NHWC",
        None,
    ),
    ((conv(5), ("FusedBatchNormV3", {}, ((4,), (4,), (4,), (4,)))), "NHWC", "NHWC", 2),
    ((conv(5), ("ReverseV2", {}, ([1],))), "NHWC", "????", None),
    # After what tells nothing, an operation still says what stands where.
    ((("Own", {"_output_shapes": [(1, 32, 32, 4)]}, ()), conv(5)), "????", "NHWC", None),
    (
        (
            ("Own", {"_output_shapes": [(1, 16, 16, 4)]}, ()),
            (
                "Conv2DBackpropInput",
                {"strides": [1, 2, 2, 1], "padding": "VALID"},
                ([1, 32, 32, 4], (2, 2, 4, 4), "before"),
            ),
        ),
        "????",
        "NHWC",
        None,
    ),
    # Operations that contradict each other: the last one counts for what comes after it.
    ((conv(), conv(3, into=30, **NCHW)), "NHWC", "NCHW", None),
    # What does not fit is not followed, also where the file states a shape.
    ((conv(5), ("SpaceToDepth", {"_output_shapes": [(1, 2, 2, 4)]}, ())), "NHWC", "????", None),
    ((("Squeeze", {}, ()), conv(_output_shapes=[(1, 2, 2, 4)])), "???", "????", None),
    ((("MatMul", {"transpose_a": True}, ((32, 4),)),), "??", "??", None),
)


@pytest.mark.parametrize(("steps", "into", "out", "padding"), LANES)
def test_what_dimensions_stand_for_is_followed_through_a_graph(
    steps: Tuple[Any, ...], into: str, out: str, padding: Optional[int], tmp_path: Path
) -> None:
    shape: Shape = {4: (1, 32, 32, 4), 3: (32, 32, 4), 2: (32, 4)}[len(into)]
    model = inspected(tmp_path, chain(*steps, shape=shape))
    (image,) = [tensor for tensor in model.inputs if tensor.name == "image"]
    (output,) = [tensor for tensor in model.outputs if str(tensor.name).startswith("step")][:1]
    assert (image.axes, output.axes) == (into, out)
    assert model.padding == padding


def test_many_images_together_are_no_image_with_layers_of_data(tmp_path: Path) -> None:
    for count, letters in ((8, "NHWC"), (9, "????")):
        names = [f"x{n}" for n in range(count)]
        model = inspected(
            tmp_path,
            *(fed(name, (2, 32, 32, 4)) for name in names),
            node("sum", "AddN", *names, T="DT_FLOAT"),
            fed("kernel", (3, 3, 4, 2)),
            node("y", "Conv2D", "sum", "kernel", **PLANE),
        )
        assert {t.axes for t in model.inputs if t.name != "kernel"} == {letters}
        assert [t.axes for t in model.outputs] == ["NHWC"]


def test_arrays_tell_the_shape_of_their_tensors_where_it_is_one(tmp_path: Path) -> None:
    for identical, shape in ((True, (4, 5)), (False, None)):
        model = inspected(
            tmp_path,
            const("size", 3),
            node(
                "array",
                "TensorArrayV3",
                "size",
                element_shape=(4, 5),
                identical_element_shapes=identical,
            ),
            node("y", "TensorArrayReadV3", "array", "size", "array:1", dtype="DT_FLOAT"),
        )
        assert [(t.shape, t.data_type) for t in model.outputs] == [(shape, "float32")]
