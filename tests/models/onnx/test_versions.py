"""Versions that ONNX files state, and files that they name as Windows does."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence, Tuple

import pytest

from dl2ecd_core.findings import Severity
from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import ModelDescription, inspect_model
from dl2ecd_core.models.onnx.versions import NEWEST_IR, NEWEST_OPSET
from tests.models.onnx.graphs import count, node, piece, value

_GRAPH = (
    node(b"Relu", [b"x"], [b"y"]) + value(11, b"x", [1, 3, 8, 8]) + value(12, b"y", [1, 3, 8, 8])
)


def inspected(
    folder: Path, ir: int, opsets: Sequence[Tuple[bytes, int]], graph: bytes = _GRAPH
) -> ModelDescription:
    sets = b"".join(piece(8, piece(1, domain) + count(2, number)) for domain, number in opsets)
    path = folder / "m.onnx"
    path.write_bytes(count(1, ir) + piece(7, graph) + sets)
    return inspect_model(path)


@pytest.mark.parametrize(
    ("ir", "opsets", "said"),
    [
        (8, [(b"", 17)], "IR 8, opset 17"),
        (8, [(b"ai.onnx", 17)], "IR 8, opset 17"),
        (3, [], "IR 3, opset 1"),
        (9, [(b"ai.onnx.ml", 3), (b"", 19)], "IR 9, opset 19, ai.onnx.ml 3"),
    ],
)
def test_ir_version_and_opset_are_told(
    tmp_path: Path, ir: int, opsets: Sequence[Tuple[bytes, int]], said: str
) -> None:
    assert inspected(tmp_path, ir, opsets).framework_version == said


@pytest.mark.parametrize(
    ("ir", "opset", "newer"),
    [
        (NEWEST_IR, NEWEST_OPSET, []),
        (NEWEST_IR + 1, NEWEST_OPSET, ["IR version 15"]),
        (NEWEST_IR, NEWEST_OPSET + 1, ["opset 29"]),
        (NEWEST_IR + 2, NEWEST_OPSET + 3, ["IR version 16", "opset 31"]),
    ],
)
def test_versions_newer_than_any_known_are_warned_of(
    tmp_path: Path, ir: int, opset: int, newer: Sequence[str]
) -> None:
    found = [
        item
        for item in inspected(tmp_path, ir, [(b"", opset)]).findings
        if item.rule == "model-version-unknown"
    ]
    assert [item.severity for item in found] == [Severity.WARNING] * bool(newer)
    for what in newer:
        assert what in found[0].message
    assert all("opset" not in item.message for item in found if len(newer) == 1 and ir > NEWEST_IR)


def weights(location: bytes) -> bytes:
    """A graph whose kernel lies in another file."""
    entry = piece(13, piece(1, b"location") + piece(2, location))
    kernel = b"".join(count(1, size) for size in (3, 4, 3, 3)) + count(2, 1) + piece(8, b"w")
    return (
        piece(5, kernel + entry + count(14, 1))
        + node(b"Conv", [b"x", b"w"], [b"y"])
        + value(11, b"x", [1, 4, 8, 8])
        + value(12, b"y")
    )


def test_a_windows_path_is_a_file_of_the_models(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "w.bin").write_bytes(b"\0" * 432)
    model = inspected(tmp_path, 9, [(b"", 19)], weights(rb"weights\w.bin"))
    assert [part.path for part in model.files] == ["m.onnx", "weights/w.bin"]
    (item,) = model.findings
    assert (item.rule, item.severity) == ("model-path-windows", Severity.INFORMATION)


def test_a_windows_path_without_its_file_is_missing(tmp_path: Path) -> None:
    model = inspected(tmp_path, 9, [(b"", 19)], weights(rb"weights\w.bin"))
    assert model.missing_files == ("weights/w.bin",)
    assert [item.rule for item in model.findings] == ["model-path-windows", "model-file-missing"]


@pytest.mark.parametrize(
    "location", [rb"..\w.bin", rb"\w.bin", rb"C:\w.bin", rb"\\server\w.bin", rb"a\..\..\w.bin"]
)
def test_a_windows_path_that_leaves_the_folder_is_outside(tmp_path: Path, location: bytes) -> None:
    with pytest.raises(ModelFileError) as caught:
        inspected(tmp_path, 9, [(b"", 19)], weights(location))
    assert caught.value.finding.rule == "model-file-outside"
