"""The parts of the TFLite schema that tell about inputs, outputs and operators.

Field numbers follow the order of tensorflow/lite/schema/schema.fbs (version 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, NamedTuple, Optional, Tuple

from ...findings.errors import ModelFileError
from ...wire.flatbuffer import Table, Vector, root
from ...wire.part import PartSource
from ...wire.source import ByteSource
from ..description import Dims

#: Operators and tensors of one model that are looked at.
MOST_OPERATORS = 30_000
MOST_TENSORS = 200_000
_MOST_LINKS = 300_000
_MOST_AT_AN_OPERATOR = 8192
_MOST_BUFFERS_CHECKED = 20_000
_LARGEST_RANK = 32
_MOST_ENDS = 256
_MOST_SIGNATURES = 64
_MOST_CODES = 8192
_LONGEST_NAME = 4096

_VERSION, _OPERATOR_CODES, _SUBGRAPHS, _DESCRIPTION, _BUFFERS = range(5)
_METADATA, _SIGNATURES, _GROUPS = 6, 7, 8

CUSTOM = 32
CONCATENATION = 2

# enum TensorType
_DATA_TYPES = (
    "float32",
    "float16",
    "int32",
    "uint8",
    "int64",
    "str",
    "bool",
    "int16",
    "complex64",
    "int8",
    "float64",
    "complex128",
    "uint64",
    "resource",
    "variant",
    "uint32",
    "uint16",
    "int4",
    "bfloat16",
    "int2",
    "uint4",
)


@dataclass(frozen=True)
class TensorInfo:
    """A tensor as the subgraph lists it."""

    name: Optional[str]
    shape: Optional[Dims]
    data_type: Optional[str]
    buffer: int


class Operator(NamedTuple):
    """One step of the subgraph: builtin code and the numbers of its tensors (-1 where left out).

    Attributes
    ----------
    table
        Where its options are.
    axis
        Along which tensors are joined.
    """

    code: int
    inputs: Tuple[int, ...]
    outputs: Tuple[int, ...]
    table: Table
    axis: Optional[int] = None


class SignatureInfo(NamedTuple):
    """A function of the model: its name, its subgraph, and names and numbers of its tensors."""

    name: str
    subgraph: int
    inputs: Tuple[Tuple[str, int], ...]
    outputs: Tuple[Tuple[str, int], ...]


@dataclass(frozen=True)
class Model:
    """The root table and one subgraph, usually the first."""

    source: ByteSource
    version: int
    producer: Optional[str]
    runtime_version: Optional[str]
    custom_codes: Tuple[str, ...]
    inputs: Tuple[int, ...]
    outputs: Tuple[int, ...]
    operators: Tuple[Operator, ...]
    metadata: Dict[str, int]
    external_files: Tuple[str, ...]
    signatures: Tuple[SignatureInfo, ...]
    tensors: Vector
    buffers: Vector

    def tensor(self, index: int) -> TensorInfo:
        """A tensor of the subgraph.

        Raises
        ------
        ModelFileError
            ``model-damaged`` when there is none of this number.
        """
        table = self.tensors.table(index, f"tensor {index}")
        code = table.integer(1, "b")
        return TensorInfo(
            name=table.text(3, _LONGEST_NAME) or None,
            shape=_shape(table),
            data_type=_DATA_TYPES[code] if 0 <= code < len(_DATA_TYPES) else None,
            buffer=table.integer(2, "I"),
        )

    def constant(self, index: int, most: int = 8) -> Optional[List[int]]:
        """The values of a short int32 or int64 constant; None for anything else."""
        if index < 0:
            return None
        info = self.tensor(index)
        width = {"int32": 4, "int64": 8}.get(info.data_type or "")
        span = self.buffer_span(info.buffer) if info.buffer else None
        if width is None or span is None or not 0 < span[1] <= most * width or span[1] % width:
            return None
        raw = self.source.read(span[0], span[1], "a constant")
        return [
            int.from_bytes(raw[place : place + width], "little", signed=True)
            for place in range(0, len(raw), width)
        ]

    def buffer_span(self, index: int) -> Optional[Tuple[int, int]]:
        """Offset and length of a buffer's bytes; None when it is empty.

        Raises
        ------
        ModelFileError
            ``model-damaged`` when they reach beyond the file.
        """
        table = self.buffers.table(index, f"buffer {index}")
        offset, size = table.integer(1, "Q"), table.integer(2, "Q")
        # Offsets of 0 and 1 are place holders: the bytes are in the table itself.
        if offset > 1:
            if offset + size > self.source.size:
                raise self.source.damaged(
                    table.start,
                    f"Buffer {index} should lie at bytes {offset} to {offset + size}, but the "
                    f"file has {self.source.size}.",
                )
            return (offset, size) if size else None
        data = table.vector(0, 1, f"buffer {index}", most=1 << 32)
        return (data.start, data.length) if data.length else None


def load(source: ByteSource, subgraph: int = 0) -> Model:
    """The model in a file, with its first subgraph unless another is asked for.

    Raises
    ------
    ModelFileError
        ``model-damaged`` where the structure leads outside the file or holds no subgraph,
        ``model-too-complex`` beyond the limits above.
    """
    table = root(source, "the model")
    subgraphs = table.vector(_SUBGRAPHS, what="subgraphs")
    if not subgraphs.length:
        raise source.damaged(table.start, "The model has no subgraph: nothing can be run.")
    graph = subgraphs.table(subgraph, f"subgraph {subgraph}")
    codes = _operator_codes(table)
    operators = _operators(source, graph, [code for code, _ in codes])
    buffers = table.vector(_BUFFERS, what="buffers")
    metadata = _metadata(table)
    model = Model(
        source=source,
        version=table.integer(_VERSION, "I"),
        producer=table.text(_DESCRIPTION) or None,
        runtime_version=None,
        custom_codes=tuple(dict.fromkeys(name for code, name in codes if code == CUSTOM)),
        inputs=_ends(graph, 1),
        outputs=_ends(graph, 2),
        operators=operators,
        metadata=metadata,
        external_files=_external_files(table),
        signatures=_signatures(table),
        tensors=graph.vector(0, what="tensors", most=MOST_TENSORS),
        buffers=buffers,
    )
    for index in range(min(len(buffers), _MOST_BUFFERS_CHECKED)):
        model.buffer_span(index)
    return _with_versions(model)


def _operator_codes(table: Table) -> List[Tuple[int, str]]:
    codes = []
    vector = table.vector(_OPERATOR_CODES, what="operator codes", most=_MOST_CODES)
    for index in range(len(vector)):
        code = vector.table(index, f"operator code {index}")
        # Newer codes do not fit the byte of the first schema; the larger of both counts.
        number = max(code.integer(0, "b"), code.integer(3, "i"))
        codes.append((number, code.text(1, _LONGEST_NAME) or "" if number == CUSTOM else ""))
    return codes


def _operators(source: ByteSource, graph: Table, codes: List[int]) -> Tuple[Operator, ...]:
    operators = []
    vector = graph.vector(3, what="operators", most=MOST_OPERATORS)
    links = 0
    for index in range(len(vector)):
        table = vector.table(index, f"operator {index}")
        number = table.integer(0, "I")
        if number >= len(codes):
            raise source.damaged(
                table.start, f"Operator {index} is of kind {number} of {len(codes)}."
            )
        inputs = tuple(table.integers(1, most=_MOST_AT_AN_OPERATOR))
        outputs = tuple(table.integers(2, most=_MOST_AT_AN_OPERATOR))
        links += len(inputs) + len(outputs)
        if links > _MOST_LINKS:
            raise ModelFileError(
                "model-too-complex",
                f"The model's operators use more than {_MOST_LINKS} tensors.",
                file=source.name,
                offset=table.start,
            )
        axis = _joined_along(table) if codes[number] == CONCATENATION else None
        operators.append(Operator(codes[number], inputs, outputs, table, axis))
    return tuple(operators)


def _joined_along(operator: Table) -> int:
    """The axis in the options of a concatenation."""
    options = operator.table(4, "an operator's options")
    return 0 if options is None else options.integer(0)


def _ends(graph: Table, field: int) -> Tuple[int, ...]:
    # The interpreter leaves out optional tensors, written as -1.
    return tuple(index for index in graph.integers(field, most=_MOST_ENDS) if index >= 0)


def _shape(table: Table) -> Optional[Dims]:
    """The shape, free where the signature says so.

    The interpreter allocates 1 for free dimensions, the batch too, until it is told another size.
    """
    shape = table.integers(0, most=_LARGEST_RANK)
    signature = table.integers(7, most=_LARGEST_RANK)
    if not shape and not signature and not table.has(0):
        # An absent shape is a scalar only where the file says that the rank is known.
        return () if table.integer(8, "B") else None
    if len(signature) != len(shape):
        signature = shape
    return tuple(None if size < 0 or free < 0 else size for size, free in zip(shape, signature))


def _metadata(table: Table) -> Dict[str, int]:
    """Buffer numbers of the model's metadata by name."""
    vector = table.vector(_METADATA, what="metadata", most=1024)
    entries: Dict[str, int] = {}
    for index in range(len(vector)):
        entry = vector.table(index, f"metadata {index}")
        entries.setdefault(entry.text(0, _LONGEST_NAME) or "", entry.integer(1, "I"))
    return entries


