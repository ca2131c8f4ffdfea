"""The operations of Core ML programs: what they tell of images, classes and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Optional, Sequence

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Activation, Dims, Evidence
from tests.fuzz.protobufs import varint
from tests.models import messages
from tests.models.messages import number, piece

from .test_messages import array, feature, model


def entry(key: str, value: bytes) -> bytes:
    """An entry of a map, with a field that no version has yet."""
    return messages.entry(key, value) + number(15, 1)


def text(value: str) -> bytes:
    """A Value that holds a text."""
    return piece(3, piece(1, piece(4, piece(1, value.encode()))))


def operation(
    kind: str,
    outputs: Dict[str, Optional[Sequence[Optional[int]]]],
    more: bytes = b"",
    **inputs: str,
) -> bytes:
    raw = piece(1, kind.encode())
    for name, used in inputs.items():
        raw += piece(2, entry(name, piece(1, piece(1, used.encode()))))
    for name, sizes in outputs.items():
        raw += piece(3, typed(name, sizes))
    return raw + more


IMAGE: Dims = (1, 3, 8, 8)


def typed(name: str, sizes: Optional[Sequence[Optional[int]]]) -> bytes:
    """A value's name and type."""
    type_ = b""
    if sizes is not None:
        dims = b"".join(
            piece(3, piece(2, b"") if size is None else piece(1, number(1, size))) for size in sizes
        )
        type_ = piece(1, number(1, 11) + number(2, len(sizes)) + dims)
    return piece(1, name.encode()) + piece(2, type_)


def program(*operations: bytes, given: Optional[Dims] = IMAGE) -> bytes:
    block = b"".join(piece(3, one) for one in operations)
    function = piece(3, entry("CoreML5", block))
    if given is not None:
        function = piece(1, typed("image", given)) + function
    return piece(502, number(1, 1) + piece(2, entry("main", function)))


def numbers(*values: int) -> bytes:
    """The content of a constant: a list of whole numbers."""
    packed = b"".join(varint(value & (1 << 64) - 1) for value in values)
    return piece(3, piece(1, piece(2, piece(1, packed) + number(9, 1))))


def constant(name: str, *values: int) -> bytes:
    return operation("const", {name: (len(values),)}, piece(5, entry("val", numbers(*values))))


def test_an_image_is_known_by_its_convolution_even_behind_other_operations(
    tmp_path: Path,
) -> None:
    kind = program(
        operation("mul", {"scaled": IMAGE}, x="image"),
        operation("conv", {"c": IMAGE}, x="scaled"),
        operation("relu", {"r": IMAGE}, x="c"),
        operation("riddle", {"q": IMAGE}, x="r"),
        operation("cast", {"scores": (1, 3, None, 8)}, x="r"),
    )
    found = model(tmp_path, made=piece(5, number(2, 65568)), kind=kind)
    assert found.inputs[0].axes == "NCHW"
    (scores,) = found.outputs
    assert (scores.shape, scores.axes) == ((1, 3, None, 8), "NCHW")
    assert (scores.evidence, scores.activation) == (Evidence.INFERRED, Activation.NONE)


def test_what_a_convolution_takes_is_an_image_also_where_nothing_declares_it(
    tmp_path: Path,
) -> None:
    kind = program(operation("conv", {"scores": None}, x="image"), given=None)
    found = model(tmp_path, given=array(1, 3, 8, 8), kind=kind)
    assert found.inputs[0].axes == "NCHW"


CONV = operation("conv", {"c": (1, 5, 8, 8)}, x="image")
FREE = piece(5, number(2, 65568))


@pytest.mark.parametrize(
    ("steps", "axes", "activation", "classes"),
    [
        ([constant("k", 1), operation("reduce_argmax", {"scores": (1, 8, 8)}, x="c", axis="k")],
         "NHW", Activation.ARGMAX, 5),
        ([constant("k", -3), operation("reduce_argmax", {"scores": (1, 1, 8, 8)}, x="c", axis="k")],
         "N?HW", Activation.ARGMAX, 5),
        ([operation("reduce_argmax", {"scores": (1, 8, 8)}, x="c")], "???", Activation.ARGMAX,
         None),
        ([constant("k", *[1] * 700), operation("reduce_argmax", {"scores": (1, 8, 8)}, x="c",
                                               axis="k")], "???", Activation.ARGMAX, None),
        ([constant("o", 0, 2, 3, 1), operation("transpose", {"scores": (1, 8, 8, 5)}, x="c",
                                               perm="o")], "NHWC", Activation.NONE, None),
        ([operation("reduce_mean", {"m": (1, 5, 1, 1)}, x="c"),
          operation("reshape", {"scores": (1, 5)}, x="m")], "NC", None, None),
        ([operation("reduce_mean", {"m": (1, 5)}, x="c"),
          operation("const", {"w": (5, 5)}),
          operation("linear", {"scores": (1, 5)}, x="m", weight="w")], "NC", Activation.NONE, None),
        ([operation("const", {"w": (5, 5)}),
          operation("linear", {"scores": (1, 5, 8, 7)}, x="c", weight="w")], "NCH?",
         Activation.NONE, None),
        ([operation("upsample_nearest_neighbor", {"scores": (1, 5, 16, 16)}, x="c")], "NCHW",
         Activation.NONE, None),
    ],
)  # fmt: skip
def test_axes_and_meaning_go_forward(
    steps: Sequence[bytes], axes: str, activation: Any, classes: Any, tmp_path: Path
) -> None:
    (scores,) = model(tmp_path, made=FREE, kind=program(CONV, *steps)).outputs
    assert (scores.axes, scores.activation, scores.class_count) == (axes, activation, classes)


