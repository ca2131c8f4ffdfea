"""The catalogue of rules: every finding's id, severity and meaning, in one place.

The table of rules in findings/README.md is generated from here; a finding whose rule is not here
can't be made.
"""

from __future__ import annotations

from typing import Dict, Tuple

from ..finding import Finding, Place, Rule
from ..wording import harmless
from . import (
    class_information,
    cluster,
    conversion,
    definitions,
    ecd_files,
    fit,
    model_files,
    networks,
    running,
)

#: Every rule by subject, in the order of the table.
SUBJECTS: Tuple[Tuple[str, Tuple[Rule, ...]], ...] = (
    ("Class information", class_information.RULES),
    ("Model files", model_files.RULES),
    ("Model and class information together", fit.RULES),
    ("Writing", conversion.RULES),
    ("Classifier definition files", ecd_files.RULES),
    ("Networks as ONNX", networks.RULES),
    ("Model definitions, exports and legends", definitions.RULES),
    ("Running a model", running.RULES),
    ("Running a model on many machines", cluster.RULES),
)

CATALOGUE: Dict[str, Rule] = {rule.id: rule for _, rules in SUBJECTS for rule in rules}


def finding(rule: str, message: str, *, hint: str = "", where: Place = Place()) -> Finding:  # noqa: B008
    """A finding of a catalogued rule.

    Whoever words a message passes names from files through
    :mod:`~dl2ecd_core.findings.wording`, which also shortens them; what was forgotten, paths above
    all, is made harmless here.

    Raises
    ------
    KeyError
        When no rule has this id.
    """
    return Finding(rule, CATALOGUE[rule].severity, harmless(message), harmless(hint), where)
