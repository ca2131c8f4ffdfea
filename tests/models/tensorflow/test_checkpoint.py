"""Checkpoints: their tables, their variables, and the files around them."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path
from typing import Any, List, Sequence, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.tensorflow import bundle as bundle_module
from dl2ecd_core.models.tensorflow import checkpoint, own_paths
from dl2ecd_core.models.tensorflow import table as table_module
from dl2ecd_core.models.tensorflow.bundle import Bundle, Variable, read_bundle
from dl2ecd_core.models.tensorflow.kernels import ends_by_kernels
from dl2ecd_core.models.tensorflow.table import FOOTER, MAGIC
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.models.cntk.writers import field, varint
from tests.wire.test_snappy import as_literals

TF1 = FIXTURES / "tensorflow" / "tf1"
Pairs = Sequence[Tuple[bytes, bytes]]


def block(pairs: Pairs) -> bytes:
    """Entries whose keys share nothing."""
    rows = [varint(0) + varint(len(key)) + varint(len(value)) + key + value for key, value in pairs]
    return b"".join(rows) + struct.pack("<II", 0, 1)


def packed(content: bytes, how: int) -> bytes:
    """A block as it lies in the file, with how it is packed and a checksum that nobody reads."""
    return (as_literals(content) if how == 1 else content) + bytes([how]) + bytes(4)


def table(*blocks: Pairs, how: int = 0, index_how: int = 0) -> bytes:
    """A table of some blocks of pairs."""
    data, places = b"", []
    for pairs in blocks:
        piece = packed(block(pairs), how)
        places.append((b"", varint(len(data)) + varint(len(piece) - 5)))
        data += piece
    index = packed(block(places), index_how)
    return ended(data + index, len(data), len(index) - 5)


def ended(data: bytes, start: int, size: int) -> bytes:
    """With the footer, which says where the index lies."""
    handles = varint(0) + varint(0) + varint(start) + varint(size)
    return data + handles.ljust(FOOTER - 8, b"\0") + MAGIC


def variable(*sizes: int, kind: int = 1) -> bytes:
    shape = b"".join(field(2, field(1, size)) for size in sizes)
    return field(1, kind) + field(2, shape)


HEADER = (b"", field(1, 1) + field(3, b""))
SIMPLE = [HEADER, (b"bias", variable(3)), (b"kernel", variable(3, 3, 4, 3))]


def read(folder: Path, data: bytes) -> Bundle:
    path = folder / "model.index"
    path.write_bytes(data)
    with ByteSource(path) as source:
        return read_bundle(source)


@pytest.mark.parametrize(
    "data",
    [
        table(SIMPLE),
        table(SIMPLE, how=1),
        table(SIMPLE, index_how=1),
        table(SIMPLE[:1], SIMPLE[1:]),
        table([HEADER], [], SIMPLE[1:], how=1),
    ],
)
def test_variables_come_from_all_blocks_however_they_are_packed(
    data: bytes, tmp_path: Path
) -> None:
    assert read(tmp_path, data) == Bundle(
        2, 1, (Variable("bias", 1, (3,)), Variable("kernel", 1, (3, 3, 4, 3)))
    )


def rows_of(*keys: Tuple[int, bytes]) -> bytes:
    """A table of scalars whose names begin with so many letters of the one before."""
    rows = varint(0) + varint(0) + varint(len(HEADER[1])) + HEADER[1]
    for shared, rest in keys:
        rows += varint(shared) + varint(len(rest)) + varint(2) + rest + field(1, 1)
    data = packed(rows + struct.pack("<II", 0, 1), 0)
    index = packed(block([(b"z", varint(0) + varint(len(data) - 5))]), 0)
    return ended(data + index, len(data), len(index) - 5)


def twice(pairs: Pairs) -> bytes:
    """A table whose index names one block twice."""
    data = packed(block(pairs), 0)
    place = varint(0) + varint(len(data) - 5)
    index = packed(block([(b"a", place), (b"b", place)]), 0)
    return ended(data + index, len(data), len(index) - 5)


def test_keys_share_their_beginnings(tmp_path: Path) -> None:
    data = rows_of((0, b"layer/bias"), (6, b"kernel"), (12, b"_1"))
    found = read(tmp_path, data).variables
    assert [one.name for one in found] == ["layer/bias", "layer/kernel", "layer/kernel_1"]


def test_a_variable_without_a_shape_is_a_scalar(tmp_path: Path) -> None:
    (one,) = read(tmp_path, table([HEADER, (b"step", field(1, 9) + field(7, b"x"))])).variables
    assert one == Variable("step", 9, ())


def raw_table(content: bytes) -> bytes:
    """A table whose index block is these bytes."""
    return ended(content + bytes(5), 0, len(content))


BAD_ENTRY = varint(5) + varint(0) + varint(0)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (ended(b"x" * 60, 0, 1 << 20), "beyond the end"),
        (b"x" * 20 + b"\xff" * (FOOTER - 8) + MAGIC, "does not end"),
        (raw_table(b"\0\0"), "too short"),
        (raw_table(struct.pack("<I", 50)), "is damaged"),
        (raw_table(BAD_ENTRY + struct.pack("<II", 0, 1)), "An entry of the checkpoint is damaged"),
        (raw_table(block([(b"k" * 70_000, b"")])), "An entry of the checkpoint is damaged"),
        (rows_of((0, b"k" * 65_000), (65_000, b"k" * 1_000)), "name in the checkpoint is too long"),
        (twice(SIMPLE), "blocks overlap"),
        (table(SIMPLE)[:1] + table(SIMPLE, how=1)[1:], "packed block"),
        (table([HEADER, (b"x", b"\x0b")]), "unknown wire type"),
        (table([(b"", field(1, 200_000))]), "200000 data files"),
    ],
)
def test_a_broken_table_is_damaged(data: bytes, word: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=word) as caught:
        read(tmp_path, data)
    assert caught.value.finding.rule == "model-damaged"


def test_a_packing_of_the_future_is_not_supported(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"packed in a way \(4\)") as caught:
        read(tmp_path, table(SIMPLE, how=4))
    assert caught.value.finding.rule == "model-unsupported"


@pytest.mark.parametrize(
    "data", [table([(b"key", b"value")]), table([(b"", field(3, b""))]), table([(b"", b"")])]
)
def test_a_table_of_something_else_is_no_checkpoint(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="not a TensorFlow checkpoint") as caught:
        read(tmp_path, data)
    assert caught.value.finding.rule == "model-not-a-model"


@pytest.mark.parametrize(
    ("module", "limit", "what"),
    [
        (table_module, "_MOST_BLOCKS", "more than 1 blocks"),
        (bundle_module, "_MOST_VARIABLES", "more than 1 variables"),
    ],
)
def test_more_than_any_checkpoint_has_is_refused(
    module: Any, limit: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, limit, 1)
    with pytest.raises(ModelFileError, match=what) as caught:
        read(tmp_path, table(SIMPLE[:2], SIMPLE[2:]))
    assert caught.value.finding.rule == "model-too-complex"


def test_an_old_checkpoint_lists_its_variables_in_its_first_entry(tmp_path: Path) -> None:
    one = field(1, b"w") + field(2, field(2, field(1, 5))) + field(3, 1) + field(4, b"")
    meta = field(1, field(2, b"versions") + field(1, one) + field(1, field(1, b"s"))) + field(
        2, b""
    )
    assert read(tmp_path, table([(b"", meta)])) == Bundle(
        1, 0, (Variable("w", 1, (5,)), Variable("s", 0, ()))
    )


def files(model: Path) -> Tuple[List[str], Tuple[str, ...]]:
    told = inspect_model(model)
    return [part.path for part in told.files], told.missing_files


def test_a_graph_alone_misses_its_weights(tmp_path: Path) -> None:
    shutil.copy(TF1 / "ckpt" / "model.ckpt.meta", tmp_path)
    model = inspect_model(tmp_path / "model.ckpt.meta")
    assert model.missing_files == ("model.ckpt.index",)
    assert model.parameters is None
    assert [tensor.name for tensor in model.outputs] == ["loss", "predicted"]


def test_a_graph_beside_something_else_misses_its_weights(tmp_path: Path) -> None:
    shutil.copy(TF1 / "ckpt" / "model.ckpt.meta", tmp_path)
    (tmp_path / "model.ckpt.index").write_bytes(b"no table")
    assert inspect_model(tmp_path / "model.ckpt.meta").parameters is None


def test_a_graph_that_is_none_is_left_alone(tmp_path: Path) -> None:
    shutil.copytree(TF1 / "ckpt", tmp_path / "ckpt")
    (tmp_path / "ckpt" / "model.ckpt.meta").write_bytes(b"notes")
    model = inspect_model(tmp_path / "ckpt" / "model.ckpt.index")
    assert (model.parameters, model.outputs) == (108, ())


def test_an_old_checkpoint_and_its_graph_belong_together() -> None:
    assert files(TF1 / "ckpt_v1" / "model.ckpt.meta") == (
        ["model.ckpt.meta", "model.ckpt", "checkpoint"],
        (),
    )


@pytest.mark.parametrize("index", [None, b"no table"])
def test_data_without_its_index_is_not_recognised(index: Any, tmp_path: Path) -> None:
    shutil.copy(TF1 / "ckpt" / "model.ckpt.data-00000-of-00001", tmp_path)
    if index is not None:
        (tmp_path / "model.ckpt.index").write_bytes(index)
    path = tmp_path / "model.ckpt.data-00000-of-00001"
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-not-recognised"
    with (
        ByteSource(path) as source,
        pytest.raises(ModelFileError, match="not part of a checkpoint"),
    ):
        checkpoint.read(source)


class Unreadable(ByteSource):
    """A file that other programs keep to themselves."""

    def __init__(self, path: Path, name: str = "") -> None:
        raise ModelFileError("file-unreadable", f"'{path.name}' can't be read.")


def test_an_index_that_can_not_be_read_tells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(TF1 / "ckpt", tmp_path / "ckpt")
    with ByteSource(tmp_path / "ckpt" / "model.ckpt.data-00000-of-00001") as source:
        assert checkpoint.recognise(source) is checkpoint.Match.MAYBE
        monkeypatch.setattr(checkpoint, "ByteSource", Unreadable)
        assert checkpoint.recognise(source) is checkpoint.Match.NO


def test_a_list_of_checkpoints_that_can_not_be_read_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(own_paths, "ByteSource", Unreadable)
    assert list(own_paths.paths_in_state(TF1 / "ckpt" / "checkpoint")) == []


@pytest.mark.parametrize(
    ("shapes", "bands", "classes"),
    [
        # Kernels of dense layers, or of layers that share their number of channels.
        ({0: {"kernel": (4, 8), "bias": (8,)}}, None, None),
        ({0: {"kernel": (3, 3, 4, 4), "bias": (4,)}}, None, 4),
        ({0: {"kernel": (3, 3, 4, 8)}}, None, None),
        ({0: {"kernel": (3, 3, 4, 8), "bias": (9,)}}, None, None),
        ({0: {"gamma": (4,), "odd": None}, 1: {"kernel": (1, 1, 4, 3), "bias": (3,)}}, None, 3),
        ({0: {"gamma": (4,)}}, None, None),
        ({0: {"kernel": (3, 3, 4, 8), "bias": (8,)}}, 4, 8),
    ],
)
def test_channels_are_told_where_the_bias_tells_which_end_is_which(
    shapes: Any, bands: Any, classes: Any
) -> None:
    variables = tuple(
        Variable(f"layer_with_weights-{n}/{part}/.ATTRIBUTES/VARIABLE_VALUE", 1, shape)
        for n, parts in shapes.items()
        for part, shape in parts.items()
    )
    ends = ends_by_kernels(Bundle(2, 1, variables))
    assert [t.size_of("C") for t in ends.inputs] == ([] if bands is None else [bands])
    assert [t.size_of("C") for t in ends.outputs] == ([] if classes is None else [classes])
