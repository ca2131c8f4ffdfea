"""The one door to the sizes of what a network computes, whatever format it comes in."""

from __future__ import annotations

from importlib import import_module
from typing import Dict, Protocol, cast

from ..network.flow import Flow, flow_of
from ..wire.source import ByteSource
from .description import ModelDescription
from .networks import is_lowered, read_network


class Flowing(Protocol):
    """What a module offers whose format runs without being lowered to ONNX's operators."""

    def flow_of(self, source: ByteSource) -> Flow:
        """The values of the model's network in the order in which they are made."""


#: These modules by the format's id; imported when first needed.
_AS_THEY_ARE: Dict[str, str] = {
    "openvino-ir": "openvino.flow",
    "paddle": "paddle.flow",
    "tensorflow-graphdef": "tensorflow.graphdef",
    "tensorflow-savedmodel": "tensorflow.savedmodel",
    "tflite": "tflite.flow",
}


def has_flow(format_id: str) -> bool:
    """Whether the sizes of what a network computes can be told in a format."""
    return is_lowered(format_id) or format_id in _AS_THEY_ARE


def read_flow(model: ModelDescription) -> Flow:
    """The values of a model's network in the order in which they are made.

    Parameters
    ----------
    model
        Of a format that has one (:func:`has_flow`).

    Raises
    ------
    Dl2EcdError
        When the network can't be read.
    """
    path = model.primary.location
    if is_lowered(model.format):
        return flow_of(read_network(path).network)
    flowing = cast(Flowing, import_module(f".{_AS_THEY_ARE[model.format]}", __package__))
    with ByteSource(path) as source:
        return flowing.flow_of(source)
