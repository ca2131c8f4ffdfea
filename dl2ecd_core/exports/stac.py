"""A STAC Item that describes the model with the Machine Learning Model extension.

STAC 1.1: https://github.com/radiantearth/stac-spec/blob/v1.1.0/item-spec/item-spec.md
MLM 1.5: https://github.com/stac-extensions/mlm/tree/v1.5.0
Classification 2.0: https://github.com/stac-extensions/classification/tree/v2.0.0
File 2.1: https://github.com/stac-extensions/file/tree/v2.1.0

Embedded model files are placed beside the item. Files of their own stay where they are, and the
item refers to them by their path from its own folder; on another drive they are placed beside it.
A model has no place on Earth and no date: the geometry is null, and the dates are the fixed ones
that the extension's examples use for models of no particular time.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

from ..ecd.content import Ecd
from ..ecd.layout import text_of
from ..files.output import real_path
from ..files.output_set import output_set
from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import counted, listed, printable, quoted
from ..fit.model_uses import DEEP_LAB, FASTER_RCNN, FEATURES, OBJECTS, PIXELS
from ..models.description import Evidence
from ..progress import Listener
from ..scaling.merging import merged_steps
from ..scaling.statistics import SCALING
from ..scaling.steps import WrongScaling, read_steps
from ..version import __version__
from .earlier import json_object
from .placing import require_model
from .slugs import distinct_slugs, slug, without_surrogates
from .stac_assets import placed_assets
from .tensors import StoredTensor, class_tensor, stored_tensors

EXTENSIONS = (
    "https://stac-extensions.github.io/mlm/v1.5.0/schema.json",
    "https://stac-extensions.github.io/classification/v2.0.0/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
)
ENDINGS = (".json", ".geojson")
_RASTER = "https://stac-extensions.github.io/raster/v1.1.0/schema.json"

#: The Item's keys.
_KEYS = frozenset(
    {
        "type",
        "stac_version",
        "stac_extensions",
        "id",
        "geometry",
        "properties",
        "links",
        "assets",
    }
)
#: What the extension's examples use for what is of no particular time.
START, END = "1900-01-01T00:00:00Z", "9999-12-31T23:59:59Z"

_TASKS = {
    PIXELS: "semantic-segmentation",
    FEATURES: "scene-classification",
    OBJECTS: "object-detection",
}

#: ModelConfiguration of Esri's readers that stand for one architecture of the literature.
_ARCHITECTURES = {DEEP_LAB: "DeepLab", FASTER_RCNN: "Faster R-CNN", "MaskRCNN": "Mask R-CNN"}

#: Frameworks that the extension calls by another name.
_FRAMEWORKS = {"PaddlePaddle": "Paddle"}

_AXES = {"N": "batch", "H": "height", "W": "width"}

#: https://github.com/stac-extensions/raster/tree/v1.1.0#data-types
_DATA_TYPES = frozenset(
    f"{kind}{bits}"
    for kind, widths in (("int", (8, 16, 32, 64)), ("uint", (8, 16, 32, 64)))
    for bits in widths
) | {"float16", "float32", "float64"}

_MODEL_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_.\-]+[a-zA-Z0-9]")
_FRAMEWORK_NAME = re.compile(r"[^\s._\-](?:.*[^\s._\-])?")
_VERSION = re.compile(
    r"(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)


def is_earlier(path: Path, ecd: Ecd) -> bool:
    """Whether a file is an Item of a model, without links to a catalog or keys beside ours."""
    del ecd  # Of any model.
    older = json_object(path)
    if older is None or not set(older) <= _KEYS or older.get("links"):
        return False
    properties = older.get("properties")
    return isinstance(properties, dict) and "mlm:name" in properties


def write(ecd: Ecd, target: Path, listener: Listener, *, overwrite: bool) -> Tuple[Finding, ...]:
    """Write the Item to `target`, and the model's files beside it where they are embedded."""
    require_model(ecd, "stac")
    with output_set(target.parent) as outputs:
        assets = placed_assets(ecd, target, outputs, listener, overwrite=overwrite)
        item, findings = stac_item(ecd, assets)
        with outputs.file(real_path(target)) as output:
            output.write(text_of(item).encode("ascii"))
    return findings


