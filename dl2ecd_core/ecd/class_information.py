"""The class information document out of an .ecd again: as it was, else from what the .ecd says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, Mapping

from ..class_info.keys import EMD_KEYS
from ..files.output import refused, whole_file
from ..files.replacing import DOCUMENT, check_replaceable
from ..findings import Place
from ..findings.errors import EcdFileError
from ..findings.rules import finding
from ..findings.wording import printable, quoted
from .content import Ecd, Kind
from .layout import text_of
from .reader import AnyEcd, AnyPath, read_if_path

_SIGNATURE = "ImportDeepLearningModelToEsriExtraInfo"


def class_information(ecd: AnyEcd) -> Mapping[str, Any]:
    """The class information that an .ecd was made from.

    ExtraInfo holds it word for word. Of an .ecd that was made from a model definition, or that
    another program wrote, it is put together from what the .ecd says.

    Parameters
    ----------
    ecd
        That was read, or its path.

    Raises
    ------
    EcdFileError
        When it is no definition for a deep-learning model.
    """
    ecd = read_if_path(ecd)
    if ecd.kind is not Kind.DEEP_LEARNING:
        raise EcdFileError(
            [
                finding(
                    "ecd-not-valid",
                    f"{quoted(ecd.name, 400)} holds no class information: it is a "
                    f"{ecd.kind.value} definition.",
                    hint="Its classes can be taken over: dl2ecd init MODEL --from ECD.",
                    where=Place(file=ecd.name),
                )
            ]
        )
    source = ecd.document.get("ExtraInfo")
    if isinstance(source, Mapping) and _SIGNATURE in source:
        return source
    document: Dict[str, Any] = {_SIGNATURE: 0, "Version": 1}
    document["Classifier"] = ecd.classifier
    document["NumberRasterBands"] = ecd.band_count
    batch = ecd.definition.get("MiniBatchSize")
    if batch is not None:
        document["MiniBatchSize"] = batch
    document["Classes"] = [
        {
            "Value": item.value,
            "Name": item.name,
            **({} if item.color is None else {"Color": list(item.color)}),
        }
        for item in ecd.classes
    ]
    named = [key.name for key in EMD_KEYS if key.name in ecd.document]
    document.update({name: ecd.document[name] for name in named if name not in document})
    return document


def class_information_text(ecd: Ecd) -> str:
    """The same as the text of a file."""
    return text_of(class_information(ecd))


def write_class_information(ecd: AnyEcd, target: AnyPath, *, overwrite: bool = False) -> None:
    """Write the same to a file, whole or not at all.

    Raises
    ------
    Dl2EcdError
        ``output-exists`` when there is a file and `overwrite` does not allow to replace it, or
        why it can't be written: ``output-ending`` without the ending .json.
    """
    ecd = read_if_path(ecd)
    text = class_information_text(ecd)
    target = Path(target)
    if os.path.lexists(target) and not overwrite:
        raise refused(
            "output-exists",
            f"The file '{printable(str(target), 400)}' exists already.",
            "Give another name, or --overwrite to replace it.",
            target,
        )
    check_replaceable(target, DOCUMENT, [Path(ecd.name)], overwrite=True)
    with whole_file(target) as output:
        output.write(text.encode("ascii"))
