"""The readers of model formats, and what each of them must offer.

A reader is a module with two functions:

``recognise(source) -> Match``
    Looks at the content (never the name) of a :class:`~.wire.source.ByteSource`, cheaply; raises
    nothing. ``SURE`` when no other format looks so; ``MAYBE`` when only reading can tell.
``read(source) -> ModelDescription``
    Raises :class:`~dl2ecd_core.errors.ModelFileError` when the file is damaged or a variant that
    can't be read.
"""

from __future__ import annotations

import importlib
from enum import IntEnum
from typing import Iterator, Protocol, Tuple, cast

from .description import ModelDescription
from .wire.source import ByteSource


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
    "pickled",
    "archives",
)


def readers() -> Iterator[Reader]:
    """The readers, in order."""
    for module in MODULES:
        yield cast(Reader, importlib.import_module(f".{module}", __package__))
