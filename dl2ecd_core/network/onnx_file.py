"""A graph and its weights become an ONNX file: opset 13, IR 7, the same bytes every time.

Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
External data: https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import (
    BinaryIO,
    Callable,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Set,
    Tuple,
    cast,
)

from ..files.output import whole_file
from ..findings import Finding
from ..findings.errors import ConversionRefused
from ..findings.rules import finding
from ..findings.wording import quoted
from ..version import __version__
from ..wire.protobuf_writing import (
    LONGEST_MESSAGE,
    field_of,
    float_field,
    head_of_field,
    number_field,
)
from .data_types import TYPE_NUMBERS, bytes_of
from .graph import AttributeValue, GivenAttributes, Graph, Initializer, Node, ValueType
from .lowering import NOT_CONVERTIBLE, OPSET, UNKNOWN_INPUT, UNKNOWN_OPERATION, UNWRITTEN

#: IR version: with opset 13, what ONNX Runtime 1.6 and later read.
IR_VERSION = 7
#: The name of a free batch axis.
BATCH = "N"

# Weights below this stay in the model file even where others lie beside it.
_SMALL = 1024
# Where tensors begin in a file beside the model, so that readers can map them.
_ALIGNMENT = 64
# Room for what stands around the graph.
_MARGIN = 1 << 20
_MOST_REFUSALS = 32

#: Told how many bytes of weights were written just now.
Advance = Callable[[int], None]


class _Entry(NamedTuple):
    """An initializer's message: its head, and the weights that follow it in the file."""

    head: bytes
    content: Optional[Initializer]


def refusals(graph: Graph) -> Tuple[Finding, ...]:
    """Why a graph can't be written: layers that ONNX has no words for, weights that are missing."""
    found: List[Finding] = []
    behind: Set[str] = set()
    for node in graph.nodes:
        # A layer is not to blame for what another one keeps from it.
        explained = not behind.isdisjoint(node.inputs)
        if explained or node.domain == UNWRITTEN:
            behind.update(node.outputs)
        if node.domain == UNWRITTEN:
            if not explained or node.attributes.text("rule") != UNKNOWN_INPUT:
                found.append(_refused(node))
        elif node.domain or not isinstance(node.attributes, GivenAttributes):
            found.append(_foreign(node))
    if not graph.outputs:
        found.append(
            finding(
                NOT_CONVERTIBLE,
                "The network has no outputs.",
                hint="Save the model again with what it is to predict.",
            )
        )
    for name, type_ in graph.inputs.items():
        if type_.shape is None or type_.data_type not in TYPE_NUMBERS:
            found.append(
                finding(
                    NOT_CONVERTIBLE,
                    f"The size of the input {quoted(name)} is not known.",
                    hint="An ONNX file has to say how many axes go into it.",
                )
            )
    for name, initializer in graph.initializers.items():
        content = initializer.content
        if content is None or content.size != _size(initializer):
            found.append(
                finding(
                    "network-weights-missing",
                    f"The model's files do not hold the weights {quoted(name)}, or not as many "
                    "as the network needs.",
                    hint="Put all files of the model into one folder, as they were saved.",
                )
            )
    return tuple(found[:_MOST_REFUSALS])


def _refused(node: Node) -> Finding:
    told = node.attributes.text("operation")
    rule = UNKNOWN_OPERATION if node.attributes.text("rule") == UNKNOWN_OPERATION else (
        NOT_CONVERTIBLE
    )  # fmt: skip
    return finding(
        rule,
        f"The layer {quoted(node.name)} ({quoted(told)}) can't be said in ONNX's operators: "
        f"{node.attributes.text('reason')}.",
        hint="Nothing is approximated, so nothing is written.",
    )


def _foreign(node: Node) -> Finding:
    return finding(
        NOT_CONVERTIBLE,
        f"The operation {quoted(node.op)} of {quoted(node.domain or 'the source file')} is none "
        "that is written here.",
        hint="A file that is ONNX already needs no conversion.",
    )


def write_onnx(
    graph: Graph,
    target: Path,
    *,
    metadata: Optional[Mapping[str, str]] = None,
    external: bool = False,
    advance: Advance = lambda count: None,
) -> Tuple[Path, ...]:
    """Write a graph as an ONNX file, whole or not at all; weights pass through in pieces.

    Parameters
    ----------
    metadata
        ``metadata_props``: texts by key.
    external
        Put weights into a file beside it, named like it with ``.data`` behind; done anyway
        where the file would be longer than 2 GiB, which no reader takes.
    advance
        Told of progress.

    Returns
    -------
    tuple of Path
        What was written, the model file first.

    Raises
    ------
    ConversionRefused
        When something of the graph can't be written (:func:`refusals`), or the files can't.
    ModelFileError
        When weights can't be read.
    """
    refused = refusals(graph)
    if refused:
        raise ConversionRefused(refused)
    weights = sum(_size(one) for one in graph.initializers.values())
    beside = external or weights > LONGEST_MESSAGE - _MARGIN
    data_path = target.with_name(f"{target.name}.data")
    with ExitStack() as stack:
        # The last to be opened is the first to be whole: the model file never stands without data.
        output = stack.enter_context(whole_file(target))
        data = stack.enter_context(whole_file(data_path)) if beside else None
        _write(output, graph, metadata or {}, data, data_path.name, advance)
    return (target, data_path) if beside else (target,)


