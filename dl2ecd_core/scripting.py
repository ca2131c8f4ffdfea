"""The door for scripts written in the way of arcpy."""

from __future__ import annotations

from typing import Optional

from .conversion import Conversion, convert
from .examination import AnyPath
from .progress import Listener


def DeepLearningModelToEcd(  # noqa: N802
    in_deep_learning_model: AnyPath,
    in_classification_info_json: AnyPath,
    out_classifier_definition: AnyPath,
    *,
    storage: Optional[str] = None,
    strict: bool = False,
    overwrite: bool = False,
    messages: Optional[Listener] = None,
) -> Conversion:
    """Turn a deep-learning model and its class information into an Esri classifier definition.

    The parameters are named as in the geoprocessing tool.

    Parameters
    ----------
    in_deep_learning_model
        The model's file; a TensorFlow SavedModel's saved_model.pb stands for its folder.
    in_classification_info_json
        The class information document.
    out_classifier_definition
        The .ecd to write; an earlier one of this tool's is replaced.
    storage, strict, overwrite, messages
        As in :func:`~dl2ecd_core.conversion.convert`.

    Returns
    -------
    Conversion
        ``str()`` of it is the output's path; it carries the findings.

    Raises
    ------
    ConversionRefused
        With all findings in its message.

    Examples
    --------
    >>> from dl2ecd_core import *
    >>> DeepLearningModelToEcd(
    ...     "c:/test/cntk.model", "c:/test/classInfo.json", "c:/test/cntk.ecd"
    ... )  # doctest: +SKIP
    """
    return convert(
        in_deep_learning_model,
        in_classification_info_json,
        out_classifier_definition,
        storage=storage,
        strict=strict,
        overwrite=overwrite,
        messages=messages,
    )
