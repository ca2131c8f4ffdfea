"""Names, types and shapes of the variables in a checkpoint, old (V1) and new (V2).

V2: tensorflow/core/protobuf/tensor_bundle.proto; V1: tensorflow/core/util/saved_tensor_slice.proto;
both in https://github.com/tensorflow/tensorflow
"""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Tuple

from ...findings.errors import ModelFileError
from ...wire.protobuf import LENGTH, VARINT, Message
from ...wire.source import ByteSource
from ..description import Dims
from .constants import read_shape
from .table import entries

_MOST_VARIABLES = 500_000
_MOST_SHARDS = 100_000
_LONGEST_NAME = 1 << 16


class Variable(NamedTuple):
    """One tensor of a checkpoint."""

    name: str
    data_type: int
    shape: Optional[Dims]


class Bundle(NamedTuple):
    """What a checkpoint holds.

    Attributes
    ----------
    version
        1 or 2.
    shards
        Number of data files, 0 for V1, which keeps all in one file.
    """

    version: int
    shards: int
    variables: Tuple[Variable, ...]


def read_bundle(source: ByteSource) -> Bundle:
    """The variables in a V2 index or a V1 checkpoint.

    Raises
    ------
    ModelFileError
        ``model-damaged`` where the table breaks, ``model-not-a-model`` when it is a table of
        something else.
    """
    version, shards = 2, 1
    variables: List[Variable] = []
    for count, entry in enumerate(entries(source)):
        message = Message(
            entry.source, entry.start, entry.start + entry.size, "a checkpoint's entry"
        )
        if count == 0:
            if entry.key:
                raise _other_table(source)
            if _is_old(message):
                return Bundle(1, 0, tuple(_old_variables(message)))
            shards = _shards(message)
            continue
        if len(variables) >= _MOST_VARIABLES:
            raise ModelFileError(
                "model-too-complex",
                f"The checkpoint has more than {_MOST_VARIABLES} variables.",
                file=source.name,
                offset=entry.start,
            )
        data_type, shape = _bundle_entry(message)
        variables.append(Variable(entry.key.decode("utf-8", "replace"), data_type, shape))
    if not shards:
        raise _other_table(source)
    return Bundle(version, shards, tuple(variables))


def _other_table(source: ByteSource) -> ModelFileError:
    return ModelFileError(
        "model-not-a-model",
        f"'{source.name}' is a table of keys and values, but not a TensorFlow checkpoint.",
        hint="Give the checkpoint's .index or .meta file.",
        file=source.name,
        offset=0,
    )


def _shards(header: Message) -> int:
    shards = 0
    for field in header.fields():
        if field.number == 1 and field.wire == VARINT:
            shards = field.value
    if shards > _MOST_SHARDS:
        raise header.wrong(f"{shards} data files")
    return shards


def _bundle_entry(message: Message) -> Tuple[int, Optional[Dims]]:
    data_type, shape = 0, None
    for field in message.fields():
        if field.number == 1 and field.wire == VARINT:
            data_type = field.value
        elif field.number == 2 and field.wire == LENGTH:
            shape = read_shape(message.child(field, "a variable's shape"))
    return data_type, () if shape is None else shape


def _is_old(message: Message) -> bool:
    """A V1 checkpoint's first entry holds a ``SavedTensorSliceMeta``, V2's a count of files."""
    for field in message.fields():
        return field.number == 1 and field.wire == LENGTH
    return False


def _old_variables(message: Message) -> List[Variable]:
    variables: List[Variable] = []
    for field in message.fields():
        if field.number != 1 or field.wire != LENGTH:
            continue
        meta = message.child(field, "the checkpoint's list of variables")
        for part in meta.fields():
            if part.number == 1 and part.wire == LENGTH and len(variables) < _MOST_VARIABLES:
                variables.append(_old_variable(meta.child(part, "a variable")))
    return variables


def _old_variable(message: Message) -> Variable:
    name, data_type, shape = "", 0, None
    for field in message.fields():
        if field.number == 1:
            name = message.text_of(field, _LONGEST_NAME)
        elif field.number == 2 and field.wire == LENGTH:
            shape = read_shape(message.child(field, "a variable's shape"))
        elif field.number == 3 and field.wire == VARINT:
            data_type = field.value
    return Variable(name, data_type, () if shape is None else shape)
