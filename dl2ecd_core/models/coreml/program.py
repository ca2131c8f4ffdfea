"""The operations of a Core ML model, as far as they tell what inputs and outputs mean.

https://github.com/apple/coremltools/blob/main/mlmodel/format/MIL.proto and NeuralNetwork.proto
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ...network.graph import AttributeValue
from ...network.names import called, operators
from ...network.outline import Outline
from ...network.shapes import Dims
from ...wire.protobuf import Message, signed

# Operations whose first input is an image: batch, channels, rows, columns.
_IMAGE = operators(
    "conv conv_transpose max_pool avg_pool l2_pool batch_norm instance_norm upsample_bilinear "
    "upsample_nearest_neighbor resize_bilinear resize_nearest_neighbor pixel_shuffle"
)
_OPERATORS = called(
    "conv=Conv conv_transpose=ConvTranspose max_pool=MaxPool avg_pool=AveragePool "
    "l2_pool=AveragePool batch_norm=BatchNormalization instance_norm=InstanceNormalization "
    "upsample_bilinear=Resize upsample_nearest_neighbor=Resize resize_bilinear=Resize "
    "resize_nearest_neighbor=Resize pixel_shuffle=DepthToSpace linear=Gemm "
    "matmul=MatMul add=Add sub=Sub mul=Mul real_div=Div pow=Pow maximum=Max minimum=Min "
    "relu=Relu relu6=Clip leaky_relu=LeakyRelu prelu=PRelu elu=Elu gelu=Gelu silu=Swish "
    "sigmoid=Sigmoid sigmoid_hard=HardSigmoid tanh=Tanh softplus=Softplus clip=Clip sqrt=Sqrt "
    "exp=Exp square=Pow softmax=Softmax identity=Identity cast=Cast quantize=QuantizeLinear "
    "dequantize=DequantizeLinear pad=Pad concat=Concat slice_by_index=Slice slice_by_size=Slice "
    "reshape=Reshape squeeze=Squeeze expand_dims=Unsqueeze transpose=Transpose "
    "reduce_argmax=ArgMax reduce_argmin=ArgMin reduce_max=ReduceMax reduce_min=ReduceMin "
    "reduce_mean=ReduceMean reduce_sum=ReduceSum topk=TopK"
)
# Inputs that are attributes in ONNX, under the same names; some are a single number.
_ATTRIBUTES = operators("axis axes perm k")
_SINGLE = ("axis", "k")

_MOST_OPERATIONS = 1_000_000
_DEEPEST = 32
# Bytes of a list of numbers that may be axes.
_LONGEST_LIST = 640


@dataclass
class Operations:
    """What was seen on the way through a model's operations.

    Attributes
    ----------
    outline
        What is known of values, by their name.
    shapes
        What a program declares, by the name of a value.
    channels
        Of images that a neural network takes, by the name of the input.
    labels
        Names of classes.
    own_code
        Class names of custom layers and models.
    files
        Weight files that the operations name, relative to the model's folder.
    """

    outline: Outline = field(default_factory=lambda: Outline("NCHW"))
    shapes: Dict[str, Dims] = field(default_factory=dict)
    channels: Dict[str, int] = field(default_factory=dict)
    labels: Tuple[str, ...] = ()
    own_code: Dict[str, None] = field(default_factory=dict)
    files: Dict[str, None] = field(default_factory=dict)


def read_program(program: Message, seen: Operations, main: str = "") -> None:
    """The operations of an ML program.

    Parameters
    ----------
    main
        The function that stands for the model, where there are several: of the others, only the
        files and the code they need are told.

    Raises
    ------
    ModelFileError
        ``model-damaged`` or ``model-too-complex``.
    """
    count = 0
    for name, function in _entries(program, 2, "a function"):
        apart = Operations(own_code=seen.own_code, files=seen.files)
        into = seen if main in ("", name) else apart
        constants: Dict[str, _Constant] = {}
        for one in function.fields():
            if one.number == 1:
                into.outline.input(*_output(function.child(one, "a function's input")))
        for operation in _operations(function):
            count += 1
            if count > _MOST_OPERATIONS:
                raise program.wrong(f"more than {_MOST_OPERATIONS} operations")
            _operation(operation, into, constants)


def _operations(function: Message) -> Iterator[Message]:
    """All operations, those of blocks inside operations after the operation itself."""
    for _, block in _entries(function, 3, "a block"):
        waiting: List[Tuple[Message, int]] = [(block, 0)]
        while waiting:
            current, depth = waiting.pop()
            for one in current.fields():
                if one.number != 3:
                    continue
                operation = current.child(one, "an operation")
                yield operation
                if depth < _DEEPEST:
                    for inner in operation.fields():
                        if inner.number == 4:
                            waiting.append((operation.child(inner, "a block"), depth + 1))


def _entries(message: Message, number: int, what: str) -> Iterator[Tuple[str, Message]]:
    """The keys and values of a map."""
    for one in message.fields():
        if one.number == number:
            entry = message.child(one, what)
            key = ""
            value: Optional[Message] = None
            for inner in entry.fields():
                if inner.number == 1:
                    key = entry.text_of(inner, 65536)
                elif inner.number == 2:
                    value = entry.child(inner, what)
            if value is not None:
                yield key, value


class _Constant(NamedTuple):
    """The texts or whole numbers of a constant."""

    texts: Tuple[str, ...] = ()
    numbers: Tuple[int, ...] = ()


def _operation(operation: Message, seen: Operations, constants: Dict[str, _Constant]) -> None:
    kind = ""
    inputs: Dict[str, List[str]] = {}
    inline: Dict[str, List[Message]] = {}
    outputs: List[str] = []
    shapes: List[Optional[Dims]] = []
    told = _Constant()
    for one in operation.fields():
        if one.number == 1:
            kind = operation.text_of(one, 4096)
        elif one.number == 2:
            name, inputs_, values = _input(operation.child(one, "an input"))
            inputs[name], inline[name] = inputs_, values
        elif one.number == 3:
            name_, shape = _output(operation.child(one, "an output"))
            outputs.append(name_)
            shapes.append(shape)
            if shape is not None:
                seen.shapes[name_] = shape
        elif one.number == 5:
            key, found = _attribute(operation.child(one, "an attribute"), seen)
            told = found if key == "val" else told
    if kind == "const":
        for name_, shape in zip(outputs, shapes):
            constants[name_] = told
            seen.outline.constant(name_, shape)
        return

    def constant(name: str) -> _Constant:
        """An input's content: that of a constant before, or written in its place."""
        parts = [part for value in inline.get(name, ()) for part in _parts(value)]
        written = _Constant(
            tuple(text for part in parts for text in part.texts),
            tuple(number for part in parts for number in part.numbers),
        )
        return constants.get((inputs.get(name) or [""])[0], written)

    _add(kind, inputs, outputs, shapes, seen, constant)
    if kind == "classify":
        seen.labels = seen.labels or constant("classes").texts
    if kind == "custom_layer":
        named = constant("class_name").texts or told.texts
        seen.own_code[(named or ("(unnamed)",))[0]] = None


