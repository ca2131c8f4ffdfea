"""The one door to the sizes of what a network computes, whatever format it comes in."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Dict

from ..network.flow import Flow, flow_of
from ..wire.source import ByteSource
from .description import ModelDescription
from .networks import is_lowered, read_network
from .openvino import flow as openvino
from .paddle import flow as paddle
from .tensorflow import graphdef, savedmodel
from .tflite import flow as tflite

#: Readers of formats whose networks are not lowered, by the format's id.
_DECLARED: Dict[str, Callable[[ByteSource], Flow]] = {
    "openvino-ir": openvino.flow_of,
    "paddle": paddle.flow_of,
    "tensorflow-graphdef": graphdef.flow_of,
    "tensorflow-savedmodel": savedmodel.flow_of,
    "tflite": tflite.flow_of,
}


def has_flow(format_id: str) -> bool:
    """Whether the sizes of what a network computes can be told in a format."""
    return is_lowered(format_id) or format_id in _DECLARED


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
    with ByteSource(Path(path), str(path)) as source:
        return _DECLARED[model.format](source)
