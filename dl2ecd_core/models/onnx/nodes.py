"""The nodes of an ONNX graph and their attributes, parsed when asked for.

NodeProto and AttributeProto: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Sequence, Tuple, cast

from ...network.graph import Attributes, Node
from ...wire.protobuf import VARINT, Field, Message, float_of, signed
from .tensors import TensorHead, entry_of, tensor_head

_MOST_LISTED = 100_000
_MOST_REMARKS = 256
_LONGEST_REMARK = 16 * 1024


# Attributes up to this size are compared with those read before, so many of them.
_SMALL = 256
_MOST_KEPT = 1024
# A name's tag, and a length that takes one byte.
_NAME_TAG, _SHORT = 0x0A, 0x80


class _IntegersSeen(Dict[bytes, Optional[Tuple[int, ...]]]):
    """Lists of whole numbers by the bytes of their attribute, kept with the file."""


def _quick_name(attribute: Message) -> Optional[str]:
    """The name that an attribute starts with; None when it takes the careful way."""
    raw = attribute.source.read(attribute.start, min(attribute.size, 64), "an attribute")
    if len(raw) < 2 or raw[0] != _NAME_TAG or raw[1] >= _SHORT or 2 + raw[1] > len(raw):
        return None
    return raw[2 : 2 + raw[1]].decode("utf-8", "replace")


class StoredAttributes:
    """A node's attributes, parsed when first asked for."""

    __slots__ = ("_by_name", "_message", "_spans")

    def __init__(self, message: Message, spans: Sequence[Field]) -> None:
        self._message = message
        self._spans = spans
        self._by_name: Optional[Dict[str, Message]] = None

    def _find(self, name: str) -> Optional[Message]:
        if self._by_name is None:
            self._by_name = {}
            for span in self._spans:
                attribute = self._message.child(span, "an attribute")
                quick = _quick_name(attribute)
                if quick is not None:
                    self._by_name[quick] = attribute
                    continue
                for part in attribute.fields():
                    if part.number == 1:
                        self._by_name[attribute.text_of(part)] = attribute
                        break
        return self._by_name.get(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def _parts(self, name: str, number: int) -> Iterator[Tuple[Message, Field]]:
        attribute = self._find(name)
        if attribute is not None:
            for part in attribute.fields():
                if part.number == number:
                    yield attribute, part

    def bound(self, caller: StoredAttributes, defaults: Dict[str, Message]) -> StoredAttributes:
        """The attributes of a function's node, with those that the caller sets filled in."""
        self._find("")
        result = StoredAttributes(self._message, self._spans)
        result._by_name = {}
        for name, attribute in (self._by_name or {}).items():
            wanted: Optional[str] = None
            for part in attribute.fields():
                if part.number == 21:
                    wanted = attribute.text_of(part)
            if wanted:
                given = caller._find(wanted) or defaults.get(wanted)
                if given is not None:
                    result._by_name[name] = given
            else:
                result._by_name[name] = attribute
        return result

    def integer(self, name: str, default: Optional[int] = None) -> Optional[int]:
        """An INT; the default when absent."""
        for _, part in self._parts(name, 3):
            return signed(part.value) if part.wire == VARINT else None
        return 0 if name in self else default

    def number(self, name: str) -> Optional[float]:
        """A FLOAT."""
        for _, part in self._parts(name, 2):
            return float_of(part)
        return None

    def text(self, name: str, default: str = "") -> str:
        """A STRING."""
        for attribute, part in self._parts(name, 4):
            return attribute.text_of(part)
        return default

    def integers(self, name: str) -> Optional[Tuple[int, ...]]:
        """INTS; None when absent."""
        attribute = self._find(name)
        if attribute is None:
            return None
        if attribute.size > _SMALL:
            return self._integers(name)
        # Strides, kernels, pads: the same few come again and again.
        source = attribute.source
        raw = source.read(attribute.start, attribute.size, "an attribute")
        kept = source.known.get(_IntegersSeen)
        if not isinstance(kept, _IntegersSeen):
            kept = source.known[_IntegersSeen] = _IntegersSeen()
        if raw not in kept:
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            kept[raw] = self._integers(name)
        return kept[raw]

    def _integers(self, name: str) -> Optional[Tuple[int, ...]]:
        found: List[int] = []
        for attribute, part in self._parts(name, 8):
            found += attribute.integers_of(part, 1 << 16)
            if len(found) > _MOST_LISTED:
                return None
        return tuple(found)

    def floats(self, name: str) -> Optional[Tuple[float, ...]]:
        """FLOATS; None when absent."""
        if name not in self:
            return None
        found: List[float] = []
        for attribute, part in self._parts(name, 7):
            found += attribute.floats_of(part, 1 << 16)
            if len(found) > _MOST_LISTED:
                return None
        return tuple(found)

    def texts(self, name: str) -> Tuple[str, ...]:
        """STRINGS."""
        found: List[str] = []
        for attribute, part in self._parts(name, 9):
            found.append(attribute.text_of(part))
            if len(found) > _MOST_LISTED:
                return ()
        return tuple(found)

    def tensor(self, name: str) -> Optional[TensorHead]:
        """The head of a TENSOR."""
        for attribute, part in self._parts(name, 5):
            return tensor_head(attribute.child(part, "a constant"))
        return None

    def inner(self) -> Iterator[Tuple[str, Message]]:
        """Graphs ("graph") and tensors ("tensor", "sparse tensor") in the attributes."""
        kinds = {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse tensor",
                 23: "sparse tensor"}  # fmt: skip
        for span in self._spans:
            attribute = self._message.child(span, "an attribute")
            for part in attribute.fields():
                kind = kinds.get(part.number)
                if kind is not None:
                    yield kind, attribute.child(part, f"a {kind} in an attribute")


class Reading:
    """What is shared while a file is read: names seen before, and remarks of its writer."""

    def __init__(self) -> None:
        #: The same names come again and again; keeping one of each keeps memory low.
        self.words: Dict[bytes, str] = {}
        self.remarks: List[Tuple[Message, Field, bool]] = []

    def remark(self, message: Message, field: Field, *, is_entry: bool) -> None:
        """Remember where a remark stands; the first ones tell enough."""
        if len(self.remarks) < _MOST_REMARKS:
            self.remarks.append((message, field, is_entry))

    def texts(self) -> Iterator[str]:
        """The remarks themselves."""
        for message, field_, is_entry in self.remarks:
            if field_.value > _LONGEST_REMARK:
                continue
            if is_entry:
                yield entry_of(message.child(field_, "a metadata property"))[1]
            else:
                yield message.text_of(field_)


def read_node(message: Message, reading: Reading) -> Node:
    """A NodeProto."""
    words = reading.words
    inputs: List[str] = []
    outputs: List[str] = []
    spans: List[Field] = []
    op = domain = overload = ""
    for part in message.fields():
        number = part.number
        if number == 5:
            spans.append(part)
        elif number in (1, 2, 4, 7, 8):
            raw = message.bytes_of(part)
            word = words.get(raw)
            if word is None:
                word = words[raw] = raw.decode("utf-8", "replace")
            if number == 1:
                inputs.append(word)
            elif number == 2:
                outputs.append(word)
            elif number == 4:
                op = word
            elif number == 7:
                domain = "" if word == "ai.onnx" else word
            else:
                overload = word
        elif number in (6, 9):
            reading.remark(message, part, is_entry=number == 9)
    attributes = StoredAttributes(message, spans)
    return Node(op, tuple(inputs), tuple(outputs), attributes, domain, overload=overload)


def called_by(node: Node, caller: Attributes, defaults: Dict[str, Message]) -> Node:
    """A node of a function as it is when the function is called."""
    # All nodes of a file have attributes that lie in it.
    own, given = cast(StoredAttributes, node.attributes), cast(StoredAttributes, caller)
    return node._replace(attributes=own.bound(given, defaults))


def inner_parts(node: Node) -> Iterator[Tuple[str, Message]]:
    """Graphs and tensors in a node's attributes."""
    return cast(StoredAttributes, node.attributes).inner()
