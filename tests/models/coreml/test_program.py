"""The operations of Core ML programs: what they tell of images, classes and files."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Optional, Sequence

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Activation, Dims, Evidence
from tests.models import messages
from tests.models.messages import number, piece

from .test_messages import feature, model


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
        type_ = b""
        if sizes is not None:
            dims = b"".join(
                piece(3, piece(2, b"") if size is None else piece(1, number(1, size)))
                for size in sizes
            )
            type_ = piece(1, number(1, 11) + number(2, len(sizes)) + dims)
        raw += piece(3, piece(1, name.encode()) + piece(2, type_))
    return raw + more


def program(*operations: bytes) -> bytes:
    block = b"".join(piece(3, one) for one in operations)
    return piece(502, number(1, 1) + piece(2, entry("main", piece(3, entry("CoreML5", block)))))


IMAGE: Dims = (1, 3, 8, 8)


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
