"""The bytes of weights: copied, repeated, converted, always in pieces."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, List

import pytest

from dl2ecd_core.network import weights
from dl2ecd_core.network.data_types import bytes_of, layout_of
from dl2ecd_core.network.graph import GivenAttributes, Initializer
from dl2ecd_core.network.weights import Converted, Literal, Repeated, Span, Stored


def joined(content: Any) -> bytes:
    pieces: List[bytes] = list(content.pieces())
    assert all(len(piece) <= weights.PIECE for piece in pieces)
    whole = b"".join(pieces)
    assert len(whole) == content.size
    return whole


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "PIECE", 8)


def test_stored_weights_are_copied_from_their_places(tmp_path: Path) -> None:
    path = tmp_path / "w"
    path.write_bytes(bytes(range(100)))
    content = Stored(path, (Span(10, 20), Span(50, 3)))
    assert joined(content) == bytes([*range(10, 30), 50, 51, 52])


def test_an_element_is_repeated() -> None:
    assert joined(Repeated(b"abc", 5)) == b"abc" * 5
    assert joined(Repeated(b"", 5)) == b""


@pytest.mark.parametrize(
    ("before", "after", "numbers", "big_endian"),
    [
        ("float64", "float32", [1.5, -2.25, 1e300, 3.0], False),
        ("float32", "float32", [1.5, -2.25, 3.0], True),
        ("float16", "float32", [1.5, -2.0], False),
        ("int8", "float32", [-3, 4], False),
        ("float32", "int64", [-3.0, 4.0], False),
        ("int32", "int64", [-3, 4, 5], True),
        ("float64", "float16", [0.5], False),
    ],
)
def test_numbers_are_converted(
    before: str, after: str, numbers: List[float], big_endian: bool
) -> None:
    order = ">" if big_endian else "<"
    data = struct.pack(f"{order}{len(numbers)}{layout_of(before)}", *numbers)
    # Cut in the middle of an element.
    pieces = [data[at : at + 7] for at in range(0, len(data), 7)]

    class Cut(Literal):
        def pieces(self) -> Any:
            return iter(pieces)

    content = Converted(Cut(data), before, after, big_endian)
    found = struct.unpack(f"<{len(numbers)}{layout_of(after)}", b"".join(content.pieces()))
    assert content.size == len(numbers) * struct.calcsize(f"<{layout_of(after)}")
    assert [float("inf") if n == 1e300 else n for n in numbers] == list(found)


def test_types_without_numbers_are_not_converted() -> None:
    with pytest.raises(ValueError, match="string"):
        Converted(Literal(b""), "string", "float32").size  # noqa: B018
    assert Literal(b"ab").numbers("string") is None
    assert bytes_of("string", 2) is layout_of("string") is None
    assert bytes_of("int4", 3) == 2


def test_small_constants_tell_their_numbers() -> None:
    ones = Initializer("w", (2,), "float32", Repeated(b"\0\0\x80\x3f", 2))
    assert (ones.elements, ones.values()) == (2, None)
    assert Initializer("w", (2,), "int64", Literal(struct.pack("<2q", 7, -8))).values() == (7, -8)


def test_attributes_are_what_they_are_asked_for() -> None:
    tensor = Initializer("t", (), "float32", Literal(bytes(4)))
    given = GivenAttributes(n=3, x=0.5, s="a", ns=(1, 2), xs=[0.5, 1], ss=("a", "b"), t=tensor)
    assert (given.integer("n"), given.integer("x"), given.integer("no", 7)) == (3, None, 7)
    assert (given.number("x"), given.number("n"), given.number("s")) == (0.5, 3.0, None)
    assert (given.text("s"), given.text("n", "d"), given.text("no")) == ("a", "d", "")
    assert (given.integers("ns"), given.integers("n"), given.integers("no")) == ((1, 2), None, None)
    assert (given.floats("xs"), given.floats("x")) == ((0.5, 1.0), None)
    assert (given.texts("ss"), given.texts("no")) == (("a", "b"), ())
    assert given.tensor("t") is tensor
    assert given.tensor("n") is None
    assert "n" in given
    assert "no" not in given
