"""The readers of model formats, and what each of them must offer.

A reader is a module with two functions:

``recognise(source) -> Match``
    Looks at the content (never the name) of a :class:`~.wire.source.ByteSource`, cheaply; raises
    nothing. ``SURE`` when no other format looks so; ``MAYBE`` when only reading can tell.
``read(source) -> ModelDescription``
    Raises :class:`~dl2ecd_core.findings.errors.ModelFileError` when the file is damaged or a
    variant that can't be read.
"""

from __future__ import annotations

import importlib
from enum import IntEnum
from typing import Dict, Iterator, Protocol, Tuple, cast

from ..wire.source import ByteSource
from .description import ModelDescription


class Match(IntEnum):
    """How sure a reader is that a file is of its format."""

    NO = 0
    MAYBE = 1
    SURE = 2


class Reader(Protocol):
    """The two functions of a reader module."""

    def recognise(self, source: ByteSource) -> Match:
        """Whether the content is of this format."""

    def read(self, source: ByteSource) -> ModelDescription:
        """What the model says about itself."""


#: Reader modules in the order in which they are asked; imported when first needed.
MODULES: Tuple[str, ...] = (
    "cntk.v1",
    "cntk.v2",
    "tensorflow.savedmodel",
    "tensorflow.graphdef",
    "tensorflow.checkpoint",
    "onnx",
    "caffe",
    "coreml",
    "paddle",
    "tflite",
    "openvino",
    "mxnet",
    "keras.hdf5",
    "keras.v3",
    "darknet",
    "pytorch.export",
    "pytorch.torchscript",
    "pytorch.zip_archive",
    "pytorch.legacy",
    "safetensors",
    # Last: they only say what a file is that no reader knows.
    "not_models.unknown_pickles",
    "not_models.archives",
)


#: How files of a format usually start: bytes at an offset. Readers whose format a file starts like
#: are asked first, so that the others need not even be imported. A hint and no more: when none of
#: them is sure, all are asked.
_STARTS: Dict[str, Tuple[Tuple[int, bytes], ...]] = {
    "cntk.v1": ((0, b"B\0C\0N\0"),),
    "cntk.v2": ((0, b"\x08\x01\x12\x11\x0a"), (0, b"\x08\x02\x12\x11\x0a"), (0, b"ktnc")),
    "tensorflow.savedmodel": ((0, b"\x08\x01\x12"),),
    "tensorflow.graphdef": ((0, b"\x0a"), (0, b"node")),
    "onnx": ((0, b"\x08"),),
    "caffe": ((0, b"\x0a"),),
    "coreml": ((0, b"\x08"),),
    "paddle": ((0, b"\x0a"),),
    "tflite": ((4, b"TFL3"),),
    "openvino": ((0, b"<"),),
    "mxnet": ((0, b"\x12\x01\x00\x00"), (0, b"{")),
    "darknet": ((0, b"\0\0\0\0"), (0, b"[net]")),
    "keras.hdf5": ((0, b"\x89HDF"),),
    "keras.v3": ((0, b"PK"),),
    "pytorch.export": ((0, b"PK"),),
    "pytorch.torchscript": ((0, b"PK"),),
    "pytorch.zip_archive": ((0, b"PK"),),
    "pytorch.legacy": ((0, b"\x80\x02\x8a"),),
    "safetensors": ((8, b"{"),),
}


def readers(head: bytes) -> Iterator[Reader]:
    """The readers: those that the first bytes of a file suggest, then the others, in order."""

    def suggested(module: str) -> bool:
        starts = _STARTS.get(module, ())
        return any(head.startswith(start, offset) for offset, start in starts)

    for module in sorted(MODULES, key=suggested, reverse=True):
        yield cast(Reader, importlib.import_module(f".{module}", __package__))
