"""The one door to a model's network: a graph in ONNX's operators, whatever format it comes in."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Callable, Dict, Union

from ..files.stamps import Stamped, stamps_before
from ..findings import Finding, Place
from ..findings.errors import ConversionRefused
from ..findings.rules import finding
from ..findings.wording import printable
from ..network.channels_first import channels_first, order_of
from ..network.lowering import Network
from ..wire.source import ByteSource
from . import caffe, darknet, mxnet, onnx
from .cntk import v1 as cntk_v1
from .cntk import v2 as cntk_v2
from .converters import converter_of
from .description import ModelDescription, Tensor
from .inspection import inspect_model
from .keras import hdf5 as keras_hdf5
from .keras import v3 as keras_v3


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


#: Readers of formats whose networks are lowered to ONNX's operators, by the format's id.
_LOWERED: Dict[str, Callable[[ByteSource], Network]] = {
    "caffe": caffe.network_of,
    "cntk-v1": cntk_v1.network_of,
    "cntk-v2": cntk_v2.network_of,
    "darknet": darknet.network_of,
    "keras-hdf5": keras_hdf5.network_of,
    "keras-v3": keras_v3.network_of,
    "mxnet": mxnet.network_of,
    "onnx": onnx.network_of,
}


def read_network(path: Union[str, os.PathLike[str]]) -> ModelNetwork:
    """A model's network, and what the model says about itself.

    Parameters
    ----------
    path
        As for :func:`~dl2ecd_core.models.inspect_model`.

    Raises
    ------
    ModelFileError
        When the model can't be read.
    ConversionRefused
        ``network-format-not-convertible``, with the program that converts it. Layers that can't
        be said are in the graph (:func:`~dl2ecd_core.network.onnx_file.refusals`).
    """
    description = inspect_model(path)
    lower = _LOWERED.get(description.format)
    if lower is None:
        raise ConversionRefused([_not_lowered(description, os.fspath(path))])
    stamps = stamps_before(part.location for part in description.files)
    with ByteSource(description.primary.location, os.fspath(path)) as source:
        return ModelNetwork(description, lower(source), description.format == "onnx", stamps)


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
