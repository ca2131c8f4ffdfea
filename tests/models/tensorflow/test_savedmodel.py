"""SavedModels: which graph, which signature, which files."""

from __future__ import annotations

from pathlib import Path
from typing import Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Evidence, ModelDescription
from dl2ecd_core.models.tensorflow import savedmodel
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.models.cntk.writers import field

SHAPE = field(2, field(1, 2)) + field(2, field(1, 3))
IMAGE = field(
    1,
    field(1, b"x")
    + field(2, b"Placeholder")
    + field(5, field(1, b"dtype") + field(2, field(6, 1)))
    + field(5, field(1, b"shape") + field(2, field(7, SHAPE))),
)


def info(*tags: bytes, version: bytes = b"2.21.0") -> bytes:
    return field(1, b"".join(field(4, tag) for tag in tags) + field(5, version))


def tensor(key: bytes, name: bytes = b"x:0", shape: bytes = field(3, SHAPE)) -> bytes:
    return field(1, key) + field(2, field(1, name) + field(2, 1) + shape)


def signature(name: bytes, output: bytes = tensor(b"out"), more: bytes = b"") -> bytes:
    sides = field(1, tensor(b"in")) + field(2, output) + more
    return field(5, field(1, name) + field(2, sides))


def read(folder: Path, *graphs: bytes) -> ModelDescription:
    path = folder / "saved_model.pb"
    path.write_bytes(field(1, 1) + b"".join(field(2, graph) for graph in graphs))
    return inspect_model(path)


def ends(model: ModelDescription) -> Tuple[Tuple[object, ...], ...]:
    return tuple((t.name, t.shape, t.data_type) for t in (*model.inputs, *model.outputs))


PLAIN = info(b"serve") + field(2, IMAGE) + signature(b"serving_default")


def test_the_default_signature_tells_inputs_and_outputs(tmp_path: Path) -> None:
    model = read(tmp_path, PLAIN)
    assert ends(model) == (("in", (2, 3), "float32"), ("out", (2, 3), "float32"))
    assert model.framework_version == "2.21.0"


def test_the_graph_for_serving_is_taken_else_the_first(tmp_path: Path) -> None:
    train = info(b"train", version=b"1") + field(2, IMAGE) + signature(b"train")
    untagged = field(2, IMAGE) + signature(b"first")
    assert read(tmp_path, train, PLAIN).framework_version == "2.21.0"
    assert read(tmp_path, untagged, PLAIN).framework_version == "2.21.0"
    assert read(tmp_path, train, untagged).framework_version == "1"
    nameless = field(1, field(6, b"git")) + field(2, IMAGE)
    assert read(tmp_path, nameless, nameless).framework_version is None


def test_the_only_signature_that_gives_something_serves(tmp_path: Path) -> None:
    idle = field(5, field(1, b"idle") + field(2, b""))
    start = signature(b"__saved_model_init_op")
    model = read(tmp_path, info(b"serve") + field(2, IMAGE) + idle + start + signature(b"only"))
    assert [tensor.name for tensor in model.outputs] == ["out"]


def test_what_nobody_asks_for_is_passed_over(tmp_path: Path) -> None:
    odd = (
        info(b"serve")
        + field(2, IMAGE)
        + field(6, field(2, b"words.txt") + field(3, b"x"))
        + signature(
            b"serving_default",
            field(3, b"x") + tensor(b"out", shape=field(3, SHAPE) + field(4, b"x")),
            field(3, b"method"),
        )
    )
    model = read(tmp_path, odd)
    assert ends(model) == ends(read(tmp_path, PLAIN))
    assert read(tmp_path, odd).missing_files == ("assets/words.txt",)


def test_an_output_without_a_shape_has_that_of_the_graph(tmp_path: Path) -> None:
    for shape in (b"", field(3, field(3, 1))):
        output = signature(b"serving_default", tensor(b"out", shape=shape))
        model = read(tmp_path, info(b"serve") + field(2, IMAGE) + output)
        assert ends(model)[1] == ("out", (2, 3), "float32")
        assert model.outputs[0].evidence is Evidence.INFERRED
        assert model.findings == ()


