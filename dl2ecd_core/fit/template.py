"""A class information document to fill in, from what a model says about itself."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ..models import Evidence, ModelDescription, Tensor
from ..palette import colors_for
from ..scaling.statistics import SCALING, statistics_scaling
from ..scaling.steps import WrongScaling
from .class_output import class_outputs, distinguished, may_detect
from .guesses import likely_bands, likely_classes
from .image_input import bands_of, image_inputs, tile_size
from .model_uses import OBJECTS, model_type

#: The key of definitions that says what values become, and not what they are.
_RANGE = "DataRange"


def class_information_for(
    model: ModelDescription, classes: Optional[Sequence[Mapping[str, object]]] = None
) -> Dict[str, object]:
    """A document that fits the model, with the class names it carries or numbered ones.

    What the model does not tell is a placeholder that starts with "e.g.", with the likeliest value
    where something suggests one: it is refused until it is filled in.

    Parameters
    ----------
    classes
        Entries of Classes, to take instead of those that the model tells.
    """
    document: Dict[str, object] = {
        "ImportDeepLearningModelToEsriExtraInfo": 0,
        "Version": 1,
        "Classifier": model.framework,
        "NumberRasterBands": _bands(model),
        "MiniBatchSize": _batch(model) or 1,
    }
    if model_type(model) == OBJECTS:
        document["ModelType"] = OBJECTS
    example = "e.g. Ship" if model_type(model) == OBJECTS else "e.g. Water"
    document["Classes"] = _classes(_named(model), example) if classes is None else list(classes)
    return document


def tile_keys(model: ModelDescription) -> Dict[str, object]:
    """ImageHeight and ImageWidth that the model tells, or placeholders where it asks for them.

    A model that takes no tiles, such as one of single pixels, needs neither.
    """
    inputs = image_inputs(model)
    if inputs and not any("H" in (tensor.axes or "") for tensor in inputs):
        return {}
    height, width = tile_size(model)
    return {
        "ImageHeight": "e.g. 256" if height is None else height,
        "ImageWidth": "e.g. 256" if width is None else width,
    }


def scaling_keys(model: ModelDescription) -> Dict[str, object]:
    """InputScaling where the model's file says it, and says it for its bands; nothing else."""
    told = model.standardization
    if told is None:
        return {}
    count = bands_of(model) or max(len(told.mean), len(told.deviation))
    try:
        return {SCALING: [step.as_dict() for step in told.scaling(count).steps]}
    except WrongScaling:
        return {}


def leaves_scaling_open(model: ModelDescription, document: Mapping[str, object]) -> bool:
    """Whether neither model nor document says anything of how pixel values are scaled.

    A model that takes whole numbers gets them as they are, and exporters who note the task of their
    models scale all of them alike.
    """
    bands = bands_of(model) or 0
    said = {SCALING, _RANGE} & set(document) or statistics_scaling(document, bands) is not None
    return model.notes is None and not said and any(map(_takes_shares, image_inputs(model)))


def _takes_shares(tensor: Tensor) -> bool:
    """Whether a tensor may hold numbers between whole ones."""
    return tensor.data_type is None or "int" not in tensor.data_type


def _bands(model: ModelDescription) -> object:
    """The number that the model tells; one that is only likely is a person's to confirm."""
    guessed = any(tensor.evidence is Evidence.GUESSED for tensor in image_inputs(model))
    told = None if guessed else bands_of(model)
    return f"e.g. {likely_bands(model) or 4}" if told is None else told


def _batch(model: ModelDescription) -> Optional[int]:
    for tensor in image_inputs(model):
        size = tensor.size_of("N")
        if size:
            return size
    return None


def _named(model: ModelDescription) -> Optional[List[Tuple[int, str]]]:
    """Value and name of each class: names in the file before the number of an output's channels.

    Only where the output certainly tells another number of classes, names are left out; a first
    channel without a name is background.
    """
    count = likely_classes(model)
    outputs = class_outputs(model)
    certain = (
        model.detector is None
        and any(
            tensor.evidence is not Evidence.GUESSED and distinguished(tensor) is not None
            for tensor in outputs
        )
        and not any(may_detect(tensor, model) for tensor in outputs)
    )
    for found in model.class_names:
        if count in (None, len(found.names)) or not certain:
            return list(zip(found.values, found.names))
        if count == len(found.names) + 1:
            first = max(1, found.values[0])
            return list(enumerate(found.names, first))
    return None if count is None else [(index, f"Class {index}") for index in range(count)]


def _classes(named: Optional[Sequence[Tuple[int, str]]], example: str) -> List[Dict[str, object]]:
    if named is None:
        return [{"Value": 0, "Name": example, "Color": list(colors_for([0], [])[0])}]
    return [
        {"Value": value, "Name": name, "Color": list(color)}
        for (value, name), color in zip(named, colors_for(range(len(named)), []))
    ]
