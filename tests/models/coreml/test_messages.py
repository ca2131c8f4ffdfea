"""Core ML messages, field by field: what inputs may be, and which files are models."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Activation, Evidence, ModelDescription
from tests.conftest import FIXTURES
from tests.fuzz.protobufs import varint
from tests.models.messages import number, piece

HERE = FIXTURES / "coreml"
OWN = piece(555, piece(10, b"Mine"))


def feature(name: str, type_: bytes) -> bytes:
    return piece(1, name.encode("ascii")) + piece(3, type_)


def array(*sizes: int) -> bytes:
    """A multi-array of 32-bit floats."""
    return piece(5, piece(1, b"".join(map(varint, sizes))) + number(2, 65568))


def model(
    folder: Path, *, given: bytes = b"", made: bytes = b"", kind: bytes = OWN, more: bytes = b""
) -> ModelDescription:
    """A model with an input ``image`` and an output ``scores``."""
    description = piece(1, feature("image", given or array(1, 4, 8, 8)))
    description += piece(10, feature("scores", made or array(3))) + more
    path = folder / "x.mlmodel"
    path.write_bytes(number(1, 8) + piece(2, description) + kind)
    return inspect_model(path)


# --- what the real library wrote ---


def test_every_type_of_input_is_told_in_numpys_words() -> None:
    found = inspect_model(HERE / "types.mlmodel")
    assert [tensor.data_type for tensor in found.inputs] == [
        "float16", "float32", "float64", "int32", "int8",
        "float32", None, None, None,
        "uint8", "uint8", "uint8", "float16", "uint8", "uint8",
        "int64", "float64", "string",
        "dictionary(string, float64)", "dictionary(int64, float64)", "sequence", "float16",
    ]  # fmt: skip
    images = [t for t in found.inputs if t.name in ("image0", "image1", "sizes", "size_range")]
    assert {tensor.axes for tensor in images} == {"CHW"}
    assert [item.rule for item in found.findings] == ["model-runs-own-code"]
    assert "'MyModel'" in found.findings[0].message


@pytest.mark.parametrize("name", ["forest.mlmodel", "models.mlmodel", "scene.mlmodel"])
def test_class_labels_are_found_wherever_they_stand(name: str) -> None:
    (found,) = inspect_model(HERE / name).class_names
    assert found.names == ("water", "forest", "road")


def test_models_inside_a_model_bring_their_code_along() -> None:
    (finding,) = inspect_model(HERE / "models.mlmodel").findings
    assert finding.rule == "model-runs-own-code"
    assert "'Inside'" in finding.message


def test_rows_of_networks_are_channels() -> None:
    found = inspect_model(HERE / "pixels.mlmodel")
    assert (found.inputs[0].axes, found.outputs[0].axes) == ("C", "C")
    assert found.outputs[0].activation is Activation.SOFTMAX


def test_of_several_functions_the_named_one_stands_for_the_model() -> None:
    """The other function gives a value of the same name another shape."""
    found = inspect_model(HERE / "functions.mlmodel")
    assert [tensor.name for tensor in found.inputs] == ["image_main"]
    (scores,) = found.outputs
    assert (scores.shape, scores.evidence) == ((1, 3), Evidence.INFERRED)
    assert scores.activation is Activation.SOFTMAX


# --- types ---


@pytest.mark.parametrize(
    ("type_", "shape", "axes", "data_type"),
    [
        (b"", None, None, None),
        (number(1000, 1), None, None, None),
        (piece(8, number(7, 1)), None, None, None),
        (piece(6, number(9, 1)), None, None, "dictionary"),
        (piece(5, number(2, 77)), None, None, None),
        (piece(5, number(99, 1) + piece(1, varint(3) + varint(-1))), (3, None), "??", None),
        (piece(5, piece(21, number(9, 1))), None, None, None),
        (piece(5, piece(21, piece(1, number(9, 1)))), None, None, None),
        (piece(5, piece(31, number(9, 1) + piece(1, number(1, 3) + number(2, 3) + number(9, 1)))),
         (3,), "?", None),
        (piece(5, piece(31, piece(1, b"") * 40)), None, None, None),
        (piece(4, number(1, 0) + number(3, 99)), (None, None, None), "CHW", None),
        (piece(4, number(99, 0) + piece(21, b"")), (None, None, None), "CHW", None),
        (piece(4, piece(21, number(9, 1) + piece(1, number(1, 5) + number(2, 6)))),
         (None, 6, 5), "CHW", None),
        (piece(4, piece(31, number(9, 1))), (None, None, None), "CHW", None),
    ],
)  # fmt: skip
def test_types_say_what_they_can(
    type_: bytes, shape: Any, axes: Any, data_type: Any, tmp_path: Path
) -> None:
    (found,) = model(tmp_path, given=type_ or number(1000, 0)).inputs
    assert (found.name, found.shape, found.axes, found.data_type) == (
        "image", shape, axes, data_type,
    )  # fmt: skip


def test_a_feature_without_a_type_still_has_a_name(tmp_path: Path) -> None:
    found = model(tmp_path, more=piece(10, piece(1, b"more") + piece(2, b"a word on it")))
    assert [(tensor.name, tensor.shape) for tensor in found.outputs] == [
        ("scores", (3,)),
        ("more", None),
    ]
    assert [item.rule for item in found.findings] == ["model-runs-own-code", "model-shape-unknown"]


def test_arrays_of_many_dimensions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="more than 32 dimensions"):
        model(tmp_path, given=array(*[1] * 33))


# --- descriptions ---


def test_without_a_default_the_first_function_stands_for_the_model(tmp_path: Path) -> None:
    functions = b"".join(
        piece(20, piece(1, name) + piece(2, feature(name.decode(), array(size))) + number(9, 1))
        for name, size in ((b"first", 3), (b"second", 4))
    )
    path = tmp_path / "x.mlmodel"
    path.write_bytes(number(1, 9) + piece(2, functions) + OWN)
    assert [(t.name, t.shape) for t in inspect_model(path).inputs] == [("first", (3,))]


def test_functions_without_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="more than 256 functions"):
        model(tmp_path, more=piece(20, piece(1, b"f")) * 300)


@pytest.mark.parametrize(
    ("remarks", "names"),
    [
        ({"classes": "water, forest"}, [("water", "forest")]),
        ({"names": '["water", "forest"]'}, [("water", "forest")]),
        ({"labels": "water, forest"}, [("water", "forest")]),
        ({"classes": "['water'; 'forest', 3]"}, []),
    ],
)
def test_names_of_classes_may_stand_among_the_remarks(
    remarks: Dict[str, str], names: Any, tmp_path: Path
) -> None:
    metadata = b"".join(
        piece(100, piece(1, key.encode()) + piece(2, text.encode()))
        for key, text in remarks.items()
    )
    found = model(tmp_path, more=piece(100, piece(1, b"short") + metadata))
    assert [one.names for one in found.class_names] == names
    assert found.producer is None


# --- recognising ---


@pytest.mark.parametrize("end", [20, 60, 90, -40, -1])
def test_a_cut_file_is_still_known_for_core_ml(end: int, tmp_path: Path) -> None:
    path = tmp_path / "cut.mlmodel"
    path.write_bytes((HERE / "network.mlmodel").read_bytes()[:end])
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-damaged"


@pytest.mark.parametrize(
    "content",
    [
        number(1, 8) + piece(2, number(1, 5)) + OWN,
        number(1, 8) + piece(2, piece(11, b"label") + piece(99, b"")) + OWN,
        number(1, 8) + piece(2, piece(11, b"label")) + OWN,
        number(1, 8) + piece(2, piece(10, feature("a", b""))) + piece(77, bytes(20)),
        number(1, 8) + OWN,
        number(1, 5000) + bytes(20),
        number(1, 8) + varint(2 << 3 | 2),
        number(1, 8) + piece(2, b"\x07" * 9) + bytes(30),
        number(1, 8) + varint(2 << 3 | 2) + varint(500),
        number(1, 8) + number(10, 1),
    ],
)
def test_other_messages_are_not_taken_for_core_ml(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.mlmodel"
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-not-recognised"


def test_a_description_alone_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    found = model(tmp_path, kind=number(10, 1))
    assert (found.inputs[0].axes, found.outputs[0].shape) == ("????", (3,))


def test_models_inside_models_without_end_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dl2ecd_core.models.coreml._MOST_MODELS", 3)
    inner = b"".join(piece(1, piece(555, piece(10, b"Mine%d" % n))) for n in range(6))
    found = model(tmp_path, kind=piece(202, inner))
    # The outer one counts, too; the last are looked into first.
    assert "'Mine2'" in found.findings[0].message
    assert "'Mine0'" not in found.findings[0].message


@pytest.mark.parametrize("number_", [200, 201])
def test_pipelines_that_classify_hold_a_pipeline(number_: int, tmp_path: Path) -> None:
    inner = piece(1, piece(1, OWN))
    assert model(tmp_path, kind=piece(number_, inner)).findings
    assert not model(tmp_path, kind=piece(number_, number(9, 1))).findings


@pytest.mark.parametrize(
    "kind",
    [
        piece(400, number(1, 1) + number(100, 1)),
        piece(555, piece(30, b"note")),
    ],
)
def test_classifiers_and_custom_models_may_tell_nothing(kind: bytes, tmp_path: Path) -> None:
    found = model(tmp_path, kind=kind)
    assert (found.class_names, found.findings) == ((), ())


# --- layers of networks ---


@pytest.mark.parametrize(
    ("layer", "activation"),
    [
        (piece(175, b""), Activation.SOFTMAX),
        (piece(950, b""), Activation.SOFTMAX),
        (piece(1025, b""), Activation.ARGMAX),
        (piece(100, b""), Activation.NONE),
        (piece(140, b""), Activation.NONE),
        (piece(130, piece(40, b"")), Activation.SIGMOID),
        (piece(130, piece(10, b"")), Activation.NONE),
        (piece(130, piece(30, b"")), Activation.NONE),
        (piece(220, b""), None),
        (piece(130, b""), None),
        (piece(310, b""), None),
    ],
)
def test_layers_are_known_by_their_number(
    layer: bytes, activation: Optional[Activation], tmp_path: Path
) -> None:
    network = piece(500, piece(1, piece(1, b"last") + piece(3, b"scores") + layer) + number(7, 1))
    assert model(tmp_path, kind=network).outputs[0].activation is activation


@pytest.mark.parametrize(("mapping", "axes"), [(0, "CHW"), (1, "???")])
def test_only_older_networks_are_known_to_order_their_axes(
    mapping: int, axes: str, tmp_path: Path
) -> None:
    found = model(tmp_path, given=array(4, 8, 8), kind=piece(500, number(5, mapping)))
    assert found.inputs[0].axes == axes


def test_a_custom_layer_without_a_name_is_still_said(tmp_path: Path) -> None:
    found = model(tmp_path, kind=piece(500, piece(1, piece(500, number(1, 1)))))
    assert [item.rule for item in found.findings] == ["model-runs-own-code"]


# --- images of neural networks ---


def layer(kind: int, given: str, made: str, content: bytes = b"") -> bytes:
    return piece(1, piece(2, given.encode()) + piece(3, made.encode()) + piece(kind, content))


def convolution(made: int, taken: int, *, groups: int = 1, turned: bool = False) -> bytes:
    return number(1, made) + number(2, taken) + number(10, groups) + number(60, int(turned))


def network(folder: Path, *layers: bytes, given: bytes = b"") -> ModelDescription:
    """A network of a free size whose output has no shape in the file."""
    content = b"".join(layers) + number(5, 1)
    nothing = piece(5, number(2, 65568))
    return model(folder, given=given or array(1, 4, 0, 0), made=nothing, kind=piece(500, content))


def test_a_size_of_0_is_free(tmp_path: Path) -> None:
    (image,) = network(tmp_path, layer(100, "image", "scores", convolution(3, 4))).inputs
    assert (image.shape, image.axes) == ((1, 4, None, None), "NCHW")


def test_bands_that_the_file_leaves_free_are_those_of_the_convolution(tmp_path: Path) -> None:
    only = layer(100, "image", "scores", convolution(3, 4))
    (image,) = network(tmp_path, only, given=array(1, 0, 0, 0)).inputs
    assert (image.shape, image.evidence) == ((1, 4, None, None), Evidence.INFERRED)


@pytest.mark.parametrize(
    ("layers", "classes"),
    [
        ([layer(100, "image", "scores", convolution(3, 4))], 3),
        ([layer(100, "image", "a", convolution(3, 4)), layer(175, "a", "scores")], 3),
        ([layer(100, "image", "a", convolution(3, 4)), layer(210, "a", "scores")], 3),
        ([layer(100, "image", "a", convolution(3, 4)), layer(211, "a", "scores")], 3),
        ([layer(100, "image", "a", convolution(3, 4, turned=True)), layer(130, "a", "scores")], 3),
        ([layer(100, "image", "a", convolution(3, 4)), layer(320, "a", "scores")], None),
        ([layer(100, "image", "a", convolution(3, 4)), layer(1025, "a", "scores")], None),
        (
            [layer(100, "image", "a", convolution(3, 4)), layer(1025, "a", "scores", number(1, 1))],
            3,
        ),
        (
            [
                layer(100, "image", "a", convolution(3, 4)),
                layer(1025, "a", "scores", number(1, (1 << 64) - 3)),
            ],
            3,
        ),
        ([layer(120, "image", "scores")], 4),
        ([layer(120, "other", "scores")], None),
        ([layer(140, "image", "scores")], None),
        ([layer(100, "image", "scores", b"")], None),
        ([piece(1, piece(2, b"image") + piece(3, b"scores"))], None),
    ],
)
def test_the_last_convolution_tells_the_classes(
    layers: List[bytes], classes: Optional[int], tmp_path: Path
) -> None:
    (scores,) = network(tmp_path, *layers).outputs
    assert (scores.shape, scores.class_count) == (None, classes)


@pytest.mark.parametrize(
    ("resize", "activation"),
    [
        (layer(210, "b", "scores"), Activation.ARGMAX),
        (layer(210, "b", "scores", number(5, 1)), None),
        (layer(211, "b", "scores"), None),
    ],
)
def test_between_two_classes_lies_no_third(
    resize: bytes, activation: Optional[Activation], tmp_path: Path
) -> None:
    best = layer(1025, "a", "b", number(1, 1))
    first = layer(100, "image", "a", convolution(3, 4))
    (scores,) = network(tmp_path, first, best, resize).outputs
    assert scores.activation is activation


def test_values_joined_from_images_are_images(tmp_path: Path) -> None:
    added = piece(1, piece(2, b"a") + piece(2, b"image") + piece(3, b"scores") + piece(230, b""))
    first = layer(100, "image", "a", convolution(4, 2, groups=2))
    (scores,) = network(tmp_path, first, added).outputs
    assert (scores.axes, scores.class_count) == (None, None)