@pytest.mark.parametrize(
    ("kind", "activation"),
    [
        ("softmax", Activation.SOFTMAX),
        ("sigmoid", Activation.SIGMOID),
        ("reduce_argmax", Activation.ARGMAX),
        ("linear", Activation.NONE),
        ("riddle", None),
    ],
)
def test_the_last_operation_is_found_behind_moves(
    kind: str, activation: Optional[Activation], tmp_path: Path
) -> None:
    steps = (operation(kind, {"a": None}, x="image"), operation("reshape", {"scores": None}, x="a"))
    assert model(tmp_path, kind=program(*steps)).outputs[0].activation is activation


@pytest.mark.parametrize(
    "type_",
    [
        piece(1, number(2, 3) + piece(3, piece(1, number(1, 5)))),
        piece(1, number(2, 33) + piece(3, b"") * 33),
        piece(7, b""),
    ],
)
def test_shapes_that_do_not_have_their_rank_are_not_told(type_: bytes, tmp_path: Path) -> None:
    step = piece(1, b"relu") + piece(3, piece(1, b"scores") + piece(2, type_) + number(9, 1))
    found = model(tmp_path, made=piece(5, number(2, 65568)), kind=program(step))
    assert found.outputs[0].shape is None


def test_labels_may_stand_in_a_constant_before_the_classifier(tmp_path: Path) -> None:
    words = piece(3, piece(1, piece(4, piece(1, b"water") + piece(1, b"forest") + number(9, 1))))
    kind = program(
        operation("const", {"l": None}, piece(5, entry("val", words))),
        operation("classify", {"scores": None}, classes="l", probabilities="image"),
        operation("classify", {"again": None}, classes="lost"),
    )
    assert [one.names for one in model(tmp_path, kind=kind).class_names] == [("water", "forest")]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (text("MyOp"), "'MyOp'"),
        (piece(3, piece(3, piece(1, text("MyOp")) + number(9, 1))), "'MyOp'"),
        (piece(3, piece(3, piece(1, number(2, 1)))), "unnamed"),
        (piece(3, piece(1, number(1, 1))), "unnamed"),
        (piece(3, piece(1, piece(4, number(9, 1)))), "unnamed"),
        (number(2, 1), "unnamed"),
    ],
)
def test_an_operation_of_ones_own_is_named_where_it_says_its_name(
    written: bytes, name: str, tmp_path: Path
) -> None:
    given = piece(2, entry("class_name", number(7, 1) + piece(1, number(9, 1) + piece(2, written))))
    found = model(tmp_path, kind=program(piece(1, b"custom_layer") + given + number(9, 1)))
    assert found.findings[0].rule == "model-runs-own-code"
    assert name in found.findings[0].message


def test_operations_of_other_functions_tell_files_but_no_shapes(tmp_path: Path) -> None:
    place = piece(5, piece(1, b"@model_path/weights/w.bin") + number(2, 64))
    place += piece(5, piece(1, b"other.bin"))
    weights = operation("const", {"w": None}, piece(5, entry("val", place)))
    made = operation("relu", {"scores": (9, 9)}, x="image")
    functions = b"".join(
        piece(2, entry(name, piece(3, entry("CoreML5", piece(3, weights) + piece(3, made)))))
        for name in ("side", "far")
    )
    functions += piece(2, piece(1, b"empty"))
    more = piece(20, piece(1, b"main") + piece(3, feature("scores", piece(5, number(2, 65568)))))
    path = tmp_path / "x.mlmodel"
    path.write_bytes(number(1, 9) + piece(2, more) + piece(502, functions))
    found = inspect_model(path)
    assert found.missing_files == ("weights/w.bin", "other.bin")
    assert found.outputs[0].shape is None


@pytest.mark.parametrize(("depth", "seen"), [(5, True), (40, False)])
def test_blocks_inside_operations_are_followed_only_so_deep(
    depth: int, seen: bool, tmp_path: Path
) -> None:
    inner = operation("custom_layer", {})
    for _ in range(depth):
        inner = operation("cond", {}, piece(4, piece(3, inner) + number(9, 1)))
    assert bool(model(tmp_path, kind=program(inner)).findings) is seen


def test_operations_without_end_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dl2ecd_core.models.coreml.program._MOST_OPERATIONS", 5)
    with pytest.raises(ModelFileError, match="more than 5 operations"):
        model(tmp_path, kind=program(*[operation("relu", {})] * 6))
