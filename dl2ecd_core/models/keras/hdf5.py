"""Keras models in HDF5 files: whole ones and weights only, of Keras 1, 2 and 3.

A whole model's description is JSON in the attribute ``model_config`` of the root group
(keras/src/legacy/saving/legacy_h5_format.py); weights are read as :mod:`.weights` says.
"""

from __future__ import annotations

from typing import Any, Optional

from ...findings import Place
from ...findings.errors import ModelFileError
from ...findings.rules import finding
from ...network.lowering import Network as Lowered
from ...wire.hdf5 import Hdf5File, Node, is_hdf5
from ...wire.source import ByteSource
from ...wire.zip_directory import ends_as_archive, refused
from ..description import ModelDescription
from ..registry import Match
from .config_text import parse_config
from .describe import Ends, code_findings, connected, description, ends_of
from .first_and_last import inferred_ends
from .lost_input import with_first_kernel
from .lowering import Generation, lowered
from .lowering.shelves import list_shelf
from .weights import Weights, named_weights, variable_tree

FORMAT = "keras-hdf5"


def recognise(source: ByteSource) -> Match:
    """HDF5, with or without a user block."""
    return Match.SURE if is_hdf5(source) else Match.NO


def read(source: ByteSource) -> ModelDescription:
    """What the model says about itself.

    Raises
    ------
    ModelFileError
        ``model-damaged``; ``model-not-a-model`` when it is an HDF5 file of another program;
        ``archive-refused`` when it is an archive as well, which Keras takes by the file's name.
    """
    if ends_as_archive(source):
        raise refused(source, "it begins as an HDF5 file and ends as an archive.")
    file = Hdf5File(source)
    root = file.root
    config = _text(root, "model_config")
    if config is not None:
        return _whole(source, file, config)
    weights = weights_in(file)
    if weights is None:
        raise _not_keras(source, root)
    return _weights_only(source, root, weights)


def network_of(source: ByteSource) -> Lowered:
    """The network in ONNX's operators.

    Raises
    ------
    ModelFileError
        As :func:`read`.
    ConversionRefused
        Where the file does not say how the layers are connected.
    """
    file = Hdf5File(source)
    config = _text(file.root, "model_config")
    model = None if config is None else parse_config(source, config, "the description of the model")
    network = connected(source.name, model)
    group = file.root.child("model_weights")
    shelf = list_shelf(source, file.root if group is None else group)
    return lowered(with_first_kernel(network, weights_in(file)), shelf, _generation(file.root))


def weights_in(file: Hdf5File) -> Optional[Weights]:
    """The weights in either layout; None when there are none."""
    group = file.root.child("model_weights")
    named = named_weights(group if group is not None else file.root)
    return named if named is not None else variable_tree(file)


def _whole(source: ByteSource, file: Hdf5File, config: str) -> ModelDescription:
    model = parse_config(source, config, "the description of the model")
    weights = weights_in(file)
    training = _text(file.root, "training_config")
    described = [model]
    if training is not None:
        described.append(_training(source, training))
    return description(
        source,
        FORMAT,
        ends_of(source.name, model, weights, _generation(file.root)),
        version=_version(file.root),
        backend=_text(file.root, "backend"),
        parameters=None if weights is None else weights.total,
        findings=code_findings(source, *described),
    )


def _training(source: ByteSource, text: str) -> Any:
    try:
        return parse_config(source, text, "the description of the training")
    except ModelFileError:
        return {}  # only looked at for code; the model can be used without


def _weights_only(source: ByteSource, root: Node, weights: Weights) -> ModelDescription:
    inputs, outputs = inferred_ends(weights)
    unknown = finding(
        "model-shape-unknown",
        f"'{source.name}' holds the weights of a model but not the model: "
        + (
            "bands and classes are guessed from the shapes of its first and last layer."
            if inputs and outputs
            else "its bands or classes can't be told from them."
        ),
        hint="Save the whole model (model.save) so that Keras can load it without its script.",
        where=Place(file=source.name),
    )
    return description(
        source,
        FORMAT,
        Ends(inputs, outputs, findings=(unknown,)),
        version=_version(root),
        backend=_text(root, "backend"),
        parameters=weights.total,
    )


def _generation(root: Node) -> Generation:
    return Generation(_version(root) or "", _text(root, "backend") or "")


def _version(root: Node) -> Optional[str]:
    version = _text(root, "keras_version")
    if version is None:
        group = root.child("model_weights")
        version = None if group is None else _text(group, "keras_version")
    return version


def _text(node: Node, name: str) -> Optional[str]:
    attribute = node.attribute(name)
    return None if attribute is None else attribute.text()


def _not_keras(source: ByteSource, root: Node) -> ModelFileError:
    names = set(root.attributes())
    if "_NCProperties" in names or "Conventions" in names:
        what = "a NetCDF-4 dataset (multidimensional data)"
    elif "MATLAB_class" in names or _is_matlab(source):
        what = "a MATLAB file"
    else:
        what = "an HDF5 file of another program"
    return ModelFileError(
        "model-not-a-model",
        f"'{source.name}' is {what}, not a Keras model: it has neither a model description nor "
        "named weights.",
        hint="Give the file that Keras' model.save wrote.",
        file=source.name,
    )


def _is_matlab(source: ByteSource) -> bool:
    return source.read_up_to(0, 6) == b"MATLAB"
