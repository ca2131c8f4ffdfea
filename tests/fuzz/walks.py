"""Runs over the wire formats alone: everything that can be asked of them is asked."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Iterable, List, Tuple

from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.wire import flatbuffer, protobuf, prototext
from dl2ecd_core.wire.hdf5.file import Hdf5File, Node, is_hdf5
from dl2ecd_core.wire.json_data import parse_json
from dl2ecd_core.wire.pickle import walk_pickle
from dl2ecd_core.wire.pickle_values import class_path, text_entries
from dl2ecd_core.wire.source import ByteSource
from dl2ecd_core.wire.zip import Archive

#: Fields of a message that are asked in one run.
_MOST_ASKED = 200
_NOTHING: Tuple[Finding, ...] = ()


class Bytes(ByteSource):
    """Bytes in memory as if they were a file."""

    def __init__(self, content: bytes) -> None:
        self.path = Path("fuzzed")
        self.name = "fuzzed"
        self.size = len(content)
        self._blocks = {}
        self.known = {}
        self._content = content

    def close(self) -> None:
        """Nothing to let go of."""

    def _read_from_file(self, offset: int, length: int) -> bytes:
        return self._content[offset : offset + length]


def protobuf_run(data: bytes) -> Iterable[Finding]:
    """Every field of every level, in every way of reading it."""
    source = Bytes(data)
    list(protobuf.fields_present(source, 0, 1 << 20, 64))
    pending = [protobuf.Message(source)]
    asked = 0
    while pending and asked < _MOST_ASKED:
        message = pending.pop()
        try:
            for field in message.fields():
                asked += 1
                if field.wire == protobuf.LENGTH:
                    # Most are messages, which are walked anyway; long lists are like short ones.
                    if asked % (8 if field.value < 500 else 64) == 0:
                        _length_field(message, field)
                    if len(pending) < 50:
                        pending.append(message.child(field, "a part"))
                elif field.wire == protobuf.VARINT:
                    protobuf.signed(field.value)
                else:
                    protobuf.float_of(field)
                if asked >= _MOST_ASKED:
                    break
        except ModelFileError:
            # Bytes that are no message.
            if message.what != "a part":
                raise
    return _NOTHING


def _length_field(message: protobuf.Message, field: protobuf.Field) -> None:
    message.text_of(field)
    for ask in (message.integers_of, message.floats_of):
        try:
            ask(field)
        except ModelFileError:
            continue


def prototext_run(data: bytes) -> Iterable[Finding]:
    """Every event and its value."""
    for event in prototext.events(Bytes(data)):
        event.integer()
        event.text()
    return _NOTHING


_LETTERS = "bBhHiIqQ"


def flatbuffer_run(data: bytes) -> Iterable[Finding]:
    """Tables, texts and lists wherever an offset leads, for a bounded number of steps."""
    source = Bytes(data)
    pending = [flatbuffer.root(source, "the model")]
    for _ in range(60):
        if not pending:
            break
        table = pending.pop()
        for field in range(12):
            try:
                if not table.has(field):
                    continue
                table.integer(field, _LETTERS[field % 8])
                table.text(field)
                if field % 3 == 0:
                    table.integers(field, _LETTERS[field % 8])
            except ModelFileError:
                pass
            try:
                vector = table.vector(field)
                for index in range(min(3, len(vector))):
                    vector.text(index)
                    pending.append(vector.table(index, "a part"))
                inner = table.table(field, "a part")
                if inner is not None:
                    pending.append(inner)
            except ModelFileError:
                continue
    return _NOTHING


def zip_run(data: bytes) -> Iterable[Finding]:
    """Every entry, in every way of reading it."""
    archive = Archive(Bytes(data))
    for name in archive.names()[:300]:
        try:
            content = archive.read(name)
            assert archive.read_up_to(name, 7) == content[:7]
            assert archive.source(name).size == len(content)
            assert b"".join(archive.chunks(name)) == content
        except ModelFileError:
            continue
    return _NOTHING


def pickle_run(data: bytes) -> Iterable[Finding]:
    """One pickle, its entries and what it would import."""
    walk = walk_pickle(Bytes(data))
    text_entries(walk.value)
    class_path(walk.value)
    sorted(item.path for item in walk.imports)
    return _NOTHING


def hdf5_run(data: bytes) -> Iterable[Finding]:
    """Every group, dataset and attribute."""
    source = Bytes(data)
    if not is_hdf5(source):
        return _NOTHING
    file = Hdf5File(source)
    pending: List[Node] = [file.root]
    seen = {file.root.address}
    while pending:
        node = pending.pop()
        try:
            for attribute in node.attributes().values():
                attribute.texts()
                attribute.text()
            if node.is_dataset:
                _ = node.shape, node.type
            for _, child in node.children() if node.is_group else ():
                if child.address not in seen:
                    seen.add(child.address)
                    pending.append(child)
        except ModelFileError as error:
            if error.finding.rule == "model-too-complex":
                # The budget is the file's: once spent, everything ends here.
                raise
    return _NOTHING


def json_data_run(data: bytes) -> Iterable[Finding]:
    """The JSON inside model files."""
    parse_json(Bytes(data), data, "the header")
    return _NOTHING


def safetensors_header(data: bytes) -> bytes:
    """The JSON of a .safetensors file, as a seed."""
    (length,) = struct.unpack_from("<Q", data)
    return data[8 : 8 + length]
