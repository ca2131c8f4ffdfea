"""Darknet's layers: sizes and numbers of weights are those of Darknet itself."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.darknet import read
from dl2ecd_core.models.darknet.config import LARGEST_CONFIG, Section, read_config
from dl2ecd_core.models.darknet.lowering import lowered
from dl2ecd_core.models.description import Activation, ModelDescription
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES

FOLDER = FIXTURES / "darknet"
EXPECTED: Dict[str, Any] = json.loads((FOLDER / "expected_darknet.json").read_text("ascii"))
NET = "[net]\nwidth=16\nheight=12\nchannels=8\n"
FIRST = "[convolutional]\nfilters=8\nactivation=linear\n"


def model(folder: Path, *sections: str) -> ModelDescription:
    """What is told of a configuration whose first layer leaves 8 x 12 x 16 values."""
    path = folder / "x.cfg"
    path.write_text(NET + FIRST + "\n".join(sections), encoding="ascii")
    return inspect_model(path)


def made(*options: str, kind: str) -> Tuple[Optional[Tuple[int, int, int]], Optional[int]]:
    """Size and weights of a layer after 8 x 12 x 16 values."""
    said = dict(option.split("=") for option in options)
    net = Section("net", {"width": "16", "height": "12", "channels": "8"})
    layers, _ = lowered([net, Section("convolutional", {"filters": "8"}), Section(kind, said)])
    return layers[1].size, layers[1].weights


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_layer_has_darknets_size_and_weights(name: str) -> None:
    with ByteSource(FOLDER / name) as source:
        layers, _ = lowered(read_config(source))
    assert [layer.weights for layer in layers] == EXPECTED[name]["weights"]
    for number, size in EXPECTED[name]["layers"].items():
        assert list(layers[int(number)].size or ()) == size, number


@pytest.mark.parametrize(
    ("name", "shape", "axes", "classes"),
    [
        # 3 x 3 cells with 2 boxes of 5 values and 2 classes each, in one row.
        ("grid", (None, 108), "N?", 2),
        ("anchors", (None, 14, 16, 16), "N?HW", 2),
        ("mask", (None, 14, 16, 16), "N?HW", 2),
    ],
)
def test_detectors_know_their_classes(name: str, shape: Any, axes: str, classes: int) -> None:
    (output,) = inspect_model(FOLDER / f"{name}.cfg").outputs
    assert (output.shape, output.axes, output.class_count) == (shape, axes, classes)


def test_a_row_at_the_end_has_a_class_axis() -> None:
    (output,) = inspect_model(FOLDER / "others.cfg").outputs
    assert (output.shape, output.axes) == ((None, 30), "NC")
    assert output.activation is Activation.SOFTMAX


# The layers that only https://github.com/AlexeyAB/darknet has; figures after its make_*_layer.
@pytest.mark.parametrize(
    ("kind", "options", "size", "weights"),
    [
        ("scale_channels", ["from=-1"], (8, 12, 16), 0),
        ("sam", ["from=0"], (8, 12, 16), 0),
        ("sam", ["from=7"], None, 0),
        ("shortcut", ["from=-1", "weights_type=per_channel"], (8, 12, 16), 16),
        ("shortcut", ["from=-1", "weights_type=per_feature"], (8, 12, 16), 2),
        ("shortcut", ["from=-1", "weights_type=riddle"], (8, 12, 16), None),
        ("maxpool", ["maxpool_depth=1", "out_channels=1"], None, 0),
        ("convolutional", ["filters=4", "share_index=0"], (4, 12, 16), None),
        ("convolutional", ["filters=4", "antialiasing=1", "stride=2"], None, None),
        ("convolutional", ["filters=4", "size=3", "stride_x=2", "stride_y=1", "pad=1"],
         (4, 12, 8), 292),
        ("convolutional", ["filters=4", "size=3", "dilation=2", "pad=1"], (4, 12, 16), 292),
        ("gaussian_yolo", ["mask=0,1", "classes=2"], None, 0),
        ("gaussian_yolo", ["mask=0", "classes=-1"], (8, 12, 16), 0),
        ("batchnorm", [], (8, 12, 16), None),
        ("reorg", ["stride=2", "extra=1"], None, 0),
        ("reorg", ["flatten=1"], None, 0),
        ("region", ["num=2"], None, 0),
        ("detection", [], None, 0),
        ("route", ["layers=0,0"], (16, 12, 16), 0),
        ("route", ["layers=0,5"], None, 0),
        ("route", [], None, 0),
        ("convolutional", ["size=40"], None, 12801),
        ("local", ["size=40"], None, None),
        ("gru", [], None, None),
    ],
)  # fmt: skip
def test_layers_of_other_lineages(kind: str, options: Any, size: Any, weights: Any) -> None:
    assert made(*options, kind=kind) == (size, weights)


def test_parts_of_different_size_are_not_put_together(tmp_path: Path) -> None:
    found = model(tmp_path, "[maxpool]", "size=2", "stride=2", "[route]", "layers=-1,-2")
    assert found.outputs[0].shape is None


@pytest.mark.parametrize(
    ("sections", "activation"),
    [
        (["[logistic]"], Activation.SIGMOID),
        (["[convolutional]", "activation=logistic"], Activation.SIGMOID),
        (["[convolutional]", "activation=linear"], Activation.NONE),
        (["[convolutional]", "activation=mish"], Activation.NONE),
        (["[convolutional]", "activation=stair"], None),
        (["[softmax]", "[cost]"], Activation.SOFTMAX),
    ],
)
def test_the_last_operation_is_known_by_its_name(
    sections: Any, activation: Any, tmp_path: Path
) -> None:
    assert model(tmp_path, *sections).outputs[0].activation is activation


def test_a_network_of_nothing_but_costs_has_no_output(tmp_path: Path) -> None:
    path = tmp_path / "x.cfg"
    path.write_text(f"{NET}[dropout]\n[cost]\n", encoding="ascii")
    assert inspect_model(path).outputs == ()


def test_a_detector_of_unknown_size_still_knows_its_classes(tmp_path: Path) -> None:
    (output,) = model(tmp_path, "[gru]", "[yolo]", "classes=3").outputs
    assert (output.shape, output.class_count) == (None, 3)


def test_an_input_that_is_no_image_is_left_open(tmp_path: Path) -> None:
    path = tmp_path / "x.cfg"
    path.write_text("[net]\ninputs=256\n[connected]\noutput=3\n", encoding="ascii")
    found = inspect_model(path)
    assert [tensor.shape for tensor in (*found.inputs, *found.outputs)] == [None, None]


# --- the text around the layers ---


def test_comments_blanks_and_stray_lines_do_not_count(tmp_path: Path) -> None:
    text = "# mine\n; yours\nlost=1\n[net]\r\n w i d t h = 16\n"
    text += "height=12\nheight=13\nchannels=8\nword\n"
    path = tmp_path / "x.cfg"
    path.write_text(f"{text}\n{FIRST}", encoding="ascii")
    assert inspect_model(path).inputs[0].shape == (None, 8, 12, 16)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (NET + FIRST + " " * LARGEST_CONFIG, "model-too-complex"),
        (NET + FIRST + "[max]\n" * 5001, "model-too-complex"),
        (NET + FIRST + "a=1\n" * 200_001, "model-too-complex"),
        ("[convolutional]\n" + NET, "model-damaged"),
    ],
    ids=["long", "layers", "options", "no net"],
)
def test_configurations_beyond_all_measure_are_refused(
    text: str, rule: str, tmp_path: Path
) -> None:
    weights = tmp_path / "x.weights"
    weights.write_bytes(struct.pack("<3iQ", 0, 2, 0, 0) + bytes(400))
    (tmp_path / "x.cfg").write_text(text, encoding="ascii")
    with pytest.raises(ModelFileError) as caught:
        inspect_model(weights)
    assert caught.value.finding.rule == rule


def test_a_binary_file_with_the_word_net_is_no_configuration(tmp_path: Path) -> None:
    path = tmp_path / "x.cfg"
    path.write_bytes(f"{NET}{FIRST}\0".encode("ascii"))
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-not-recognised"


# --- the files beside it ---


def test_weights_that_are_none_are_said_so(tmp_path: Path) -> None:
    (tmp_path / "x.weights").write_bytes(b"<html>" * 100)
    with pytest.raises(ModelFileError, match=r"'x\.weights' does not begin") as caught:
        model(tmp_path)
    assert caught.value.finding.rule == "model-damaged"


def test_the_reader_refuses_what_it_would_not_recognise(tmp_path: Path) -> None:
    path = tmp_path / "x.weights"
    path.write_bytes(b"<html>" * 100)
    with ByteSource(path) as source, pytest.raises(ModelFileError, match="does not begin"):
        read(source)


def test_the_oldest_weights_count_in_half_as_many_bytes(tmp_path: Path) -> None:
    (tmp_path / "x.weights").write_bytes(struct.pack("<3iI", 0, 1, 0, 64) + bytes(4 * 72))
    found = model(tmp_path)
    assert (found.framework_version, found.parameters, found.findings) == ("0.1.0", 72, ())


def test_among_very_many_files_not_all_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dl2ecd_core.models.darknet._MOST_FILES_LOOKED_AT", 3)
    for number in range(9):
        (tmp_path / f"note{number}.txt").write_bytes(b"")
    assert model(tmp_path).missing_files == ("x.weights",)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"x.names": "a\nb\n\n"}, ("a", "b")),
        ({"x.names": ""}, None),
        ({"other.names": "a\nb\nc"}, ("a", "b", "c")),
        ({"other.names": "a\nb"}, None),
        ({"other.names": "a\nb\nc", "other.cfg": ""}, None),
        ({"other.names": "a\nb\nc", "third.names": "d\ne\nf"}, None),
        ({"x.data": "classes=3\nnames = C:\\lists\\mine.txt\n", "mine.txt": "a\nb\nc"},
         ("a", "b", "c")),
        ({"x.data": "names = lost.txt", "other.names": "a\nb\nc"}, ("a", "b", "c")),
        ({"x.data": "names = ..", "other.names": "a\nb\nc"}, ("a", "b", "c")),
        ({"x.data": "classes=3", "other.names": "a\nb\nc"}, ("a", "b", "c")),
        ({"x.names": "a\n" * 600_000}, None),
    ],
)  # fmt: skip
def test_the_list_of_names_that_belongs_to_the_model_is_found(
    files: Dict[str, str], names: Any, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="ascii")
    found = model(tmp_path, "[yolo]", "classes=3", "mask=0").class_names
    assert [one.names for one in found] == ([names] if names else [])


def test_a_list_that_can_not_be_read_is_no_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: ByteSource, *_: object) -> None:
        raise source.damaged(0, "gone")

    monkeypatch.setattr("dl2ecd_core.models.darknet.names.text_lines", refuse)
    (tmp_path / "x.names").write_text("a\nb\nc", encoding="ascii")
    assert model(tmp_path, "[yolo]", "classes=3", "mask=0").class_names == ()
