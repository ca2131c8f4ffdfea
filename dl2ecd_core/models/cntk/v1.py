"""Reads CNTK v1 models, as BrainScript and NDL networks and old CNTK programs save them."""

from __future__ import annotations

from ...network.lowering import Network
from ...wire.source import ByteSource
from ..description import ModelDescription
from ..registry import Match
from .lowering import lowered
from .telling import describe
from .v1_conversion import converted
from .v1_network import graph_of

_MAGIC = "BCN\0".encode("utf-16-le")


def recognise(source: ByteSource) -> Match:
    """Whether the file starts with the mark of a CNTK network."""
    return Match.SURE if source.read_up_to(0, len(_MAGIC)) == _MAGIC else Match.NO


def read(source: ByteSource) -> ModelDescription:
    """What a CNTK v1 model says about itself.

    Raises
    ------
    ModelFileError
        ``model-damaged`` or ``model-unsupported``.
    """
    return describe(source, "cntk-v1", converted(graph_of(source)))


def network_of(source: ByteSource) -> Network:
    """The network in ONNX's operators, without what only training needs.

    Raises
    ------
    ModelFileError
        As :func:`read`.
    """
    return lowered(converted(graph_of(source)))
