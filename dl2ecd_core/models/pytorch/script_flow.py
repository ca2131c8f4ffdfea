"""How many channels flow through TorchScript's code, from the input to the output.

The code is a small subset of Python, one assignment a line (torch/csrc/jit/serialization/
python_print.cpp). It is read as text and never run: channels of the input stand for an unknown
number, which the first convolution's weights then tell. Whatever is not understood ends in
"unknown", so that what is told is certain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from .weights import Weight

_DEEPEST_CALL = 48
_DEEPEST_EXPRESSION = 24
_MOST_STATEMENTS = 50_000
_TO_THE_END = 1 << 62

_METHOD = re.compile(r"\n  def (\w+)\(([^()]{0,4000})\) -> [^\n]{1,500}:\n")
_ARGUMENT = re.compile(r"\s*(\w+):")
_STATEMENT = re.compile(r"    (?:(\w+) = |(return) )(.+)")
_MEMBER = re.compile(
    r"^  (?:(\w+) : |__annotations__\[\x22(\w+)\x22\] = )(__torch__[\w.]+)$", re.MULTILINE
)
_TOKEN = re.compile(
    r"\s*(?:(-?\d[\d.e+-]*)|\"((?:[^\"\\]|\\.){0,500})\"|([A-Za-z_]\w*)|([()\[\],.=]))"
)

_KEEPING_NAMES = """
    relu relu_ relu6 leaky_relu leaky_relu_ elu elu_ gelu silu silu_ hardswish hardswish_ hardtanh
    hardtanh_ sigmoid sigmoid_ tanh tanh_ softplus mish mish_ prelu softmax log_softmax clamp clamp_
    to contiguous detach clone alias float half double dropout dropout_ feature_dropout
    feature_dropout_ batch_norm instance_norm group_norm max_pool2d avg_pool2d adaptive_avg_pool2d
    adaptive_max_pool2d upsample_nearest2d upsample_bilinear2d upsample_bicubic2d reflection_pad2d
    replication_pad2d neg abs sqrt pow exp log nan_to_num type_as _reflection_pad2d
"""
_KEEPING = frozenset(_KEEPING_NAMES.split())
_ARITHMETIC_NAMES = "add add_ sub sub_ mul mul_ div div_ rsub maximum minimum"
_ARITHMETIC = frozenset(_ARITHMETIC_NAMES.split())


class Channels(NamedTuple):
    """So many times the input's channels, and so many more; a row of numbers where no image."""

    times: int
    more: int
    row: bool = False


@dataclass(frozen=True)
class Module:
    """An object of the network: where its weights are, and the name of its class."""

    prefix: str
    path: str


@dataclass(frozen=True)
class Held:
    """A weight, by its name."""

    name: str


class Flat(NamedTuple):
    """All numbers of an image in one row, or the mean of each channel."""


class Elsewhere(NamedTuple):
    """A constant tensor, or anything that leaves shapes as they are."""


Value = Union[Channels, Flat, Module, Held, Elsewhere, int, str, List[Any], None]


class Told(NamedTuple):
    """What the code tells: channels of the input and of the output; None where it does not."""

    bands: Optional[int]
    classes: Optional[Channels]


def told_by_code(bodies: Mapping[str, str], root: str, weights: Sequence[Weight]) -> Told:
    """Follow ``forward`` of the network's class.

    Parameters
    ----------
    bodies
        Text of each class's definition, by its path.
    root
        The path of the network's own class.
    weights
        The network's, by the names of its objects.
    """
    flow = _Flow(bodies, {weight.name: weight for weight in weights})
    given = _parameters(bodies.get(root, ""), "forward")
    if len(given) != 2:
        return Told(None, None)
    result = flow.call(Module("", root), "forward", [Channels(1, 0)], 0)
    if flow.bands is None or flow.contradicted:
        return Told(None, None)
    if not isinstance(result, Channels):
        return Told(flow.bands, None)
    classes = result.times * flow.bands + result.more
    return Told(flow.bands, Channels(0, classes, result.row))


def _parameters(body: str, method: str) -> List[str]:
    for match in _METHOD.finditer(body):
        if match.group(1) == method:
            return _ARGUMENT.findall(match.group(2))
    return []


def _method(body: str, name: str) -> Optional[Tuple[List[str], List[str]]]:
    """Parameters and lines of a method; None where there is none."""
    methods = list(_METHOD.finditer(body))
    for match, following in zip(methods, [*methods[1:], None]):
        if match.group(1) == name:
            end = following.start() if following is not None else len(body)
            lines = [line for line in body[match.end() : end].split("\n") if line.strip()]
            return _ARGUMENT.findall(match.group(2)), lines
    return None


