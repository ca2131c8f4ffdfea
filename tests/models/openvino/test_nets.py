"""OpenVINO's nets: which axis is which, and what is read of XML that others wrote."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Activation, ModelDescription
from tests.conftest import FIXTURES

FOLDER = FIXTURES / "openvino"
IMAGE = (1, 4, 8, 8)

#: Type, attributes of its data, the numbers of the layers it takes, and the shapes of its outputs.
Layer = Tuple[str, Dict[str, str], Sequence[int], Sequence[Sequence[int]]]


def element(tag: str, said: Dict[str, str], inside: str = "") -> str:
    attributes = "".join(f' {key}="{value}"' for key, value in said.items())
    return f"<{tag}{attributes}>{inside}</{tag}>"


def port(number: int, shape: Sequence[int], tag: str = "port") -> str:
    dims = "".join(f"<dim>{size}</dim>" for size in shape)
    return element(tag, {"id": str(number), "precision": "FP32"}, dims)


def net(
    folder: Path, *layers: Layer, version: int = 11, weights: bytes = b"", more: str = ""
) -> ModelDescription:
    """What is told of a net; inputs come from first outputs, or from the second when negative."""
    text, edges = "", ""
    for number, (type_, data, inputs, outputs) in enumerate(layers):
        inside = element("data", data)
        inside += "<input>" + "".join(port(i, ()) for i in range(len(inputs))) + "</input>"
        inside += "<output>"
        inside += "".join(port(100 + i, shape) for i, shape in enumerate(outputs)) + "</output>"
        text += element("layer", {"id": str(number), "name": f"n{number}", "type": type_}, inside)
        for place, origin in enumerate(inputs):
            edges += element("edge", {
                "from-layer": str(abs(origin)), "from-port": "101" if origin < 0 else "100",
                "to-layer": str(number), "to-port": str(place),
            })  # fmt: skip
    path = folder / "x.xml"
    path.write_text(
        f'<?xml version="1.0"?><net name="x" version="{version}"><layers>{text}</layers>'
        f"<edges>{edges}</edges>{more}</net>",
        encoding="utf-8",
    )
    path.with_suffix(".bin").write_bytes(weights)
    return inspect_model(path)


def given(*shape: int) -> Layer:
    return ("Parameter", {"element_type": "f32"}, (), [shape])


WEIGHTS: Layer = ("Const", {}, (), [(6, 3)])


def order(*axes: int, **said: str) -> Tuple[Layer, bytes]:
    """A constant with the order of a transpose, which is all there is in the weights."""
    raw = struct.pack(f"<{len(axes)}q", *axes)
    data = {"element_type": "i64", "offset": "0", "size": str(len(raw)), **said}
    return ("Const", data, (), [(len(axes),)]), raw


# --- what the real library wrote ---


@pytest.mark.parametrize(
    ("name", "axes", "activation", "classes"),
    [
        ("last_bands", "NHWC", Activation.NONE, None),
        ("indices", "NHW", Activation.ARGMAX, 5),
        ("values", "N?HW", None, None),
        ("first_three", "N?HW", None, None),
        ("row_of_pixels", "N?", Activation.NONE, None),
        ("pooled", "NC", Activation.SIGMOID, None),
        ("means", "NC", None, None),
        ("part", "NCHW", Activation.NONE, None),
        ("log", "NCHW", Activation.NONE, None),
        ("classes", "NC", Activation.NONE, None),
    ],
)
def test_axes_follow_the_moves(
    name: str, axes: str, activation: Optional[Activation], classes: Optional[int]
) -> None:
    found = next(t for t in inspect_model(FOLDER / "moves.xml").outputs if t.name == name)
    assert (found.axes, found.activation, found.class_count) == (axes, activation, classes)


def test_a_noted_layout_and_a_multiplication_tell_the_bands() -> None:
    tile, row = inspect_model(FOLDER / "moves.xml").inputs
    assert (tile.axes, row.axes) == ("NHWC", "NC")


@pytest.mark.parametrize("place", ["<dim>2</dim>", "</data>"])
@pytest.mark.parametrize(
    ("layout", "axes"),
    [("[N,H,W,C]", "NHWC"), ("[N,C,H,W]", "NCHW"), ("[N,...]", "????"), ("[N,D,H,W]", "????")],
)
def test_a_layout_is_noted_in_the_port_or_in_older_versions_in_the_layer(
    place: str, layout: str, axes: str, tmp_path: Path
) -> None:
    note = f'<rt_info><attribute name="layout" version="0" layout="{layout}"/>'
    note += '<attribute name="other"/></rt_info>'
    net(tmp_path, given(1, 4, 4, 2), ("ReLU", {}, [0], [(1, 4, 4, 2)]))
    path = tmp_path / "x.xml"
    path.write_text(path.read_text("utf-8").replace(place, place + note, 1), encoding="utf-8")
    (image,) = inspect_model(path).inputs
    assert (image.shape, image.axes) == ((1, 4, 4, 2), axes)


# --- axes ---


@pytest.mark.parametrize(
    ("layers", "axes"),
    [
        # A convolution of another operand says nothing about this one.
        ([given(*IMAGE), ("Const", {}, (), [IMAGE]), ("Convolution", {}, [1, 0], [IMAGE])], "????"),
        ([given(*IMAGE), ("ReLU", {}, [0], [IMAGE]), ("Convolution", {}, [1], [IMAGE])], "NCHW"),
        ([given(*IMAGE), ("Riddle", {}, [0], [IMAGE]), ("Convolution", {}, [1], [IMAGE])], "????"),
        ([given(*IMAGE), ("Transpose", {}, [0, 9], [IMAGE])], "????"),
        ([given(2, 6), ("ReLU", {}, [0], [(2, 6)]), WEIGHTS, ("MatMul", {}, [1, 2], [(2, 3)])],
         "NC"),
        ([given(2, 6), ("Const", {}, (), [(6,)]), ("MatMul", {}, [1, 0], [(2, 3)])], "N?"),
        ([given(2, 6), ("Riddle", {}, [0], [(2, 6)])], "N?"),
        ([given(2, 6)], "N?"),
        ([given(5)], "?"),
        ([given(1, 2, 3, 4, 5), ("Convolution", {}, [0], [IMAGE])], "?????"),
        # An operation says where the axes of an image come from before it is known to be one.
        ([given(4, 8, 8), ("Unsqueeze", {}, [0], [IMAGE]), ("Convolution", {}, [1], [IMAGE])],
         "CHW"),
        ([given(1, 8, 8, 4), ("Permute", {"order": "0,3,1,2"}, [0], [IMAGE]),
          ("Convolution", {}, [1], [IMAGE])], "NHWC"),
        ([given(1, 8, 8, 4), ("Permute", {"order": "0,3,1,x"}, [0], [IMAGE]),
          ("Convolution", {}, [1], [IMAGE])], "????"),
    ],
)  # fmt: skip
def test_inputs_are_known_by_what_happens_to_them_first(
    layers: List[Layer], axes: str, tmp_path: Path
) -> None:
    assert net(tmp_path, *layers).inputs[0].axes == axes


@pytest.mark.parametrize(
    ("type_", "count", "images", "rows"),
    [("ReLU", 700, "NCHW", "NC"), ("Riddle", 1, "????", "N?")],
    ids=["far away", "unknown"],
)
def test_bands_are_found_however_far_away(
    type_: str, count: int, images: str, rows: str, tmp_path: Path
) -> None:
    for shape, last, axes in ((IMAGE, "Convolution", images), ((2, 6), "MatMul", rows)):
        steps: List[Layer] = [(type_, {}, [n], [shape]) for n in range(count)]
        # Layers may stand in any order: the weights come last.
        taking: Layer = (last, {}, [count, count + 2], [shape])
        assert net(tmp_path, given(*shape), *steps, taking, WEIGHTS).inputs[0].axes == axes


def test_layers_in_a_circle_tell_nothing(tmp_path: Path) -> None:
    circle: List[Layer] = [("Add", {}, [0, 2], [IMAGE]), ("Sigmoid", {}, [1], [IMAGE])]
    outside: List[Layer] = [("Convolution", {}, [0], [IMAGE]), ("Result", {}, [2], [])]
    found = net(tmp_path, given(*IMAGE), *circle, *outside)
    assert (found.inputs[0].axes, found.outputs[0].axes) == ("NCHW", "????")
    assert found.outputs[0].activation is None


@pytest.mark.parametrize(
    ("axes", "said", "letters"),
    [
        ((0, 3, 1, 2), {}, "NHWC"),
        ((0, 2, 1), {}, "????"),
        ((0, 0, 1, 2), {}, "????"),
        ((0, 3, 1, 2), {"element_type": "f32"}, "????"),
        ((0, 3, 1, 2), {"offset": "far"}, "????"),
        ((0, 3, 1, 2), {"offset": "99999"}, "????"),
        ((0, 3, 1, 2), {"size": "0"}, "????"),
        ((0, 3, 1, 2), {"size": "9999"}, "????"),
    ],
)
def test_the_order_of_a_transpose_is_among_the_weights(
    axes: Any, said: Dict[str, str], letters: str, tmp_path: Path
) -> None:
    constant, raw = order(*axes, **said)
    found = net(
        tmp_path, given(1, 8, 8, 4), constant, ("Transpose", {}, [0, 1], [IMAGE]), weights=raw
    )
    assert found.inputs[0].axes == letters


@pytest.mark.parametrize(
    ("step", "axes"),
    [
        (("ReLU", {}, [1], [IMAGE]), "NCHW"),
        (("Split", {}, [1], [(1, 4, 4, 8)]), "NCHW"),
        (("Split", {}, [1], [(4, 4, 8)]), "???"),
        (("TopK", {"axis": "9"}, [1], [(1, 1, 8, 8)]), "????"),
        (("TopK", {"axis": "-3"}, [1], [(1, 1, 8, 8)]), "N?HW"),
        (("TopK", {}, [1], [(1, 1, 8, 8)]), "????"),
        (("Squeeze", {}, [1], [(4, 8, 8)]), "CHW"),
        (("Riddle", {}, [1], [IMAGE]), "????"),
        (("Transpose", {}, [1, 9], [(1, 8, 8, 4)]), "????"),
        (("ReLU", {}, [], [IMAGE]), "????"),
        (("Riddle", {}, [1], [(7,)]), "?"),
        (("ReLU", {}, [1], [(1, 4, 8)]), "???"),
    ],
)
def test_outputs_are_known_by_what_happened_to_them_last(
    step: Layer, axes: str, tmp_path: Path
) -> None:
    convolution: Layer = ("Convolution", {}, [0], [IMAGE])
    found = net(tmp_path, given(*IMAGE), convolution, step, ("Result", {}, [2], []))
    assert found.outputs[0].axes == axes


def test_a_transpose_of_other_axes_forgets_them(tmp_path: Path) -> None:
    constant, raw = order(0, 2, 1)
    layers: List[Layer] = [given(*IMAGE), ("Convolution", {}, [0], [IMAGE]), constant]
    layers += [("Transpose", {}, [1, 2], [IMAGE]), ("Transpose", {}, [3, 2], [IMAGE])]
    found = net(tmp_path, *layers, ("Result", {}, [4], []), weights=raw)
    assert found.outputs[0].axes == "????"


def test_a_very_long_way_back_is_followed(tmp_path: Path) -> None:
    steps: List[Layer] = [("ReLU", {}, [n], [IMAGE]) for n in range(1, 700)]
    first: List[Layer] = [given(*IMAGE), ("Convolution", {}, [0], [IMAGE])]
    (output,) = net(tmp_path, *first, *steps, ("Result", {}, [700], [])).outputs
    assert (output.axes, output.activation) == ("NCHW", Activation.NONE)


def test_what_comes_of_other_rows_unmoved_are_other_rows(tmp_path: Path) -> None:
    for count in (0, 3):
        rows: List[Layer] = [("ReLU", {}, [n], [(2, 6)]) for n in range(count)]
        (output,) = net(tmp_path, given(2, 6), *rows, ("Result", {}, [count], [])).outputs
        assert output.axes == "N?"
    riddle: Layer = ("Riddle", {}, [0], [(2, 6)])
    assert net(tmp_path, given(2, 6), riddle, ("Result", {}, [1], [])).outputs[0].axes == "NC"


@pytest.mark.parametrize(("before", "axes"), [(IMAGE, "N?"), ((1, 12, 1, 1), "NC"), ((2, 6), "NC")])
def test_rows_made_of_pixels_have_no_class_axis(before: Any, axes: str, tmp_path: Path) -> None:
    row = (1, 256) if before == IMAGE else (1, 12)
    flat: Layer = ("Flatten", {}, [0], [row])
    found = net(tmp_path, given(*before), flat, ("Sigmoid", {}, [1], [row]),
                ("Result", {}, [2], []))  # fmt: skip
    assert found.outputs[0].axes == axes


# --- the last operation ---


def last(folder: Path, step: Layer, port_: int = 2) -> Tuple[Optional[Activation], Optional[int]]:
    """Of a layer after an image of 4 classes."""
    result: Layer = ("Result", {}, [port_], [])
    (output,) = net(folder, given(*IMAGE), ("Riddle", {}, [0], [IMAGE]), step, result).outputs
    return output.activation, output.class_count


TWO = [(1, 1, 8, 8), (1, 1, 8, 8)]


@pytest.mark.parametrize(
    ("step", "port_", "said"),
    [
        (("Activation", {"type": "sigmoid"}, [1], [IMAGE]), 2, (Activation.SIGMOID, None)),
        (("Activation", {"type": "tanh"}, [1], [IMAGE]), 2, (Activation.NONE, None)),
        (("Activation", {"type": "swish"}, [1], [IMAGE]), 2, (None, None)),
        (("TopK", {"axis": "1"}, [1], TWO), -2, (Activation.ARGMAX, 4)),
        (("TopK", {"axis": "-3"}, [1], TWO), -2, (Activation.ARGMAX, 4)),
        (("TopK", {"axis": "1"}, [1], TWO), 2, (None, None)),
        (("TopK", {"axis": "\u00b2"}, [1], TWO), -2, (None, None)),
        (("TopK", {"axis": "7"}, [1], TWO), -2, (None, None)),
        (("TopK", {"axis": "1"}, [9], TWO), -2, (Activation.ARGMAX, None)),
        (("TopK", {"axis": "1"}, [1], [(1, 3, 8, 8)] * 2), -2, (None, None)),
        (("Squeeze", {}, [9], [IMAGE]), 2, (None, None)),
    ],
)
def test_the_last_operation_tells_how_classes_are_read(
    step: Layer, port_: int, said: Any, tmp_path: Path
) -> None:
    assert last(tmp_path, step, port_) == said


@pytest.mark.parametrize(
    ("layer", "data", "activation"),
    [
        ("Interpolate", {"mode": "nearest"}, Activation.ARGMAX),
        ("Interpolate", {"mode": "linear_onnx"}, None),
        ("Resample", {"type": "caffe.ResampleParameter.NEAREST"}, Activation.ARGMAX),
        ("Resample", {"type": "caffe.ResampleParameter.LINEAR"}, None),
    ],
)
def test_between_two_classes_lies_no_third(
    layer: str, data: Dict[str, str], activation: Optional[Activation], tmp_path: Path
) -> None:
    best: Layer = ("ArgMax", {"axis": "1"}, [1], [(1, 1, 8, 8)])
    first: List[Layer] = [given(*IMAGE), ("Convolution", {}, [0], [IMAGE]), best]
    larger: Layer = (layer, data, [2], [(1, 1, 16, 16)])
    (output,) = net(tmp_path, *first, larger, ("Result", {}, [3], [])).outputs
    assert (output.axes, output.activation) == ("N?HW", activation)


# --- outputs ---


def test_a_result_that_nothing_leads_to_has_its_own_names(tmp_path: Path) -> None:
    found = net(tmp_path, given(*IMAGE), ("Result", {}, [8], []), ("Result", {}, [], []))
    assert [(tensor.name, tensor.shape) for tensor in found.outputs] == [(None, None)] * 2
    text = (tmp_path / "x.xml").read_text("utf-8")
    named = text.replace('type="Result"', 'type="Result" output_names="z,a\\,b"')
    (tmp_path / "x.xml").write_text(named, encoding="utf-8")
    assert [tensor.name for tensor in inspect_model(tmp_path / "x.xml").outputs] == ["a,b"] * 2


def test_open_ends_of_old_versions_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image: Layer = ("Input", {}, (), [IMAGE])
    split: Layer = ("Split", {}, [0], [IMAGE] * 5)
    found = net(tmp_path, image, split, ("Const", {}, (), [(1,)]), version=6)
    assert [tensor.name for tensor in found.outputs] == [f"n1.{n}" for n in range(5)]
    assert {tensor.axes for tensor in found.outputs} == {"NCHW"}
    monkeypatch.setattr("dl2ecd_core.models.openvino.graph.MOST_ENDS", 3)
    assert len(net(tmp_path, image, split, version=6).outputs) == 3


# --- XML ---


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_bytes(b"\xef\xbb\xbf" + (FOLDER / "version_6.xml").read_bytes())
    assert inspect_model(path).inputs[0].shape == (1, 4, 8, 8)


@pytest.mark.parametrize(
    ("more", "labels", "producer"),
    [
        ('<rt_info><model_info><labels value="a b"/></model_info></rt_info>', ("a", "b"), None),
        ('<rt_info><model_info><labels/></model_info><x><y value="1"/></x></rt_info>', None, None),
        ('<rt_info><Runtime_version value="2026.4"/></rt_info>', None, "2026.4"),
        ('<rt_info><Runtime_version value=""/><MO_version value="2021"/></rt_info>', None, "2021"),
        ('<rt_info><MO_version value="1"/><Runtime_version value="2"/></rt_info>', None, "1"),
        ('<meta_data><info name="OpenVINO Runtime" value="7"/></meta_data>', None, "7"),
        ('<meta_data><info name="other" value="7"/></meta_data>', None, None),
        ("<notes><a value='1'/></notes><edges><other/></edges>", None, None),
        ('<layers><layer type="Const"><blobs><x><y/></x></blobs></layer></layers>', None, None),
        ("<layers><other/><layer><x><y/></x></layer></layers>", None, None),
    ],
)
def test_what_the_converter_noted_is_read(
    more: str, labels: Any, producer: Optional[str], tmp_path: Path
) -> None:
    found = net(tmp_path, given(*IMAGE), more=more)
    assert [one.names for one in found.class_names] == ([labels] if labels else [])
    assert found.framework_version == producer


def test_only_so_many_notes_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dl2ecd_core.models.openvino.net._MOST_NOTES", 1)
    more = '<rt_info><x><a value="short"/><b value="/home/someone/a.onnx"/></x></rt_info>'
    assert net(tmp_path, given(*IMAGE), more=more).findings == ()


@pytest.mark.parametrize(
    ("inside", "reach"),
    [
        ('<blobs><weights offset="8" size="90"/><custom offset="98" size="2"/></blobs>', "100"),
        ('<weights offset="0" size="70"/>', "70"),
        ('<weights offset="x" size="70"/><biases offset="0" size="-7"/><blobs/>', "69"),
    ],
)
def test_weights_reach_as_far_as_the_last_of_them(inside: str, reach: str, tmp_path: Path) -> None:
    layer = f'<layers><layer id="9" type="Convolution">{inside}</layer></layers>'
    found = net(tmp_path, given(*IMAGE), weights=b"short", more=layer)
    (finding,) = found.findings
    assert finding.rule == "model-damaged"
    assert f"byte {reach} " in finding.message


@pytest.mark.parametrize(
    ("limit", "value", "body", "part"),
    [
        ("LARGEST_XML", 50, "", "an XML file of"),
        ("MOST_ELEMENTS", 5, "<a/>" * 9, "more elements than usual"),
        ("MOST_LAYERS", 2, '<layers><layer id="7"/><layer id="8"/></layers>', "more layers"),
        ("MOST_EDGES", 2, "<edges><edge/><edge/><edge/></edges>", "more edges"),
        ("MOST_ENDS", 1, '<layers><layer type="Result"/></layers>', "more inputs and outputs"),
        ("LARGEST_RANK", 3, "", "more dimensions"),
        ("DEEPEST", 9, '<layers><layer id="7"><input>' + "<a>" * 20, "levels deep"),
    ],
)
def test_nets_beyond_all_measure_are_refused(
    limit: str, value: int, body: str, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"dl2ecd_core.models.openvino.net.{limit}", value)
    with pytest.raises(ModelFileError, match=part) as caught:
        net(tmp_path, given(*IMAGE), more=body)
    assert caught.value.finding.rule == "model-too-complex"


def test_a_shape_written_into_ever_more_pieces_is_cut(tmp_path: Path) -> None:
    text = "<dim>1</dim>" * 5000
    net(tmp_path, given(*IMAGE))
    path = tmp_path / "x.xml"
    path.write_text(path.read_text().replace("<dim>1</dim>", text, 1), encoding="utf-8")
    with pytest.raises(ModelFileError, match="more dimensions than usual"):
        inspect_model(path)


def test_broken_xml_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"is broken XML: .* in line 1, column") as caught:
        net(tmp_path, given(*IMAGE), more="</wrong>")
    assert caught.value.finding.rule == "model-damaged"


@pytest.mark.parametrize(
    ("precision", "name"),
    [("I16", "int16"), ("U8", "uint8"), ("dynamic", None), ("BF16", "bfloat16"), ("nf4", "nf4"),
     ("", None), ("<", None)],
)  # fmt: skip
def test_element_types_have_numpys_names(
    precision: str, name: Optional[str], tmp_path: Path
) -> None:
    net(tmp_path, given(*IMAGE))
    path = tmp_path / "x.xml"
    text = path.read_text().replace("FP32", precision.replace("<", "&lt;"))
    path.write_text(text, encoding="utf-8")
    assert inspect_model(path).inputs[0].data_type == name