def _add(
    kind: str,
    inputs: Dict[str, List[str]],
    outputs: List[str],
    shapes: List[Optional[Dims]],
    seen: Operations,
    constant: Callable[[str], _Constant],
) -> None:
    op, layout = _OPERATORS.get(kind, ""), "NCHW" if kind in _IMAGE else ""
    used = [*inputs.get("x", []), *inputs.get("values", []), *inputs.get("y", [])]
    attributes: Dict[str, Optional[AttributeValue]] = {}
    for name in _ATTRIBUTES.intersection(inputs):
        numbers = constant(name).numbers
        if numbers:
            attributes[name] = numbers[0] if name in _SINGLE else numbers
    if op == "Resize":
        attributes["mode"] = "nearest" if "nearest" in kind else "linear"
    if op == "Gemm" and shapes and len(shapes[0] or ()) > 2:
        op = "MatMul"
    if op in ("Gemm", "MatMul"):
        used += inputs.get("weight", [])
    if layout and used and used[0] not in seen.outline.values:
        seen.outline.input(used[0], (None,) * len(layout))
    seen.outline.add(op, used, outputs, shapes, layout=layout, **attributes)


def _input(entry: Message) -> Tuple[str, List[str], List[Message]]:
    """An input's name, the names of the values bound to it, and those that have none."""
    name = ""
    used: List[str] = []
    values: List[Message] = []
    for one in entry.fields():
        if one.number == 1:
            name = entry.text_of(one, 4096)
        elif one.number == 2:
            argument = entry.child(one, "an argument")
            for binding in argument.fields():
                if binding.number == 1:
                    bound = argument.child(binding, "a binding")
                    for value in bound.fields():
                        if value.number == 1:
                            used.append(bound.text_of(value, 65536))
                        elif value.number == 2:
                            values.append(bound.child(value, "a value"))
    return name, used, values