def stac_item(
    ecd: Ecd, assets: Mapping[str, Mapping[str, object]]
) -> Tuple[Dict[str, Any], Tuple[Finding, ...]]:
    """The Item with these assets, and what it can't say."""
    tasks = _tasks(ecd)
    findings = [] if tasks else [_incomplete(ecd, "names no task", "its ModelType says none")]
    bands = _band_numbers(ecd)
    scaling = _value_scaling(ecd, len(bands), findings)
    inputs, lost_inputs = _tensors(
        stored_tensors(ecd, "Inputs"), lambda tensor, name: _input(tensor, name, bands, scaling)
    )
    stored_outputs = stored_tensors(ecd, "Outputs")
    on = class_tensor(ecd, stored_outputs)
    classes = class_objects(ecd)
    outputs, lost_outputs = _tensors(
        stored_outputs,
        lambda tensor, name: _output(ecd, tensor, name, tasks, classes if tensor is on else []),
    )
    for word, lost, kept in (("input", lost_inputs, inputs), ("output", lost_outputs, outputs)):
        if lost:
            reason = f"the .ecd does not say the shape of {listed(lost)}"
            findings.append(_incomplete(ecd, f"leaves out {word}s", reason))
        elif not kept:
            findings.append(_incomplete(ecd, f"has no {word}", f"the model tells of no {word}"))
    properties: Dict[str, Any] = {
        "title": without_surrogates(_given_name(ecd)),
        "description": _description(ecd),
        "datetime": None,
        "start_datetime": START,
        "end_datetime": END,
        "mlm:name": _model_name(ecd),
        "mlm:architecture": _architecture(ecd),
        "mlm:tasks": tasks,
        **_runtime(ecd, findings),
        "mlm:input": inputs,
        "mlm:output": outputs,
    }
    extensions = list(EXTENSIONS)
    model_assets: Dict[str, Mapping[str, object]] = dict(assets)
    if any(entry["bands"] for entry in inputs):
        # STAC 1.1 has no bands for items, and the extension none for assets but these.
        extensions.append(_RASTER)
        named = [
            {"name": f"band-{number}", "description": f"Band {number} of the raster"}
            for number in dict.fromkeys(bands)
        ]
        model_assets["model"] = {**model_assets["model"], "raster:bands": named}
    if classes and not any("classification:classes" in entry for entry in outputs):
        properties["classification:classes"] = classes
    item = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": extensions,
        "id": slug(Path(ecd.name).stem) or "model",
        "geometry": None,
        "properties": properties,
        "links": [],
        "assets": model_assets,
    }
    return item, tuple(findings)


def _incomplete(ecd: Ecd, what: str, why: str) -> Finding:
    return finding(
        "export-incomplete",
        f"The STAC Item {what}: {why}.",
        hint="Add it by hand where you know it.",
        where=Place(file=ecd.name),
    )


def _given_name(ecd: Ecd) -> str:
    given = ecd.document.get("ModelName")
    return given if isinstance(given, str) and given.strip() else Path(ecd.name).stem


def _model_name(ecd: Ecd) -> str:
    name = slug(_given_name(ecd)).strip("-_")
    return name if _MODEL_NAME.fullmatch(name) else f"model-{name or 'unnamed'}"


def _architecture(ecd: Ecd) -> str:
    # The extension asks for the word where the architecture can't be named.
    return _ARCHITECTURES.get(str(ecd.document.get("ModelConfiguration")), "unknown")


def _description(ecd: Ecd) -> str:
    parts = [f"Deep-learning model for {counted(len(ecd.classes), 'class', 'classes')}"]
    if ecd.band_count is not None:
        parts.append(f" in rasters of {counted(ecd.band_count, 'band')}")
    parts.append(f". Format: {without_surrogates(str(ecd.model.get('Format')))}.")
    if ecd.background is not None:
        parts.append(f" Output index {ecd.background} is background.")
    parts.append(f" Described by dl2ecd {__version__}.")
    return "".join(parts)


def _tasks(ecd: Ecd) -> List[str]:
    task = _TASKS.get(str(ecd.document.get("ModelType")))
    return [] if task is None else [task]


def _runtime(ecd: Ecd, findings: List[Finding]) -> Dict[str, object]:
    """What is known of the framework, the weights and the batch."""
    known: Dict[str, object] = {}
    framework = ecd.document.get("Framework")
    if isinstance(framework, str):
        framework = _FRAMEWORKS.get(framework, framework)
        if _FRAMEWORK_NAME.fullmatch(framework):
            known["mlm:framework"] = without_surrogates(framework)
    version = ecd.model.get("FrameworkVersion")
    if isinstance(version, str):
        if _VERSION.fullmatch(version):
            known["mlm:framework_version"] = version
        else:
            findings.append(
                finding(
                    "export-adjusted",
                    f"The STAC Item does not name the framework's version {quoted(version)}: the "
                    "extension wants three numbers.",
                    where=Place(file=ecd.name),
                )
            )
    for key, value in (
        ("mlm:total_parameters", ecd.model.get("Parameters")),
        ("mlm:batch_size_suggestion", ecd.document.get("BatchSize")),
    ):
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            known[key] = value
    return known


def _band_numbers(ecd: Ecd) -> List[int]:
    """The raster's bands that the model takes, counted from 1; empty where that is not said."""
    extracted = ecd.document.get("ExtractBands")
    if isinstance(extracted, list) and all(
        isinstance(band, int) and not isinstance(band, bool) and band >= 0 for band in extracted
    ):
        return [band + 1 for band in extracted]
    return list(range(1, (ecd.band_count or 0) + 1))


