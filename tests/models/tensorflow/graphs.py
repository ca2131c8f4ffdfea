"""Writes graphs as text: odd ones that TensorFlow would not make, in a line or two."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple, Union

from dl2ecd_core.models import ModelDescription, inspect_model

Shape = Optional[Tuple[Optional[int], ...]]


class Numbers:
    """A constant's elements, with their shape."""

    def __init__(self, values: Any, kind: str = "") -> None:
        self.shape: List[int] = []
        nested = values
        while isinstance(nested, list):
            self.shape.append(len(nested))
            nested = nested[0] if nested else 0
        self.items = list(_flat(values))
        whole = all(isinstance(item, int) for item in self.items)
        self.kind = kind or ("DT_INT32" if whole else "DT_FLOAT")

    def __str__(self) -> str:
        name = {"DT_FLOAT": "float_val", "DT_INT64": "int64_val", "DT_DOUBLE": "double_val"}
        values = " ".join(f"{name.get(self.kind, 'int_val')}: {item}" for item in self.items)
        return f"tensor {{ dtype: {self.kind} tensor_shape {{ {_dims(self.shape)} }} {values} }}"


def _flat(values: Any) -> Iterator[Union[int, float]]:
    if isinstance(values, list):
        for value in values:
            yield from _flat(value)
    else:
        yield values


def _dims(sizes: Sequence[Optional[int]]) -> str:
    return " ".join(f"dim {{ size: {-1 if size is None else size} }}" for size in sizes)


def _value(value: Any) -> str:
    if isinstance(value, Numbers):
        return str(value)
    if isinstance(value, bool):
        return f"b: {str(value).lower()}"
    if isinstance(value, int):
        return f"i: {value}"
    if isinstance(value, float):
        return f"f: {value}"
    if isinstance(value, tuple):
        return f"shape {{ {_dims(value)} }}"
    if isinstance(value, list):
        return f"list {{ {' '.join(_value(item) for item in value)} }}"
    return f"type: {value}" if value.startswith("DT_") else f's: "{value}"'


def node(name: str, op: str, *inputs: str, **attributes: Any) -> str:
    """One node: numbers, truth values, texts, types, lists, and shapes as tuples."""
    taken = " ".join(f'input: "{text}"' for text in inputs)
    said = " ".join(
        f'attr {{ key: "{key}" value {{ {_value(value)} }} }}' for key, value in attributes.items()
    )
    return f'node {{ name: "{name}" op: "{op}" {taken} {said} }}\n'


def fed(name: str, shape: Shape, kind: str = "DT_FLOAT") -> str:
    """A placeholder; None as its shape: of unknown rank."""
    if shape is None:
        return node(name, "Placeholder", dtype=kind)
    return node(name, "Placeholder", dtype=kind, shape=shape)


def const(name: str, values: Any, kind: str = "") -> str:
    """A constant of numbers: whole ones unless one is a fraction."""
    numbers = Numbers(values, kind)
    return node(name, "Const", dtype=numbers.kind, value=numbers)


def branch(op: str, inputs: Sequence[Any], attributes: Dict[str, Any], name: str = "y") -> str:
    """A node with what it takes before it: tuples are fed, lists and numbers are constants."""
    text = ""
    for index, given in enumerate(inputs):
        if given is None or isinstance(given, tuple):
            text += fed(f"{name}_in{index}", given)
        else:
            text += const(f"{name}_in{index}", given)
    taken = [f"{name}_in{index}" for index in range(len(inputs))]
    return text + node(name, op, *taken, **{"T": "DT_FLOAT", **attributes})


def inspected(folder: Path, *nodes: str) -> ModelDescription:
    """What is said of a graph of these nodes."""
    path = folder / "graph.pbtxt"
    path.write_text("".join(nodes), "ascii")
    return inspect_model(path)
