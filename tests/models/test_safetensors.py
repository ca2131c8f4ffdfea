"""safetensors: the header is checked against the file, whatever it claims."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, Dict

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model, safetensors
from dl2ecd_core.wire.source import ByteSource


def write(folder: Path, header: Dict[str, Any], data: bytes) -> Path:
    text = json.dumps(header).encode()
    path = folder / "x.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def tensor(begin: int, end: int, shape: Any = (2,), dtype: str = "F32") -> Dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def test_weights_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, {"a": tensor(0, 8), "b": tensor(8, 20, (3, 2), "F16")}, bytes(20))
    description = inspect_model(path)
    assert (description.format, description.parameters) == ("safetensors", 8)


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({"a": tensor(0, 8), "b": tensor(4, 12)}, "begins at byte 4"),
        ({"a": tensor(4, 12)}, "begins at byte 4"),
        ({"a": tensor(0, 16, (4,))}, "should end at byte"),
        ({"a": tensor(0, 8, (3,))}, "do not fit its shape"),
        ({"a": tensor(8, 0)}, "do not fit its shape"),
        ({"a": tensor(0, 8, (-2,))}, "no sound shape"),
        ({"a": tensor(0, 8, (True, 2))}, "no sound shape"),
        ({"a": tensor(0, 8, "two")}, "no sound shape"),
        ({"a": tensor(0, 8, (1,) * 65)}, "no sound shape"),
        ({"a": {**tensor(0, 8), "data_offsets": [0, 4, 8]}}, "no sound shape"),
        ({"a": {**tensor(0, 8), "dtype": 7}}, "unknown type"),
        ({"a": tensor(0, 8, (2,), "F99")}, "unknown type"),
        ({"a": 5}, "does not describe"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(
    tmp_path: Path, header: Dict[str, Any], why: str
) -> None:
    with pytest.raises(ModelFileError, match=why):
        inspect_model(write(tmp_path, header, bytes(12)))


def test_a_huge_header_length_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", 1 << 40) + b"{}")
    with pytest.raises(ModelFileError, match="only 10"):
        inspect_model(path)


@pytest.mark.parametrize("bomb", [b"[" * 100_000, b"[],[]," * 200_000, b"9" * 100_000])
def test_bombs_in_the_header_are_refused(tmp_path: Path, bomb: bytes) -> None:
    path = tmp_path / "x.safetensors"
    text = b'{"a": ' + bomb + b"}"
    path.write_bytes(struct.pack("<Q", len(text)) + text)
    with pytest.raises(ModelFileError):
        inspect_model(path)


def test_other_frameworks_are_named_and_their_shapes_not_interpreted(tmp_path: Path) -> None:
    header = {"__metadata__": {"format": "tf"}, "k": tensor(0, 144, (3, 3, 2, 2))}
    description = inspect_model(write(tmp_path, header, bytes(144)))
    assert (description.framework, description.inputs) == ("TensorFlow", ())


@pytest.mark.parametrize(
    "text", ["water, forest", '["water", "forest"]', '{"0":"water","1":"forest"}']
)
def test_class_names_in_the_metadata_are_found(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, {"__metadata__": {"class_names": text}, "a": tensor(0, 8)}, bytes(8))
    (names,) = inspect_model(path).class_names
    assert names.names == ("water", "forest")


@pytest.mark.parametrize("text", ["water", "[1, 2", "{water, forest}"])
def test_metadata_that_name_no_classes_are_left_alone(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, {"__metadata__": {"classes": text}, "a": tensor(0, 8)}, bytes(8))
    assert inspect_model(path).class_names == ()


def test_metadata_that_are_none_are_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path, {"__metadata__": ["pt"], "a": tensor(0, 8)}, bytes(8))
    assert inspect_model(path).framework == "PyTorch"
    path = write(tmp_path, {"__metadata__": {"format": 5}, "a": tensor(0, 8)}, bytes(8))
    assert inspect_model(path).framework == "PyTorch"


def test_a_header_longer_than_any_network_needs_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, {"a": tensor(0, 8)}, bytes(8))
    monkeypatch.setattr(safetensors, "LONGEST_JSON", 20)
    with pytest.raises(ModelFileError, match="more than the 20 of any known network") as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-too-complex"


def test_a_header_that_is_a_list_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", 2) + b"[]")
    with ByteSource(path) as source, pytest.raises(ModelFileError, match="no JSON object"):
        safetensors.read(source)
