"""A class information document to fill in, from what a model says about itself."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Sequence

from ..models import ModelDescription
from ..palette import colors_for
from .guesses import likely_bands, likely_classes
from .image_input import image_inputs


def class_information_for(
    model: ModelDescription, classes: Optional[Sequence[Mapping[str, object]]] = None
) -> Dict[str, object]:
    """A document that fits the model, with the class names it carries or numbered ones.

    What the model does not tell is a placeholder that starts with "e.g.": it is refused until it
    is filled in.

    Parameters
    ----------
    classes
        Entries of Classes, to take instead of those that the model tells.
    """
    bands = likely_bands(model)
    document: Dict[str, object] = {
        "ImportDeepLearningModelToEsriExtraInfo": 0,
        "Version": 1,
        "Classifier": model.framework,
        "NumberRasterBands": "e.g. 4" if bands is None else bands,
        "MiniBatchSize": _batch(model) or 1,
    }
    document["Classes"] = _classes(_names(model)) if classes is None else list(classes)
    return document


def _batch(model: ModelDescription) -> Optional[int]:
    for tensor in image_inputs(model):
        size = tensor.size_of("N")
        if size:
            return size
    return None


def _names(model: ModelDescription) -> Optional[List[str]]:
    count = likely_classes(model)
    for found in model.class_names:
        if count in (None, len(found.names)):
            return list(found.names)
    return None if count is None else [f"Class {index}" for index in range(count)]


def _classes(names: Optional[Sequence[str]]) -> List[Dict[str, object]]:
    if names is None:
        return [{"Value": 0, "Name": "e.g. Water", "Color": list(colors_for([0], [])[0])}]
    return [
        {"Value": index, "Name": name, "Color": list(color)}
        for index, (name, color) in enumerate(zip(names, colors_for(range(len(names)), [])))
    ]
