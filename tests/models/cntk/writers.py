"""Writes CNTK files byte by byte: layouts that no program at hand writes any more."""

from __future__ import annotations

import struct
from typing import Any, Dict, List, Sequence, Tuple, Union

Shape = Tuple[int, ...]


class SizeT(int):
    """A number of the Dictionary's own SizeT type."""


class Dims(Tuple[int, ...]):
    """A shape, for a Dictionary."""


class Raw(bytes):
    """A DictionaryValue as its bytes, whatever they say."""


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def field(number: int, content: Union[int, bytes]) -> bytes:
    """A varint or length-delimited field."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def array(shape: Sequence[int], values: bool = True) -> bytes:
    """An NDArrayView of float zeros, or one whose values lie elsewhere."""
    count = 1
    for size in shape:
        count *= size
    data = field(4, field(1, bytes(4 * count))) if values else b""
    return field(1, 1) + field(2, 0) + field(3, field(1, b"".join(map(varint, shape)))) + data


def value(item: Any) -> bytes:
    """A DictionaryValue."""
    if isinstance(item, Raw):
        return bytes(item)
    if isinstance(item, bool):
        kind, content = 1, field(3, int(item))
    elif isinstance(item, SizeT):
        kind, content = 3, field(5, int(item))
    elif isinstance(item, int):
        kind, content = 2, field(4, item)
    elif isinstance(item, str):
        kind, content = 6, field(8, item.encode())
    elif isinstance(item, Dims):
        kind, content = 7, field(9, field(1, b"".join(varint(size) for size in item)))
    elif isinstance(item, bytes):
        kind, content = 11, field(13, item)
    elif isinstance(item, list):
        kind, content = 9, field(11, b"".join(field(1, value(part)) for part in item))
    elif isinstance(item, dict):
        kind, content = 10, field(12, dictionary(item))
    else:
        raise TypeError(item)
    return field(1, 1) + field(2, kind) + content


def dictionary(entries: Dict[str, Any]) -> bytes:
    """A Dictionary."""
    parts = [field(1, 2)]
    for key, item in entries.items():
        parts.append(field(2, field(1, key.encode()) + field(2, value(item))))
    return b"".join(parts)


def variable(uid: str, kind: int, shape: Sequence[int], **more: Any) -> Dict[str, Any]:
    """A variable's dictionary."""
    return {
        "type": "Variable",
        "uid": uid,
        "kind": SizeT(kind),
        "data_type": SizeT(1),
        "shape": Dims(shape),
        **more,
    }


def function(uid: str, op: int, inputs: List[str], **attributes: Any) -> Dict[str, Any]:
    """A primitive function's dictionary."""
    return {
        "type": "PrimitiveFunction",
        "uid": uid,
        "op": SizeT(op),
        "inputs": inputs,
        "attributes": attributes,
    }


def composite(
    variables: List[Dict[str, Any]], functions: List[Dict[str, Any]], root: str, **more: Any
) -> Dict[str, Any]:
    """The root dictionary of a model."""
    return {
        "type": "CompositeFunction",
        "root": root,
        "uid": "CompositeFunction0",
        "inputs": variables,
        "primitive_functions": functions,
        **more,
    }


def text(content: str) -> bytes:
    """A v1 string."""
    return (content + "\0").encode("utf-16-le")


def dims(*sizes: int) -> bytes:
    """A v1 shape."""
    return struct.pack(f"<{len(sizes) + 1}I", len(sizes), *sizes)


def matrix(rows: int, columns: int, width: int = 4) -> bytes:
    """A v1 matrix of zeros."""
    head = b"d" + text("BMAT") + struct.pack("<Q", width) + text("unnamed")
    return (
        head + struct.pack("<iQQ", 0, rows, columns) + bytes(rows * columns * width) + text("EMAT")
    )


class Network:
    """A v1 file of any version."""

    def __init__(self, version: int, precision: str = "float") -> None:
        self.version = version
        self.precision = precision
        self.nodes: List[bytes] = []
        self.inputs: Dict[str, Sequence[str]] = {}

    def node(self, kind: str, name: str, *inputs: str, body: bytes = b"") -> None:
        """Any node."""
        told = text(self.precision) if self.version >= 7 else b""
        self.nodes.append(told + text(kind) + text(name) + body)
        self.inputs[name] = inputs

    def input(self, name: str, *sizes: int) -> None:
        """An input of these sizes, width first."""
        body = bytes(16) + dims(*sizes)
        if self.version >= 8:
            if "*" not in self.inputs:
                self.node("DynamicAxis", "*")
            body += struct.pack("<I", 1) + text("*")
        if self.version >= 10:
            body += bytes(4)
        self.node("InputValue", name, body=body)

    def parameter(self, name: str, *sizes: int, learning: bool = True) -> None:
        """A parameter; its matrix has the first size as rows."""
        count = 1
        for size in sizes:
            count *= size
        rows = sizes[0] if sizes else 1
        values = matrix(rows, count // rows, 8 if self.precision == "double" else 4)
        if self.version >= 3:
            body = struct.pack("<f", float(learning)) + dims(*sizes) + values
        else:
            body = struct.pack("<?QQ", learning, rows, count // rows) + values
        self.node("LearnableParameter", name, body=body)

    def written(self, **lists: Sequence[str]) -> bytes:
        """The file, with lists such as ``CriterionNodes``."""
        out = [text("BCN")]
        if self.version > 1:
            out += [text("BVersion"), struct.pack("<Q", self.version), text("EVersion")]
        out += [struct.pack("<Q", len(self.nodes)), text("BNodeList"), *self.nodes]
        out += [text("ENodeList"), text("BRelation")]
        for name, inputs in self.inputs.items():
            out += [text(name), struct.pack("<Q", len(inputs)), *map(text, inputs)]
        out += [text("ERelation"), text("BRootNodes")]
        for mark in ("FeatureNodes", "LabelNodes", "CriterionNodes", "EvalNodes", "OutputNodes"):
            names = lists.get(mark, ())
            out += [text("B" + mark), struct.pack("<Q", len(names)), *map(text, names)]
            out.append(text("E" + mark))
        return b"".join([*out, text("ERootNodes"), text("ECN")])
