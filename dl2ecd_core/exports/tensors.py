"""The inputs and outputs of a model as an .ecd lists them, whoever wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from ..ecd.content import Ecd
from ..models.description import Dims, Evidence

#: Longest list of dimensions that is taken for a shape.
_MOST_DIMENSIONS = 64


@dataclass(frozen=True)
class StoredTensor:
    """An input or output.

    Attributes
    ----------
    name, data_type
        None where the .ecd says nothing.
    shape
        None for a free dimension; the whole None when unknown.
    axes
        One letter per dimension; as many question marks where the .ecd names none.
    """

    name: Optional[str]
    shape: Optional[Dims]
    axes: str
    data_type: Optional[str]
    evidence: Optional[Evidence]

    def size_of(self, axis: str) -> Optional[int]:
        """The length of the axis with this letter; None when absent, free or unknown."""
        if self.shape is None or axis not in self.axes:
            return None
        return self.shape[self.axes.index(axis)]

    @property
    def is_spatial(self) -> bool:
        """Whether it has rows and columns."""
        return {"H", "W"} <= set(self.axes)


def stored_tensors(ecd: Ecd, key: str) -> Tuple[StoredTensor, ...]:
    """The tensors under ``Inputs`` or ``Outputs``; what is not one is passed over."""
    listed = ecd.model.get(key)
    if not isinstance(listed, list):
        return ()
    return tuple(_tensor(entry) for entry in listed if isinstance(entry, dict))


def class_tensor(ecd: Ecd, outputs: Tuple[StoredTensor, ...]) -> Optional[StoredTensor]:
    """The one of these outputs on which the classes lie; None where the outputs leave that open.

    Outputs with rows and columns come before vectors, as when the .ecd was made.
    """
    indices = [item.index for item in ecd.classes if item.index is not None]
    last = max([*indices, -1 if ecd.background is None else ecd.background], default=-1)
    for output in sorted(outputs, key=lambda output: not output.is_spatial):
        channels = output.size_of("C")
        if last >= 0 and (channels == last + 1 or (channels == 1 and last <= 1)):
            return output
    return outputs[0] if len(outputs) == 1 else None


def _tensor(entry: Dict[str, object]) -> StoredTensor:
    shape = _shape(entry.get("Shape"))
    axes = entry.get("Axes")
    if shape is None:
        axes = ""
    elif not isinstance(axes, str) or len(axes) != len(shape):
        axes = "?" * len(shape)
    return StoredTensor(
        _text(entry.get("Name")),
        shape,
        axes,
        _text(entry.get("DataType")),
        _evidence(entry.get("Evidence")),
    )


def _shape(value: object) -> Optional[Dims]:
    if not isinstance(value, list) or len(value) > _MOST_DIMENSIONS:
        return None
    sizes: List[Optional[int]] = []
    for size in value:
        if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
            return None
        sizes.append(size)
    return tuple(sizes)


def _text(value: object) -> Optional[str]:
    return value if isinstance(value, str) and value else None


def _evidence(value: object) -> Optional[Evidence]:
    return next((item for item in Evidence if item.value == value), None)
