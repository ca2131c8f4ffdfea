"""From a path to a model's description: find the primary file, recognise it, read it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Optional, Union

from ..files.plain_files import is_folder, is_plain
from ..findings import Place
from ..findings.errors import ModelFileError
from ..findings.rules import finding
from ..findings.wording import listed, quoted
from ..wire.source import ByteSource
from .description import ModelDescription
from .detectors.recognition import with_contents
from .formats import NONE_OF_THEM
from .metadata_beside import with_metadata_beside
from .mlpackage import root_model
from .not_models.lone_parts import refuse_lone_part
from .not_models.other_documents import refuse_mistaken
from .not_models.packed import refuse_packed
from .registry import Match, readers


def inspect_model(path: Union[str, os.PathLike[str]]) -> ModelDescription:
    """What a model file says about itself, read without its framework.

    Parameters
    ----------
    path
        The model's file, or the folder of a format that is one (SavedModel, .mlpackage).

    Returns
    -------
    ModelDescription
        Format, inputs, outputs, parameter count and the files that belong to it.

    Raises
    ------
    ModelFileError
        When there is no such file, its content is of no known format, or it is damaged.

    Examples
    --------
    >>> inspect_model("landcover.onnx").outputs[0].shape  # doctest: +SKIP
    (None, 2, 256, 256)
    """
    name = os.fspath(path)
    with ByteSource(_primary_file(Path(name), name), name) as source:
        refuse_mistaken(source)
        return _with_missing_files(with_contents(with_metadata_beside(_read(source))), name)


def _with_missing_files(model: ModelDescription, name: str) -> ModelDescription:
    """The description with a finding for companions that are not there."""
    if not model.missing_files:
        return model
    absent = finding(
        "model-file-missing",
        f"The model is not whole: {listed(model.missing_files)} should lie beside "
        f"{quoted(model.primary.path)}.",
        hint="Put all files of the model into one folder, as they were saved.",
        where=Place(file=name),
    )
    return replace(model, findings=(*model.findings, absent))


def _primary_file(path: Path, name: str) -> Path:
    """The file that stands for a folder; the path itself for a file."""
    if not is_folder(path):
        return path
    for inside in ("saved_model.pb", "saved_model.pbtxt"):
        if is_plain(path / inside):
            return path / inside
    model = root_model(path)
    if model is not None:
        return model
    raise ModelFileError(
        "model-is-folder",
        f"'{name}' is a folder without a model that is known to be one.",
        hint="Give the model file inside it; for a TensorFlow SavedModel, its saved_model.pb.",
        file=name,
    )


def _read(source: ByteSource) -> ModelDescription:
    possible = []
    for reader in readers(source.read_up_to(0, 16)):
        match = reader.recognise(source)
        if match is Match.SURE:
            return reader.read(source)
        if match is Match.MAYBE:
            possible.append(reader)
    first_error: Optional[ModelFileError] = None
    for reader in possible:
        try:
            return reader.read(source)
        except ModelFileError as error:
            first_error = first_error or error
    if first_error is not None:
        raise first_error
    refuse_lone_part(source)
    refuse_packed(source)
    raise ModelFileError(
        "model-not-recognised",
        f"'{source.name}' is not a model of a known format; it starts with the bytes "
        f"{source.read_up_to(0, 8).hex(' ')}.",
        hint=NONE_OF_THEM,
        file=source.name,
        offset=0,
    )
