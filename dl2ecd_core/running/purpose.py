"""What a model is for: a model that finds objects makes no map, and one that makes maps no layer.

The axes of a detector's outputs can be taken for those of a map: what came of it would look like a
result.
"""

from __future__ import annotations

from ..findings import Place
from ..findings.rules import finding
from ..findings.wording import quoted
from ..fit.model_uses import OBJECTS, PIXELS
from .extras import RunningRefused
from .opening import OpenedModel


def check_no_detector(opened: OpenedModel) -> None:
    """Refuse a model that finds objects, where classes of pixels or pictures are wanted.

    Raises
    ------
    RunningRefused
        ``model-of-objects`` where the definition says so, or the outputs are a detector's.
    """
    ecd = opened.ecd
    if ecd.document.get("ModelType") == OBJECTS:
        why = f"The definition's ModelType is {quoted(OBJECTS)}"
    elif opened.model.detector is not None:
        why = "The model's outputs are those of a detector"
    else:
        return
    raise RunningRefused(
        [
            finding(
                "model-of-objects",
                f"{why}: the model finds objects, and gives no classes to pixels.",
                hint="Find the objects of a scene: dl2ecd detect, one scene at a time.",
                where=Place(file=ecd.name),
            )
        ]
    )


def check_no_map(opened: OpenedModel) -> None:
    """Refuse a model that gives classes to pixels, where objects are wanted.

    Raises
    ------
    RunningRefused
        ``model-of-pixels`` where the definition says so, and the outputs are not a detector's.
    """
    ecd = opened.ecd
    if ecd.document.get("ModelType") != PIXELS or opened.model.detector is not None:
        return
    raise RunningRefused(
        [
            finding(
                "model-of-pixels",
                f"The definition's ModelType is {quoted(PIXELS)}: the model gives classes to "
                "pixels, and finds no objects.",
                hint="Make a map of a scene: dl2ecd classify.",
                where=Place(file=ecd.name),
            )
        ]
    )


__all__ = ["check_no_detector", "check_no_map"]
