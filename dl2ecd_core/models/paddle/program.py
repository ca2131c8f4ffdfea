"""The binary programs of PaddlePaddle: .pdmodel, and ``__model__`` of older versions.

https://github.com/PaddlePaddle/Paddle/blob/develop/paddle/fluid/framework/framework.proto
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from ...findings.errors import ModelFileError
from ...wire.protobuf import FIXED32, Message, float_of, signed
from ..description import Dims
from .steps import Known, Program, Step

DATA_TYPES = {0: "bool", 1: "int16", 2: "int32", 3: "int64", 4: "float16", 5: "float32",
              6: "float64", 20: "uint8", 21: "int8", 22: "bfloat16", 23: "complex64",
              24: "complex128", 36: "uint16", 37: "uint32", 38: "uint64"}  # fmt: skip
_MOST_STEPS = 1_000_000
_LONGEST_ORDER = 64
_MOST_TEXTS = 64
#: Attributes that spell a shape, or how often something is repeated along each axis.
_SIZES = ("shape", "repeat_times", "expand_times")
_FIRST_INPUTS = ("X", "Input", "x", "input")


def read_program(message: Message) -> Program:
    """A ProgramDesc; only the first block holds what goes in and out.

    Raises
    ------
    ModelFileError
        ``model-damaged`` or ``model-too-complex``.
    """
    program = Program()
    blocks = 0
    feeds: List[Tuple[int, str]] = []
    fetches: List[Tuple[int, str]] = []
    for one in message.fields():
        if one.number == 1:
            blocks += 1
            if blocks == 1:
                _block(message.child(one, "the program's first block"), program, feeds, fetches)
        elif one.number == 4:
            version = message.child(one, "the program's version")
            number = next((f.value for f in version.fields() if f.number == 1), 0)
            program.version = _version(number)
    program.inputs = [(name, name) for _, name in sorted(feeds)]
    program.outputs = [(name, name) for _, name in sorted(fetches)]
    return program


def _version(number: int) -> Optional[str]:
    """Major, minor and patch stand in one number, three digits each: 2005001 is 2.5.1."""
    if not 0 < number < 1_000_000_000:
        return None
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def _block(
    block: Message,
    program: Program,
    feeds: List[Tuple[int, str]],
    fetches: List[Tuple[int, str]],
) -> None:
    for one in block.fields():
        if one.number == 3:
            _variable(block.child(one, "a variable"), program)
        elif one.number == 4:
            _step(block.child(one, "an operation"), program, feeds, fetches)
            if len(program.steps) > _MOST_STEPS:
                raise ModelFileError(
                    "model-too-complex",
                    f"The program has more than {_MOST_STEPS} operations, more than are read.",
                    file=block.source.name,
                )


def _variable(message: Message, program: Program) -> None:
    name, persistable = "", False
    known: Optional[Known] = None
    for one in message.fields():
        if one.number == 1:
            name = message.text_of(one, 65536)
        elif one.number == 2:
            known = _type(message.child(one, "a variable's type"))
        elif one.number == 3:
            persistable = bool(one.value)
    if known is not None:
        program.values[name] = known
        if persistable:
            program.weights.add(name)


def _type(message: Message) -> Optional[Known]:
    """The type of a dense tensor; None for lists, readers and the like."""
    for one in message.fields():
        if one.number == 3:
            dense = message.child(one, "a tensor's type")
            for inner in dense.fields():
                if inner.number == 1:
                    return _tensor(dense.child(inner, "a tensor's type"))
    return None


def _tensor(message: Message) -> Known:
    data_type: Optional[str] = None
    sizes: List[int] = []
    for one in message.fields():
        if one.number == 1:
            data_type = DATA_TYPES.get(one.value)
        elif one.number == 2:
            sizes += message.integers_of(one, 64)
            if len(sizes) > 64:
                raise message.wrong("a tensor of more than 64 dimensions")
    shape: Dims = tuple(size if size >= 0 else None for size in sizes)
    return Known(shape, data_type)


def _step(
    message: Message,
    program: Program,
    feeds: List[Tuple[int, str]],
    fetches: List[Tuple[int, str]],
) -> None:
    kind = ""
    inputs: Dict[str, List[str]] = {}
    outputs: Dict[str, List[str]] = {}
    attributes: Dict[str, object] = {}
    for one in message.fields():
        if one.number in (1, 2):
            key, names = _slot(message.child(one, "an operation's values"))
            (inputs if one.number == 1 else outputs)[key] = names
        elif one.number == 3:
            kind = message.text_of(one, 4096)
        elif one.number == 4:
            _attribute(message.child(one, "an attribute"), attributes, program)
    column = attributes.get("col")
    place = column if isinstance(column, int) else 0
    if kind == "feed":
        feeds += [(place, name) for name in outputs.get("Out", [])]
        return
    if kind == "fetch":
        fetches += [(place, name) for name in inputs.get("X", [])]
        return
    if kind == "py_func":
        program.own_code.add(kind)
    first = next((inputs[key] for key in _FIRST_INPUTS if inputs.get(key)), [])
    others = [name for key, names in inputs.items() if key not in _FIRST_INPUTS for name in names]
    main = next((outputs[key] for key in ("Out", "Output", "Y") if outputs.get(key)), [])
    rest = [name for names in outputs.values() for name in names if name not in main]
    layout, axis = attributes.get("data_format"), attributes.get("axis")
    if layout in (None, "", "AnyLayout"):
        layout = attributes.get("data_layout") or "NCHW"
    flat = attributes.get("flatten")
    program.steps.append(
        Step(
            kind,
            (*first, *others),
            (*main, *rest),
            str(layout),
            axis if isinstance(axis, int) and not flat else None,
            tuple(axis) if isinstance(axis, list) else None,
            attributes.get("scale") == 1.0 and attributes.get("bias") == 0.0,
            _sizes(attributes),
        )
    )


def _sizes(attributes: Dict[str, object]) -> Optional[Tuple[int, ...]]:
    """What an operation says of the size of its result."""
    found = next((attributes[name] for name in _SIZES if name in attributes), None)
    return tuple(found) if isinstance(found, list) else None


def _slot(message: Message) -> Tuple[str, List[str]]:
    key, names = "", []
    for one in message.fields():
        if one.number == 1:
            key = message.text_of(one, 65536)
        elif one.number == 2:
            names.append(message.text_of(one, 65536))
    return key, names


def _attribute(message: Message, attributes: Dict[str, object], program: Program) -> None:
    name = ""
    for one in message.fields():
        if one.number == 1:
            name = message.text_of(one, 65536)
        elif one.number in (3, 13) and one.wire == 0:
            attributes[name] = signed(one.value)
        elif one.number == 4 and one.wire == FIXED32:
            attributes[name] = float_of(one)
        elif one.number == 5:
            attributes[name] = message.text_of(one)
        elif (one.number == 6 and name == "axis") or (one.number in (6, 11) and name in _SIZES):
            order = attributes.setdefault(name, [])
            if isinstance(order, list) and len(order) < _LONGEST_ORDER:
                order += message.integers_of(one, _LONGEST_ORDER)
        elif one.number == 10:
            attributes[name] = bool(one.value)
        elif one.number == 8 and name == "op_callstack" and len(program.texts) < _MOST_TEXTS:
            program.texts.append(message.text_of(one))
