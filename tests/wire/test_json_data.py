"""JSON out of model files, within limits."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.wire.json_data import LONGEST_JSON, parse_json
from dl2ecd_core.wire.source import ByteSource


@pytest.fixture
def source(tmp_path: Path) -> Iterator[ByteSource]:
    (tmp_path / "model.json").write_bytes(b"{}")
    with ByteSource(tmp_path / "model.json", "model.json") as opened:
        yield opened


def test_values_of_every_kind(source: ByteSource) -> None:
    raw = '{"a": [1, -2.5, null, true, "Fläche"], "b": 12345678901234567890}'.encode()
    assert parse_json(source, raw, "the header") == {
        "a": [1, -2.5, None, True, "Fläche"],
        "b": 12345678901234567890,
    }


def test_a_number_of_more_digits_than_mean_anything_is_infinite(source: ByteSource) -> None:
    assert parse_json(source, b"[" + b"9" * 1_000_000 + b"]", "the header") == [float("inf")]


@pytest.mark.parametrize("raw", [b"", b"{", b"[1,]", b"\xff", b"[" * 100_000, b"{'a': 1}"])
def test_what_is_no_json_is_damage(source: ByteSource, raw: bytes) -> None:
    with pytest.raises(ModelFileError, match="The header is not JSON") as error:
        parse_json(source, raw, "the header")
    assert error.value.finding.rule == "model-damaged"


@pytest.mark.parametrize(
    "raw", [b" " * (LONGEST_JSON + 1), b"[" + b"1," * 400_000 + b"1]", b"[" * 400_001]
)
def test_more_than_any_network_needs_is_refused(source: ByteSource, raw: bytes) -> None:
    with pytest.raises(ModelFileError, match="larger than that of any known network") as error:
        parse_json(source, raw, "the header")
    assert error.value.finding.rule == "model-too-complex"
