"""Layers of which is not said what they look at: their tiles are found by trying."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models.openvino.net import Layer, Port
from dl2ecd_core.models.openvino.outlook import LAYERS
from dl2ecd_core.models.openvino.step import Step
from dl2ecd_core.models.outlooks import read_outlook
from dl2ecd_core.network.data_types import Number
from dl2ecd_core.network.following import Following, NotFollowedError
from dl2ecd_core.network.footprints import Footprint
from tests.conftest import FIXTURES
from tests.models.damage import damaged_copies

FOLDER = FIXTURES / "openvino"
SIZE = 32


class Taken:
    """What goes into a layer: the image, a value of nothing known, or numbers of the file."""

    def __init__(self) -> None:
        self.following = Following(SIZE)
        self.following.input("image", (1, 2, SIZE, SIZE), "float32", "NCHW")
        self.following.input("free", None, "float32", None)
        self.following.constant("kernel", (2, 2, 3, 3), "float32")
        self.following.constant("grouped", (2, 1, 1, 3, 3), "float32")
        self.following.constant("row", (4,), "float32")

    def followed(
        self,
        type_: str,
        inputs: Sequence[object],
        outputs: int = 1,
        version: str = "opset1",
        **said: str,
    ) -> List[str]:
        """The values that a layer becomes; its inputs are names, or numbers of a constant."""
        layer = Layer("1", "layer", type_, version, "", data=said)
        layer.ports = [Port(str(index), "", ()) for index in range(outputs)]
        names = [one if isinstance(one, str) else self._numbers(one) for one in inputs]
        return LAYERS[type_](Step(layer, names, self.following))

    def _numbers(self, numbers: object) -> str:
        given: Sequence[Number] = numbers  # type: ignore[assignment]
        data_type = "float32" if any(isinstance(one, float) for one in given) else "int64"
        return self.following.weights((len(given),), data_type, given)

    def rows(self, made: str) -> Optional[Footprint]:
        """What rows of a result look at."""
        return self.following.value(made).axes[2].footprint


WINDOW = {"strides": "1,1", "pads_begin": "1,1", "pads_end": "1,1", "dilations": "1,1"}
SIZED = {
    "mode": "nearest", "shape_calculation_mode": "sizes", "nearest_mode": "floor",
    "coordinate_transformation_mode": "asymmetric", "antialias": "false",
}  # fmt: skip
CUT = ([0, 0, 1, 1], [0, 0, 9, 9], [1, 1, 1, 1])
Refused = Tuple[str, Sequence[object], str, Dict[str, str]]

REFUSED: Sequence[Refused] = [
    # Numbers and names that OpenVINO has not.
    ("Convolution", ["image", "kernel"], "opset1", {**WINDOW, "auto_pad": "odd"}),
    ("Convolution", ["image", "kernel"], "opset1", {**WINDOW, "strides": "1,one"}),
    ("Convolution", ["image"], "opset1", WINDOW),
    ("MaxPool", ["image"], "opset1", {**WINDOW, "kernel": "2,2", "rounding_type": "up"}),
    ("MaxPool", ["image"], "opset1", {**WINDOW, "kernel": ""}),
    ("Concat", ["image", "image"], "opset1", {}),
    ("Concat", ["image", "image"], "opset1", {"axis": "one"}),
    ("Reshape", ["image", [1, -1]], "opset1", {"special_zero": "perhaps"}),
    ("Split", ["image", [1, 2]], "opset1", {}),
    ("Split", ["free", []], "opset1", {}),
    ("VariadicSplit", ["image", [1], [-1, -1]], "opset1", {}),
    ("VariadicSplit", ["free", [1], [-1, 1]], "opset1", {}),
    ("StridedSlice", ["image", [0, 0], [1, 1, 1], [1, 1, 1]], "opset1", {}),
    ("StridedSlice", ["image", *CUT], "opset1", {"ellipsis_mask": "1,1,0,0"}),
    ("StridedSlice", ["image", [0] * 5, [9] * 5, [1] * 5], "opset1", {}),
    ("StridedSlice", ["image", *CUT[:2], [1]], "opset1", {}),
    # Weights, indices and slopes that are worked out of what is fed.
    ("Convolution", ["image", "image"], "opset1", WINDOW),
    ("GroupConvolution", ["image", "row"], "opset1", WINDOW),
    ("Gather", ["image", "image", [1]], "opset8", {}),
    ("Gather", ["image", [0], [1]], "opset8", {"batch_dims": "1"}),
    ("PReLU", ["image", "image"], "opset1", {}),
    ("Transpose", ["image", "image"], "opset1", {}),
    ("StridedSlice", ["image", "image", "image", [1]], "opset1", {}),
    ("Pad", ["image", "image", [0] * 4], "opset1", {"pad_mode": "constant"}),
    # What goes in is of an unknown rank.
    ("ConvolutionBackpropData", ["free", "kernel", [9, 9]], "opset1", WINDOW),
    ("MatMul", ["free", "row"], "opset1", {"transpose_a": "true"}),
    # Lengths that do not come of the padding that is told.
    ("ConvolutionBackpropData", ["image", "kernel", [9, 9]], "opset1", WINDOW),
    # Ways that no operator of ONNX has.
    ("Add", ["image", "row"], "opset1", {"auto_broadcast": "pdpd"}),
    ("Broadcast", ["row", [1, 2, 4, 4], [3]], "opset1", {"mode": "explicit"}),
    ("AdaptiveAvgPool", ["image", [2, 2]], "opset8", {}),
    ("LRN", ["image", [2, 3]], "opset1", {}),
    ("Interpolate", ["image", [64, 64], [2, 3]], "opset11", {**SIZED, "pads_begin": "0,0,1,0"}),
    ("Interpolate", ["image", [64], [2, 3]], "opset11", SIZED),
    ("Interpolate", ["image", "image", [2, 3]], "opset11", SIZED),
    ("Interpolate", ["image", [64, 64], [2, 3]], "opset11", {**SIZED, "mode": "bicubic_pillow"}),
    ("Interpolate", ["image", [64, 64], [2, 3]], "opset11", {**SIZED, "nearest_mode": "odd"}),
    ("Interpolate", ["image", [64, 64]], "opset1", {"axes": "2,3", "mode": "area"}),
]  # fmt: skip


@pytest.mark.parametrize("refused", REFUSED, ids=[f"{n} {one[0]}" for n, one in enumerate(REFUSED)])
def test_what_is_not_certain_is_not_said(refused: Refused) -> None:
    type_, inputs, version, said = refused
    with pytest.raises(NotFollowedError):
        Taken().followed(type_, inputs, 2, version, **said)


class TestFollowed:
    def test_padding_is_none_where_none_is_told(self) -> None:
        taken = Taken()
        (made,) = taken.followed("Convolution", ["image", "kernel"])
        assert taken.following.shape(made) == (1, 2, SIZE - 2, SIZE - 2)

    def test_a_length_that_comes_of_the_padding(self) -> None:
        taken = Taken()
        (made,) = taken.followed(
            "ConvolutionBackpropData", ["image", "kernel", [SIZE, SIZE]], **WINDOW
        )
        assert taken.following.shape(made) == (1, 2, SIZE, SIZE)
        assert taken.rows(made) is not None

    def test_a_free_size_may_be_taken_in_any_but_the_simple_way(self) -> None:
        taken = Taken()
        taken.following.constant("sizes", (2,), "int64", (None, 64))
        way = {**SIZED, "mode": "linear_onnx"}
        inputs = ["image", "sizes", [2, 3]]
        (made,) = taken.followed("Interpolate", inputs, version="opset11", **way)
        assert taken.following.shape(made) == (1, 2, None, 64)
        assert taken.rows(made) is None
        with pytest.raises(NotFollowedError):
            way["nearest_mode"] = "simple"
            taken.followed("Interpolate", inputs, version="opset11", **way)

    def test_all_axes_where_none_are_listed(self) -> None:
        taken = Taken()
        inputs = ["image", [1, 2, 64, 32]]
        (made,) = taken.followed("Interpolate", inputs, version="opset11", **SIZED)
        assert taken.following.shape(made) == (1, 2, 64, 32)

    def test_an_image_that_is_smoothed_looks_at_more_than_is_said(self) -> None:
        taken = Taken()
        way = {**SIZED, "mode": "linear", "antialias": "true"}
        (made,) = taken.followed(
            "Interpolate", ["image", [16, 16], [2, 3]], version="opset11", **way
        )
        rows = taken.rows(made)
        assert rows is not None
        assert (rows.scale, rows.reach) == (2, None)

    def test_the_first_version_may_keep_the_ends(self) -> None:
        taken = Taken()
        way = {"axes": "2,3", "mode": "linear", "align_corners": "1"}
        (made,) = taken.followed("Interpolate", ["image", [64, 32]], **way)
        assert ("image", 2) in taken.following.value(made).whole
        assert ("image", 3) not in taken.following.value(made).whole

    def test_a_whole_axis_is_turned_around(self) -> None:
        taken = Taken()
        inputs = ["image", [0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, -1]]
        (made,) = taken.followed("StridedSlice", inputs, begin_mask="1,1,1,1", end_mask="1,1,1,1")
        assert taken.following.shape(made) == (1, 2, SIZE, SIZE)
        assert taken.following.value(made).axes[3].footprint is None

    def test_nothing_is_cut_where_new_axes_are_all(self) -> None:
        taken = Taken()
        inputs = ["image", [0, 0], [0, 0]]
        way = {"new_axis_mask": "1,0", "ellipsis_mask": "0,1"}
        (made,) = taken.followed("StridedSlice", inputs, **way)
        assert taken.following.shape(made) == (1, 1, 2, SIZE, SIZE)

    def test_as_many_axes_are_passed_over_as_there_are(self) -> None:
        taken = Taken()
        (made,) = taken.followed("StridedSlice", ["image", [0, 2], [0, 9]], ellipsis_mask="1,0")
        assert taken.following.shape(made) == (1, 2, SIZE, 7)

    def test_the_last_of_an_axis(self) -> None:
        taken = Taken()
        inputs = ["image", [0, -1], [0, 0], [1, 1]]
        way = {"begin_mask": "1,0", "end_mask": "1,0", "shrink_axis_mask": "0,1"}
        (made,) = taken.followed("StridedSlice", inputs, **way)
        assert taken.following.shape(made) == (1, SIZE, SIZE)

    def test_slices_along_all_axes(self) -> None:
        taken = Taken()
        (made,) = taken.followed("Slice", ["image", *CUT], version="opset8")
        assert taken.following.shape(made)[2:] == (8, 8)

    def test_parts_of_given_lengths(self) -> None:
        taken = Taken()
        left = taken.followed("VariadicSplit", ["image", [2], [5, -1, 2]], 3)
        assert [taken.following.shape(one)[2] for one in left] == [5, SIZE - 7, 2]
        made = taken.followed("VariadicSplit", ["image", [2], [30, 2]], 2)
        assert [taken.following.shape(one)[2] for one in made] == [30, 2]

    def test_a_row_is_the_same_the_other_way_round(self) -> None:
        taken = Taken()
        (made,) = taken.followed("MatMul", ["row", "row"], transpose_a="true", transpose_b="false")
        assert taken.following.shape(made) == ()

    def test_matrices_that_lie_the_other_way_round(self) -> None:
        taken = Taken()
        taken.following.constant("matrix", (7, SIZE), "float32")
        (made,) = taken.followed("MatMul", ["image", "matrix"], transpose_b="true")
        assert taken.following.shape(made) == (1, 2, SIZE, 7)
        (made,) = taken.followed(
            "MatMul", ["image", "matrix"], transpose_a="true", transpose_b="true"
        )
        # Rows of the result are the image's columns.
        footprint = taken.rows(made)
        assert footprint is not None
        assert footprint.sources == {("image", 3)}

    def test_statistics_of_channels_and_pixels_together(self) -> None:
        taken = Taken()
        (made,) = taken.followed("MVN", ["image"], version="opset2", across_channels="true")
        assert {("image", axis) for axis in (1, 2, 3)} <= taken.following.value(made).whole

    def test_reductions(self) -> None:
        taken = Taken()
        (kept,) = taken.followed("ReduceL2", ["image", [1]], version="opset4", keep_dims="true")
        (gone,) = taken.followed("ReduceSum", ["image", [-1, 2]])
        (same,) = taken.followed("ReduceMean", ["image", []])
        shapes = [taken.following.shape(made) for made in (kept, gone, same)]
        assert shapes == [(1, 1, SIZE, SIZE), (1, 2), (1, 2, SIZE, SIZE)]


class TestFiles:
    @pytest.mark.parametrize("name", ["version_2", "version_6"])
    def test_of_the_first_versions_nothing_is_said(self, name: str) -> None:
        assert read_outlook(FOLDER / f"{name}.xml", assumed=SIZE).outputs == ()

    def test_of_version_10_as_much_as_of_11(self) -> None:
        new, old = (
            read_outlook(FOLDER / f"{name}.xml", assumed=SIZE)
            for name in ("two_outputs", "version_10")
        )
        assert [value.axes for _, value in old.outputs] == [value.axes for _, value in new.outputs]
        footprint = old.outputs[0][1].axes[2].footprint
        assert footprint is not None
        assert footprint.halo() == (1, 1)

    def test_an_output_that_nothing_makes(self, tmp_path: Path) -> None:
        """Which is which of the others is not known then."""
        text = (FOLDER / "two_outputs.xml").read_text("utf-8")
        edge = text[text.rindex("<edge ") : text.rindex("</edges>")]
        path = tmp_path / "x.xml"
        path.write_text(text.replace(edge, ""), "utf-8")
        path.with_suffix(".bin").write_bytes((FOLDER / "two_outputs.bin").read_bytes())
        assert read_outlook(path, assumed=SIZE).outputs == ()

    def test_without_its_weights(self, tmp_path: Path) -> None:
        """Shapes are enough for most; the order of a transpose is not known then."""
        for name, known in (("softmax", True), ("argmax", False)):
            path = tmp_path / f"{name}.xml"
            path.write_bytes((FOLDER / f"{name}.xml").read_bytes())
            value = read_outlook(path, assumed=SIZE).output(None)
            assert value is not None
            assert any(axis.footprint is not None for axis in value.axes[2:]) == known

    def test_what_others_call_by_a_known_name_is_not_followed(self, tmp_path: Path) -> None:
        path = tmp_path / "x.xml"
        text = (FOLDER / "softmax.xml").read_text("utf-8")
        own = re.sub(r'(type="SoftMax" version=)"\w+"', r'\1"theirs"', text)
        assert own != text
        path.write_text(own, "utf-8")
        path.with_suffix(".bin").write_bytes((FOLDER / "softmax.bin").read_bytes())
        value = read_outlook(path, assumed=SIZE).output(None)
        assert value is not None
        assert not any(axis.footprint is not None for axis in value.axes)

    def test_operations_of_others_are_not_followed(self) -> None:
        value = read_outlook(FOLDER / "extension.xml", assumed=SIZE).output(None)
        assert value is not None
        assert not any(axis.footprint is not None for axis in value.axes)

    @pytest.mark.parametrize("name", ["softmax", "argmax", "moves"])
    def test_damaged_ones_end_in_an_error_or_in_what_is_left(
        self, name: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "x.xml"
        path.with_suffix(".bin").write_bytes((FOLDER / f"{name}.bin").read_bytes())
        read = 0
        for _, copy in damaged_copies((FOLDER / f"{name}.xml").read_bytes()):
            path.write_bytes(copy)
            try:
                read_outlook(path, assumed=SIZE)
                read += 1
            except ModelFileError:
                pass
        assert read
