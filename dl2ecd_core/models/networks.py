"""The one door to a model's network: a graph in ONNX's operators, whatever format it comes in."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Dict, Optional, Protocol, Union, cast

from ..files.stamps import Stamped, stamps_before
from ..findings import Finding, Place
from ..findings.errors import ConversionRefused
from ..findings.rules import finding
from ..findings.wording import printable
from ..network.channels_first import channels_first, order_of
from ..network.lowering import Network
from ..wire.source import ByteSource
from . import onnx
from .converters import converter_of
from .description import ModelDescription, Tensor
from .inspection import inspect_model


@dataclass(frozen=True)
class ModelNetwork:
    """A model's network.

    Attributes
    ----------
    description
        What the model says about itself.
    network
        Its graph, and what is known of inputs and outputs.
    is_onnx
        Whether the file is ONNX already: then its own bytes are the network, and the graph is
        there to be asked, not to be written.
    stamps
        What the model's files were when the graph was read.
    """

    description: ModelDescription
    network: Network
    is_onnx: bool = False
    stamps: Stamped = ()


class Lowering(Protocol):
    """What a module offers whose format is lowered to ONNX's operators."""

    def network_of(self, source: ByteSource) -> Network:
        """The model's network."""


#: These modules by the format's id; imported when first needed, since there are many behind each.
_LOWERED: Dict[str, str] = {
    "caffe": "caffe",
    "cntk-v1": "cntk.v1",
    "cntk-v2": "cntk.v2",
    "darknet": "darknet",
    "keras-hdf5": "keras.hdf5",
    "keras-v3": "keras.v3",
    "mxnet": "mxnet",
    "onnx": "onnx",
}


def read_network(
    path: Union[str, os.PathLike[str]], *, assumed: Optional[int] = None
) -> ModelNetwork:
    """A model's network, and what the model says about itself.

    Parameters
    ----------
    path
        As for :func:`~dl2ecd_core.models.inspect_model`.
    assumed
        Rows and columns that an image is taken to have where an ONNX file leaves them free: such
        networks work out of these what other formats state.

    Raises
    ------
    ModelFileError
        When the model can't be read.
    ConversionRefused
        ``network-format-not-convertible``, with the program that converts it. Layers that can't
        be said are in the graph (:func:`~dl2ecd_core.network.onnx_file.refusals`).
    """
    return network_described(inspect_model(path), os.fspath(path), assumed=assumed)


def network_described(
    description: ModelDescription, name: str, *, assumed: Optional[int] = None
) -> ModelNetwork:
    """The same of a model that is described already.

    Parameters
    ----------
    name
        Of its file, for messages.
    """
    module = _LOWERED.get(description.format)
    if module is None:
        raise ConversionRefused([_not_lowered(description, name)])
    lowering = cast(Lowering, import_module(f".{module}", __package__))
    stamps = stamps_before(part.location for part in description.files)
    is_onnx = description.format == "onnx"
    with ByteSource(description.primary.location, name) as source:
        network = onnx.network_of(source, assumed) if is_onnx else lowering.network_of(source)
        return ModelNetwork(description, network, is_onnx, stamps)


def with_channels_first(model: ModelNetwork) -> ModelNetwork:
    """The network with the axes N, C, H, W at its ends, whatever order the model has.

    Raises
    ------
    ConversionRefused
        ``network-axes-fixed`` for a file that is ONNX already, whose bytes stay as they are.
    """
    if model.is_onnx:
        raise ConversionRefused(
            [
                finding(
                    "network-axes-fixed",
                    "The model is ONNX already: its bytes are taken as they are, and so are the "
                    "axes of its inputs and outputs.",
                    hint="Leave --axes out, or export it again from the program that made it.",
                )
            ]
        )
    description = model.description
    return replace(
        model,
        description=replace(
            description,
            inputs=tuple(_channels_first(tensor) for tensor in description.inputs),
            outputs=tuple(_channels_first(tensor) for tensor in description.outputs),
        ),
        network=channels_first(model.network),
    )


def _channels_first(tensor: Tensor) -> Tensor:
    order = order_of(tensor.axes)
    if order is None or tensor.shape is None:
        return tensor
    return replace(tensor, axes="NCHW", shape=tuple(tensor.shape[axis] for axis in order))


def _not_lowered(description: ModelDescription, name: str) -> Finding:
    return finding(
        "network-format-not-convertible",
        f"'{printable(name, 400)}' is a model of {description.framework} ({description.format}), "
        "which is not turned into ONNX here.",
        hint=converter_of(description),
        where=Place(file=name),
    )


def is_lowered(format_id: str) -> bool:
    """Whether networks of a format are turned into ONNX here."""
    return format_id in _LOWERED
