"""The .keras archive of Keras 3 (and Keras 2.12 and later).

A zip with ``config.json``, ``metadata.json`` and the weights: ``model.weights.h5``, or
``model.weights.npz``, or several HDF5 files with a ``model.weights.json``;
keras/src/saving/saving_lib.py.
"""

from __future__ import annotations

from typing import Any, Dict, Optional

from ...findings.errors import ModelFileError
from ...network.lowering import Network as Lowered
from ...wire.hdf5 import Hdf5File, is_hdf5
from ...wire.source import ByteSource
from ...wire.zip import Archive, is_archive, open_archive
from ..description import ModelDescription
from ..registry import Match
from .config_text import LONGEST_CONFIG, parse_config
from .describe import code_findings, connected, description, ends_of, not_connected
from .hidden_pickles import hidden_pickles
from .lowering import Generation, lowered
from .lowering.shelves import tree_shelf
from .weights import variable_tree

FORMAT = "keras-v3"
_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_LONGEST_METADATA = 64 * 1024
_LONGEST_WEIGHTS = 24 * 1024 * 1024


def recognise(source: ByteSource) -> Match:
    """A zip archive with a description and its metadata at the top."""
    if not is_archive(source):
        return Match.NO
    try:
        archive = open_archive(source)
    except ModelFileError:
        return Match.NO
    return Match.SURE if _CONFIG in archive and _METADATA in archive else Match.NO


def read(source: ByteSource) -> ModelDescription:
    """What the model says about itself.

    Raises
    ------
    ModelFileError
        ``model-damaged``, ``model-too-complex``, ``archive-refused``.
    """
    archive = open_archive(source)
    model = _json(source, archive, _CONFIG, LONGEST_CONFIG)
    version = _version(source, archive)
    findings = [*code_findings(source, model), *hidden_pickles(source, archive)]
    return description(
        source,
        FORMAT,
        ends_of(source.name, model, generation=Generation(version or "3")),
        version=version,
        backend=None,
        parameters=_parameters(archive),
        findings=findings,
    )


def network_of(source: ByteSource) -> Lowered:
    """The network in ONNX's operators.

    Raises
    ------
    ModelFileError
        As :func:`read`.
    ConversionRefused
        Where the file does not say how the layers are connected, or its weights can't be read.
    """
    archive = open_archive(source)
    network = connected(source.name, _json(source, archive, _CONFIG, LONGEST_CONFIG))
    generation = Generation(_version(source, archive) or "3")
    if _WEIGHTS not in archive:
        raise not_connected(source.name, f"its weights are not in one '{_WEIGHTS}'")
    part = archive.source(_WEIGHTS, _LONGEST_WEIGHTS)
    return lowered(network, tree_shelf(part, Hdf5File(part), network), generation)


def _version(source: ByteSource, archive: Archive) -> Optional[str]:
    version = _json(source, archive, _METADATA, _LONGEST_METADATA).get("keras_version")
    return version if isinstance(version, str) else None


def _json(source: ByteSource, archive: Archive, name: str, longest: int) -> Dict[str, Any]:
    content = archive.read(name, longest)
    return parse_config(source, content.decode("utf-8", "replace"), name)


def _parameters(archive: Archive) -> Optional[int]:
    """The number of weights where they can be read in place, or unpacked within limits."""
    entry = archive.find(_WEIGHTS)
    if entry is None or (entry.packed_size != entry.size and entry.size > _LONGEST_WEIGHTS):
        return None
    part = archive.source(_WEIGHTS, _LONGEST_WEIGHTS)
    if not is_hdf5(part):
        return None
    weights = variable_tree(Hdf5File(part))
    return None if weights is None else weights.total
