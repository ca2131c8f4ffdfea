"""The JSON programs of PaddlePaddle 3 (PIR): ``inference.json``.

https://github.com/PaddlePaddle/Paddle/tree/develop/paddle/fluid/pir/serialize_deserialize
Operations and types are written with a number for their dialect: ``1.conv2d``, ``0.t_dtensor``.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Tuple

from ...findings.errors import ModelFileError
from ...wire.json_data import whole_number
from ...wire.source import ByteSource
from .steps import Known, Program, Step

#: Longer programs are not read: what JSON builds takes many times its length in memory.
LONGEST = 16 * 1024 * 1024
# Values that an operation takes as one.
_LONGEST_LIST = 256
# What the older programs call otherwise.
_OTHER_NAMES = {"sum": "reduce_sum", "max": "reduce_max"}

_DATA_TYPES = {"t_f32": "float32", "t_f64": "float64", "t_f16": "float16", "t_bf16": "bfloat16",
               "t_i8": "int8", "t_i16": "int16", "t_i32": "int32", "t_i64": "int64",
               "t_ui8": "uint8", "t_bool": "bool", "t_c64": "complex64",
               "t_c128": "complex128"}  # fmt: skip


def read_pir(source: ByteSource) -> Program:
    """A PIR program.

    Raises
    ------
    ModelFileError
        ``model-damaged`` or ``model-too-complex``.
    """
    if source.size > LONGEST:
        raise ModelFileError(
            "model-too-complex",
            f"The program has {source.size} bytes; at most {LONGEST} are read.",
            file=source.name,
        )
    try:
        text = source.read(0, source.size, "the program").decode("utf-8", "replace")
        content = json.loads(text, parse_int=whole_number)
    except json.JSONDecodeError as error:
        raise source.damaged(error.pos, f"The program is no sound JSON: {error.msg}.") from error
    except (ValueError, RecursionError) as error:
        raise source.damaged(0, "The program is no sound JSON.") from error
    program = Program()
    operations = _operations(content)
    if operations is None:
        raise source.damaged(0, "The program has no block with operations.")
    for operation in operations:
        if isinstance(operation, dict):
            _operation(operation, program)
    return program


def _operations(content: Any) -> Optional[List[Any]]:
    try:
        found = content["program"]["regions"][0]["blocks"][0]["ops"]
    except (KeyError, IndexError, TypeError):
        return None
    return found if isinstance(found, list) else None


def _dicts(value: Any) -> List[Dict[str, Any]]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def _operation(operation: Dict[str, Any], program: Program) -> None:
    kind = str(operation.get("#", "")).rpartition(".")[2]
    outputs = []
    for one in _dicts(operation.get("O")):
        value = str(one.get("%"))
        program.values[value] = _known(one.get("TT"))
        outputs.append(value)
    if kind == "p":
        program.weights.update(outputs)
        return
    given = [str(one.get("%")) for one in _dicts(operation.get("I"))]
    if kind == "combine" and outputs and len(given) <= _LONGEST_LIST:
        program.lists[outputs[0]] = given
        return
    inputs = [one for name in given for one in program.lists.get(name, [name])]
    attributes = {str(one.get("N")): _plain(one.get("AT")) for one in _dicts(operation.get("A"))}
    name = attributes.get("name")
    if kind == "data" and outputs:
        program.inputs.append((name if isinstance(name, str) else "", outputs[0]))
        return
    if kind == "fetch" and inputs:
        program.outputs.append((name if isinstance(name, str) else "", inputs[0]))
        return
    if kind in ("py_func", "run_program"):
        program.own_code.add(kind)
    layout, axis = attributes.get("data_format"), attributes.get("axis")
    if kind == "full" and outputs:
        _number(outputs[0], attributes.get("value"), program)
    if kind == "argmax" and axis is None and len(inputs) == 2:
        axis = program.numbers.get(inputs[1])
    flat = attributes.get("flatten")
    program.steps.append(
        Step(
            _OTHER_NAMES.get(kind, kind),
            tuple(inputs),
            tuple(outputs),
            layout if isinstance(layout, str) else "NCHW",
            axis if isinstance(axis, int) and not isinstance(axis, bool) and not flat else None,
            _order(attributes.get("perm")),
        )
    )


def _order(value: Any) -> Optional[Tuple[int, ...]]:
    """The order of a transpose."""
    found = [one.get("D") for one in _dicts(value)]
    numbers = tuple(one for one in found if isinstance(one, int) and not isinstance(one, bool))
    return numbers if numbers and len(numbers) == len(found) else None


def _number(name: str, value: Any, program: Program) -> None:
    """Keep a constant that may be an axis."""
    if isinstance(value, (int, float)) and abs(value) < 1000 and int(value) == value:
        program.numbers[name] = int(value)


def _plain(attribute: Any) -> Any:
    return attribute.get("D") if isinstance(attribute, dict) else None


def _known(type_: Any) -> Known:
    """A dense tensor's type: element type, sizes, layout ..."""
    if not isinstance(type_, dict) or not str(type_.get("#", "")).endswith("t_dtensor"):
        return Known()
    parts = type_.get("D")
    if not isinstance(parts, list) or len(parts) < 2 or not isinstance(parts[1], list):
        return Known()
    element = parts[0].get("#", "") if isinstance(parts[0], dict) else ""
    sizes: Tuple[Any, ...] = tuple(parts[1])
    if len(sizes) > 64 or any(type(size) is not int for size in sizes):
        return Known(None, _DATA_TYPES.get(str(element).rpartition(".")[2]))
    shape = tuple(size if size >= 0 else None for size in sizes)
    return Known(shape, _DATA_TYPES.get(str(element).rpartition(".")[2]))
