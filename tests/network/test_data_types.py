"""How wide numbers of a type are, by its name."""

from __future__ import annotations

from typing import Optional

import pytest

from dl2ecd_core.network.data_types import width_of


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("float32", 4),
        ("float64", 8),
        ("bfloat16", 2),
        ("bool", 1),
        ("int4", 1),
        ("complex128", 16),
        # Names that ONNX has not.
        ("qint8", 1),
        ("quint16", 2),
        ("float8_e5m2", 1),
        # Of what is not known, as most numbers are.
        ("resource", 4),
        (None, 4),
    ],
)
def test_a_number_takes_so_many_bytes(name: Optional[str], width: int) -> None:
    assert width_of(name) == width
