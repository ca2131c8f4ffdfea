"""Documents to examine, and what was found in them."""

from __future__ import annotations

from typing import Any, Callable, Dict, List

from dl2ecd_core.class_info import ClassInfo
from dl2ecd_core.class_info.schema import EXAMPLE
from dl2ecd_core.findings import Finding

ESRI_EXAMPLE = """\
{"ImportDeepLearningModelToEsriExtraInfo":0, "Version":1, "Classifier":"CNTK", \
"NumberRasterBands":4, "MiniBatchSize":16,
 "Classes":[{"Value":100,"Name":"Impervious","Color":[204,204,204]},
            {"Value":200,"Name":" Other (Pervious)","Color":[56,168,0]}]}
"""

GOOD_CLASSES = [
    {"Value": 100, "Name": "Impervious", "Color": [204, 204, 204]},
    {"Value": 200, "Name": "Pervious", "Color": [56, 168, 0]},
]

Examine = Callable[..., ClassInfo]


def rules(info: ClassInfo) -> List[str]:
    """The rule ids of what was found."""
    return [item.rule for item in info.findings]


def only(info: ClassInfo, rule: str) -> Finding:
    """The one finding there is, of this rule."""
    assert rules(info) == [rule], [str(item) for item in info.findings]
    return info.findings[0]


def with_class(**parts: object) -> Dict[str, Any]:
    """A document whose second class is this one."""
    return {**EXAMPLE, "Classes": [EXAMPLE["Classes"][0], parts]}
