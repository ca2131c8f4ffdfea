"""MXNet's lists of arrays: every form of them, and what names alone tell."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Dict, Optional, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model

from .test_graphs import arrays

_V1, _V2, _V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA


def shape(*sizes: int) -> bytes:
    return struct.pack(f"<i{len(sizes)}q", len(sizes), *sizes)


def listed(folder: Path, *raw: bytes) -> Path:
    """A list of arrays without names."""
    path = folder / "x.params"
    path.write_bytes(struct.pack("<QQQ", 0x112, 0, len(raw)) + b"".join(raw) + struct.pack("<Q", 0))
    return path


WHOLE = struct.pack("<Ii", _V2, 0) + shape(2, 3) + struct.pack("<iii", 1, 0, 0) + bytes(24)


@pytest.mark.parametrize(
    "empty",
    [
        struct.pack("<Ii", _V2, 0) + shape(),
        struct.pack("<Iii", _V3, 0, -1),
        struct.pack("<I", _V1) + shape(),
        struct.pack("<I", 0),
    ],
    ids=["newer", "newest", "second", "oldest"],
)
def test_places_without_an_array_are_passed_over(empty: bytes, tmp_path: Path) -> None:
    assert inspect_model(listed(tmp_path, WHOLE, empty, WHOLE)).parameters == 12


def test_a_single_value_has_an_empty_shape_since_the_newest_form(tmp_path: Path) -> None:
    single = struct.pack("<Ii", _V3, 0) + shape() + struct.pack("<iii", 1, 0, 0) + bytes(4)
    assert inspect_model(listed(tmp_path, single, WHOLE)).parameters == 7


@pytest.mark.parametrize(
    ("raw", "part"),
    [
        (struct.pack("<Ii", _V2, 7) + shape(2, 3), "unknown way"),
        (struct.pack("<Ii", _V2, 0) + shape(2, -3), "below zero"),
        (struct.pack("<Ii", _V2, 0) + struct.pack("<i", 99), "claims 99 dimensions"),
        (struct.pack("<Ii", _V2, 0) + shape(2) + struct.pack("<iii", 1, 0, 77), "data type 77"),
        (struct.pack("<Ii", _V2, 0) + shape(1 << 40) + struct.pack("<iii", 1, 0, 0), "should end"),
        (
            struct.pack("<Ii", _V2, 1)
            + shape(1, 3)
            + shape(2, 3)
            + struct.pack("<iii", 1, 0, 0)
            + struct.pack("<i", 99)
            + shape(1),
            "broken list of indices",
        ),
    ],
)
def test_arrays_that_make_no_sense_are_refused_and_named(
    raw: bytes, part: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelFileError, match=part) as caught:
        inspect_model(listed(tmp_path, raw))
    assert caught.value.finding.rule == "model-damaged"
    assert "Array 0" in caught.value.finding.message


@pytest.mark.parametrize(
    ("names", "part"),
    [(struct.pack("<Q", 5), "5 names"), (struct.pack("<QQ", 1, 1 << 40), "claims")],
)
def test_names_that_make_no_sense_are_refused(names: bytes, part: str, tmp_path: Path) -> None:
    path = tmp_path / "x.params"
    path.write_bytes(struct.pack("<QQQ", 0x112, 0, 1) + WHOLE + names)
    with pytest.raises(ModelFileError, match=part):
        inspect_model(path)


CONVOLUTIONS = {"0.weight": (8, 4, 3, 3), "0.bias": (8,), "3.weight": (2, 8, 1, 1), "3.bias": (2,)}


@pytest.mark.parametrize(
    ("shapes", "bands", "classes"),
    [
        (CONVOLUTIONS, 4, 2),
        ({"features.0.weight": (8, 4, 3, 3), "output.weight": (7, 8), "output.bias": (7,)},
         None, None),
        ({"features.0.weight": (8, 4, 3, 3), "features.1.gamma": (8,), "output.0.weight": (7, 8),
          "output.0.bias": (7,)}, 4, 7),
        # The name of a layer is no place; blocks inside blocks may run side by side.
        ({**CONVOLUTIONS, "head.weight": (2, 2)}, None, None),
        ({**CONVOLUTIONS, "4.0.weight": (2, 2)}, None, None),
        # One channel may be a convolution of each band by itself.
        ({**CONVOLUTIONS, "0.weight": (8, 1, 3, 3)}, None, 2),
        ({"0.gamma": (4,), "3.weight": (2, 8, 1, 1)}, 8, None),
        ({"0.gamma": (4,), "0.beta": (4,)}, None, None),
        ({**CONVOLUTIONS, "4.weight": (7, 8, 3), "4.bias": (7,)}, 4, None),
        ({**CONVOLUTIONS, "4.bias": (7, 2)}, 4, None),
    ],
)  # fmt: skip
def test_names_that_are_places_give_the_order_of_the_layers(
    shapes: Dict[str, Tuple[int, ...]],
    bands: Optional[int],
    classes: Optional[int],
    tmp_path: Path,
) -> None:
    (tmp_path / "x.params").write_bytes(arrays(shapes))
    model = inspect_model(tmp_path / "x.params")
    assert [tensor.size_of("C") for tensor in model.inputs] == ([bands] if bands else [])
    assert [tensor.size_of("C") for tensor in model.outputs] == ([classes] if classes else [])
    unknown = not (bands or classes)
    assert [item.rule for item in model.findings] == ["model-shape-unknown"] * unknown
