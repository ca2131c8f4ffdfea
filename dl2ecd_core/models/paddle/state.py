"""State dicts of PaddlePaddle (.pdparams): pickled NumPy arrays by name, walked, never loaded.

https://github.com/PaddlePaddle/Paddle/blob/develop/python/paddle/framework/io.py
"""

from __future__ import annotations

from typing import List, Optional, Tuple

from ...findings.errors import ModelFileError
from ...findings.wording import printable
from ...wire.pickle_values import Global, Made, text_entries
from ...wire.source import ByteSource
from ..companions import parts_of
from ..description import ModelDescription
from ..pickle_search import walks_to_end
from ..pickles import import_findings, pickle_findings
from ..pytorch.layers import inferred_tensors
from ..pytorch.weights import Weight

#: The entry that says which of the framework's names each tensor has.
_NAMES = "StructuredToParameterName@@"
_END = 256 * 1024

_RECONSTRUCT = ("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct")
_KINDS = {"f2": "float16", "f4": "float32", "f8": "float64", "i1": "int8", "i2": "int16",
          "i4": "int32", "i8": "int64", "u1": "uint8", "u2": "uint16", "b1": "bool"}  # fmt: skip


def is_state(source: ByteSource) -> bool:
    """Whether a pickle has the entry that only PaddlePaddle writes; it is the last one."""
    end = source.read_up_to(max(0, source.size - _END), _END)
    return _NAMES.encode() in end or _NAMES.encode() in source.read_up_to(0, 4096)


def read_state(source: ByteSource) -> ModelDescription:
    """What the weights say about their network.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when the pickle is broken.
    """
    walks = walks_to_end(source)
    walk = walks[0]
    if walk.broken:
        raise ModelFileError(
            "model-damaged",
            f"The pickle with the model's weights is broken: {printable(str(walk.problem))}.",
            hint="The file is cut short or damaged: fetch or export it again.",
            file=source.name,
            offset=walk.end,
            further=import_findings(source, walks),
        )
    weights = _weights(walk.value)
    files, missing = parts_of(source, ())
    # PaddlePaddle keeps the weights of dense layers the other way round than PyTorch: where there
    # are any, the last layer is not told.
    convolutional = bool(weights) and all(len(weight.shape) != 2 for weight in weights or ())
    inputs, outputs = inferred_tensors(weights or (), ordered=True) if convolutional else ((), ())
    return ModelDescription(
        format="paddle",
        framework="PaddlePaddle",
        files=files,
        inputs=inputs,
        outputs=outputs,
        parameters=None if weights is None else sum(weight.elements for weight in weights),
        missing_files=missing,
        findings=pickle_findings(source, walks),
    )


def _weights(value: object) -> Optional[Tuple[Weight, ...]]:
    entries = text_entries(value)
    if entries is None:
        return None
    found: List[Weight] = []
    for name, item in entries.items():
        array = _array(item)
        if array is not None:
            found.append(Weight(name, *array))
        elif name != _NAMES:
            return None
    return tuple(found)


def _array(value: object) -> Optional[Tuple[Tuple[int, ...], Optional[str]]]:
    """Shape and element type of a pickled NumPy array: (version, shape, dtype, order, bytes)."""
    if not isinstance(value, Made) or not isinstance(value.callee, Global):
        return None
    state = value.state
    if value.callee.path not in _RECONSTRUCT or not isinstance(state, tuple) or len(state) < 3:
        return None
    shape = state[1]
    if not isinstance(shape, tuple) or len(shape) > 64:
        return None
    sizes = tuple(size for size in shape if type(size) is int and 0 <= size < 1 << 62)
    if len(sizes) != len(shape):
        return None
    data_type: Optional[str] = None
    if isinstance(state[2], Made) and isinstance(state[2].args, tuple) and state[2].args:
        kind = state[2].args[0]
        data_type = _KINDS.get(kind) if isinstance(kind, str) else None
    return sizes, data_type