class _Flow:
    def __init__(self, bodies: Mapping[str, str], weights: Mapping[str, Weight]) -> None:
        self.bands: Optional[int] = None
        self.contradicted = False
        self._bodies = bodies
        self._weights = weights
        self._members: Dict[str, Dict[str, str]] = {}
        self._left = _MOST_STATEMENTS

    def call(self, module: Module, name: str, given: Sequence[Value], depth: int) -> Value:
        """What a method gives back; None where that is not known."""
        found = _method(self._bodies.get(module.path, ""), name)
        if found is None or depth > _DEEPEST_CALL:
            return None
        parameters, lines = found
        names: Dict[str, Value] = {"self": module}
        names.update(zip(parameters[1:], given))
        for line in lines:
            self._left -= 1
            statement = _STATEMENT.fullmatch(line)
            # Branches and loops are indented deeper, or begin with a word of their own.
            if statement is None or self._left < 0:
                return None
            value = _Expression(self, names, statement.group(3), depth).value()
            if statement.group(2) is not None:
                return value
            names[statement.group(1)] = value
        return None

    def member(self, module: Module, name: str) -> Value:
        """An attribute of an object: an object in it, or a weight."""
        if module.path not in self._members:
            body = self._bodies.get(module.path, "")
            self._members[module.path] = {
                one or other: path for one, other, path in _MEMBER.findall(body)
            }
        path = self._members[module.path].get(name)
        if path is not None:
            return Module(f"{module.prefix}{name}.", path)
        full = module.prefix + name
        return Held(full) if full in self._weights else Elsewhere()

    def operation(self, name: str, given: Sequence[Value]) -> Value:
        """What one of PyTorch's operations makes of channels."""
        first = given[0] if given else None
        if name in ("conv2d", "_convolution", "conv_transpose2d"):
            return self._convolution(name, given)
        if name == "linear":
            weight = self._weight(given)
            rows = isinstance(first, Flat) or (isinstance(first, Channels) and first.row)
            return Channels(0, weight.shape[0], row=True) if weight is not None and rows else None
        if name == "cat" and len(given) == 2 and isinstance(first, list):
            return _joined(first, given[1])
        if name in _ARITHMETIC:
            return _broadcast(given[:2])
        if name in _KEEPING and isinstance(first, (Channels, Flat)):
            return first
        if not isinstance(first, Channels):
            return None
        if name == "slice" and len(given) >= 4:
            return _sliced(first, given)
        flat = (name == "flatten" and given[1:] in ([1], [1, -1])) or (
            name == "mean" and len(given) > 1 and given[1] in ([2, 3], [-1, -2], [-2, -1])
        )
        return Flat() if flat else None

    def _weight(self, given: Sequence[Value]) -> Optional[Weight]:
        held = given[1] if len(given) > 1 else None
        weight = self._weights.get(held.name) if isinstance(held, Held) else None
        return weight if weight is not None and len(weight.shape) >= 2 else None

    def _convolution(self, name: str, given: Sequence[Value]) -> Value:
        weight = self._weight(given)
        image = given[0]
        place = {"conv2d": 6, "_convolution": 8, "conv_transpose2d": 6}[name]
        groups = given[place] if len(given) > place else 1
        turned = name == "conv_transpose2d" or (name == "_convolution" and given[6] == "True")
        if weight is None or len(weight.shape) != 4 or not isinstance(groups, int) or groups < 1:
            return None
        takes, gives = (0, 1) if turned else (1, 0)
        taken = weight.shape[takes] * (1 if turned else groups)
        if isinstance(image, Channels):
            self._equal(image, taken)
        elif self.bands is None:
            # What reaches the first convolution is not known: nothing of the input is.
            self.contradicted = True
        return Channels(0, weight.shape[gives] * (groups if turned else 1))

    def _equal(self, image: Channels, taken: int) -> None:
        """Learn the input's channels from what a convolution takes."""
        rest = taken - image.more
        if image.times == 0:
            self.contradicted = self.contradicted or rest != 0
        elif rest % image.times or rest <= 0 or self.bands not in (None, rest // image.times):
            self.contradicted = True
        else:
            self.bands = rest // image.times


def _joined(parts: Sequence[Value], axis: Value) -> Value:
    channels = [part for part in parts if isinstance(part, Channels)]
    if axis != 1 or len(channels) < len(parts) or not channels:
        return None
    return Channels(sum(one.times for one in channels), sum(one.more for one in channels))


def _broadcast(given: Sequence[Value]) -> Value:
    """Two tensors, or a tensor and a number: one channel stands for all."""
    channels = [one for one in given if isinstance(one, Channels)]
    if any(one is None or isinstance(one, (list, Module)) for one in given) or not channels:
        return None
    wide = [one for one in channels if (one.times, one.more) != (0, 1)]
    if not wide:
        return channels[0]
    return wide[0] if all(one == wide[0] for one in wide) else None


def _sliced(image: Channels, given: Sequence[Value]) -> Value:
    axis, start, end, *step = given[1:]
    if not (isinstance(axis, int) and isinstance(start, int) and isinstance(end, int)):
        return None
    if axis != 1:
        return image if axis in (0, 2, 3) else None
    if start < 0 or end < 0 or (step and step[0] != 1):
        return None
    if end >= _TO_THE_END:
        return Channels(image.times, image.more - start)
    return Channels(0, end - start) if end > start else None


class _Expression:
    """One expression of the code, taken apart and followed at once."""

    def __init__(self, flow: _Flow, names: Mapping[str, Value], text: str, depth: int) -> None:
        self._flow = flow
        self._names = names
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = depth

    def value(self) -> Value:
        """The whole expression's value; None where it is not understood."""
        if self._tokens is None:
            return None
        try:
            found = self._next(0)
        except (IndexError, ValueError):
            return None
        return found if self._at == len(self._tokens) else None

    def _next(self, depth: int) -> Value:
        if depth > _DEEPEST_EXPRESSION or self._tokens is None:
            raise ValueError
        kind, text = self._tokens[self._at]
        self._at += 1
        found: Value
        if kind == "number":
            return int(text) if text.lstrip("-").isdecimal() and len(text) < 20 else Elsewhere()
        if kind == "text":
            return text
        if kind == "name":
            if text in ("torch", "ops", "annotate", "getattr", "CONSTANTS"):
                return self._special(text, depth)
            if text in ("True", "False", "None"):
                return text
            found = self._names.get(text)
        elif text == "(":
            found = self._next(depth + 1)
            self._expect(")")
        elif text == "[":
            return self._arguments("]", depth)
        else:
            raise ValueError
        while self._at < len(self._tokens) and self._tokens[self._at][1] == ".":
            self._at += 1
            found = self._attribute(found, self._word(), depth)
        return found

    def _special(self, text: str, depth: int) -> Value:
        if text == "getattr":
            self._expect("(")
            module, name = self._arguments(")", depth)[:2]
            if isinstance(module, Module) and isinstance(name, str):
                return self._flow.member(module, name)
            return None
        if text == "annotate":
            raise ValueError
        path = []
        while self._peek() == ".":
            self._at += 1
            path.append(self._word())
        if self._peek() != "(":
            return Elsewhere() if text == "CONSTANTS" else None
        self._at += 1
        given = self._arguments(")", depth)
        if text != "torch" or len(path) != 1:
            return None
        return self._flow.operation(path[0], given)

    def _attribute(self, found: Value, name: str, depth: int) -> Value:
        if self._peek() == "(":
            self._at += 1
            given = self._arguments(")", depth)
            if not isinstance(found, Module):
                return None
            return self._flow.call(found, name, given, self._depth + 1)
        return self._flow.member(found, name) if isinstance(found, Module) else None

    def _arguments(self, closing: str, depth: int) -> List[Any]:
        found: List[Any] = []
        while self._peek() != closing:
            found.append(self._next(depth + 1))
            if self._peek() == ",":
                self._at += 1
            elif self._peek() != closing:
                raise ValueError
        self._at += 1
        return found

    def _peek(self) -> str:
        if self._tokens is None or self._at >= len(self._tokens):
            return ""
        kind, text = self._tokens[self._at]
        return text if kind == "mark" else ""

    def _word(self) -> str:
        if self._tokens is None or self._tokens[self._at][0] != "name":
            raise ValueError
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _expect(self, mark: str) -> None:
        if self._peek() != mark:
            raise ValueError
        self._at += 1


def _tokens(text: str) -> Optional[List[Tuple[str, str]]]:
    found: List[Tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or len(found) > 5000:
            return None
        position = match.end()
        kinds = ("number", "text", "name", "mark")
        kind = kinds[(match.lastindex or 1) - 1]
        found.append((kind, match.group(match.lastindex or 1)))
    return found
