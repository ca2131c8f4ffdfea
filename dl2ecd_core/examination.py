"""Everything there is to say about a model and its class information, in one run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import List, Optional, Tuple, Union

from .class_info import ClassInfo, examine_class_info
from .findings import Finding, in_order
from .findings.errors import ModelFileError
from .fit import check_fit
from .models import ModelDescription, inspect_model

#: A path as scripts give it.
AnyPath = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class Examination:
    """What is known of a model and its class information.

    Attributes
    ----------
    model
        None when the model can't be read: the findings say why.
    info
        Always there; what of it could not be used is named in it.
    findings
        Of the document, of the model, and of both together, in this order.
    """

    model: Optional[ModelDescription]
    info: ClassInfo
    findings: Tuple[Finding, ...]


def examine(model: AnyPath, class_info: AnyPath) -> Examination:
    """Read both files and check them against each other; never raises for what they hold."""
    info = examine_class_info(class_info)
    findings: List[Finding] = list(info.findings)
    description: Optional[ModelDescription] = None
    try:
        description = inspect_model(model)
    except ModelFileError as error:
        findings += error.findings
    if description is not None:
        findings += description.findings
        findings += check_fit(description, info)
    return Examination(description, info, tuple(dict.fromkeys(findings)))


def check_model(model: AnyPath, class_info: AnyPath) -> Tuple[Finding, ...]:
    """All findings about a model and its class information, the errors first.

    Parameters
    ----------
    model
        The model's file, or the folder of a format that is one.
    class_info
        The class information document (JSON).

    Returns
    -------
    tuple of Finding
        Missing and unreadable files are findings too. Nothing is written.

    Examples
    --------
    >>> for finding in check_model("landcover.model", "classes.json"):  # doctest: +SKIP
    ...     print(finding)
    """
    return in_order(examine(model, class_info).findings)
