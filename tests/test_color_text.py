"""Colors that people write as text."""

from __future__ import annotations

from typing import List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.color_text import channels_of

CHANNEL = st.integers(0, 255)


@pytest.mark.parametrize(
    ("text", "channels"),
    [
        ("#ccc", [204, 204, 204]),
        ("#CCC8", [204, 204, 204]),
        ("#38a800", [56, 168, 0]),
        (" 38A800ff ", [56, 168, 0]),
        ("rgb(56,168,0)", [56, 168, 0]),
        ("RGBA(56, 168, 0, 0.5)", [56, 168, 0]),
        ("rgb(56 168 0 / 50%)", [56, 168, 0]),
        ("rgb(100%, 50%, 0%)", [255, 128, 0]),
        ("56,168,0", [56, 168, 0]),
        ("56; 168; 0; 255", [56, 168, 0]),
        ("[56, 168, 0]", [56, 168, 0]),
        ("56 168 0", [56, 168, 0]),
        ("ccc", None),
        ("#cc", None),
        ("green", None),
        ("56,168", None),
        ("56,168,256", None),
        ("rgb(101%, 0%, 0%)", None),
        ("rgb(10%, 0, 0)", None),
        ("56168000", [86, 22, 128]),
        (" " * 100 + "#ccc", None),
    ],
)
def test_forms(text: str, channels: Optional[List[int]]) -> None:
    assert channels_of(text) == channels


@given(CHANNEL, CHANNEL, CHANNEL)
def test_what_is_written_is_what_is_read(red: int, green: int, blue: int) -> None:
    assert channels_of(f"#{red:02x}{green:02X}{blue:02x}") == [red, green, blue]
    assert channels_of(f"rgb({red}, {green}, {blue})") == [red, green, blue]
    assert channels_of(f"{red},{green};{blue}") == [red, green, blue]


@given(st.integers(0, 100))
def test_percent_are_rounded_to_the_nearest(part: int) -> None:
    (channel, *_) = channels_of(f"rgb({part}%, 0%, 0%)") or []
    assert abs(100 * channel - 255 * part) <= 50