def _tensors(tensors: Tuple[StoredTensor, ...], entry: Any) -> Tuple[List[Any], List[str]]:
    """The extension's objects for the tensors of known shape, and the names of the others."""
    entries: List[Any] = []
    lost: List[str] = []
    for position, tensor in enumerate(tensors):
        name = tensor.name or f"number {position + 1}"
        if tensor.shape:
            entries.append(entry(tensor, without_surrogates(name)))
        else:
            lost.append(name)
    return entries, lost


def _value_scaling(ecd: Ecd, bands: int, findings: List[Finding]) -> List[Dict[str, object]]:
    """One object for all bands, or one for each; the extension has no steps after each other.

    Steps that only shift and stretch become one that does both.
    """
    if SCALING not in ecd.definition:
        return []
    try:
        steps = read_steps(ecd.definition[SCALING], bands)
    except WrongScaling as error:
        findings.append(_incomplete(ecd, "leaves out how values are scaled", str(error)))
        return []
    merged = merged_steps(steps, bands)
    if merged is None:
        reason = "it clips values between other steps, which the extension can't say"
        findings.append(_incomplete(ecd, "leaves out how values are scaled", reason))
        return []
    each = [step.as_dict() for step in merged]
    return each[:1] if all(entry == each[0] for entry in each) else each


def _input(
    tensor: StoredTensor, name: str, bands: List[int], scaling: List[Dict[str, object]]
) -> Dict[str, object]:
    takes_bands = bool(bands) and tensor.is_spatial and tensor.size_of("C") == len(bands)
    return {
        "name": name,
        "description": _told(tensor),
        "bands": [f"band-{number}" for number in bands] if takes_bands else [],
        "input": _structure(tensor, "bands" if takes_bands else "channel"),
        **({"value_scaling": scaling} if scaling and (takes_bands or len(scaling) == 1) else {}),
    }


def _output(
    ecd: Ecd,
    tensor: StoredTensor,
    name: str,
    tasks: List[str],
    classes: List[Dict[str, object]],
) -> Dict[str, object]:
    padding = ecd.document.get("ModelPadding")
    cropped = ""
    if isinstance(padding, int) and padding > 0:
        cropped = f" The model crops {counted(padding, 'pixel')} from each side of its input."
    entry: Dict[str, object] = {
        "name": name,
        "description": _told(tensor)
        + (cropped if tensor.is_spatial else "")
        + (_indices(ecd) if classes else ""),
        "tasks": tasks,
        "result": _structure(tensor, "class" if classes else "channel"),
    }
    if classes:
        entry["classification:classes"] = classes
    return entry


def _indices(ecd: Ecd) -> str:
    """Which output indices the classes have; their values may be others."""
    indices = [item.index for item in ecd.classes if item.index is not None]
    if len(indices) < len(ecd.classes) or not indices:
        return ""
    if indices == list(range(indices[0], indices[0] + len(indices))):
        return f" Output indices of the classes: {indices[0]} to {indices[-1]}, as listed."
    return f" Output indices of the classes as listed: {', '.join(map(str, indices))}."


def _told(tensor: StoredTensor) -> str:
    how = {
        Evidence.DECLARED: "The model file states the shape.",
        Evidence.INFERRED: "The shape is worked out from the model's structure.",
        Evidence.GUESSED: "The shape is a guess from the model's weights alone.",
        None: "Where the shape is from is not known.",
    }[tensor.evidence]
    if tensor.data_type is None:
        return f"{how} The data type is not known, which is written as 'other'."
    if tensor.data_type not in _DATA_TYPES:
        return f"{how} The data type is {without_surrogates(printable(tensor.data_type))}."
    return how


def _structure(tensor: StoredTensor, channel: str) -> Dict[str, object]:
    """Shape, names of the dimensions, which must differ, and data type."""
    names: List[str] = []
    for letter in tensor.axes:
        name = channel if letter == "C" else _AXES.get(letter, "unknown")
        while name in names:
            name += "-other"
        names.append(name)
    return {
        "shape": [-1 if size is None else size for size in tensor.shape or ()],
        "dim_order": names,
        "data_type": tensor.data_type if tensor.data_type in _DATA_TYPES else "other",
    }


def class_objects(ecd: Ecd) -> List[Dict[str, object]]:
    """The classes with names that the classification extension allows.

    The full ones are their descriptions: stac-model refuses the extension's ``title``.
    """
    slugs = distinct_slugs((item.name, f"class-{item.value}") for item in ecd.classes)
    classes: List[Dict[str, object]] = []
    for item, name in zip(ecd.classes, slugs):
        entry: Dict[str, object] = {
            "value": item.value,
            "name": name,
            "description": without_surrogates(item.name),
        }
        if item.color is not None and all(0 <= channel <= 255 for channel in item.color):
            entry["color_hint"] = "".join(f"{channel:02X}" for channel in item.color)
        classes.append(entry)
    return classes