def _write(
    output: BinaryIO,
    graph: Graph,
    metadata: Mapping[str, str],
    data: Optional[BinaryIO],
    data_name: str,
    advance: Advance,
) -> None:
    nodes = b"".join(field_of(1, _node(node)) for node in graph.nodes) + field_of(2, graph.name)
    entries = _entries(graph.initializers.values(), data, data_name, advance)
    ends = b"".join(
        field_of(number, _value_info(name, type_))
        for number, ends in ((11, graph.inputs), (12, graph.outputs))
        for name, type_ in ends.items()
    )
    inside = sum(
        len(entry.head) + (_size(entry.content) if entry.content else 0) for entry in entries
    )
    output.write(number_field(1, IR_VERSION) + field_of(2, "dl2ecd") + field_of(3, __version__))
    output.write(head_of_field(7, len(nodes) + inside + len(ends)))
    output.write(nodes)
    for entry in entries:
        output.write(entry.head)
        if entry.content is not None:
            _copy(entry.content, output, advance)
    output.write(ends)
    output.write(field_of(8, field_of(1, "") + number_field(2, OPSET)))
    for key, text in sorted(metadata.items()):
        output.write(metadata_field(key, text))


def metadata_field(key: str, text: str) -> bytes:
    """A metadata property of a model, as it stands at its end."""
    return field_of(14, field_of(1, key) + field_of(2, text))


def _size(initializer: Initializer) -> int:
    return bytes_of(initializer.data_type, initializer.elements) or 0


def _copy(initializer: Initializer, output: BinaryIO, advance: Advance) -> None:
    """The weights, as many bytes as were announced."""
    left = _size(initializer)
    content = initializer.content
    for piece in content.pieces() if content is not None else ():
        left -= len(piece)
        output.write(piece)
        advance(len(piece))
    if left:
        raise ValueError(f"weights {initializer.name!r} are {left} bytes short")


def _entries(
    initializers: Iterable[Initializer],
    data: Optional[BinaryIO],
    data_name: str,
    advance: Advance,
) -> List[_Entry]:
    """The initializers' messages; weights that go into a file beside are written there now."""
    entries: List[_Entry] = []
    offset = 0
    for one in initializers:
        size = _size(one)
        body = b"".join(number_field(1, size_) for size_ in one.dims)
        body += number_field(2, TYPE_NUMBERS[one.data_type]) + field_of(8, one.name)
        if data is None or size < _SMALL:
            raw = head_of_field(9, size)
            head = head_of_field(5, len(body) + len(raw) + size) + body + raw
            entries.append(_Entry(head, one))
            continue
        gap = -offset % _ALIGNMENT
        data.write(b"\0" * gap)
        offset += gap
        told = {"location": data_name, "offset": str(offset), "length": str(size)}
        body += b"".join(
            field_of(13, field_of(1, key) + field_of(2, value)) for key, value in told.items()
        )
        entries.append(_Entry(field_of(5, body + number_field(14, 1)), None))
        _copy(one, data, advance)
        offset += size
    return entries


def _value_info(name: str, type_: ValueType) -> bytes:
    """A ValueInfoProto; free sizes have names, so that readers do not take them for one."""
    dims = b""
    if type_.shape is not None:
        for axis, size in enumerate(type_.shape):
            free = BATCH if axis == 0 else f"{name}.{axis}"
            dims += field_of(1, field_of(2, free) if size is None else number_field(1, size))
    tensor = number_field(1, TYPE_NUMBERS[type_.data_type or "float32"])
    if type_.shape is not None:
        tensor += field_of(2, dims)
    return field_of(1, name) + field_of(2, field_of(1, tensor))


def _node(node: Node) -> bytes:
    """A NodeProto; its name is the first output's, which is the only one of its kind."""
    body = b"".join(field_of(1, name) for name in node.inputs)
    body += b"".join(field_of(2, name) for name in node.outputs)
    body += field_of(3, node.outputs[0]) + field_of(4, node.op)
    # Nodes with other attributes were refused.
    for name, value in sorted(cast(GivenAttributes, node.attributes).items()):
        body += field_of(5, _attribute(name, value))
    return body


def _attribute(name: str, value: AttributeValue) -> bytes:
    head = field_of(1, name)
    if isinstance(value, int):
        return head + number_field(3, value) + number_field(20, 2)
    if isinstance(value, float):
        return head + float_field(2, value) + number_field(20, 1)
    if isinstance(value, str):
        return head + field_of(4, value) + number_field(20, 3)
    if isinstance(value, Initializer):
        raise TypeError("tensors go into a graph as initializers")
    if any(isinstance(one, float) for one in value):
        floats = b"".join(float_field(7, float(one)) for one in value)
        return head + floats + number_field(20, 6)
    if any(isinstance(one, str) for one in value):
        return head + b"".join(field_of(9, str(one)) for one in value) + number_field(20, 8)
    return head + b"".join(number_field(8, int(one)) for one in value) + number_field(20, 7)
