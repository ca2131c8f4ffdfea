"""The operations of a Core ML model, as far as they tell what inputs and outputs mean.

https://github.com/apple/coremltools/blob/main/mlmodel/format/MIL.proto and NeuralNetwork.proto
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Optional, Set, Tuple

from ...wire.protobuf import Message, signed
from ..description import Activation, Dims

# Operations whose first input is an image: batch, channels, rows, columns.
_IMAGE = {"conv", "conv_transpose", "max_pool", "avg_pool", "l2_pool", "batch_norm",
          "instance_norm", "upsample_bilinear", "upsample_nearest_neighbor", "resize_bilinear",
          "resize_nearest_neighbor", "pixel_shuffle"}  # fmt: skip
# Operations that leave the axes where they are.
_KEEPING = {"relu", "relu6", "leaky_relu", "prelu", "elu", "gelu", "sigmoid", "sigmoid_hard",
            "tanh", "softmax", "cast", "add", "sub", "mul", "real_div", "clip", "identity", "pad",
            "concat", "silu", "softplus", "sqrt", "exp", "square", "quantize",
            "dequantize"}  # fmt: skip
_PASSING = {"cast", "identity", "reshape", "squeeze", "expand_dims", "transpose"}
_SCORES = {"conv", "conv_transpose", "linear", "matmul", "add", "relu", "batch_norm", "mul", "sub"}
_ACTIVATIONS = {"softmax": Activation.SOFTMAX, "sigmoid": Activation.SIGMOID,
                "reduce_argmax": Activation.ARGMAX}  # fmt: skip

_MOST_OPERATIONS = 1_000_000
_DEEPEST = 32


@dataclass
class Operations:
    """What was seen on the way through a model's operations.

    Attributes
    ----------
    images
        Names of values whose axes are batch, channels, rows, columns.
    activations
        By the name of a value, what was done last to it.
    shapes
        By the name of a value.
    channels
        Of a neural network's images, by the name of a value.
    labels
        Names of classes.
    own_code
        Class names of custom layers and models.
    files
        Weight files that the operations name, relative to the model's folder.
    """

    images: Set[str] = field(default_factory=set)
    activations: Dict[str, Optional[Activation]] = field(default_factory=dict)
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
        sources: Dict[str, str] = {}
        texts: Dict[str, Tuple[str, ...]] = {}
        for operation in _operations(function):
            count += 1
            if count > _MOST_OPERATIONS:
                raise program.wrong(f"more than {_MOST_OPERATIONS} operations")
            _operation(operation, into, sources, texts)


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


def _operation(
    operation: Message,
    seen: Operations,
    sources: Dict[str, str],
    texts: Dict[str, Tuple[str, ...]],
) -> None:
    kind = ""
    inputs: Dict[str, List[str]] = {}
    inline: Dict[str, List[Message]] = {}
    outputs: List[str] = []
    told: Tuple[str, ...] = ()
    for one in operation.fields():
        if one.number == 1:
            kind = operation.text_of(one, 4096)
        elif one.number == 2:
            name, inputs_, values = _input(operation.child(one, "an input"))
            inputs[name], inline[name] = inputs_, values
        elif one.number == 3:
            output = operation.child(one, "an output")
            name_, shape = _output(output)
            outputs.append(name_)
            if shape is not None:
                seen.shapes[name_] = shape
        elif one.number == 5:
            key, found = _attribute(operation.child(one, "an attribute"), seen)
            told = found if key == "val" else told
    if kind == "const":
        for name_ in outputs:
            texts[name_] = told
        return
    data = (inputs.get("x") or inputs.get("values") or [""])[0]
    _axes(kind, inputs, data, outputs, seen, sources)
    for name_ in outputs:
        if kind in _PASSING:
            seen.activations[name_] = seen.activations.get(data)
        else:
            known = Activation.NONE if kind in _SCORES else None
            seen.activations[name_] = _ACTIVATIONS.get(kind, known)

    def texts_of(name: str) -> Tuple[str, ...]:
        """The texts of an input: those of a constant before, or written in its place."""
        written = [text for value in inline.get(name, ()) for text in _value_texts(value)]
        return texts.get((inputs.get(name) or [""])[0], tuple(written))

    if kind == "classify":
        seen.labels = seen.labels or texts_of("classes")
    if kind == "custom_layer":
        seen.own_code[(texts_of("class_name") or told or ("(unnamed)",))[0]] = None


def _axes(
    kind: str,
    inputs: Dict[str, List[str]],
    data: str,
    outputs: List[str],
    seen: Operations,
    sources: Dict[str, str],
) -> None:
    if kind in _IMAGE:
        seen.images.add(data)
        seen.images.add(sources.get(data, data))
        seen.images.update(outputs)
    elif kind in _KEEPING:
        if any(name in seen.images for used in inputs.values() for name in used):
            seen.images.update(outputs)
        for name in outputs:
            sources[name] = sources.get(data, data)


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


def _attribute(entry: Message, seen: Operations) -> Tuple[str, Tuple[str, ...]]:
    """An attribute's name and texts; weight files that it names are put among the files."""
    key = ""
    found: Tuple[str, ...] = ()
    for field_ in entry.fields():
        if field_.number == 1:
            key = entry.text_of(field_, 4096)
        elif field_.number == 2:
            value = entry.child(field_, "a value")
            for one in value.fields():
                if one.number == 5:
                    _weights(value.child(one, "a weight's place"), seen)
                elif one.number == 3:
                    found = _texts(value.child(one, "a constant's value"))
    return key, found


def _value_texts(value: Message) -> Iterator[str]:
    """The texts of a value that holds some, or of the values in a list of them."""
    for one in value.fields():
        if one.number == 3:
            immediate = value.child(one, "a constant's value")
            yield from _texts(immediate)
            for inner in immediate.fields():
                if inner.number == 3:
                    items = immediate.child(inner, "a list")
                    for item in items.fields():
                        if item.number == 1:
                            yield from _item_texts(items.child(item, "a value in a list"))


def _item_texts(value: Message) -> Iterator[str]:
    for one in value.fields():
        if one.number == 3:
            yield from _texts(value.child(one, "a constant's value"))


def _weights(blob: Message, seen: Operations) -> None:
    for one in blob.fields():
        if one.number == 1:
            name = blob.text_of(one, 4096)
            start = "@model_path/"
            seen.files[name[len(start) :] if name.startswith(start) else name] = None


def _texts(immediate: Message) -> Tuple[str, ...]:
    """The texts of a constant that holds texts."""
    for one in immediate.fields():
        if one.number == 1:
            tensor = immediate.child(one, "a constant's tensor")
            for kind in tensor.fields():
                if kind.number == 4:
                    strings = tensor.child(kind, "a constant's texts")
                    return tuple(strings.text_of(f, 65536) for f in strings.fields()
                                 if f.number == 1)  # fmt: skip
    return ()
