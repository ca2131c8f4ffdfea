"""The .ecd document: both vocabularies from one source.

The format is described in README.md beside this file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Dict, List, Mapping, Optional

from ..class_info import ClassInfo, LandClass
from ..fit.class_output import ClassOutput, find_class_output
from ..fit.framework_names import reader_framework
from ..fit.image_input import tile_size
from ..fit.model_uses import model_configuration, model_type
from ..models import Evidence, ModelDescription, Tensor
from ..scaling.statistics import SCALING, statistics_scaling
from ..version import __version__
from .layout import Gap

#: What the root says of the file; a reader goes by these, not by the extension.
SIGNATURE = "EsriClassifierDefinitionFile"
FILE_VERSION = 3
#: The newest version of the deep-learning part that is read.
NEWEST_FORMAT = 2
#: What a file is that uses nothing a reader of the first version would misread.
FIRST_FORMAT = 1

EMBEDDED = "embedded"
REFERENCED = "referenced"

#: Root keys that are always this project's to write.
_OWN_KEYS = frozenset({"Framework", "ModelFile", "BatchSize", "Classes"})


def build_document(
    model: ModelDescription, info: ClassInfo, model_file: str, storage: str
) -> Dict[str, object]:
    """The whole .ecd but for digests and bytes, for which gaps are left.

    Parameters
    ----------
    model_file
        ModelFile: the path from the .ecd to the model.
    storage
        ``"embedded"`` or ``"referenced"``.
    """
    values = [land_class.value for land_class in info.classes]
    output = find_class_output(model, values)
    document: Dict[str, object] = {
        SIGNATURE: 0,
        "FileVersion": FILE_VERSION,
        "NumberDefinitions": 1,
    }
    document.update(model_definition(model, info, model_file))
    document["ExtraInfo"] = info.document
    document["Generator"] = {
        "Name": "dl2ecd",
        "Version": __version__,
        "DeepLearningFormat": _format(model, info),
    }
    document["Definitions"] = [_definition(model, info, output, storage)]
    return document


def _format(model: ModelDescription, info: ClassInfo) -> int:
    """The lowest version whose readers understand what is said of the model."""
    if _scaling(info):
        return NEWEST_FORMAT
    guesses = any(tensor.evidence is Evidence.GUESSED for tensor in (*model.inputs, *model.outputs))
    return NEWEST_FORMAT if guesses else FIRST_FORMAT


def model_definition(
    model: ModelDescription, info: ClassInfo, model_file: str
) -> Dict[str, object]:
    """The keys of the .emd vocabulary: given ones as given, the others worked out.

    https://github.com/Esri/raster-deep-learning/blob/master/docs/writing_deep_learning_python_raster_functions.md
    """
    given = info.emd_keys
    height, width = tile_size(model)
    worked_out: Dict[str, object] = {
        "Framework": reader_framework(model.framework),
        "ModelConfiguration": model_configuration(model),
        "ModelType": model_type(model),
        "ModelFile": model_file,
        "ImageHeight": height,
        "ImageWidth": width,
        "ModelPadding": model.padding,
        "ExtractBands": list(range(info.band_count)),
        "BatchSize": info.mini_batch_size,
        "Classes": [_emd_class(land_class) for land_class in info.classes],
    }
    if "InferenceFunction" in given:
        # A reader of the user's own: naming a published one beside it would be a guess.
        worked_out["ModelConfiguration"] = None
    keys: Dict[str, object] = {}
    for key, value in worked_out.items():
        value = given[key] if key in given and key not in _OWN_KEYS else value
        if value is not None:
            keys[key] = value
    for key, value in given.items():
        keys.setdefault(key, value)
    return keys


def _emd_class(land_class: LandClass) -> Dict[str, object]:
    return {
        "Value": land_class.value,
        "Name": land_class.name,
        "Color": list(land_class.color),
    }


def relative_model_file(model: ModelDescription, target: Path) -> str:
    """The path from the .ecd's folder to the model, or its bare name on another drive."""
    # Folders are resolved, since '..' is taken from where a link leads; names are kept.
    location = model.primary.location.parent.resolve() / model.primary.location.name
    folder = target.parent.resolve()
    try:
        return Path(os.path.relpath(location, folder)).as_posix()
    except ValueError:
        return model.primary.location.name


def _definition(
    model: ModelDescription, info: ClassInfo, output: Optional[ClassOutput], storage: str
) -> Dict[str, object]:
    first = output.first_index if output is not None else 0
    definition: Dict[str, object] = {
        "Classifier": info.classifier,
        "NumberClasses": len(info.classes),
        "NumberBands": info.band_count,
        "RasterIsSegmented": False,
        "MiniBatchSize": info.mini_batch_size,
    }
    if output is not None and output.background is not None:
        definition["BackgroundIndex"] = output.background
    definition["Classes"] = [
        {
            "ClassIndex": first + position,
            "ClassValue": land_class.value,
            "ClassName": land_class.name,
            "Red": land_class.color[0],
            "Green": land_class.color[1],
            "Blue": land_class.color[2],
        }
        for position, land_class in enumerate(info.classes)
    ]
    definition.update(_scaling(info))
    definition["Model"] = _model(model, storage)
    return definition


def _scaling(info: ClassInfo) -> Dict[str, object]:
    """How pixel values become the model's input, where the class information says it for certain.

    DataRange alone does not: from which range it depends on the scene.
    """
    given = info.emd_keys.get(SCALING)
    if given is not None:
        return {SCALING: given, f"{SCALING}Source": SCALING}
    listed = info.emd_keys.get("ExtractBands")
    bands = len(listed) if isinstance(listed, list) else info.band_count
    found = statistics_scaling(info.emd_keys, bands)
    if found is None:
        return {}
    return {SCALING: [step.as_dict() for step in found.steps], f"{SCALING}Source": found.source}


def _model(model: ModelDescription, storage: str) -> Dict[str, object]:
    files: List[Mapping[str, object]] = []
    for index, part in enumerate(model.files):
        entry: Dict[str, object] = {
            "Path": part.path,
            "Size": part.size,
            "SHA256": Gap("digest", index),
        }
        if storage == EMBEDDED:
            entry["Data"] = Gap("data", index)
        files.append(entry)
    return {**model_section(model), "Storage": storage, "Files": files}


def model_section(model: ModelDescription) -> Dict[str, object]:
    """What the definition says of a model, apart from its files."""
    return {
        "Format": model.format,
        "FrameworkVersion": model.framework_version,
        "Parameters": model.parameters,
        "Inputs": [_tensor(tensor) for tensor in model.inputs],
        "Outputs": [{**_tensor(tensor), **_content(tensor)} for tensor in model.outputs],
    }


def _content(tensor: Tensor) -> Dict[str, object]:
    return {} if tensor.content is None else {"Content": tensor.content.value}


def _tensor(tensor: Tensor) -> Dict[str, object]:
    return {
        "Name": tensor.name,
        "Shape": None if tensor.shape is None else list(tensor.shape),
        "Axes": tensor.axes,
        "DataType": tensor.data_type,
        "Evidence": None if tensor.evidence is None else tensor.evidence.value,
    }
