"""What a model is good for in the .emd vocabulary: ModelType and ModelConfiguration.

A ModelConfiguration names a module of Esri's published readers. Which structure each of them
needs is read from their public source:
https://github.com/Esri/raster-deep-learning/tree/master/python_raster_functions
"""

from __future__ import annotations

from typing import Optional, Sequence, Tuple

from ..models import ModelDescription, Role, Tensor
from ..models.detectors.recognition import rows_of_candidates
from .class_output import class_outputs

PIXELS = "ImageClassification"
OBJECTS = "ObjectDetection"
FEATURES = "ObjectClassification"

AZURE = "AzurePixelLevelLandClassification"
FASTER_RCNN = "FasterRCNN"
DEEP_LAB = "DeepLab"
DETECTION_API = "ObjectDetectionAPI"

_DETECTION_INPUT = "image_tensor"
_DETECTION_OUTPUTS = frozenset(
    {"detection_boxes", "detection_scores", "detection_classes", "num_detections"}
)
#: The second argument of the CNTK reader's FasterRCNN: widths and heights of the scaled image.
_FASTER_RCNN_DIMS = (6,)


def model_type(model: ModelDescription) -> Optional[str]:
    """ModelType as the model's inputs and outputs show it; None when they leave it open."""
    if model.detector is not None or model_configuration(model) == FASTER_RCNN:
        return OBJECTS
    outputs = class_outputs(model)
    inputs = [tensor for tensor in model.inputs if tensor.role is Role.DATA]
    if not outputs or not inputs or any(rows_of_candidates(model, one) for one in outputs):
        return None
    if any(_is_map(tensor) for tensor in outputs):
        return PIXELS if any(_covers_tile(tensor, inputs) for tensor in outputs) else None
    if all(tensor.axes in ("NC", "C") for tensor in outputs):
        spatial = any("H" in (tensor.axes or "") for tensor in inputs)
        pixelwise = all(tensor.axes in ("NC", "C") for tensor in inputs)
        return FEATURES if spatial else PIXELS if pixelwise else None
    return None


def _is_map(tensor: Tensor) -> bool:
    return {"H", "W"} <= set(tensor.axes or "")


def _covers_tile(tensor: Tensor, inputs: Sequence[Tensor]) -> bool:
    """Whether an output has a row and column for each of the tile's, but for a cropped border.

    A map of less than half the tile's width could as well be a detector's grid.
    """
    for entry in inputs:
        before, after = entry.size_of("W"), tensor.size_of("W")
        if _is_map(tensor) and (before is None or after is None or after * 2 >= before):
            return True
    return False


def model_configuration(model: ModelDescription) -> Optional[str]:
    """The published reader that the model's structure fits; None when none is known to."""
    inputs = [tensor for tensor in model.inputs if tensor.role is Role.DATA]
    outputs = tuple(tensor for tensor in model.outputs if tensor.role is Role.DATA)
    if model.framework == "CNTK":
        return _cntk_configuration(model, inputs, outputs)
    if model.format == "tensorflow-graphdef":
        names = {tensor.name for tensor in inputs}
        results = {tensor.name for tensor in outputs}
        if "ImageTensor" in names and "SemanticPredictions" in results:
            return DEEP_LAB
        if _DETECTION_INPUT in names and results >= _DETECTION_OUTPUTS:
            return DETECTION_API
    return None


def _cntk_configuration(
    model: ModelDescription, inputs: Sequence[Tensor], outputs: Tuple[Tensor, ...]
) -> Optional[str]:
    # A label input left in the graph would be taken for the image: all arguments count.
    if len(model.inputs) == len(inputs) == 1 and len(model.outputs) == len(outputs) == 1:
        return AZURE if inputs[0].axes == outputs[0].axes == "CHW" else None
    two = len(model.inputs) == len(inputs) == 2
    if two and inputs[0].axes == "CHW" and inputs[1].shape == _FASTER_RCNN_DIMS:
        return FASTER_RCNN
    return None