def _output(message: Message) -> Tuple[str, Optional[Dims]]:
    """A value's name and shape."""
    name, shape = "", None
    for one in message.fields():
        if one.number == 1:
            name = message.text_of(one, 65536)
        elif one.number == 2:
            type_ = message.child(one, "a value's type")
            for inner in type_.fields():
                if inner.number == 1:
                    shape = _tensor(type_.child(inner, "a tensor's type"))
    return name, shape


def _tensor(message: Message) -> Optional[Dims]:
    sizes: List[Optional[int]] = []
    rank = 0
    for one in message.fields():
        if one.number == 2:
            rank = signed(one.value)
        elif one.number == 3:
            size: Optional[int] = None
            dimension = message.child(one, "a dimension")
            for inner in dimension.fields():
                if inner.number == 1:
                    constant = dimension.child(inner, "a size")
                    size = next((f.value for f in constant.fields() if f.number == 1), None)
            sizes.append(size)
    return tuple(sizes) if rank == len(sizes) <= 32 else None


def _attribute(entry: Message, seen: Operations) -> Tuple[str, _Constant]:
    """An attribute's name and content; weight files that it names are put among the files."""
    key = ""
    found = _Constant()
    for field_ in entry.fields():
        if field_.number == 1:
            key = entry.text_of(field_, 4096)
        elif field_.number == 2:
            value = entry.child(field_, "a value")
            for one in value.fields():
                if one.number == 5:
                    _weights(value.child(one, "a weight's place"), seen)
                elif one.number == 3:
                    found = _content(value.child(one, "a constant's value"))
    return key, found


def _parts(value: Message) -> Iterator[_Constant]:
    """What a value holds, or the values in a list of them."""
    for one in value.fields():
        if one.number == 3:
            immediate = value.child(one, "a constant's value")
            yield _content(immediate)
            for inner in immediate.fields():
                if inner.number == 3:
                    items = immediate.child(inner, "a list")
                    for item in items.fields():
                        if item.number == 1:
                            yield from _item(items.child(item, "a value in a list"))


def _item(value: Message) -> Iterator[_Constant]:
    for one in value.fields():
        if one.number == 3:
            yield _content(value.child(one, "a constant's value"))


def _weights(blob: Message, seen: Operations) -> None:
    for one in blob.fields():
        if one.number == 1:
            name = blob.text_of(one, 4096)
            start = "@model_path/"
            seen.files[name[len(start) :] if name.startswith(start) else name] = None


def _content(immediate: Message) -> _Constant:
    """The texts or whole numbers of a constant that holds such."""
    for one in immediate.fields():
        if one.number == 1:
            tensor = immediate.child(one, "a constant's tensor")
            for kind in tensor.fields():
                if kind.number == 4:
                    strings = tensor.child(kind, "a constant's texts")
                    found = [strings.text_of(f, 65536) for f in strings.fields() if f.number == 1]
                    return _Constant(tuple(found))
                if kind.number == 2:
                    return _Constant((), _few(tensor.child(kind, "a constant's numbers")))
    return _Constant()


def _few(numbers: Message) -> Tuple[int, ...]:
    """Whole numbers where there are so few that they may be axes."""
    found: List[int] = []
    for one in numbers.fields():
        if one.number == 1 and numbers.end - numbers.start <= _LONGEST_LIST:
            found += numbers.integers_of(one, _LONGEST_LIST)
    return tuple(found)
