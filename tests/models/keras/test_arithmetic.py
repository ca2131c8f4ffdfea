"""Which Lambda layers change no shape, read off their bytecode."""

from __future__ import annotations

import base64
import marshal
import sys
from typing import Any, Callable, List

import pytest

from dl2ecd_core.models.keras.arithmetic import only_scales


def stored(function: Callable[..., Any]) -> List[Any]:
    """A function as Keras 2 stores it in a file."""
    code = base64.b64encode(marshal.dumps(function.__code__)).decode("ascii")
    return [f"{code}\n", None, None]


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="its operations have other numbers")
@pytest.mark.parametrize(
    "function",
    [
        lambda x: x / 255,
        lambda x: x / 127.5 - 1.0,
        lambda x: (x - 0.5) * 2,
        lambda x: -x,
        lambda x: x * x,
    ],
)
def test_scaling_and_shifting(function: Callable[..., Any]) -> None:
    assert only_scales(stored(function))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[:, 1:],
        lambda x: abs(x),
        lambda x: x @ x,
        lambda x: 3.0,
        lambda x: x if x is None else 1,
        lambda x: x.sum(),
        lambda x: [x],
        lambda x, y: x + y,
        lambda x: x * "a",
        lambda x: x + sys.maxsize,
    ],
)
def test_anything_else(function: Callable[..., Any]) -> None:
    assert not only_scales(stored(function))


def test_as_older_pythons_wrote_it() -> None:
    # lambda x: x / 255, by Python 3.7 and by Python 2.7.
    new = (
        b"\xe3" + b"\x01\0\0\0" + b"\0\0\0\0" + b"\x01\0\0\0" + b"\x02\0\0\0" + b"\x53\0\0\0"
        b"s\x08\0\0\0" + b"|\0d\x01\x1b\0S\0" + b")\x02Ni\xff\0\0\0"
    )
    old = (
        b"c" + b"\x01\0\0\0" + b"\x01\0\0\0" + b"\x02\0\0\0" + b"\x53\0\0\0"
        b"s\x08\0\0\0" + b"|\0\0d\x01\0\x15S" + b"(\x02\0\0\0Ni\xff\0\0\0"
    )
    for data in (new, old):
        text = base64.b64encode(data).decode("ascii")
        assert only_scales([text, None, None])
        assert only_scales({"class_name": "__lambda__", "config": {"code": text}})


@pytest.mark.parametrize(
    "value", [None, 3, "", "name", [], [None], {}, {"config": 3}, ["////"], ["4w=="], ["x" * 9999]]
)
def test_what_is_no_bytecode(value: object) -> None:
    assert not only_scales(value)


@pytest.mark.parametrize("length", range(0, 36, 3))
def test_bytecode_cut_short(length: int) -> None:
    data = marshal.dumps((lambda x: x / 255).__code__)[:length]
    assert not only_scales([base64.b64encode(data).decode("ascii")])


def marshalled(code: bytes, constants: bytes) -> List[Any]:
    """A function of one argument, by Python 3.7."""
    head = b"c" + b"\x01\0\0\0" + b"\0\0\0\0" + b"\x01\0\0\0" + b"\x02\0\0\0" + b"\x53\0\0\0"
    data = head + b"s" + len(code).to_bytes(4, "little") + code + constants
    return [base64.b64encode(data + b"\0" * 8).decode("ascii"), None, None]


DIVIDED = b"|\0d\0\x1b\0S\0"
NUMBER = b")\x01i\xff\0\0\0"


def test_what_this_python_may_not_have_written() -> None:
    assert only_scales(marshalled(DIVIDED, NUMBER))


@pytest.mark.parametrize(
    ("code", "constants"),
    [
        (DIVIDED, b"N"),  # constants that are no tuple
        (DIVIDED, b")\x01s\0\0\0\0"),  # a text first
        (DIVIDED + b"S\0", NUMBER),  # more after the end
        (b"|\0", NUMBER),  # an instruction cut short
        (b"S\0", NUMBER),  # nothing to return
    ],
)
def test_bytecode_that_is_not_exactly_that(code: bytes, constants: bytes) -> None:
    assert not only_scales(marshalled(code, constants))
