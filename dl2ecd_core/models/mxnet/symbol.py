"""MXNet's symbol (-symbol.json): the graph of operators.

The JSON of ``nnvm::pass::SaveJSON`` (src/core/symbolic and nnvm/src/pass/saveload_json.cc in
https://github.com/apache/mxnet). A node without operator ("null") is an input or a parameter;
attributes were called ``param`` and ``attr`` before 1.0.
"""

from __future__ import annotations

import ast
import codecs
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple

from ...findings.errors import ModelFileError
from ...wire.json_data import LONGEST_JSON, parse_json
from ...wire.source import ByteSource

MOST_VALUES = 250_000
MOST_HEADS = 1000
_LARGEST_NUMBER = 1 << 40
_MOST_NUMBERS = 64

#: A node's number and which of its outputs.
Entry = Tuple[int, int]


@dataclass
class Node:
    """One step of the graph."""

    op: str
    name: str
    attributes: Dict[str, str] = field(default_factory=dict)
    inputs: Tuple[Entry, ...] = ()

    def whole(self, key: str, default: Optional[int] = None) -> Optional[int]:
        """An attribute that is a whole number."""
        value = literal(self.attributes.get(key))
        return value if type(value) is int and abs(value) <= _LARGEST_NUMBER else default

    def wholes(self, key: str) -> Optional[Tuple[int, ...]]:
        """An attribute that is a list of whole numbers; None when absent or something else."""
        value = literal(self.attributes.get(key))
        if isinstance(value, int):
            value = (value,)
        if not isinstance(value, (tuple, list)) or len(value) > _MOST_NUMBERS:
            return None
        if all(type(part) is int and abs(part) <= _LARGEST_NUMBER for part in value):
            return tuple(value)
        return None

    def truth(self, key: str, default: bool = False) -> bool:
        """An attribute that is true or false."""
        text = self.attributes.get(key)
        return default if text is None else text.strip().lower() in ("1", "true")


@dataclass(frozen=True)
class Symbol:
    """The graph; inputs of a node always stand before it."""

    nodes: Tuple[Node, ...]
    heads: Tuple[Entry, ...]
    version: Optional[str]


def literal(text: Optional[str]) -> object:
    """A number or tuple written as Python writes it; None for anything else."""
    if text is None or len(text) > 512 or not set(text) <= set("0123456789()[], -+.eELNon"):
        return None
    try:
        return ast.literal_eval(text.replace("L", "").strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def read_symbol(source: ByteSource) -> Symbol:
    """The graph in a symbol file.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when it is not the JSON of a graph, ``model-too-complex`` beyond the
        limits above.
    """
    if source.size > LONGEST_JSON:
        raise _too_complex(source, f"{source.size} bytes of JSON", LONGEST_JSON)
    text = source.read(0, source.size, "the symbol")
    values = text.count(b",") + text.count(b"[") + text.count(b"{")
    if values > MOST_VALUES:
        raise _too_complex(source, f"{values} values", MOST_VALUES)
    if text.startswith(codecs.BOM_UTF8):
        text = text[len(codecs.BOM_UTF8) :]
    document: Any = parse_json(source, text, "the symbol")
    try:
        nodes = tuple(_node(item, index) for index, item in enumerate(document["nodes"]))
        heads = tuple(_entry(item, len(nodes)) for item in document["heads"])
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise source.damaged(0, f"'{source.name}' is not the graph of an MXNet model.") from error
    if len(heads) > MOST_HEADS:
        raise _too_complex(source, f"{len(heads)} outputs", MOST_HEADS)
    return Symbol(nodes, heads, _version(document))


def _too_complex(source: ByteSource, what: str, most: int) -> ModelFileError:
    return ModelFileError(
        "model-too-complex",
        f"The symbol '{source.name}' has {what}; at most {most} are read.",
        file=source.name,
    )


def _node(item: Dict[str, object], index: int) -> Node:
    attributes: Dict[str, str] = {}
    for key in ("param", "attr", "attrs"):
        part = item.get(key)
        if isinstance(part, dict):
            attributes.update((str(name), str(value)) for name, value in part.items())
    inputs = item.get("inputs") or []
    if not isinstance(inputs, list):
        raise TypeError("inputs are not a list")
    return Node(
        op=str(item["op"]),
        name=str(item.get("name", "")),
        attributes=attributes,
        inputs=tuple(_entry(part, index) for part in inputs),
    )


def _entry(item: List[int], limit: int) -> Entry:
    node, output = item[0], item[1]
    if type(node) is not int or type(output) is not int or not 0 <= node < limit or output < 0:
        raise IndexError("an entry leads nowhere")
    return node, output


def _version(document: Dict[str, object]) -> Optional[str]:
    """``10901`` means 1.9.1."""
    attributes = document.get("attrs")
    entry = attributes.get("mxnet_version") if isinstance(attributes, dict) else None
    if not isinstance(entry, list) or len(entry) != 2 or type(entry[1]) is not int:
        return None
    number = entry[1]
    if not 0 < number < 1_000_000:
        return None
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"
