"""Arrays on their way from one process to another."""

from __future__ import annotations

import io
import json
from typing import List

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.running.sessions.messages import Message, read_message, write_message

arrays = st.builds(
    lambda shape, kind, seed: (np.random.default_rng(seed).random(shape) * 100).astype(kind),
    st.lists(st.integers(0, 4), max_size=4),
    st.sampled_from(["float32", "uint8", "int64", "bool"]),
    st.integers(0, 99),
)


class TestMessages:
    @given(st.lists(arrays, max_size=3))
    def test_arrive_as_they_were_sent(self, sent: List[np.ndarray]) -> None:
        stream = io.BytesIO()
        write_message(stream, Message(sent, about="x", number=7, threads=3))
        stream.seek(0)
        message = read_message(stream)
        assert message is not None
        assert (message.about, message.number, message.threads) == ("x", 7, 3)
        assert len(message.arrays) == len(sent)
        for one, other in zip(sent, message.arrays):
            assert one.dtype == other.dtype
            assert np.array_equal(one, other)

    def test_cut_short_are_none(self) -> None:
        stream = io.BytesIO()
        write_message(stream, Message([np.ones(9)]))
        assert read_message(io.BytesIO(stream.getvalue()[:-1])) is None
        assert read_message(io.BytesIO()) is None

    @pytest.mark.parametrize(
        "entry",
        [{"shape": [1 << 40], "type": "<f4"}, {"shape": [-1], "type": "<f4"},
         {"shape": [1], "type": "|O"}, {"shape": [0, 1 << 70], "type": "<f4"}],
    )  # fmt: skip
    def test_that_no_process_sends_are_refused(self, entry: object) -> None:
        line = json.dumps({"arrays": [entry]}).encode() + b"\n"
        with pytest.raises(ValueError, match="array"):
            read_message(io.BytesIO(line))

    @pytest.mark.parametrize(
        "line",
        ["[]", "3", "{}", '{"arrays": 3}', '{"arrays": [{"shape": [1], "type": "?!"}]}', "nonsense",
         '{"arrays": [], "number": 1e999}', '{"arrays": [], "number": []}', "[" * 99_999,
         '{"arrays": [{}]}', '{"arrays": [{"shape": ["a"], "type": "<f4"}]}'],
    )  # fmt: skip
    def test_lines_that_begin_none_are_refused(self, line: str) -> None:
        with pytest.raises(ValueError):
            read_message(io.BytesIO(line.encode() + b"\n"))