def _external_files(table: Table) -> Tuple[str, ...]:
    """Files beside the model that hold its weights, by the names of the groups."""
    vector = table.vector(_GROUPS, what="external buffer groups", most=256)
    names = [vector.table(index, "a buffer group").text(0, 1024) for index in range(len(vector))]
    return tuple(name for name in names if name)


def _signatures(table: Table) -> Tuple[SignatureInfo, ...]:
    """The functions that the model names."""
    vector = table.vector(_SIGNATURES, what="signatures", most=_MOST_SIGNATURES)
    found = []
    for index in range(len(vector)):
        entry = vector.table(index, f"signature {index}")
        name = entry.text(2, _LONGEST_NAME) or ""
        ends = [_named_tensors(entry, field) for field in (0, 1)]
        found.append(SignatureInfo(name, entry.integer(4, "I"), *ends))
    return tuple(found)


def _named_tensors(signature: Table, field: int) -> Tuple[Tuple[str, int], ...]:
    vector = signature.vector(field, what="a signature's tensors", most=_MOST_ENDS)
    tables = [vector.table(index, "a signature's tensor") for index in range(len(vector))]
    return tuple((table.text(0, _LONGEST_NAME) or "", table.integer(1, "I")) for table in tables)


def _with_versions(model: Model) -> Model:
    runtime: Optional[str] = None
    producer = model.producer
    number = model.metadata.get("min_runtime_version")
    span = None if number is None else model.buffer_span(number)
    if span is not None and span[1] <= 64:
        raw = model.source.read(*span).rstrip(b"\0 ")
        runtime = raw.decode("ascii", "replace") or None
    made_with = _tensorflow_version(model)
    if made_with:
        producer = f"TensorFlow {made_with}"
    fields = dict(model.__dict__)
    fields.update(producer=producer, runtime_version=runtime)
    return Model(**fields)


def _tensorflow_version(model: Model) -> Optional[str]:
    """The version in the metadata that the converter leaves
    (tensorflow/compiler/mlir/lite/schema/conversion_metadata.fbs)."""
    number = model.metadata.get("CONVERSION_METADATA")
    span = None if number is None else model.buffer_span(number)
    if span is None:
        return None
    try:
        part = PartSource(model.source, "the conversion metadata", *span)
        environment = root(part, "the conversion metadata").table(0, "the environment")
        return None if environment is None else environment.text(0)
    except ModelFileError:
        # A note on the model's origin: not worth refusing the model for.
        return None
