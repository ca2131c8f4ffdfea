"""Lambda layers that only scale their input, such as ``lambda image: image / 255``.

Such a layer is the commonest of all and changes no shape. Whether one is such a layer can be read
off its bytecode without running it: one argument, numbers, and arithmetic between them, nothing
else. Anything that is not exactly that stays unknown. The layout of the bytes is that of
``marshal`` (Python/marshal.c); the numbers of the operations are those of Lib/opcode.py from
Python 2.7 to 3.12.
"""

from __future__ import annotations

import base64
import binascii
import struct
from typing import Any, Iterator, List, Optional, Tuple

_LONGEST = 4096
_NUMBER, _OTHER = "number", "other"

_LOAD_CONST, _LOAD_FAST, _RETURN, _NEGATIVE = 100, 124, 83, 11
_CACHE, _BINARY_OP, _RESUME = 0, 122, 151
# Power, multiply, divide (2.7), modulo, add, subtract, floor division, division.
_BINARY = frozenset((19, 20, 21, 22, 23, 24, 26, 27))
# The same as arguments of BINARY_OP.
_BINARY_ARGUMENTS = frozenset((0, 2, 5, 6, 8, 10, 11))
_FIRST_WITH_ARGUMENT = 90


def only_scales(function: Any) -> bool:
    """Whether a Lambda layer's setting holds bytecode that does arithmetic with numbers only."""
    if isinstance(function, dict):
        config = function.get("config")
        function = config.get("code") if isinstance(config, dict) else None
    elif isinstance(function, list) and function:
        function = function[0]
    if not isinstance(function, str) or len(function) > _LONGEST:
        return False
    try:
        data = base64.b64decode(function, validate=False)
        parts = _code_and_constants(data)
    except (binascii.Error, ValueError, struct.error, IndexError):
        return False
    if parts is None:
        return False
    code, constants = parts
    return any(_is_arithmetic(steps, constants) for steps in (_pairs(code), _triples(code)))


def _code_and_constants(data: bytes) -> Optional[Tuple[bytes, List[str]]]:
    """Instructions and the kinds of the constants of a marshalled function of one argument."""
    if data[0] & 0x7F != ord("c") or struct.unpack_from("<i", data, 1)[0] != 1:
        return None
    for numbers in (4, 5, 6):  # of the head, which grew twice
        place = 1 + 4 * numbers
        if data[place] & 0x7F == ord("s"):
            (length,) = struct.unpack_from("<i", data, place + 1)
            start = place + 5
            if 0 < length <= len(data) - start:
                return data[start : start + length], _constants(data, start + length)
    return None


def _constants(data: bytes, place: int) -> List[str]:
    """The kinds of the constants up to the first that is of an unexpected one."""
    kind = chr(data[place] & 0x7F)
    if kind == ")":
        count, place = data[place + 1], place + 2
    elif kind == "(":
        (count,), place = struct.unpack_from("<i", data, place + 1), place + 5
    else:
        return []
    found: List[str] = []
    while len(found) < min(count, _LONGEST):
        kind = chr(data[place] & 0x7F)
        if kind in "NTF.":
            length = 1
        elif kind in "ir":
            length = 5
        elif kind == "g":
            length = 9
        elif kind in "fzZ":
            length = 2 + data[place + 1]
        else:
            break
        found.append(_NUMBER if kind in "igf" else _OTHER)
        place += length
    return found


def _pairs(code: bytes) -> Iterator[Tuple[int, int]]:
    """Instructions of Python 3.6 and later: two bytes each."""
    for place in range(0, len(code) - 1, 2):
        if code[place] not in (_CACHE, _RESUME):
            yield code[place], code[place + 1]


def _triples(code: bytes) -> Iterator[Tuple[int, int]]:
    """Instructions before Python 3.6: one byte, or three with an argument."""
    place = 0
    while place < len(code):
        operation, argument = code[place], 0
        if operation >= _FIRST_WITH_ARGUMENT:
            if place + 2 >= len(code):
                return
            argument = code[place + 1] | code[place + 2] << 8
            place += 2
        place += 1
        yield operation, argument


def _is_arithmetic(steps: Iterator[Tuple[int, int]], constants: List[str]) -> bool:
    """Whether the instructions come to an end with the argument scaled and shifted."""
    stack: List[bool] = []  # True: made from the argument
    returned = False
    for operation, argument in steps:
        if returned:
            return False
        if operation == _LOAD_FAST and argument == 0:
            stack.append(True)
        elif operation == _LOAD_CONST and argument < len(constants):
            if constants[argument] != _NUMBER:
                return False
            stack.append(False)
        elif operation == _NEGATIVE and stack:
            continue
        elif len(stack) > 1 and (
            operation in _BINARY or (operation == _BINARY_OP and argument in _BINARY_ARGUMENTS)
        ):
            right = stack.pop()
            stack[-1] = stack[-1] or right
        elif operation == _RETURN and stack == [True]:
            returned = True
        else:
            return False
    return returned
