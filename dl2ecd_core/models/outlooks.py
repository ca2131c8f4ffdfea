"""The one door to what a model's outputs look at, whatever format it comes in."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Dict, Protocol, Union, cast

from ..network.outlook import Outlook, outlook_of
from ..wire.source import ByteSource
from .description import ModelDescription
from .inspection import inspect_model
from .networks import network_described


class Followed(Protocol):
    """What a module offers whose format is followed without being lowered to ONNX's operators."""

    def outlook_of(self, source: ByteSource, model: ModelDescription, assumed: int) -> Outlook:
        """What the outputs of the model's network look at.

        Parameters
        ----------
        model
            What is said of it: the letters of its inputs' axes count as they stand there.
        assumed
            Rows and columns that an image is taken to have where the file leaves them free.
        """


#: These modules by the format's id; imported when first needed.
_AS_THEY_ARE: Dict[str, str] = {
    "openvino-ir": "openvino.outlook",
    "tensorflow-checkpoint": "tensorflow.checkpoint",
    "tensorflow-graphdef": "tensorflow.graphdef",
    "tensorflow-savedmodel": "tensorflow.savedmodel",
    "tflite": "tflite.outlook",
}


def read_outlook(path: Union[str, os.PathLike[str]], *, assumed: int) -> Outlook:
    """What the outputs of a model's network look at.

    Parameters
    ----------
    path
        As for :func:`~dl2ecd_core.models.inspect_model`.
    assumed
        Rows and columns that an image is taken to have where the file leaves them free.

    Raises
    ------
    Dl2EcdError
        When the model can't be read, or networks of its format are not followed.
    """
    model, name = inspect_model(path), os.fspath(path)
    module = _AS_THEY_ARE.get(model.format)
    if module is None:
        return outlook_of(network_described(model, name, assumed=assumed).network)
    followed = cast(Followed, import_module(f".{module}", __package__))
    with ByteSource(model.primary.location, name) as source:
        return followed.outlook_of(source, model, assumed)
