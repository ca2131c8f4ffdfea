"""From a CNTK v2 Dictionary to a graph.

Keys: Source/CNTKv2LibraryDll/Serialization.h, CompositeFunction.cpp, PrimitiveFunction.cpp,
UserDefinedFunction.cpp and Variable.cpp in https://github.com/microsoft/CNTK.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Tuple

from ...findings.errors import ModelFileError
from ...findings.wording import quoted
from ...wire.protobuf import Message
from .model_graph import (
    DATA_TYPES,
    UNKNOWN_SHAPE,
    Array,
    Block,
    Function,
    Graph,
    Kind,
    Op,
    Shape,
    Value,
    Variable,
)
from .v2_dictionary import entries_of, items_of, value_of

#: A model of this many functions and variables is still read; CNTK's own take thousands.
_MOST_PARTS = 2_000_000


@dataclass(frozen=True)
class ForeignCode:
    """A function that is somebody else's code, which CNTK loads and runs.

    Attributes
    ----------
    native
        Whether it is a native library; otherwise a Python module.
    """

    name: str
    module: str
    method: str
    native: bool


@dataclass(frozen=True)
class Contents:
    """What a v2 file holds.

    Attributes
    ----------
    arrays
        Every tensor in the order in which the file names them.
    owners
        The uids of their variables.
    """

    graph: Graph
    foreign: Tuple[ForeignCode, ...]
    arrays: Tuple[Array, ...]
    owners: Tuple[str, ...]


def contents_of(root: Message) -> Contents:
    """The graph that the root Dictionary describes.

    Raises
    ------
    ModelFileError
        ``model-not-a-model`` for another Dictionary, such as a trainer's checkpoint.
    """
    parts: Dict[str, Message] = {}
    for key, value in entries_of(root):
        parts[key] = value
        if len(parts) > 4096:
            raise root.wrong("a model has a handful of keys, this has thousands")
    kind = _text(parts, "type")
    if kind != "CompositeFunction" or "inputs" not in parts or "primitive_functions" not in parts:
        raise _not_a_model(root, parts, kind)
    variables, arrays, owners = _variables(parts["inputs"])
    functions, foreign = _functions(parts["primitive_functions"])
    uid = _text(parts, "root")
    if uid is None or uid not in functions:
        raise root.source.damaged(
            root.start, f"The model's root function {quoted(uid)} is not among its functions."
        )
    return Contents(Graph(uid, variables, functions), tuple(foreign), tuple(arrays), tuple(owners))


def _text(parts: Mapping[str, Message], key: str) -> Optional[str]:
    if key not in parts or parts[key].size > 4096:
        return None
    value = value_of(parts[key])
    return value if isinstance(value, str) else None


def _not_a_model(
    root: Message, parts: Mapping[str, Message], kind: Optional[str]
) -> ModelFileError:
    name = root.source.name
    if "Learners" in parts or "learners" in parts:
        beside = name[: -len(".ckp")] if name.lower().endswith(".ckp") else None
        where = f"'{beside}'" if beside else "the file of the same name without '.ckp'"
        return ModelFileError(
            "model-not-a-model",
            f"'{name}' is a CNTK training checkpoint: the state of the learners, not the model.",
            hint=f"The model lies beside it: give {where}.",
            file=name,
        )
    found = quoted(kind) if kind else "of another kind"
    return ModelFileError(
        "model-not-a-model",
        f"'{name}' is a CNTK Dictionary, but {found}, not a model (CompositeFunction).",
        hint="Save the model with Function.save and give that file.",
        file=name,
    )


def _variables(inputs: Message) -> Tuple[Dict[str, Variable], List[Array], List[str]]:
    variables: Dict[str, Variable] = {}
    arrays: List[Array] = []
    owners: List[str] = []
    for item in items_of(inputs):
        item.what = "a variable"
        entry = value_of(item, 2)
        if not isinstance(entry, dict):
            raise item.wrong("a variable is a dictionary")
        variable = _variable(item, entry)
        variables[variable.uid] = variable
        value = entry.get("value")
        if isinstance(value, Array):
            arrays.append(value)
            owners.append(variable.uid)
        _check_count(item, len(variables))
    return variables, arrays, owners


def _variable(item: Message, entry: Dict[str, Value]) -> Variable:
    uid, kind = entry.get("uid"), entry.get("kind")
    if not isinstance(uid, str) or not isinstance(kind, int) or not 0 <= kind <= 4:
        raise item.wrong("a variable has a uid and a kind")
    value = entry.get("value")
    shape = _shape(entry.get("shape"))
    data_type = entry.get("data_type")
    told = DATA_TYPES.get(data_type) if isinstance(data_type, int) else None
    scalar = None
    if isinstance(value, Array):
        scalar = value.scalar
        told = told or value.data_type
        if shape is None or any(size < 0 for size in shape):
            shape = _shape(value.shape)
    axes = entry.get("dynamic_axis")
    name = entry.get("name")
    # A vector of axes; older files have one axis in its place.
    several = isinstance(axes, list) and len(axes) > 1
    return Variable(
        uid,
        Kind(kind),
        name if isinstance(name, str) else "",
        shape,
        told,
        dynamic=bool(axes) if kind != Kind.PLACEHOLDER else axes != [],
        scalar=scalar,
        sequence=several,
        stored=value.stored if isinstance(value, Array) else None,
    )


def _shape(value: Value) -> Optional[Shape]:
    if not isinstance(value, tuple):
        return None
    sizes = tuple(size for size in value if isinstance(size, int))
    return None if sizes == UNKNOWN_SHAPE or any(size == -2 for size in sizes) else sizes


def _functions(message: Message) -> Tuple[Dict[str, Function], List[ForeignCode]]:
    functions: Dict[str, Function] = {}
    foreign: List[ForeignCode] = []
    for item in items_of(message):
        item.what = "a function"
        entry = value_of(item, 2)
        if not isinstance(entry, dict):
            raise item.wrong("a function is a dictionary")
        function, code = _function(item, entry)
        functions[function.uid] = function
        if code is not None:
            foreign.append(code)
        _check_count(item, len(functions))
    return functions, foreign


def _function(item: Message, entry: Dict[str, Value]) -> Tuple[Function, Optional[ForeignCode]]:
    uid = entry.get("uid")
    if not isinstance(uid, str):
        raise item.wrong("a function has a uid")
    named = entry.get("name")
    name = named if isinstance(named, str) else ""
    inputs = _texts(entry.get("inputs"))
    attributes = entry.get("attributes")
    op = entry.get("op")
    if entry.get("type") != "PrimitiveFunction" or not isinstance(op, int):
        return Function(uid, None, name, inputs), _foreign_code(uid, name, entry)
    block = _block(item, entry) if op == Op.BLOCK else None
    if block is not None:
        inputs = tuple(actual for _, actual in block.arguments)
    held = attributes if isinstance(attributes, dict) else {}
    return Function(uid, op, name, inputs, held, block), None


def _block(item: Message, entry: Dict[str, Value]) -> Block:
    composite = entry.get("block_function_composite")
    root = composite.get("root") if isinstance(composite, dict) else None
    op_name = entry.get("block_function_op_name")
    keys = _texts(entry.get("block_function_composite_arguments_map_keys"))
    values = _texts(entry.get("block_function_composite_arguments_map_values"))
    if not isinstance(root, str) or len(keys) != len(values):
        raise item.wrong("a block has a root and as many arguments as placeholders")
    return Block(root, op_name if isinstance(op_name, str) else "", tuple(zip(keys, values)))


def _foreign_code(uid: str, name: str, entry: Dict[str, Value]) -> ForeignCode:
    # A Python function keeps the class that is imported in its own state; a native one names its
    # library and the method that makes it (UserDefinedFunction.cpp, Function.cpp).
    state = entry.get("user_defined_state")
    held = state if isinstance(state, dict) else {}
    native = entry.get("native") is True
    module = held.get("module", entry.get("module"))
    method = held.get("deserialize_method", held.get("class", entry.get("deserialize_method")))
    return ForeignCode(
        name or uid,
        module if isinstance(module, str) else "",
        method if isinstance(method, str) else "",
        native,
    )


def _texts(value: Value) -> Tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(item for item in value if isinstance(item, str))


def _check_count(item: Message, count: int) -> None:
    if count > _MOST_PARTS:
        raise ModelFileError(
            "model-too-complex",
            f"The model has more than {_MOST_PARTS} functions or variables.",
            file=item.source.name,
            offset=item.start,
        )