def test_an_output_that_nothing_tells_is_unknown(tmp_path: Path) -> None:
    output = signature(b"serving_default", tensor(b"out", b"elsewhere:0", shape=b""))
    model = read(tmp_path, info(b"serve") + field(2, IMAGE) + output)
    assert ends(model)[1] == ("out", None, "float32")
    assert [finding.rule for finding in model.findings] == ["model-shape-unknown"]


def test_several_signatures_are_told_each_with_its_shapes() -> None:
    model = inspect_model(FIXTURES / "tensorflow" / "tf2" / "several")
    assert (model.inputs, model.outputs) == ((), ())
    told = {one.name: (one.inputs, one.outputs) for one in model.signatures}
    assert sorted(told) == ["classify", "double"]
    (image,), (classes,) = told["classify"]
    assert (image.axes, image.size_of("C")) == ("NHWC", 4)
    assert classes.size_of("C") is not None
    assert model.signatures[0].as_dict()["name"] == "classify"
    assert model.as_dict()["signatures"] == [one.as_dict() for one in model.signatures]


def test_one_signature_is_the_models_inputs_and_outputs(tmp_path: Path) -> None:
    assert read(tmp_path, PLAIN).signatures == ()


def test_a_shape_of_another_rank_than_the_graphs_has_no_letters(tmp_path: Path) -> None:
    output = signature(b"serving_default", tensor(b"out", shape=field(3, field(2, field(1, 9)))))
    (told,) = read(tmp_path, info(b"serve") + field(2, IMAGE) + output).outputs
    assert (told.shape, told.axes) == ((9,), "?")


def test_a_graph_holds_what_its_definition_allows(tmp_path: Path) -> None:
    assert ends(read(tmp_path, PLAIN + field(16, 1)))
    with pytest.raises(ModelFileError, match="a field 17") as caught:
        read(tmp_path, PLAIN + field(17, 1))
    assert caught.value.finding.rule == "model-damaged"


def test_more_graphs_than_any_model_has_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(savedmodel, "_MOST_GRAPHS", 2)
    with pytest.raises(ModelFileError, match="more than 2 graphs"):
        read(tmp_path, PLAIN, PLAIN, PLAIN)


def test_a_saved_model_without_a_graph_is_none(tmp_path: Path) -> None:
    path = tmp_path / "saved_model.pb"
    path.write_bytes(field(1, 1))
    with (
        ByteSource(path) as source,
        pytest.raises(ModelFileError, match="without a graph") as caught,
    ):
        savedmodel.read(source)
    assert caught.value.finding.rule == "model-not-a-model"


def test_the_files_of_the_folder_belong_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("assets/words.txt", "assets.extra/deep/notes.txt", "assets/more/other.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = [
        "saved_model.pb",
        "assets/more/other.txt",
        "assets/words.txt",
        "assets.extra/deep/notes.txt",
    ]
    assert [part.path for part in read(tmp_path, PLAIN).files] == found
    monkeypatch.setattr(savedmodel, "_MOST_FILES", 1)
    assert [part.path for part in read(tmp_path, PLAIN).files] == ["saved_model.pb"]


@pytest.mark.parametrize(
    "node",
    [
        b"",
        field(1, field(1, b"asset") + field(2, b"Const")),
        field(
            1,
            field(1, b"asset")
            + field(2, b"Const")
            + field(5, field(1, b"value") + field(2, field(8, field(1, 7) + field(2, b"")))),
        ),
        field(
            1,
            field(1, b"asset")
            + field(2, b"Const")
            + field(
                5,
                field(1, b"value")
                + field(
                    2,
                    field(8, field(1, 7) + field(2, b"") + field(8, b"/home/ada/" + b"x" * 5000)),
                ),
            ),
        ),
    ],
)
def test_assets_without_a_path_tell_no_path(node: bytes, tmp_path: Path) -> None:
    asset = field(6, field(1, field(1, b"asset:0")) + field(2, b"words.txt"))
    model = read(
        tmp_path,
        info(b"serve") + field(2, IMAGE + node) + signature(b"serving_default") + asset,
    )
    assert [finding.rule for finding in model.findings] == ["model-file-missing"]
    assert model.missing_files == ("assets/words.txt",)
