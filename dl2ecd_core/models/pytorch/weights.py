"""Tensors in PyTorch's pickles: their shape and type, without their values.

How tensors are written is in PyTorch's source: torch/_utils.py (the ``_rebuild_*`` functions and
their arguments), torch/_tensor.py (``_reduce_ex_internal``) and torch/serialization.py
(``persistent_id``: storages by type, key, location and number of elements).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Set, Tuple

from ...wire.pickle_values import Global, Made, Persistent, PickledDict, Unordered

_LARGEST = 1 << 62
_MOST_DIMENSIONS = 64

#: PyTorch's types by the name that follows ``torch.``, as NumPy (or PyTorch) names them.
DATA_TYPES: Dict[str, str] = {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "byte": "uint8",
    "char": "int8",
    "short": "int16",
    "int": "int32",
    "long": "int64",
    "boolean": "bool",
    "cfloat": "complex64",
    "cdouble": "complex128",
    "complexfloat": "complex64",
    "complexdouble": "complex128",
}

#: Bytes of one element, by NumPy's name of the type.
ELEMENT_SIZES: Dict[str, int] = {
    "bool": 1,
    "uint8": 1,
    "int8": 1,
    "qint8": 1,
    "quint8": 1,
    "int16": 2,
    "uint16": 2,
    "float16": 2,
    "bfloat16": 2,
    "int32": 4,
    "uint32": 4,
    "qint32": 4,
    "float32": 4,
    "int64": 8,
    "uint64": 8,
    "float64": 8,
    "complex64": 8,
    "complex128": 16,
}


@dataclass(frozen=True)
class Storage:
    """Where a tensor's values lie: its key in the file and the number of its elements."""

    key: str
    data_type: Optional[str]
    elements: int


@dataclass(frozen=True)
class Weight:
    """A named tensor of a model.

    Attributes
    ----------
    name
        As in the state dict: ``layer1.0.conv1.weight``.
    shape
        As PyTorch reports it.
    layer
        Class of the layer it belongs to (``Conv2d``), where the file tells.
    groups
        Of a convolution, where the file tells.
    """

    name: str
    shape: Tuple[int, ...]
    data_type: Optional[str] = None
    layer: Optional[str] = None
    groups: Optional[int] = None

    @property
    def elements(self) -> int:
        """The number of its values."""
        count = 1
        for size in self.shape:
            count *= size
        return count


def element_type(value: object) -> Optional[str]:
    """NumPy's name for a storage class or a dtype of PyTorch."""
    if not isinstance(value, Global) or not value.module.startswith("torch"):
        return None
    name = value.name
    if name.endswith("Storage"):
        name = name[: -len("Storage")].lower()
        if name in ("untyped", "typed", ""):
            return None
    return DATA_TYPES.get(name, name)


def storage_of(value: object) -> Optional[Storage]:
    """What a persistent id says about a storage; None when it is none."""
    identity = value.id if isinstance(value, Persistent) else None
    if not isinstance(identity, tuple) or len(identity) < 5 or identity[0] != "storage":
        return None
    kind, key, elements = identity[1], identity[2], identity[4]
    if isinstance(key, int) and not isinstance(key, bool):
        key = str(key)
    if not isinstance(key, str) or not isinstance(elements, int) or elements < 0:
        return None
    return Storage(key, element_type(kind), elements)


def tensor_of(value: object) -> Optional[Tuple[Tuple[int, ...], Optional[str]]]:
    """Shape and type of a value that would become a tensor; None when it would not."""
    for _ in range(4):
        if not isinstance(value, Made) or not isinstance(value.callee, Global):
            return None
        args = value.args
        if not isinstance(args, tuple):
            return None
        name = value.callee.path
        if name in _WRAPPERS and len(args) > _WRAPPERS[name]:
            value = args[_WRAPPERS[name]]
        elif name == "torch._tensor._rebuild_from_type_v2" and len(args) == 4:
            # func, type, args, state: the same as calling func.
            value = Made(args[0], args[2])
        else:
            return _rebuilt(name, args)
    return None


# Functions that wrap a tensor, and which argument it is.
_WRAPPERS = {
    "torch._utils._rebuild_parameter": 0,
    "torch._utils._rebuild_parameter_with_state": 0,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": 0,
    "torch._tensor._rebuild_from_type": 2,
}


def _rebuilt(
    name: str, args: Tuple[object, ...]
) -> Optional[Tuple[Tuple[int, ...], Optional[str]]]:
    short = name.rpartition(".")[2]
    shape: object = None
    data_type: Optional[str] = None
    if short in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_qtensor"):
        if len(args) < 4:
            return None
        storage = storage_of(args[0])
        shape = args[2]
        data_type = storage.data_type if storage else None
        if short == "_rebuild_tensor_v3" and len(args) > 6:
            data_type = element_type(args[6])
    elif short == "_rebuild_meta_tensor_no_storage" and len(args) >= 2:
        data_type, shape = element_type(args[0]), args[1]
    elif short == "_rebuild_wrapper_subclass" and len(args) >= 3:
        data_type, shape = element_type(args[1]), args[2]
    elif short == "_rebuild_sparse_tensor" and len(args) == 2 and isinstance(args[1], tuple):
        # Layout and then indices, values, size; or row and column indices, values, size.
        inner = [item for item in args[1] if not isinstance(item, (bool, type(None)))]
        shape = inner[-1] if inner else None
    sizes = sizes_of(shape)
    return None if sizes is None else (sizes, data_type)


def sizes_of(shape: object) -> Optional[Tuple[int, ...]]:
    """A tuple of sizes, also as torch.Size writes it; None when it is something else."""
    if isinstance(shape, Made) and isinstance(shape.callee, Global) and shape.callee.name == "Size":
        shape = shape.args[0] if isinstance(shape.args, tuple) and shape.args else None
    if not isinstance(shape, (tuple, list)) or len(shape) > _MOST_DIMENSIONS:
        return None
    sizes: List[int] = []
    for size in shape:
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < _LARGEST:
            return None
        sizes.append(size)
    return tuple(sizes)


def storages_in(value: object) -> Dict[str, Storage]:
    """All storages that a value refers to, by key."""
    found: Dict[str, Storage] = {}
    seen: Set[int] = set()
    pending: List[object] = [value]
    while pending:
        item = pending.pop()
        storage = storage_of(item)
        if storage is not None:
            found[storage.key] = storage
        elif isinstance(item, (list, tuple, PickledDict, Made, Unordered)) and id(item) not in seen:
            seen.add(id(item))
            pending += _inside(item)
    return found


def _inside(item: object) -> List[object]:
    if isinstance(item, Made):
        return [item.args, item.state, item.entries, item.items]
    if isinstance(item, PickledDict):
        pairs = item.others or []
        return [*item.text.values(), *(part for pair in pairs for part in pair)]
    if isinstance(item, Unordered):
        return item.items
    return list(item) if isinstance(item, (list, tuple)) else []
