"""What can be decided when a package is made: how its network is run, without looking at it again.

It is decided with the engine, so that the packed function gives what the engine does, and stands in
the definition under one key.
"""

from __future__ import annotations

from ...running.estimating import check_memory
from ...running.opening import OpenedModel
from ...running.sessions.onnx_session import OnnxSession
from .deciding import Decided
from .of_classifier import classifier
from .of_detector import detector


def decided(opened: OpenedModel) -> Decided:
    """How the network of an opened ONNX model is run.

    Raises
    ------
    Dl2EcdError
        When it does not run, or it is not known how.
    """
    check_memory(opened.model, 1, name=opened.ecd.name)
    session = OnnxSession(opened.primary, opened.model.inputs, opened.model.outputs)
    kind = opened.ecd.document.get("ModelType")
    if kind == "ObjectDetection" or (kind is None and opened.model.detector is not None):
        return detector(opened, session)
    return classifier(opened, session)
